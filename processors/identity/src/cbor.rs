//! CBOR (RFC 8949): a writer of the core deterministic form, and a reader with limits.
//!
//! The writer exists because a token is written for every registration; what it writes is held against `ciborium` in tests. Reading
//! is `ciborium`'s.

use ciborium::Value;

#[cfg(test)]
mod tests;

/// How deep arrays, maps and tags may nest in what is read.
pub(crate) const MAX_DEPTH: usize = 16;

/// Writes shortest heads and definite lengths (RFC 8949, section 4.2.1). The order of map keys is the caller's.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        let bytes = value.to_be_bytes();
        match value {
            0..=23 => self.0.push(major | bytes[7]),
            24..=0xff => self.0.extend_from_slice(&[major | 24, bytes[7]]),
            0x100..=0xffff => self.0.extend_from_slice(&[major | 25, bytes[6], bytes[7]]),
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend_from_slice(&bytes[4..]);
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend_from_slice(&bytes);
            }
        }
        self
    }

    pub(crate) fn unsigned(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    pub(crate) fn integer(&mut self, value: i64) -> &mut Self {
        // The argument of a negative integer n is -1 - n, which is its complement.
        if value < 0 { self.head(1, !value as u64) } else { self.head(0, value as u64) }
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    pub(crate) fn array(&mut self, items: usize) -> &mut Self {
        self.head(4, items as u64)
    }

    pub(crate) fn map(&mut self, pairs: usize) -> &mut Self {
        self.head(5, pairs as u64)
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(6, tag)
    }
}

/// Reads exactly one item: `None` for anything malformed, nested deeper than [`MAX_DEPTH`], or followed by more bytes.
///
/// Memory stays within a small multiple of `bytes`, which callers bound.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Value> {
    let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, MAX_DEPTH).ok()?;
    bytes.is_empty().then_some(value)
}
