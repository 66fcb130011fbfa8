//! Avro bytes of events: encoding, framing, decoding under limits.

use crate::{Event, Stream};

/// A record may not be larger than this.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Why bytes are not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The framing names a schema that this program does not have: written by a newer gateway. Pause, do not lose.
    #[error("schema {fingerprint} is not known here")]
    UnknownSchema {
        /// What the frame says, hexadecimal.
        fingerprint: String,
    },
    /// The bytes are no event under the schema they name. Dead letter.
    #[error("not an event: {reason}")]
    Malformed {
        /// What is wrong, without any of the data.
        reason: String,
    },
}

/// Encodes an event in Avro single-object encoding under the newest schema of its stream.
#[must_use]
pub fn encode(_event: &Event) -> Vec<u8> {
    unimplemented!()
}

/// Decodes a record value of `stream`.
///
/// # Errors
/// See [`DecodeError`]. Neither is worth retrying with the same program.
pub fn decode(_stream: Stream, _value: &[u8]) -> Result<Event, DecodeError> {
    unimplemented!()
}
