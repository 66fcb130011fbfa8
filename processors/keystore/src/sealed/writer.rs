//! Sealing a stream.

use super::header::Keyed;
use super::{CHUNK_BYTES, Cost, SealError, TAG_BYTES};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::aead::stream::EncryptorBE32;
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// Seals what is written to it. [`SealWriter::finish`] must be called: without the last chunk nothing opens.
///
/// `flush` writes nothing out, since a chunk cannot be short before the last one.
pub struct SealWriter<W: Write> {
    inner: W,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    header: Vec<u8>,
    chunk: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealWriter<W> {
    /// Makes a key, which takes about 0.1 s and 64 MiB for that time, and writes the header.
    ///
    /// # Errors
    /// [`SealError::Random`] and [`SealError::Io`].
    pub fn new(inner: W, secret: &[u8]) -> Result<Self, SealError> {
        Self::with_cost(inner, secret, Cost::DEFAULT)
    }

    /// The same at another cost.
    ///
    /// # Errors
    /// As [`SealWriter::new`], and [`SealError::CostOutOfBounds`].
    pub fn with_cost(mut inner: W, secret: &[u8], cost: Cost) -> Result<Self, SealError> {
        let keyed = Keyed::make(secret, cost)?;
        inner.write_all(&keyed.header).map_err(SealError::Io)?;
        let cipher = XChaCha20Poly1305::new((&*keyed.key).into());
        let stream = EncryptorBE32::from_aead(cipher, (&keyed.nonce).into());
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES));
        Ok(Self { inner, stream, header: keyed.header.to_vec(), chunk })
    }

    /// Writes the last chunk and gives back what was written to, not flushed and not synced.
    ///
    /// # Errors
    /// [`SealError::Io`].
    pub fn finish(self) -> Result<W, SealError> {
        let Self { mut inner, stream, header, mut chunk } = self;
        stream.encrypt_last_in_place(&header, &mut *chunk).map_err(|_| SealError::Io(too_long()))?;
        inner.write_all(&chunk).map_err(SealError::Io)?;
        Ok(inner)
    }

    fn emit(&mut self) -> io::Result<()> {
        self.stream.encrypt_next_in_place(&self.header, &mut *self.chunk).map_err(|_| too_long())?;
        let written = self.inner.write_all(&self.chunk);
        self.chunk.clear();
        written
    }
}

/// STREAM counts chunks in 32 bits: 256 TiB.
fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "more than 256 TiB cannot be sealed as one")
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK_BYTES && !bytes.is_empty() {
            self.emit()?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> fmt::Debug for SealWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealWriter(..)")
    }
}
