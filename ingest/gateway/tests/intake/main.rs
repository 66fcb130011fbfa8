//! The intake as its senders see it: over HTTP, in front of a log in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod admission;
mod batch;
mod bodies;
mod description;
mod limits;
mod log;
mod rows;
mod single;
mod sms;
mod submit;
mod wait;
mod wire;

use access::{Credential, Credentials};
use actix_web::App;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service, read_body};
use bytes::Bytes;
use domain::keys::Pepper;
use futures_util::Stream;
use gateway::{Gateway, Parts, Stamp, Stamps, http};
use log::MemoryLog;
use projections::ProjectionsReader;
use schemas::{Kid, RulesId};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// The epoch of every topic of the log in memory, as places show it.
pub(crate) const EPOCH_TEXT: &str = "7";

pub(crate) const STAMP: Stamp = Stamp { rules: RulesId([1; 8]), kid: Kid([2; 8]) };

pub(crate) fn pepper() -> Pepper {
    Pepper::new(&[7; 32])
}

/// A gateway, what stands around it, and the key of an agency that may send everything.
pub(crate) struct Intake {
    pub(crate) gateway: Gateway,
    pub(crate) log: MemoryLog,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) stamps: Arc<Stamps>,
    pub(crate) registry: prometheus::Registry,
    pub(crate) key: String,
}

/// A credential of a helper at work in a ward, who may send every kind.
pub(crate) fn helper() -> Credential {
    Credential {
        id: "helper-1".to_owned(),
        agency: "dst-hai-chau".to_owned(),
        team: Some("team-12".to_owned()),
        helper: Some("helper-3".to_owned()),
        device: Some("device-9".to_owned()),
        ward: Some("20194".to_owned()),
        channels: vec![schemas::Channel::Helper, schemas::Channel::Web],
        scopes: schemas::Stream::ALL.map(access::Scope::SendAll).to_vec(),
        quota_per_second: 0,
        disabled: false,
    }
}

impl Intake {
    pub(crate) fn new() -> Self {
        Self::reading(|_| None)
    }

    pub(crate) fn reading(reader: impl FnOnce(&MemoryLog) -> Option<Arc<dyn ProjectionsReader>>) -> Self {
        let log = MemoryLog::default();
        let credentials = Credentials::in_memory();
        let key = credentials.add(helper()).unwrap().expose().to_owned();
        let registry = prometheus::Registry::new();
        let stamps = Stamps::new(STAMP);
        let gateway = Gateway::new(Parts {
            credentials: Arc::clone(&credentials),
            reader: reader(&log),
            log: Arc::new(log.clone()),
            pepper: pepper(),
            stamps: Arc::clone(&stamps),
            registry: &registry,
        })
        .unwrap();
        Self { gateway, log, credentials, stamps, registry, key }
    }

    /// A JSON submission with this credential and idempotency key.
    pub(crate) fn post(&self, path: &str, key: &str, body: impl Into<Bytes>) -> TestRequest {
        self.request(path, "application/json", body).insert_header(("idempotency-key", key))
    }

    pub(crate) fn request(&self, path: &str, media: &str, body: impl Into<Bytes>) -> TestRequest {
        TestRequest::with_uri(path)
            .method(Method::POST)
            .insert_header((header::AUTHORIZATION, format!("Bearer {}", self.key)))
            .insert_header((header::CONTENT_TYPE, media))
            .set_payload(body)
    }

    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        self.exchange(request, None).await
    }

    /// Sends a request whose body comes from `chunks`.
    pub(crate) async fn stream(
        &self,
        request: TestRequest,
        chunks: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
    ) -> Answer {
        self.exchange(request, Some(Box::pin(chunks))).await
    }

    async fn exchange(&self, request: TestRequest, chunks: Option<Chunks>) -> Answer {
        let response = self.respond(request, chunks).await;
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: read_body(response).await }
    }

    /// Sends a request whose body comes from `chunks`, and gives the body of the answer as it comes.
    pub(crate) async fn open(
        &self,
        request: TestRequest,
        chunks: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
    ) -> BodyStream {
        let response = self.respond(request, Some(Box::pin(chunks))).await;
        assert_eq!(response.status(), StatusCode::OK);
        BodyStream(response.into_body())
    }

    async fn respond(&self, request: TestRequest, chunks: Option<Chunks>) -> ServiceResponse {
        let gateway = self.gateway.clone();
        let app = init_service(
            App::new()
                .configure(|config| http::configure(config, gateway))
                .configure(http::configure_unknown_streams),
        )
        .await;
        let mut request = request.to_request();
        if let Some(payload) = chunks {
            request = request.replace_payload(Payload::Stream { payload }).0;
        }
        app.call(request).await.unwrap()
    }

    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let matches = |metric: &prometheus::proto::Metric| {
            labels.iter().all(|(name, value)| {
                metric.get_label().iter().any(|pair| pair.name() == *name && pair.value() == *value)
            })
        };
        family
            .get_metric()
            .iter()
            .filter(|metric| matches(metric))
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
            .sum()
    }
}

/// The body of an answer, part by part.
pub(crate) struct BodyStream(BoxBody);

impl Stream for BodyStream {
    type Item = Result<Bytes, Box<dyn std::error::Error>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.body);
        assert_eq!(self.headers.get(header::CONTENT_TYPE).unwrap(), "application/x-ndjson");
        let text = std::str::from_utf8(&self.body).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts that this is the problem of this code.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.json()["code"].as_str().unwrap()),
            (status, code),
            "{}",
            self.json()
        );
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        for member in ["title_vi", "title_en"] {
            assert!(!self.json()[member].as_str().unwrap().is_empty());
        }
    }
}
