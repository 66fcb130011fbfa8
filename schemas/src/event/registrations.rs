//! Bodies of the `registrations` stream.
//!
//! Fields that a rule of the field judges are text as sent: the decider refuses what is wrong, with its reason. Types are
//! closed only where a wrong value cannot be keyed or parsed.

use super::Personal;
use crate::CitizenId;
use serde::{Deserialize, Serialize};

/// What identifies a person to the city.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// 12-digit personal number.
    #[default]
    PersonalNumber,
    /// 9-digit identity card number of before 2021.
    Cmnd,
    /// Passport number: a letter and 7-8 digits.
    Passport,
    /// A child without a number yet: guardian, birth date, birth order.
    Child,
}

/// Who a person says, or is found, to be.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The number that the citizen id was made from; the gateway fills it in from `citizen`. Empty for a numberless child.
    #[serde(default)]
    pub number: String,
    /// As written; the decider normalises.
    pub full_name: String,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`: the precision is kept.
    pub birth_date: String,
    /// `male`, `female` or `other`.
    pub sex: String,
    /// As given; empty when none.
    #[serde(default)]
    pub phone: String,
    /// As given; empty when none.
    #[serde(default)]
    pub email: String,
    /// As given; empty when none.
    #[serde(default)]
    pub address: String,
}

/// What a registration rests on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The citizen's own word and a one-time password.
    SelfDeclared,
    /// The QR on the card was read.
    CardQr,
    /// A helper or desk saw the card.
    CardSeen,
    /// The population database agreed.
    PopulationDatabase,
    /// A federated provider (VNeID level 2) vouched.
    FederatedProvider,
    /// An officer saw the person and the card.
    OfficerInPerson,
}

/// An account is opened by or for a citizen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRegistered {
    /// Who.
    pub personal: Personal<Person>,
    /// What `personal.number` is; filled in by the gateway.
    #[serde(default)]
    pub identifier: IdentifierKind,
    /// What the registration rests on.
    pub evidence: Evidence,
    /// Under 14: the guardian. Filled in by the gateway from `guardian`.
    #[serde(default)]
    pub guardian: Option<CitizenId>,
    /// Declared by another person (1405 LoaiDinhDanh 1). Filled in by the gateway from `registrant`.
    #[serde(default)]
    pub registrant: Option<CitizenId>,
    /// BCP 47 tag, `vi` when empty.
    #[serde(default)]
    pub language: String,
}

/// An account is taken over from an older system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountInherited {
    /// Who.
    pub personal: Personal<Person>,
    /// What `personal.number` is; filled in by the gateway.
    #[serde(default)]
    pub identifier: IdentifierKind,
    /// Level in the older system, 0 or more; more than 1 counts as 1.
    pub level: i32,
    /// `YYYY-MM-DD`: when the account was opened there.
    pub opened_on: String,
    /// The older system's name.
    pub source: String,
    /// The account's id there; empty when it had none.
    #[serde(default)]
    pub source_reference: String,
}

/// A child's account is opened under a guardian.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildRegistered {
    /// Who.
    pub personal: Personal<Person>,
    /// `PersonalNumber` or `Child`; filled in by the gateway.
    #[serde(default)]
    pub identifier: IdentifierKind,
    /// Filled in by the gateway from `guardian`.
    #[serde(default)]
    pub guardian: Option<CitizenId>,
    /// `father`, `mother` or `guardian`.
    pub relation: String,
    /// Among children of one guardian born on one day, from 1.
    pub birth_order: i32,
}

/// How an identity was checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationMethod {
    /// The QR on the card: level 1.
    CardQr,
    /// The population database: level 1.
    PopulationDatabase,
    /// A federated provider (VNeID level 2): level 2.
    FederatedProvider,
    /// An officer, in person: level 2.
    OfficerInPerson,
}

/// The citizen's identity was checked at a higher level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityVerified {
    /// What the check found; empty fields say nothing.
    pub personal: Personal<Person>,
    /// How.
    pub method: VerificationMethod,
    /// The check's own reference (never the number); empty when none.
    #[serde(default)]
    pub evidence_reference: String,
}

/// What a correction says; `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// New name.
    #[serde(default)]
    pub full_name: Option<String>,
    /// New birth date, at another precision or corrected.
    #[serde(default)]
    pub birth_date: Option<String>,
    /// New address.
    #[serde(default)]
    pub address: Option<String>,
    /// New e-mail address; empty removes it.
    #[serde(default)]
    pub email: Option<String>,
}

/// Something the account says is corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileCorrected {
    /// What changes.
    pub personal: Personal<ProfileChange>,
    /// New language.
    #[serde(default)]
    pub language: Option<String>,
    /// New ward of residence, 5-digit code.
    #[serde(default)]
    pub residence_ward: Option<String>,
}

/// A phone.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneNumber {
    /// As given.
    pub phone: String,
}

/// The account gets another phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneChanged {
    /// The new phone.
    pub personal: Personal<PhoneNumber>,
    /// Whether the new phone answered a one-time password.
    pub confirmed: bool,
}

/// Which of the two records of one replacement this is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacedSide {
    /// Under the old id: the row redirects.
    #[default]
    Old,
    /// Under the new id: the row continues the person.
    New,
}

/// The personal number was replaced; appended under the old id and under the new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierReplaced {
    /// The person under the new number, as the desk holds it.
    pub personal: Personal<Person>,
    /// What `personal.number` is; filled in by the gateway.
    #[serde(default)]
    pub identifier: IdentifierKind,
    /// Filled in by the gateway: the event is appended once under each id.
    #[serde(default)]
    pub side: ReplacedSide,
    /// The other id; filled in by the gateway from `replaces`.
    #[serde(default = "no_one")]
    pub counterpart: CitizenId,
    /// Level of the account under the old number, 0 to 2, as the desk saw it.
    pub level: i32,
    /// `cmnd_to_number`, `sex_corrected`, `birth_corrected` or `reissued`.
    pub cause: String,
}

/// What is linked to an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A non-cash payment account.
    PaymentAccount,
    /// A digital signature certificate.
    DigitalSignature,
}

/// A payment account or digital signature is linked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountLinked {
    /// What.
    pub link: LinkKind,
    /// Who keeps it (bank, certification authority).
    pub provider: String,
    /// SHA-256 of the provider's reference, hexadecimal.
    pub reference_hash: String,
    /// The provider's proof, opaque.
    pub proof: String,
}

/// A link ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountUnlinked {
    /// What.
    pub link: LinkKind,
    /// As linked.
    pub provider: String,
    /// As linked.
    pub reference_hash: String,
}

/// The account and its code are suspended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSuspended {
    /// A code for why, such as `lost_card`, `fraud_suspected`, `court_order`.
    pub cause: String,
}

/// A suspension ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRestored {
    /// A code for why.
    pub cause: String,
}

/// Why an account ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosureCause {
    /// The citizen died.
    Deceased,
    /// The citizen moved away.
    MovedAway,
    /// The citizen asked.
    OnRequest,
    /// The account was merged into another of the same person.
    Merged,
}

/// The account ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountClosed {
    /// Why.
    pub cause: ClosureCause,
}

/// A new code is issued in place of the old.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityReissued {
    /// A code for why, such as `lost`, `stolen`, `expiring`, `key_withdrawn`.
    pub cause: String,
}

/// Stands in a submission until the gateway has keyed the other number.
const fn no_one() -> CitizenId {
    CitizenId(uuid::Uuid::nil())
}
