//! A city of its own for every test of the whole program: topics, keyspaces, folders, processes.

use crate::HANG;
use anyhow::{Context, bail, ensure};
use flow::folder::{Folder, text};
use flow::http::Client;
use flow::process::{Up, output, run};
use stack::Stack;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Partitions of each stream: two for each thread of three processors.
pub const PARTITIONS: u16 = 12;

/// A city with its topics and tables, and a folder that keys and credentials are handed out from.
pub struct City {
    /// What its topics, its keyspaces and its group are called.
    pub name: String,
    folder: Folder,
    config: PathBuf,
}

impl City {
    /// Founds it under a name that no other test has.
    ///
    /// # Errors
    /// When topics or tables cannot be made.
    pub fn founded(stack: &Stack, name: &str) -> anyhow::Result<Self> {
        let city = Self::planned(stack, name)?;
        city.said("city", &["topics", "ensure"])?;
        city.said("city", &["store", "migrate"])?;
        Ok(city)
    }

    /// Gives it a name that no other test has, and neither topics nor tables.
    ///
    /// # Errors
    /// When its configuration cannot be written.
    pub fn planned(stack: &Stack, name: &str) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let own = format!(
            "log.kafka.city = \"{name}\"\nlog.kafka.group = \"{name}.process\"\nlog.partitions = {PARTITIONS}\n\
             projections.scylla.keyspace = \"{name}\"\nprocess.workers = 2\n"
        );
        let config = folder.write("city.toml", &(stack.state().configuration() + &own))?;
        Ok(Self { name: name.to_owned(), folder, config })
    }

    /// A data folder.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.beside(name)
    }

    fn with_config<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec!["--config", text(&self.config)];
        all.extend(arguments);
        all
    }

    /// What a command says that ends well.
    ///
    /// # Errors
    /// When it does not.
    pub fn said(&self, folder: &str, arguments: &[&str]) -> anyhow::Result<String> {
        output(&self.folder(folder), &self.with_config(arguments))
    }

    /// How a command ends.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn ended(&self, folder: &str, arguments: &[&str]) -> anyhow::Result<flow::process::Ended> {
        run(&self.folder(folder), &self.with_config(arguments))
    }

    /// A credential's key.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn credential(&self, id: &str, role: &str) -> anyhow::Result<String> {
        let ward = flow::people::WARD;
        let arguments = ["agency", "add", id, "--role", role, "--quota", "0", "--ward", ward];
        Ok(self.said("city", &arguments)?.trim().to_owned())
    }

    /// Hands keys and credentials out to the folder of a role.
    ///
    /// # Errors
    /// When they are not.
    pub fn hand_out(&self, which: &str, to: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder(to);
        self.said("city", &["keys", "export", which, text(&folder)])?;
        Ok(folder)
    }

    /// A process at work on a folder.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&self, role: &str, folder: &str, more: &[&str]) -> anyhow::Result<Up> {
        Up::start_as(role, &self.folder(folder), &[self.with_config(&[]), more.to_vec()].concat())
    }

    /// All private keys, in the hexadecimal digits of their file.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn private_keys(&self) -> anyhow::Result<Vec<String>> {
        let ring = std::fs::read(self.folder("city").join("keys/keyring"))?;
        let ring: serde_json::Value = serde_json::from_slice(&ring)?;
        let keys = ring["keys"].as_array().context("a ring has keys")?.iter().chain([&ring["root"]]);
        let keys: Vec<_> = keys.filter_map(|key| Some(key.as_str()?.to_owned())).collect();
        ensure!(keys.len() == 4, "keys for three purposes and a development root");
        Ok(keys)
    }
}

/// Every file below a folder that holds one of these texts.
///
/// # Errors
/// When a folder cannot be read.
pub fn holding(folder: &Path, texts: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in flow::folder::files(folder)? {
        // A socket cannot be read, and holds nothing.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let is_in = |text: &String| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if texts.iter().any(is_in) {
            found.push(file);
        }
    }
    Ok(found)
}

/// The role, once it is at work.
///
/// # Errors
/// With what it said when it does not come to that.
pub fn ready(up: Up) -> anyhow::Result<Up> {
    let until = Instant::now() + HANG;
    while Client::new(&up.base, None)?.get("/readyz")?.status != 200 {
        if Instant::now() > until {
            bail!("not at work in {HANG:?}: {:?}", up.terminate()?);
        }
    }
    Ok(up)
}
