//! A reading side over a calm store in memory, and requests to it.

use access::http::{HttpMetrics, Instrument, default_handlers};
use access::{Credential, Credentials, Scope};
use actix_web::http::{Method, StatusCode, header::HeaderMap};
use actix_web::{App, test};
use api::{Api, Parts, StatusLists, Surface, Trust};
use bytes::Bytes;
use domain::keys::Pepper;
use domain::row::Cause;
use domain::rows::{LedgerRow, StatisticsRow};
use domain::{Row, Table, TypedRow};
use identity::status::ListId;
use identity::trust::{Purpose, TrustedKey};
use identity::{SigningKey, TrustList};
use projections::hostile::{Hostile, HostileOptions};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter};
use prometheus::Registry;
use schemas::{EventId, Micros, Place, Stream, Topic, TopicPartition};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// 2025-09-12T01:00:00Z.
pub const NOW_SECONDS: i64 = 1_757_638_800;
pub const PARTITIONS: u16 = 16;
pub const ISSUER: &str = "https://danang.example";

/// Agencies of the tests, by the name of their credential.
pub const READER: &str = "reader";
pub const WARD: &str = "ward-desk";
pub const UTILITY: &str = "utility";
/// Speaks for citizens that it has logged in.
pub const PORTAL: &str = "portal";

pub struct Keys {
    pub signing: SigningKey,
    pub presenting: SigningKey,
    root: SigningKey,
    list: Arc<TrustList>,
    bytes: Arc<[u8]>,
}

impl Keys {
    fn new() -> Self {
        let (signing, root) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let presenting = SigningKey::from_seed(&[3; 32]);
        let key = TrustedKey::new(signing.public(), Purpose::Identity, 0, i64::MAX / 2);
        let for_presentations = TrustedKey::new(presenting.public(), Purpose::Presentation, 0, i64::MAX / 2);
        let list = TrustList {
            version: 3,
            issued_at: NOW_SECONDS,
            keys: vec![key, for_presentations],
            ..TrustList::default()
        };
        let bytes = list.sign(&root).into();
        Self { signing, presenting, root, list: Arc::new(list), bytes }
    }
}

impl Trust for Keys {
    fn trust_list_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    fn trust_list(&self) -> Arc<TrustList> {
        Arc::clone(&self.list)
    }

    fn root_public(&self) -> [u8; 32] {
        self.root.public()
    }
}

pub struct World {
    pub store: Arc<Hostile>,
    pub keys: Arc<Keys>,
    pub pepper: Pepper,
    pub registry: Registry,
    http: HttpMetrics,
    pub published: Arc<Published>,
    pub clock: Arc<AtomicI64>,
    pub ready: Arc<Mutex<Result<(), String>>>,
    pub api: Api,
    api_keys: HashMap<&'static str, String>,
    offset: AtomicU64,
}

/// Status lists of the tests: one list, signed when it is set.
#[derive(Default)]
pub struct Published {
    pub bundle: Mutex<Option<Bytes>>,
    pub list: Mutex<Option<(ListId, Bytes)>>,
}

impl StatusLists for Published {
    fn bundle(&self) -> Option<Bytes> {
        self.bundle.lock().unwrap().clone()
    }

    fn list(&self, id: ListId) -> Option<Bytes> {
        self.list.lock().unwrap().as_ref().filter(|(of, _)| *of == id).map(|(_, bytes)| bytes.clone())
    }

    fn addresses(&self) -> Option<Vec<String>> {
        self.bundle()?;
        Some(self.list.lock().unwrap().iter().map(|(id, _)| id.uri(ISSUER)).collect())
    }
}

impl World {
    pub fn new() -> Self {
        let store = Arc::new(Hostile::new(1, HostileOptions::calm()));
        Self::over(Arc::clone(&store) as Arc<dyn ProjectionsReader>, store)
    }

    /// Reads from `reader`; what the tests put goes to `store`.
    pub fn over(reader: Arc<dyn ProjectionsReader>, store: Arc<Hostile>) -> Self {
        let credentials = Credentials::in_memory();
        let mut api_keys = HashMap::new();
        let scopes = [
            (READER, vec![Scope::ReadAll, Scope::Lookup, Scope::Statistics]),
            (PORTAL, vec![Scope::ReadAll, Scope::Present]),
            (WARD, vec![Scope::SendAll(Stream::Registrations)]),
            (UTILITY, vec![Scope::SendAll(Stream::Transactions)]),
        ];
        for (id, scopes) in scopes {
            let mut credential = Credential::of_role(id, id, "ward_desk").unwrap();
            credential.scopes = scopes;
            api_keys.insert(id, credentials.add(credential).unwrap().expose().to_owned());
        }
        let (registry, keys, pepper) = (Registry::new(), Arc::new(Keys::new()), Pepper::new(&[7; 32]));
        let clock = Arc::new(AtomicI64::new(NOW_SECONDS));
        let ready = Arc::new(Mutex::new(Ok(())));
        let (told, asked) = (Arc::clone(&clock), Arc::clone(&ready));
        let published = Arc::new(Published::default());
        let api = Api::new(Parts {
            credentials,
            reader,
            partitions: PARTITIONS,
            pepper: pepper.clone(),
            trust: Arc::clone(&keys) as Arc<dyn Trust>,
            presentation_key: {
                let key = Arc::new(keys.presenting.clone());
                Arc::new(move || Some(Arc::clone(&key)))
            },
            status_lists: Arc::clone(&published) as Arc<dyn StatusLists>,
            registry: registry.clone(),
            before_metrics: Arc::new(|| ()),
            ready: Arc::new(move || asked.lock().unwrap().clone()),
            clock: Arc::new(move || Micros(told.load(Ordering::Relaxed) * 1_000_000)),
            more_openapi: Vec::new(),
        })
        .unwrap();
        let (offset, http) = (AtomicU64::new(0), HttpMetrics::register(&registry).unwrap());
        Self { http, published, store, keys, pepper, registry, clock, ready, api, api_keys, offset }
    }

    /// Writes a row as the next event of partition 3 of its stream.
    pub fn put<R: TypedRow>(&self, row: R) -> Place {
        let offset = self.offset.fetch_add(1, Ordering::Relaxed);
        let event_id = EventId(Uuid::from_u128(u128::from(offset) + 1));
        let row = row.to_row(cause(Stream::Registrations, 3, offset, event_id));
        let (stream, partition) = writer(&row);
        let cause = cause(stream, partition, offset, event_id);
        self.commit(Row { cause, ..row });
        cause.place
    }

    fn commit(&self, row: Row) {
        let Place { stream, partition, epoch, offset } = row.cause.place;
        let of = TopicPartition { topic: Topic::Stream(stream), partition };
        let checkpoint = Checkpoint { of, epoch, next_offset: offset + 1, last_event_id: row.cause.event_id };
        let commit = PartitionCommit { follows: Vec::new(), state: vec![row], checkpoint };
        self.store.commit(&[commit]).unwrap();
    }

    /// The key of a credential.
    pub fn key(&self, who: &str) -> &str {
        &self.api_keys[who]
    }

    /// Asks with a credential.
    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(Ask::get(path).by(self.key(who))).await
    }

    /// Asks.
    pub async fn ask(&self, ask: Ask) -> Answer {
        self.ask_as(Surface::Whole, ask).await
    }

    /// Asks a process that has some of the routes.
    pub async fn ask_as(&self, surface: Surface, ask: Ask) -> Answer {
        let app = App::new()
            .wrap(Instrument::new(self.http.clone()))
            .configure(|config| self.api.configure_as(surface, config))
            .configure(default_handlers);
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(&ask.path).method(ask.method);
        for (name, value) in ask.headers {
            request = request.append_header((name, value));
        }
        let answer = test::call_service(&app, request.set_payload(ask.body).to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, body: test::read_body(answer).await }
    }

    /// The value of a counter of this crate, all series together.
    pub fn counted(&self, name: &str, label: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("registered");
        let of = |metric: &&prometheus::proto::Metric| {
            label.is_empty() || metric.get_label().iter().any(|pair| pair.value() == label)
        };
        family.get_metric().iter().filter(of).map(|metric| metric.get_counter().get_value()).sum()
    }
}

fn cause(stream: Stream, partition: u16, offset: u64, event_id: EventId) -> Cause {
    Cause { place: Place { stream, partition, epoch: 0, offset }, event_id }
}

/// Which partition writes a row.
fn writer(row: &Row) -> (Stream, u16) {
    match row.table {
        Table::Accounts | Table::Phones | Table::StatusEntries => (Stream::Registrations, 3),
        Table::Documents => (Stream::Documents, 3),
        Table::Statistics => {
            let row = StatisticsRow::from_row(row.clone()).unwrap();
            (row.stream, row.partition)
        }
        Table::Ledger => {
            let row = LedgerRow::from_row(row.clone()).unwrap();
            (row.stream, row.partition)
        }
        Table::History => (domain::rows::HistoryRow::from_row(row.clone()).unwrap().stream, 3),
        _ => (Stream::Transactions, 3),
    }
}

/// A request.
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn post(path: &str, body: &Value) -> Self {
        let ask = Self { method: Method::POST, body: serde_json::to_vec(body).unwrap(), ..Self::get(path) };
        ask.with("content-type", "application/json")
    }

    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub fn by(self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a problem, and that it is one as the table has it.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        let code = access::Code::named(body["code"].as_str().unwrap()).unwrap();
        assert_eq!(self.status, code.status());
        code.text().to_owned()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }
}
