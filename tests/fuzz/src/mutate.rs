//! Mutations, as fuzzers make them, drawn from a seed.

use crate::INPUT_BYTES_MAX;
use rand::{Rng, RngExt};

/// Bytes at which readers of lengths and heads change their mind.
const EDGES: [u8; 16] =
    [0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x3b, 0x5f, 0x7f, 0x80, 0x9f, 0xbf, 0xdb, 0xff];

/// The most changes made to one input.
const CHANGES_MAX: u32 = 6;

/// One input out of another: changed, cut, grown, put together with a third.
#[must_use]
pub fn mutated(input: &[u8], other: &[u8], words: &[Vec<u8>], random: &mut impl Rng) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..random.random_range(1..=CHANGES_MAX) {
        change(&mut out, other, words, random);
    }
    out.truncate(INPUT_BYTES_MAX);
    out
}

fn change(out: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], random: &mut impl Rng) {
    let at = random.random_range(0..=out.len());
    match random.random_range(0..8) {
        0 if at < out.len() => out[at] ^= 1 << random.random_range(0..8),
        1 if at < out.len() => out[at] = EDGES[random.random_range(0..EDGES.len())],
        2 if at < out.len() => out[at] = random.random(),
        3 => drop(out.drain(at..out.len().min(at + random.random_range(1..16)))),
        4 => insert(out, at, &[EDGES[random.random_range(0..EDGES.len())]]),
        5 => {
            let run = out[at..out.len().min(at + random.random_range(1..64))].to_vec();
            insert(out, at, &run);
        }
        6 if !other.is_empty() => {
            let from = random.random_range(0..other.len());
            let run = &other[from..other.len().min(from + random.random_range(1..64))];
            insert(out, at, run);
        }
        _ if !words.is_empty() => insert(out, at, &words[random.random_range(0..words.len())]),
        _ => out.truncate(at),
    }
}

fn insert(out: &mut Vec<u8>, at: usize, run: &[u8]) {
    out.splice(at..at, run.iter().copied());
}

/// The words of a dictionary: lines `"..."` with `\xHH`, `\\` and `\"`.
///
/// # Panics
/// When a line is none.
#[must_use]
pub fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let lines = dictionary.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| word(line).unwrap_or_else(|| panic!("no word of a dictionary: {line}"))).collect()
}

fn word(line: &str) -> Option<Vec<u8>> {
    let (_, rest) = line.split_once('"')?;
    let mut rest = rest.strip_suffix('"')?.as_bytes();
    let mut word = Vec::new();
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                (u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?, after)
            }
            (b'\\', [escaped @ (b'\\' | b'"'), after @ ..]) => (*escaped, after),
            (b'\\', _) => return None,
            (plain, after) => (*plain, after),
        };
        word.push(byte);
        rest = after;
    }
    Some(word)
}
