//! `DocumentWithdrawn`: the filer takes a paper back. It is hidden, not lost: the row stays with the reason.

use super::paper;
use crate::decide::checks;
use crate::decide::subject::Change;
use crate::decide::{Context, ensure};
use crate::outcome::Reason;
use crate::rows::{DocumentRow, DocumentStatus};
use crate::text;
use schemas::event::DocumentWithdrawn;

/// The filer is who filed the first version.
pub(super) fn decide(
    ctx: &Context<'_>,
    body: &DocumentWithdrawn,
    old: Option<&DocumentRow>,
) -> Change<DocumentRow> {
    checks::id(&body.document_id)?;
    text::check_cause(&body.cause)?;
    let old = old.ok_or(Reason::DocumentUnknown)?;
    ensure(old.filer == ctx.header.sender, Reason::NotTheFiler)?;
    let old = paper::standing(Some(old))?;
    Ok(Some(DocumentRow {
        status: DocumentStatus::Withdrawn,
        status_cause: body.cause.clone(),
        ..old.clone()
    }))
}
