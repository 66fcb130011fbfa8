//! What an engine holds of a partition that is its own: where it is, and why it waits.

use crate::aggregates::HeldRows;

/// Why a partition waits. A closed list; each is an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PauseCause {
    /// A record names a schema that is not here: a newer gateway.
    UnknownSchema,
    /// An event names rules that are not here.
    UnknownRules,
    /// An event names a signing key that is not here.
    UnknownKey,
    /// An event's personal part is sealed.
    Sealed,
    /// A state row does not fit its table.
    RowShape,
    /// The log holds another event than the checkpoint says: restored, or made anew.
    AnotherHistory,
    /// The log ends before the checkpoint: restored from an older copy.
    LogBehind,
    /// The log begins after the checkpoint: records were deleted that were not decided yet.
    LogTrimmed,
}

impl PauseCause {
    /// All causes.
    pub const ALL: [Self; 8] = [
        Self::UnknownSchema,
        Self::UnknownRules,
        Self::UnknownKey,
        Self::Sealed,
        Self::RowShape,
        Self::AnotherHistory,
        Self::LogBehind,
        Self::LogTrimmed,
    ];

    /// The code in metrics, logs and status.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownSchema => "unknown_schema",
            Self::UnknownRules => "unknown_rules",
            Self::UnknownKey => "unknown_key",
            Self::Sealed => "sealed",
            Self::RowShape => "row_shape",
            Self::AnotherHistory => "another_history",
            Self::LogBehind => "log_behind",
            Self::LogTrimmed => "log_trimmed",
        }
    }

    /// Whether the log is not the one that the checkpoint was made from. That passes only when an operator acts; other causes
    /// pass in the course of an upgrade.
    #[must_use]
    pub const fn is_of_the_log(self) -> bool {
        matches!(self, Self::AnotherHistory | Self::LogBehind | Self::LogTrimmed)
    }
}

/// Whether the consumer stands where a partition's next record lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Placement {
    /// It does.
    Placed,
    /// Not before the checkpoint was read, and no more after an error. The next step places it, or nothing is decided.
    Displaced,
    /// Its log could not be asked, while that of others could: they go on, and it is tried again later.
    Unreachable,
}

/// A partition of this engine.
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    /// Aggregate rows as this owner wrote them last.
    pub aggregates: HeldRows,
    /// The topic's incarnation.
    pub epoch: u32,
    /// The first offset that is not decided.
    pub next_offset: u64,
    /// Set while the partition waits.
    pub paused: Option<PauseCause>,
    /// Whether the consumer stands at `next_offset`.
    pub placement: Placement,
}

impl Assigned {
    /// Whether its records are decided as they come.
    pub fn is_decided(&self) -> bool {
        self.placement == Placement::Placed && self.paused.is_none()
    }

    /// Whether it waits still for what it waited for at an offset: until it is known that the log and the checkpoint agree, or the record
    /// there was decided.
    pub fn may_wait_still(&self, cause: PauseCause, at: u64) -> bool {
        self.placement != Placement::Placed || (!cause.is_of_the_log() && self.next_offset == at)
    }

    /// Whether it waits for something else than its next record.
    pub fn waits(&self) -> bool {
        self.placement == Placement::Unreachable || self.paused.is_some()
    }
}
