//! The personal part of an event, which can be lost while the rest is kept.

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The part of an event that says who a person is: readable, or sealed under a key that can be destroyed.
///
/// Both branches are in the schema from version 1 on, because an old reader refuses a branch that is added later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal<T> {
    /// Readable.
    Plain(T),
    /// Sealed.
    Sealed(Sealed),
}

/// A sealed personal part: the bytes of the readable one, encrypted and authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Names the sealing key.
    #[serde(with = "octets")]
    pub key_id: [u8; 16],
    /// Nonce.
    #[serde(with = "octets")]
    pub nonce: [u8; 12],
    /// Ciphertext with its tag.
    #[serde(with = "octets")]
    pub data: Vec<u8>,
}

impl<T> Personal<T> {
    /// The readable part; `None` when it is sealed.
    pub const fn plain(&self) -> Option<&T> {
        match self {
            Self::Plain(t) => Some(t),
            Self::Sealed(_) => None,
        }
    }

    /// The readable part, to be changed; `None` when it is sealed.
    pub const fn plain_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Plain(t) => Some(t),
            Self::Sealed(_) => None,
        }
    }
}

/// The union as Avro has it: the order of the branches is part of the schema.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Personal")]
enum Branches<T, S> {
    Plain(T),
    Sealed(S),
}

impl<T: Serialize> Serialize for Personal<T> {
    /// In text the readable part stands alone and a sealed one is `{"sealed": ..}`; in bytes this is a union.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(t) if serializer.is_human_readable() => t.serialize(serializer),
            Self::Sealed(sealed) if serializer.is_human_readable() => {
                serializer.collect_map([("sealed", sealed)])
            }
            Self::Plain(t) => Branches::<&T, &Sealed>::Plain(t).serialize(serializer),
            Self::Sealed(sealed) => Branches::<&T, &Sealed>::Sealed(sealed).serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    /// In text only the readable part is read: nobody submits a sealed one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return T::deserialize(deserializer).map(Self::Plain);
        }
        Ok(match Branches::<T, Sealed>::deserialize(deserializer)? {
            Branches::Plain(t) => Self::Plain(t),
            Branches::Sealed(sealed) => Self::Sealed(sealed),
        })
    }
}

/// Bytes as bytes; hexadecimal when written as text, never read from text.
mod octets {
    use super::{Deserializer, OctetsVisitor, Serializer, de};

    pub fn serialize<T: AsRef<[u8]>, S: Serializer>(bytes: &T, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&hex::encode(bytes))
        } else {
            serializer.serialize_bytes(bytes.as_ref())
        }
    }

    pub fn deserialize<'de, T: TryFrom<Vec<u8>>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
        if d.is_human_readable() {
            return Err(de::Error::custom("a sealed part is not read from text"));
        }
        let bytes = d.deserialize_byte_buf(OctetsVisitor)?;
        T::try_from(bytes).map_err(|_| de::Error::custom("wrong number of bytes in a sealed part"))
    }
}

struct OctetsVisitor;

impl Visitor<'_> for OctetsVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}
