//! The keys that a running process shares.

use crate::secrets::Secrets;
use arc_swap::ArcSwap;
use identity::trust::{Purpose, State, TrustList};
use identity::{SigningKey, trust::TrustedKey};
use prometheus::{IntGauge, Registry};
use schemas::Kid;
use std::fmt;
use std::sync::Arc;

/// The signing keys and the trust list. Look-ups take no lock; a change replaces the whole at once, so that whoever sees a new kid
/// also finds its key.
pub struct KeyRing {
    held: ArcSwap<Held>,
    trust_list_version: IntGauge,
    keys: IntGauge,
    active_not_after: IntGauge,
}

struct Held {
    /// By which key is signed what names an identity key, the active one first: nearly every look-up ends at it.
    identity: Vec<(Kid, Arc<SigningKey>)>,
    status: Arc<SigningKey>,
    presentation: Arc<SigningKey>,
    root_public: [u8; 32],
    trust_list: Arc<TrustList>,
    trust_list_bytes: Arc<[u8]>,
    held: usize,
    info: Vec<KeyInfo>,
}

/// What `keys list` shows of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// Its name.
    pub kid: Kid,
    /// As the trust list has it, or will have it.
    pub trusted: TrustedKey,
    /// Whether it signs what is new.
    pub state: KeyState,
}

/// Whether a key signs what is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It does.
    Active,
    /// It will, when its turn comes.
    StandsBy,
    /// Not here: an agency's own.
    Elsewhere,
    /// It signs only what the log names it for, in a replay.
    Retired,
    /// It signs nothing, and nothing that it signed holds.
    Revoked,
    /// Not on the list in force, but on the one that waits for the root key.
    Requested,
}

impl KeyState {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::StandsBy => "stands_by",
            Self::Elsewhere => "elsewhere",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::Requested => "requested",
        }
    }
}

impl KeyRing {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        let gauge = |name, help| IntGauge::new(name, help).expect("the name is one of a metric");
        let ring = Self {
            held: ArcSwap::from_pointee(Held::of(secrets)),
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
        self.keys.set(i64::try_from(held.held).unwrap_or(i64::MAX));
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

    /// The key that signs what names this identity key: the key itself, a retired one too, so that a replay signs the same bytes; in
    /// place of a revoked or lost one the successor that the trust list names. `None` pauses the partition.
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

    /// The key that signs status lists now.
    #[must_use]
    pub fn status_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.held.load().status)
    }

    /// The key that signs presentation codes now.
    #[must_use]
    pub fn presentation_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.held.load().presentation)
    }

    /// The trust list as signed by the root key: the same bytes until the next change, also after a restart.
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
    pub fn root_public(&self) -> [u8; 32] {
        self.held.load().root_public
    }

    /// All keys of the trust list and of the one that waits: those held here in the order of their turns, then those of others.
    #[must_use]
    pub fn list(&self) -> Vec<KeyInfo> {
        self.held.load().info.clone()
    }
}

impl Held {
    fn of(secrets: &Secrets) -> Self {
        let Secrets { list, keys, .. } = secrets;
        let active = |purpose| {
            let active = Secrets::active(keys, list, purpose);
            &active.expect("a list that leaves nothing to sign with is never held").signing
        };
        let shared = |key: &SigningKey| Arc::new(key.clone());
        Self {
            identity: identity_keys(secrets, active(Purpose::Identity)),
            status: shared(active(Purpose::Status)),
            presentation: shared(active(Purpose::Presentation)),
            root_public: secrets.root_public,
            trust_list: Arc::new(list.clone()),
            trust_list_bytes: secrets.signed.as_slice().into(),
            held: keys.len(),
            info: info(secrets),
        }
    }
}

fn identity_keys(secrets: &Secrets, active: &SigningKey) -> Vec<(Kid, Arc<SigningKey>)> {
    let private = |kid: [u8; 8]| secrets.keys.iter().map(|key| &key.signing).find(|key| key.kid() == kid);
    let mut signers = vec![(Kid(active.kid()), Arc::new(active.clone()))];
    for key in secrets.list.keys.iter().filter(|key| key.purpose == Purpose::Identity) {
        let own = if key.is_revoked() { None } else { private(key.kid) };
        let successor = || private(secrets.list.successor(key.kid)?.kid);
        if let Some(signer) = own.or_else(successor).filter(|_| key.kid != active.kid()) {
            signers.push((Kid(key.kid), Arc::new(signer.clone())));
        }
    }
    signers
}

fn info(secrets: &Secrets) -> Vec<KeyInfo> {
    let Secrets { list, keys, request, .. } = secrets;
    let next = request.as_ref().map(|request| &request.list);
    let state = |key: &TrustedKey| match key.withdrawn.map(|withdrawn| withdrawn.state) {
        _ if list.key(key.kid).is_none() => KeyState::Requested,
        Some(State::Retired) => KeyState::Retired,
        Some(State::Revoked) => KeyState::Revoked,
        None => match Secrets::waiting(keys, list, key.purpose).position(|k| k.kid().0 == key.kid) {
            Some(0) => KeyState::Active,
            Some(_) => KeyState::StandsBy,
            None => KeyState::Elsewhere,
        },
    };
    let ours = keys.iter().map(|key| key.kid().0);
    let mut kids: Vec<_> = ours.collect();
    let listed = list.keys.iter().chain(next.into_iter().flat_map(|next| &next.keys));
    for key in listed {
        if !kids.contains(&key.kid) {
            kids.push(key.kid);
        }
    }
    let trusted = |kid| list.key(kid).or_else(|| next?.key(kid));
    let shown = kids.into_iter().filter_map(|kid| {
        let trusted = trusted(kid)?;
        Some(KeyInfo { kid: Kid(kid), trusted: trusted.clone(), state: state(trusted) })
    });
    shown.collect()
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.held.load().identity.iter().map(|(kid, _)| *kid).collect();
        f.debug_struct("KeyRing").field("identity", &kids).finish_non_exhaustive()
    }
}
