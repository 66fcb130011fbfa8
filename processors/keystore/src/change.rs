//! Changes of the trust list: what an operator asks for, and the list that it makes. Nothing here touches a disk.

use crate::error::{ChangeError, KeystoreError};
use crate::secrets::{Secrets, StoredKey};
use identity::TrustList;
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use schemas::Kid;

/// How long a key may issue that is not withdrawn before, in seconds: ten years.
pub(crate) const KEY_LIFETIME_SECONDS: i64 = 10 * 365 * 86_400;

/// How far the clocks of gateways may be apart from ours, in seconds: a new key holds so much earlier, and a retired one so much longer.
/// Twice the five minutes that a gateway's guard allows.
pub const CLOCK_SLACK_SECONDS: i64 = 600;

/// What is to become of the trust list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A new key, made here. It stands by until its turn comes, unless there is none of its purpose that signs.
    Issue {
        /// Not papers: an agency's private key is made and kept by the agency.
        purpose: Purpose,
    },
    /// An agency's key for the papers that it signs.
    Admit {
        /// Ed25519 public key.
        public: [u8; 32],
        /// The agency.
        holder: String,
    },
    /// The active key of a purpose is retired, and the next in turn signs: the one that stands by, or a new one.
    Rotate {
        /// Of which purpose.
        purpose: Purpose,
    },
    /// What this key issued until now keeps holding; it issues no more.
    Retire {
        /// Which key.
        kid: Kid,
        /// Why.
        reason: Reason,
    },
    /// Nothing that this key signed holds any more. Where it has signed, a successor signs instead, in replays too: the one it was
    /// superseded by, or a new one, which then is the next in turn.
    Revoke {
        /// Which key.
        kid: Kid,
        /// Why.
        reason: Reason,
    },
}

/// What a change makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// The list as it is to be, unsigned where [`Changed::is_in_force`] is not set.
    pub list: TrustList,
    /// The key that was made or admitted; of a plan, one that will never be.
    pub made: Option<Kid>,
    /// The key that was withdrawn.
    pub withdrawn: Option<Kid>,
    /// Whether the list is signed and in force. Otherwise it waits for the root key.
    pub is_in_force: bool,
}

/// A key of ours as it enters the list.
pub(crate) fn listed(key: &StoredKey, purpose: Purpose, now: i64) -> TrustedKey {
    let (from, to) = (now.saturating_sub(CLOCK_SLACK_SECONDS), now.saturating_add(KEY_LIFETIME_SECONDS));
    TrustedKey::new(key.signing.public(), purpose, from, to)
}

/// A list and its private keys while they are changed.
pub(crate) struct Draft {
    list: TrustList,
    keys: Vec<StoredKey>,
    now: i64,
    made: Option<Kid>,
    withdrawn: Option<Kid>,
}

impl Draft {
    /// Makes the change; gives what it does and the private keys after it. The list's version is one above that in force.
    pub(crate) fn of(
        secrets: &Secrets,
        change: &Change,
        now: i64,
    ) -> Result<(Changed, Vec<StoredKey>), ChangeError> {
        let base = secrets.request.as_ref().map_or(&secrets.list, |request| &request.list);
        let keys = secrets.keys.clone();
        let mut draft = Self { list: base.clone(), keys, now, made: None, withdrawn: None };
        match change {
            Change::Issue { purpose: Purpose::Papers } => return Err(ChangeError::PapersOfTheirHolder),
            Change::Issue { purpose } => drop(draft.issue(*purpose, draft.keys.len())?),
            Change::Admit { public, holder } => draft.admit(*public, holder)?,
            Change::Rotate { purpose } => draft.rotate(*purpose)?,
            Change::Retire { kid, reason } => draft.retire(*kid, *reason)?,
            Change::Revoke { kid, reason } => draft.revoke(*kid, *reason)?,
        }
        draft.finish(&secrets.list)
    }

    fn finish(mut self, in_force: &TrustList) -> Result<(Changed, Vec<StoredKey>), ChangeError> {
        self.list = next_version(self.list, in_force, self.now);
        // Everything that a reader of the list would refuse.
        let list = TrustList::read_unsigned(&self.list.to_unsigned())
            .map_err(|error| ChangeError::Invalid { reason: error.to_string() })?;
        if let Some(purpose) = Secrets::unsigned_for(&self.keys, &list) {
            return Err(ChangeError::NothingSigns { purpose });
        }
        let Self { made, withdrawn, .. } = self;
        Ok((Changed { list, made, withdrawn, is_in_force: false }, self.keys))
    }

    /// A new key whose turn is at this place.
    fn issue(&mut self, purpose: Purpose, turn: usize) -> Result<Kid, ChangeError> {
        let key = StoredKey::generate()?;
        let kid = key.kid();
        self.enter(listed(&key, purpose, self.now))?;
        self.keys.insert(turn, key);
        Ok(kid)
    }

    fn enter(&mut self, key: TrustedKey) -> Result<(), ChangeError> {
        if self.list.keys.len() >= TrustList::MAX_KEYS {
            return Err(ChangeError::TooManyKeys { max: TrustList::MAX_KEYS });
        }
        self.made = Some(Kid(key.kid));
        self.list.keys.push(key);
        Ok(())
    }

    fn admit(&mut self, public: [u8; 32], holder: &str) -> Result<(), ChangeError> {
        let to = self.now.saturating_add(KEY_LIFETIME_SECONDS);
        let key = TrustedKey {
            holder: Some(holder.to_owned()),
            ..TrustedKey::new(public, Purpose::Papers, self.now.saturating_sub(CLOCK_SLACK_SECONDS), to)
        };
        if self.list.key(key.kid).is_some() {
            return Err(ChangeError::Listed { kid: Kid(key.kid) });
        }
        self.enter(key)
    }

    /// The kids that may sign for this purpose, in the order of their turns.
    fn turns(&self, purpose: Purpose) -> Vec<Kid> {
        Secrets::waiting(&self.keys, &self.list, purpose).map(StoredKey::kid).collect()
    }

    fn rotate(&mut self, purpose: Purpose) -> Result<(), ChangeError> {
        let turns = self.turns(purpose);
        let Some(old) = turns.first().copied() else { return Err(ChangeError::NothingSigns { purpose }) };
        let next = match turns.get(1) {
            Some(standing_by) => *standing_by,
            None => self.issue(purpose, self.keys.len())?,
        };
        self.withdraw(old, State::Retired, Reason::Superseded, Some(next))
    }

    fn retire(&mut self, kid: Kid, reason: Reason) -> Result<(), ChangeError> {
        let key = self.key(kid)?;
        if let Some(Withdrawal { state, .. }) = key.withdrawn {
            return Err(ChangeError::Withdrawn { kid, state: state.code() });
        }
        let turns = self.turns(key.purpose);
        // Who signs next follows the one that signs; one that stands by has signed nothing that would need a follower.
        let next = if turns.first() == Some(&kid) { turns.get(1).copied() } else { None };
        self.withdraw(kid, State::Retired, reason, next)
    }

    fn revoke(&mut self, kid: Kid, reason: Reason) -> Result<(), ChangeError> {
        let key = self.key(kid)?;
        if key.is_revoked() {
            return Err(ChangeError::Withdrawn { kid, state: State::Revoked.code() });
        }
        let (purpose, not_before, is_retired) = (key.purpose, key.not_before, key.withdrawn.is_some());
        let turns = self.turns(purpose);
        let is_active = turns.first() == Some(&kid);
        let follower = match self.list.successor(kid.0).map(|key| Kid(key.kid)) {
            Some(follower) => Some(follower),
            // Whoever had this key may have had those that stand by: a new one takes its turn.
            None if is_active => {
                let turn = self.keys.iter().position(|k| k.kid() == kid).unwrap_or(self.keys.len());
                Some(self.issue(purpose, turn + 1)?)
            }
            None if is_retired => turns.first().copied(),
            None => None,
        };
        if let Some(follower) = follower.and_then(|f| self.list.keys.iter_mut().find(|key| key.kid == f.0)) {
            // A replay signs with it what was issued in the days of the key that it follows.
            follower.not_before = follower.not_before.min(not_before);
        }
        self.withdraw(kid, State::Revoked, reason, follower)
    }

    fn key(&self, kid: Kid) -> Result<&TrustedKey, ChangeError> {
        self.list.key(kid.0).ok_or(ChangeError::UnknownKey { kid })
    }

    fn withdraw(
        &mut self,
        kid: Kid,
        state: State,
        reason: Reason,
        successor: Option<Kid>,
    ) -> Result<(), ChangeError> {
        let now = self.now;
        let key = self.list.keys.iter_mut().find(|key| key.kid == kid.0);
        let key = key.ok_or(ChangeError::UnknownKey { kid })?;
        let at = match state {
            // Whatever the clock says, what was issued in its first moment holds.
            State::Retired => now.saturating_add(CLOCK_SLACK_SECONDS).max(key.not_before),
            State::Revoked => now,
        };
        key.withdrawn = Some(Withdrawal { state, at, reason });
        key.successor = successor.map(|kid| kid.0).or(key.successor);
        self.withdrawn = Some(kid);
        Ok(())
    }
}

/// The list as what follows the one in force.
pub(crate) fn next_version(list: TrustList, in_force: &TrustList, now: i64) -> TrustList {
    TrustList { version: in_force.version.saturating_add(1), issued_at: in_force.issued_at.max(now), ..list }
}

impl From<KeystoreError> for ChangeError {
    fn from(error: KeystoreError) -> Self {
        Self::Keystore(error)
    }
}
