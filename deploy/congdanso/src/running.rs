//! A node at work: HTTP in front, deciding threads behind, the admin socket beside.

use crate::admin::server;
use crate::config::{Config, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::observer::{Answered, Observer, PAGE_WAIT_MAX};
use crate::ops;
use crate::served::{Served, or_cores};
use crate::watch::Watch;
use api::{Api, Surface};
use gateway::{Gateway, Parts};
use projections::ProjectionsReader;
use runner::{Limits, Processor};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long the ledger is taken as judged: judging reads a row for each sender and partition, and several may scrape.
const LEDGER_JUDGED_FOR: Duration = Duration::from_secs(10);
/// Threads that decide, for each core, where rows are asked for and written over a network: while some wait, others decide. On two cores
/// a backlog was written at 0.95 of the rate of a bare driver loop with three for each, and at 0.72 with one.
const REMOTE_WORKERS_PER_CORE: usize = 3;

/// Whether a process does its work, or why not: what `/readyz` answers.
pub type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What a node at work offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// Intake, reads, and all that is signed.
    Everything,
    /// What is signed, for the process that serves reads. Keys and credentials are handed out to it.
    Signing,
}

/// A node at work.
pub struct Running {
    /// What it works on.
    pub node: Arc<Node>,
    /// The deciding threads.
    pub processor: Arc<Processor>,
    /// The intake: for whoever sends where everything is offered, else for operators' commands alone.
    gateway: Gateway,
    offer: Offer,
    ready: Ready,
    served: Served,
    observer: Arc<Observer>,
    watch: Option<Watch>,
    admin: OnceLock<JoinHandle<()>>,
}

impl Running {
    /// Starts everything, on `listener` or the configured address. Must be called on a tokio runtime, which serves the admin
    /// socket.
    ///
    /// # Errors
    /// When an address cannot be had or a part does not start; nothing is left running then.
    pub fn start(node: Node, listener: Option<TcpListener>, offer: Offer) -> anyhow::Result<Arc<Self>> {
        if !node.is_under_configured_root() {
            let message = "the trust list is not signed by the configured keys.root_public yet: `congdanso keys publish --out FILE` \
                           writes what it is to sign, and `congdanso keys publish --signed FILE` puts what it signed into force";
            return Err(Failure::new(Exit::Failed, message).into());
        }
        let node = Arc::new(node);
        let config = &node.config;
        let reader = Arc::clone(&node.store) as Arc<dyn ProjectionsReader>;
        let gateway = intake(&node)?;
        let limits = Limits { batch_records_max: config.process_batch_records, ..Limits::default() };
        let processor = Arc::new(Processor::start(node.deps.clone(), workers(config), limits)?);
        node.publisher.start()?;
        let ready = readiness(&processor, offer);
        let observer = Arc::new(observer(&node, &processor)?);
        let api = Api::new(api_parts(&node, reader, &observer, Arc::clone(&ready)))?;
        let admin = server::bind(&config.data_dir)?;
        let taken = gateway.clone();
        let served = Served::start(config, &node.registry, listener, move |config| match offer {
            Offer::Everything => {
                gateway::http::configure(config, taken.clone());
                api.configure_as(Surface::Whole, config);
                gateway::http::configure_unknown_streams(config);
            }
            Offer::Signing => api.configure_as(Surface::Signing, config),
        })?;
        let watch = match offer {
            Offer::Everything => None,
            // Keys and credentials are handed out by somebody else.
            Offer::Signing => {
                let node = Arc::clone(&node);
                Some(Watch::start(move || node.read_again())?)
            }
        };
        let admin_of = OnceLock::new();
        let running = Arc::new(Self {
            node,
            processor,
            gateway,
            offer,
            ready,
            served,
            observer,
            watch,
            admin: admin_of,
        });
        let task = tokio::spawn(server::serve(admin, Arc::clone(&running)));
        // Set once, here: nobody else has seen this value yet.
        running.admin.set(task).ok();
        Ok(running)
    }

    /// Where HTTP is served.
    pub fn http(&self) -> SocketAddr {
        self.served.address
    }

    /// What `/readyz` answers.
    pub fn ready(&self) -> Ready {
        Arc::clone(&self.ready)
    }

    /// For requests of operators' commands.
    pub fn context(&self) -> ops::Context<'_> {
        ops::Context {
            node: &self.node,
            processor: Some(&self.processor),
            gateway: Some(&self.gateway),
            keys: match self.offer {
                Offer::Everything => ops::Keys::Changed,
                Offer::Signing => ops::Keys::HandedOut,
            },
            http: Some(self.http()),
        }
    }

    /// Stops taking, answers what is in flight, ends the batches at hand. What is not decided waits in the log.
    ///
    /// # Errors
    /// When processing had failed before.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.gateway.stop();
        if let Some(watch) = &self.watch {
            watch.stop();
        }
        self.served.stop().await;
        self.node.publisher.stop();
        if let Some(admin) = self.admin.get() {
            admin.abort();
        }
        let (observer, processor) = (Arc::clone(&self.observer), Arc::clone(&self.processor));
        tokio::task::spawn_blocking(move || {
            observer.stop();
            processor.stop()
        })
        .await??;
        let socket = crate::admin::socket_path(&self.node.config.data_dir);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The intake of an open folder.
///
/// # Errors
/// When the folder has one already.
pub fn intake(node: &Node) -> anyhow::Result<Gateway> {
    Ok(Gateway::new(Parts {
        credentials: Arc::clone(&node.credentials),
        log: Arc::clone(&node.log),
        reader: Some(Arc::clone(&node.store) as Arc<dyn ProjectionsReader>),
        pepper: node.keys.pepper(),
        stamps: Arc::clone(&node.stamps),
        registry: &node.registry,
    })?)
}

/// Threads that decide, when nothing else is configured as many as the rows' place asks for.
fn workers(config: &Config) -> usize {
    match (config.process_workers, config.projections_backend) {
        (0, ProjectionsBackend::Scylla) => or_cores(0) * REMOTE_WORKERS_PER_CORE,
        (workers, _) => or_cores(workers),
    }
}

/// Counts a violation of I1 when the ledger does not balance.
fn judge_ledger(node: &Node) {
    match ops::ledger(node) {
        Ok(ledger) if ledger["balanced"] == true => {}
        Ok(ledger) => {
            tracing::error!(%ledger, "the ledger does not balance (I1)");
            node.deps.metrics.violated(domain::invariants::Invariant::Conservation);
        }
        Err(error) => tracing::warn!(%error, "the ledger could not be read"),
    }
}

/// Ready is a processor whose threads are at work on rows that belong to the log.
fn readiness(processor: &Arc<Processor>, offer: Offer) -> Ready {
    let processor = Arc::clone(processor);
    Arc::new(move || {
        if let Some(stopped) = processor.failed() {
            return Err(stopped.to_string());
        }
        if let Some((partition, cause)) = processor.contradicted() {
            return Err(format!("log and rows do not belong together: {partition} waits, {}", cause.code()));
        }
        // An intake beside it takes events before that too.
        if offer == Offer::Everything || processor.has_joined() {
            return Ok(());
        }
        Err("the group of processors has not taken this one in yet".to_owned())
    })
}

/// What the page of metrics says of log and rows is looked at on a thread of its own: in an outage each question to the store or
/// the log takes its patience, and a page that waits for that is taken for a process that is down.
fn observer(node: &Arc<Node>, processor: &Arc<Processor>) -> anyhow::Result<Observer> {
    let answered = Answered::register(&node.registry)?;
    let (node, processor) = (Arc::clone(node), Arc::clone(processor));
    let mut last_judged = None::<Instant>;
    Ok(Observer::start(PAGE_WAIT_MAX, move || {
        let asked_at = now();
        if let Err(error) = processor.observe() {
            tracing::warn!(%error, "log or store does not answer: lag and age are told by what is known of them");
            return;
        }
        answered.asked_at(asked_at);
        if last_judged.is_none_or(|at| at.elapsed() >= LEDGER_JUDGED_FOR) {
            last_judged = Some(Instant::now());
            judge_ledger(&node);
        }
    })?)
}

fn api_parts(
    node: &Arc<Node>,
    reader: Arc<dyn ProjectionsReader>,
    observer: &Arc<Observer>,
    ready: Ready,
) -> api::Parts {
    let (observer, publisher) = (Arc::clone(observer), Arc::clone(&node.publisher));
    api::Parts {
        credentials: Arc::clone(&node.credentials),
        reader,
        partitions: node.log.layout(schemas::Topic::Stream(schemas::Stream::Registrations)).partitions,
        pepper: node.keys.pepper(),
        trust: Arc::new(crate::node::Keys(Arc::clone(&node.keys))),
        presentation_key: {
            let keys = Arc::clone(&node.keys);
            Arc::new(move || Some(keys.ring().presentation_key()))
        },
        status_lists: Arc::new(crate::node::Lists(Arc::clone(&node.publisher))),
        registry: node.registry.clone(),
        before_metrics: Arc::new(move || {
            publisher.observe();
            observer.renew();
        }),
        ready,
        clock: Arc::new(now),
        more_openapi: vec![gateway::http::openapi()],
    }
}
