//! The lists of a city, and what of them is signed.

use super::{Change, registrations};
use bytes::Bytes;
use identity::status::{BLOCK_ENTRIES, Entries, ListId, PackedList, Validity};
use identity::{SigningKey, StatusBundle, StatusList};
use projections::Checkpoint;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// All lists as they are now, and as they were signed last.
#[derive(Default)]
pub(super) struct Lists {
    entries: BTreeMap<ListId, Entries>,
    changed: BTreeSet<ListId>,
    signed: BTreeMap<ListId, Arc<Signed>>,
    bundle: Option<(Validity, Bytes)>,
    /// From when lists of which all entries are valid are.
    quiet: Option<Validity>,
    key: Option<[u8; 8]>,
    known: BTreeSet<ListId>,
}

/// A list with something that is not valid, ready to be signed.
struct Signed {
    validity: Validity,
    entries: Entries,
    /// For the bundle; empty when all of it is valid again.
    short: Vec<u8>,
    /// Signed by whoever asks for it first.
    whole: OnceLock<Bytes>,
}

/// What is published: the same until something changes. Lists are signed when they are asked for first, always to the same bytes.
pub struct Snapshot {
    base_uri: String,
    bundle: Bytes,
    validity: Validity,
    lists: BTreeMap<ListId, Arc<Signed>>,
    quiet: Validity,
    known: BTreeSet<ListId>,
    key: Arc<SigningKey>,
}

impl Lists {
    /// Takes these for all there is.
    pub(super) fn replace(&mut self, all: impl Iterator<Item = Change>) {
        let mut entries: BTreeMap<ListId, Entries> = BTreeMap::new();
        for change in all {
            entries.entry(change.id).or_default().set(change.index, change.status);
        }
        // What was published and is there no more is valid again.
        for id in self.entries.keys() {
            entries.entry(*id).or_default();
        }
        for (id, new) in &entries {
            if self.entries.get(id) != Some(new) {
                self.changed.insert(*id);
            }
        }
        self.entries = entries;
    }

    pub(super) fn apply(&mut self, change: &Change) {
        if self.entries.entry(change.id).or_default().set(change.index, change.status) {
            self.changed.insert(change.id);
        }
    }

    /// Signs what must be signed; `None` when what was signed last still stands.
    pub(super) fn sign(
        &mut self,
        base_uri: &str,
        checkpoints: &[Checkpoint],
        now: i64,
        key: &Arc<SigningKey>,
    ) -> Option<Snapshot> {
        if self.key != Some(key.kid()) {
            self.key = Some(key.kid());
            self.bundle = None;
            self.quiet = None;
            self.signed.clear();
        }
        // Never older than what was published before, whatever the clock says.
        let now = self.bundle.as_ref().map_or(now, |(validity, _)| now.max(validity.issued_at));
        let due = |validity: &Validity| validity.is_half_used(now);
        let stands = self.changed.is_empty()
            && self.bundle.as_ref().is_some_and(|(validity, _)| !due(validity))
            && self.quiet.as_ref().is_some_and(|validity| !due(validity))
            && !self.signed.values().any(|list| due(&list.validity));
        let known = lists_of(checkpoints, &self.entries);
        if stands && known == self.known {
            return None;
        }
        if !stands {
            self.sign_lists(base_uri, now, key);
        }
        self.known = known;
        let (validity, bundle) = self.bundle.clone()?;
        Some(Snapshot {
            base_uri: base_uri.to_owned(),
            bundle,
            validity,
            lists: self.signed.clone(),
            quiet: self.quiet?,
            known: self.known.clone(),
            key: Arc::clone(key),
        })
    }

    fn sign_lists(&mut self, base_uri: &str, now: i64, key: &SigningKey) {
        let fresh = Validity::from(now);
        for (id, entries) in &self.entries {
            let kept = self.signed.get(id).filter(|_| !self.changed.contains(id));
            if kept.is_some_and(|list| !list.validity.is_half_used(now)) {
                continue;
            }
            let short = match kept {
                Some(list) => list.short.clone(),
                None if entries.is_all_valid() => Vec::new(),
                None => entries.short(),
            };
            let list = Signed { validity: fresh, entries: entries.clone(), short, whole: OnceLock::new() };
            self.signed.insert(*id, Arc::new(list));
        }
        self.changed.clear();
        if self.quiet.is_none_or(|validity| validity.is_half_used(now)) {
            self.quiet = Some(fresh);
        }
        let packed: Vec<_> = self
            .signed
            .iter()
            .filter(|(_, list)| !list.short.is_empty())
            .map(|(id, list)| PackedList { id: *id, short: &list.short })
            .collect();
        self.bundle = Some((fresh, StatusBundle::sign_packed(base_uri, fresh, &packed, key).into()));
    }
}

/// Every list that a code may name: of the blocks that partitions have come to, and those with entries.
fn lists_of(checkpoints: &[Checkpoint], entries: &BTreeMap<ListId, Entries>) -> BTreeSet<ListId> {
    let blocks = checkpoints.iter().filter_map(registrations).flat_map(|(partition, (epoch, next))| {
        (0..=next / BLOCK_ENTRIES).map(move |block| ListId { epoch, partition, block })
    });
    blocks.chain(entries.keys().copied()).collect()
}

impl Snapshot {
    /// All lists in one signed message.
    #[must_use]
    pub fn bundle(&self) -> Bytes {
        self.bundle.clone()
    }

    /// From when the bundle is.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// One list, signed. `None` when no code can name it. A list of which all entries are valid is signed for whoever asks.
    #[must_use]
    pub fn list(&self, id: ListId) -> Option<Bytes> {
        let uri = id.uri(&self.base_uri);
        let sign = |validity, whole: &[u8]| StatusList::sign(&uri, validity, whole, &self.key).into();
        if let Some(list) = self.lists.get(&id) {
            return Some(list.whole.get_or_init(|| sign(list.validity, &list.entries.whole())).clone());
        }
        static ALL_VALID: OnceLock<Vec<u8>> = OnceLock::new();
        let whole = || ALL_VALID.get_or_init(|| Entries::default().whole());
        self.may_exist(id).then(|| sign(self.quiet, whole()))
    }

    /// The addresses of all lists that codes name now.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.known.iter().map(|id| id.uri(&self.base_uri)).collect()
    }

    /// How many codes are not valid.
    #[must_use]
    pub fn taken_back(&self) -> usize {
        self.lists.values().map(|list| list.entries.taken_back()).sum()
    }

    /// Whether codes may name this list: earlier epochs may have had other partitions than the one that is known.
    fn may_exist(&self, id: ListId) -> bool {
        let newest = self.known.iter().map(|known| known.epoch).max();
        self.known.contains(&id) || newest.is_some_and(|newest| id.epoch < newest)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("validity", &self.validity).finish_non_exhaustive()
    }
}
