//! Rows that follow from a decision: history and indexes. Never deleted.

use super::{table, words};
use schemas::{BodyHash, Channel, CitizenId, Day, EventId, Kind, Micros, PhoneKey, Stream};

words!(
    /// What became of an event, as history keeps it.
    HistoryOutcome {
        /// It had its effect.
        Applied = "applied",
        /// It was refused with a reason.
        Refused = "refused",
        /// It could not be decided and went to the dead letters.
        DeadLettered = "dead_lettered",
        /// An operator took it out.
        Quarantined = "quarantined",
    }
);

table! {
    /// What became of an event; written once, by the first offset that carries the id. The row's cause is that offset.
    History = "history", HistoryRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// The stream.
            stream: Stream,
            /// Which event.
            event_id: EventId,
        }
        cells {
            /// Applied or refused.
            outcome: HistoryOutcome,
            /// Code of the reason of a refusal; empty otherwise.
            reason: String,
            /// What kind it was; empty when that could not be read.
            kind: String,
            /// Of what the sender sent.
            body_hash: BodyHash,
            /// Who sent it.
            sender: String,
            /// How it came.
            channel: Option<Channel>,
            /// The day the act happened.
            occurred_on: Day,
            /// When it was accepted.
            accepted_at: Micros,
            /// What it was about, without personal data (a document id, a dossier code, a level).
            summary: String,
        }
    }
}

table! {
    /// Which accounts a phone belongs or belonged to.
    Phones = "phones", PhoneRow, partition 1 {
        key {
            /// The phone under the city's pepper.
            phone: PhoneKey,
            /// Whose.
            citizen: CitizenId,
        }
        cells {
            /// Which of the account's phones this is, from 1.
            epoch: u32,
            /// Whether it still is.
            active: bool,
            /// When it became or ceased to be the account's.
            since: Micros,
        }
    }
}

table! {
    /// Who owns a dossier. Two owners of one code are two rows.
    DossierCodes = "dossier_codes", DossierCodeRow, partition 1 {
        key {
            /// MaHoSo.
            code: String,
            /// Whose.
            citizen: CitizenId,
        }
        cells {
            /// When this owner's filing was accepted.
            filed_at: Micros,
            /// Who sent it.
            sender: String,
        }
    }
}

/// Offsets per block of a status list.
pub const STATUS_BLOCK_ENTRIES: u64 = 1 << 20;
/// Offsets whose status entries live together: not a whole block, all of whose codes end some day.
pub const STATUS_SECTION_ENTRIES: u64 = 1 << 16;

table! {
    /// A code whose status is, or once was, other than valid.
    StatusEntries = "status_entries", StatusEntryRow, partition 3 {
        key {
            /// Epoch of the issuing event.
            epoch: u32,
            /// Partition of the issuing event.
            partition: u16,
            /// `offset / STATUS_SECTION_ENTRIES`; sections do not lie across blocks.
            section: u64,
            /// Offset of the issuing event.
            offset: u64,
        }
        cells {
            /// 0 valid, 1 invalid, 2 suspended (Token Status List).
            status: u8,
            /// Whose code.
            citizen: CitizenId,
            /// When it became so.
            since: Micros,
        }
    }
}

/// Makes [`Kind`] readable from a history row.
impl HistoryRow {
    /// The kind, when it could be read.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::named(&self.kind)
    }
}

impl crate::row::InCell for CitizenId {
    const TYPE: crate::row::CellType = crate::row::CellType::Uuid;
    fn to_cell(&self) -> crate::row::Cell {
        crate::row::Cell::Uuid(self.0)
    }
    fn from_cell(cell: crate::row::Cell) -> Option<Self> {
        if let crate::row::Cell::Uuid(id) = cell { Some(Self(id)) } else { None }
    }
}
