//! zlib (RFC 1950) around a token and inside a status list.
//!
//! Tokens are written by a small compressor of our own, status lists by the general one; any level is read.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use std::borrow::Cow;

mod pack;
#[cfg(test)]
mod tests;
mod unpack;

/// The most that a code may inflate to.
pub(crate) const MAX_INFLATED_BYTES: usize = 64 * 1024;

/// Deflate with a 32 KiB window, fastest level, no dictionary.
const HEADER: [u8; 2] = [0x78, 0x01];
const STORED_LAST: u8 = 0x01;
/// The level of [`deflate`].
const CLOSE: u8 = 9;
const ADLER_BYTES: usize = 4;

/// Why there are no contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The first two bytes are no zlib header.
    NotZlib,
    /// Damaged, cut short, followed by something, or too large.
    Damaged,
}

/// Wraps `contents` in one block of fixed codes. Meant for short ones: repeats are looked for where they last began alike, nowhere else.
pub(crate) fn wrap(contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len() + contents.len() / 8 + HEADER.len() + ADLER_BYTES + 2);
    out.extend_from_slice(&HEADER);
    pack::deflate(contents, &mut out);
    out.extend_from_slice(&adler32(contents).to_be_bytes());
    out
}

/// Packs `contents` as closely as it goes: for what is written seldom and read often.
pub(crate) fn deflate(contents: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(contents, CLOSE)
}

/// The contents of exactly one zlib stream of a code.
pub(crate) fn unwrap(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    unwrap_at_most(bytes, MAX_INFLATED_BYTES)
}

/// The contents of exactly one zlib stream, at most `bytes_max` of them.
///
/// A first stored block and a single block of fixed codes must have their unused bits zero: deflate ignores them, but a code has one
/// spelling.
pub(crate) fn unwrap_at_most(bytes: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, Fault> {
    let &[cmf, flg, ref body @ ..] = bytes else { return Err(Fault::NotZlib) };
    let preset_dictionary = flg & 0x20 != 0;
    let checked = u16::from_be_bytes([cmf, flg]).is_multiple_of(31);
    if cmf & 0x0f != 8 || cmf >> 4 > 7 || preset_dictionary || !checked {
        return Err(Fault::NotZlib);
    }
    let &[block, ..] = body else { return Err(Fault::Damaged) };
    if block & 0b111 == unpack::LAST_FIXED {
        return fixed_contents(body, bytes_max).map(Cow::Owned);
    }
    let stored = block & 0b110 == 0;
    if stored && block & !STORED_LAST != 0 {
        return Err(Fault::Damaged);
    }
    if block == STORED_LAST {
        stored_contents(body, bytes_max).map(Cow::Borrowed)
    } else {
        inflate(bytes, bytes_max).map(Cow::Owned)
    }
}

fn fixed_contents(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, Fault> {
    let (block, sum) = body.split_last_chunk::<ADLER_BYTES>().ok_or(Fault::Damaged)?;
    let contents = unpack::inflate(block, bytes_max).ok_or(Fault::Damaged)?;
    if *sum == adler32(&contents).to_be_bytes() { Ok(contents) } else { Err(Fault::Damaged) }
}

fn stored_contents(body: &[u8], bytes_max: usize) -> Result<&[u8], Fault> {
    let &[_, l0, l1, n0, n1, ref rest @ ..] = body else { return Err(Fault::Damaged) };
    let length = u16::from_le_bytes([l0, l1]);
    let complement = u16::from_le_bytes([n0, n1]);
    let Some((contents, sum)) = rest.split_at_checked(usize::from(length)) else {
        return Err(Fault::Damaged);
    };
    if contents.len() > bytes_max || complement != !length || sum != adler32(contents).to_be_bytes() {
        return Err(Fault::Damaged);
    }
    Ok(contents)
}

fn inflate(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, Fault> {
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let mut out = vec![0; bytes_max];
    let (status, read, written) = decompress(&mut state, bytes, &mut out, 0, flags);
    if status != TINFLStatus::Done || read != bytes.len() {
        return Err(Fault::Damaged);
    }
    out.truncate(written);
    Ok(out)
}

/// RFC 1950, section 8.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    /// The most bytes whose sums fit 32 bits before a reduction.
    const RUN_BYTES: usize = 5_552;
    let (mut a, mut b) = (1, 0);
    for run in bytes.chunks(RUN_BYTES) {
        for byte in run {
            a += u32::from(*byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}
