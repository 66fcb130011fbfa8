//! What an issuer signs of a paper, and the keys that such a signature is checked by.

use crate::rows::Version;
use ed25519_dalek::{Signature, VerifyingKey};
use schemas::Micros;
use schemas::event::Content;

/// Longest name of a holder of keys, in bytes: that of a trust list.
pub const HOLDER_BYTES_MAX: usize = 64;
/// Most keys of one rule set, of all holders together: as many as a trust list has.
pub const PAPER_KEYS_MAX: usize = 512;
/// First line of every statement: its form.
const FORM: &str = "congdanso-paper-v1";
/// Bytes of a signature (RFC 8032).
const SIGNATURE_BYTES: usize = 64;

/// A public key that an issuer signs papers by, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperKey {
    public: VerifyingKey,
    not_before: i64,
    not_after: i64,
}

impl PaperKey {
    /// The Ed25519 key of these bytes, in force from the first to the last of these seconds since 1970. `None` for what is no point of
    /// the curve, for a point of small order, and for a key that ends before it begins.
    #[must_use]
    pub fn new(public: &[u8; 32], not_before: i64, not_after: i64) -> Option<Self> {
        let public = VerifyingKey::from_bytes(public).ok().filter(|public| !public.is_weak())?;
        (not_before <= not_after).then_some(Self { public, not_before, not_after })
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// The first second of its validity, since 1970.
    #[must_use]
    pub const fn not_before(&self) -> i64 {
        self.not_before
    }

    /// The last second of its validity, since 1970.
    #[must_use]
    pub const fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Whether what was accepted at this instant is judged by this key.
    #[must_use]
    pub fn is_in_force(&self, at: Micros) -> bool {
        (self.not_before..=self.not_after).contains(&at.seconds())
    }

    /// Whether this key signed the statement: strictly (no malleable `S`, no point of small order). `signature` is 128 lower-case
    /// hexadecimal digits; in any other spelling it is wrong.
    #[must_use]
    pub fn has_signed(&self, statement: &str, signature: &str) -> bool {
        signature_of(signature).is_some_and(|s| self.public.verify_strict(statement.as_bytes(), &s).is_ok())
    }
}

fn signature_of(text: &str) -> Option<Signature> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; SIGNATURE_BYTES];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Signature::from_bytes(&bytes))
}

/// What an issuer vouches for: one version of a paper. The first version and the later ones have one form.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The paper's id.
    pub document: &'a str,
    /// Code of the kind of paper.
    pub kind: &'a str,
    /// Who issued the paper, as it was first filed; may be empty.
    pub issuer: &'a str,
    /// The paper's own number; may be empty.
    pub number: &'a str,
    /// Its title; may be empty.
    pub title: &'a str,
    /// `YYYY-MM-DD` or empty.
    pub issued_on: &'a str,
    /// `YYYY-MM-DD` or empty.
    pub expires_on: &'a str,
    /// The content, if there is one.
    pub content: Option<&'a Content>,
}

impl<'a> Statement<'a> {
    /// Of this version of a paper.
    #[must_use]
    pub fn of(document: &'a str, kind: &'a str, issuer: &'a str, version: &'a Version) -> Self {
        let Version { number, title, issued_on, expires_on, content, .. } = version;
        Self { document, kind, issuer, number, title, issued_on, expires_on, content: content.as_ref() }
    }

    /// The text that is signed, in UTF-8: lines of name, colon, space and value, each ended by a line feed. A value that is absent is
    /// empty. No value may hold a line feed; deciders refuse control characters before they get here.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.content.map_or_else(String::new, |content| content.bytes.to_string());
        let lines = [
            ("document", self.document),
            ("kind", self.kind),
            ("issuer", self.issuer),
            ("number", self.number),
            ("title", self.title),
            ("issued_on", self.issued_on),
            ("expires_on", self.expires_on),
            ("sha256", self.content.map_or("", |content| &content.sha256)),
            ("bytes", &bytes),
            ("media_type", self.content.map_or("", |content| &content.media_type)),
        ];
        let mut text = format!("{FORM}\n");
        for (name, value) in lines {
            text.extend([name, ": ", value, "\n"]);
        }
        text
    }
}
