//! What a credential may do: by stream and action, and by what it reads.
//!
//! Written `stream:action` (`registrations:register`), `read:accounts`, `lookup`. `stream:*` gives every action of a stream.

use schemas::{Kind, Stream};

/// One thing a credential may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Send events of this kind.
    Send(Kind),
    /// Send events of every kind of this stream.
    SendAll(Stream),
    /// Read what any agency sent about a citizen, not only what this one sent.
    ReadAll,
    /// Read statistics.
    Statistics,
    /// Turn a number or phone into an id.
    Lookup,
    /// Deliver text messages.
    SmsWebhook,
}
