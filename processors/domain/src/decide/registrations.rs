//! Deciders of the `registrations` stream: one kind, one file.

use super::{Context, Effect, Stop};
use crate::row::{InKey, Key, Row, Table};
use schemas::{Body, CitizenId};

/// The state row of every event of this stream: the account.
pub(super) fn key_read(citizen: CitizenId) -> (Table, Key) {
    (Table::Accounts, Key(vec![citizen.to_part()]))
}

/// Decides an event of this stream; `state` is the row of [`key_read`].
pub(super) fn decide(_ctx: &Context<'_>, _body: &Body, _state: Option<Row>) -> Result<Effect, Stop> {
    unimplemented!()
}
