//! `AccountUnlinked`: a link ends.

use super::account_linked::{is, word};
use super::change::Change;
use super::gates;
use crate::decide::{Context, Effect, Stop};
use crate::outcome::Reason;
use crate::rows::AccountRow;
use schemas::event::AccountUnlinked;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountUnlinked,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    gates::channel(ctx, |channel| gates::is_citizen(channel) || gates::is_desk(channel))?;
    let at = row.links.0.iter().position(|link| is(link, body.link, &body.provider, &body.reference_hash));
    let at = at.ok_or(Reason::LinkUnknown)?;
    let mut change = Change::of(ctx, row);
    change.row.links.0.remove(at);
    Ok(change.finish(format!("unlinked {}", word(body.link))))
}
