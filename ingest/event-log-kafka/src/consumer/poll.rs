//! The thread that polls the group for a member, and commits for lag tools.

use super::group::{Callbacks, Group};
use super::served::Served;
use super::state::Client;
use crate::read;
use event_log::ReadError;
use parking_lot::{Condvar, Mutex};
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The group is polled at least as often; a stop is noticed as soon.
const POLL: Duration = Duration::from_millis(50);
/// How often offsets are committed for lag tools.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long the look for the coordinator before a close may take.
const ASK_MAX: Duration = Duration::from_secs(2);
/// After a fatal error the member joins anew no sooner than this, and each time again twice as late: one that was put out by a namesake must
/// not put that out in turn again and again, and each time a client is left behind.
const REJOIN_AFTER_MIN: Duration = Duration::from_secs(5);
/// It joins anew no later than this.
const REJOIN_AFTER_MAX: Duration = Duration::from_secs(5 * 60);

/// A running thread.
pub struct Poller {
    thread: JoinHandle<()>,
    end: Arc<End>,
}

#[derive(Default)]
struct End {
    wanted: AtomicBool,
    came: Mutex<bool>,
    changed: Condvar,
}

impl Poller {
    /// Makes the first client here, so that settings that make none are told to the caller.
    pub fn start(config: ClientConfig, topics: Vec<String>, group: Arc<Group>) -> Result<Self, ReadError> {
        let client = subscribe(&config, &topics, &group)
            .map_err(|error| read::unavailable("joining the group", &error))?;
        let end = Arc::new(End::default());
        let of_thread = Arc::clone(&end);
        let run = move || {
            let _ended = Ended(Arc::clone(&of_thread), Arc::clone(&group));
            let polling = Polling { group, end: of_thread };
            polling.run(client, &config, &topics);
        };
        let thread =
            std::thread::Builder::new().name("kafka-group".to_owned()).spawn(run).map_err(|error| {
                ReadError::Unavailable { reason: format!("no thread for the group: {error}") }
            })?;
        Ok(Self { thread, end })
    }

    /// Leaves the group. The thread is left behind when it does not end in time.
    pub fn stop(self, at_most: Duration) {
        self.end.wanted.store(true, Ordering::Release);
        let mut came = self.end.came.lock();
        let until = Instant::now() + at_most;
        while !*came {
            if self.end.changed.wait_until(&mut came, until).timed_out() {
                tracing::warn!("the brokers do not let a member leave; it is left behind");
                return;
            }
        }
        drop(came);
        if self.thread.join().is_err() {
            tracing::error!("the thread that polls the group panicked");
        }
    }
}

/// Tells the end of the thread, however it ends.
struct Ended(Arc<End>, Arc<Group>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.1
            .state
            .lock()
            .outside
            .get_or_insert_with(|| "the thread that polls the group has ended".to_owned());
        self.1.leave();
        *self.0.came.lock() = true;
        self.0.changed.notify_all();
    }
}

fn subscribe(
    config: &ClientConfig,
    topics: &[String],
    group: &Arc<Group>,
) -> Result<Arc<Client>, KafkaError> {
    let served = Arc::new(Served::default());
    let callbacks = Callbacks { group: Arc::clone(group), served: Arc::clone(&served) };
    let mut client: Client = Client::from_config_and_context(config, callbacks)?;
    let of_client = Arc::clone(&served);
    client.set_nonempty_callback(move || of_client.queued());
    // It may have said something already.
    served.queued();
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    client.subscribe(&names)?;
    let client = Arc::new(client);
    group.state.lock().set_client(Arc::clone(&client));
    Ok(client)
}

struct Polling {
    group: Arc<Group>,
    end: Arc<End>,
}

impl Polling {
    fn run(self, client: Arc<Client>, config: &ClientConfig, topics: &[String]) {
        let mut client = Some(client);
        let mut rejoin_after = REJOIN_AFTER_MIN;
        while let Some(current) = client.take() {
            let since = Instant::now();
            let fatal = self.poll_until_end(&current);
            self.group.leave();
            let Some(reason) = fatal else {
                close(current);
                return;
            };
            tracing::error!(%reason, "the member was put out of its group and joins anew");
            self.group.shared.metrics.rejoins.inc();
            self.group.state.lock().outside = Some(reason);
            self.group.signal.raise();
            // A client after a fatal error may not answer to its end.
            std::mem::forget(current);
            if since.elapsed() > REJOIN_AFTER_MAX {
                rejoin_after = REJOIN_AFTER_MIN;
            }
            client = self.rejoin(config, topics, rejoin_after);
            rejoin_after = (rejoin_after * 2).min(REJOIN_AFTER_MAX);
        }
    }

    fn rejoin(&self, config: &ClientConfig, topics: &[String], after: Duration) -> Option<Arc<Client>> {
        loop {
            let since = Instant::now();
            while since.elapsed() < after {
                if self.end.wanted.load(Ordering::Acquire) {
                    return None;
                }
                std::thread::sleep(POLL);
            }
            match subscribe(config, topics, &self.group) {
                Ok(client) => {
                    self.group.state.lock().outside = None;
                    return Some(client);
                }
                Err(error) => tracing::error!(%error, "the member cannot join its group"),
            }
        }
    }

    /// Returns why this client gets no further, or `None` when the end is wanted.
    fn poll_until_end(&self, client: &Arc<Client>) -> Option<String> {
        let served = &client.context().served;
        let mut reported = Instant::now();
        while !self.end.wanted.load(Ordering::Acquire) {
            let fatal = self.serve(client);
            if fatal.is_some() {
                return fatal;
            }
            served.wait_for_more(POLL);
            if reported.elapsed() > REPORT_EVERY {
                reported = Instant::now();
                self.commit(client);
            }
        }
        self.commit(client);
        None
    }

    /// Takes what the group's queue holds. Returns why this client gets no further, if it does not.
    fn serve(&self, client: &Client) -> Option<String> {
        let mut fatal = None;
        client.context().served.serve(|| {
            match client.poll(Duration::ZERO) {
                None => return false,
                // Fetching that began anew joined the partition's queue to this one.
                Some(Ok(message)) => self.came_astray(&message),
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    fatal = Some(error.to_string());
                }
                Some(Err(error)) => tracing::debug!(%error, "the group's client"),
            }
            true
        });
        fatal.or_else(|| self.group.stuck.lock().take())
    }

    fn came_astray(&self, message: &BorrowedMessage<'_>) {
        let partition = self.group.shared.layout.partition(message.topic(), message.partition());
        if let Some(partition) = partition
            && let Err(error) = self.group.fetch_anew(partition)
        {
            // It stays astray, and the watch tries again.
            tracing::warn!(%partition, %error, "a partition could not be fetched anew");
        }
    }

    fn commit(&self, client: &Client) {
        let reports = self.group.state.lock().take_reports();
        let mut list = TopicPartitionList::with_capacity(reports.len());
        for (partition, offset) in reports {
            let name = &self.group.shared.layout.known(partition.topic).name;
            let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
            // An offset that is a number is always taken.
            list.add_partition_offset(name, partition.partition.into(), offset).ok();
        }
        if list.count() > 0
            && let Err(error) = client.commit(&list, CommitMode::Async)
        {
            tracing::debug!(%error, "offsets could not be committed");
        }
    }
}

/// Leaves the group, if its coordinator can be reached. librdkafka 2.12.1 may crash where a member leaves whose coordinator is
/// gone (its issue 5347), or ask for it for ever; then the client is left behind, and the session ends by itself.
fn close(client: Arc<Client>) {
    let reachable = client
        .subscription()
        .and_then(|subscribed| {
            let mut list = TopicPartitionList::with_capacity(1);
            if let Some(first) = subscribed.elements().first() {
                list.add_partition(first.topic(), 0);
            }
            client.committed_offsets(list, ASK_MAX)
        })
        .is_ok();
    match Arc::into_inner(client) {
        Some(client) if reachable => drop(client),
        Some(client) => {
            tracing::warn!("the group's coordinator does not answer; the member is left behind");
            std::mem::forget(client);
        }
        // The owner is in the middle of a seek, and is the last to let go.
        None => {}
    }
}

#[cfg(test)]
mod tests;
