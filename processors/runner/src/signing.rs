//! From an account row to what its code says, and the keys and rules that events name.

use domain::Rules;
use domain::rows::{AccountRow, STATUS_BLOCK_ENTRIES, Sex};
use identity::claims::StatusReference;
use identity::{Claims, SigningKey};
use schemas::{Kid, RulesId};
use std::sync::Arc;

/// What an event refers to by name. Look-ups are made for every event and must be cheap.
pub trait Reference: Send + Sync + 'static {
    /// The private key that signs what names this one: the key itself or, where it was revoked or lost, its successor. `None` when
    /// neither is here.
    fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>>;

    /// The rule set of this name; `None` when it is not here.
    fn rules(&self, id: RulesId) -> Option<Arc<Rules>>;
}

/// The address of the status list that holds the entry of a code issued at this place.
#[must_use]
pub fn status_uri(rules: &Rules, epoch: u32, partition: u16, offset: u64) -> String {
    format!("{}/{epoch}/{partition}/{}", rules.status_uri, offset / STATUS_BLOCK_ENTRIES)
}

/// What the code of this account says.
#[must_use]
pub fn claims_of(account: &AccountRow, rules: &Rules) -> Claims {
    let issued_at = account.issued_at.seconds();
    Claims {
        issuer: rules.issuer.clone(),
        qid: account.qid.clone(),
        serial: account.serial.clone(),
        declarant_qid: account.registrant.or(account.guardian).map_or_else(String::new, domain::decide::qid),
        masked_number: identity::national::mask_number(&account.number),
        full_name: account.full_name.clone(),
        birth_date: account.birth_date.clone(),
        sex: match account.sex {
            Sex::Male => identity::claims::Sex::Male,
            Sex::Female => identity::claims::Sex::Female,
            Sex::Other => identity::claims::Sex::Other,
        },
        level: account.level,
        issued_at,
        not_before: issued_at,
        expires_at: account.expires_at,
        status: StatusReference {
            uri: status_uri(rules, account.status_epoch, account.status_partition, account.status_index),
            index: account.status_index % STATUS_BLOCK_ENTRIES,
        },
    }
}
