//! All lists of a city in one signed message.

use super::entries::{BITS, Entries};
use super::{
    Asked, EXPIRES_AT, ISSUED_AT, ListId, Status, StatusError, TTL, Validity, field, index_in_block,
    malformed, map, signed, validity,
};
use crate::cbor::Writer;
use crate::claims::StatusReference;
use crate::cose;
use crate::trust::TrustedKey;
use crate::verdict::KnownStatus;
use crate::{SigningKey, TrustList};
use ciborium::Value;
use std::collections::BTreeMap;

const TYPE: &str = "application/vnd.congdanso.status-bundle+cbor";

const BASE_URI: u64 = 1;
const LISTS: u64 = 2;

/// All lists of a city.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusBundle {
    /// The address under which the lists are, without a `/` at its end.
    pub base_uri: String,
    /// From when it is.
    pub validity: Validity,
    /// Lists with something that is not valid.
    pub lists: BTreeMap<ListId, Entries>,
}

/// A list as it goes into a bundle: [`Entries::short`] of its entries, some of which are not valid.
#[derive(Clone, Copy, Debug)]
pub struct PackedList<'a> {
    /// Which list.
    pub id: ListId,
    /// Its entries.
    pub short: &'a [u8],
}

impl StatusBundle {
    /// The most bytes that [`Self::open`] looks at.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

    /// The most lists of one bundle.
    pub const MAX_LISTS: usize = 4_096;

    /// The most bytes that all its lists inflate to: 256 million codes.
    pub const MAX_INFLATED_BYTES: usize = 64 * 1024 * 1024;

    /// The bundle as COSE_Sign1 over CBOR. The same bytes for the same lists.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let packed: Vec<_> = self
            .lists
            .iter()
            .filter(|(_, entries)| !entries.is_all_valid())
            .map(|(id, entries)| (*id, entries.short()))
            .collect();
        let lists: Vec<_> = packed.iter().map(|(id, short)| PackedList { id: *id, short }).collect();
        Self::sign_packed(&self.base_uri, self.validity, &lists, key)
    }

    /// The same of lists that are packed already, so that only those that changed are packed again. `lists` rise by their id.
    #[must_use]
    pub fn sign_packed(
        base_uri: &str,
        validity: Validity,
        lists: &[PackedList<'_>],
        key: &SigningKey,
    ) -> Vec<u8> {
        debug_assert!(lists.is_sorted_by(|a, b| a.id < b.id), "lists rise");
        cose::sign(&encode(base_uri, validity, lists), Some(TYPE), key)
    }

    /// Reads a bundle and checks it against the keys of the trust list. Whether it is too old is said when a status is asked for.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn open(bytes: &[u8], trust: &TrustList) -> Result<Self, StatusError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(malformed("larger than 16 MiB"));
        }
        let (payload, by) = signed(bytes, TYPE, trust)?;
        Self::read(&payload, by)
    }

    /// Reads what this key signed.
    pub(crate) fn read(payload: &[u8], by: &TrustedKey) -> Result<Self, StatusError> {
        let map = map(payload)?;
        let validity = validity(&map, by)?;
        let (base_uri, packed) = parts(&map).ok_or(malformed("fields missing or of a wrong type"))?;
        if encode(base_uri, validity, &packed) != payload {
            return Err(malformed("unknown fields, or not in deterministic form"));
        }
        if packed.len() > Self::MAX_LISTS {
            return Err(malformed("more than 4,096 lists"));
        }
        if !packed.is_sorted_by(|a, b| a.id < b.id) {
            return Err(malformed("lists not sorted, or named twice"));
        }
        let mut lists = BTreeMap::new();
        let mut inflated = 0;
        for list in packed {
            let (entries, _) =
                Entries::read(BITS, list.short).ok_or(malformed("lst is damaged, or larger than a block"))?;
            inflated += entries.bytes();
            if inflated > Self::MAX_INFLATED_BYTES {
                return Err(malformed("lists of more than 64 MiB"));
            }
            if entries.is_all_valid() {
                return Err(malformed("a list of which all entries are valid"));
            }
            lists.insert(list.id, entries);
        }
        Ok(Self { base_uri: base_uri.to_owned(), validity, lists })
    }

    /// What it says of the code with this reference: a code that is not spoken of is valid. Of a reference that is none of the city's
    /// (see [`ListId::of_uri`]) nothing.
    #[must_use]
    pub fn known(&self, reference: &StatusReference, asked: Asked) -> KnownStatus {
        let (Some(id), Some(index)) = (ListId::of_uri(&reference.uri), index_in_block(reference)) else {
            return KnownStatus::Unknown;
        };
        let status = self.lists.get(&id).map_or(Status::Valid, |entries| entries.get(index));
        self.validity.known(status, asked)
    }

    /// Whether a holder of this bundle may replace it by `newer`: it was not signed before it. Anything else is a rollback.
    #[must_use]
    pub const fn accepts(&self, newer: &Self) -> bool {
        newer.validity.issued_at >= self.validity.issued_at
    }
}

fn encode(base_uri: &str, validity: Validity, lists: &[PackedList<'_>]) -> Vec<u8> {
    let bytes: usize = lists.iter().map(|list| list.short.len() + 16).sum();
    let mut out = Vec::with_capacity(base_uri.len() + bytes + 64);
    let mut cbor = Writer(&mut out);
    cbor.map(5).unsigned(BASE_URI).text(base_uri);
    cbor.unsigned(LISTS).array(lists.len());
    for list in lists {
        cbor.array(4).unsigned(u64::from(list.id.epoch)).unsigned(u64::from(list.id.partition));
        cbor.unsigned(list.id.block).bytes(list.short);
    }
    cbor.unsigned(EXPIRES_AT).integer(validity.expires_at);
    cbor.unsigned(ISSUED_AT).integer(validity.issued_at);
    cbor.unsigned(TTL).unsigned(u64::from(validity.ttl_seconds));
    out
}

fn parts(map: &[(Value, Value)]) -> Option<(&str, Vec<PackedList<'_>>)> {
    let base_uri = field(map, BASE_URI)?.as_text()?;
    let lists = field(map, LISTS)?.as_array()?;
    Some((base_uri, lists.iter().map(packed).collect::<Option<_>>()?))
}

fn packed(value: &Value) -> Option<PackedList<'_>> {
    let [epoch, partition, block, Value::Bytes(short)] = value.as_array()?.as_slice() else { return None };
    let id = ListId {
        epoch: epoch.as_integer()?.try_into().ok()?,
        partition: partition.as_integer()?.try_into().ok()?,
        block: block.as_integer()?.try_into().ok()?,
    };
    Some(PackedList { id, short })
}
