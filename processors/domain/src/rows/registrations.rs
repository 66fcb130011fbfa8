//! `accounts`: one row per citizen, with the identity in force.

use super::{table, words};
use crate::row::Json;
use schemas::event::{IdentifierKind, LinkKind};
use schemas::{Channel, CitizenId, Day, Kid, Micros, PhoneKey};
use serde::{Deserialize, Serialize};

words!(
    /// What state an account is in.
    AccountStatus {
        /// In use.
        Active = "active",
        /// Suspended with its code.
        Suspended = "suspended",
        /// Ended.
        Closed = "closed",
        /// The number was replaced; see `replaced_by`.
        Replaced = "replaced",
    }
);

words!(
    /// Sex as the card says it.
    Sex {
        /// Nam.
        Male = "male",
        /// Nữ.
        Female = "female",
        /// Neither, or not known: a text message with an old card's number says none.
        Other = "other",
    }
);

/// A payment account or digital signature of the citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What.
    pub link: LinkKind,
    /// Who keeps it.
    pub provider: String,
    /// SHA-256 of the provider's reference, hexadecimal.
    pub reference_hash: String,
    /// The provider's proof, opaque.
    pub proof: String,
    /// When it was linked.
    pub since: Micros,
}

/// What was detached when the owner took a squatted account over: kept for the record, hidden from the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detached {
    /// Place of the event that took over.
    pub by_offset: u64,
    /// The squatter's phone.
    pub phone: String,
    /// What the squatter had called themselves.
    pub full_name: String,
    /// Links the squatter had added.
    pub links: Vec<Link>,
}

impl crate::row::InCell for IdentifierKind {
    const TYPE: crate::row::CellType = crate::row::CellType::Text;
    fn to_cell(&self) -> crate::row::Cell {
        crate::row::Cell::Text(
            match self {
                Self::PersonalNumber => "personal_number",
                Self::Cmnd => "cmnd",
                Self::Passport => "passport",
                Self::Child => "child",
            }
            .to_owned(),
        )
    }
    fn from_cell(cell: crate::row::Cell) -> Option<Self> {
        let crate::row::Cell::Text(text) = cell else { return None };
        Some(match text.as_str() {
            "personal_number" => Self::PersonalNumber,
            "cmnd" => Self::Cmnd,
            "passport" => Self::Passport,
            "child" => Self::Child,
            _ => return None,
        })
    }
}

table! {
    /// An account with the identity in force. State of the `registrations` stream.
    Accounts = "accounts", AccountRow, partition 1 {
        key {
            /// Who.
            citizen: CitizenId,
        }
        cells {
            /// In use, suspended, ended, replaced.
            status: AccountStatus,
            /// Assurance level, 0 to 2.
            level: u8,
            /// What `number` is.
            identifier: IdentifierKind,
            /// The whole number; empty for a numberless child. Personal.
            number: String,
            /// NFC, single spaces. Personal.
            full_name: String,
            /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. Personal.
            birth_date: String,
            /// As the card says.
            sex: Sex,
            /// E.164; empty when none. Personal.
            phone: String,
            /// The phone under the pepper.
            phone_key: Option<PhoneKey>,
            /// Rises with every phone this account has had, from 1; 0 when it never had one.
            phone_epoch: u32,
            /// Empty when none. Personal.
            email: String,
            /// Empty when none. Personal.
            address: String,
            /// BCP 47.
            language: String,
            /// Ward of residence, as it was called on `ward_on`.
            ward: String,
            /// The day whose table of wards `ward` is read by.
            ward_on: Day,
            /// The day the account was opened, here or in the older system.
            opened_on: Day,
            /// How it was opened.
            opened_by: Channel,
            /// Who sent the event that opened it.
            sender: String,
            /// The team that opened it; empty when none.
            team: String,
            /// Guardian of a child.
            guardian: Option<CitizenId>,
            /// What the guardian is to the child: `father`, `mother`, `guardian`; empty when not said.
            relation: String,
            /// Who declared it for the citizen.
            registrant: Option<CitizenId>,
            /// Whether the citizen has confirmed what another declared.
            confirmed: bool,
            /// Whether the event that replaced the number contradicts what this row held: for the desk.
            contradiction: bool,
            /// Where the person continues.
            replaced_by: Option<CitizenId>,
            /// The account that continued here.
            replaces: Option<CitizenId>,
            /// Code of why it was suspended or closed; empty otherwise.
            status_cause: String,
            /// Payment accounts and digital signatures.
            links: Json<Vec<Link>>,
            /// What was detached at take-overs.
            detached: Json<Vec<Detached>>,
            /// The opaque id in the codes.
            qid: String,
            /// Serial of the code in force; empty when no code is in force.
            serial: String,
            /// Epoch of the code's status entry.
            status_epoch: u32,
            /// Partition of the event that issued the code: another epoch may have had another number of partitions.
            status_partition: u16,
            /// Offset of the event that issued the code in force: its status index.
            status_index: u64,
            /// When the code in force was issued.
            issued_at: Micros,
            /// The first second at which it no longer holds, since 1970.
            expires_at: i64,
            /// Which key signed.
            kid: Option<Kid>,
            /// The signed token, base45 text as it stands in the QR; empty when no code is in force.
            token: String,
        }
    }
}
