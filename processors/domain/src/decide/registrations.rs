//! Deciders of the `registrations` stream: one kind, one file.

mod account_closed;
mod account_inherited;
mod account_linked;
mod account_registered;
mod account_restored;
mod account_suspended;
mod account_unlinked;
mod change;
mod child_registered;
mod code;
mod gates;
mod identifier_replaced;
mod identity_reissued;
mod identity_verified;
mod levels;
mod person;
mod phone_changed;
mod profile_corrected;
mod take_over;

use super::{Context, Effect, Stop, Undecidable, typed};
use crate::row::{InKey, Key, Row, Table};
use crate::rows::AccountRow;
pub use code::qid;
use schemas::{Body, CitizenId};

/// The state row of every event of this stream: the account.
pub(super) fn key_read(citizen: CitizenId) -> (Table, Key) {
    (Table::Accounts, Key(vec![citizen.to_part()]))
}

/// Decides an event of this stream; `state` is the row of [`key_read`].
pub(super) fn decide(ctx: &Context<'_>, body: &Body, state: Option<Row>) -> Result<Effect, Stop> {
    let account: Option<AccountRow> = typed(state)?;
    match body {
        Body::AccountRegistered(body) => account_registered::decide(ctx, body, account),
        Body::AccountInherited(body) => account_inherited::decide(ctx, body, account),
        Body::ChildRegistered(body) => child_registered::decide(ctx, body, account),
        Body::IdentityVerified(body) => identity_verified::decide(ctx, body, account),
        Body::ProfileCorrected(body) => profile_corrected::decide(ctx, body, account),
        Body::PhoneChanged(body) => phone_changed::decide(ctx, body, account),
        Body::IdentifierReplaced(body) => identifier_replaced::decide(ctx, body, account),
        Body::AccountLinked(body) => account_linked::decide(ctx, body, account),
        Body::AccountUnlinked(body) => account_unlinked::decide(ctx, body, account),
        Body::AccountSuspended(body) => account_suspended::decide(ctx, body, account),
        Body::AccountRestored(body) => account_restored::decide(ctx, body, account),
        Body::AccountClosed(body) => account_closed::decide(ctx, body, account),
        Body::IdentityReissued(body) => identity_reissued::decide(ctx, body, account),
        _ => Err(Undecidable::WrongStream.into()),
    }
}
