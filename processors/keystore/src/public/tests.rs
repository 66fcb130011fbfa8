use super::*;
use crate::{Change, Keystore};
use schemas::Micros;
use schemas::event::IdentifierKind;
use tempfile::TempDir;

const NOW: Micros = Micros(20_000 * 86_400 * 1_000_000);

struct World {
    parent: TempDir,
    store: Keystore,
}

impl World {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let store = Keystore::open_at(&parent.path().join("city"), Sealing::None, NOW, Cost::TEST).unwrap();
        Self { parent, store }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.parent.path().join(name)
    }
}

fn id(pepper: &Pepper) -> String {
    pepper.citizen(IdentifierKind::PersonalNumber, "048090000001").to_string()
}

#[test]
fn a_public_ring_knows_ids_list_and_active_key_and_its_file_has_no_private_key() {
    let world = World::new();
    let folder = world.folder("ingest");
    world.store.export_public(&folder, &Sealing::None).unwrap();
    let ring = PublicRing::open(&folder, Sealing::None).unwrap();
    assert_eq!(id(&ring.pepper()), id(&world.store.pepper()));
    assert_eq!(ring.active(), world.store.active());
    assert_eq!(ring.trust_list_bytes(), world.store.trust_list_bytes());
    assert_eq!(ring.root_public(), world.store.root_public());

    let whole: serde_json::Value = serde_json::from_slice(&world.store.export_secrets()).unwrap();
    let written = std::fs::read_to_string(folder.join(FILE)).unwrap();
    let private = whole["keys"].as_array().unwrap().iter().chain([&whole["root"]]);
    let private: Vec<_> = private.map(|key| key.as_str().unwrap()).collect();
    assert_eq!(private.len(), 4, "three keys and a development root");
    assert!(private.iter().all(|key| !written.contains(key)));
}

#[test]
fn each_kind_of_ring_is_refused_where_the_other_belongs() {
    let world = World::new();
    let (public, private) = (world.folder("serve"), world.folder("process"));
    world.store.export_public(&public, &Sealing::None).unwrap();
    world.store.export_private(&private, &Sealing::None).unwrap();
    let opened = PublicRing::open(&private, Sealing::None);
    assert!(matches!(opened, Err(KeystoreError::HasPrivateKeys { .. })), "{opened:?}");
    let opened = Keystore::open_at(&public, Sealing::None, NOW, Cost::TEST);
    assert!(matches!(opened, Err(KeystoreError::HasNoPrivateKeys { .. })), "{opened:?}");
    let missing = PublicRing::open(world.folder("nowhere"), Sealing::None);
    assert!(matches!(missing, Err(KeystoreError::Missing { .. })), "{missing:?}");

    let over = world.store.export_public(&private, &Sealing::None);
    assert!(matches!(over, Err(KeystoreError::HasPrivateKeys { .. })), "{over:?}");
    let over = world.store.export_private(&public, &Sealing::None);
    assert!(matches!(over, Err(KeystoreError::HasNoPrivateKeys { .. })), "{over:?}");
    let over = world.store.export_private(world.folder("city"), &Sealing::None);
    assert!(matches!(over, Err(KeystoreError::Exists { .. })), "over the keys that it is made of: {over:?}");
}

#[test]
fn a_processors_ring_signs_as_the_whole_one_and_has_no_root_key() {
    let world = World::new();
    let folder = world.folder("process");
    world.store.export_private(&folder, &Sealing::None).unwrap();
    let process = Keystore::open_at(&folder, Sealing::None, NOW, Cost::TEST).unwrap();
    let kid = world.store.active();
    let public = |store: &Keystore| store.signing_key(kid).unwrap().public();
    assert_eq!(public(&process), public(&world.store));
    let exported: serde_json::Value = serde_json::from_slice(&process.export_secrets()).unwrap();
    assert!(exported.get("root").is_none());
    let change = Change::Rotate { purpose: Purpose::Identity };
    assert!(!process.change(&change, NOW).unwrap().is_in_force, "it waits for the root key");
}

#[test]
fn a_ring_that_is_handed_out_again_takes_the_place_of_the_older_one_and_never_of_another_citys() {
    let world = World::new();
    let folder = world.folder("ingest");
    world.store.export_public(&folder, &Sealing::None).unwrap();
    let older = std::fs::read(folder.join(FILE)).unwrap();
    let ring = PublicRing::open(&folder, Sealing::None).unwrap();
    assert!(!ring.refresh().unwrap(), "nothing has changed");
    let change = Change::Rotate { purpose: Purpose::Identity };
    let rotated = world.store.change(&change, NOW).unwrap().made.unwrap();
    world.store.export_public(&folder, &Sealing::None).unwrap();
    assert!(ring.refresh().unwrap());
    assert_eq!(ring.active(), rotated);

    disk::replace(&folder.join(FILE), &older, SECRET_FILE_MODE).unwrap();
    let refused = ring.refresh();
    assert!(matches!(refused, Err(KeystoreError::Replaced { by: "older keys", .. })), "{refused:?}");
    let other = World::new();
    let refused = other.store.export_public(&folder, &Sealing::None);
    assert!(matches!(refused, Err(KeystoreError::Exists { .. })), "{refused:?}");
    other.store.export_public(other.folder("ingest"), &Sealing::None).unwrap();
    std::fs::copy(other.folder("ingest").join(FILE), folder.join(FILE)).unwrap();
    let refused = ring.refresh();
    assert!(
        matches!(refused, Err(KeystoreError::Replaced { by: "keys of another city", .. })),
        "{refused:?}"
    );
    assert_eq!(ring.active(), rotated, "what was held stays");
}

#[test]
fn a_public_ring_is_sealed_as_it_is_asked_to_be() {
    let world = World::new();
    let (folder, by) = (world.folder("ingest"), Sealing::passphrase("một mật khẩu khác"));
    world.store.export_public(&folder, &by).unwrap();
    let opened = PublicRing::open(&folder, Sealing::None);
    assert!(matches!(opened, Err(KeystoreError::Sealed { .. })), "{opened:?}");
    assert_eq!(PublicRing::open(&folder, by).unwrap().active(), world.store.active());
}
