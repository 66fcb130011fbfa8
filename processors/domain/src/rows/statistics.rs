//! Aggregates: running values with the last offset inside them. One row per (stream, partition); merged on read.

use super::{table, words};
use schemas::{Day, Stream};

words!(
    /// What statistics are counted by.
    Dimension {
        /// One value, `all`.
        City = "city",
        /// Ward of the event; of residence for accounts.
        Ward = "ward",
        /// Sender.
        Agency = "agency",
        /// Community team.
        Team = "team",
        /// Channel.
        Channel = "channel",
        /// Assurance level.
        Level = "level",
        /// Kind of event.
        Kind = "kind",
        /// Kind of paper.
        Paper = "paper",
        /// Procedure.
        Procedure = "procedure",
    }
);

words!(
    /// What is counted. What stands at a time (accounts, papers) moves by +1 and -1: its sum over days is what stands.
    Measure {
        /// Accounts opened.
        AccountsNew = "accounts_new",
        /// Accounts at level 0, gained less lost.
        AccountsLevel0 = "accounts_level_0",
        /// Accounts at level 1, gained less lost.
        AccountsLevel1 = "accounts_level_1",
        /// Accounts at level 2, gained less lost.
        AccountsLevel2 = "accounts_level_2",
        /// Accounts raised to a higher level.
        AccountsUpgraded = "accounts_upgraded",
        /// Accounts corrected.
        AccountsUpdated = "accounts_updated",
        /// Accounts closed or replaced.
        AccountsEnded = "accounts_ended",
        /// Accounts with a payment account, gained less lost.
        PaymentLinked = "payment_linked",
        /// Accounts with a digital signature, gained less lost.
        SignatureLinked = "signature_linked",
        /// Papers uploaded by their owner, filed less withdrawn.
        DocumentsSelf = "documents_self",
        /// Papers issued by an agency, filed less withdrawn.
        DocumentsAgency = "documents_agency",
        /// Certified copies, filed less withdrawn.
        DocumentsCertified = "documents_certified",
        /// Dossiers filed.
        DossiersReceived = "dossiers_received",
        /// Of these, online.
        DossiersOnline = "dossiers_online",
        /// Of these, with every component digitised.
        DossiersDigitised = "dossiers_digitised",
        /// Of these, with a component reused.
        DossiersReusing = "dossiers_reusing",
        /// Dossiers whose result was issued.
        DossiersFinished = "dossiers_finished",
        /// Of these, by the promised day.
        DossiersOnTime = "dossiers_on_time",
        /// Of these, with an electronic result.
        ResultsElectronic = "results_electronic",
        /// Bills issued less cancelled.
        BillsIssued = "bills_issued",
        /// Payments made.
        PaymentsMade = "payments_made",
        /// Đồng paid less returned.
        AmountPaid = "amount_paid",
        /// Appointments booked.
        Appointments = "appointments",
        /// Visits begun.
        Visits = "visits",
        /// Feedback sent.
        FeedbackSent = "feedback_sent",
        /// Feedback refused or resolved.
        FeedbackAnswered = "feedback_answered",
        /// Ratings and answers in force, gained less lost.
        Ratings = "ratings",
        /// Sum of their stars.
        Stars = "stars",
        /// Events applied.
        Applied = "applied",
        /// Events refused.
        Refused = "refused",
        /// Events repeated.
        Duplicate = "duplicate",
    }
);

/// Partitions of the log whose counts of a day by a dimension live together: there is a row for each value and partition, and a dimension
/// such as the teams has thousands of values.
pub const STATISTICS_BUCKET_PARTITIONS: u16 = 8;

table! {
    /// Counts of one day by one value of one dimension, from one partition.
    Statistics = "statistics", StatisticsRow, partition 3 {
        key {
            /// The day of acceptance, in Việt Nam.
            day: Day,
            /// What is counted by: a [`Dimension`]'s name.
            dimension: String,
            /// Where the partition's counts live: see [`StatisticsRow::bucket_of`].
            bucket: u16,
            /// The ward, agency, team ...
            value: String,
            /// The stream that counted.
            stream: Stream,
            /// The partition that counted.
            partition: u16,
        }
        cells {
            /// The last offset that changed this row; what is at or below it is inside.
            agg_off: u64,
            /// The counts that are not zero, by measure.
            counts: Counts,
        }
    }
}

impl StatisticsRow {
    /// The bucket of a partition's counts.
    #[must_use]
    pub const fn bucket_of(partition: u16) -> u16 {
        partition / STATISTICS_BUCKET_PARTITIONS
    }

    /// The buckets of the counts of so many partitions.
    pub fn buckets(partitions: u16) -> impl Iterator<Item = u16> {
        0..partitions.div_ceil(STATISTICS_BUCKET_PARTITIONS)
    }
}

table! {
    /// What became of the events of one sender in one partition (I1).
    Ledger = "ledger", LedgerRow, partition 2 {
        key {
            /// The stream.
            stream: Stream,
            /// The partition.
            partition: u16,
            /// The sender; empty where it could not be read.
            sender: String,
        }
        cells {
            /// The last offset that changed this row; what is at or below it is inside.
            agg_off: u64,
            /// Events that had their effect.
            applied: u64,
            /// Repeats.
            duplicate: u64,
            /// Events refused with a reason.
            refused: u64,
            /// Records that could not be decided.
            dead_lettered: u64,
            /// Records an operator took out.
            quarantined: u64,
        }
    }
}

/// Counts by measure. In a cell: `measure=count` pairs in the order of [`Measure::ALL`], separated by spaces, zeros left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts(std::collections::BTreeMap<Measure, i64>);

impl Counts {
    /// Adds `delta` to a measure.
    pub fn add(&mut self, measure: Measure, delta: i64) {
        let count = self.0.entry(measure).or_default();
        *count += delta;
        if *count == 0 {
            self.0.remove(&measure);
        }
    }

    /// The count of a measure.
    #[must_use]
    pub fn get(&self, measure: Measure) -> i64 {
        self.0.get(&measure).copied().unwrap_or_default()
    }

    /// The counts that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, i64)> + '_ {
        self.0.iter().map(|(m, n)| (*m, *n))
    }
}

impl crate::row::InCell for Counts {
    const TYPE: crate::row::CellType = crate::row::CellType::Text;

    fn to_cell(&self) -> crate::row::Cell {
        let pairs: Vec<String> = self.iter().map(|(m, n)| format!("{}={n}", m.name())).collect();
        crate::row::Cell::Text(pairs.join(" "))
    }

    fn from_cell(cell: crate::row::Cell) -> Option<Self> {
        let crate::row::Cell::Text(text) = cell else { return None };
        let mut counts = Self::default();
        for pair in text.split_whitespace() {
            let (measure, count) = pair.split_once('=')?;
            counts.add(Measure::named(measure)?, count.parse().ok()?);
        }
        Some(counts)
    }
}
