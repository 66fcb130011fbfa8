//! Keys whose bytes sort as [`domain::Key`] sorts, and of which leading parts are leading bytes.
//!
//! A table's code, then part by part: a UUID as its 16 bytes; text with a closing NUL (it holds none); an integer as the
//! number of its bytes and then these, most significant first; bytes with NUL written `00 ff` and closed by `00 01`.

use super::Bytes;
use domain::{Key, KeyPart, Table, row::KeyType};
use uuid::Uuid;

/// The longest key, in bytes; the store cannot hold longer ones.
pub const KEY_BYTES_MAX: usize = 60_000;

const NUL: u8 = 0;
const ESCAPED: u8 = 0xff;
const CLOSED: u8 = 0x01;

/// A key that no row can have. A bug of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the parts that the table's definition says.
    #[error("a key of {table} has parts that its definition does not have")]
    Shape {
        /// The table.
        table: Table,
    },
    /// Text with a NUL in it.
    #[error("a key of {table} has text with a NUL")]
    Nul {
        /// The table.
        table: Table,
    },
    /// Longer than [`KEY_BYTES_MAX`].
    #[error("a key of {table} is longer than {KEY_BYTES_MAX} bytes")]
    TooLong {
        /// The table.
        table: Table,
    },
}

/// Appends the bytes of a key, or of its leading parts.
///
/// # Errors
/// See [`KeyError`].
pub fn encode_key(to: &mut Vec<u8>, table: Table, key: &Key) -> Result<(), KeyError> {
    let columns = table.def().key;
    if key.0.len() > columns.len() {
        return Err(KeyError::Shape { table });
    }
    let start = to.len();
    to.push(table as u8);
    for (part, (_, kind)) in key.0.iter().zip(columns) {
        match (part, kind) {
            (KeyPart::Uuid(id), KeyType::Uuid) => to.extend_from_slice(id.as_bytes()),
            (KeyPart::Text(text), KeyType::Text) => {
                if text.as_bytes().contains(&NUL) {
                    return Err(KeyError::Nul { table });
                }
                to.extend_from_slice(text.as_bytes());
                to.push(NUL);
            }
            (KeyPart::Int(value), KeyType::Int) => {
                let leading = value.leading_zeros() as usize / 8;
                to.push(8 - leading as u8);
                to.extend_from_slice(&value.to_be_bytes()[leading..]);
            }
            (KeyPart::Bytes(bytes), KeyType::Bytes) => put_escaped(to, bytes),
            _ => return Err(KeyError::Shape { table }),
        }
    }
    if to.len() - start > KEY_BYTES_MAX {
        return Err(KeyError::TooLong { table });
    }
    Ok(())
}

fn put_escaped(to: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        to.push(*byte);
        if *byte == NUL {
            to.push(ESCAPED);
        }
    }
    to.extend_from_slice(&[NUL, CLOSED]);
}

/// The table and whole key of these bytes; `None` when they are not a key.
#[must_use]
pub fn decode_key(bytes: &[u8]) -> Option<(Table, Key)> {
    let mut bytes = Bytes(bytes);
    let table = Table::of_code(bytes.byte()?)?;
    let mut parts = Vec::with_capacity(table.def().key.len());
    for (_, kind) in table.def().key {
        parts.push(match kind {
            KeyType::Uuid => KeyPart::Uuid(Uuid::from_bytes(bytes.array()?)),
            KeyType::Text => {
                let len = bytes.0.iter().position(|b| *b == NUL)?;
                let text = std::str::from_utf8(bytes.take(len)?).ok()?.to_owned();
                bytes.byte()?;
                KeyPart::Text(text)
            }
            KeyType::Int => {
                let len = usize::from(bytes.byte()?);
                let digits = bytes.take(len)?;
                if len > 8 || digits.first() == Some(&0) {
                    return None;
                }
                KeyPart::Int(digits.iter().fold(0, |value, digit| value << 8 | u64::from(*digit)))
            }
            KeyType::Bytes => KeyPart::Bytes(take_escaped(&mut bytes)?),
        });
    }
    bytes.0.is_empty().then_some((table, Key(parts)))
}

fn take_escaped(bytes: &mut Bytes<'_>) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    loop {
        match bytes.byte()? {
            NUL => match bytes.byte()? {
                ESCAPED => plain.push(NUL),
                CLOSED => return Some(plain),
                _ => return None,
            },
            byte => plain.push(byte),
        }
    }
}

/// The least bytes that lie past everything beginning with `prefix`; `None` when nothing does.
#[must_use]
pub fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b != 0xff)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(kind: KeyType) -> BoxedStrategy<KeyPart> {
        match kind {
            KeyType::Uuid => any::<u128>().prop_map(|n| KeyPart::Uuid(Uuid::from_u128(n))).boxed(),
            KeyType::Text => "[^\0]{0,6}".prop_map(KeyPart::Text).boxed(),
            KeyType::Int => prop_oneof![any::<u64>(), 0..300_u64].prop_map(KeyPart::Int).boxed(),
            KeyType::Bytes => {
                prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..6)
                    .prop_map(KeyPart::Bytes)
                    .boxed()
            }
        }
    }

    fn key(table: Table) -> BoxedStrategy<Key> {
        table.def().key.iter().map(|(_, kind)| part(*kind)).collect::<Vec<_>>().prop_map(Key).boxed()
    }

    fn two_keys() -> impl Strategy<Value = (Table, Key, Key)> {
        prop::sample::select(domain::rows::ALL.to_vec())
            .prop_flat_map(|def| (Just(def.table), key(def.table), key(def.table)))
    }

    fn bytes_of(table: Table, key: &Key) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_key(&mut bytes, table, key).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn keys_are_read_back_and_sort_as_their_bytes((table, a, b) in two_keys()) {
            let (a_bytes, b_bytes) = (bytes_of(table, &a), bytes_of(table, &b));
            prop_assert_eq!(a.cmp(&b), a_bytes.cmp(&b_bytes));
            prop_assert_eq!(decode_key(&a_bytes), Some((table, a.clone())));
            for parts in 0..a.0.len() {
                let prefix = bytes_of(table, &Key(a.0[..parts].to_vec()));
                prop_assert!(a_bytes.starts_with(&prefix));
                prop_assert!(successor(&prefix).is_none_or(|past| a_bytes < past));
            }
        }

        #[test]
        fn any_bytes_decode_to_a_key_of_these_bytes_or_to_nothing(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some((table, key)) = decode_key(&bytes) {
                prop_assert_eq!(bytes_of(table, &key), bytes);
            }
        }
    }

    #[test]
    fn keys_that_no_row_can_have_are_refused() {
        let encode = |table, parts| encode_key(&mut Vec::new(), table, &Key(parts));
        let table = Table::Documents;
        let id = KeyPart::Uuid(Uuid::nil());
        assert_eq!(encode(table, vec![KeyPart::Int(1)]), Err(KeyError::Shape { table }));
        assert_eq!(encode(table, vec![id.clone(), id.clone()]), Err(KeyError::Shape { table }));
        assert_eq!(
            encode(table, vec![id.clone(), KeyPart::Text("a\0".into())]),
            Err(KeyError::Nul { table })
        );
        let long = KeyPart::Text("x".repeat(KEY_BYTES_MAX));
        assert_eq!(encode(table, vec![id.clone(), long]), Err(KeyError::TooLong { table }));
        assert_eq!(
            encode(Table::Accounts, vec![id.clone(), id]),
            Err(KeyError::Shape { table: Table::Accounts })
        );
    }
}
