//! The `documents` stream: papers in vaults. An account is not needed: agencies file for people who join later.

mod certified;
mod filed;
mod paper;
mod signature;
mod version;
mod withdrawn;

use super::subject::change;
use super::{Context, Effect, Stop, Undecidable};
use crate::codes;
use crate::row::{InKey, Key, Row, Table};
use schemas::{Body, CitizenId};

/// The id of the paper that a body is about; `None` for bodies of other streams.
fn document_id(body: &Body) -> Option<&str> {
    Some(match body {
        Body::DocumentFiled(body) => &body.document_id,
        Body::DocumentVersionFiled(body) => &body.document_id,
        Body::DocumentCertified(body) => &body.document_id,
        Body::DocumentWithdrawn(body) => &body.document_id,
        _ => return None,
    })
}

/// The paper's row. A malformed id reads the row of the empty id, which nobody writes.
pub(super) fn key_read(citizen: CitizenId, body: &Body) -> (Table, Key) {
    let id = document_id(body).filter(|id| codes::is_id(id)).unwrap_or_default();
    (Table::Documents, Key(vec![citizen.to_part(), id.to_owned().to_part()]))
}

/// Decides an event of this stream; `state` is the row of [`key_read`].
pub(super) fn decide(ctx: &Context<'_>, body: &Body, state: Option<Row>) -> Result<Effect, Stop> {
    match body {
        Body::DocumentFiled(body) => {
            change(ctx, state, &body.document_id, |old| filed::decide(ctx, body, old))
        }
        Body::DocumentVersionFiled(body) => {
            change(ctx, state, &body.document_id, |old| version::decide(ctx, body, old))
        }
        Body::DocumentCertified(body) => {
            change(ctx, state, &body.document_id, |old| certified::decide(ctx, body, old))
        }
        Body::DocumentWithdrawn(body) => {
            change(ctx, state, &body.document_id, |old| withdrawn::decide(ctx, body, old))
        }
        _ => Err(Undecidable::WrongStream.into()),
    }
}
