//! CBOR (RFC 8949): a writer of the core deterministic form, and a reader with limits.
//!
//! The writer exists because a token is written for every registration, and [`Reader`] because a gate reads one after the other; tests
//! hold both against `ciborium`, which reads whatever is not in the form that is written here.

use ciborium::Value;

#[cfg(test)]
mod tests;

/// How deep arrays, maps and tags may nest in what is read.
pub(crate) const MAX_DEPTH: usize = 16;

/// Simple values (RFC 8949, section 3.3).
const FALSE: u64 = 20;
const TRUE: u64 = 21;

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

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.head(7, if value { TRUE } else { FALSE })
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(6, tag)
    }
}

/// Reads the same form again, item by item, where it is known what comes. `None` wherever something else stands there.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn head(&mut self, major: u8) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        if first >> 5 != major {
            return None;
        }
        let (value, rest) = match first & 0x1f {
            short @ 0..=23 => (u64::from(short), rest),
            long @ 24..=27 => {
                let (argument, rest) = rest.split_at_checked(1 << (long - 24))?;
                let value = argument.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
                // In the shortest form only.
                let least = [24, 0x100, 0x1_0000, 0x1_0000_0000][usize::from(long - 24)];
                (Some(value).filter(|value| *value >= least)?, rest)
            }
            _ => return None,
        };
        self.0 = rest;
        Some(value)
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.head(0)
    }

    pub(crate) fn integer(&mut self) -> Option<i64> {
        let negative = self.0.first()? >> 5 == 1;
        let argument = i64::try_from(self.head(u8::from(negative))?).ok()?;
        Some(if negative { !argument } else { argument })
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.head(2)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.head(3)?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.head(7)? {
            FALSE => Some(false),
            TRUE => Some(true),
            _ => None,
        }
    }

    pub(crate) fn map(&mut self) -> Option<u64> {
        self.head(5)
    }

    /// Passes over this integer key.
    pub(crate) fn key(&mut self, key: i64) -> Option<&mut Self> {
        (self.integer()? == key).then_some(self)
    }

    /// Passes over this integer key if it comes next.
    pub(crate) fn key_if(&mut self, key: i64) -> bool {
        let mut ahead = *self;
        let comes = ahead.key(key).is_some();
        if comes {
            *self = ahead;
        }
        comes
    }

    /// Passes over this text key.
    pub(crate) fn named(&mut self, name: &str) -> Option<&mut Self> {
        (self.text()? == name).then_some(self)
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Reads exactly one item: `None` for anything malformed, nested deeper than [`MAX_DEPTH`], or followed by more bytes.
///
/// Memory stays within a small multiple of `bytes`, which callers bound.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Value> {
    let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, MAX_DEPTH).ok()?;
    bytes.is_empty().then_some(value)
}
