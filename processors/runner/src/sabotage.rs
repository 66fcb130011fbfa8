//! Rules of the design that a test build can leave out.

/// A rule of the design that a test build can leave out, to show that the simulation notices. That rows carry places, and that they are
/// written whole, is the store's: the hostile store leaves those out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// State rows are written before what follows (rule 5).
    StateBeforeFollows,
    /// The last operation on a key is left out when a batch seems to cancel it out (rule 5).
    CancelledOut,
    /// A state row that is ahead is decided again (rule 6).
    DecideAhead,
    /// History is read before state (rule 6).
    HistoryBeforeState,
    /// What is held between batches is kept when a state row is found ahead (rule 6).
    KeepHeld,
    /// A history row at the event's own offset makes it a duplicate (rule 7).
    DuplicateOfItself,
    /// A repeat overwrites history (rule 7).
    RepeatOverwrites,
    /// Aggregates add without looking at what is inside (rule 8).
    AggregateTwice,
    /// The checkpoint is written first (rule 9).
    CheckpointFirst,
}
