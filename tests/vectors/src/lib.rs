//! Codes, trust lists and status bundles with the verdict that every verifier must give: the files `*.json` beside this package, what
//! made them, and what judges them.
//!
//! The files are written once and never rewritten: codes like them are on paper. [`cases`] makes them again from seeds, and a test
//! holds both together. What is made here is put together by hand, layer by layer, so that it does not depend on the writer of the crate.

pub mod build;
pub mod cases;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use identity::claims::{Sex, StatusReference};
use identity::status::Asked;
use identity::verdict::KnownStatus;
use identity::{Claims, Presentation, StatusBundle, TrustList, Verdict, Verifier};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A code, what a verifier knows, and what it must answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it shows; unique.
    pub name: String,
    /// The text as it was scanned.
    pub code: String,
    /// When it is checked, in seconds since 1970.
    pub now: i64,
    /// The signed trust list, in base64.
    pub trust_list: String,
    /// The pinned public key of the root, in hexadecimal.
    pub root: String,
    /// The signed status bundle, in base64. Without one nothing is known of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_bundle: Option<String>,
    /// How old the bundle may be, in seconds. Without it, as long as the bundle says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_status_age: Option<i64>,
    /// Who asks. Without one, nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// [`Verdict::code`].
    pub verdict: String,
    /// Of a valid code: whether its status was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_checked: Option<bool>,
    /// What was signed, where the verdict says so much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Value>,
    /// What was signed, if it is a presentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presentation: Option<Value>,
}

/// A signed list or bundle and why it is refused, if it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListVector {
    /// What it shows; unique.
    pub name: String,
    /// `trust_list` or `status_bundle`.
    pub kind: String,
    /// The message, in base64.
    pub bytes: String,
    /// The pinned public key of the root, in hexadecimal.
    pub root: String,
    /// For a bundle, the signed trust list, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_list: Option<String>,
    /// `malformed`, `not_ours`, `unknown_key`, `wrong_purpose`, `bad_signature`, `key_not_in_force` or `key_revoked`; none when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The folder of the files.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of vectors.
///
/// # Panics
/// When it is not there or is none.
#[must_use]
pub fn read<T: for<'a> Deserialize<'a>>(file: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Bytes as the files have them.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Bytes of a file.
///
/// # Panics
/// When it is no base64.
#[must_use]
pub fn from_base64(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A root key of a file.
///
/// # Panics
/// When it is not 32 bytes in hexadecimal.
#[must_use]
pub fn root_of(text: &str) -> [u8; 32] {
    let mut root = [0; 32];
    hex::decode_to_slice(text, &mut root).unwrap_or_else(|error| panic!("{text}: {error}"));
    root
}

/// The verdict of the crate, by both ways of asking.
///
/// # Panics
/// When the trust list or the bundle of the vector does not open, or the two ways differ.
#[must_use]
pub fn judge(vector: &Vector) -> Verdict {
    let trust = TrustList::open(&from_base64(&vector.trust_list), &root_of(&vector.root))
        .unwrap_or_else(|error| panic!("{}: {error}", vector.name));
    let bundle = vector.status_bundle.as_ref().map(|bundle| {
        StatusBundle::open(&from_base64(bundle), &trust)
            .unwrap_or_else(|error| panic!("{}: {error}", vector.name))
    });
    let status = |reference: &StatusReference| match &bundle {
        None => KnownStatus::Unknown,
        Some(bundle) => {
            let asked = Asked { age_seconds_max: vector.max_status_age, ..Asked::at(vector.now) };
            bundle.known(reference, asked)
        }
    };
    if let Some(audience) = &vector.audience {
        return Verifier::new(&trust).verify_for(audience, &vector.code, vector.now, &status);
    }
    let verdict = identity::verify(&vector.code, &trust, vector.now, &status);
    let again = Verifier::new(&trust).verify(&vector.code, vector.now, &status);
    assert_eq!(verdict, again, "{}: the two ways of asking differ", vector.name);
    let audited = Verifier::new(&trust).verify_all([vector.code.as_str()], vector.now, &status);
    assert_eq!(audited, std::slice::from_ref(&verdict), "{}: an audit says something else", vector.name);
    verdict
}

const fn sex_name(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other",
    }
}

/// A presentation as the files have it: what was not chosen is not there.
#[must_use]
pub fn presentation_json(presentation: &Presentation) -> Value {
    let chosen = &presentation.disclosed;
    let mut disclosed = json!({
        "qid": chosen.qid,
        "full_name": chosen.full_name,
        "birth_date": chosen.birth_date,
        "sex": chosen.sex.map(sex_name),
        "ward": chosen.ward,
        "masked_number": chosen.masked_number,
        "level": chosen.level,
        "declarant_qid": chosen.declarant_qid,
        "over_18": chosen.over_18,
        "photo_hash": chosen.photo_hash.map(hex::encode),
    });
    if let Some(fields) = disclosed.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    json!({
        "issuer": presentation.issuer,
        "serial": presentation.serial,
        "audience": presentation.audience,
        "nonce": hex::encode(presentation.nonce),
        "issued_at": presentation.issued_at,
        "expires_at": presentation.expires_at,
        "disclosed": disclosed,
        "status": {"uri": presentation.status.uri, "index": presentation.status.index},
    })
}

/// Claims as the files have them.
#[must_use]
pub fn claims_json(claims: &Claims) -> Value {
    json!({
        "issuer": claims.issuer,
        "qid": claims.qid,
        "serial": claims.serial,
        "masked_number": claims.masked_number,
        "full_name": claims.full_name,
        "birth_date": claims.birth_date,
        "sex": sex_name(claims.sex),
        "level": claims.level,
        "declarant_qid": claims.declarant_qid,
        "issued_at": claims.issued_at,
        "not_before": claims.not_before,
        "expires_at": claims.expires_at,
        "status": {"uri": claims.status.uri, "index": claims.status.index},
    })
}
