//! A node at work: HTTP in front, deciding threads behind, the admin socket beside.

use crate::admin::server;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::ops;
use access::http::{HttpMetrics, Instrument, default_handlers};
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use anyhow::Context;
use api::Api;
use gateway::{Gateway, Parts};
use parking_lot::Mutex;
use projections::ProjectionsReader;
use runner::{Limits, Processor};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Seconds that requests in flight have when the process is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;
/// How long the ledger is taken as judged: judging reads a row for each sender and partition, and several may scrape.
const LEDGER_JUDGED_FOR: Duration = Duration::from_secs(10);
/// Connections that wait to be accepted.
const BACKLOG_CONNECTIONS: u32 = 4_096;

/// A node at work.
pub struct Running {
    /// What it works on.
    pub node: Arc<Node>,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// The intake.
    pub gateway: Gateway,
    /// The deciding threads.
    pub processor: Arc<Processor>,
    server: ServerHandle,
    tasks: OnceLock<[JoinHandle<()>; 2]>,
}

impl Running {
    /// Starts everything, on `listener` or the configured address. Must be called on a tokio runtime, which serves the admin
    /// socket.
    ///
    /// # Errors
    /// When an address cannot be had or a part does not start; nothing is left running then.
    pub fn start(node: Node, listener: Option<TcpListener>) -> anyhow::Result<Arc<Self>> {
        if !node.is_under_configured_root() {
            let message = "the trust list is not signed by the configured keys.root_public yet: `congdanso keys publish --out FILE` \
                           writes what it is to sign, and `congdanso keys publish --signed FILE` puts what it signed into force";
            return Err(Failure::new(Exit::Failed, message).into());
        }
        let node = Arc::new(node);
        let config = &node.config;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let or_cores = |n: usize| if n == 0 { cores } else { n };
        let reader = Arc::clone(&node.store) as Arc<dyn ProjectionsReader>;
        let gateway = Gateway::new(Parts {
            credentials: Arc::clone(&node.credentials),
            log: Arc::clone(&node.log),
            reader: Some(Arc::clone(&reader)),
            pepper: node.keys.pepper(),
            stamps: Arc::clone(&node.stamps),
            registry: &node.registry,
        })?;
        let limits = Limits { batch_records_max: config.process_batch_records, ..Limits::default() };
        let processor =
            Arc::new(Processor::start(node.deps.clone(), or_cores(config.process_workers), limits)?);
        node.publisher.start()?;
        let api = Api::new(api_parts(&node, reader, &processor))?;
        let metrics = HttpMetrics::register(&node.registry)?;
        let (taken, sent) = (gateway.clone(), api.clone());
        let server = HttpServer::new(move || {
            App::new()
                .wrap(Instrument::new(metrics.clone()))
                .configure(|config| gateway::http::configure(config, taken.clone()))
                .configure(|config| sent.configure(config))
                .configure(gateway::http::configure_unknown_streams)
                .configure(default_handlers)
        })
        .workers(or_cores(config.http_workers))
        .backlog(BACKLOG_CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
        let server = match listener {
            Some(listener) => server.listen(listener),
            None => server.bind(config.http_listen),
        }
        .with_context(|| format!("http.listen {}: cannot be had", config.http_listen))?;
        let http = server.addrs().first().copied().unwrap_or(config.http_listen);
        let listener = server::bind(&config.data_dir)?;
        let server = server.run();
        let running = Arc::new(Self {
            node: Arc::clone(&node),
            http,
            gateway,
            processor,
            server: server.handle(),
            tasks: OnceLock::new(),
        });
        let admin = tokio::spawn(server::serve(listener, Arc::clone(&running)));
        let http_task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the HTTP server ended");
            }
        });
        // Set once, here: nobody else has seen this value yet.
        running.tasks.set([admin, http_task]).ok();
        Ok(running)
    }

    /// For requests of operators' commands.
    pub fn context(&self) -> ops::Context<'_> {
        ops::Context {
            node: &self.node,
            processor: Some(&self.processor),
            gateway: Some(&self.gateway),
            http: Some(self.http),
        }
    }

    /// Stops taking, answers what is in flight, ends the batches at hand. What is not decided waits in the log.
    ///
    /// # Errors
    /// When processing had failed before.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.gateway.stop();
        self.server.stop(true).await;
        self.node.publisher.stop();
        for task in self.tasks.get().into_iter().flatten() {
            task.abort();
        }
        let processor = Arc::clone(&self.processor);
        tokio::task::spawn_blocking(move || processor.stop()).await??;
        let socket = crate::admin::socket_path(&self.node.config.data_dir);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
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

fn api_parts(node: &Arc<Node>, reader: Arc<dyn ProjectionsReader>, processor: &Arc<Processor>) -> api::Parts {
    let (seen, ready) = (Arc::clone(processor), Arc::clone(processor));
    let (judged, last_judged) = (Arc::downgrade(node), Mutex::new(None::<Instant>));
    api::Parts {
        credentials: Arc::clone(&node.credentials),
        reader,
        partitions: node.log.layout(schemas::Topic::Stream(schemas::Stream::Registrations)).partitions,
        pepper: node.keys.pepper(),
        trust: Arc::new(crate::node::Keys(Arc::clone(&node.keys))),
        presentation_key: {
            let keys = Arc::clone(&node.keys);
            Arc::new(move || keys.ring().presentation_key())
        },
        status_lists: Arc::new(crate::node::Lists(Arc::clone(&node.publisher))),
        registry: node.registry.clone(),
        before_metrics: Arc::new(move || {
            if let Err(error) = seen.observe() {
                tracing::warn!(%error, "gauges could not be brought up to date");
            }
            let Some(node) = judged.upgrade() else { return };
            node.publisher.observe();
            let mut last = last_judged.lock();
            if last.is_none_or(|at| at.elapsed() >= LEDGER_JUDGED_FOR) {
                *last = Some(Instant::now());
                judge_ledger(&node);
            }
        }),
        ready: Arc::new(move || ready.failed().map_or(Ok(()), |stopped| Err(stopped.to_string()))),
        clock: Arc::new(now),
        more_openapi: vec![gateway::http::openapi()],
    }
}
