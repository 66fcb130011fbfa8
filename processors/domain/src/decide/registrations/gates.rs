//! What stands before every decider: the state of the account, the channel, the ward.

use crate::decide::{Context, ensure};
use crate::outcome::Reason;
use crate::rows::{AccountRow, AccountStatus};
use crate::wards;
use schemas::{Channel, Day};

/// The account in use or suspended.
pub(super) fn living(account: Option<AccountRow>) -> Result<AccountRow, Reason> {
    let row = account.ok_or(Reason::AccountUnknown)?;
    match row.status {
        AccountStatus::Active | AccountStatus::Suspended => Ok(row),
        AccountStatus::Closed => Err(Reason::AccountClosed),
        AccountStatus::Replaced => Err(Reason::AccountReplaced),
    }
}

/// The account in use.
pub(super) fn active(account: Option<AccountRow>) -> Result<AccountRow, Reason> {
    let row = living(account)?;
    ensure(row.status == AccountStatus::Active, Reason::AccountSuspended)?;
    Ok(row)
}

/// The account in use, or none yet: what an opening may meet.
pub(super) fn active_or_none(account: Option<AccountRow>) -> Result<Option<AccountRow>, Reason> {
    if account.is_none() { Ok(None) } else { active(account).map(Some) }
}

/// The citizen's own channels.
pub(super) const fn is_citizen(channel: Channel) -> bool {
    matches!(channel, Channel::Web | Channel::Sms | Channel::Zalo)
}

/// Desks and systems of agencies.
pub(super) const fn is_desk(channel: Channel) -> bool {
    matches!(channel, Channel::WardDesk | Channel::Agency)
}

/// [`Reason::ChannelNotOpen`] unless `open` holds for the event's channel.
pub(super) fn channel(ctx: &Context<'_>, open: impl Fn(Channel) -> bool) -> Result<(), Reason> {
    ensure(open(ctx.header.channel), Reason::ChannelNotOpen)
}

/// The ward of residence of an account that opens: the event's, in force on the day of the act. Only those who come alone from afar, or in
/// bulk, may name none.
pub(super) fn ward_of_opening(ctx: &Context<'_>) -> Result<(String, Day), Reason> {
    let header = ctx.header;
    if header.ward.is_empty() {
        let may_be_missing = is_citizen(header.channel) || header.channel == Channel::Inherited;
        ensure(may_be_missing, Reason::WardMissing)?;
    } else {
        wards::in_force(&header.ward, header.occurred_on)?;
    }
    Ok((header.ward.clone(), header.occurred_on))
}

/// A guardian is there where one is needed, and is somebody else.
pub(super) fn guardian(
    ctx: &Context<'_>,
    birth: crate::birth::BirthDate,
    guardian: Option<schemas::CitizenId>,
) -> Result<(), Reason> {
    ensure(guardian != Some(ctx.header.citizen_id), Reason::GuardianIsChild)?;
    let needed = birth.surely_under(ctx.rules.guardian_age_years, ctx.header.occurred_on);
    ensure(guardian.is_some() || !needed, Reason::GuardianMissing)
}
