//! Codes beside a status bundle.

use super::vector;
use crate::build::*;
use crate::{Vector, to_base64};
use identity::claims::StatusReference;
use identity::status::{Entries, ListId, Status, Validity};
use identity::{Claims, StatusBundle};

const REVOKED: u64 = 77;
const SUSPENDED: u64 = 78;
/// Entries that stand alone in the last byte of their list.
const LAST: u64 = (1 << 20) - 1;

pub(super) fn bundle(signed_at: i64) -> StatusBundle {
    let mut entries = Entries::default();
    entries.set(REVOKED, Status::Invalid);
    entries.set(SUSPENDED, Status::Suspended);
    let mut last = Entries::default();
    last.set(LAST, Status::Invalid);
    let id = ListId { epoch: 0, partition: 12, block: 3 };
    StatusBundle {
        base_uri: STATUS_BASE.to_owned(),
        validity: Validity::from(signed_at),
        lists: [(id, entries), (ListId { epoch: 2, partition: 0, block: 0 }, last)].into(),
    }
}

fn beside(name: &str, status: StatusReference, verdict: &str, signed_at: i64) -> Vector {
    let person = Claims { status, ..person() };
    let mut vector = vector(name, code_of(&person, seed::IDENTITY), verdict);
    vector.status_bundle = Some(to_base64(&bundle(signed_at).sign(&key(seed::STATUS))));
    vector.of(&person)
}

pub(super) fn cases() -> Vec<Vector> {
    let fresh = NOW - 60;
    let elsewhere = |uri: &str, index| StatusReference { uri: uri.to_owned(), index };
    let aged = |mut vector: Vector, most| {
        vector.max_status_age = Some(most);
        vector
    };
    let unknown = |mut vector: Vector| {
        vector.status_checked = Some(false);
        vector
    };
    let day = 24 * 3600;
    vec![
        beside("valid by its list", reference(76), "valid", fresh),
        beside("revoked", reference(REVOKED), "revoked", fresh),
        beside("suspended", reference(SUSPENDED), "suspended", fresh),
        beside("valid behind the end of its list", reference(LAST), "valid", fresh),
        beside(
            "valid in a list that the bundle leaves out",
            elsewhere("https://danang.example/s/0/12/4", 77),
            "valid",
            fresh,
        ),
        beside(
            "revoked in the last entry of a list",
            elsewhere("https://danang.example/s/2/0/0", LAST),
            "revoked",
            fresh,
        ),
        beside(
            "revoked, its lists served elsewhere since",
            elsewhere("https://elsewhere.example/lists/0/12/3", REVOKED),
            "revoked",
            fresh,
        ),
        unknown(beside("an index behind every block", reference(LAST + 1), "valid", fresh)),
        unknown(beside(
            "a status of somebody else's lists",
            elsewhere("https://elsewhere.example/list", 77),
            "valid",
            fresh,
        )),
        unknown(beside("no status reference", elsewhere("", 0), "valid", fresh)),
        aged(beside("a bundle as old as allowed", reference(76), "valid", NOW - 900), 900),
        aged(beside("a bundle a second older than allowed", reference(76), "stale_status", NOW - 901), 900),
        aged(
            beside("suspended in a bundle that is too old", reference(SUSPENDED), "stale_status", NOW - 901),
            900,
        ),
        aged(beside("revoked in a bundle that is too old", reference(REVOKED), "revoked", NOW - 901), 900),
        beside("a bundle in its last second", reference(76), "valid", NOW - day + 1),
        beside("a bundle that has expired", reference(76), "stale_status", NOW - day),
        beside("a bundle signed five minutes ahead", reference(76), "valid", NOW + 300),
        beside("a bundle signed later than that", reference(76), "stale_status", NOW + 301),
        beside("revoked in a bundle of long ago", reference(REVOKED), "revoked", ISSUED),
    ]
}
