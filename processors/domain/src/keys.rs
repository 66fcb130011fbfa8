//! Keys: from a number or a phone to an id that says nothing without the city's pepper.

use hmac::{Hmac, KeyInit, Mac};
use schemas::event::IdentifierKind;
use schemas::{CitizenId, PhoneKey};
use sha2::Sha256;

/// The city's secret that makes ids irreversible: 32 bytes. Changing it changes every id.
#[derive(Clone)]
pub struct Pepper(Hmac<Sha256>);

impl Pepper {
    /// A pepper from its 32 bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The id of the person with this identifier. `number` must be in canonical form: digits or upper case, no spaces.
    #[must_use]
    pub fn citizen(&self, kind: IdentifierKind, number: &str) -> CitizenId {
        let kind: &[u8] = match kind {
            IdentifierKind::PersonalNumber => b"personal_number",
            IdentifierKind::Cmnd => b"cmnd",
            IdentifierKind::Passport => b"passport",
            IdentifierKind::Child => b"child",
        };
        CitizenId(schemas::ids::uuid_v8(&self.digest(&[b"citizen", kind, number.as_bytes()])))
    }

    /// The id of a child without a number: by guardian, birth date (`YYYY-MM-DD`) and birth order.
    #[must_use]
    pub fn child(&self, guardian: CitizenId, birth_date: &str, birth_order: u8) -> CitizenId {
        self.citizen(IdentifierKind::Child, &format!("{guardian}|{birth_date}|{birth_order}"))
    }

    /// The key of a phone in its E.164 form.
    #[must_use]
    pub fn phone(&self, e164: &str) -> PhoneKey {
        let digest = self.digest(&[b"phone", e164.as_bytes()]);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        PhoneKey(key)
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_id_depends_on_pepper_kind_and_number() {
        let pepper = Pepper::new(&[1; 32]);
        let id = |kind, number| pepper.citizen(kind, number);
        let ids = BTreeSet::from([
            id(IdentifierKind::PersonalNumber, "048090000001"),
            id(IdentifierKind::PersonalNumber, "048090000002"),
            id(IdentifierKind::Cmnd, "048090000001"),
            Pepper::new(&[2; 32]).citizen(IdentifierKind::PersonalNumber, "048090000001"),
        ]);
        assert_eq!(ids.len(), 4);
        let again = Pepper::new(&[1; 32]).citizen(IdentifierKind::PersonalNumber, "048090000001");
        assert!(ids.contains(&again));
    }

    #[test]
    fn a_numberless_child_is_told_apart_by_guardian_day_and_order() {
        let pepper = Pepper::new(&[1; 32]);
        let one = pepper.citizen(IdentifierKind::PersonalNumber, "048090000001");
        let other = pepper.citizen(IdentifierKind::PersonalNumber, "048090000002");
        let ids = BTreeSet::from([
            pepper.child(one, "2024-01-01", 1),
            pepper.child(one, "2024-01-01", 2),
            pepper.child(one, "2024-01-02", 1),
            pepper.child(other, "2024-01-01", 1),
        ]);
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn a_pepper_does_not_show_itself() {
        assert_eq!(format!("{:?}", Pepper::new(&[1; 32])), "Pepper(..)");
    }
}
