//! What the handlers share.

use crate::docs::Page;
use crate::limits::STATISTICS_AT_ONCE_MAX;
use crate::lookup::Limits;
use crate::metrics::Metrics;
use crate::verification::{Keys, Replays};
use crate::verifier::Verifier;
use crate::{Surface, openapi, routes};
use access::Credentials;
use actix_web::web::{Data, ServiceConfig};
use bytes::Bytes;
use domain::keys::Pepper;
use identity::status::ListId;
use identity::{SigningKey, TrustList};
use projections::ProjectionsReader;
use prometheus::Registry;
use schemas::Micros;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Whose signatures hold. Answers come from memory: they are asked for on every request that needs them.
pub trait Trust: Send + Sync + 'static {
    /// The trust list as the root key signed it: the same bytes until the next change.
    fn trust_list_bytes(&self) -> Arc<[u8]>;

    /// The same, read. The same `Arc` until the next change.
    fn trust_list(&self) -> Arc<TrustList>;

    /// The public half of the root key, which verifiers pin. It changes only where a development root gives way to the city's.
    fn root_public(&self) -> [u8; 32];
}

/// Which codes were taken back, signed. Answers come from memory.
pub trait StatusLists: Send + Sync + 'static {
    /// All lists in one signed message: the same bytes until something changes. `None` before they were signed first.
    fn bundle(&self) -> Option<Bytes>;

    /// One list, signed. `None` when no code can name it.
    fn list(&self, id: ListId) -> Option<Bytes>;

    /// The addresses of all lists. `None` before they were signed first.
    fn addresses(&self) -> Option<Vec<String>>;
}

/// What the reading side is made of.
pub struct Parts {
    /// Who may ask.
    pub credentials: Arc<Credentials>,
    /// Where rows come from.
    pub reader: Arc<dyn ProjectionsReader>,
    /// How many partitions each stream has.
    pub partitions: u16,
    /// Makes ids of numbers and phones.
    pub pepper: Pepper,
    /// Whose signatures hold.
    pub trust: Arc<dyn Trust>,
    /// The key for presentations in force, asked for at each of them; `None` where nothing is signed.
    pub presentation_key: Arc<dyn Fn() -> Option<Arc<SigningKey>> + Send + Sync>,
    /// Which codes were taken back.
    pub status_lists: Arc<dyn StatusLists>,
    /// Takes the metrics of this crate, and is what `/metrics` shows.
    pub registry: Registry,
    /// Brings gauges up to date before they are shown. May block.
    pub before_metrics: Arc<dyn Fn() + Send + Sync>,
    /// Whether the process does its work, or why not; for operators, without personal data. Must not block.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Now: whether codes hold is judged by it.
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
    /// Descriptions of what else the same server offers, merged into `/openapi.json`.
    pub more_openapi: Vec<utoipa::openapi::OpenApi>,
}

/// The reading side. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Api(Data<State>);

pub(crate) struct State {
    pub credentials: Arc<Credentials>,
    pub reader: Arc<dyn ProjectionsReader>,
    pub partitions: u16,
    pub pepper: Pepper,
    pub trust: Arc<dyn Trust>,
    pub presentation_key: Arc<dyn Fn() -> Option<Arc<SigningKey>> + Send + Sync>,
    pub replays: Replays,
    pub status_lists: Arc<dyn StatusLists>,
    pub registry: Registry,
    pub before_metrics: Arc<dyn Fn() + Send + Sync>,
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
    pub metrics: Metrics,
    pub keys: Keys,
    pub lookups: Limits,
    pub statistics: Semaphore,
    pub openapi: Bytes,
    pub docs: Page,
    pub verifier: Verifier,
}

impl Api {
    /// Registers the metrics of this crate and writes its description.
    ///
    /// # Errors
    /// When metrics of these names are registered already.
    pub fn new(parts: Parts) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::register(&parts.registry)?;
        Ok(Self(Data::new(State {
            keys: Keys::new(parts.trust.trust_list()),
            credentials: parts.credentials,
            reader: parts.reader,
            partitions: parts.partitions,
            pepper: parts.pepper,
            trust: parts.trust,
            presentation_key: parts.presentation_key,
            replays: Replays::default(),
            status_lists: parts.status_lists,
            registry: parts.registry,
            before_metrics: parts.before_metrics,
            ready: parts.ready,
            clock: parts.clock,
            metrics,
            lookups: Limits::default(),
            statistics: Semaphore::new(STATISTICS_AT_ONCE_MAX),
            openapi: openapi::document(parts.more_openapi),
            docs: Page::new(),
            verifier: Verifier::new(),
        })))
    }

    /// Registers [`crate::ROUTES`]. Wrap the application in [`access::http::Instrument`], so that every problem carries the
    /// request's id and language.
    pub fn configure(&self, config: &mut ServiceConfig) {
        self.configure_as(Surface::Whole, config);
    }

    /// As [`Api::configure`], of those routes that a process of this role has.
    pub fn configure_as(&self, surface: Surface, config: &mut ServiceConfig) {
        config.app_data(self.0.clone());
        routes::register(config, surface);
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("partitions", &self.0.partitions).finish_non_exhaustive()
    }
}
