use super::*;
use crate::change::Change;
use crate::error::ChangeError;
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

type Everything = (String, Kid, Arc<[u8]>, [u8; 32], Vec<KeyInfo>);

fn everything(store: &Keystore) -> Everything {
    (id_under(store), store.active(), store.trust_list_bytes(), store.root_public(), store.list())
}

const ROTATE: Change = Change::Rotate { purpose: Purpose::Identity };

/// Rotates the identity key; the kid of the new one.
fn rotate(store: &Keystore, now: i64) -> Result<Kid, ChangeError> {
    Ok(store.change(&ROTATE, at(now))?.made.unwrap())
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_kept_as_for_development_is_told_and_nothing_that_is_not() {
    let (_parent, keys) = folder();
    let with_root = open(&keys, &Sealing::None).unwrap().held.into_inner().secrets;
    let without = Secrets { root: None, ..with_root.clone() };
    let told = |sealing: &Sealing, secrets| kept_as_for_development(sealing, secrets).unwrap_or_default();
    let both = told(&Sealing::None, &with_root);
    assert!(both.contains("seal them") && both.contains("root key"), "{both}");
    let unsealed = told(&Sealing::None, &without);
    assert!(unsealed.contains("seal them") && !unsealed.contains("root key"), "{unsealed}");
    let sealed = told(&passphrase(), &with_root);
    assert!(sealed.contains("root key") && !sealed.contains("seal them"), "{sealed}");
    assert_eq!(kept_as_for_development(&passphrase(), &without), None);
}

#[test]
fn the_first_start_makes_keys_for_the_owner_alone() {
    let (_parent, keys) = folder();
    assert!(!Keystore::exists(&keys));
    let store = open(&keys, &Sealing::None).unwrap();
    assert!(Keystore::exists(&keys));
    assert_eq!((mode_of(&keys), mode_of(&keys.join(FILE))), (0o700, 0o600));
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
    let list = store.list();
    let shown: Vec<_> = list.iter().map(|key| (key.trusted.purpose, key.state)).collect();
    let purposes = [Purpose::Identity, Purpose::Status, Purpose::Presentation];
    assert_eq!(shown, purposes.map(|purpose| (purpose, KeyState::Active)));
    let ring = store.ring();
    let kids = [store.active().0, ring.status_key().kid(), ring.presentation_key().kid()];
    assert_eq!(kids, [0, 1, 2].map(|at| list[at].kid.0));
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
    assert_eq!((read.version, read.issued_at, read.keys.len()), (1, NOW, 3));
    let active = read.key(store.active().0).unwrap();
    let signing = store.signing_key(store.active()).unwrap();
    assert_eq!((active.public, active.purpose), (signing.public(), Purpose::Identity));
    assert_eq!((active.not_before, active.not_after), (NOW - 600, NOW + 3_650 * DAY));
    assert!(TrustList::open(&store.trust_list_bytes(), &signing.public()).is_err());
}

#[test]
fn a_clock_that_runs_back_never_makes_a_list_that_does_not_open() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    for seconds in [NOW, NOW - 400 * DAY, NOW, 0] {
        rotate(&store, seconds).unwrap();
        let list = TrustList::open(&store.trust_list_bytes(), &store.root_public()).unwrap();
        assert_eq!(list.issued_at, NOW);
    }
    assert_eq!(everything(&open(&keys, &Sealing::None).unwrap()), everything(&store));
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
    let lines: Vec<_> = good.lines().collect();
    let seed = lines[lines.len() - 5];
    assert!(seed.trim_start().starts_with('"'), "{seed}");
    let list = lines.iter().find(|line| line.contains("\"trust_list\"")).unwrap().to_string();
    let damaged = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replacen("\"version\": 2", "\"version\": 9", 1),
        good.replacen(&pepper, &pepper[1..], 1),
        good.replacen(&pepper, &format!("x{}", &pepper[1..]), 1),
        good.replacen("\"pepper\"", "\"salt\"", 1),
        // A root that is not the list's, a list that is not the root's, and one that nothing signs under.
        good.replacen(&hex::encode(store.root_public()), &"22".repeat(32), 1),
        good.replacen(&list, &list.replacen('8', "9", 1), 1),
        good.replacen(&format!("{seed}\n"), "", 1),
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
    let new = rotate(&store, NOW).unwrap();
    assert_eq!(open(&keys, &Sealing::None).unwrap().active(), new);
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
}

#[test]
fn a_rotation_that_cannot_be_kept_does_not_hold() {
    let (_parent, keys) = folder();
    let store = open(&keys, &Sealing::None).unwrap();
    let before = everything(&store);
    // Where the new file would be written stands something that is no file.
    fs::create_dir(keys.join("keyring.new")).unwrap();
    assert!(rotate(&store, NOW).unwrap_err().is_retryable());
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
    rotate(&store, NOW + DAY).unwrap();
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
