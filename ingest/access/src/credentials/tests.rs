use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

fn helper(id: &str) -> Credential {
    Credential::of_role(id, "PHUONG-HAI-CHAU", "helper").unwrap()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_has_the_documented_form() {
    let key = Credentials::in_memory().add(helper("to_7-a")).unwrap();
    let secret = key.expose().strip_prefix("cds_to_7-a_").unwrap();
    assert_eq!(secret.len(), 43);
    assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
}

#[test]
fn a_key_is_its_own_credentials_and_nobody_elses() {
    let credentials = Credentials::in_memory();
    let one = credentials.add(helper("one")).unwrap();
    let two = credentials.add(helper("two")).unwrap();
    assert_eq!(credentials.verify(one.expose()).unwrap().credential.id, "one");
    assert_eq!(credentials.verify(two.expose()).unwrap().credential.id, "two");
    let crossed = one.expose().replacen("cds_one_", "cds_two_", 1);
    assert!(credentials.verify(&crossed).is_none());
}

#[test]
fn what_is_no_key_is_nobody() {
    let credentials = Credentials::in_memory();
    let key = credentials.add(helper("one")).unwrap();
    let key = key.expose();
    let unknown = key.replacen("cds_one_", "cds_none_", 1);
    let (short, last) = key.split_at(key.len() - 1);
    let other_end = format!("{short}{}", if last == "A" { "B" } else { "A" });
    let longer = format!("{key}A");
    let upper = key.to_uppercase();
    let multibyte = "cds_é".repeat(20);
    let wrong = ["", "cds_", "cds__", short, &other_end, &longer, &upper, &unknown, &key[4..], &multibyte];
    for text in wrong {
        assert!(credentials.verify(text).is_none(), "{text:?}");
    }
    assert!(credentials.verify(key).is_some());
}

#[test]
fn rotating_ends_the_key_before() {
    let credentials = Credentials::in_memory();
    let old = credentials.add(helper("one")).unwrap();
    let new = credentials.rotate("one").unwrap();
    assert!(credentials.verify(old.expose()).is_none());
    assert!(credentials.verify(new.expose()).is_some());
}

#[test]
fn a_credential_switched_off_is_told_apart_only_with_the_right_key() {
    let credentials = Credentials::in_memory();
    let key = credentials.add(helper("one")).unwrap();
    credentials.disable("one").unwrap();
    credentials.disable("one").unwrap();
    assert!(credentials.verify(key.expose()).is_none());
    assert!(matches!(credentials.examine(key.expose()), Presented::Disabled));
    let wrong = format!("cds_one_{}", "A".repeat(43));
    assert!(matches!(credentials.examine(&wrong), Presented::Wrong));
    credentials.enable("one").unwrap();
    assert!(credentials.verify(key.expose()).is_some());
}

#[test]
fn a_quota_survives_what_changes_the_credential() {
    let credentials = Credentials::in_memory();
    let key = credentials.add(Credential { quota_per_second: 1, ..helper("one") }).unwrap();
    let before = credentials.verify(key.expose()).unwrap();
    credentials.disable("one").unwrap();
    credentials.enable("one").unwrap();
    let key = credentials.rotate("one").unwrap();
    let after = credentials.verify(key.expose()).unwrap();
    assert!(Arc::ptr_eq(&before.quota, &after.quota));
}

#[test]
fn an_id_is_taken_once_and_only_known_ids_change() {
    let credentials = Credentials::in_memory();
    credentials.add(helper("one")).unwrap();
    assert!(matches!(credentials.add(helper("one")), Err(CredentialsError::Exists { id }) if id == "one"));
    assert!(matches!(credentials.rotate("two"), Err(CredentialsError::Unknown { id }) if id == "two"));
    assert!(matches!(credentials.disable("two"), Err(CredentialsError::Unknown { .. })));
    assert_eq!(credentials.list().len(), 1);
}

#[test]
fn a_field_out_of_bounds_is_named() {
    let long = "a".repeat(65);
    let cases: Vec<(&str, Credential)> = vec![
        ("id", helper("")),
        ("id", helper("_a")),
        ("id", helper("A")),
        ("id", helper("a b")),
        ("id", helper("đà-nẵng")),
        ("id", helper(&long[..33])),
        ("agency", Credential { agency: " ".into(), ..helper("a") }),
        ("agency", Credential { agency: "a\nb".into(), ..helper("a") }),
        ("team", Credential { team: Some(long.clone()), ..helper("a") }),
        ("helper", Credential { helper: Some(String::new()), ..helper("a") }),
        ("device", Credential { device: Some("\u{0}".into()), ..helper("a") }),
        ("ward", Credential { ward: Some("2019".into()), ..helper("a") }),
        ("ward", Credential { ward: Some("2019x".into()), ..helper("a") }),
        ("channels", Credential { channels: vec![], ..helper("a") }),
    ];
    let credentials = Credentials::in_memory();
    for (expected, credential) in cases {
        match credentials.add(credential.clone()) {
            Err(CredentialsError::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{credential:?}: {other:?}"),
        }
    }
    assert!(credentials.list().is_empty());
}

#[test]
fn credentials_are_found_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agencies.json");
    let full = Credential {
        team: Some("Tổ 12".into()),
        device: Some("tablet-3".into()),
        ward: Some("20194".into()),
        quota_per_second: 50,
        ..helper("one")
    };
    let (one, two);
    {
        let credentials = Credentials::open(&path).unwrap();
        assert!(credentials.list().is_empty());
        one = credentials.add(full.clone()).unwrap();
        two = credentials.add(Credential::of_role("two", "APP", "app").unwrap()).unwrap();
        credentials.disable("two").unwrap();
    }
    let credentials = Credentials::open(&path).unwrap();
    assert_eq!(credentials.verify(one.expose()).unwrap().credential, full);
    assert!(matches!(credentials.examine(two.expose()), Presented::Disabled));
    let ids: Vec<_> = credentials.list().iter().map(|e| e.credential.id.clone()).collect();
    assert_eq!(ids, ["one", "two"]);
}

#[test]
fn the_file_is_for_its_owner_alone_and_holds_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agencies.json");
    let credentials = Credentials::open(&path).unwrap();
    let key = credentials.add(helper("one")).unwrap();
    let rotated = credentials.rotate("one").unwrap();
    assert_eq!(mode_of(&path), 0o600);
    let text = fs::read_to_string(&path).unwrap();
    for key in [key, rotated] {
        assert!(!text.contains(&key.expose()[8..]));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left over beside the file");
}

#[test]
fn a_file_open_to_others_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agencies.json");
    Credentials::open(&path).unwrap().add(helper("one")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let error = Credentials::open(&path).unwrap_err();
    assert!(matches!(error, CredentialsError::LoosePermissions { mode: 0o640, .. }));
    assert!(error.to_string().contains("chmod 600"), "{error}");
    assert!(!error.is_retryable());
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agencies.json");
    Credentials::open(&path).unwrap().add(helper("one")).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let entry = &good[good.find("{\n      \"credential\"").unwrap()..good.rfind(']').unwrap()];
    let damaged = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replace("\"agency\"", "\"agencie\""),
        good.replace("AccountRegistered", "AccountRegister"),
        good.replace("\"one\"", "\"ONE\""),
        good.replace("\"secret_sha256\": \"", "\"secret_sha256\": \"0"),
        good.replacen(entry, &format!("{},{entry}", entry.trim_end()), 1),
    ];
    for text in damaged {
        assert_ne!(text, good);
        fs::write(&path, &text).unwrap();
        assert!(matches!(Credentials::open(&path), Err(CredentialsError::Damaged { .. })), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_change_that_cannot_be_kept_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there").join("agencies.json");
    fs::create_dir(path.parent().unwrap()).unwrap();
    let credentials = Credentials::open(&path).unwrap();
    let key = credentials.add(helper("one")).unwrap();
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let error = credentials.disable("one").unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(credentials.verify(key.expose()).is_some());
    assert!(credentials.add(helper("two")).is_err());
    assert_eq!(credentials.list().len(), 1);
}

#[test]
fn a_left_over_of_a_crash_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agencies.json");
    fs::write(folder.path().join("agencies.json.new"), "torn").unwrap();
    let key = Credentials::open(&path).unwrap().add(helper("one")).unwrap();
    assert!(Credentials::open(&path).unwrap().verify(key.expose()).is_some());
}

#[test]
fn debug_shows_neither_key_nor_hash() {
    let credentials = Credentials::in_memory();
    let key = credentials.add(helper("one")).unwrap();
    assert_eq!(format!("{key:?}"), "ApiKey(..)");
    let shown = format!("{credentials:?}");
    assert!(shown.contains("Digest(..)") && !shown.contains(&key.expose()[8..]), "{shown}");
}

#[test]
fn credentials_that_are_handed_out_anew_hold_at_once_and_quotas_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, copy) = (folder.path().join("agencies.json"), folder.path().join("copy.json"));
    let credentials = Credentials::open(&kept).unwrap();
    let limited = Credential { quota_per_second: 1, ..helper("one") };
    let one = credentials.add(limited).unwrap();
    credentials.write_copy(&copy).unwrap();
    assert_eq!(mode_of(&copy), 0o600);
    let handed_out = Credentials::open(&copy).unwrap();
    assert!(!handed_out.refresh().unwrap(), "nothing has changed");
    let quota = |credentials: &Credentials| Arc::clone(&credentials.verify(one.expose()).unwrap().quota);
    let before = quota(&handed_out);

    let two = credentials.add(helper("two")).unwrap();
    credentials.write_copy(&copy).unwrap();
    assert!(handed_out.refresh().unwrap());
    assert!(handed_out.verify(two.expose()).is_some());
    assert!(Arc::ptr_eq(&before, &quota(&handed_out)), "what is left of a quota stays");

    let again = credentials.rotate("two").unwrap();
    credentials.disable("one").unwrap();
    credentials.write_copy(&copy).unwrap();
    assert!(handed_out.refresh().unwrap());
    assert!(handed_out.verify(two.expose()).is_none() && handed_out.verify(again.expose()).is_some());
    assert!(handed_out.verify(one.expose()).is_none());

    fs::remove_file(&copy).unwrap();
    assert!(!handed_out.refresh().unwrap());
    fs::write(&copy, "damaged").unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
    assert!(handed_out.refresh().is_err());
    assert!(handed_out.verify(again.expose()).is_some(), "what held stays");
}
