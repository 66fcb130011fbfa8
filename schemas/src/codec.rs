//! Avro bytes of events: framing, encoding, decoding under limits.
//!
//! A value is an Avro datum in [single-object encoding]: `C3 01`, the fingerprint of the writer's schema (CRC-64-AVRO, 8 bytes,
//! little-endian), the datum. The schemas are the files under `avro/`; apache-avro reads and writes by them through serde. On the
//! hot path (newest schema) that costs 1.3 us to encode a registration and 1.9 us to decode one, of some 60 us that a
//! registration may cost altogether; `cargo bench -p schemas` repeats it.
//!
//! [single-object encoding]: https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding

mod bounds;
pub(crate) mod carry;
mod registry;

use crate::{Event, Stream};
pub(crate) use bounds::bounded;
use registry::Registry;

/// A record value may not be larger than this, and no string or bytes in it is given more memory than this before it is read.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// No sequence in a record may have more items than this.
pub const SEQUENCE_ITEMS_MAX: usize = 1_000;

/// No schema may nest deeper than this; a datum nests as deep as its schema, since no schema is recursive.
pub const SCHEMA_DEPTH_MAX: usize = 16;

/// What starts a value in single-object encoding.
const SINGLE_OBJECT: [u8; 2] = [0xC3, 0x01];

/// What starts a value in the wire format of schema registries: a zero, then the schema's id, 4 bytes, big-endian.
const REGISTERED: u8 = 0;

/// The fingerprint of a schema: CRC-64-AVRO of its parsing canonical form, in the order of the bytes in a frame.
pub type Fingerprint = [u8; 8];

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

impl DecodeError {
    /// Whether the same bytes may decode at another try: never by the same program.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }

    fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed { reason: reason.into() }
    }
}

/// Encodes an event in Avro single-object encoding under the newest schema of its stream.
///
/// The result may be larger than [`RECORD_BYTES_MAX`] when the event's texts are; who appends it refuses it then.
#[must_use]
pub fn encode(event: &Event) -> Vec<u8> {
    Registry::of(event.kind().stream()).encode(event)
}

/// Decodes a record value of `stream` in single-object encoding.
///
/// A value of an older version is resolved to the newest schema: fields it lacks get the schema's defaults. Whatever the bytes say, no
/// more memory is taken than [`RECORD_BYTES_MAX`] and a small multiple of their length.
///
/// # Errors
/// See [`DecodeError`]. Neither is worth retrying with the same program.
pub fn decode(stream: Stream, value: &[u8]) -> Result<Event, DecodeError> {
    decode_with(stream, value, |_| None)
}

/// As [`decode`], and reads values in the wire format of schema registries too (`00`, 4 bytes of schema id, datum), with
/// `fingerprint_of` saying which schema the registry means by an id.
///
/// # Errors
/// As [`decode`]; an id without a fingerprint is an unknown schema.
pub fn decode_with(
    stream: Stream,
    value: &[u8],
    fingerprint_of: impl FnOnce(u32) -> Option<Fingerprint>,
) -> Result<Event, DecodeError> {
    if value.len() > RECORD_BYTES_MAX {
        return Err(DecodeError::malformed("larger than a record may be"));
    }
    let (fingerprint, datum) = if let Some(framed) = value.strip_prefix(&SINGLE_OBJECT) {
        let (fingerprint, datum) = framed.split_first_chunk().ok_or_else(torn_frame)?;
        (*fingerprint, datum)
    } else if let Some(framed) = value.strip_prefix(&[REGISTERED]) {
        let (id, datum) = framed.split_first_chunk().ok_or_else(torn_frame)?;
        let id = u32::from_be_bytes(*id);
        let unknown = || DecodeError::UnknownSchema { fingerprint: format!("id {id}") };
        (fingerprint_of(id).ok_or_else(unknown)?, datum)
    } else {
        return Err(DecodeError::malformed("no Avro framing"));
    };
    Registry::of(stream).decode(fingerprint, datum)
}

/// The fingerprint of the newest schema of `stream`, under which [`encode`] writes.
#[must_use]
pub fn fingerprint(stream: Stream) -> Fingerprint {
    Registry::of(stream).newest()
}

/// The schema files of `stream` that this program reads, oldest first; the last is the one it writes.
#[must_use]
pub const fn schema_texts(stream: Stream) -> &'static [&'static str] {
    match stream {
        Stream::Registrations => &[include_str!("../avro/v1/registrations.avsc")],
        Stream::Documents => &[include_str!("../avro/v1/documents.avsc")],
        Stream::Transactions => &[include_str!("../avro/v1/transactions.avsc")],
    }
}

fn torn_frame() -> DecodeError {
    DecodeError::malformed("the frame ends early")
}
