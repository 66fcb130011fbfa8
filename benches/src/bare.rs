//! Bare handlers: what HTTP alone costs.

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// This program again, serving one fixed answer.
pub struct Bare {
    child: Child,
    /// `http://address:port`.
    pub base: String,
    _file: tempfile::NamedTempFile,
}

impl Bare {
    /// Answers these bytes to every `GET` of an account.
    pub fn start(answer: Vec<u8>) -> anyhow::Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), answer)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--bare")
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

/// What [`Bare`] starts: a handler that answers the bytes of a file as JSON, and one that takes JSON in and answers the same.
pub fn serve_bare(file: &str) -> anyhow::Result<()> {
    let value: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let (read, taken) = (value.clone(), value.clone());
            let get = move || {
                let value = read.clone();
                async move { HttpResponse::Ok().json(value) }
            };
            let post = move |_: web::Json<Value>| {
                let value = taken.clone();
                async move { HttpResponse::Accepted().json(value) }
            };
            App::new()
                .route("/v1/accounts/{id}", web::get().to(get))
                .route("/v1/registrations", web::post().to(post))
        })
        .bind("127.0.0.1:0")?;
        println!("http://{}", server.addrs()[0]);
        std::io::stdout().flush()?;
        server.run().await?;
        anyhow::Ok(())
    })
}
