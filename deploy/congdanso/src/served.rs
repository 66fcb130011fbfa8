//! An HTTP server at work.

use crate::config::Config;
use access::http::{HttpMetrics, Instrument, default_handlers};
use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use anyhow::Context;
use prometheus::Registry;
use std::net::{SocketAddr, TcpListener};
use tokio::task::JoinHandle;

/// Seconds that requests in flight have when the process is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;
// Whoever waits on the log is answered before that.
const _: () = assert!(gateway::limits::APPEND_WAIT_MAX.as_secs() < SHUTDOWN_SECONDS);
/// Connections that wait to be accepted.
const BACKLOG_CONNECTIONS: u32 = 4_096;

/// A server that listens.
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<()>,
}

impl Served {
    /// Serves `routes` on `listener` or the configured address, measured and with problems for errors.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn start(
        config: &Config,
        registry: &Registry,
        listener: Option<TcpListener>,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let metrics = HttpMetrics::register(registry)?;
        let server = HttpServer::new(move || {
            let routes = routes.clone();
            App::new().wrap(Instrument::new(metrics.clone())).configure(routes).configure(default_handlers)
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
        let address = server.addrs().first().copied().unwrap_or(config.http_listen);
        let server = server.run();
        let handle = server.handle();
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the HTTP server ended");
            }
        });
        Ok(Self { address, handle, task })
    }

    /// Takes nothing more, and answers what is in flight, for ten seconds at most.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
        self.task.abort();
    }
}

/// A number of threads; 0 is one per core.
pub fn or_cores(threads: usize) -> usize {
    if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads }
}
