use super::*;
use crate::ring::KeyState;
use identity::trust::Purpose;
use schemas::event::IdentifierKind;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const DAY: i64 = 86_400;
const NOW: i64 = 20_000 * DAY;

fn at(seconds: i64) -> Micros {
    Micros(seconds * 1_000_000)
}

fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let keys = parent.path().join("keys");
    (parent, keys)
}

fn open(folder: &Path, sealing: &Sealing) -> Result<Keystore, KeystoreError> {
    Keystore::open_at(folder, sealing.clone(), at(NOW), Cost::TEST)
}

fn passphrase() -> Sealing {
    Sealing::passphrase("mật khẩu của thành phố")
}

fn id_under(store: &Keystore) -> String {
    store.pepper().citizen(IdentifierKind::PersonalNumber, "048090000001").to_string()
}

type Everything = (String, Vec<Kid>, Arc<[u8]>, [u8; 32], Vec<KeyInfo>);

fn everything(store: &Keystore) -> Everything {
    (id_under(store), store.kids(), store.trust_list_bytes(), store.root_public(), store.list())
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_first_start_makes_keys_for_the_owner_alone() {
    let (_parent, keys) = folder();
    assert!(!Keystore::exists(&keys));
    let store = open(&keys, &Sealing::None).unwrap();
    assert!(Keystore::exists(&keys));
    assert_eq!((mode_of(&keys), mode_of(&keys.join(FILE))), (0o700, 0o600));
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
    assert_eq!(store.kids(), [store.active()]);
    let list = store.list();
    let shown: Vec<_> = list.iter().map(|key| (key.trusted.purpose, key.state)).collect();
    assert_eq!(shown, [(Purpose::Identity, KeyState::Active), (Purpose::Status, KeyState::Active)]);
    assert_eq!(store.ring().status_key().kid(), list[1].kid.0);
}

#[test]
fn two_cities_share_nothing() {
    let (_one, one) = folder();
    let (_two, two) = folder();
    let (one, two) = (open(&one, &Sealing::None).unwrap(), open(&two, &Sealing::None).unwrap());
    assert_ne!(id_under(&one), id_under(&two));
    assert_ne!(one.active(), two.active());
    assert_ne!(one.root_public(), two.root_public());
}

#[test]
fn a_restart_finds_the_same_keys_whatever_seals_them() {
    let (parent, keys) = folder();
    let key_file = parent.path().join("key-file");
    fs::write(&key_file, [7; 32]).unwrap();
    set_mode(&key_file, 0o400);
    let sealings = [Sealing::None, passphrase(), Sealing::KeyFile(key_file)];
    for sealing in sealings {
        let before = everything(&open(&keys, &sealing).unwrap());
        let later = Keystore::open_at(&keys, sealing, at(NOW + DAY), Cost::TEST).unwrap();
        assert_eq!(everything(&later), before);
        fs::remove_dir_all(&keys).unwrap();
    }
}

#[test]
fn sealed_keys_show_nothing_on_the_disk() {
    let (_parent, keys) = folder();
    let store = open(&keys, &passphrase()).unwrap();
    let plain = store.export_secrets();
    let on_disk = fs::read(keys.join(FILE)).unwrap();
    assert!(sealed::is_sealed(&on_disk));
    for line in plain.split(|&b| b == b'\n').filter(|line| line.len() > 20) {
        assert!(!on_disk.windows(line.len()).any(|w| w == line));
    }
}

#[test]
fn the_trust_list_is_signed_by_the_root_and_names_the_keys() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    let read = TrustList::open(&store.trust_list_bytes(), &store.root_public()).unwrap();
    assert_eq!(read, *store.trust_list());
    assert_eq!((read.version, read.issued_at, read.keys.len()), (1, NOW, 2));
    let active = read.key(store.active().0).unwrap();
    let signing = store.signing_key(store.active()).unwrap();
    assert_eq!((active.public, active.purpose), (signing.public(), Purpose::Identity));
    assert_eq!((active.not_before, active.not_after), (NOW - 600, NOW + 3_650 * DAY));
    assert!(TrustList::open(&store.trust_list_bytes(), &signing.public()).is_err());
}

#[test]
fn a_rotation_makes_another_key_active_and_keeps_the_old_one() {
    let (_parent, keys) = folder();
    let store = open(&keys, &passphrase()).unwrap();
    let (old, id, root) = (store.active(), id_under(&store), store.root_public());
    let signed = store.signing_key(old).unwrap().sign(b"a code");
    let new = store.rotate(at(NOW + 30 * DAY)).unwrap();
    for store in [&store, &open(&keys, &passphrase()).unwrap()] {
        assert_eq!((store.active(), store.kids()), (new, vec![new, old]));
        assert_eq!(store.signing_key(old).unwrap().sign(b"a code"), signed);
        let list = TrustList::open(&store.trust_list_bytes(), &root).unwrap();
        assert_eq!((list.version, list.issued_at, list.keys.len()), (2, NOW + 30 * DAY, 3));
        let (was, is) = (list.key(old.0).unwrap(), list.key(new.0).unwrap());
        assert_eq!((was.not_before, was.not_after), (NOW - 600, NOW + 30 * DAY + 600));
        assert_eq!(is.not_before, NOW + 30 * DAY - 600);
        let states: Vec<_> = store.list().iter().map(|key| key.state).collect();
        assert_eq!(states, [KeyState::Retired, KeyState::Active, KeyState::Active]);
        assert_eq!((id_under(store), store.root_public()), (id.clone(), root));
    }
}

#[test]
fn a_rotation_shows_in_a_ring_that_was_shared_before() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    let ring = store.ring();
    let before = ring.trust_list();
    let registry = prometheus::Registry::new();
    ring.register(&registry).unwrap();
    let new = store.rotate(at(NOW)).unwrap();
    assert_eq!(ring.active(), new);
    assert!(ring.signing_key(new).is_some());
    assert!(before.accepts(&ring.trust_list()));
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for line in [
        "congdanso_keys_trust_list_version 2".to_owned(),
        "congdanso_keys_held 3".to_owned(),
        format!("congdanso_keys_active_not_after_seconds {}", NOW + 3_650 * DAY),
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_clock_that_runs_back_never_makes_a_list_that_does_not_open() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    for seconds in [NOW, NOW - 400 * DAY, NOW, 0] {
        store.rotate(at(seconds)).unwrap();
        let list = TrustList::open(&store.trust_list_bytes(), &store.root_public()).unwrap();
        assert_eq!(list.issued_at, NOW);
    }
    assert_eq!(open(&keys, &Sealing::None).unwrap().kids(), store.kids());
}

#[test]
fn a_trust_list_that_is_full_takes_no_more() {
    let (_parent, keys) = folder();
    let mut secrets = Secrets::generate(NOW).unwrap();
    while secrets.keys.len() < TrustList::MAX_KEYS {
        secrets.rotate(NOW).unwrap();
    }
    Keystore::import_at(&keys, &secrets.to_bytes(), &Sealing::None, Cost::TEST).unwrap();
    let store = open(&keys, &Sealing::None).unwrap();
    let active = store.active();
    assert!(matches!(store.rotate(at(NOW)), Err(KeystoreError::TooManyKeys { max: 512 })));
    assert_eq!(store.active(), active);
}

#[test]
fn an_unknown_kid_has_no_key_and_a_status_key_signs_no_identity() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    assert!(store.signing_key(Kid([0; 8])).is_none());
    assert!(store.signing_key(Kid(store.ring().status_key().kid())).is_none());
}

#[test]
fn what_opens_must_be_what_sealed() {
    let (parent, keys) = folder();
    let wrong = Sealing::passphrase("khác");
    open(&keys, &passphrase()).unwrap();
    let before = fs::read(keys.join(FILE)).unwrap();
    let error = open(&keys, &wrong).unwrap_err();
    assert!(matches!(error, KeystoreError::WrongSecret { .. }) && !error.is_retryable(), "{error}");
    assert!(matches!(open(&keys, &Sealing::None), Err(KeystoreError::Sealed { .. })));
    assert_eq!(fs::read(keys.join(FILE)).unwrap(), before);
    let plain = parent.path().join("plain");
    open(&plain, &Sealing::None).unwrap();
    assert!(matches!(open(&plain, &passphrase()), Err(KeystoreError::NotSealed { .. })));
}

#[test]
fn a_secret_that_is_none_is_refused_before_anything_is_made() {
    let (parent, keys) = folder();
    let file = parent.path().join("key-file");
    let by_file = Sealing::KeyFile(file.clone());
    assert!(matches!(open(&keys, &Sealing::passphrase("")), Err(KeystoreError::WeakSecret { .. })));
    assert!(matches!(open(&keys, &by_file), Err(KeystoreError::Missing { .. })));
    fs::write(&file, [7; 31]).unwrap();
    set_mode(&file, 0o600);
    assert!(matches!(open(&keys, &by_file), Err(KeystoreError::WeakSecret { .. })));
    fs::write(&file, [7; 32]).unwrap();
    set_mode(&file, 0o604);
    assert!(matches!(open(&keys, &by_file), Err(KeystoreError::LoosePermissions { mode: 0o604, .. })));
    assert!(!Keystore::exists(&keys));
}

#[test]
fn loose_permissions_are_refused_with_advice() {
    let (_parent, keys) = folder();
    open(&keys, &Sealing::None).unwrap();
    for (path, loose, tight) in [(keys.clone(), 0o750, 0o700), (keys.join(FILE), 0o644, 0o600)] {
        set_mode(&path, loose);
        let error = open(&keys, &Sealing::None).unwrap_err();
        assert!(matches!(&error, KeystoreError::LoosePermissions { mode, .. } if *mode == loose), "{error}");
        assert!(error.to_string().contains(&format!("`chmod {tight:o} {}`", path.display())), "{error}");
        set_mode(&path, tight);
    }
    open(&keys, &Sealing::None).unwrap();
    let (_other, keys) = folder();
    fs::create_dir(&keys).unwrap();
    set_mode(&keys, 0o755);
    assert!(matches!(open(&keys, &Sealing::None), Err(KeystoreError::LoosePermissions { mode: 0o755, .. })));
    assert!(!Keystore::exists(&keys));
}

#[test]
fn a_damaged_file_is_refused_never_replaced_and_never_quoted() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    let path = keys.join(FILE);
    let good = String::from_utf8(store.export_secrets().to_vec()).unwrap();
    let pepper = good.split('"').find(|word| word.len() == 64).unwrap().to_owned();
    let key = &good[good.find("    {").unwrap()..good.rfind("    {").unwrap()];
    let damaged = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replacen("\"version\": 1", "\"version\": 9", 1),
        good.replacen(&pepper, &pepper[1..], 1),
        good.replacen(&pepper, &format!("x{}", &pepper[1..]), 1),
        good.replacen("\"pepper\"", "\"salt\"", 1),
        good.replacen("\"status\"", "\"identity\"", 1),
        good.replacen("\"identity\"", "\"identities\"", 1),
        good.replacen(key, &format!("{key}{key}"), 1),
    ];
    for text in damaged {
        assert_ne!(text, good);
        fs::write(&path, &text).unwrap();
        let error = open(&keys, &Sealing::None).unwrap_err();
        assert!(matches!(error, KeystoreError::Damaged { .. }), "{error}");
        assert!(!error.to_string().contains(&pepper[1..]) && !format!("{error:?}").contains(&pepper[1..]));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn damaged_sealed_keys_are_refused() {
    let (_parent, keys) = folder();
    open(&keys, &passphrase()).unwrap();
    let path = keys.join(FILE);
    let good = fs::read(&path).unwrap();
    for (at, what) in [(0, "magic"), (good.len() - 1, "tag"), (good.len() / 2, "ciphertext")] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(open(&keys, &passphrase()), Err(KeystoreError::Damaged { .. })), "{what}");
    }
}

#[test]
fn a_left_over_of_a_crash_is_no_obstacle() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    fs::write(keys.join("keyring.new"), "torn").unwrap();
    let new = store.rotate(at(NOW)).unwrap();
    assert_eq!(open(&keys, &Sealing::None).unwrap().active(), new);
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
}

#[test]
fn a_rotation_that_cannot_be_kept_does_not_hold() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    let before = everything(&store);
    fs::remove_dir_all(&keys).unwrap();
    assert!(store.rotate(at(NOW)).unwrap_err().is_retryable());
    assert_eq!(everything(&store), before);
}

#[test]
fn keys_are_sealed_resealed_and_unsealed_without_changing() {
    let (_parent, keys) = folder();
    let before = everything(&open(&keys, &Sealing::None).unwrap());
    let other = Sealing::passphrase("khác");
    let steps = [(Sealing::None, passphrase()), (passphrase(), other.clone()), (other, Sealing::None)];
    for (from, to) in steps {
        Keystore::reseal_at(&keys, &from, &to, Cost::TEST).unwrap();
        assert_eq!(everything(&open(&keys, &to).unwrap()), before);
        assert!(
            open(&keys, &passphrase()).is_ok()
                == matches!(to, Sealing::Passphrase(ref t) if t.contains("mật"))
        );
    }
}

#[test]
fn sealing_takes_plain_keys_and_unsealing_sealed_ones() {
    let (_parent, keys) = folder();
    assert!(matches!(Keystore::seal_existing(&keys, &passphrase()), Err(KeystoreError::Missing { .. })));
    let before = everything(&open(&keys, &Sealing::None).unwrap());
    assert!(matches!(Keystore::unseal(&keys, &passphrase()), Err(KeystoreError::NotSealed { .. })));
    let empty = Sealing::passphrase("");
    assert!(matches!(Keystore::seal_existing(&keys, &empty), Err(KeystoreError::WeakSecret { .. })));
    assert_eq!(everything(&open(&keys, &Sealing::None).unwrap()), before);
    Keystore::reseal_at(&keys, &Sealing::None, &passphrase(), Cost::TEST).unwrap();
    assert!(matches!(Keystore::seal_existing(&keys, &passphrase()), Err(KeystoreError::Sealed { .. })));
    Keystore::unseal(&keys, &passphrase()).unwrap();
    assert_eq!(everything(&open(&keys, &Sealing::None).unwrap()), before);
}

#[test]
fn what_is_exported_is_imported_elsewhere_once() {
    let (_parent, keys) = folder();
    let store = open(&keys, &passphrase()).unwrap();
    store.rotate(at(NOW + DAY)).unwrap();
    let exported = store.export_secrets();
    let (_there, there) = folder();
    Keystore::import_at(&there, &exported, &Sealing::None, Cost::TEST).unwrap();
    assert_eq!(everything(&open(&there, &Sealing::None).unwrap()), everything(&store));
    let again = Keystore::import(&there, &exported, &Sealing::None);
    assert!(matches!(again, Err(KeystoreError::Exists { .. })));
    let (_torn, torn) = folder();
    let cut = Keystore::import(&torn, &exported[..exported.len() / 2], &Sealing::None);
    assert!(matches!(cut, Err(KeystoreError::Damaged { .. })));
    assert!(!Keystore::exists(&torn));
}

#[test]
fn debug_shows_no_secret() {
    let (_parent, keys) = folder();
    let store = open(&keys, &passphrase()).unwrap();
    let exported = String::from_utf8(store.export_secrets().to_vec()).unwrap();
    let shown =
        format!("{store:?} {:?} {:?} {:?}", store.list(), store.pepper(), store.signing_key(store.active()));
    assert!(shown.contains("Passphrase(..)") && !shown.contains("mật khẩu"), "{shown}");
    for secret in exported.split('"').filter(|word| word.len() == 64) {
        assert!(!shown.contains(secret));
    }
}
