//! Which picture of a vault is its owner's portrait.

use crate::lists::PORTRAIT;
use crate::rows::{DocumentRow, DocumentStatus, Version};
use schemas::event::Provenance;
use schemas::{Day, Place};

/// What the media types of pictures begin with.
const PICTURE: &str = "image/";

/// A portrait that somebody answers for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Portrait {
    /// SHA-256 of the picture's bytes.
    pub sha256: [u8; 32],
    filed_on: Day,
    cause: Place,
}

impl Portrait {
    /// The portrait that a paper, last changed at `cause`, is on the day `today`.
    ///
    /// What the city signs must not be the citizen's word alone: a picture counts that an agency filed, or that was certified. Of a
    /// paper's versions it is the newest that counts and has not expired. A paper that was taken back, one of another kind, and one
    /// without a picture are none.
    #[must_use]
    pub fn of(paper: &DocumentRow, cause: Place, today: Day) -> Option<Self> {
        if paper.document_kind != PORTRAIT || paper.status != DocumentStatus::Present {
            return None;
        }
        let counts = |version: &&Version| is_answered_for(version) && !has_expired(version, today);
        paper.versions.0.iter().rev().filter(counts).find_map(|version| {
            let content =
                version.content.as_ref().filter(|content| content.media_type.starts_with(PICTURE))?;
            let mut sha256 = [0; 32];
            hex::decode_to_slice(&content.sha256, &mut sha256).ok()?;
            Some(Self { sha256, filed_on: version.filed_on, cause })
        })
    }

    /// The newer of two of one person: filed on a later day, or on the same day in a paper that was changed later.
    #[must_use]
    pub fn newer(self, other: Self) -> Self {
        if (self.filed_on, self.cause) < (other.filed_on, other.cause) { other } else { self }
    }
}

fn is_answered_for(version: &Version) -> bool {
    version.provenance >= Provenance::Agency || !version.certificates.is_empty()
}

fn has_expired(version: &Version, today: Day) -> bool {
    Day::parse(&version.expires_on).is_some_and(|last| last < today)
}

#[cfg(test)]
mod tests;
