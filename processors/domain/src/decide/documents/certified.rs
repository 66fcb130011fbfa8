//! `DocumentCertified`: a certified copy of a version.

use super::paper;
use crate::decide::checks;
use crate::decide::subject::Change;
use crate::decide::{Context, ensure};
use crate::outcome::Reason;
use crate::rows::{Certificate, DocumentRow, Origin};
use schemas::event::DocumentCertified;

/// Any version may be certified, not only the newest. A certifier's reference counts once per paper.
pub(super) fn decide(
    ctx: &Context<'_>,
    body: &DocumentCertified,
    old: Option<&DocumentRow>,
) -> Change<DocumentRow> {
    checks::id(&body.document_id)?;
    checks::present_line(&body.certifier)?;
    checks::present_line(&body.certificate)?;
    let certified_on = checks::past_day(&body.certified_on, ctx.today())?;
    paper::content(body.content.as_ref())?;
    let old = paper::standing(old)?;
    let at = position(old, body.version).ok_or(Reason::VersionUnknown)?;
    let version = &old.versions.0[at];
    checks::in_order(checks::optional_day(&version.issued_on)?, Some(certified_on))?;
    let known = |c: &Certificate| c.certifier == body.certifier && c.certificate == body.certificate;
    let twice = old.versions.0.iter().flat_map(|version| &version.certificates).any(known);
    ensure(!twice, Reason::CertificateExists)?;
    let room = ctx.rules.certificates_per_version_max as usize;
    ensure(version.certificates.len() < room, Reason::TooManyCertificates)?;

    let mut new = old.clone();
    new.versions.0[at].certificates.push(Certificate {
        certifier: body.certifier.clone(),
        certificate: body.certificate.clone(),
        certified_on: body.certified_on.clone(),
        content: body.content.clone(),
        origin: Origin::of(ctx.header),
    });
    Ok(Some(new))
}

/// Where the version of this number stands.
fn position(paper: &DocumentRow, version: i32) -> Option<usize> {
    let version = u32::try_from(version).ok()?;
    paper.versions.0.iter().position(|v| v.version == version)
}
