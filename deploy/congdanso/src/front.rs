//! A role that signs nothing, at work: intake or reads. It opens no private key.

use crate::backends::{self, Store};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::forward::Forward;
use crate::names::rules_of;
use crate::node::{self, now};
use crate::observer::Answered;
use crate::running::Ready;
use crate::served::Served;
use crate::watch::Watch;
use access::Credentials;
use api::{Api, Surface};
use event_log::EventLog;
use gateway::{Gateway, Parts, Stamp, Stamps};
use identity::TrustList;
use identity::status::ListId;
use keystore::PublicRing;
use parking_lot::Mutex;
use projections::ProjectionsReader;
use prometheus::Registry;
use schemas::{Stream, Topic, TopicPartition};
use std::fs::File;
use std::sync::Arc;

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrontRole {
    /// Takes events in.
    Ingest,
    /// Serves reads.
    Serve,
}

/// Intake or reads, at work.
pub struct Front {
    /// Where HTTP is served.
    pub served: Served,
    gateway: Option<Gateway>,
    ready: Ready,
    watch: Watch,
    _lock: File,
}

/// What it stands on.
struct Ground {
    registry: Registry,
    log: Arc<dyn EventLog>,
    store: Arc<Store>,
    ring: Arc<PublicRing>,
    credentials: Arc<Credentials>,
    stamps: Arc<Stamps>,
    config: Config,
    /// Why log or store did not answer when they were asked last.
    silent: Mutex<Option<String>>,
    answered: Answered,
}

impl Front {
    /// Opens the folder's ring and credentials, log and store, and serves.
    ///
    /// # Errors
    /// A [`Failure`] when the folder has no keys, or private ones; anything else says what is wrong and where.
    pub fn start(config: &Config, role: FrontRole) -> anyhow::Result<Self> {
        let lock = node::lock(&config.data_dir)?;
        crate::moving::refuse_unfinished(config)?;
        let ground = Arc::new(Ground::open(config)?);
        let reader = Arc::clone(&ground.store) as Arc<dyn ProjectionsReader>;
        let answering = Arc::clone(&ground);
        let ready: Ready = Arc::new(move || answering.silent.lock().clone().map_or(Ok(()), Err));
        let api = Api::new(api_parts(&ground, Arc::clone(&reader), Arc::clone(&ready)))?;
        let (gateway, served) = match role {
            FrontRole::Ingest => {
                let gateway = Gateway::new(Parts {
                    credentials: Arc::clone(&ground.credentials),
                    log: Arc::clone(&ground.log),
                    reader: Some(reader),
                    pepper: ground.ring.pepper(),
                    stamps: Arc::clone(&ground.stamps),
                    registry: &ground.registry,
                })?;
                let taken = gateway.clone();
                let served = Served::start(config, &ground.registry, None, move |config| {
                    gateway::http::configure(config, taken.clone());
                    api.configure_as(Surface::Intake, config);
                    gateway::http::configure_unknown_streams(config);
                })?;
                (Some(gateway), served)
            }
            FrontRole::Serve => {
                let forward = Forward::new(config.processors())?;
                let served = Served::start(config, &ground.registry, None, move |config| {
                    if let Some(forward) = &forward {
                        Forward::configure(config, forward.clone());
                    }
                    api.configure_as(Surface::Whole, config);
                })?;
                (None, served)
            }
        };
        let watch = Watch::start(move || ground.look())?;
        Ok(Self { served, gateway, ready, watch, _lock: lock })
    }

    /// What `/readyz` answers.
    pub fn ready(&self) -> Ready {
        Arc::clone(&self.ready)
    }

    /// Takes nothing more, and answers what is in flight.
    pub async fn stop(&self) {
        if let Some(gateway) = &self.gateway {
            gateway.stop();
        }
        self.watch.stop();
        self.served.stop().await;
    }
}

impl Ground {
    fn open(config: &Config) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        let ring = Arc::new(PublicRing::open(dir.join("keys"), node::sealing(config)?)?);
        if config.root_public().is_some_and(|root| root != ring.root_public()) {
            let message =
                "the trust list is not signed by the configured keys.root_public: hand out the ring that is";
            return Err(Failure::new(Exit::Failed, message).into());
        }
        let registry = Registry::new();
        ring.register(&registry)?;
        node::describe_process(&registry)?;
        let credentials = Credentials::open(dir.join("agencies.json"))?;
        let rules = rules_of(config, &ring.trust_list())?.id;
        let stamps = Stamps::new(Stamp { rules, kid: ring.active() });
        let (log, store) = backends::open(config, &registry)?;
        let answered = Answered::register(&registry)?;
        let (config, silent) = (config.clone(), Mutex::default());
        Ok(Self { registry, log, store, ring, credentials, stamps, config, silent, answered })
    }

    /// Keys and credentials may have been handed out anew; log and store may have stopped to answer.
    fn look(&self) {
        match self.ring.refresh() {
            Ok(true) => {
                tracing::info!(version = self.ring.trust_list().version, "the keys were read again");
                self.put_into_force();
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the keys were replaced and are not read again"),
        }
        node::read_again(&self.credentials);
        let asked_at = now();
        let silent = self.ask().err().map(|error| error.to_string());
        if silent.is_none() {
            self.answered.asked_at(asked_at);
        }
        *self.silent.lock() = silent;
    }

    /// New events name the key that is active now, and the rules with the keys for papers that are listed now. A processor that was
    /// handed the same trust list knows both.
    fn put_into_force(&self) {
        let rules = rules_of(&self.config, &self.ring.trust_list())
            .map(|rules| rules.id)
            .inspect_err(|error| tracing::error!(%error, "new events name the rules from before"));
        let rules = rules.unwrap_or_else(|_| self.stamps.get().rules);
        self.stamps.set(Stamp { rules, kid: self.ring.active() });
    }

    fn ask(&self) -> anyhow::Result<()> {
        self.log.bounds(TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 0 })?;
        futures_executor::block_on(self.store.checkpoints())?;
        Ok(())
    }
}

fn api_parts(ground: &Arc<Ground>, reader: Arc<dyn ProjectionsReader>, ready: Ready) -> api::Parts {
    api::Parts {
        credentials: Arc::clone(&ground.credentials),
        reader,
        partitions: ground.log.layout(Topic::Stream(Stream::Registrations)).partitions,
        pepper: ground.ring.pepper(),
        trust: Arc::new(Ring(Arc::clone(&ground.ring))),
        presentation_key: Arc::new(|| None),
        status_lists: Arc::new(SignedElsewhere),
        registry: ground.registry.clone(),
        before_metrics: Arc::new(|| ()),
        ready,
        clock: Arc::new(now),
        more_openapi: vec![gateway::http::openapi()],
    }
}

/// The public ring as the read side sees it.
struct Ring(Arc<PublicRing>);

impl api::Trust for Ring {
    fn trust_list_bytes(&self) -> Arc<[u8]> {
        self.0.trust_list_bytes()
    }

    fn trust_list(&self) -> Arc<TrustList> {
        self.0.trust_list()
    }

    fn root_public(&self) -> [u8; 32] {
        self.0.root_public()
    }
}

/// No status list is signed in this process.
struct SignedElsewhere;

impl api::StatusLists for SignedElsewhere {
    fn bundle(&self) -> Option<bytes::Bytes> {
        None
    }

    fn list(&self, _: ListId) -> Option<bytes::Bytes> {
        None
    }

    fn addresses(&self) -> Option<Vec<String>> {
        None
    }
}
