//! `AccountRestored`: a suspension ends.

use super::change::{Change, CodeStatus};
use super::gates;
use crate::decide::{Context, Effect, Stop, ensure};
use crate::outcome::Reason;
use crate::rows::{AccountRow, AccountStatus};
use crate::text;
use schemas::event::AccountRestored;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountRestored,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::living(account)?;
    gates::channel(ctx, gates::is_desk)?;
    text::check_cause(&body.cause)?;
    ensure(row.status == AccountStatus::Suspended, Reason::MoveNotAllowed)?;
    let mut change = Change::of(ctx, row);
    change.row.status = AccountStatus::Active;
    change.row.status_cause.clear();
    change.mark_code(CodeStatus::Valid);
    Ok(change.finish(format!("cause={}", body.cause)))
}
