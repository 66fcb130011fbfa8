use super::*;
use crate::config::Settings;
use identity::SigningKey;
use identity::trust::{Reason, State, Withdrawal};
use schemas::Micros;

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, "[identity]\nissuer = \"congdanso.test\"\n").unwrap();
    Settings::load(Some(&file), &[]).unwrap().config
}

/// The nth key for papers, of this holder, in force in the first ten seconds since 1970.
fn papers(n: u8, holder: &str) -> TrustedKey {
    let public = SigningKey::from_seed(&[n; 32]).public();
    TrustedKey { holder: Some(holder.to_owned()), ..TrustedKey::new(public, Purpose::Papers, 0, 9) }
}

fn identity_key() -> TrustedKey {
    TrustedKey::new(SigningKey::from_seed(&[9; 32]).public(), Purpose::Identity, 0, 9)
}

fn rules(keys: Vec<TrustedKey>) -> Rules {
    rules_of(&config(), &TrustList { keys, ..TrustList::default() }).unwrap()
}

#[test]
fn lists_without_keys_for_papers_ask_for_the_rules_of_the_configuration_alone() {
    let alone = Rules::new(&config().identity_issuer, &config().identity_status_uri);
    let alone = Rules { identity_days: config().identity_days, ..alone };
    let found = rules(vec![identity_key()]);
    assert_eq!(found.canonical(), alone.canonical());
    assert!(!found.canonical().contains("paper_keys"));
}

#[test]
fn keys_for_papers_stand_in_the_rules_by_holder_whatever_the_order_of_the_list() {
    let keys = [papers(1, "a"), papers(2, "b"), papers(3, "a"), identity_key()];
    let found = rules(keys.to_vec());
    let listed: Vec<_> =
        found.paper_keys.iter().map(|(holder, keys)| (holder.as_str(), keys.len())).collect();
    assert_eq!(listed, [("a", 2), ("b", 1)]);
    let reversed = rules(keys.iter().rev().cloned().collect());
    assert_eq!((reversed.id, &reversed), (found.id, &found));
    let in_force = |second: i64| found.paper_keys_in_force("a", Micros(second * 1_000_000)).count();
    assert_eq!([-1, 0, 9, 10].map(in_force), [0, 2, 2, 0]);
}

#[test]
fn withdrawn_keys_for_papers_stand_in_no_rules() {
    for state in State::ALL {
        let withdrawn = Some(Withdrawal { state: *state, at: 5, reason: Reason::Unspecified });
        let found = rules(vec![TrustedKey { withdrawn, ..papers(1, "a") }, papers(2, "b")]);
        assert_eq!(found.paper_keys.keys().collect::<Vec<_>>(), ["b"], "{state:?}");
    }
}
