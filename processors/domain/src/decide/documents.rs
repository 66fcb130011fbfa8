//! Deciders of the `documents` stream.

use super::{Context, Effect, Stop};
use crate::row::{Key, Row, Table};
use schemas::{Body, CitizenId};

/// The state row of an event of this stream.
pub(super) fn key_read(_citizen: CitizenId, _body: &Body) -> (Table, Key) {
    unimplemented!()
}

/// Decides an event of this stream; `state` is the row of [`key_read`].
pub(super) fn decide(_ctx: &Context<'_>, _body: &Body, _state: Option<Row>) -> Result<Effect, Stop> {
    unimplemented!()
}
