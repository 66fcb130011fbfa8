//! The real runner against a hostile store, from a seed.
//!
//! [`simulate`] draws a log of events of all three streams, with repeats, conflicts and damage, and lets up to three owners process it
//! at once: partitions move between them, owners that lost a partition go on writing, owners die between two single-row writes, writes
//! time out and land late, batches are cut differently by each, and others act in the midst of every call to the store. At the end
//! every row must be what a [model](model::Model) made by folding the same deciders over the log one event at a time, and the numbered
//! invariants must hold. One thread; all that happens follows from the seed.
//!
//! The suite runs a fixed range of seeds. `SIMULATION_SEED=n` runs one of them alone, `SIMULATION_SEEDS=n` the first `n`. That the rules of
//! the design are needed is shown by leaving each out in turn: [`LeftOut`].

pub mod check;
pub mod draw;
pub mod log;
pub mod member;
pub mod model;
pub mod plan;
pub mod reference;
pub mod temper;
pub mod workload;
pub mod world;

use plan::Plan;
use projections::hostile::{HostileOptions, Keeping, Replicas};
use runner::Sabotage;
use std::panic::{AssertUnwindSafe, catch_unwind};
use world::World;

/// A seed that did not end as the model did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}: {what}\nrerun it alone: SIMULATION_SEED={seed} cargo test -p simulation")]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// What was found.
    pub what: String,
}

/// What a run went through: a run in which nothing happened proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Records in the log.
    pub records: u64,
    /// Batches that were written.
    pub commits: u64,
    /// Calls that ended in a passing error.
    pub errors: u64,
    /// Owners that died.
    pub deaths: u64,
    /// Batches written by an owner that had lost a partition in them.
    pub zombie_commits: u64,
    /// Actions of one owner in the midst of another's.
    pub interruptions: u64,
    /// Partitions that moved.
    pub moves: u64,
    /// Writes that landed after their writer had given up.
    pub late: u64,
}

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// By the store.
    Store(Keeping),
    /// By the runner.
    Runner(Sabotage),
}

/// Runs one seed, with one rule left out if so wished.
///
/// # Errors
/// [`Failure`] with the first thing that was found.
pub fn simulate(seed: u64, left_out: Option<LeftOut>) -> Result<Report, Failure> {
    let run = catch_unwind(AssertUnwindSafe(|| {
        let replicas = if seed.is_multiple_of(2) { Replicas::One } else { Replicas::Three };
        let mut weather = HostileOptions::stormy(replicas);
        let mut sabotage = None;
        match left_out {
            Some(LeftOut::Store(keeping)) => {
                weather = HostileOptions { keeping, replicas: Replicas::One, ..weather }
            }
            Some(LeftOut::Runner(rule)) => sabotage = Some(rule),
            None => {}
        }
        World::new(seed, Plan::of(seed), weather, sabotage).run()
    }));
    let found = run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    });
    found.map_err(|what| Failure { seed, what })
}
