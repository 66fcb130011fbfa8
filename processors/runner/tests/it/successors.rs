//! What names a revoked key is signed by its successor, and says so.

use crate::support::{World, key, registered};
use domain::rows::AccountRow;
use identity::trust::{Purpose, TrustedKey};
use identity::{SigningKey, TrustList};
use schemas::Kid;
use std::sync::Arc;

fn account(world: &World) -> AccountRow {
    world.rows::<AccountRow>().pop().unwrap()
}

fn opens_under(account: &AccountRow, key: &SigningKey) -> bool {
    let key = TrustedKey::new(key.public(), Purpose::Identity, 0, i64::MAX);
    let list = TrustList { keys: vec![key], ..TrustList::default() };
    identity::token::open(&account.token, &list).is_ok()
}

#[test]
fn replay_signs_what_names_a_revoked_key_with_its_successor_and_changes_nothing_else() {
    let world = World::new();
    world.log.send(&registered("r-1"));
    world.drain();
    let before = account(&world);
    assert_eq!(before.kid, Some(Kid(key().kid())));
    assert!(opens_under(&before, &key()));

    let successor = Arc::new(SigningKey::from_seed(&[8; 32]));
    let anew = World::new();
    anew.known.successors.lock().push((Kid(key().kid()), Arc::clone(&successor)));
    anew.log.send(&registered("r-1"));
    anew.drain();
    let after = account(&anew);
    assert_eq!(after.kid, Some(Kid(successor.kid())));
    assert!(opens_under(&after, &successor) && !opens_under(&after, &key()));
    assert_ne!(after.token, before.token);
    assert_eq!(AccountRow { kid: before.kid, token: before.token.clone(), ..after }, before);
}
