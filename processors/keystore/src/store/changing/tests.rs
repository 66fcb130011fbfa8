use super::*;
use crate::ring::KeyState;
use crate::root::RootKey;
use crate::sealed::Cost;
use crate::sealing::Sealing;
use identity::SigningKey;
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use schemas::Kid;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const DAY: i64 = 86_400;
const NOW: i64 = 20_000 * DAY;
const LATER: i64 = NOW + 30 * DAY;
const ROTATE: Change = Change::Rotate { purpose: Purpose::Identity };

fn at(seconds: i64) -> Micros {
    Micros(seconds * 1_000_000)
}

fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let keys = parent.path().join("keys");
    (parent, keys)
}

fn open(folder: &Path) -> Keystore {
    Keystore::open_at(folder, Sealing::None, at(NOW), Cost::TEST).unwrap()
}

fn change(store: &Keystore, change: &Change) -> Changed {
    store.change(change, at(LATER)).unwrap()
}

const fn revoke(kid: Kid) -> Change {
    Change::Revoke { kid, reason: Reason::KeyCompromise }
}

const fn retire(kid: Kid) -> Change {
    Change::Retire { kid, reason: Reason::Cessation }
}

fn state(store: &Keystore, kid: Kid) -> KeyState {
    store.list().into_iter().find(|key| key.kid == kid).unwrap().state
}

fn signer(store: &Keystore, kid: Kid) -> Option<Kid> {
    store.signing_key(kid).map(|key| Kid(key.kid()))
}

fn trusted(store: &Keystore, kid: Kid) -> TrustedKey {
    store.trust_list().key(kid.0).unwrap().clone()
}

/// What a verifier that pins the root reads.
fn served(store: &Keystore) -> TrustList {
    TrustList::open(&store.trust_list_bytes(), &store.root_public()).unwrap()
}

#[test]
fn a_rotation_makes_another_key_active_and_the_old_one_signs_replays() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let (old, root) = (store.active(), store.root_public());
    let signed = store.signing_key(old).unwrap().sign(b"a code");
    let changed = change(&store, &ROTATE);
    let new = changed.made.unwrap();
    assert_eq!((changed.withdrawn, changed.is_in_force), (Some(old), true));
    for store in [&store, &open(&keys)] {
        assert_eq!((store.active(), store.root_public()), (new, root));
        assert_eq!(store.signing_key(old).unwrap().sign(b"a code"), signed);
        let list = served(store);
        assert_eq!((list.version, list.issued_at, list.keys.len()), (2, LATER, 4));
        assert_eq!(list, changed.list);
        let said = Withdrawal { state: State::Retired, at: LATER + 600, reason: Reason::Superseded };
        let was = trusted(store, old);
        assert_eq!((was.withdrawn, was.successor, was.not_before), (Some(said), Some(new.0), NOW - 600));
        assert_eq!(trusted(store, new).not_before, LATER - 600);
        assert_eq!((state(store, old), state(store, new)), (KeyState::Retired, KeyState::Active));
    }
}

#[test]
fn a_change_shows_in_a_ring_that_was_shared_before() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let ring = store.ring();
    let before = ring.trust_list();
    let registry = prometheus::Registry::new();
    ring.register(&registry).unwrap();
    let new = change(&store, &ROTATE).made.unwrap();
    assert_eq!(ring.active(), new);
    assert!(ring.signing_key(new).is_some());
    assert!(before.accepts(&ring.trust_list()) && !ring.trust_list().accepts(&before));
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for line in [
        "congdanso_keys_trust_list_version 2".to_owned(),
        "congdanso_keys_held 4".to_owned(),
        format!("congdanso_keys_active_not_after_seconds {}", LATER + 3_650 * DAY),
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}

#[test]
fn an_issued_key_stands_by_until_a_rotation_makes_it_active() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let old = store.active();
    let standing_by = change(&store, &Change::Issue { purpose: Purpose::Identity }).made.unwrap();
    assert_eq!((store.active(), state(&store, standing_by)), (old, KeyState::StandsBy));
    assert!(served(&store).key(standing_by.0).is_some(), "verifiers know it before it signs");
    let changed = change(&store, &ROTATE);
    assert_eq!((changed.made, store.active()), (None, standing_by));
    assert_eq!(trusted(&store, old).successor, Some(standing_by.0));
}

#[test]
fn a_key_of_another_purpose_is_active_as_soon_as_it_is_issued() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    for purpose in [Purpose::Receipt, Purpose::Audit] {
        let made = change(&store, &Change::Issue { purpose }).made.unwrap();
        assert_eq!((trusted(&store, made).purpose, state(&store, made)), (purpose, KeyState::Active));
    }
    let (status, presentation) = (store.ring().status_key().kid(), store.ring().presentation_key().kid());
    for purpose in [Purpose::Status, Purpose::Presentation] {
        change(&store, &Change::Rotate { purpose });
    }
    assert_ne!(store.ring().status_key().kid(), status);
    assert_ne!(store.ring().presentation_key().kid(), presentation);
}

#[test]
fn a_revoked_keys_successor_signs_what_names_it_also_from_before_its_own_days() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let (old, began) = (store.active(), trusted(&store, store.active()).not_before);
    let changed = change(&store, &revoke(old));
    let new = changed.made.unwrap();
    assert_eq!((store.active(), signer(&store, old), signer(&store, new)), (new, Some(new), Some(new)));
    assert_eq!(state(&store, old), KeyState::Revoked);
    let said = Withdrawal { state: State::Revoked, at: LATER, reason: Reason::KeyCompromise };
    assert_eq!((trusted(&store, old).withdrawn, trusted(&store, old).successor), (Some(said), Some(new.0)));
    assert_eq!(trusted(&store, new).not_before, began, "what a replay signs with it must hold");
    assert_eq!(served(&store), changed.list);
    assert_eq!(signer(&open(&keys), old), Some(new));
}

#[test]
fn a_retired_key_that_is_revoked_later_is_followed_by_who_superseded_it() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let first = store.active();
    let began = trusted(&store, first).not_before;
    let second = change(&store, &ROTATE).made.unwrap();
    let third = change(&store, &ROTATE).made.unwrap();
    assert_eq!(change(&store, &revoke(first)).made, None);
    assert_eq!((signer(&store, first), store.active()), (Some(second), third));
    assert_eq!(trusted(&store, second).not_before, began);
    change(&store, &revoke(second));
    assert_eq!((signer(&store, first), signer(&store, second)), (Some(third), Some(third)));
    assert_eq!(trusted(&store, third).not_before, began, "it follows the first one too");
    let fourth = change(&store, &revoke(third)).made.unwrap();
    assert_eq!([first, second, third].map(|kid| signer(&store, kid)), [Some(fourth); 3]);
}

#[test]
fn who_takes_a_compromised_keys_turn_is_new_though_another_stands_by() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let old = store.active();
    let standing_by = change(&store, &Change::Issue { purpose: Purpose::Identity }).made.unwrap();
    let new = change(&store, &revoke(old)).made.unwrap();
    assert_ne!(new, standing_by);
    assert_eq!((store.active(), state(&store, standing_by)), (new, KeyState::StandsBy));
    assert_eq!(change(&store, &revoke(standing_by)).made, None, "it has signed nothing");
    assert_eq!((store.active(), trusted(&store, standing_by).successor), (new, None));
    assert_eq!(open(&keys).active(), new);
}

#[test]
fn an_agencys_key_is_listed_with_its_holder_and_withdrawn_without_a_successor() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let theirs = SigningKey::from_seed(&[9; 32]);
    let admit = |holder: &str| Change::Admit { public: theirs.public(), holder: holder.to_owned() };
    let kid = change(&store, &admit("so-tu-phap")).made.unwrap();
    assert_eq!((kid.0, state(&store, kid)), (theirs.kid(), KeyState::Elsewhere));
    let key = trusted(&store, kid);
    assert_eq!((key.purpose, key.holder.as_deref()), (Purpose::Papers, Some("so-tu-phap")));
    let twice = store.change(&admit("so-tu-phap"), at(LATER));
    assert!(matches!(twice, Err(ChangeError::Listed { kid: k }) if k == kid));
    change(&store, &retire(kid));
    assert_eq!(trusted(&store, kid).successor, None);
    change(&store, &revoke(kid));
    assert_eq!((state(&store, kid), trusted(&store, kid).successor), (KeyState::Revoked, None));
    assert!(store.signing_key(kid).is_none());
}

#[test]
fn changes_that_cannot_be_are_refused_and_change_nothing() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let (active, before) = (store.active(), fs::read(keys.join("keyring")).unwrap());
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let admit = |public, holder: &str| Change::Admit { public, holder: holder.to_owned() };
    let theirs = SigningKey::from_seed(&[9; 32]).public();
    for (wrong, why) in [
        (Change::Issue { purpose: Purpose::Papers }, "made by its agency"),
        (retire(active), "nothing would be left that signs for identity"),
        (retire(Kid([7; 8])), "no key 0707070707070707"),
        (revoke(Kid([7; 8])), "no key 0707070707070707"),
        (Change::Rotate { purpose: Purpose::Audit }, "nothing would be left that signs for audit"),
        (admit(neutral, "a"), "point of the curve"),
        (admit(theirs, ""), "holder"),
    ] {
        let error = store.change(&wrong, at(LATER)).unwrap_err();
        assert!(error.to_string().contains(why) && !error.is_retryable(), "{error}");
        assert_eq!(store.plan(&wrong, at(LATER)).unwrap_err().to_string(), error.to_string());
    }
    assert_eq!(fs::read(keys.join("keyring")).unwrap(), before);
    let made = change(&store, &revoke(active)).made.unwrap();
    for withdrawn in [revoke(active), retire(active)] {
        let error = store.change(&withdrawn, at(LATER)).unwrap_err();
        assert!(matches!(error, ChangeError::Withdrawn { state: "revoked", .. }), "{error}");
    }
    assert_eq!(store.active(), made);
}

#[test]
fn a_plan_says_what_a_change_would_make_and_keeps_nothing() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let (active, before) = (store.active(), fs::read(keys.join("keyring")).unwrap());
    let plan = store.plan(&revoke(active), at(LATER)).unwrap();
    assert_eq!((plan.list.version, plan.withdrawn, plan.is_in_force), (2, Some(active), true));
    assert_eq!((store.active(), store.trust_list().version), (active, 1));
    assert_eq!(fs::read(keys.join("keyring")).unwrap(), before);
}

#[test]
fn a_trust_list_that_is_full_takes_no_more() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let mut held = store.held.lock();
    let filler =
        (0..u16::MAX).map(|n| SigningKey::from_seed(&[n.to_le_bytes(); 16].concat().try_into().unwrap()));
    for key in filler.take(TrustList::MAX_KEYS - 3) {
        held.secrets.list.keys.push(TrustedKey::new(key.public(), Purpose::Receipt, NOW, NOW));
    }
    drop(held);
    let active = store.active();
    let error = store.plan(&ROTATE, at(LATER)).unwrap_err();
    assert!(matches!(error, ChangeError::TooManyKeys { max: 512 }), "{error}");
    assert_eq!(store.active(), active);
}

/// A store whose root key is elsewhere: made, pinned and put into force as an operator does it.
fn with_root_elsewhere(keys: &Path) -> (Keystore, RootKey) {
    let store = open(keys);
    let sealing = Sealing::passphrase("gốc");
    let root = RootKey::create_at(&keys.with_file_name("root"), &sealing, Cost::TEST).unwrap();
    assert!(!store.pin_root(root.public(), at(NOW)).unwrap());
    store.install(&root.sign(&store.request().unwrap().list)).unwrap();
    (store, root)
}

#[test]
fn a_pinned_root_takes_over_with_the_first_list_that_it_signs() {
    let (_parent, keys) = folder();
    let store = open(&keys);
    let (development, active) = (store.root_public(), store.active());
    let sealing = Sealing::passphrase("gốc");
    let root = RootKey::create_at(&keys.with_file_name("root"), &sealing, Cost::TEST).unwrap();
    assert!(!store.pin_root(root.public(), at(NOW)).unwrap());
    assert!(!store.pin_root(root.public(), at(LATER)).unwrap(), "asked for again");
    assert_eq!(store.root_public(), development, "nothing changes before it has signed");
    let request = store.request().unwrap();
    assert_eq!((request.root_public, request.list.version), (root.public(), 2));
    assert!(store.export_secrets().windows(7).any(|w| w == b"\"root\":"));
    let list = store.install(&root.sign(&request.list)).unwrap();
    assert_eq!((list.version, store.request()), (2, None));
    for store in [store, open(&keys)] {
        assert_eq!((store.root_public(), store.active()), (root.public(), active));
        assert!(TrustList::open(&store.trust_list_bytes(), &root.public()).is_ok());
        assert!(store.pin_root(root.public(), at(LATER)).unwrap());
        let document = store.export_secrets();
        assert!(!document.windows(7).any(|w| w == b"\"root\":"), "the development root is kept");
    }
}

#[test]
fn changes_wait_together_for_a_root_that_is_elsewhere() {
    let (_parent, keys) = folder();
    let (store, root) = with_root_elsewhere(&keys);
    let (old, before) = (store.active(), store.trust_list_bytes());
    let first = change(&store, &Change::Issue { purpose: Purpose::Audit });
    let second = change(&store, &revoke(old));
    assert!(!first.is_in_force && !second.is_in_force);
    assert_eq!((store.active(), store.trust_list_bytes()), (old, before), "nothing is in force yet");
    let new = second.made.unwrap();
    assert_eq!(state(&store, new), KeyState::Requested);
    assert_eq!(signer(&store, old), Some(old));
    let store = open(&keys);
    let request = store.request().unwrap();
    assert_eq!((&request.list, request.list.version), (&second.list, 3));
    assert!(request.list.key(first.made.unwrap().0).is_some());
    let signed = root.sign(&request.list);
    assert_eq!(store.examine(&signed).unwrap(), request.list);
    assert_eq!(store.trust_list().version, 2, "looking changes nothing");
    store.install(&signed).unwrap();
    assert_eq!((store.active(), signer(&store, old), store.request()), (new, Some(new), None));
    store.install(&signed).unwrap();
    assert_eq!(open(&keys).active(), new);
}

#[test]
fn a_signed_list_that_is_older_or_of_another_root_is_refused() {
    let (_parent, keys) = folder();
    let (store, root) = with_root_elsewhere(&keys);
    let before = store.trust_list_bytes();
    let list = store.trust_list();
    let at_version = |version| TrustList { version, issued_at: LATER, ..TrustList::clone(&list) };
    for version in [1, 2] {
        let error = store.install(&root.sign(&at_version(version))).unwrap_err();
        assert!(matches!(error, ChangeError::Rollback { held: 2, offered } if offered == version), "{error}");
    }
    let other = SigningKey::from_seed(&[5; 32]);
    assert!(matches!(store.install(&at_version(3).sign(&other)), Err(ChangeError::Trust(_))));
    assert!(matches!(store.install(b""), Err(ChangeError::Trust(_))));
    let empty = TrustList { keys: Vec::new(), ..at_version(3) };
    let error = store.install(&root.sign(&empty)).unwrap_err();
    assert!(matches!(error, ChangeError::NothingSigns { purpose: Purpose::Identity }), "{error}");
    assert_eq!(store.trust_list_bytes(), before);
    // One that was not asked for, but follows: as after a backup was restored from before it was made.
    assert_eq!(store.install(&root.sign(&at_version(9))).unwrap().version, 9);
}

#[test]
fn what_waits_can_be_taken_back() {
    let (_parent, keys) = folder();
    let (store, _) = with_root_elsewhere(&keys);
    let active = store.active();
    assert!(!store.discard().unwrap());
    change(&store, &revoke(active));
    assert_eq!(store.list().len(), 4);
    assert!(store.discard().unwrap());
    for store in [store, open(&keys)] {
        assert_eq!((store.active(), store.request(), store.list().len()), (active, None, 3));
    }
}

#[test]
fn keys_that_were_put_back_are_read_again_when_they_are_newer() {
    let (_parent, keys) = folder();
    let (_elsewhere, there) = folder();
    let store = open(&keys);
    Keystore::import_at(&there, &store.export_secrets(), &Sealing::None, Cost::TEST).unwrap();
    let newer = open(&there);
    let kid = change(&newer, &ROTATE).made.unwrap();
    let (old, new) = (keys.join("keyring"), there.join("keyring"));
    let older_bytes = fs::read(&old).unwrap();
    assert!(!store.refresh().unwrap());
    fs::copy(&new, &old).unwrap();
    assert!(store.signing_key(kid).is_none());
    assert!(store.refresh().unwrap());
    assert_eq!((signer(&store, kid), store.active()), (Some(kid), kid));
    assert!(!store.refresh().unwrap());

    let (_another, another) = folder();
    open(&another);
    let of_another_city = fs::read(another.join("keyring")).unwrap();
    for (bytes, by) in
        [(older_bytes, "older keys"), (of_another_city, "another city"), (b"{}".to_vec(), "damaged")]
    {
        fs::write(&old, bytes).unwrap();
        let error = store.refresh().unwrap_err();
        assert!(error.to_string().contains(by), "{error}");
        assert!(store.change(&ROTATE, at(LATER)).is_err(), "it would write over what was put there");
        assert_eq!(store.active(), kid, "what is held stays");
    }
}
