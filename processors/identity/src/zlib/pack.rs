//! Deflate (RFC 1951) for a few hundred bytes: one block of fixed codes, repeats found by their first three bytes.
//!
//! The general compressor takes longer to set its state up than to sign. Stored blocks take no time, but a token has repeats that are
//! worth a twentieth of it, and the JavaScript library that most verifiers of claim 169 stand on reads no stored blocks.

/// The shortest and the longest repeat, and how far back it may lie, in bytes.
const REPEAT_BYTES_MIN: usize = 3;
const REPEAT_BYTES_MAX: usize = 258;
const DISTANCE_BYTES_MAX: usize = 32_768;
/// Beyond it a repeat of three bytes takes more bits than three literals.
const DISTANCE_BYTES_MAX_OF_SHORTEST: usize = 4_096;

pub(super) const END_OF_BLOCK: u16 = 256;
pub(super) const FIRST_LENGTH: u16 = 257;

/// Base and extra bits of the codes for lengths, from [`FIRST_LENGTH`] on (RFC 1951, section 3.2.5).
pub(super) const LENGTHS: [(u16, u8); 29] = ranges(3, 4, 258);
/// The same of distances.
pub(super) const DISTANCES: [(u16, u8); 30] = ranges(1, 2, 0);

/// Codes from `first` on: the first `2 * each` have no extra bits, then every `each` codes have one more. A `last` has none again.
const fn ranges<const N: usize>(first: u16, each: usize, last: u16) -> [(u16, u8); N] {
    let mut codes = [(0, 0); N];
    let (mut at, mut base) = (0, first);
    while at < N {
        let extra = if at < 2 * each { 0 } else { (at / each - 1) as u8 };
        codes[at] = (base, extra);
        base = base.wrapping_add(1 << extra);
        at += 1;
    }
    if last > 0 {
        codes[N - 1] = (last, 0);
    }
    codes
}

/// Appends one block that ends the stream.
pub(super) fn deflate(contents: &[u8], out: &mut Vec<u8>) {
    let mut bits = Bits { out, held: 0, count: 0 };
    bits.push(super::unpack::LAST_FIXED.into(), 3);
    let mut latest = [0_u32; 1 << HASH_BITS];
    let mut at = 0;
    while at < contents.len() {
        let (distance, length) = repeat(contents, at, &mut latest);
        if length == 0 {
            bits.symbol(u16::from(contents[at]));
            at += 1;
            continue;
        }
        bits.repeat(distance, length);
        for passed in at + 1..at + length {
            remember(contents, passed, &mut latest);
        }
        at += length;
    }
    bits.symbol(END_OF_BLOCK);
    bits.flush();
}

const HASH_BITS: u32 = 9;

/// Notes where the three bytes at `at` stand, and says where they stood last, counted from 1.
fn remember(contents: &[u8], at: usize, latest: &mut [u32; 1 << HASH_BITS]) -> usize {
    let Some(&[a, b, c]) = contents.get(at..at + REPEAT_BYTES_MIN).and_then(|three| three.first_chunk())
    else {
        return 0;
    };
    let hash = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS);
    std::mem::replace(&mut latest[hash as usize], at as u32 + 1) as usize
}

/// The distance back to what stands at `at` too, and for how long; a length of 0 when there is nothing.
fn repeat(contents: &[u8], at: usize, latest: &mut [u32; 1 << HASH_BITS]) -> (usize, usize) {
    let stood = remember(contents, at, latest);
    if stood == 0 {
        return (0, 0);
    }
    let (from, distance) = (stood - 1, at - (stood - 1));
    let pairs = contents[from..].iter().zip(&contents[at..]).take(REPEAT_BYTES_MAX);
    let length = pairs.take_while(|(a, b)| a == b).count();
    let worth = match length {
        ..REPEAT_BYTES_MIN => false,
        REPEAT_BYTES_MIN => distance <= DISTANCE_BYTES_MAX_OF_SHORTEST,
        _ => distance <= DISTANCE_BYTES_MAX,
    };
    if worth { (distance, length) } else { (0, 0) }
}

/// Bits, lowest first.
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn push(&mut self, bits: u16, count: u32) {
        self.held |= u64::from(bits) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A code stands highest bit first.
    fn code(&mut self, code: u16, count: u32) {
        self.push(code.reverse_bits() >> (16 - count), count);
    }

    fn symbol(&mut self, symbol: u16) {
        let (code, count) = symbol_code(symbol);
        self.code(code, count);
    }

    fn repeat(&mut self, distance: usize, length: usize) {
        let (code, extra, count) = coded(&LENGTHS, length);
        self.symbol(FIRST_LENGTH + code);
        self.push(extra, count);
        let (code, extra, count) = coded(&DISTANCES, distance);
        self.code(code, 5);
        self.push(extra, count);
    }

    fn flush(&mut self) {
        if self.count > 0 {
            self.out.push(self.held as u8);
        }
    }
}

/// The fixed code of a symbol and its bits (RFC 1951, section 3.2.6).
pub(super) const fn symbol_code(symbol: u16) -> (u16, u32) {
    match symbol {
        0..=143 => (0x30 + symbol, 8),
        144..=255 => (0x190 + symbol - 144, 9),
        256..=279 => (symbol - 256, 7),
        _ => (0xc0 + symbol - 280, 8),
    }
}

/// The code of a value, and what is added to its base in how many bits.
fn coded(codes: &[(u16, u8)], value: usize) -> (u16, u16, u32) {
    let code = codes.partition_point(|(base, _)| usize::from(*base) <= value) - 1;
    let (base, extra) = codes[code];
    (code as u16, value as u16 - base, u32::from(extra))
}
