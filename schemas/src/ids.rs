//! Identifiers. Each is a newtype, so that a citizen is never mistaken for an event.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// The opaque id of a person: 128 bits of a keyed hash of the personal number, shaped as a UUID (version 8).
///
/// The same person has the same id in every topic; without the city's pepper it cannot be turned back into a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CitizenId(pub Uuid);

/// The id of an event: a UUID (version 8) from SHA-256 of its sender and the sender's own reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl CitizenId {
    /// The record key of everything about this person: 36 bytes of lower-case UUID text.
    #[must_use]
    pub fn record_key(self) -> [u8; 36] {
        let mut key = [0; 36];
        self.0.hyphenated().encode_lower(&mut key);
        key
    }
}

impl EventId {
    /// The id of the event that `sender` calls `reference`. The two are framed by length, so that no two pairs share an id.
    #[must_use]
    pub fn of(sender: &str, reference: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update((sender.len() as u64).to_be_bytes());
        hash.update(sender);
        hash.update(reference);
        Self(uuid_v8(&hash.finalize().into()))
    }

    /// The id of the event that follows from this one under `role` (an event that must be appended under a second id).
    #[must_use]
    pub fn derived(self, role: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        hash.update(role);
        Self(uuid_v8(&hash.finalize().into()))
    }
}

/// The first 128 bits of a digest as a UUID of version 8 (RFC 9562, section 5.8).
#[must_use]
pub fn uuid_v8(digest: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Reads the lower- or upper-case hexadecimal form; `None` when the length or a digit is wrong.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).ok()?;
                Some(Self(bytes))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { s.serialize_bytes(&self.0) }
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct V;
                impl serde::de::Visitor<'_> for V {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} bytes, or their hexadecimal form", $len)
                    }
                    fn visit_bytes<E: serde::de::Error>(self, v: &[u8]) -> Result<$name, E> {
                        v.try_into().map($name).map_err(|_| E::invalid_length(v.len(), &self))
                    }
                    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<$name, E> {
                        $name::from_hex(v).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(v), &self))
                    }
                }
                if d.is_human_readable() { d.deserialize_str(V) } else { d.deserialize_bytes(V) }
            }
        }
    };
}

bytes_id!(
    /// Names a signing key: the first 8 bytes of SHA-256 of its public key.
    Kid, 8
);
bytes_id!(
    /// Names an immutable rule set: the first 8 bytes of SHA-256 of its canonical text.
    RulesId, 8
);
bytes_id!(
    /// The first 16 bytes of SHA-256 of what the sender sent, without stamps.
    BodyHash, 16
);
bytes_id!(
    /// A phone under the city's pepper: 128 bits of HMAC-SHA-256 of the E.164 form.
    PhoneKey, 16
);

macro_rules! show_uuid {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
show_uuid!(CitizenId EventId);
