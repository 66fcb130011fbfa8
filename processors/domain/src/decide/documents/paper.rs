//! What the kinds of this stream share: checks of content and dates, and what a paper is worth in statistics.

use crate::codes;
use crate::decide::checks;
use crate::decide::ensure;
use crate::lists::MEDIA_TYPES;
use crate::outcome::Reason;
use crate::rows::{Dimension, DocumentRow, DocumentStatus, Measure};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::Day;
use schemas::event::{Content, DocumentPersonal, Provenance};

/// Bytes of one content at most.
pub(crate) const CONTENT_BYTES_MAX: i64 = 100 * 1024 * 1024;

/// A content that may stand in a vault.
pub(super) fn content(content: Option<&Content>) -> Result<(), Reason> {
    let Some(content) = content else { return Ok(()) };
    ensure(codes::is_sha256(&content.sha256), Reason::ContentHashMalformed)?;
    ensure((1..=CONTENT_BYTES_MAX).contains(&content.bytes), Reason::ContentSizeInvalid)?;
    checks::listed(&content.media_type, MEDIA_TYPES, Reason::MediaTypeUnknown)
}

/// Days that a paper may carry: issued by `today`, and not after it expires.
pub(super) fn days(issued_on: &str, expires_on: &str, today: Day) -> Result<(), Reason> {
    let issued = checks::optional_past_day(issued_on, today)?;
    let expires = checks::optional_day(expires_on)?;
    checks::in_order(issued, expires)
}

/// Number and title that fit.
pub(super) fn personal(personal: &DocumentPersonal) -> Result<(), Reason> {
    text::check_line(&personal.number)?;
    text::check_line(&personal.title)
}

/// The paper, if it is there and was not taken back.
pub(super) fn standing(old: Option<&DocumentRow>) -> Result<&DocumentRow, Reason> {
    let paper = old.ok_or(Reason::DocumentUnknown)?;
    ensure(paper.status == DocumentStatus::Present, Reason::DocumentIsWithdrawn)?;
    Ok(paper)
}

/// The word in rows.
pub(super) const fn provenance_name(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::SelfUploaded => "self_uploaded",
        Provenance::Agency => "agency",
        Provenance::Certified => "certified",
    }
}

impl Counted for DocumentRow {
    /// A paper counts once, by the provenance of its newest version, under those who filed it first; each certified copy counts
    /// under who certified.
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        if self.status == DocumentStatus::Withdrawn {
            return;
        }
        let subject = Some((Dimension::Paper, self.document_kind.as_str()));
        let measure = match self.provenance.as_str() {
            "self_uploaded" => Measure::DocumentsSelf,
            "agency" => Measure::DocumentsAgency,
            _ => Measure::DocumentsCertified,
        };
        let bearing = Bearing {
            sender: &self.filer,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject,
        };
        tally.add(bearing, measure, 1);
        for certificate in self.versions.0.iter().flat_map(|version| &version.certificates) {
            tally.add(
                Bearing { subject, ..Bearing::of(&certificate.origin) },
                Measure::DocumentsCertified,
                1,
            );
        }
    }
}
