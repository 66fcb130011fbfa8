//! Everything of one data folder, open: log, projections, keys, rules, credentials.

use crate::backends::{self, FreshStore, Store};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::names::Names;
use crate::ops;
use access::Credentials;
use anyhow::Context;
use bytes::Bytes;
use domain::Rules;
use event_log::EventLog;
use gateway::Stamps;
use identity::status::ListId;
use keystore::{Keystore, RulesBook, Sealing};
use projections::{ProjectionsReader, ProjectionsWriter};
use prometheus::Registry;
use runner::publisher::{Publisher, Sources, Watched};
use runner::{Control, Deps, Metrics, Reference};
use schemas::Micros;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// An open data folder. Dropping it closes everything and gives the folder back.
pub struct Node {
    /// As configured.
    pub config: Config,
    /// Where every part registers its metrics.
    pub registry: Registry,
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The projections; a rebuild swaps what is beneath.
    pub store: Arc<Store>,
    /// Signing keys, pepper, trust list.
    pub keys: Arc<Keystore>,
    /// Credentials of agencies.
    pub credentials: Arc<Credentials>,
    /// Rules and key in force, for new events.
    pub stamps: Arc<Stamps>,
    /// What engines stand on.
    pub deps: Deps,
    /// Which codes were taken back.
    pub publisher: Arc<Publisher>,
    names: Arc<Names>,
    _lock: File,
}

impl api::Trust for Keys {
    fn trust_list_bytes(&self) -> Arc<[u8]> {
        self.0.trust_list_bytes()
    }

    fn trust_list(&self) -> Arc<identity::TrustList> {
        self.0.trust_list()
    }

    fn root_public(&self) -> [u8; 32] {
        self.0.root_public()
    }
}

/// The keystore as the read side sees it.
pub struct Keys(pub Arc<Keystore>);

/// The status lists as the read side sees them.
pub struct Lists(pub Arc<Publisher>);

impl api::StatusLists for Lists {
    fn bundle(&self) -> Option<Bytes> {
        self.0.current().map(|current| current.bundle())
    }

    fn list(&self, id: ListId) -> Option<Bytes> {
        self.0.current()?.list(id)
    }

    fn addresses(&self) -> Option<Vec<String>> {
        self.0.current().map(|current| current.addresses())
    }
}

type OpenBackends = fn(&Config, &Registry) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Store>)>;

impl Node {
    /// Opens the folder, making what is not there.
    ///
    /// # Errors
    /// A [`Failure`] with [`Exit::Locked`] when another process has the folder; anything else says what is wrong and where.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        crate::moving::refuse_unfinished(config)?;
        Self::open_unfinished(config)
    }

    /// Opens the folder, also one into which a move has not come to its end.
    ///
    /// # Errors
    /// See [`Node::open`].
    pub fn open_unfinished(config: &Config) -> anyhow::Result<Self> {
        Self::open_with(config, backends::open)
    }

    /// Opens the folder, also where the live rows are those of another program: to fill fresh ones beside them.
    ///
    /// # Errors
    /// See [`Node::open`].
    pub fn open_for_rebuild(config: &Config) -> anyhow::Result<Self> {
        crate::moving::refuse_unfinished(config)?;
        Self::open_with(config, backends::open_for_rebuild)
    }

    fn open_with(config: &Config, open: OpenBackends) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        let lock = lock(dir)?;
        if dir.join("log").exists() && !Keystore::exists(&dir.join("keys")) {
            let message = format!(
                "{} has a log and no keys: with new ones every person would get another id. Put the folder keys back, or restore a backup",
                dir.display()
            );
            return Err(Failure::new(Exit::Failed, message).into());
        }
        if dir.join("projections").exists() && !dir.join("log").exists() {
            let message = format!(
                "{} has rows and no log: with a new one they could not be gone on from. Put the folder log back, or restore a backup",
                dir.display()
            );
            return Err(Failure::new(Exit::Failed, message).into());
        }
        let registry = Registry::new();
        let (log, store) = open(config, &registry)?;
        if !Keystore::exists(&dir.join("keys")) && has_records(&*log)? {
            let message = format!(
                "the log has events and {} has no keys: with new ones every person would get another id. Put the folder keys of this log \
                 there (--data-dir names another folder), or restore a backup",
                dir.display()
            );
            return Err(Failure::new(Exit::Failed, message).into());
        }
        let keys = Arc::new(Keystore::open(dir.join("keys"), sealing(config)?, now())?);
        keys.ring().register(&registry)?;
        if let Some(root) = config.root_public() {
            keys.pin_root(root, now())?;
        }
        describe_process(&registry)?;
        let names = Names::open(&dir.join("rules"), config, &keys)?;
        let credentials = Credentials::open(dir.join("agencies.json"))?;
        let publisher = publisher(&names.in_force(), &keys, &store, &registry)?;
        let watched = Watched::new(Arc::clone(&store) as Arc<dyn ProjectionsWriter>, Arc::clone(&publisher));
        let deps = Deps {
            log: Arc::clone(&log),
            store: Arc::new(watched),
            reference: Arc::clone(&names) as Arc<dyn Reference>,
            control: Arc::new(Control::default()),
            metrics: Metrics::register(&registry)?,
            clock: Arc::new(now),
        };
        Ok(Self {
            config: config.clone(),
            registry,
            log,
            store,
            keys,
            credentials,
            stamps: Arc::clone(names.stamps()),
            deps,
            publisher,
            names,
            _lock: lock,
        })
    }

    /// Opens the folder of a processor, to which keys were handed out.
    ///
    /// # Errors
    /// As [`Node::open`]; a [`Failure`] when there are no keys, or the root key is among them.
    pub fn open_handed_out(config: &Config) -> anyhow::Result<Self> {
        let keys = config.data_dir.join("keys");
        let hand_out = "`congdanso keys export --private` hands out what a processor needs";
        if !Keystore::exists(&keys) {
            let message = format!("there are no keys in {}: {hand_out}", keys.display());
            return Err(Failure::new(Exit::NotFound, message).into());
        }
        let node = Self::open(config)?;
        if node.keys.holds_root() {
            let message =
                format!("the root key is in {}, and belongs on no server: {hand_out}", keys.display());
            return Err(Failure::new(Exit::Failed, message).into());
        }
        Ok(node)
    }

    /// Keys and credentials may have been handed out anew.
    pub fn read_again(&self) {
        self.names.look_again();
        read_again(&self.credentials);
    }

    /// For requests answered without a running process around this folder.
    pub fn context(&self) -> ops::Context<'_> {
        ops::Context { node: self, processor: None, gateway: None, keys: ops::Keys::Changed, http: None }
    }

    /// The rules that new events are stamped with.
    pub fn rules_in_force(&self) -> Arc<Rules> {
        self.names.in_force()
    }

    /// Whether the trust list in force is signed by the root key that is configured, if one is.
    pub fn is_under_configured_root(&self) -> bool {
        self.config.root_public().is_none_or(|root| root == self.keys.root_public())
    }

    /// Has new events name the identity key that is active now and the keys for papers that are listed now: after every change of the
    /// trust list.
    ///
    /// # Errors
    /// When the rules with those keys cannot be kept.
    pub fn put_keys_into_force(&self) -> anyhow::Result<()> {
        self.names.put_into_force()
    }

    /// The canonical texts of all rule sets ever in force, for a backup.
    pub fn rule_texts(&self) -> Vec<String> {
        self.names.texts()
    }

    /// Puts exported keys and pepper into the folder of `config`, sealed as it says, before it is opened.
    pub fn import_secrets(config: &Config, exported: &[u8]) -> anyhow::Result<()> {
        Ok(Keystore::import(config.data_dir.join("keys"), exported, &sealing(config)?)?)
    }

    /// Puts a rule set into the folder of `config`, before it is opened.
    pub fn import_rules(config: &Config, text: &str) -> anyhow::Result<()> {
        RulesBook::open(config.data_dir.join("rules"))?.put_text(text)?;
        Ok(())
    }

    /// Empty projections beside the live ones.
    pub fn fresh_store(&self) -> anyhow::Result<FreshStore> {
        self.store.fresh()
    }

    /// Swaps fresh projections in. Nobody may be writing.
    pub fn promote(&self, fresh: FreshStore) -> anyhow::Result<()> {
        self.store.promote(fresh)?;
        self.publisher.read_again();
        Ok(())
    }
}

fn publisher(
    rules: &Rules,
    keys: &Arc<Keystore>,
    store: &Arc<Store>,
    registry: &Registry,
) -> anyhow::Result<Arc<Publisher>> {
    let signing = Arc::clone(keys);
    let sources = Sources {
        reader: Arc::clone(store) as Arc<dyn ProjectionsReader>,
        base_uri: rules.status_uri.clone(),
        key: Box::new(move || signing.ring().status_key()),
        clock: Arc::new(now),
    };
    Ok(Publisher::new(sources, registry)?)
}

/// Whether anything was ever accepted.
fn has_records(log: &dyn EventLog) -> anyhow::Result<bool> {
    let ends = runner::log_ends(log)?;
    Ok(ends.iter().any(|(_, end)| *end > 0))
}

/// Reads credentials again where they were handed out anew.
pub fn read_again(credentials: &Credentials) {
    match credentials.refresh() {
        Ok(true) => tracing::info!("the credentials were read again"),
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "the credentials were replaced and are not read again"),
    }
}

/// What is running, and what it takes of the machine.
pub fn describe_process(registry: &Registry) -> anyhow::Result<()> {
    let build = prometheus::IntGaugeVec::new(
        prometheus::Opts::new("congdanso_build_info", "Always 1; the label says which version runs."),
        &["version"],
    )?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(build))?;
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    Ok(())
}

/// Now, for stamps of keys and for measuring.
pub fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Makes the folder and takes it for this process.
///
/// # Errors
/// A [`Failure`] with [`Exit::Locked`] when another process has it.
pub fn lock(dir: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(dir).with_context(|| format!("making the data folder {}", dir.display()))?;
    let path = dir.join("LOCK");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            let message = format!(
                "another process has the data folder {}: try again once it serves, or stop it, or give this one a folder of its own with \
                 --data-dir",
                dir.display()
            );
            Err(Failure::new(Exit::Locked, message).into())
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking {}", path.display()))
        }
    }
}

/// By what the configuration seals keys.
///
/// # Errors
/// When the file with the passphrase cannot be read.
pub fn sealing(config: &Config) -> anyhow::Result<Sealing> {
    let (passphrase, key) = (&config.keys_passphrase_file, &config.keys_key_file);
    // The configuration is not valid with both.
    match (passphrase.as_os_str().is_empty(), key.as_os_str().is_empty()) {
        (true, true) => Ok(Sealing::None),
        (true, false) => Ok(Sealing::KeyFile(key.clone())),
        (false, _) => Ok(Sealing::Passphrase(crate::command::passphrase(Some(passphrase), false)?)),
    }
}
