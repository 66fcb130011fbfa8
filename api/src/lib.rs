//! stub
#![expect(missing_docs)]
use access::Credentials; use projections::ProjectionsReader; use std::sync::Arc; use schemas::Micros;
pub trait Trust: Send + Sync + 'static { fn trust_list_bytes(&self) -> Arc<[u8]>; fn trust_list(&self) -> Arc<identity::TrustList>; fn root_public(&self) -> [u8;32]; }
pub struct Parts { pub credentials: Arc<Credentials>, pub reader: Arc<dyn ProjectionsReader>, pub partitions: u16, pub pepper: domain::keys::Pepper, pub trust: Arc<dyn Trust>, pub registry: prometheus::Registry, pub before_metrics: Arc<dyn Fn() + Send + Sync>, pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>, pub clock: Arc<dyn Fn() -> Micros + Send + Sync>, pub more_openapi: Vec<utoipa::openapi::OpenApi> }
#[derive(Clone)] pub struct Api(Arc<Parts>);
impl Api { pub fn new(p: Parts) -> Result<Self, prometheus::Error> { Ok(Self(Arc::new(p))) } pub fn configure(&self, _c: &mut actix_web::web::ServiceConfig) {} }
