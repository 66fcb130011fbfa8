//! The log into fresh projections: to swap them in, or to compare.

use super::compare::{self, Compared, compare};
use super::{Context, Out, row_json};
use crate::admin::Reply;
use crate::backends::FreshStore;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use identity::trust::Purpose;
use projections::{ProjectionsReader, ProjectionsWriter};
use runner::{Deps, Metrics};
use schemas::TopicPartition;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Threads that replay.
const THREADS: usize = 2;

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
    replay_on(&replay_deps(node, fresh.writer())?, until, label, out)
}

/// Replays the log of `deps` into their store, from where that is to `until`. Returns how many records that took.
///
/// # Errors
/// A [`runner::RebuildError`], or what `out` returns.
pub fn replay_on(
    deps: &Deps,
    until: &[(TopicPartition, u64)],
    label: &str,
    out: Out<'_>,
) -> anyhow::Result<u64> {
    let stop = AtomicBool::new(false);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let sender = sender;
            runner::rebuild(deps, until, THREADS, &stop, &move |done, total| {
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
    for (partition, end) in &mut ends {
        let checkpoint = ProjectionsWriter::checkpoint(&*node.store, *partition)?.map(|c| c.next_offset);
        if checkpoint.is_some_and(|next| next > *end) {
            // Processors are at work, and may have decided what came since the ends were asked for.
            *end = node.log.bounds(*partition)?.end;
        }
        if let Some(next) = checkpoint.filter(|next| *next > *end) {
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

/// Replays to where the live rows are and swaps. Intake and reads go on; processing stands still for the last stretch. Of live rows of
/// another program no codes are counted that changed their signer: they cannot be read.
pub fn swap(context: &Context<'_>, out: Out<'_>) -> anyhow::Result<Value> {
    let node = context.node;
    let started = Instant::now();
    let fresh = node.fresh_store()?;
    let mut events = replay(node, &fresh, &replayed_until(context)?, "replaying", out)?;
    let seconds = started.elapsed().as_secs_f64();
    let resigned = if node.store.knows_rows() { resigned(node, &*fresh.reader())? } else { 0 };
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
        let list = node.keys.trust_list();
        compare(&list, &*node.store, &*fresh.reader(), &mut |live, fresh| {
            out(Reply::Item { item: json!({"live": live.map(row_json), "fresh": fresh.map(row_json)}) })
        })
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
    compare::resigned(&list, &*node.store, fresh)
}
