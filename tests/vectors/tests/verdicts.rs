//! The crate gives the verdict of every vector, and the files are what is made from the seeds.

use identity::status::StatusError;
use identity::trust::TrustError;
use identity::{StatusBundle, TrustList, Verdict};
use std::collections::BTreeSet;
use vectors::{ListVector, Vector, cases, claims_json, from_base64, judge, presentation_json, read, root_of};

fn all() -> Vec<Vector> {
    cases::codes().iter().flat_map(|(file, _)| read::<Vector>(file)).collect()
}

#[test]
fn every_vector_has_its_verdict_and_its_claims() {
    let wrong: Vec<_> = all()
        .iter()
        .filter_map(|vector| {
            let verdict = judge(vector);
            let checked = verdict.is_valid().then(|| verdict.is_status_checked());
            let claims = verdict.claims().map(claims_json);
            let presentation = verdict.presentation().map(presentation_json);
            let given = (verdict.code(), checked, claims, presentation);
            let due = vector.clone();
            let due = (vector.verdict.as_str(), due.status_checked, due.claims, due.presentation);
            (given != due).then(|| format!("{}: {given:?} instead of {due:?}", vector.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What only a verifier with a memory can find.
const NOT_OF_A_CODE_ALONE: [&str; 1] = ["replayed"];

#[test]
fn every_verdict_has_a_vector_and_names_are_unique_in_their_file() {
    let due: BTreeSet<_> = all().into_iter().map(|vector| vector.verdict).collect();
    let missing: Vec<_> = Verdict::CODES
        .iter()
        .filter(|code| !due.contains(**code) && !NOT_OF_A_CODE_ALONE.contains(code))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
    for (file, _) in cases::codes() {
        let vectors = read::<Vector>(file);
        let names: BTreeSet<_> = vectors.iter().map(|vector| &vector.name).collect();
        assert_eq!(names.len(), vectors.len(), "{file}: two vectors of one name");
    }
}

#[test]
fn files_are_what_is_made_from_the_seeds() {
    for (file, made) in cases::codes() {
        assert_eq!(read::<Vector>(file), made, "{file}");
    }
    for (file, made) in cases::lists() {
        assert_eq!(read::<ListVector>(file), made, "{file}");
    }
}

fn refused(vector: &ListVector) -> Option<&'static str> {
    let bytes = from_base64(&vector.bytes);
    let root = root_of(&vector.root);
    let Some(trust) = &vector.trust_list else {
        return match TrustList::open(&bytes, &root) {
            Ok(_) => None,
            Err(TrustError::NotOurs) => Some("not_ours"),
            Err(TrustError::Malformed { .. }) => Some("malformed"),
        };
    };
    let trust = TrustList::open(&from_base64(trust), &root).expect("the trust list of a bundle opens");
    StatusBundle::open(&bytes, &trust).err().map(|error| match error {
        StatusError::Malformed { .. } => "malformed",
        StatusError::OtherSubject => "other_subject",
        StatusError::UnknownKey => "unknown_key",
        StatusError::WrongPurpose => "wrong_purpose",
        StatusError::BadSignature => "bad_signature",
        StatusError::KeyNotInForce => "key_not_in_force",
        StatusError::KeyRevoked => "key_revoked",
    })
}

#[test]
fn every_list_opens_or_is_refused_for_its_reason() {
    for (file, _) in cases::lists() {
        for vector in read::<ListVector>(file) {
            assert_eq!(refused(&vector), vector.refused.as_deref(), "{file}: {}", vector.name);
        }
    }
}
