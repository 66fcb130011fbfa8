//! The other way round: one last block of fixed codes, which is what [`super::wrap`] writes.
//!
//! The general reader would do. This one sets nothing up, and sees the bits behind the block: a code has one spelling.

use super::pack::{DISTANCES, END_OF_BLOCK, FIRST_LENGTH, LENGTHS, symbol_code};

/// The three bits that begin the last block of fixed codes.
pub(super) const LAST_FIXED: u8 = 0b011;

const BLOCK_HEAD_BITS: u32 = 3;
const SYMBOL_BITS_MAX: u32 = 9;
const SYMBOLS: u16 = 288;

/// For the next nine bits, lowest first: the symbol and how many of them it takes.
const TABLE: [(u16, u8); 1 << SYMBOL_BITS_MAX] = {
    let mut table = [(0, 0); 1 << SYMBOL_BITS_MAX];
    let mut symbol = 0;
    while symbol < SYMBOLS {
        let (code, bits) = symbol_code(symbol);
        let mut at = (code.reverse_bits() >> (16 - bits)) as usize;
        while at < table.len() {
            table[at] = (symbol, bits as u8);
            at += 1 << bits;
        }
        symbol += 1;
    }
    table
};

/// The contents of a block that takes all of `block`; `None` when it does not, is damaged, has more than `bytes_max` of them, or is
/// followed by a bit that is not zero.
pub(super) fn inflate(block: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes_max.min(block.len() * 2));
    let mut bits = Bits { rest: block, held: 0, count: 0 };
    bits.take(BLOCK_HEAD_BITS)?;
    loop {
        let symbol = bits.symbol()?;
        if let Ok(literal) = u8::try_from(symbol) {
            out.push(literal);
        } else if symbol == END_OF_BLOCK {
            break;
        } else {
            let length = bits.value(&LENGTHS, symbol - FIRST_LENGTH)?;
            let code = (bits.take(5)? as u16).reverse_bits() >> 11;
            let distance = bits.value(&DISTANCES, code)?;
            let from = out.len().checked_sub(distance)?;
            if out.len() + length > bytes_max {
                return None;
            }
            // A repeat may reach into itself.
            (from..from + length).for_each(|at| out.push(out[at]));
        }
        if out.len() > bytes_max {
            return None;
        }
    }
    let nothing_follows = bits.rest.is_empty() && bits.count < 8 && bits.held == 0;
    nothing_follows.then_some(out)
}

struct Bits<'a> {
    rest: &'a [u8],
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self, wanted: u32) {
        while self.count < wanted
            && let [next, rest @ ..] = self.rest
        {
            self.held |= u64::from(*next) << self.count;
            self.count += 8;
            self.rest = rest;
        }
    }

    fn drop(&mut self, taken: u32) -> Option<()> {
        self.count = self.count.checked_sub(taken)?;
        self.held >>= taken;
        Some(())
    }

    fn take(&mut self, wanted: u32) -> Option<u32> {
        self.fill(wanted);
        let bits = self.held as u32 & ((1 << wanted) - 1);
        self.drop(wanted)?;
        Some(bits)
    }

    fn symbol(&mut self) -> Option<u16> {
        self.fill(SYMBOL_BITS_MAX);
        let (symbol, taken) = TABLE[self.held as usize & (TABLE.len() - 1)];
        self.drop(taken.into())?;
        Some(symbol)
    }

    /// Base of the code and the extra bits behind it.
    fn value(&mut self, codes: &[(u16, u8)], code: u16) -> Option<usize> {
        let (base, extra) = *codes.get(usize::from(code))?;
        Some(usize::from(base) + self.take(extra.into())? as usize)
    }
}
