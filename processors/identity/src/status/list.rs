//! One list, in the form of the draft.

use super::entries::{BITS, Entries};
use super::{
    Asked, EXPIRES_AT, ISSUED_AT, StatusError, TTL, Validity, field, index_in_block, malformed, map, signed,
    validity,
};
use crate::cbor::Writer;
use crate::claims::StatusReference;
use crate::cose;
use crate::trust::TrustedKey;
use crate::verdict::KnownStatus;
use crate::{SigningKey, TrustList};
use ciborium::Value;

const TYPE: &str = "application/statuslist+cwt";

const SUBJECT: u64 = 2;
const STATUS_LIST: u64 = 65_533;
const LIST: &str = "lst";
const BITS_NAME: &str = "bits";

/// A list whose signature was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusList {
    /// `sub`: its address, as the codes say it.
    pub uri: String,
    /// From when it is.
    pub validity: Validity,
    /// The statuses.
    pub entries: Entries,
    /// Of how many codes, from the first on, it says something.
    pub spoken_of: u64,
}

impl StatusList {
    /// The most bytes that [`Self::open`] looks at.
    pub const MAX_BYTES: usize = 512 * 1024;

    /// A list as COSE_Sign1 over CBOR. `whole` is [`Entries::whole`] of its entries. The same bytes for the same arguments.
    #[must_use]
    pub fn sign(uri: &str, validity: Validity, whole: &[u8], key: &SigningKey) -> Vec<u8> {
        cose::sign(&encode(uri, validity, BITS, whole), Some(TYPE), key)
    }

    /// Reads the list of this address and checks it against the keys of the trust list. Whether it is too old is said when a status is
    /// asked for.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn open(bytes: &[u8], uri: &str, trust: &TrustList) -> Result<Self, StatusError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(malformed("larger than 512 KiB"));
        }
        let (payload, by) = signed(bytes, TYPE, trust)?;
        Self::read(&payload, uri, by)
    }

    /// Reads what this key signed.
    pub(crate) fn read(payload: &[u8], uri: &str, by: &TrustedKey) -> Result<Self, StatusError> {
        let map = map(payload)?;
        let validity = validity(&map, by)?;
        let (subject, bits, lst) = parts(&map).ok_or(malformed("fields missing or of a wrong type"))?;
        if encode(subject, validity, bits, lst) != payload {
            return Err(malformed("unknown fields, or not in deterministic form"));
        }
        if subject != uri {
            return Err(StatusError::OtherSubject);
        }
        let (entries, spoken_of) =
            Entries::read(bits, lst).ok_or(malformed("lst is damaged, or larger than a block"))?;
        Ok(Self { uri: subject.to_owned(), validity, entries, spoken_of })
    }

    /// What it says of the code with this reference. Of a code of another list, or of one that lies behind its end, nothing.
    #[must_use]
    pub fn known(&self, reference: &StatusReference, asked: Asked) -> KnownStatus {
        let index = index_in_block(reference).filter(|index| *index < self.spoken_of);
        match index {
            Some(index) if reference.uri == self.uri => self.validity.known(self.entries.get(index), asked),
            _ => KnownStatus::Unknown,
        }
    }
}

fn encode(uri: &str, validity: Validity, bits: u8, lst: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(uri.len() + lst.len() + 64);
    let mut cbor = Writer(&mut out);
    cbor.map(5).unsigned(SUBJECT).text(uri);
    cbor.unsigned(EXPIRES_AT).integer(validity.expires_at);
    cbor.unsigned(ISSUED_AT).integer(validity.issued_at);
    cbor.unsigned(STATUS_LIST).map(2);
    cbor.text(LIST).bytes(lst).text(BITS_NAME).unsigned(u64::from(bits));
    cbor.unsigned(TTL).unsigned(u64::from(validity.ttl_seconds));
    out
}

fn parts(map: &[(Value, Value)]) -> Option<(&str, u8, &[u8])> {
    let subject = field(map, SUBJECT)?.as_text()?;
    let list = field(map, STATUS_LIST)?.as_map()?;
    let named = |name: &str| list.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    let bits = named(BITS_NAME)?.as_integer()?.try_into().ok()?;
    Some((subject, bits, named(LIST)?.as_bytes()?))
}
