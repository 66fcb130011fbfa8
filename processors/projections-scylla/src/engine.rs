//! Which of the two engines answers, and what they call things.

/// The engine behind the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Apache Cassandra.
    Cassandra,
    /// ScyllaDB.
    Scylla,
}

impl Engine {
    /// Options of every table beside its comment, each with its value as CQL writes it. Rows never expire; what a read at a quorum finds
    /// to differ is repaired before it is answered, so that what one decision has seen the next one sees (ScyllaDB always does so, and
    /// has no option for it).
    #[must_use]
    pub const fn table_options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Cassandra => &[("default_time_to_live", "0"), ("read_repair", "'BLOCKING'")],
            Self::Scylla => &[("default_time_to_live", "0")],
        }
    }
}
