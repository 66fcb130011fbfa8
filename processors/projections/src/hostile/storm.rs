//! What happens to reads and writes on their way.

use super::replica::{Half, Replica, Write, checkpoint_stamp, stamp};
use super::{CRASHED, CrashPoint, Fate, HostileOptions, Keeping, Phase, Replicas, Violation};
use crate::{Checkpoint, Page, PartitionCommit, Scan, StoreError};
use domain::{Key, Row, Table};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::{Place, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};

type RowId = (Table, Key);
/// Asked before every single write.
pub(super) type CrashPoints = Box<dyn FnMut(CrashPoint) -> Fate + Send>;

pub(super) struct Storm {
    pub(super) options: HostileOptions,
    pub(super) crash_points: Option<CrashPoints>,
    pub(super) violations: Vec<Violation>,
    rng: ChaCha8Rng,
    replicas: Vec<Replica>,
    /// Writes that have not arrived, with the replica they go to.
    late: Vec<(usize, Write)>,
    writes: u64,
    /// What was to be written, until a checkpoint covers it, by partition, epoch and offset.
    wanted: BTreeMap<TopicPartition, BTreeMap<(u32, u64), BTreeSet<RowId>>>,
}

/// A partition's commit on its way.
pub(super) struct UnderWay {
    of: TopicPartition,
    /// Phases still to come, the next one last.
    phases: Vec<(Phase, Vec<Write>)>,
    /// How many writes of the next phase are acknowledged before it times out; none when it does not.
    until_timeout: Option<usize>,
}

fn unavailable(what: &str) -> StoreError {
    StoreError::Unavailable { reason: format!("{what} timed out") }
}

impl Storm {
    pub(super) fn new(seed: u64, options: HostileOptions) -> Self {
        let replicas = match options.replicas {
            Replicas::One => 1,
            Replicas::Three => 3,
        };
        Self {
            options,
            crash_points: None,
            violations: Vec::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            replicas: (0..replicas).map(|_| Replica::default()).collect(),
            late: Vec::new(),
            writes: 0,
            wanted: BTreeMap::new(),
        }
    }

    /// How many replicas acknowledge a write or answer a read: any two such sets meet.
    fn quorum(&self) -> usize {
        self.replicas.len() / 2 + 1
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.rng.random_range(0..1000) < per_mille
    }

    /// The replicas in an order of their own.
    fn shuffled_replicas(&mut self) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.replicas.len()).collect();
        order.shuffle(&mut self.rng);
        order
    }

    fn apply(&mut self, replica: usize, write: &Write) {
        let violation = self.replicas[replica].apply(write, self.options.keeping);
        self.note(violation);
    }

    fn note(&mut self, violation: Option<Violation>) {
        let new = violation.filter(|violation| !self.violations.contains(violation));
        self.violations.extend(new);
    }

    fn let_some_land(&mut self) {
        while !self.late.is_empty() && self.chance(self.options.landing_per_mille) {
            let at = self.rng.random_range(0..self.late.len());
            let (replica, write) = self.late.swap_remove(at);
            self.apply(replica, &write);
        }
    }

    pub(super) fn under_way(&self) -> usize {
        self.late.len()
    }

    pub(super) fn settle(&mut self) {
        let mut late = std::mem::take(&mut self.late);
        late.shuffle(&mut self.rng);
        for (replica, write) in late {
            self.apply(replica, &write);
        }
        if self.replicas.len() == 1 {
            return;
        }
        let rows = self.replicas.iter().flat_map(|r| r.rows.values().cloned().map(Write::Row));
        let checkpoints =
            self.replicas.iter().flat_map(|r| r.checkpoints.values().copied().map(Write::Checkpoint));
        for write in rows.chain(checkpoints).collect::<Vec<_>>() {
            for replica in 0..self.replicas.len() {
                self.apply(replica, &write);
            }
        }
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let mut newest: BTreeMap<&RowId, &Row> = BTreeMap::new();
        for (id, row) in self.replicas.iter().flat_map(|replica| &replica.rows) {
            let there = newest.entry(id).or_insert(row);
            if stamp(row) > stamp(there) {
                *there = row;
            }
        }
        newest.into_values().cloned().collect()
    }
}

// Looking, which changes nothing.
impl Storm {
    pub(super) fn newest(&self, id: &RowId) -> Option<&Row> {
        self.replicas.iter().filter_map(|replica| replica.rows.get(id)).max_by_key(|row| stamp(row))
    }

    pub(super) fn newest_checkpoint(&self, of: TopicPartition) -> Option<Checkpoint> {
        let found = self.replicas.iter().filter_map(|replica| replica.checkpoints.get(&of));
        found.copied().max_by_key(checkpoint_stamp)
    }
}

// Reading.
impl Storm {
    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.let_some_land();
        if self.chance(self.options.read_timeouts_per_mille) { Err(unavailable("a read")) } else { Ok(()) }
    }

    /// Asks a quorum and repairs it before answering.
    fn read_row(&mut self, id: &RowId) -> Option<Row> {
        let asked = self.shuffled_replicas();
        let asked = &asked[..self.quorum()];
        let newest = asked
            .iter()
            .filter_map(|r| self.replicas[*r].rows.get(id))
            .max_by_key(|row| stamp(row))
            .cloned()?;
        if asked.len() > 1 {
            for replica in asked {
                self.apply(*replica, &Write::Row(newest.clone()));
            }
        }
        Some(newest)
    }

    fn read_checkpoint(&mut self, of: TopicPartition) -> Option<Checkpoint> {
        let asked = self.shuffled_replicas();
        let asked = &asked[..self.quorum()];
        let found = asked.iter().filter_map(|r| self.replicas[*r].checkpoints.get(&of));
        let newest = found.copied().max_by_key(checkpoint_stamp)?;
        for replica in asked {
            self.apply(*replica, &Write::Checkpoint(newest));
        }
        Some(newest)
    }

    /// Keys are read in an order of their own, and writes arrive in between.
    pub(super) fn load(&mut self, keys: &[RowId]) -> Result<Vec<Option<Row>>, StoreError> {
        self.begin_read()?;
        let mut order: Vec<_> = (0..keys.len()).collect();
        order.shuffle(&mut self.rng);
        let mut rows = vec![None; keys.len()];
        for index in order {
            rows[index] = self.read_row(&keys[index]);
            self.let_some_land();
        }
        Ok(rows)
    }

    pub(super) fn checkpoint(&mut self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.begin_read()?;
        Ok(self.read_checkpoint(of))
    }

    pub(super) fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, StoreError> {
        self.begin_read()?;
        let of: BTreeSet<_> = self.replicas.iter().flat_map(|r| r.checkpoints.keys().copied()).collect();
        Ok(of.into_iter().filter_map(|of| self.read_checkpoint(of)).collect())
    }

    pub(super) fn scan(&mut self, scan: &Scan) -> Result<Page, StoreError> {
        self.begin_read()?;
        let under = |id: &&RowId| id.0 == scan.table && id.1.0.starts_with(&scan.prefix.0);
        let past = |id: &&RowId| scan.after.as_ref().is_none_or(|after| id.1 > *after);
        let first = (scan.table, scan.prefix.clone());
        let in_table = |r: &Replica| -> BTreeSet<RowId> {
            r.rows.range(&first..).map(|(id, _)| id).take_while(under).filter(past).cloned().collect()
        };
        let ids: BTreeSet<_> = self.replicas.iter().flat_map(in_table).collect();
        let rows_max = scan.rows_max.max(1);
        let mut page = Page::default();
        for id in &ids {
            if page.rows.len() == rows_max {
                page.next = page.rows.last().map(|row: &Row| row.key.clone());
                break;
            }
            let row = self.read_row(id);
            page.rows.extend(row);
        }
        Ok(page)
    }
}

// Writing.
impl Storm {
    /// Takes commits on their way. They go on with every [`Storm::write_on`].
    pub(super) fn begin_all(&mut self, commits: &[PartitionCommit]) -> Vec<UnderWay> {
        commits.iter().map(|commit| self.begin(commit)).collect()
    }

    /// Makes one step: a single write, or the end of a phase. Whether nothing was left to do.
    pub(super) fn write_on(&mut self, under_way: &mut Vec<UnderWay>) -> Result<bool, StoreError> {
        if under_way.is_empty() {
            return Ok(true);
        }
        self.let_some_land();
        let at = self.rng.random_range(0..under_way.len());
        let partition = &mut under_way[at];
        let Some((phase, writes)) = partition.phases.last_mut() else {
            under_way.swap_remove(at);
            return Ok(false);
        };
        if partition.until_timeout == Some(writes.len()) {
            self.abandon(std::mem::take(under_way));
            return Err(unavailable("a write"));
        }
        let point = CrashPoint { number: self.writes, of: partition.of, phase: *phase };
        let Some(write) = writes.last().cloned() else {
            partition.phases.pop();
            let left = partition.phases.last().map_or(0, |(_, writes)| writes.len());
            under_way[at].until_timeout = self.draw_timeout(left);
            return Ok(false);
        };
        match self.crash_points.as_mut().map_or(Fate::Lives, |ask| ask(point)) {
            Fate::Lives => {
                writes.pop();
                self.write_acknowledged(write);
                Ok(false)
            }
            fate => {
                if fate == Fate::DiesWithWritesUnderWay {
                    self.leave_under_way(std::mem::take(under_way));
                }
                Err(StoreError::Refused { reason: CRASHED.to_owned() })
            }
        }
    }

    /// Checks a commit's form and shuffles the writes of each phase.
    fn begin(&mut self, commit: &PartitionCommit) -> UnderWay {
        let checkpoint = commit.checkpoint;
        let mut seen = BTreeSet::new();
        for row in commit.follows.iter().chain(&commit.state) {
            let (id, place) = ((row.table, row.key.clone()), row.cause.place);
            let covered = place.topic_partition() == checkpoint.of
                && (place.epoch, place.offset) < checkpoint_stamp(&checkpoint)
                && place.epoch == checkpoint.epoch;
            self.note((!covered).then(|| Violation::OutsideItsCommit { row: id.clone(), place }));
            let wanted = self.wanted.entry(checkpoint.of).or_default();
            wanted.entry((place.epoch, place.offset)).or_default().insert(id.clone());
            let twice = !seen.insert(id.clone());
            self.note(twice.then_some(Violation::Twice { row: id }));
        }
        let halves = self.options.keeping == Keeping::Halves;
        let mut shuffled = |rows: &[Row]| {
            let mut writes: Vec<_> = if halves {
                rows.iter().flat_map(|row| Half::ALL.map(|half| Write::Half(row.clone(), half))).collect()
            } else {
                rows.iter().cloned().map(Write::Row).collect()
            };
            writes.shuffle(&mut self.rng);
            writes
        };
        let follows = (Phase::Follows, shuffled(&commit.follows));
        let state = (Phase::State, shuffled(&commit.state));
        let last = (Phase::Checkpoint, vec![Write::Checkpoint(checkpoint)]);
        let until_timeout = self.draw_timeout(follows.1.len());
        UnderWay { of: checkpoint.of, phases: vec![last, state, follows], until_timeout }
    }

    /// How many of a phase's writes are left when it times out.
    fn draw_timeout(&mut self, writes: usize) -> Option<usize> {
        let times_out = writes > 0 && self.chance(self.options.write_timeouts_per_mille);
        times_out.then(|| self.rng.random_range(1..=writes))
    }

    fn write_acknowledged(&mut self, write: Write) {
        self.writes += 1;
        let order = self.shuffled_replicas();
        let (now, rest) = order.split_at(self.quorum());
        for replica in now {
            self.apply(*replica, &write);
        }
        for replica in rest {
            self.arrive_sometime(*replica, &write);
        }
        if let Write::Checkpoint(checkpoint) = write {
            self.check_all_written(&checkpoint);
        }
    }

    /// At once, later or never.
    fn arrive_sometime(&mut self, replica: usize, write: &Write) {
        if self.rng.random_range(0..2) == 0 {
            self.apply(replica, write);
        } else if self.chance(self.options.late_per_mille) {
            self.late.push((replica, write.clone()));
        }
    }

    /// The caller has given up: of each partition's phase under way, none, some or all is applied, and some of the rest
    /// comes later. Phases that had not begun are never sent.
    fn abandon(&mut self, under_way: Vec<UnderWay>) {
        for (_, writes) in under_way.into_iter().filter_map(|mut partition| partition.phases.pop()) {
            let applied_per_mille = [0, 500, 1000][self.rng.random_range(0..3)];
            for write in writes {
                self.writes += 1;
                for replica in 0..self.replicas.len() {
                    if self.chance(applied_per_mille) {
                        self.apply(replica, &write);
                    } else if self.chance(self.options.late_per_mille) {
                        self.late.push((replica, write.clone()));
                    }
                }
            }
        }
    }

    fn leave_under_way(&mut self, under_way: Vec<UnderWay>) {
        for (_, writes) in under_way.into_iter().filter_map(|mut partition| partition.phases.pop()) {
            for write in writes {
                self.late.extend((0..self.replicas.len()).map(|replica| (replica, write.clone())));
            }
        }
    }

    /// I2: what a checkpoint covers can be read from any quorum.
    fn check_all_written(&mut self, checkpoint: &Checkpoint) {
        let Some(wanted) = self.wanted.get_mut(&checkpoint.of) else { return };
        let later = wanted.split_off(&checkpoint_stamp(checkpoint));
        let covered = std::mem::replace(wanted, later);
        for ((epoch, offset), rows) in covered {
            for row in rows {
                let holds =
                    |r: &&Replica| r.rows.get(&row).is_some_and(|there| stamp(there) >= (epoch, offset));
                if self.replicas.iter().filter(holds).count() >= self.quorum() {
                    continue;
                }
                let schemas::Topic::Stream(stream) = checkpoint.of.topic else { continue };
                let place = Place { stream, partition: checkpoint.of.partition, epoch, offset };
                let next_offset = checkpoint.next_offset;
                self.note(Some(Violation::PassedUnwritten { row, place, next_offset }));
            }
        }
    }
}
