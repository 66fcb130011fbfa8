//! Sequences that cannot be made to grow without bound.

use super::SEQUENCE_ITEMS_MAX;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::{fmt, marker::PhantomData};

/// Reads a sequence of at most [`SEQUENCE_ITEMS_MAX`] items. Room is made for items that are there, not for as many as announced.
pub fn bounded<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(BoundedVisitor(PhantomData))
}

struct BoundedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for BoundedVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {SEQUENCE_ITEMS_MAX} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            if items.len() == SEQUENCE_ITEMS_MAX {
                return Err(de::Error::invalid_length(SEQUENCE_ITEMS_MAX + 1, &self));
            }
            items.push(item);
        }
        Ok(items)
    }
}
