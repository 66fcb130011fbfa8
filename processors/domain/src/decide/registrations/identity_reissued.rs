//! `IdentityReissued`: a new code is issued in place of the old.

use super::change::Change;
use super::gates;
use crate::decide::{Context, Effect, Stop};
use crate::rows::AccountRow;
use crate::text;
use schemas::event::IdentityReissued;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &IdentityReissued,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    gates::channel(ctx, |channel| gates::is_citizen(channel) || gates::is_desk(channel))?;
    text::check_cause(&body.cause)?;
    let mut change = Change::of(ctx, row);
    change.issue_code();
    Ok(change.finish(format!("cause={}", body.cause)))
}
