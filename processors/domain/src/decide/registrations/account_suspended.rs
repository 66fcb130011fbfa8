//! `AccountSuspended`: the account and its code are suspended.

use super::change::{Change, CodeStatus};
use super::gates;
use crate::decide::{Context, Effect, Stop, ensure};
use crate::outcome::Reason;
use crate::rows::{AccountRow, AccountStatus};
use crate::text;
use schemas::event::AccountSuspended;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountSuspended,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::living(account)?;
    gates::channel(ctx, gates::is_desk)?;
    text::check_cause(&body.cause)?;
    ensure(row.status == AccountStatus::Active, Reason::MoveNotAllowed)?;
    let mut change = Change::of(ctx, row);
    change.row.status = AccountStatus::Suspended;
    change.row.status_cause.clone_from(&body.cause);
    change.mark_code(CodeStatus::Suspended);
    Ok(change.finish(format!("cause={}", body.cause)))
}
