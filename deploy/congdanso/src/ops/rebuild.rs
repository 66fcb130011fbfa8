//! The log into fresh projections: to swap them in, or to compare.

use super::{Context, Out, dump::each_row, row_json};
use crate::admin::Reply;
use crate::backends::FreshStore;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use domain::rows::AccountRow;
use domain::{Key, Row, TypedRow};
use identity::TrustList;
use identity::trust::{Purpose, TrustedKey};
use projections::{ProjectionsReader, ProjectionsWriter};
use runner::{Deps, Metrics};
use schemas::TopicPartition;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Threads that replay.
const THREADS: usize = 2;
/// Differences that are shown; the rest is counted.
const DIFFERENCES_SHOWN_MAX: usize = 20;
/// Rows compared at a time.
const PAGE_ROWS: usize = 2_000;

/// What a replay into `store` stands on. Its metrics are its own: what a replay decides is no news.
pub fn replay_deps(node: &Node, store: Arc<dyn ProjectionsWriter>) -> anyhow::Result<Deps> {
    Ok(Deps { store, metrics: Metrics::register(&prometheus::Registry::new())?, ..node.deps.clone() })
}

fn replay(
    node: &Node,
    fresh: &FreshStore,
    until: &[(TopicPartition, u64)],
    label: &str,
    out: Out<'_>,
) -> anyhow::Result<u64> {
    let deps = replay_deps(node, fresh.writer())?;
    let stop = AtomicBool::new(false);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let sender = sender;
            runner::rebuild(&deps, until, THREADS, &stop, &move |done, total| {
                // The listener may be gone: then the replay is told to stop below.
                sender.send((done, total)).ok();
            })
        });
        let mut gone = Ok(());
        let mut told = Instant::now();
        for (done, total) in receiver {
            if gone.is_ok() && (told.elapsed().as_millis() > 100 || done == total) {
                told = Instant::now();
                gone = out(Reply::Progress { label: label.to_owned(), done, total });
                if gone.is_err() {
                    stop.store(true, std::sync::atomic::Ordering::Relaxed);
                }
            }
        }
        let replay = worker.join().map_err(|_| anyhow::anyhow!("the replay panicked"))?;
        gone?;
        Ok(replay?.records)
    })
}

/// Where the live rows stand, partition by partition. Where nobody decides and there are none, as after projections were lost,
/// the end of the log.
fn replayed_until(context: &Context<'_>) -> anyhow::Result<Vec<(TopicPartition, u64)>> {
    let node = context.node;
    let mut ends = runner::log_ends(&*node.log)?;
    let mut checkpoints = Vec::with_capacity(ends.len());
    for (partition, end) in &ends {
        let checkpoint = ProjectionsWriter::checkpoint(&*node.store, *partition)?.map(|c| c.next_offset);
        if let Some(next) = checkpoint.filter(|next| next > end) {
            let message = format!(
                "the log of {partition} ends at {end}, and the rows are at {next}: a rebuild would lose them. Put the log's \
                 folder back or restore a backup; if this log is the right one, move the folder projections away first"
            );
            return Err(Failure::new(Exit::Failed, message).into());
        }
        checkpoints.push(checkpoint);
    }
    if context.processor.is_some() || checkpoints.iter().any(Option::is_some) {
        for ((_, end), checkpoint) in ends.iter_mut().zip(checkpoints) {
            *end = checkpoint.unwrap_or(0);
        }
    }
    Ok(ends)
}

/// Runs `act` while nobody writes the live rows.
fn standing_still<T>(context: &Context<'_>, act: impl FnOnce() -> T) -> T {
    match context.processor {
        Some(processor) => processor.held(act),
        None => act(),
    }
}

/// Replays to where the live rows are and swaps. Intake and reads go on; processing stands still for the last stretch.
pub fn swap(context: &Context<'_>, out: Out<'_>) -> anyhow::Result<Value> {
    let node = context.node;
    let started = Instant::now();
    let fresh = node.fresh_store()?;
    let mut events = replay(node, &fresh, &replayed_until(context)?, "replaying", out)?;
    let seconds = started.elapsed().as_secs_f64();
    let resigned = resigned(node, &*fresh.reader())?;
    events += standing_still(context, || {
        let rest = replay(node, &fresh, &replayed_until(context)?, "catching up", out)?;
        node.promote(fresh)?;
        anyhow::Ok(rest)
    })?;
    Ok(json!({
        "events": events, "resigned": resigned, "seconds": seconds,
        "events_per_second": events as f64 / seconds.max(1e-9),
    }))
}

/// Replays to where the live rows are and compares every row. The live rows stay.
///
/// A code that a key signed which was revoked since is signed by the key's successor in a replay. Such a row is no difference as long as
/// nothing but signature and signer differ: the log says the same of it, and the trust list says why. It is counted apart.
pub fn verify(context: &Context<'_>, out: Out<'_>) -> anyhow::Result<Value> {
    let node = context.node;
    let started = Instant::now();
    let fresh = node.fresh_store()?;
    let mut events = replay(node, &fresh, &replayed_until(context)?, "replaying", out)?;
    let seconds = started.elapsed().as_secs_f64();
    let Compared { rows, different, resigned } = standing_still(context, || {
        events += replay(node, &fresh, &replayed_until(context)?, "catching up", out)?;
        compare(node, &*fresh.reader(), out)
    })?;
    Ok(json!({
        "identical": different == 0, "rows": rows, "different": different, "resigned": resigned, "events": events,
        "seconds": seconds,
        "events_per_second": events as f64 / seconds.max(1e-9),
    }))
}

/// Rows whose code is signed by the successor of a revoked key in the fresh projections, and by the revoked key in the live ones. Reads no
/// row where no identity key is revoked.
fn resigned(node: &Node, fresh: &dyn ProjectionsReader) -> anyhow::Result<u64> {
    let list = node.keys.trust_list();
    if !list.keys.iter().any(|key| key.purpose == Purpose::Identity && key.is_revoked()) {
        return Ok(0);
    }
    let (mut other, mut resigned) = (Pages::new(fresh, domain::Table::Accounts), 0);
    each_row(&*node.store, domain::Table::Accounts, Key::default(), &mut |row| {
        while other.next_if(|r| r.key < row.key)?.is_some() {}
        if let Some(fresh) = other.next_if(|r| r.key == row.key)? {
            let (live, fresh) = (AccountRow::from_row(row)?, AccountRow::from_row(fresh)?);
            resigned += u64::from(has_changed_signer(&list, &live, &fresh));
        }
        Ok(())
    })?;
    Ok(resigned)
}

/// Whether the live code is of a revoked key and the fresh one of the key that signs in its place.
fn has_changed_signer(list: &TrustList, live: &AccountRow, fresh: &AccountRow) -> bool {
    let (Some(live), Some(fresh)) = (live.kid, fresh.kid) else { return false };
    list.key(live.0).is_some_and(TrustedKey::is_revoked)
        && list.successor(live.0).is_some_and(|key| key.kid == fresh.0)
}

/// Whether two rows differ in the signature of their code and in who signed it, and in nothing else.
fn differs_in_signer_alone(list: &TrustList, live: &Row, fresh: &Row) -> anyhow::Result<bool> {
    if live.table != domain::Table::Accounts || live.cause != fresh.cause {
        return Ok(false);
    }
    let (live, fresh) = (AccountRow::from_row(live.clone())?, AccountRow::from_row(fresh.clone())?);
    Ok(has_changed_signer(list, &live, &fresh)
        && AccountRow { kid: live.kid, token: live.token.clone(), ..fresh } == live)
}

/// What a comparison found.
#[derive(Default)]
struct Compared {
    /// Live rows.
    rows: u64,
    /// Rows that the other side has not, or otherwise.
    different: u64,
    /// Rows that differ in the signer of their code alone.
    resigned: u64,
}

/// Compares all rows of the live store and another, table by table, in key order.
fn compare(node: &Node, fresh: &dyn ProjectionsReader, out: Out<'_>) -> anyhow::Result<Compared> {
    let list = node.keys.trust_list();
    let Compared { mut rows, mut different, mut resigned } = Compared::default();
    for def in domain::rows::ALL {
        let mut other = Pages::new(fresh, def.table);
        each_row(&*node.store, def.table, Key::default(), &mut |row| {
            rows += 1;
            while let Some(extra) = other.next_if(|r| r.key < row.key)? {
                different += 1;
                show(different, None, Some(&extra), out)?;
            }
            let same = other.next_if(|r| r.key == row.key)?;
            match same {
                Some(same) if same == row => {}
                Some(same) if differs_in_signer_alone(&list, &row, &same)? => resigned += 1,
                same => {
                    different += 1;
                    show(different, Some(&row), same.as_ref(), out)?;
                }
            }
            Ok(())
        })?;
        while let Some(extra) = other.next_if(|_| true)? {
            different += 1;
            show(different, None, Some(&extra), out)?;
        }
    }
    Ok(Compared { rows, different, resigned })
}

fn show(nth: u64, live: Option<&Row>, fresh: Option<&Row>, out: Out<'_>) -> anyhow::Result<()> {
    if nth > DIFFERENCES_SHOWN_MAX as u64 {
        return Ok(());
    }
    out(Reply::Item { item: json!({"live": live.map(row_json), "fresh": fresh.map(row_json)}) })
}

/// Rows of a table, one after the other, read page by page.
struct Pages<'a> {
    reader: &'a dyn ProjectionsReader,
    table: domain::Table,
    page: std::vec::IntoIter<Row>,
    peeked: Option<Row>,
    after: Option<Key>,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn new(reader: &'a dyn ProjectionsReader, table: domain::Table) -> Self {
        Self { reader, table, page: Vec::new().into_iter(), peeked: None, after: None, ended: false }
    }

    fn next_if(&mut self, wanted: impl FnOnce(&Row) -> bool) -> anyhow::Result<Option<Row>> {
        while self.peeked.is_none() {
            self.peeked = self.page.next();
            if self.peeked.is_some() || self.ended {
                break;
            }
            let scan = projections::Scan {
                table: self.table,
                prefix: Key::default(),
                after: self.after.take(),
                rows_max: PAGE_ROWS,
            };
            let page = futures_executor::block_on(self.reader.scan(scan))?;
            self.ended = page.next.is_none();
            self.after = page.next;
            self.page = page.rows.into_iter();
        }
        Ok(if self.peeked.as_ref().is_some_and(wanted) { self.peeked.take() } else { None })
    }
}
