//! `PhoneChanged`: the account gets another phone, in a new epoch.

use super::change::Change;
use super::gates;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::outcome::Reason;
use crate::phone;
use crate::rows::{AccountRow, Measure};
use schemas::event::PhoneChanged;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &PhoneChanged,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    gates::channel(ctx, |channel| gates::is_citizen(channel) || gates::is_desk(channel))?;
    let phone = phone::normalise(&plain(&body.personal)?.phone)?;
    ensure(phone != row.phone, Reason::PhoneSame)?;
    // A desk sees the citizen; alone, only the phone itself can answer.
    ensure(body.confirmed || gates::is_desk(ctx.header.channel), Reason::PhoneNotConfirmed)?;
    let mut change = Change::of(ctx, row);
    change.set_phone(phone, ctx.header.phone_key);
    change.row.confirmed |= body.confirmed;
    change.count_act(Measure::AccountsUpdated);
    let epoch = change.row.phone_epoch;
    Ok(change.finish(format!("phone epoch={epoch}")))
}
