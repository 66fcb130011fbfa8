//! `DocumentFiled`: a paper is put into the vault.

use super::{paper, signature};
use crate::decide::checks;
use crate::decide::subject::Change;
use crate::decide::{Context, ensure, plain};
use crate::lists;
use crate::outcome::Reason;
use crate::papers::Statement;
use crate::row::Json;
use crate::rows::{DocumentRow, DocumentStatus, Origin, Version};
use crate::text;
use schemas::event::DocumentFiled;

/// The issuer's signature is judged where a key is listed; it is in the log in any case.
pub(super) fn decide(
    ctx: &Context<'_>,
    body: &DocumentFiled,
    old: Option<&DocumentRow>,
) -> Change<DocumentRow> {
    let personal = plain(&body.personal)?;
    let today = ctx.today();
    checks::id(&body.document_id)?;
    let kind = lists::paper_kind(&body.document_kind);
    ensure(kind.is_some_and(|kind| kind.edition <= ctx.rules.paper_kinds), Reason::DocumentKindUnknown)?;
    text::check_line(&body.issuer)?;
    paper::personal(personal)?;
    paper::days(&body.issued_on, &body.expires_on, today)?;
    paper::content(body.content.as_ref())?;
    ensure(old.is_none(), Reason::DocumentExists)?;

    let first = Version {
        version: 1,
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
    let statement = Statement::of(&body.document_id, &body.document_kind, &body.issuer, &first);
    signature::judge(ctx, body.provenance, &statement, &body.issuer_signature)?;
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(DocumentRow {
        citizen: ctx.header.citizen_id,
        document_id: body.document_id.clone(),
        status: DocumentStatus::Present,
        document_kind: body.document_kind.clone(),
        provenance: paper::provenance_name(body.provenance).to_owned(),
        issuer: body.issuer.clone(),
        filer: sender,
        ward,
        team,
        channel,
        version: 1,
        versions: Json(vec![first]),
        status_cause: String::new(),
    }))
}
