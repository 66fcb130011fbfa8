//! A run: owners, what moves and who dies.

use crate::Report;
use crate::check::Checker;
use crate::draw::Draw;
use crate::log::SimLog;
use crate::member::{Mailbox, Member, News};
use crate::model::Model;
use crate::plan::{Plan, Planned, partitions};
use crate::reference::{self, Known};
use crate::temper::Temper;
use event_log::{Consumer, PollLimits, Polled};
use parking_lot::Mutex;
use projections::hostile::{Fate, Hostile, HostileOptions, Moment, is_crash};
use runner::{Control, Deps, Engine, EngineError, Limits, Metrics, Mode, Prepared, Sabotage, Step};
use schemas::{Micros, TopicPartition};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Owners at once.
const OWNERS: usize = 3;
/// Steps of a run for each record of its log.
const STEPS_PER_RECORD: usize = 6;
/// Steps that the last owner may take for each record: it never needs so many.
const LAST_STEPS_PER_RECORD: usize = 40;
/// How deep one owner's action may stand within another's.
const INTERRUPTIONS_DEEP_MAX: usize = 2;

const LIMITS: Limits =
    Limits { batch_records_max: usize::MAX, batch_bytes_max: usize::MAX, idle_wait: Duration::ZERO };
const POLL: PollLimits =
    PollLimits { records_max: usize::MAX, bytes_max: usize::MAX, wait_max: Duration::ZERO };

/// Somebody who processes partitions, or thinks so.
struct Owner {
    engine: Engine,
    member: Member,
    prepared: Option<Prepared>,
}

/// Everything of a run that owners share.
pub struct World {
    seed: u64,
    temper: Temper,
    log: Arc<SimLog>,
    store: Arc<Hostile>,
    sabotage: Option<Sabotage>,
    /// Nobody stands where an owner is in the midst of a call.
    owners: [Mutex<Option<Owner>>; OWNERS],
    mailboxes: [Mailbox; OWNERS],
    state: Mutex<State>,
    plan: Plan,
}

struct State {
    draw: Draw,
    /// Whose each partition is.
    owned: BTreeMap<TopicPartition, usize>,
    depth: usize,
    born: u64,
    report: Report,
    /// Something that no storm explains.
    failure: Option<String>,
}

impl World {
    /// Everything before the first step.
    #[must_use]
    pub fn new(seed: u64, plan: Plan, weather: HostileOptions, sabotage: Option<Sabotage>) -> Arc<Self> {
        let state = State {
            draw: Draw::new(seed, 2),
            owned: BTreeMap::new(),
            depth: 0,
            born: 0,
            report: Report { records: plan.records.len() as u64, ..Report::default() },
            failure: None,
        };
        let world = Arc::new(Self {
            seed,
            temper: Temper::of(seed),
            log: Arc::new(SimLog::new(plan.epoch)),
            store: Arc::new(Hostile::new(seed, weather)),
            sabotage,
            owners: Default::default(),
            mailboxes: Default::default(),
            state: Mutex::new(state),
            plan,
        });
        for index in 0..OWNERS {
            world.be_born(index);
        }
        let shared = Arc::downgrade(&world);
        world.store.set_between(move |moment| {
            if let Some(world) = shared.upgrade() {
                world.interrupt(moment);
            }
        });
        let deaths_per_mille = world.temper.deaths_per_mille;
        let mut lots = Draw::new(seed, 3);
        world.store.set_crash_points(move |_| {
            if lots.below(1_000) >= deaths_per_mille {
                Fate::Lives
            } else {
                lots.one_of(&[Fate::DiesSilently, Fate::DiesWithWritesUnderWay])
            }
        });
        world
    }

    /// Runs to the end and checks it.
    ///
    /// # Errors
    /// The first thing that was found.
    pub fn run(self: &Arc<Self>) -> Result<Report, String> {
        let model = Model::of(&self.plan);
        let mut checker = Checker::new(&model, self.plan.epoch);
        let mut left: VecDeque<&Planned> = self.plan.records.iter().collect();
        for of in partitions() {
            self.hand_over(of);
        }
        for _ in 0..self.plan.records.len() * STEPS_PER_RECORD {
            self.step(&mut left);
            self.failed()?;
            checker.checkpoints(&self.store)?;
        }
        for record in left {
            record.append(&self.log);
        }
        self.store.clear_crash_points();
        self.let_the_last_one_finish()?;
        self.let_the_others_come_late();
        self.failed()?;
        self.store.clear_between();
        self.state.lock().report.late = self.store.under_way() as u64;
        self.store.settle();
        checker.checkpoints(&self.store)?;
        checker.end(&self.store, &self.log)?;
        self.store.set_weather(HostileOptions::calm());
        checker.replay(&self.store, &self.deps(), &self.log)?;
        Ok(self.state.lock().report)
    }

    /// Something is appended, or moves; then somebody acts.
    fn step(self: &Arc<Self>, left: &mut VecDeque<&Planned>) {
        let (appends, moves, actor) = {
            let draw = &mut self.state.lock().draw;
            let appends = if draw.percent(self.temper.appends) { 1 + draw.below(3) } else { 0 };
            (appends, draw.percent(self.temper.moves), draw.below(OWNERS))
        };
        for record in left.drain(..appends.min(left.len())) {
            record.append(&self.log);
        }
        if moves {
            let all = partitions();
            let moved = all[self.state.lock().draw.below(all.len())];
            self.hand_over(moved);
        }
        self.act(actor);
    }

    /// Gives a partition to somebody; who had it is told, sooner or later.
    fn hand_over(&self, of: TopicPartition) {
        let mut state = self.state.lock();
        let to = state.draw.below(OWNERS);
        let from = state.owned.insert(of, to);
        if from == Some(to) {
            return;
        }
        if let Some(from) = from {
            state.report.moves += 1;
            self.mailboxes[from].lock().push_back(News::Lost(of));
        }
        self.mailboxes[to].lock().push_back(News::Gained(of));
    }

    /// In the midst of somebody's call, somebody else acts.
    fn interrupt(self: &Arc<Self>, moment: Moment) {
        let chance = match moment {
            Moment::Read => self.temper.interruptions_reading,
            Moment::Write => self.temper.interruptions_writing,
        };
        let actor = {
            let mut state = self.state.lock();
            if state.depth >= INTERRUPTIONS_DEEP_MAX || !state.draw.percent(chance) {
                return;
            }
            state.depth += 1;
            state.draw.below(OWNERS)
        };
        let acts = 1 + self.state.lock().draw.below(3);
        for _ in 0..acts {
            if self.act(actor) {
                self.state.lock().report.interruptions += 1;
            }
        }
        self.state.lock().depth -= 1;
    }

    /// Lets an owner do one thing, unless it is in the midst of another. Whether it did.
    fn act(self: &Arc<Self>, index: usize) -> bool {
        let Some(mut owner) = self.owners[index].lock().take() else { return false };
        let (splits, commits) = {
            let draw = &mut self.state.lock().draw;
            (draw.percent(self.temper.splits), draw.percent(60))
        };
        let done = match owner.prepared.take() {
            Some(prepared) if commits => self.commit(index, &mut owner, prepared),
            Some(prepared) => {
                owner.prepared = Some(prepared);
                Ok(())
            }
            None if splits => owner.prepare(),
            None => owner.engine.step(&mut owner.member).map(|step| {
                self.state.lock().report.commits += u64::from(matches!(step, Step::Decided(_)));
            }),
        };
        match done {
            Ok(()) => *self.owners[index].lock() = Some(owner),
            Err(EngineError::Store(error)) if is_crash(&error) => {
                self.state.lock().report.deaths += 1;
                self.die(index);
            }
            Err(error) if error.is_retryable() => {
                self.state.lock().report.errors += 1;
                *self.owners[index].lock() = Some(owner);
            }
            Err(error) => {
                self.state.lock().failure.get_or_insert(format!("an owner stopped: {error}"));
                *self.owners[index].lock() = Some(owner);
            }
        }
        true
    }

    fn commit(&self, index: usize, owner: &mut Owner, prepared: Prepared) -> Result<(), EngineError> {
        let is_zombie = {
            let owned = &self.state.lock().owned;
            prepared.commits.iter().any(|c| owned.get(&c.checkpoint.of) != Some(&index))
        };
        owner.engine.commit(&mut owner.member, prepared)?;
        let report = &mut self.state.lock().report;
        report.commits += 1;
        report.zombie_commits += u64::from(is_zombie);
        Ok(())
    }

    /// An owner is gone with all that it held; its partitions go to others, or to who comes in its place.
    fn die(self: &Arc<Self>, index: usize) {
        self.mailboxes[index].lock().clear();
        let orphans: Vec<_> = {
            let mut state = self.state.lock();
            let orphans =
                state.owned.iter().filter(|(_, owner)| **owner == index).map(|(of, _)| *of).collect();
            state.owned.retain(|_, owner| *owner != index);
            orphans
        };
        self.be_born(index);
        for of in orphans {
            self.hand_over(of);
        }
    }

    fn be_born(self: &Arc<Self>, index: usize) {
        for of in partitions() {
            if self.state.lock().draw.percent(self.temper.illusions) {
                self.mailboxes[index].lock().push_back(News::Gained(of));
            }
        }
        let member = self.member(Arc::clone(&self.mailboxes[index]));
        *self.owners[index].lock() = Some(Owner { engine: self.engine(), member, prepared: None });
    }

    fn member(&self, mailbox: Mailbox) -> Member {
        let born = {
            let mut state = self.state.lock();
            state.born += 1;
            state.born
        };
        Member::new(Arc::clone(&self.log), Draw::new(self.seed, 100 + born), self.temper, mailbox)
    }

    fn deps(&self) -> Deps {
        Deps {
            log: Arc::clone(&self.log) as _,
            store: Arc::clone(&self.store) as _,
            reference: Arc::new(Known),
            control: Arc::new(Control::default()),
            metrics: Metrics::register(&prometheus::Registry::new())
                .expect("a registry of its own takes all names"),
            clock: Arc::new(|| Micros(0)),
        }
    }

    fn engine(&self) -> Engine {
        let mut engine = Engine::new(self.deps(), Mode::Live, LIMITS).with_decider(reference::decide);
        if let Some(rule) = self.sabotage {
            engine.sabotage(rule);
        }
        engine
    }

    /// One more owner gets everything and goes on to the end; the others still believe what they believe.
    fn let_the_last_one_finish(self: &Arc<Self>) -> Result<(), String> {
        let gained = partitions().into_iter().map(News::Gained).collect();
        let mut member = self.member(Arc::new(Mutex::new(gained)));
        let mut engine = self.engine();
        let ends: Vec<_> = runner::log_ends(&*self.log).map_err(|error| error.to_string())?;
        for _ in 0..self.plan.records.len() * LAST_STEPS_PER_RECORD {
            match engine.step(&mut member) {
                Ok(_) => {}
                Err(error) if error.is_retryable() => self.state.lock().report.errors += 1,
                Err(error) => return Err(format!("the last owner stopped: {error}")),
            }
            let is_at_end = |(of, end): &(TopicPartition, u64)| {
                *end == 0 || self.store.newest_checkpoint(*of).is_some_and(|c| c.next_offset == *end)
            };
            if ends.iter().all(is_at_end) {
                return Ok(());
            }
        }
        Err("the last owner does not come to an end".to_owned())
    }

    /// What others had prepared long ago is written now.
    fn let_the_others_come_late(self: &Arc<Self>) {
        for round in 0..2 * OWNERS {
            self.act(round % OWNERS);
        }
    }

    fn failed(&self) -> Result<(), String> {
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }
}

impl Owner {
    /// Takes what is there without writing what follows from it.
    fn prepare(&mut self) -> Result<(), EngineError> {
        match self.member.poll(POLL)? {
            Polled::Records(batch) => self.prepared = Some(self.engine.prepare(batch)?),
            Polled::Assigned(gained) => self.engine.assign(&mut self.member, &gained)?,
            Polled::Revoked(lost) => self.engine.revoke(&lost),
            Polled::Idle => {}
        }
        Ok(())
    }
}
