//! The picture that is shown with a code, held against the hash that the code says.

use anyhow::{Context, ensure};
use identity::Verdict;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a picture, at most: what the content of a paper may have.
const PHOTO_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// The bytes of a picture as a verifier got them.
pub struct Photo([u8; 32]);

/// What comparing it with a valid code yields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// It is the portrait, byte for byte.
    Matches,
    /// It is another picture, or the same one stored anew.
    Differs,
    /// The code says nothing of a portrait.
    NotClaimed,
}

impl Photo {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than any paper's content.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(PHOTO_BYTES_MAX + 1).read_to_end(&mut bytes));
        read.with_context(|| format!("reading {}", path.display()))?;
        ensure!(bytes.len() as u64 <= PHOTO_BYTES_MAX, "{} is larger than any portrait", path.display());
        Ok(Self(Sha256::digest(&bytes).into()))
    }

    /// Whether it is the portrait of a code; `None` of a code that does not hold, which says nothing that may be believed.
    pub fn likeness(&self, verdict: &Verdict) -> Option<Likeness> {
        if !verdict.is_valid() {
            return None;
        }
        Some(match verdict.presentation().and_then(|shown| shown.disclosed.photo_hash) {
            None => Likeness::NotClaimed,
            Some(hash) if hash == self.0 => Likeness::Matches,
            Some(_) => Likeness::Differs,
        })
    }
}

impl Likeness {
    /// Its word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Differs => "differs",
            Self::NotClaimed => "not_claimed",
        }
    }

    /// What it says to a helper, in Vietnamese and English.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Matches => {
                "Ảnh đúng là ảnh chân dung ghi trong mã. / The picture is the portrait that the code names."
            }
            Self::Differs => {
                "Ảnh không phải ảnh chân dung ghi trong mã. / The picture is not the portrait that the code names."
            }
            Self::NotClaimed => "Mã không ghi ảnh chân dung nào. / The code names no portrait.",
        }
    }
}
