//! What reading an account costs beside a bare handler that answers the same bytes: CPU of the serving threads, both in one run.
//!
//! `cargo run --release -p api --example account_cost -- [REQUESTS]` (Linux; default 200,000 requests of each kind in turns).

use access::http::{HttpMetrics, Instrument, default_handlers};
use access::{Credential, Credentials};
use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use api::{Api, Parts, StatusLists, Trust};
use bytes::Bytes;
use domain::keys::Pepper;
use domain::row::{Cause, Json};
use domain::rows::{AccountRow, AccountStatus, Sex};
use domain::{Row, TypedRow};
use identity::status::ListId;
use identity::{SigningKey, TrustList};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter};
use projections_embedded::{EmbeddedStore, Options};
use prometheus::Registry;
use schemas::event::IdentifierKind;
use schemas::{Channel, CitizenId, Day, EventId, Kid, Micros, Place, Stream};
use std::error::Error;
use std::fs;
use std::future::ready;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use uuid::Uuid;

/// Accounts in the store.
const ACCOUNTS: u64 = 10_000;
/// Connections that ask at the same time.
const CONNECTIONS: u64 = 8;
/// Turns of each kind, so that what else the machine does hits both.
const TURNS: u64 = 50;
/// Accounts of one commit.
const COMMIT_ROWS: u64 = 500;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct NoTrust(Arc<TrustList>);

impl Trust for NoTrust {
    fn trust_list_bytes(&self) -> Arc<[u8]> {
        Arc::from([])
    }

    fn trust_list(&self) -> Arc<TrustList> {
        Arc::clone(&self.0)
    }

    fn root_public(&self) -> [u8; 32] {
        [0; 32]
    }
}

struct NoLists;

impl StatusLists for NoLists {
    fn bundle(&self) -> Option<Bytes> {
        None
    }

    fn list(&self, _: ListId) -> Option<Bytes> {
        None
    }

    fn addresses(&self) -> Option<Vec<String>> {
        None
    }
}

fn citizen(n: u64) -> CitizenId {
    CitizenId(Uuid::from_u128(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)))
}

fn account(n: u64) -> AccountRow {
    AccountRow {
        citizen: citizen(n),
        status: AccountStatus::Active,
        level: 1,
        identifier: IdentifierKind::PersonalNumber,
        number: format!("048090{n:06}"),
        full_name: "Nguyễn Thị Ví Dụ".to_owned(),
        birth_date: "1990-02-01".to_owned(),
        sex: Sex::Female,
        phone: "+84905123456".to_owned(),
        phone_key: None,
        phone_epoch: 1,
        email: String::new(),
        address: "12 Đường Thử Nghiệm, Đà Nẵng".to_owned(),
        language: "vi".to_owned(),
        ward: "20194".to_owned(),
        ward_on: Day(20_332),
        opened_on: Day(20_332),
        opened_by: Channel::Helper,
        sender: "demo-teams".to_owned(),
        team: "team-17".to_owned(),
        guardian: None,
        relation: String::new(),
        registrant: None,
        confirmed: false,
        contradiction: false,
        replaced_by: None,
        replaces: None,
        status_cause: String::new(),
        links: Json(Vec::new()),
        detached: Json(Vec::new()),
        qid: "Q7F3K2M9".to_owned(),
        serial: "S7F3K2M9".to_owned(),
        status_epoch: 0,
        status_partition: 3,
        status_index: n,
        issued_at: Micros(1_757_638_800_000_000),
        expires_at: 1_915_318_800,
        kid: Some(Kid([7; 8])),
        token: "6BF".repeat(160),
    }
}

fn fill(store: &EmbeddedStore) -> Fallible<()> {
    let place = |offset| Place { stream: Stream::Registrations, partition: 3, epoch: 0, offset };
    let cause = |n| Cause { place: place(n), event_id: EventId(citizen(n).0) };
    for first in (0..ACCOUNTS).step_by(COMMIT_ROWS as usize) {
        let end = (first + COMMIT_ROWS).min(ACCOUNTS);
        let state: Vec<Row> = (first..end).map(|n| account(n).into_row(cause(n))).collect();
        let of = place(0).topic_partition();
        let checkpoint =
            Checkpoint { of, epoch: 0, next_offset: end, last_event_id: cause(end - 1).event_id };
        store.commit(&[PartitionCommit { follows: Vec::new(), state, checkpoint }])?;
    }
    Ok(())
}

/// One worker that serves what `configure` registers.
macro_rules! serve {
    ($app:expr) => {{
        let (told, address) = mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new($app).workers(1).disable_signals().bind(("127.0.0.1", 0))?;
                let at = server.addrs()[0];
                let server = server.run();
                told.send((at, server.handle())).expect("the main thread waits for it");
                server.await
            })
        });
        address.recv_timeout(Duration::from_secs(10))?
    }};
}

/// Nanoseconds of CPU that the threads that serve have had.
fn serving_nanos() -> Fallible<u64> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if fs::read_to_string(task.join("comm"))?.starts_with("actix") {
            let stat = fs::read_to_string(task.join("schedstat"))?;
            sum += stat.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
    }
    Ok(sum)
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(at: SocketAddr) -> Fallible<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 * 1_024] })
    }

    fn send(&mut self, key: &str, n: u64) -> Fallible<()> {
        let request = format!(
            "GET /v1/accounts/{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nAccept: application/json\r\n\r\n",
            citizen(n % ACCOUNTS)
        );
        Ok(self.stream.write_all(request.as_bytes())?)
    }

    /// The body of the next answer.
    fn receive(&mut self) -> Fallible<&[u8]> {
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            filled += read;
            let text = &self.buffer[..filled];
            let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&text[..end])?.to_ascii_lowercase();
            if !head.starts_with("http/1.1 200") {
                return Err(head.into());
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.ok_or("no content-length")?.parse()?;
            if filled >= end + 4 + length {
                return Ok(&self.buffer[end + 4..end + 4 + length]);
            }
        }
    }
}

/// Microseconds of CPU of the serving threads for each request. One thread asks over all connections and then reads from all, so that
/// both servers are woken, and wake, equally often.
fn turn(at: SocketAddr, key: &str, requests: u64) -> Fallible<f64> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(at)).collect::<Fallible<Vec<_>>>()?;
    let before = serving_nanos()?;
    for first in (0..requests).step_by(connections.len()) {
        for (n, connection) in (first..).zip(&mut connections) {
            connection.send(key, n)?;
        }
        for connection in &mut connections {
            connection.receive()?;
        }
    }
    Ok((serving_nanos()? - before) as f64 / 1_000.0 / requests as f64)
}

fn reading_side(folder: &std::path::Path) -> Fallible<(Api, String)> {
    let registry = Registry::new();
    let store = EmbeddedStore::open(folder, Options::default(), &registry)?;
    fill(&store)?;
    let credentials = Credentials::in_memory();
    let reader = Credential::of_role("reader", "reader", "app").ok_or("no such role")?;
    let key = credentials.add(reader)?.expose().to_owned();
    let api = Api::new(Parts {
        credentials,
        reader: store as Arc<dyn ProjectionsReader>,
        partitions: 16,
        pepper: Pepper::new(&[0; 32]),
        trust: Arc::new(NoTrust(Arc::default())),
        presentation_key: Arc::new(|| None),
        status_lists: Arc::new(NoLists),
        registry,
        before_metrics: Arc::new(|| ()),
        ready: Arc::new(|| Ok(())),
        clock: Arc::new(|| Micros(0)),
        more_openapi: Vec::new(),
    })?;
    Ok((api, key))
}

fn main() -> Fallible<()> {
    let requests: u64 = std::env::args().nth(1).map_or(Ok(200_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let (api, key) = reading_side(folder.path())?;
    let metrics = HttpMetrics::register(&Registry::new())?;
    let (reading, reading_handle): (SocketAddr, ServerHandle) = serve!(move || {
        App::new()
            .wrap(Instrument::new(metrics.clone()))
            .configure(|config| api.configure(config))
            .configure(default_handlers)
    });
    let mut first = Connection::open(reading)?;
    first.send(&key, 0)?;
    let body: &'static [u8] = Vec::leak(first.receive()?.to_vec());
    println!("{} bytes of JSON", body.len());
    let (bare, bare_handle): (SocketAddr, ServerHandle) = serve!(move || {
        let answer = move || {
            ready(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(body))
        };
        App::new().route("/v1/accounts/{citizen}", web::get().to(answer))
    });
    let each = requests / TURNS;
    let (mut bares, mut readings) = (Vec::new(), Vec::new());
    // The first turn warms up.
    for _ in 0..=TURNS {
        bares.push(turn(bare, &key, each)?);
        readings.push(turn(reading, &key, each)?);
    }
    let of = |costs: &mut Vec<f64>| {
        costs.remove(0);
        costs.sort_by(f64::total_cmp);
        [costs[0], costs[costs.len() / 2]]
    };
    let ([bare_least, bare_median], [least, median]) = (of(&mut bares), of(&mut readings));
    println!("least:  bare {bare_least:.2} us, account {least:.2} us, ratio {:.3}", least / bare_least);
    println!("median: bare {bare_median:.2} us, account {median:.2} us, ratio {:.3}", median / bare_median);
    drop((reading_handle.stop(false), bare_handle.stop(false)));
    Ok(())
}
