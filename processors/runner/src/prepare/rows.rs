//! Rows of a batch: as read, with what earlier events of the batch made of them laid over.

use super::store_shape;
use crate::engine::{Engine, EngineError};
use crate::sabotage::Sabotage;
use domain::rows::{HistoryOutcome, HistoryRow};
use domain::{Key, Row, Table, TypedRow};
use foldhash::{HashMap, HashSet, HashSetExt};
use schemas::BodyHash;

/// Keys of a batch, each once, in the order they came: the same batch asks the store in the same order every time.
#[derive(Default)]
pub(super) struct Keys {
    slots: HashMap<(Table, Key), usize>,
}

impl Keys {
    /// Where the row of this key will stand.
    pub fn slot(&mut self, table: Table, key: Key) -> usize {
        let next = self.slots.len();
        *self.slots.entry((table, key)).or_insert(next)
    }

    fn in_order(self) -> Vec<(Table, Key)> {
        let mut keys: Vec<_> = self.slots.into_iter().collect();
        keys.sort_unstable_by_key(|(_, slot)| *slot);
        keys.into_iter().map(|(key, _)| key).collect()
    }
}

/// What history says of an event id.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub at: (u32, u64),
    pub body_hash: BodyHash,
}

/// A state row.
struct State {
    row: Option<Row>,
    is_changed: bool,
}

pub(super) struct Rows {
    state: Vec<State>,
    history: Vec<Option<Seen>>,
    /// Test builds only: state as it was read, to leave out what seems to cancel out.
    as_read: Option<Vec<Option<Row>>>,
}

impl Rows {
    /// Reads state, then history: a state row that is ahead proves that its history is there (rule 6).
    pub fn load(engine: &Engine, state: Keys, history: Keys) -> Result<Self, EngineError> {
        let store = &*engine.deps.store;
        let (state, history) = (state.in_order(), history.in_order());
        let (state, history) = if engine.leaves_out(Sabotage::HistoryBeforeState) {
            let history = store.load(&history)?;
            (store.load(&state)?, history)
        } else {
            (store.load(&state)?, store.load(&history)?)
        };
        let as_read = engine.leaves_out(Sabotage::CancelledOut).then(|| state.clone());
        let state = state.into_iter().map(|row| State { row, is_changed: false }).collect();
        let history = history.into_iter().map(|row| row.map_or(Ok(None), seen)).collect::<Result<_, _>>()?;
        Ok(Self { state, history, as_read })
    }

    pub fn state(&self, slot: usize) -> Option<&Row> {
        self.state[slot].row.as_ref()
    }

    /// Lays a decided row over what was read. Whether it is this partition's first change of it.
    pub fn change(&mut self, slot: usize, row: Row) -> bool {
        let state = &mut self.state[slot];
        state.row = Some(row);
        !std::mem::replace(&mut state.is_changed, true)
    }

    /// Takes a changed row out, to be written. No other partition asks for it: a state row has one writer.
    pub fn changed(&mut self, slot: usize) -> Option<Row> {
        let row = self.state[slot].row.take();
        let cells = |row: &Option<Row>| row.as_ref().map(|row| row.cells.clone());
        let cancelled = self.as_read.as_ref().is_some_and(|read| cells(&read[slot]) == cells(&row));
        row.filter(|_| !cancelled)
    }

    pub fn seen(&self, slot: usize) -> Option<Seen> {
        self.history[slot]
    }

    pub fn see(&mut self, slot: usize, seen: Seen) {
        self.history[slot] = Some(seen);
    }
}

/// What was taken out was not decided: when an operator appends it again it must be.
fn seen(row: Row) -> Result<Option<Seen>, EngineError> {
    let at = (row.cause.place.epoch, row.cause.place.offset);
    let history = HistoryRow::from_row(row).map_err(store_shape)?;
    let decided = matches!(history.outcome, HistoryOutcome::Applied | HistoryOutcome::Refused);
    Ok(decided.then_some(Seen { at, body_hash: history.body_hash }))
}

/// Keeps the last row of every key: the last operation on a key is written, whatever came before.
pub(super) fn keep_last_of_each_key(rows: &mut Vec<Row>) {
    let mut keys = HashSet::with_capacity(rows.len());
    let mut kept: Vec<bool> = rows.iter().rev().map(|row| keys.insert((row.table, &row.key))).collect();
    rows.retain(|_| kept.pop().unwrap_or(true));
}
