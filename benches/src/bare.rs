//! Bare handlers: what HTTP alone costs.

use crate::city::log::{Bare as Producer, Sent};
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::future::ready;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// This program again, serving one of the bare handlers.
pub struct Bare {
    child: Child,
    /// `http://address:port`.
    pub base: String,
    _file: tempfile::NamedTempFile,
}

impl Bare {
    /// Answers these bytes to every `GET` of an account.
    pub fn reads(answer: &[u8]) -> anyhow::Result<Self> {
        Self::start("--bare-reads", answer)
    }

    /// Takes registrations in: JSON from HTTP, a record to Kafka, an answer when it is delivered.
    pub fn intake(what: &Intake) -> anyhow::Result<Self> {
        Self::start("--bare-intake", &serde_json::to_vec(what)?)
    }

    fn start(what: &str, content: &[u8]) -> anyhow::Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), content)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(what)
            .arg(file.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        Ok(Self { child, base: line.trim().to_owned(), _file: file })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("the bare handler could not be ended: {error}");
        }
    }
}

/// What a bare intake does with every request.
#[derive(Serialize, Deserialize)]
pub struct Intake {
    pub brokers: String,
    pub topic: String,
    pub partitions: u16,
    /// What it sends in turn.
    pub records: Vec<Sent>,
    /// What it answers.
    pub answer: Value,
}

/// What [`Bare::reads`] starts.
pub fn serve_reads(file: &str) -> anyhow::Result<()> {
    let value: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    serve(move |config| {
        let value = value.clone();
        let get = move || ready(HttpResponse::Ok().json(&value));
        config.route("/v1/accounts/{id}", web::get().to(get));
    })
}

/// What [`Bare::intake`] starts.
pub fn serve_intake(file: &str) -> anyhow::Result<()> {
    let Intake { brokers, topic, partitions, records, answer } =
        serde_json::from_slice(&std::fs::read(file)?)?;
    let shared =
        Arc::new((Producer::new(&brokers, topic, partitions)?, records, AtomicUsize::new(0), answer));
    serve(move |config| {
        let shared = Arc::clone(&shared);
        let post = move |_: web::Json<Value>| {
            let shared = Arc::clone(&shared);
            async move {
                let (producer, records, next, answer) = &*shared;
                let record = &records[next.fetch_add(1, Ordering::Relaxed) % records.len()];
                match producer.send(record).await {
                    true => HttpResponse::Accepted().json(answer),
                    false => HttpResponse::ServiceUnavailable().finish(),
                }
            }
        };
        config.route("/v1/registrations", web::post().to(post));
    })
}

/// Serves on a free port, which it prints, until it is killed.
fn serve(routes: impl Fn(&mut web::ServiceConfig) + Send + Clone + 'static) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || App::new().configure(&routes)).bind("127.0.0.1:0")?;
        println!("http://{}", server.addrs()[0]);
        std::io::stdout().flush()?;
        server.run().await?;
        anyhow::Ok(())
    })
}
