//! `DocumentVersionFiled`: a new version of a paper; the old ones are kept.

use super::{paper, signature};
use crate::decide::checks;
use crate::decide::subject::Change;
use crate::decide::{Context, ensure, plain};
use crate::outcome::Reason;
use crate::papers::Statement;
use crate::rows::{DocumentRow, Version};
use schemas::event::DocumentVersionFiled;

/// Authority never sinks: a citizen's upload does not come after an agency's paper. Kind and issuer, which the issuer's signature is
/// over too, are those of the paper.
pub(super) fn decide(
    ctx: &Context<'_>,
    body: &DocumentVersionFiled,
    old: Option<&DocumentRow>,
) -> Change<DocumentRow> {
    let personal = plain(&body.personal)?;
    let today = ctx.today();
    checks::id(&body.document_id)?;
    paper::personal(personal)?;
    paper::days(&body.issued_on, &body.expires_on, today)?;
    paper::content(body.content.as_ref())?;
    let old = paper::standing(old)?;
    let highest = old.versions.0.last().map(|version| version.provenance);
    ensure(highest.is_none_or(|highest| body.provenance >= highest), Reason::ProvenanceLower)?;
    ensure(old.version < ctx.rules.versions_per_document_max, Reason::TooManyVersions)?;

    let version = Version {
        version: old.version + 1,
        provenance: body.provenance,
        sender: ctx.header.sender.clone(),
        filed_on: today,
        issued_on: body.issued_on.clone(),
        expires_on: body.expires_on.clone(),
        number: personal.number.clone(),
        title: personal.title.clone(),
        content: body.content.clone(),
        certificates: Vec::new(),
    };
    let statement = Statement::of(&body.document_id, &old.document_kind, &old.issuer, &version);
    signature::judge(ctx, body.provenance, &statement, &body.issuer_signature)?;

    let mut new = old.clone();
    new.version = version.version;
    new.provenance = paper::provenance_name(body.provenance).to_owned();
    new.versions.0.push(version);
    Ok(Some(new))
}
