//! Over real connections, in front of the log on disk.

use crate::bodies::{line, registration};
use crate::{STAMP, helper, pepper};
use access::Credentials;
use actix_web::{App, HttpServer};
use event_log::EventLog;
use event_log_embedded::{EmbeddedLog, OpenError, Options};
use gateway::{Gateway, Parts, Stamps, http};
use schemas::{Stream, Topic, TopicPartition};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

struct Server {
    address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
    log: Arc<EmbeddedLog>,
    key: String,
    folder: tempfile::TempDir,
}

fn open_log(folder: &tempfile::TempDir) -> Result<Arc<EmbeddedLog>, OpenError> {
    EmbeddedLog::open(folder.path(), Options::default(), &prometheus::Registry::new())
}

fn serve() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let log = open_log(&folder).unwrap();
    let credentials = Credentials::in_memory();
    let key = credentials.add(helper()).unwrap().expose().to_owned();
    let gateway = Gateway::new(Parts {
        credentials,
        log: Arc::clone(&log) as Arc<dyn EventLog>,
        reader: None,
        pepper: pepper(),
        stamps: Stamps::new(STAMP),
        registry: &prometheus::Registry::new(),
    })
    .unwrap();
    let server = HttpServer::new(move || {
        let gateway = gateway.clone();
        App::new().configure(|config| http::configure(config, gateway))
    })
    .workers(1)
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Server { address, handle, log, key, folder }
}

impl Server {
    /// A connection on which the head of a batch of unknown length was sent.
    async fn begin(&self) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST /v1/registrations HTTP/1.1\r\nHost: city\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
            self.key
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection
    }

    fn records(&self) -> u64 {
        records(&self.log)
    }

    /// Stops, and gives the log as it is found when it is opened again.
    async fn reopen(self) -> u64 {
        self.handle.stop(false).await;
        self.log.close();
        drop(self.log);
        loop {
            match open_log(&self.folder) {
                Ok(log) => return records(&log),
                // A worker lets go of the log on its own thread, and the server's stop does not wait for that.
                Err(OpenError::Locked { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn records(log: &EmbeddedLog) -> u64 {
    let topic = Topic::Stream(Stream::Registrations);
    let ends = (0..log.layout(topic).partitions)
        .map(|partition| log.bounds(TopicPartition { topic, partition }).unwrap().end);
    ends.sum()
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[actix_web::test]
async fn long_batch_is_answered_while_it_is_sent_and_is_durable() {
    const LINES: u32 = 6_000;
    let server = serve();
    let connection = server.begin().await;
    let (read, mut write) = connection.into_split();
    let sender = actix_web::rt::spawn(async move {
        for n in (0..LINES).step_by(50) {
            let lines: String = (n..n + 50).map(|n| line(&n.to_string(), registration(n))).collect();
            write.write_all(chunk(&lines).as_bytes()).await.unwrap();
        }
        write.write_all(b"0\r\n\r\n").await.unwrap();
        write
    });
    let mut answer = BufReader::new(read).lines();
    let mut results = 0;
    while results < LINES {
        let text = answer.next_line().await.unwrap().expect("every line has its result");
        if text.starts_with('{') {
            results += 1;
            assert!(text.starts_with(&format!("{{\"line\":{results},\"status\":202,")), "{text}");
        }
    }
    drop(sender.await.unwrap());
    assert_eq!(server.records(), u64::from(LINES));
    assert_eq!(server.reopen().await, u64::from(LINES));
}

#[actix_web::test]
async fn client_that_goes_away_leaves_what_was_answered_and_harms_nobody() {
    let server = serve();
    let mut gone = server.begin().await;
    let first = line("first", registration(1));
    gone.write_all(chunk(&first).as_bytes()).await.unwrap();
    let mut lines = BufReader::new(&mut gone).lines();
    loop {
        let text = lines.next_line().await.unwrap().expect("the line has its result");
        if text.starts_with("{\"line\":1,\"status\":202") {
            break;
        }
    }
    gone.write_all(&chunk(&line("second", registration(2))).as_bytes()[..100]).await.unwrap();
    drop(gone);
    let mut other = server.begin().await;
    let third = chunk(&line("third", registration(3))) + "0\r\n\r\n";
    other.write_all(third.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(&mut other).lines();
    let head = lines.next_line().await.unwrap().unwrap();
    assert_eq!(head, "HTTP/1.1 200 OK");
    while let Some(text) = lines.next_line().await.unwrap() {
        if text.starts_with("{\"line\":1,\"status\":202") {
            break;
        }
    }
    assert_eq!(server.records(), 2);
    assert_eq!(server.reopen().await, 2);
}
