//! The entries of one list: packed bits.

use super::{BLOCK_ENTRIES, Status};
use crate::zlib;

/// Bits of an entry in what is written here.
pub(super) const BITS: u8 = 2;
/// Bytes of all entries of a list in what is written here.
const BLOCK_BYTES: usize = BLOCK_ENTRIES as usize * BITS as usize / 8;

/// Statuses of the codes of one list. What lies behind the last one that was set is valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries {
    /// 1, 2, 4 or 8.
    bits: u8,
    /// Entry `i` in byte `i * bits / 8`, from its lowest bits up; the last byte is not zero.
    packed: Vec<u8>,
}

impl Default for Entries {
    fn default() -> Self {
        Self { bits: BITS, packed: Vec::new() }
    }
}

impl Entries {
    /// The status at this index.
    #[must_use]
    pub fn get(&self, index: u64) -> Status {
        let (byte, shift) = self.place(index);
        let held = usize::try_from(byte).ok().and_then(|byte| self.packed.get(byte)).copied();
        Status::of_number(held.unwrap_or_default() >> shift & self.mask())
    }

    /// Sets the status at this index; whether it was another before.
    ///
    /// # Panics
    /// When `index` is not below [`BLOCK_ENTRIES`].
    pub fn set(&mut self, index: u64, status: Status) -> bool {
        assert!(index < BLOCK_ENTRIES, "an index is within its block");
        if self.get(index) == status {
            return false;
        }
        let (byte, shift) = self.place(index);
        let byte = usize::try_from(byte).expect("below the bytes of a block");
        if byte >= self.packed.len() {
            self.packed.resize(byte + 1, 0);
        }
        let cleared = self.packed[byte] & !(self.mask() << shift);
        self.packed[byte] = cleared | status.number() << shift;
        self.trim();
        true
    }

    /// Whether nothing was taken back.
    #[must_use]
    pub fn is_all_valid(&self) -> bool {
        self.packed.is_empty()
    }

    /// How many entries are not valid.
    #[must_use]
    pub fn taken_back(&self) -> usize {
        let per_byte = 8 / self.bits;
        let of = |byte: &u8| (0..per_byte).filter(|i| byte >> (i * self.bits) & self.mask() != 0).count();
        self.packed.iter().map(of).sum()
    }

    /// `lst` of a list: all entries of the block.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        let mut packed = self.packed.clone();
        packed.resize(BLOCK_BYTES.max(packed.len()), 0);
        zlib::deflate(&packed)
    }

    /// `lst` of a bundle: up to the last entry that is not valid.
    #[must_use]
    pub fn short(&self) -> Vec<u8> {
        zlib::deflate(&self.packed)
    }

    /// Reads `lst`, and how many entries it speaks of. `None` when it is no zlib stream, inflates to more than a block has, or has
    /// another number of bits than 1, 2, 4 or 8.
    pub(super) fn read(bits: u8, lst: &[u8]) -> Option<(Self, u64)> {
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return None;
        }
        let bytes_max = usize::try_from(BLOCK_ENTRIES).ok()? * usize::from(bits) / 8;
        let packed = zlib::unwrap_at_most(lst, bytes_max).ok()?.into_owned();
        let spoken_of = packed.len() as u64 * 8 / u64::from(bits);
        let mut entries = Self { bits, packed };
        entries.trim();
        // A bundle has many lists: each keeps what it needs, not the room of a whole block.
        entries.packed.shrink_to_fit();
        Some((entries, spoken_of))
    }

    fn place(&self, index: u64) -> (u64, u8) {
        let per_byte = u64::from(8 / self.bits);
        (index / per_byte, (index % per_byte) as u8 * self.bits)
    }

    const fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }

    fn trim(&mut self) {
        let end = self.packed.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.packed.truncate(end);
    }

    /// Bytes that it takes in memory, about.
    pub(super) const fn bytes(&self) -> usize {
        self.packed.len()
    }
}

#[cfg(test)]
mod tests;
