//! `congdanso ingest`, `process` and `serve`: one role each, in a process of its own, on a log and a store that processes share.

use super::{settings, up};
use crate::cli::Global;
use crate::config::{Config, LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use crate::front::{Front, FrontRole};
use crate::node::Node;
use crate::notify::ServiceManager;
use crate::running::{Offer, Running};

/// Runs `congdanso ingest` or `congdanso serve` until it is told to stop.
///
/// # Errors
/// When it cannot start.
pub fn front(global: &Global, role: FrontRole) -> anyhow::Result<()> {
    let name = match role {
        FrontRole::Ingest => "ingest",
        FrontRole::Serve => "serve",
    };
    let config = shared(global, name)?;
    actix_web::rt::System::new().block_on(async {
        let (signals, manager) = (up::Signals::new()?, ServiceManager::of_environment()?);
        let front = Front::start(&config, role)?;
        up::announce_role(name, front.served.address, &config);
        up::until_told(signals, &manager, front.ready(), async {
            front.stop().await;
            Ok(())
        })
        .await
    })
}

/// Runs `congdanso process` until it is told to stop.
///
/// # Errors
/// When it cannot start, or processing had failed.
pub fn process(global: &Global) -> anyhow::Result<()> {
    let config = shared(global, "process")?;
    actix_web::rt::System::new().block_on(async {
        let (signals, manager) = (up::Signals::new()?, ServiceManager::of_environment()?);
        let running = Running::start(Node::open_handed_out(&config)?, None, Offer::Signing)?;
        up::announce_role("process", running.http(), &config);
        up::until_told(signals, &manager, running.ready(), running.stop()).await
    })
}

/// The configuration, where it names a log and a store that several processes can share.
fn shared(global: &Global, role: &str) -> anyhow::Result<Config> {
    let config = settings(global)?.config;
    let is_shared =
        config.log_backend == LogBackend::Kafka && config.projections_backend == ProjectionsBackend::Scylla;
    if !is_shared {
        let message = format!(
            "`congdanso {role}` needs log.backend = \"kafka\" and projections.backend = \"scylla\": what is kept in the data folder \
             serves one process, `congdanso up`"
        );
        return Err(Failure::new(Exit::Usage, message).into());
    }
    crate::telemetry::init(&config, crate::telemetry::Quiet::No);
    Ok(config)
}
