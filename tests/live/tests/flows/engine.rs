//! What these tests run on: a city of its own for each folder, on a broker and a node that all share.

use event_log::EventLog;
use event_log_kafka::{KafkaLog, Options};
use flow::process::output;
use scylla::client::session_builder::SessionBuilder;
use stack::Stack;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

/// Whether the log of a demo is elsewhere than in its folder, and outlives it.
pub const LOG_STAYS: bool = true;

static STACK: LazyLock<Stack> = LazyLock::new(|| Stack::temporary(1, 1).expect("the servers start"));

/// A folder whose program finds its settings beside it: the servers, and the name of its city.
pub struct Folder {
    city: String,
    folder: flow::folder::Folder,
}

impl Folder {
    /// A new one, with its topics and tables.
    pub fn new() -> anyhow::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let city = format!("flow{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = flow::folder::Folder::new()?;
        // One thread decides, so that partitions do not go from one to another while a test waits for them.
        let own = format!(
            "log.kafka.city = \"{city}\"\nlog.kafka.group = \"{city}.process\"\nprojections.scylla.keyspace = \"{city}\"\n\
             process.workers = 1\n"
        );
        folder.write("congdanso.toml", &(STACK.state().configuration() + &own))?;
        output(&folder.data(), &["topics", "ensure"])?;
        output(&folder.data(), &["store", "migrate"])?;
        Ok(Self { city, folder })
    }
}

/// Hundreds of tables are more than a small node holds.
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = forget(&self.city) {
            eprintln!("the rows of {} stay: {error:#}", self.city);
        }
    }
}

/// Drops the keyspaces of a city.
fn forget(city: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let session = SessionBuilder::new().known_nodes(STACK.contact_points()).build().await?;
        let all = session.query_unpaged("SELECT keyspace_name FROM system_schema.keyspaces", ()).await?;
        for row in all.into_rows_result()?.rows::<(String,)>()? {
            let (keyspace,) = row?;
            if keyspace == city || keyspace.starts_with(&format!("{city}_")) {
                session.query_unpaged(format!("DROP KEYSPACE {keyspace}"), ()).await?;
            }
        }
        Ok(())
    })
}

impl Deref for Folder {
    type Target = flow::folder::Folder;

    fn deref(&self) -> &Self::Target {
        &self.folder
    }
}

/// A folder that was filled.
pub fn filled(fill: fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<Folder> {
    let folder = Folder::new()?;
    fill(&folder.data())?;
    Ok(folder)
}

/// The log of a folder's city.
pub fn log(folder: &Folder) -> anyhow::Result<Arc<dyn EventLog>> {
    let options = Options {
        bootstrap_servers: STACK.state().bootstrap_servers(),
        city: folder.city.clone(),
        group: format!("{}.test", folder.city),
        ..Options::default()
    };
    Ok(KafkaLog::open_unchecked(options, &prometheus::Registry::new())?)
}
