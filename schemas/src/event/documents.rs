//! Bodies of the `documents` stream.

use super::Personal;
use serde::{Deserialize, Serialize};

/// Where a paper's authority comes from, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Uploaded by its owner.
    SelfUploaded,
    /// Issued by an agency.
    Agency,
    /// A certified copy.
    Certified,
}

/// Content by its hash; the bytes are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: i64,
    /// Media type, such as `application/pdf`.
    pub media_type: String,
}

/// What a paper says of its owner.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentPersonal {
    /// The paper's own number; empty when it has none.
    #[serde(default)]
    pub number: String,
    /// A title for the owner; empty when the kind says enough.
    #[serde(default)]
    pub title: String,
}

/// A paper is put into the vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFiled {
    /// Number and title.
    pub personal: Personal<DocumentPersonal>,
    /// Chosen by the filer, unique for the citizen: 1-64 of `A-Z a-z 0-9 . _ -`.
    pub document_id: String,
    /// Code of the kind of paper (closed list in the domain).
    pub document_kind: String,
    /// Where its authority comes from.
    pub provenance: Provenance,
    /// Who issued it; empty when unknown.
    #[serde(default)]
    pub issuer: String,
    /// `YYYY-MM-DD`; empty when unknown.
    #[serde(default)]
    pub issued_on: String,
    /// `YYYY-MM-DD`; empty when it does not expire.
    #[serde(default)]
    pub expires_on: String,
    /// `None`: the paper is recorded without a picture.
    #[serde(default)]
    pub content: Option<Content>,
    /// The issuer's signature over the statement of this version, 128 lower-case hexadecimal digits; opaque here, empty when none.
    #[serde(default)]
    pub issuer_signature: String,
}

/// A new version of a paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentVersionFiled {
    /// Number and title of the new version.
    pub personal: Personal<DocumentPersonal>,
    /// As filed.
    pub document_id: String,
    /// The same as the paper's or higher.
    pub provenance: Provenance,
    /// `YYYY-MM-DD`; empty when unknown.
    #[serde(default)]
    pub issued_on: String,
    /// `YYYY-MM-DD`; empty when it does not expire.
    #[serde(default)]
    pub expires_on: String,
    /// The new content.
    #[serde(default)]
    pub content: Option<Content>,
    /// The issuer's signature over the statement of this version, 128 lower-case hexadecimal digits; opaque here, empty when none.
    #[serde(default)]
    pub issuer_signature: String,
}

/// A certified copy of a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentCertified {
    /// As filed.
    pub document_id: String,
    /// The version that was copied, from 1.
    pub version: i32,
    /// Who certified (desk or notary).
    pub certifier: String,
    /// The certifier's own reference.
    pub certificate: String,
    /// `YYYY-MM-DD`.
    pub certified_on: String,
    /// The certified copy itself, when digitised.
    #[serde(default)]
    pub content: Option<Content>,
}

/// The filer takes a paper back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentWithdrawn {
    /// As filed.
    pub document_id: String,
    /// A code for why.
    pub cause: String,
}
