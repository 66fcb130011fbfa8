use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

fn passphrase() -> Sealing {
    Sealing::passphrase("mật khẩu của khóa gốc")
}

#[test]
fn root_key_is_made_once_for_its_owner_alone_and_opens_with_what_sealed_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    let made = RootKey::create_at(&path, &passphrase(), Cost::TEST).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(RootKey::open(&path, &passphrase()).unwrap().public(), made.public());
    let again = RootKey::create_at(&path, &passphrase(), Cost::TEST);
    assert!(matches!(again, Err(KeystoreError::Exists { .. })));
    let wrong = RootKey::open(&path, &Sealing::passphrase("sai"));
    assert!(matches!(wrong, Err(KeystoreError::WrongSecret { .. })));
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let loose = RootKey::open(&path, &passphrase());
    assert!(matches!(loose, Err(KeystoreError::LoosePermissions { mode: 0o640, .. })));
    let shown = format!("{made:?}");
    assert!(shown.contains(&hex::encode(identity::key::kid_of(&made.public()))), "{shown}");
}

#[test]
fn root_key_is_never_written_unsealed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    for weak in [Sealing::None, Sealing::passphrase("")] {
        let error = RootKey::create_at(&path, &weak, Cost::TEST).unwrap_err();
        assert!(matches!(error, KeystoreError::WeakSecret { .. }), "{error}");
    }
    assert!(!path.exists());
    assert!(matches!(RootKey::open(&path, &passphrase()), Err(KeystoreError::Missing { .. })));
}

#[test]
fn file_that_holds_no_root_key_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    let secret = passphrase().secret().unwrap().unwrap();
    for text in ["", "{}", "{\"version\":2,\"root\":\"00\"}"] {
        fs::write(&path, sealed::seal_at(Cost::TEST, text.as_bytes(), &secret).unwrap()).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = RootKey::open(&path, &passphrase()).unwrap_err();
        assert!(matches!(error, KeystoreError::Damaged { .. }), "{error}");
    }
}
