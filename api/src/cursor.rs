//! Opaque cursors: where a listing goes on.
//!
//! Base64url of a version, a table, the parts of the key that the listing does not fix, and a checksum that covers the listing, whose
//! it is and its filters too: a cursor of another listing, or one that was changed, is refused. It guards against mistakes; rights are
//! checked on every page.

use crate::limits::CURSOR_CHARS_MAX;
use access::{Code, Problem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::row::KeyType;
use domain::{Key, KeyPart, Table};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 8;

/// Where a listing goes on: after this key of this table.
pub type Position = (Table, Key);

/// Writes a position of the listing that `binding` names. The first `fixed` parts of the key are left out.
pub fn encode(binding: &str, fixed: usize, position: &Position) -> String {
    let (table, key) = position;
    let mut bytes = vec![VERSION, *table as u8];
    for part in &key.0[fixed..] {
        match part {
            KeyPart::Uuid(id) => bytes.extend_from_slice(id.as_bytes()),
            KeyPart::Text(text) => put_framed(&mut bytes, text.as_bytes()),
            KeyPart::Int(number) => bytes.extend_from_slice(&number.to_be_bytes()),
            KeyPart::Bytes(raw) => put_framed(&mut bytes, raw),
        }
    }
    bytes.extend_from_slice(&checksum(binding, &bytes));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of the listing that `binding` names, whose rows all begin with `prefix`.
///
/// # Errors
/// `invalid_cursor`.
pub fn decode(binding: &str, prefix: &Key, tables: &[Table], text: &str) -> Result<Position, Problem> {
    read(binding, prefix, text)
        .filter(|(table, _)| tables.contains(table))
        .ok_or_else(|| Problem::new(Code::InvalidCursor))
}

fn read(binding: &str, prefix: &Key, text: &str) -> Option<Position> {
    if text.len() > CURSOR_CHARS_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (payload, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
    if checksum(binding, payload) != sum {
        return None;
    }
    let [VERSION, code, rest @ ..] = payload else { return None };
    let table = Table::of_code(*code)?;
    let mut rest = rest;
    let mut key = prefix.clone();
    for (_, kind) in table.def().key.get(prefix.0.len()..)? {
        let part = match kind {
            KeyType::Uuid => KeyPart::Uuid(Uuid::from_slice(take(&mut rest, 16)?).ok()?),
            KeyType::Int => KeyPart::Int(u64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?)),
            KeyType::Text => KeyPart::Text(String::from_utf8(take_framed(&mut rest)?.to_vec()).ok()?),
            KeyType::Bytes => KeyPart::Bytes(take_framed(&mut rest)?.to_vec()),
        };
        key.0.push(part);
    }
    rest.is_empty().then_some((table, key))
}

fn checksum(binding: &str, payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hash = Sha256::new();
    hash.update((binding.len() as u64).to_be_bytes());
    hash.update(binding);
    hash.update(payload);
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hash.finalize()[..CHECKSUM_BYTES]);
    sum
}

fn put_framed(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u16::try_from(part.len()).expect("parts of keys are at most a few hundred bytes");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn take_framed<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_be_bytes(take(rest, 2)?.try_into().ok()?);
    take(rest, usize::from(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::row::InKey;
    use schemas::{CitizenId, EventId, Stream};

    fn citizen() -> CitizenId {
        CitizenId(Uuid::from_u128(0x77))
    }

    fn position() -> Position {
        let event = EventId(Uuid::from_u128(5));
        let parts = vec![citizen().to_part(), Stream::Documents.to_part(), event.to_part()];
        (Table::History, Key(parts))
    }

    fn read_back(binding: &str, tables: &[Table], text: &str) -> Option<Position> {
        decode(binding, &Key(vec![citizen().to_part()]), tables, text).ok()
    }

    #[test]
    fn a_position_is_read_back_under_its_own_binding_alone() {
        let text = encode("history a", 1, &position());
        assert_eq!(read_back("history a", &[Table::History], &text), Some(position()));
        assert_eq!(read_back("history b", &[Table::History], &text), None);
        assert_eq!(read_back("history a", &[Table::Bills], &text), None);
    }

    #[test]
    fn any_changed_character_is_refused() {
        let text = encode("history a", 1, &position());
        for at in 0..text.len() {
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(read_back("history a", &[Table::History], &changed), None, "at {at}");
        }
        for wrong in ["", "A", "%%%", &text[..text.len() - 1], &"A".repeat(CURSOR_CHARS_MAX + 1)] {
            assert_eq!(read_back("history a", &[Table::History], wrong), None);
        }
    }
}
