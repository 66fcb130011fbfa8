//! Opening a stream.

use super::header::{HEADER_BYTES, Keyed};
use super::{CHUNK_BYTES, SealError, TAG_BYTES};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::aead::stream::DecryptorBE32;
use std::fmt;
use std::io::{self, Read};
use zeroize::Zeroizing;

/// Bytes of a whole sealed chunk.
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// Reads what was sealed. Every byte it gives is genuine, but that nothing is missing at the end is known only when `read` has given 0:
/// do not act on a part.
///
/// Errors of `read` carry a [`SealError`]; after one, every read fails.
pub struct OpenReader<R: Read> {
    inner: R,
    /// `None` when the last chunk was opened, or one did not open.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    header: Vec<u8>,
    /// The byte that was read to see whether a chunk is the last one.
    ahead: Option<u8>,
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    chunks: u64,
    failed: bool,
}

impl<R: Read> OpenReader<R> {
    /// Reads the header and makes the key, at the cost that the header names.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn new(mut inner: R, secret: &[u8]) -> Result<Self, SealError> {
        let mut header = [0; HEADER_BYTES];
        inner.read_exact(&mut header).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => SealError::NotSealed,
            _ => SealError::Io(e),
        })?;
        let keyed = Keyed::read(header, secret)?;
        let cipher = XChaCha20Poly1305::new((&*keyed.key).into());
        Ok(Self {
            inner,
            stream: Some(DecryptorBE32::from_aead(cipher, (&keyed.nonce).into())),
            header: header.to_vec(),
            ahead: None,
            plain: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_BYTES)),
            given: 0,
            chunks: 0,
            failed: false,
        })
    }

    /// Opens the next chunk into `plain`. `false` when there is none.
    fn next_chunk(&mut self) -> io::Result<bool> {
        if self.failed {
            return Err(refused(self.chunks));
        }
        let Some(mut stream) = self.stream.take() else { return Ok(false) };
        self.plain.clear();
        self.given = 0;
        self.plain.extend(self.ahead.take());
        let missing = (SEALED_CHUNK_BYTES - self.plain.len()) as u64;
        let read = self.fill(missing);
        let opened = match read {
            Ok(()) if self.ahead.is_some() => {
                let opened = stream.decrypt_next_in_place(&self.header, &mut *self.plain);
                self.stream = Some(stream);
                opened
            }
            Ok(()) => stream.decrypt_last_in_place(&self.header, &mut *self.plain),
            Err(e) => {
                self.fail();
                return Err(e);
            }
        };
        if opened.is_err() {
            self.fail();
            return Err(refused(self.chunks));
        }
        self.chunks += 1;
        Ok(true)
    }

    /// Reads up to `missing` bytes and one more.
    fn fill(&mut self, missing: u64) -> io::Result<()> {
        self.inner.by_ref().take(missing).read_to_end(&mut self.plain)?;
        let mut byte = [0];
        loop {
            match self.inner.read(&mut byte) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    self.ahead = Some(byte[0]);
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn fail(&mut self) {
        self.failed = true;
        self.stream = None;
        self.plain.clear();
        self.given = 0;
    }
}

fn refused(chunk: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, SealError::Damaged { chunk })
}

/// The [`SealError`] inside an error of [`OpenReader`], or the error itself.
pub(super) fn seal_error(error: io::Error) -> SealError {
    error.downcast::<SealError>().unwrap_or_else(SealError::Io)
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        // An empty chunk, which only the last one may be, gives nothing.
        while self.given == self.plain.len() {
            if !self.next_chunk()? {
                return Ok(0);
            }
        }
        let rest = &self.plain[self.given..];
        let taken = rest.len().min(out.len());
        out[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}

impl<R: Read> fmt::Debug for OpenReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenReader(..)")
    }
}
