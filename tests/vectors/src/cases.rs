//! All vectors, made from seeds.

mod damaged;
mod lists;
mod national;
mod packed;
mod presentations;
mod refused;
mod status;
mod valid;

use crate::build::{NOW, key, person, seed, trust_list};
use crate::{ListVector, Vector, claims_json, to_base64};
use identity::Claims;

/// The files of codes, by name.
#[must_use]
pub fn codes() -> Vec<(&'static str, Vec<Vector>)> {
    vec![
        ("valid.json", valid::cases()),
        ("damaged.json", damaged::cases()),
        ("packed.json", packed::cases()),
        ("refused.json", refused::cases()),
        ("national.json", national::cases()),
        ("status.json", status::cases()),
        ("presentations.json", presentations::cases()),
    ]
}

/// The files of lists, by name.
#[must_use]
pub fn lists() -> Vec<(&'static str, Vec<ListVector>)> {
    vec![
        ("lists/trust_lists.json", lists::trust_lists()),
        ("lists/status_bundles.json", lists::status_bundles()),
    ]
}

/// A code under version 7 of the list, at [`NOW`], without a status.
fn vector(name: impl Into<String>, code: impl Into<String>, verdict: &str) -> Vector {
    Vector {
        name: name.into(),
        code: code.into(),
        now: NOW,
        trust_list: to_base64(&trust_list().sign(&key(seed::ROOT))),
        root: hex::encode(key(seed::ROOT).public()),
        status_bundle: None,
        max_status_age: None,
        audience: None,
        verdict: verdict.to_owned(),
        status_checked: None,
        claims: None,
        presentation: None,
    }
}

impl Vector {
    /// With these claims, which were signed.
    fn of(mut self, claims: &Claims) -> Self {
        self.claims = Some(claims_json(claims));
        if self.verdict == "valid" {
            self.status_checked = Some(self.status_bundle.is_some());
        }
        self
    }

    fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }
}

/// A valid code of the one person.
fn valid(name: &str, code: impl Into<String>) -> Vector {
    vector(name, code, "valid").of(&person())
}
