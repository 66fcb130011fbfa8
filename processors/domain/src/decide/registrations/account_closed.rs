//! `AccountClosed`: the account ends, its code and its phone with it.

use super::change::Change;
use super::gates;
use crate::decide::{Context, Effect, Stop};
use crate::rows::{AccountRow, AccountStatus, Measure};
use schemas::event::{AccountClosed, ClosureCause};

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountClosed,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::living(account)?;
    gates::channel(ctx, gates::is_desk)?;
    let cause = match body.cause {
        ClosureCause::Deceased => "deceased",
        ClosureCause::MovedAway => "moved_away",
        ClosureCause::OnRequest => "on_request",
        ClosureCause::Merged => "merged",
    };
    let mut change = Change::of(ctx, row);
    change.end_code();
    change.end_phone();
    change.row.status = AccountStatus::Closed;
    cause.clone_into(&mut change.row.status_cause);
    change.count_act(Measure::AccountsEnded);
    Ok(change.finish(format!("cause={cause}")))
}
