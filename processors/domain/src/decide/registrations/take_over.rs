//! Taking over: an account at level 0 that somebody opened with a citizen's number never blocks its owner.

use super::change::Change;
use crate::decide::Context;
use crate::rows::Detached;
use schemas::PhoneKey;

/// Detaches what a squatter added: phone, name and links are kept for the record, e-mail and address go; the phone's index entry ends. The
/// account gets `phone`. The code is the caller's to issue, which ends the squatter's.
pub(super) fn detach(ctx: &Context<'_>, change: &mut Change<'_>, phone: String, key: Option<PhoneKey>) {
    let row = &mut change.row;
    let detached = Detached {
        by_offset: ctx.place.offset,
        phone: row.phone.clone(),
        full_name: row.full_name.clone(),
        links: std::mem::take(&mut row.links.0),
    };
    row.detached.0.push(detached);
    row.email.clear();
    row.address.clear();
    row.registrant = None;
    row.confirmed = false;
    row.opened_on = ctx.header.occurred_on;
    row.opened_by = ctx.header.channel;
    row.sender.clone_from(&ctx.header.sender);
    row.team = ctx.header.team.clone().unwrap_or_default();
    change.set_phone(phone, key);
}
