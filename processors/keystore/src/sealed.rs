//! Bytes sealed by a passphrase: Argon2id (RFC 9106) makes the key, XChaCha20-Poly1305 in the STREAM construction (Hoang, Reyhanitabar,
//! Rogaway, Vizár 2015) seals chunk by chunk.
//!
//! The form: a header of [`HEADER_BYTES`] (magic with version, Argon2id's cost, salt, nonce prefix, a check of the key), then chunks of
//! [`CHUNK_BYTES`] and a tag of 16 bytes each; the last one is shorter or as long, and marked as the last inside its nonce. Every chunk
//! authenticates the header. So nothing can be changed, cut off, put in another order or repeated without being refused, and a wrong
//! passphrase is told apart from damage.

mod header;
mod reader;
mod writer;

pub use header::{Cost, HEADER_BYTES};
pub use reader::OpenReader;
pub use writer::SealWriter;

use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Plain bytes in a chunk.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of a chunk's tag.
const TAG_BYTES: usize = 16;

/// Why sealed bytes do not open, or bytes cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not sealed by this program, or by a newer one. Not retryable.
    #[error("not sealed bytes of a version known here")]
    NotSealed,
    /// The passphrase or key file is another one. Not retryable.
    #[error("wrong passphrase or key file")]
    WrongSecret,
    /// Changed, cut off or put in another order. Not retryable.
    #[error("the sealed bytes are damaged or cut off at chunk {chunk}")]
    Damaged {
        /// Which chunk, from 0.
        chunk: u64,
    },
    /// The header asks for more memory or passes than is ever needed. Not retryable.
    #[error("the header asks for a cost out of bounds")]
    CostOutOfBounds,
    /// The system gave no random bytes. Retryable.
    #[error("the system gave no random bytes")]
    Random(#[source] getrandom::Error),
    /// Reading or writing failed. Retryable.
    #[error("cannot read or write sealed bytes")]
    Io(#[source] io::Error),
}

impl SealError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Random(_) | Self::Io(_))
    }
}

/// Whether these bytes start as sealed ones do. Needs 16 bytes.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(header::MAGIC)
}

/// Seals bytes by a passphrase, at the default cost.
///
/// # Errors
/// [`SealError::Random`].
pub fn seal(plain: &[u8], secret: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_at(Cost::DEFAULT, plain, secret)
}

pub(crate) fn seal_at(cost: Cost, plain: &[u8], secret: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut writer = SealWriter::with_cost(Vec::with_capacity(plain.len() + 256), secret, cost)?;
    writer.write_all(plain).map_err(SealError::Io)?;
    writer.finish()
}

/// Opens bytes that [`seal`] or [`SealWriter`] sealed.
///
/// # Errors
/// See [`SealError`].
pub fn open(sealed: &[u8], secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    // As much as can come out, so that the secret is never moved and left behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    OpenReader::new(sealed, secret)?.read_to_end(&mut plain).map_err(reader::seal_error)?;
    Ok(plain)
}

#[cfg(test)]
mod tests;
