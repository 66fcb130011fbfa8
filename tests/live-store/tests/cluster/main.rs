//! The projections on three nodes: with fewer copies than nodes, as a city has them, and with nodes that go away.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use domain::{Key, Table};
use live_store::load::{BATCH, acknowledged_past, acknowledged_so_far, process};
use live_store::suite::Live;
use live_store::world::{CITIZENS, DATACENTER, HANG, Hand, OF, checkpoint, open, options_on, row};
use projections::{ProjectionsWriter, conformance};
use projections_scylla::{Options, migrate};
use stack::Stack;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;
use std::time::Instant;

/// Requests of one look at who takes them.
const REQUESTS: usize = 50;

/// One test, since three nodes take long to start: they are whole in its first part, and go away one by one in the second.
#[test]
fn rows_on_three_nodes_are_found_where_they_are_and_outlast_the_loss_of_any_one() {
    let mut stack = Stack::temporary(0, 3).unwrap();
    one_copy_on_three_nodes(&stack);
    three_copies_of_which_one_goes_away(&mut stack);
}

fn one_copy_on_three_nodes(stack: &Stack) {
    let replication = BTreeMap::from([(DATACENTER.to_owned(), 1)]);
    let options = Options { replication, ..options_on(stack) };
    migrate(&options).unwrap();
    let live = Live::on(options.clone());
    conformance::rows_of_every_table_are_read_back_as_written(&live);
    conformance::absent_rows_are_none_in_the_order_asked(&live);
    conformance::full_scans_find_every_row_of_one_table_once(&live);
    conformance::an_older_cause_never_overwrites_a_newer_one(&live);
    conformance::partitions_committed_by_many_threads_are_all_there(&live);
    requests_go_to_the_node_that_has_the_row(&options);
}

/// How many reads of the history each node took from clients, and did by itself.
fn reads(nodes: &[Hand], keyspace: &str) -> Vec<[i64; 2]> {
    let count = |node: &Hand, table: &str| -> i64 {
        let of = format!("keyspace_name = '{keyspace}' AND table_name = 'history'");
        node.numbers(&format!("SELECT \"count\" FROM system_views.{table} WHERE {of}")).iter().sum()
    };
    nodes
        .iter()
        .map(|node| ["coordinator_read_latency", "local_read_latency"].map(|t| count(node, t)))
        .collect()
}

/// The connections to all nodes are there a moment after the first one.
fn requests_go_to_the_node_that_has_the_row(options: &Options) {
    let store = open(options);
    let nodes: Vec<_> = options.nodes.iter().map(|node| Hand::at_one(node)).collect();
    let keyspace = format!("{}_g1", options.keyspace);
    let keys = vec![(Table::History, row(Table::History, 1, 1, 1).key); REQUESTS];
    let since = Instant::now();
    loop {
        let before = reads(&nodes, &keyspace);
        store.load(&keys).unwrap();
        let after = reads(&nodes, &keyspace);
        let mut more: Vec<_> = after.iter().zip(before).map(|([c, l], [cb, lb])| [c - cb, l - lb]).collect();
        more.sort_unstable();
        let all = REQUESTS as i64;
        if more == [[0, 0], [0, 0], [all, all]] {
            return;
        }
        assert!(since.elapsed() < HANG, "of {REQUESTS} requests for a row, nodes took and did {more:?}");
    }
}

fn history(from: u64, to: u64) -> Vec<(Table, Key)> {
    (from..to).map(|n| (Table::History, row(Table::History, n % CITIZENS, n, n).key)).collect()
}

fn three_copies_of_which_one_goes_away(stack: &mut Stack) {
    let options =
        Options { writer_patience: HANG, reader_patience: HANG, open_patience: HANG, ..options_on(stack) };
    assert_eq!(options.replication[DATACENTER], 3);
    migrate(&options).unwrap();
    let store = open(&options);
    let (from, to) = std::thread::scope(|scope| {
        let (tell, met) = channel();
        scope.spawn(|| process(&store, tell));
        let before = acknowledged_past(&met, 5 * BATCH);
        stack.kill("node-3").unwrap();
        // The batch that was on its way may have reached the node; those that were begun afterwards have not.
        let known = acknowledged_past(&met, acknowledged_so_far(&met).max(before));
        (known + BATCH, acknowledged_past(&met, known + 5 * BATCH))
    });
    stack.restart("node-3").unwrap();
    let third = Hand::at_one(options.nodes.last().unwrap());
    stack.kill("node-2").unwrap();

    // A quorum is the first node, which has all, and the third, which has missed it.
    let half = from + (to - from) / 2;
    let found = store.load(&history(from, half)).unwrap();
    assert!(
        found.iter().all(Option::is_some),
        "what was acknowledged while a node was away is read without another"
    );
    let now = store.checkpoint(OF).unwrap().unwrap();
    assert!(now.next_offset >= to, "{now:?} lies before what was acknowledged, {to}");
    assert_eq!(now, checkpoint(now.next_offset));

    stack.kill("node-1").unwrap();
    let question = format!("SELECT cause_offset FROM {}_g1.history", options.keyspace);
    let has: BTreeSet<u64> =
        third.numbers_at_last(&question).into_iter().map(|offset| offset as u64).collect();
    let missing = |range: std::ops::Range<u64>| range.filter(|n| !has.contains(n)).collect::<Vec<_>>();
    assert_eq!(missing(0..BATCH), [0; 0], "what was written before it went away");
    assert_eq!(missing(from..half), [0; 0], "what was read was brought to the node that had missed it");
    assert_eq!(missing(half..to), (half..to).collect::<Vec<_>>(), "and nothing else brought it there");
}
