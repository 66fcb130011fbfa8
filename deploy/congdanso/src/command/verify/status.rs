//! What `verify` knows of codes that were taken back.

use super::served;
use crate::exit::{Exit, Failure};
use crate::node::now;
use anyhow::{Context, bail};
use identity::claims::StatusReference;
use identity::status::{Asked, Use};
use identity::verdict::KnownStatus;
use identity::{StatusBundle, TrustList};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where a bundle comes from.
pub enum Source {
    /// It was at hand.
    Bytes(Vec<u8>),
    /// A file, read once.
    File(PathBuf),
    /// An address, asked again when its `ttl` has passed.
    Address(String),
}

impl Source {
    /// A file's name, or an address.
    pub fn named(text: &str) -> Self {
        if text.starts_with("http://") { Self::Address(text.to_owned()) } else { Self::File(text.into()) }
    }
}

/// How old what is known may be, in seconds: a number, or the word of a use.
///
/// # Errors
/// What was expected.
pub fn age_seconds(text: &str) -> Result<i64, String> {
    let by_use = Use::ALL.iter().find(|by| by.name() == text).map(|by| by.age_seconds_max());
    let seconds = || text.parse().ok().filter(|seconds| *seconds >= 0);
    by_use.or_else(seconds).ok_or_else(|| "expected seconds, gate, desk or audit".to_owned())
}

/// A bundle, kept up to date.
pub struct Known {
    source: Source,
    age_seconds_max: i64,
    bytes: Vec<u8>,
    bundle: StatusBundle,
    /// Of the answer that is held, to be told when it is unchanged.
    tag: Option<String>,
    /// When the server was last asked.
    asked: Instant,
    /// When it last said that there is nothing newer, in seconds since 1970.
    confirmed_at: Option<i64>,
}

impl Known {
    /// Reads the bundle and checks it against the keys of the trust list.
    ///
    /// # Errors
    /// When there is none to be had that may be believed.
    pub fn open(source: Source, age_seconds_max: i64, trust: &TrustList) -> anyhow::Result<Self> {
        let (bytes, tag) = match &source {
            Source::Bytes(bytes) => (bytes.clone(), None),
            Source::File(path) => {
                (std::fs::read(path).with_context(|| format!("reading {}", path.display()))?, None)
            }
            Source::Address(url) => fetch(url, None)?.with_context(|| format!("{url} gives no bundle"))?,
        };
        let bundle = StatusBundle::open(&bytes, trust).map_err(|error| {
            Failure::new(Exit::Failed, format!("the status bundle may not be believed: {error}"))
        })?;
        let asked = Instant::now();
        Ok(Self { source, age_seconds_max, bytes, bundle, tag, asked, confirmed_at: None })
    }

    /// What is known of the code with this reference at `now`, in seconds since 1970.
    pub fn of(&self, reference: &StatusReference, now: i64) -> KnownStatus {
        let asked =
            Asked { now, age_seconds_max: Some(self.age_seconds_max), confirmed_at: self.confirmed_at };
        self.bundle.known(reference, asked)
    }

    /// Asks the server again when it is time. While it does not answer, or answers with what may not be believed, what is held stays,
    /// grows old, and that is told.
    pub fn refresh(&mut self, trust: &TrustList) {
        let ttl = Duration::from_secs(self.bundle.validity.ttl_seconds.into());
        if let Source::Address(url) = &self.source
            && self.asked.elapsed() >= ttl
        {
            let url = url.clone();
            if let Err(error) = self.ask(&url, trust) {
                eprintln!("the status bundle could not be brought up to date: {error:#}");
            }
            self.asked = Instant::now();
        }
    }

    /// Checks what is held against another trust list: the key that signed it may have been withdrawn.
    ///
    /// # Errors
    /// When it may not be believed any more.
    pub fn recheck(&mut self, trust: &TrustList) -> anyhow::Result<()> {
        let Err(error) = StatusBundle::open(&self.bytes, trust) else { return Ok(()) };
        if let Source::Address(url) = &self.source {
            self.tag = None;
            return self.ask(&url.clone(), trust);
        }
        Err(error).context("the status bundle may not be believed any more")
    }

    fn ask(&mut self, url: &str, trust: &TrustList) -> anyhow::Result<()> {
        let Some((bytes, tag)) = fetch(url, self.tag.as_deref())? else {
            self.confirmed_at = Some(now().seconds());
            return Ok(());
        };
        let bundle = StatusBundle::open(&bytes, trust).with_context(|| format!("reading {url}"))?;
        if !self.bundle.accepts(&bundle) {
            bail!("{url} gives a bundle that was signed before the one that is held: refused");
        }
        (self.bytes, self.bundle, self.tag, self.confirmed_at) = (bytes, bundle, tag, None);
        Ok(())
    }
}

/// The bundle and its tag; `None` when it is unchanged.
fn fetch(url: &str, tag: Option<&str>) -> anyhow::Result<Option<(Vec<u8>, Option<String>)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(served::fetch(url, tag, StatusBundle::MAX_BYTES));
    asked.with_context(|| format!("asking {url}"))
}
