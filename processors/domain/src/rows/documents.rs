//! `documents`: one row per paper in a vault.

use super::{Origin, table, words};
use crate::row::Json;
use schemas::event::{Content, Provenance};
use schemas::{Channel, CitizenId, Day};
use serde::{Deserialize, Serialize};

words!(
    /// What state a paper is in.
    DocumentStatus {
        /// Shown.
        Present = "present",
        /// Taken back by its filer.
        Withdrawn = "withdrawn",
    }
);

/// One version of a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub version: u32,
    /// Where its authority comes from.
    pub provenance: Provenance,
    /// Who filed it.
    pub sender: String,
    /// The day it was accepted, in Việt Nam.
    pub filed_on: Day,
    /// Empty when unknown.
    pub issued_on: String,
    /// Empty when it does not expire.
    pub expires_on: String,
    /// The paper's own number. Personal.
    pub number: String,
    /// A title for the owner. Personal.
    pub title: String,
    /// By hash.
    pub content: Option<Content>,
    /// Certified copies of this version.
    pub certificates: Vec<Certificate>,
}

/// A certified copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Who certified.
    pub certifier: String,
    /// The certifier's reference.
    pub certificate: String,
    /// `YYYY-MM-DD`.
    pub certified_on: String,
    /// The copy, when digitised.
    pub content: Option<Content>,
    /// How the certificate came.
    pub origin: Origin,
}

table! {
    /// A paper. State of the `documents` stream.
    Documents = "documents", DocumentRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// Which.
            document_id: String,
        }
        cells {
            /// Shown or taken back.
            status: DocumentStatus,
            /// Code of the kind of paper.
            document_kind: String,
            /// Of the newest version: `self_uploaded`, `agency`, `certified`.
            provenance: String,
            /// Who issued it.
            issuer: String,
            /// Who filed it first.
            filer: String,
            /// Ward it was filed in, as statistics call it; empty when not said.
            ward: String,
            /// Team that filed it; empty when none.
            team: String,
            /// How it was filed.
            channel: Channel,
            /// How many versions there are.
            version: u32,
            /// All versions, oldest first.
            versions: Json<Vec<Version>>,
            /// Code of why it was taken back; empty otherwise.
            status_cause: String,
        }
    }
}
