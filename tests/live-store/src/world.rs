//! The store under test, a keyspace for each that asks, and rows.

use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table, row::KeyType};
use projections::{Checkpoint, PartitionCommit};
use projections_scylla::{Options, ScyllaStore, migrate};
use prometheus::Registry;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::frame::types::Consistency;
use scylla::policies::host_filter::AllowListHostFilter;
use scylla::response::query_result::QueryResult;
use stack::Stack;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// What nodes of a stack call their data centre.
pub const DATACENTER: &str = "datacenter1";
/// After so long what is waited for does not come any more. Not a measure of speed.
pub const HANG: Duration = Duration::from_secs(300);
/// The stack's only node.
pub const NODE: &str = "node-1";

/// The stack, started by the first that asks. It ends with this process: a guard sees to that.
fn stack() -> &'static RwLock<Stack> {
    static STACK: OnceLock<RwLock<Stack>> = OnceLock::new();
    STACK.get_or_init(|| RwLock::new(Stack::temporary(0, 1).unwrap()))
}

/// A store that answers for as long as this is held.
pub struct Running {
    _stack: Option<RwLockReadGuard<'static, Stack>>,
    nodes: Vec<String>,
    datacenter: String,
}

/// The stack's node, or the store that the environment names.
#[must_use]
pub fn running() -> Running {
    if let Ok(named) = std::env::var("CONGDANSO_TEST_STORE") {
        let (node, datacenter) = named.split_once(',').unwrap_or((&named, DATACENTER));
        return Running { _stack: None, nodes: vec![node.to_owned()], datacenter: datacenter.to_owned() };
    }
    let stack = stack().read().unwrap();
    let nodes = stack.contact_points();
    Running { _stack: Some(stack), nodes, datacenter: DATACENTER.to_owned() }
}

/// The stack for one test alone, which may kill and pause it.
pub fn alone() -> RwLockWriteGuard<'static, Stack> {
    stack().write().unwrap()
}

/// Settings of a keyspace that nobody else has.
#[must_use]
pub fn options_of(nodes: Vec<String>, datacenter: &str) -> Options {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    Options::new(nodes, format!("t{}_{n}", std::process::id()), datacenter.to_owned())
}

/// As [`options_of`], on all nodes of a stack.
#[must_use]
pub fn options_on(stack: &Stack) -> Options {
    options_of(stack.contact_points(), DATACENTER)
}

impl Running {
    /// Settings of a keyspace that nobody else has.
    #[must_use]
    pub fn options(&self) -> Options {
        options_of(self.nodes.clone(), &self.datacenter)
    }

    /// Settings of tables that are there.
    #[must_use]
    pub fn migrated(&self) -> Options {
        let options = self.options();
        migrate(&options).unwrap();
        options
    }
}

/// Opens a store whose tables are there.
#[must_use]
pub fn open(options: &Options) -> Arc<ScyllaStore> {
    ScyllaStore::open(options, &Registry::new()).unwrap()
}

/// A hand at the store beside the adapter.
pub struct Hand {
    runtime: Runtime,
    session: Session,
}

impl Hand {
    /// A hand at all nodes.
    #[must_use]
    pub fn at(options: &Options) -> Self {
        Self::of(SessionBuilder::new().known_nodes(&options.nodes))
    }

    /// A hand at one node alone, which answers with what it has itself where it has a copy.
    #[must_use]
    pub fn at_one(node: &str) -> Self {
        let profile = ExecutionProfile::builder().consistency(Consistency::One).build();
        let alone = AllowListHostFilter::new([node]).unwrap();
        Self::of(
            SessionBuilder::new()
                .known_node(node)
                .host_filter(Arc::new(alone))
                .default_execution_profile_handle(profile.into_handle()),
        )
    }

    fn of(builder: SessionBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = runtime.block_on(builder.build()).unwrap();
        Self { runtime, session }
    }

    /// Does it.
    pub fn does(&self, statement: &str) {
        self.runtime.block_on(self.session.query_unpaged(statement, ())).unwrap();
    }

    /// The first column of every row, as a number.
    #[must_use]
    pub fn numbers(&self, question: &str) -> Vec<i64> {
        first_column(self.runtime.block_on(self.session.query_unpaged(question, ())).unwrap())
    }

    /// As [`Hand::numbers`], asked again while nodes that are gone are still expected to answer.
    #[must_use]
    pub fn numbers_at_last(&self, question: &str) -> Vec<i64> {
        let until = Instant::now() + HANG;
        loop {
            match self.runtime.block_on(self.session.query_unpaged(question, ())) {
                Ok(answer) => return first_column(answer),
                Err(error) => assert!(Instant::now() < until, "{question} is not answered: {error}"),
            }
        }
    }

    /// Whether there is a row.
    #[must_use]
    pub fn has_rows(&self, table: &str) -> bool {
        let question = format!("SELECT * FROM {table} LIMIT 1");
        let answer = self.runtime.block_on(self.session.query_unpaged(question, ())).unwrap();
        answer.into_rows_result().unwrap().rows_num() > 0
    }
}

fn first_column(answer: QueryResult) -> Vec<i64> {
    let answer = answer.into_rows_result().unwrap();
    answer.rows::<(i64,)>().unwrap().map(|row| row.unwrap().0).collect()
}

/// A runtime for what a store gives to wait for.
#[must_use]
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// The partition that events come from.
pub const OF: TopicPartition = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 5 };

fn place(offset: u64) -> Place {
    Place { stream: Stream::Registrations, partition: OF.partition, epoch: 0, offset }
}

/// A row of citizen `citizen` whose other key columns say `n`, and whose cells say the offset.
#[must_use]
pub fn row(table: Table, citizen: u64, n: u64, offset: u64) -> Row {
    let def = table.def();
    let part = |(index, (_, kind)): (usize, &(&str, KeyType))| {
        let value = if index < def.partition_columns { citizen } else { n };
        match kind {
            KeyType::Uuid => KeyPart::Uuid(Uuid::from_u128(u128::from(value) << 64)),
            KeyType::Text => KeyPart::Text(format!("n{value}")),
            KeyType::Int => KeyPart::Int(value),
            KeyType::Bytes => KeyPart::Bytes(value.to_be_bytes().to_vec()),
        }
    };
    let cell = |(_, kind): &(&str, CellType)| match kind {
        CellType::Text => Cell::Text(format!("at {offset}")),
        CellType::Int | CellType::Day | CellType::Micros => Cell::Int(offset as i64),
        CellType::Bytes => Cell::Bytes(offset.to_be_bytes().to_vec()),
        CellType::Uuid => Cell::Uuid(Uuid::from_u128(u128::from(offset))),
        CellType::Bool => Cell::Bool(offset % 2 == 1),
    };
    let event_id = EventId(Uuid::from_u128(u128::from(offset) + 1));
    Row {
        table,
        key: Key(def.key.iter().enumerate().map(part).collect()),
        cause: Cause { place: place(offset), event_id },
        cells: def.cells.iter().map(cell).collect(),
    }
}

/// The checkpoint behind events below `next_offset`.
#[must_use]
pub fn checkpoint(next_offset: u64) -> Checkpoint {
    let last_event_id = EventId(Uuid::from_u128(u128::from(next_offset)));
    Checkpoint { of: OF, epoch: 0, next_offset, last_event_id }
}

/// Citizens that the events go round.
pub const CITIZENS: u64 = 7;

/// What events `from..to` write: a history row each, and the last word on each citizen's account.
#[must_use]
pub fn commit(from: u64, to: u64) -> PartitionCommit {
    let history = (from..to).map(|offset| row(Table::History, offset % CITIZENS, offset, offset));
    let first_last = from.max(to.saturating_sub(CITIZENS));
    let accounts = (first_last..to).map(|offset| row(Table::Accounts, offset % CITIZENS, 0, offset));
    PartitionCommit { follows: history.collect(), state: accounts.collect(), checkpoint: checkpoint(to) }
}

/// The rows that stand after events `0..to`.
#[must_use]
pub fn rows_after(to: u64) -> Vec<Row> {
    let PartitionCommit { follows, state, .. } = commit(0, to);
    follows.into_iter().chain(state).collect()
}
