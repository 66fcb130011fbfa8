//! `congdanso up`: everything in one process.

use super::settings;
use crate::cli::Global;
use crate::config::Config;
use crate::node::Node;
use crate::notify::ServiceManager;
use crate::running::{Offer, Ready, Running};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Runs until it is told to stop.
///
/// # Errors
/// When it cannot start, or processing had failed.
pub fn run(global: &Global) -> anyhow::Result<()> {
    let settings = settings(global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::No);
    actix_web::rt::System::new().block_on(async {
        let (signals, manager) = (Signals::new()?, ServiceManager::of_environment()?);
        let node = Node::open(&settings.config)?;
        let running = Running::start(node, None, Offer::Everything)?;
        announce(&running);
        until_told(signals, &manager, running.ready(), running.stop()).await
    })
}

/// Waits for a signal, then for `stop`; a second signal aborts. The service manager is told when the process is `ready`, and that it stops.
///
/// # Errors
/// What `stop` returns.
pub async fn until_told(
    mut signals: Signals,
    manager: &ServiceManager,
    ready: Ready,
    stop: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        () = signals.first() => {}
        () = async {
            manager.tell_once_ready(&*ready).await;
            std::future::pending().await
        } => {}
    }
    manager.tell_stopping();
    eprintln!("stopping: what is in flight is finished; a second signal aborts");
    tokio::spawn(async move {
        signals.first().await;
        eprintln!("aborted");
        std::process::exit(ABORTED);
    });
    stop.await?;
    eprintln!("stopped");
    Ok(())
}

/// Exit code after a second signal: as a shell reports SIGINT.
const ABORTED: i32 = 130;

/// Says where everything is.
pub fn announce(running: &Running) {
    let base = format!("http://{}", running.http());
    eprintln!(
        "congdanso {} is up, data in {}",
        env!("CARGO_PKG_VERSION"),
        running.node.config.data_dir.display()
    );
    eprintln!("  intake   {base}/v1/registrations  /v1/documents  /v1/transactions");
    eprintln!("  reads    {base}/v1/accounts/{{id}}");
    eprintln!("  pages    {base}/docs  {base}/openapi.json");
    eprintln!("  health   {base}/healthz  {base}/readyz  {base}/metrics");
}

/// Says what a role does, and where it is looked after.
pub fn announce_role(role: &str, address: SocketAddr, config: &Config) {
    let base = format!("http://{address}");
    eprintln!("congdanso {role} {} is up, folder {}", env!("CARGO_PKG_VERSION"), config.data_dir.display());
    eprintln!("  health   {base}/healthz  {base}/readyz  {base}/metrics");
}

/// SIGINT and SIGTERM.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The next of them.
    pub async fn first(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The code that `main` ends with.
pub fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = format!("{error:#}");
            if !message.is_empty() {
                eprintln!("error: {message}");
            }
            ExitCode::from(crate::exit::code_of(&error))
        }
    }
}
