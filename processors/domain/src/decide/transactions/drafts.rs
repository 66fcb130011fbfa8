//! Payments for drafts: a dossier that names the draft is joined on read.

use super::payments;
use crate::decide::subject::Change;
use crate::decide::{Context, checks};
use crate::outcome::Reason;
use crate::row::Json;
use crate::rows::PaymentRow;
use crate::tally::{Counted, Tally};
use schemas::event::{PaymentMade, PaymentReturned};

/// `PaymentMade` for a draft.
pub(super) fn paid(
    ctx: &Context<'_>,
    draft: &str,
    body: &PaymentMade,
    old: Option<&PaymentRow>,
) -> Change<PaymentRow> {
    checks::id(draft)?;
    payments::check_made(body)?;
    let mut new = old.cloned().unwrap_or_else(|| PaymentRow {
        citizen: ctx.header.citizen_id,
        draft: draft.to_owned(),
        payments: Json(Vec::new()),
        balance: 0,
    });
    payments::add(ctx, body, &mut new.payments.0)?;
    new.balance = payments::balance(&new.payments.0);
    Ok(Some(new))
}

/// `PaymentReturned` of a draft.
pub(super) fn returned(draft: &str, body: &PaymentReturned, old: Option<&PaymentRow>) -> Change<PaymentRow> {
    checks::id(draft)?;
    payments::check_returned(body)?;
    let mut new = old.ok_or(Reason::PaymentUnknown)?.clone();
    payments::give_back(body, &mut new.payments.0)?;
    new.balance = payments::balance(&new.payments.0);
    Ok(Some(new))
}

impl Counted for PaymentRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        payments::count(&self.payments.0, tally);
    }
}
