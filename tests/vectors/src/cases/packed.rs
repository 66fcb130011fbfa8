//! Messages packed in ways that no compressor would choose (RFC 1951), and in ways that none may.

use super::{valid, vector};
use crate::Vector;
use crate::build::*;

pub(super) fn cases() -> Vec<Vector> {
    let message = message(1_234);
    let (first, second) = message.split_at(100);
    let damaged = |name: &str, packed: Vec<u8>| vector(name, text(&packed), "bad_encoding");
    let packed = |blocks: &[(&[u8], Kind)]| Deflate::of(blocks).wrapped(&message);
    let good = |name: &str, blocks: &[(&[u8], Kind)]| valid(name, text(&packed(blocks)));
    let one = packed(&[(&message, Kind::Fixed)]);
    let sum = one.len() - SUM_BYTES;
    let mut cases = vec![
        good("one block of fixed codes, without repeats", &[(&message, Kind::Fixed)]),
        good("two stored blocks", &[(first, Kind::Stored), (second, Kind::Stored)]),
        good("two blocks of fixed codes", &[(first, Kind::Fixed), (second, Kind::Fixed)]),
        good("a stored block and one of fixed codes", &[(first, Kind::Stored), (second, Kind::Fixed)]),
        good("a block of fixed codes and a stored one", &[(first, Kind::Fixed), (second, Kind::Stored)]),
        good("an empty stored block before the others", &[(&[], Kind::Stored), (&message, Kind::Fixed)]),
        good(
            "an empty block of fixed codes behind the others",
            &[(&message, Kind::Fixed), (&[], Kind::Fixed)],
        ),
        damaged(
            "a byte between a block of fixed codes and the sum",
            [&one[..sum], &[0], &one[sum..]].concat(),
        ),
        damaged("a byte behind a block of fixed codes and its sum", [&one[..], &[0]].concat()),
        damaged(
            "a block behind the last one",
            [&one[..sum], &[0x01, 0, 0, 0xff, 0xff], &one[sum..]].concat(),
        ),
        damaged("a block of fixed codes without its sum", one[..sum].to_vec()),
        damaged("a block of fixed codes under another sum", [&one[..sum], &[0; SUM_BYTES]].concat()),
        damaged("no last block", {
            let mut open = Deflate::default();
            open.block(&message, Kind::Fixed, false);
            open.wrapped(&message)
        }),
    ];
    cases.extend(behind_the_end());
    cases.extend(codes_of_nothing(&message));
    cases
}

const SUM_BYTES: usize = 4;
const END_OF_BLOCK: (u32, u32) = (0, 7);

fn message(index: u64) -> Vec<u8> {
    let person = identity::Claims { status: reference(index), ..person() };
    Message::signed(&bytes(&payload(&person)), &key(seed::IDENTITY)).tagged()
}

/// The unused bits behind a block of fixed codes.
fn behind_the_end() -> Vec<Vector> {
    let has_room = |message: &Vec<u8>| Deflate::of(&[(message, Kind::Fixed)]).unused() > 1;
    let message = (0..).map(message).find(has_room).expect("lengths differ in bits");
    let deflate = Deflate::of(&[(&message, Kind::Fixed)]);
    let unused = deflate.unused();
    let wrapped = deflate.wrapped(&message);
    let last = wrapped.len() - SUM_BYTES - 1;
    let set = |name: &str, bits: u8| {
        let mut respelt = wrapped.clone();
        respelt[last] |= bits;
        vector(name, text(&respelt), "bad_encoding")
    };
    vec![
        set("the last bit behind a block of fixed codes that is not zero", 0x80),
        set("the first bit behind a block of fixed codes that is not zero", 1 << (8 - unused)),
    ]
}

/// Codes of a block that stand for nothing, and repeats of nothing.
fn codes_of_nothing(message: &[u8]) -> Vec<Vector> {
    let with = |name: &str, codes: &[(u32, u32)]| {
        let mut deflate = Deflate::default();
        deflate.head(Kind::Fixed, true);
        message.iter().for_each(|byte| deflate.literal(*byte));
        codes.iter().chain([&END_OF_BLOCK]).for_each(|(code, bits)| deflate.code(*code, *bits));
        vector(name, text(&deflate.wrapped(message)), "bad_encoding")
    };
    let mut early = Deflate::default();
    early.head(Kind::Fixed, true);
    // A repeat of three bytes from one byte back, before there is any.
    [(1, 7), (0, 5)].iter().for_each(|(code, bits)| early.code(*code, *bits));
    message.iter().for_each(|byte| early.literal(*byte));
    early.code(END_OF_BLOCK.0, END_OF_BLOCK.1);
    vec![
        vector("a repeat from before the beginning", text(&early.wrapped(message)), "bad_encoding"),
        with("a length that no code has", &[(0b1100_0110, 8), (0, 5)]),
        with("a distance that no code has", &[(1, 7), (30, 5)]),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stored,
    /// Fixed codes, literals alone.
    Fixed,
}

/// A stream that is written bit by bit, the lowest of a byte first.
#[derive(Default)]
struct Deflate {
    out: Vec<u8>,
    bits: usize,
}

impl Deflate {
    /// These blocks, the last of which ends the stream.
    fn of(blocks: &[(&[u8], Kind)]) -> Self {
        let mut deflate = Self::default();
        for (at, (contents, kind)) in blocks.iter().enumerate() {
            deflate.block(contents, *kind, at + 1 == blocks.len());
        }
        deflate
    }

    fn block(&mut self, contents: &[u8], kind: Kind, is_last: bool) {
        self.head(kind, is_last);
        if kind == Kind::Fixed {
            contents.iter().for_each(|byte| self.literal(*byte));
            return self.code(END_OF_BLOCK.0, END_OF_BLOCK.1);
        }
        let length = u16::try_from(contents.len()).expect("a stored block is short");
        self.bits = self.out.len() * 8;
        for part in [&length.to_le_bytes()[..], &(!length).to_le_bytes(), contents] {
            self.out.extend_from_slice(part);
        }
        self.bits = self.out.len() * 8;
    }

    fn head(&mut self, kind: Kind, is_last: bool) {
        self.bit(is_last);
        self.bit(kind == Kind::Fixed);
        self.bit(false);
    }

    fn literal(&mut self, byte: u8) {
        match u32::from(byte) {
            low @ ..144 => self.code(0x30 + low, 8),
            high => self.code(0x190 + high - 144, 9),
        }
    }

    /// The highest bit of a code comes first.
    fn code(&mut self, code: u32, bits: u32) {
        (0..bits).rev().for_each(|bit| self.bit(code >> bit & 1 == 1));
    }

    fn bit(&mut self, bit: bool) {
        if self.bits == self.out.len() * 8 {
            self.out.push(0);
        }
        let last = self.out.len() - 1;
        self.out[last] |= u8::from(bit) << (self.bits % 8);
        self.bits += 1;
    }

    /// Bits of the last byte that say nothing.
    fn unused(&self) -> usize {
        self.out.len() * 8 - self.bits
    }

    /// Between the header and the sum of what it stands for.
    fn wrapped(self, contents: &[u8]) -> Vec<u8> {
        let stored = stored(contents);
        [&stored[..2], &self.out, &stored[stored.len() - SUM_BYTES..]].concat()
    }
}
