//! The keys that a running process shares.

use crate::secrets::Secrets;
use arc_swap::ArcSwap;
use identity::trust::{Purpose, TrustList};
use identity::{SigningKey, trust::TrustedKey};
use prometheus::{IntGauge, Registry};
use schemas::Kid;
use std::fmt;
use std::sync::Arc;

/// The signing keys and the trust list. Look-ups take no lock; a rotation replaces the whole at once, so that whoever sees a new kid
/// also finds its key.
pub struct KeyRing {
    held: ArcSwap<Held>,
    root_public: [u8; 32],
    trust_list_version: IntGauge,
    keys: IntGauge,
    active_not_after: IntGauge,
}

struct Held {
    /// Identity keys, the newest, which is the active one, first: nearly every look-up ends at it.
    identity: Vec<(Kid, Arc<SigningKey>)>,
    status: Arc<SigningKey>,
    trust_list: Arc<TrustList>,
    trust_list_bytes: Arc<[u8]>,
    info: Vec<KeyInfo>,
}

/// What `keys list` shows of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// Its name.
    pub kid: Kid,
    /// Kid, public key, purpose, and from when to when it may have issued, in seconds since 1970.
    pub trusted: TrustedKey,
    /// Whether it signs what is new.
    pub state: KeyState,
}

/// Whether a key signs what is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It does.
    Active,
    /// It signs only what the log names it for, in a replay.
    Retired,
}

impl KeyRing {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        let gauge = |name, help| IntGauge::new(name, help).expect("the name is one of a metric");
        let ring = Self {
            held: ArcSwap::from_pointee(Held::of(secrets)),
            root_public: SigningKey::from_seed(&secrets.root.0).public(),
            trust_list_version: gauge("congdanso_keys_trust_list_version", "Version of the trust list"),
            keys: gauge("congdanso_keys_held", "Signing keys held, retired ones too"),
            active_not_after: gauge(
                "congdanso_keys_active_not_after_seconds",
                "When the active identity key may issue no more, in seconds since 1970",
            ),
        };
        ring.show();
        ring
    }

    pub(crate) fn replace(&self, secrets: &Secrets) {
        self.held.store(Arc::new(Held::of(secrets)));
        self.show();
    }

    fn show(&self) {
        let held = self.held.load();
        self.trust_list_version.set(i64::try_from(held.trust_list.version).unwrap_or(i64::MAX));
        self.keys.set(i64::try_from(held.info.len()).unwrap_or(i64::MAX));
        let active = held.trust_list.key(held.identity[0].0.0);
        self.active_not_after.set(active.map_or(0, |key| key.not_after));
    }

    /// Registers `congdanso_keys_trust_list_version`, `congdanso_keys_held` and `congdanso_keys_active_not_after_seconds`.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        for gauge in [&self.trust_list_version, &self.keys, &self.active_not_after] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }

    /// The identity key of this name, retired ones too: a replay signs the same bytes. `None` pauses the partition.
    #[must_use]
    pub fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>> {
        let held = self.held.load();
        held.identity.iter().find(|(name, _)| *name == kid).map(|(_, key)| Arc::clone(key))
    }

    /// The identity key that the gateway stamps into events now.
    #[must_use]
    pub fn active(&self) -> Kid {
        self.held.load().identity[0].0
    }

    /// All identity keys, the active one first.
    #[must_use]
    pub fn kids(&self) -> Vec<Kid> {
        self.held.load().identity.iter().map(|(kid, _)| *kid).collect()
    }

    /// The key that signs status lists now.
    #[must_use]
    pub fn status_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.held.load().status)
    }

    /// The trust list as signed by the root key: the same bytes until the next rotation, also after a restart.
    #[must_use]
    pub fn trust_list_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.held.load().trust_list_bytes)
    }

    /// The trust list.
    #[must_use]
    pub fn trust_list(&self) -> Arc<TrustList> {
        Arc::clone(&self.held.load().trust_list)
    }

    /// The public half of the root key, which verifiers pin. It never changes.
    #[must_use]
    pub const fn root_public(&self) -> [u8; 32] {
        self.root_public
    }

    /// All keys in the order they were made.
    #[must_use]
    pub fn list(&self) -> Vec<KeyInfo> {
        self.held.load().info.clone()
    }
}

impl Held {
    fn of(secrets: &Secrets) -> Self {
        let trust_list = secrets.trust_list();
        let bytes = trust_list.sign(&SigningKey::from_seed(&secrets.root.0));
        let newest = |purpose: Purpose| secrets.keys.iter().rposition(|key| key.purpose == purpose);
        let active = [newest(Purpose::Identity), newest(Purpose::Status)];
        let mut identity = Vec::new();
        let mut info = Vec::new();
        for (i, key) in secrets.keys.iter().enumerate() {
            let signing = key.signing_key();
            let kid = Kid(signing.kid());
            let trusted = trust_list.key(kid.0).expect("the list was made of these keys").clone();
            let state = if active.contains(&Some(i)) { KeyState::Active } else { KeyState::Retired };
            info.push(KeyInfo { kid, trusted, state });
            if key.purpose == Purpose::Identity {
                identity.insert(0, (kid, Arc::new(signing)));
            }
        }
        let status =
            newest(Purpose::Status).expect("a document without a status key is refused when it is read");
        let status = Arc::new(secrets.keys[status].signing_key());
        Self { identity, status, trust_list: Arc::new(trust_list), trust_list_bytes: bytes.into(), info }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("kids", &self.kids()).finish_non_exhaustive()
    }
}
