//! The trust list as a verifier with a network keeps it: in a file, asked for again when it is older than it may be, and replaced by a
//! higher version only.

use crate::exit::{Exit, Failure};
use anyhow::{Context, bail, ensure};
use identity::TrustList;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Runtime;

/// How long a server may take to answer. A gate waits for it.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);

/// A trust list that a server is asked for.
pub struct Served {
    url: String,
    root: [u8; 32],
    file: PathBuf,
    held: Option<TrustList>,
    /// Of the answer that is held, to be told when it is unchanged.
    tag: Option<String>,
    /// When the server was last asked, or the file last known to be what it serves.
    asked: Option<Instant>,
    runtime: Runtime,
}

impl Served {
    /// The list of this server under this root key, kept in `file`; where that is not given, in the user's folder for caches, by the name
    /// of the root key.
    ///
    /// # Errors
    /// [`Exit::Usage`] for a server that cannot be asked. A file that holds no list of this root is not believed, and told.
    pub fn open(server: &str, root: [u8; 32], file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(address) = server.strip_prefix("http://") else {
            let message = "--server: expected http://ADDRESS; the list is signed, so that nobody on the way can change it";
            return Err(Failure::new(Exit::Usage, message).into());
        };
        let url = format!("http://{}/v1/trust-list", address.trim_end_matches('/'));
        let file = file.map_or_else(|| default_file(&root), |file| Ok(file.to_path_buf()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut served = Self { url, root, file, held: None, tag: None, asked: None, runtime };
        served.read_file()?;
        Ok(served)
    }

    fn read_file(&mut self) -> anyhow::Result<()> {
        let bytes = match std::fs::read(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            read => read.with_context(|| format!("reading {}", self.file.display()))?,
        };
        match TrustList::open(&bytes, &self.root) {
            Ok(list) => {
                let age = std::fs::metadata(&self.file)?.modified()?.elapsed();
                // A file from the future is as good as one whose age is not known.
                self.asked = age.ok().and_then(|age| Instant::now().checked_sub(age));
                self.held = Some(list);
            }
            Err(error) => eprintln!("{} is not used: {error}", self.file.display()),
        }
        Ok(())
    }

    /// The list to check by: the one that is held, asked for again when it is older than it may be. Whether it is another one than before.
    /// While the server does not answer, or answers with what may not be believed, the one that is held stays, and that is told.
    ///
    /// # Errors
    /// When none is held and none can be had.
    pub fn current(&mut self) -> anyhow::Result<(&TrustList, bool)> {
        let ttl = self.held.as_ref().map(|list| Duration::from_secs(list.ttl_seconds.into()));
        let is_due = ttl.zip(self.asked).is_none_or(|(ttl, asked)| asked.elapsed() >= ttl);
        let mut is_other = false;
        if is_due {
            match self.ask() {
                Ok(other) => is_other = other,
                Err(error) if self.held.is_some() => {
                    eprintln!("the trust list could not be brought up to date: {error:#}");
                }
                Err(error) => return Err(error),
            }
            self.asked = Some(Instant::now());
        }
        let held = self.held.as_ref().context("a list is held once it was asked for")?;
        Ok((held, is_other))
    }

    /// Asks the server. Whether it had another list.
    fn ask(&mut self) -> anyhow::Result<bool> {
        let answer = self.runtime.block_on(fetch(&self.url, self.tag.as_deref(), TrustList::MAX_BYTES));
        let Some((bytes, tag)) = answer.with_context(|| format!("asking {}", self.url))? else {
            // It is as good as new.
            std::fs::File::options().append(true).open(&self.file)?.set_modified(SystemTime::now())?;
            return Ok(false);
        };
        let list = TrustList::open(&bytes, &self.root).with_context(|| format!("reading {}", self.url))?;
        if let Some(held) = &self.held
            && !held.accepts(&list)
        {
            bail!("{} serves version {} after version {}: refused", self.url, list.version, held.version);
        }
        keep(&self.file, &bytes).with_context(|| format!("writing {}", self.file.display()))?;
        self.tag = tag;
        let is_other = self.held.as_ref() != Some(&list);
        self.held = Some(list);
        Ok(is_other)
    }
}

/// What is served there, of at most so many bytes, and its tag; `None` when it is unchanged.
pub(super) async fn fetch(
    url: &str,
    tag: Option<&str>,
    bytes_max: usize,
) -> anyhow::Result<Option<(Vec<u8>, Option<String>)>> {
    let client = reqwest::Client::builder().timeout(ANSWER_WAIT_MAX).build()?;
    let mut request = client.get(url).header("accept", "application/cose");
    if let Some(tag) = tag {
        request = request.header("if-none-match", tag);
    }
    let mut answer = request.send().await?;
    if answer.status() == reqwest::StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    ensure!(answer.status().is_success(), "answered {}", answer.status());
    let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        ensure!(bytes.len() + chunk.len() <= bytes_max, "the answer is larger than {bytes_max} bytes");
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some((bytes, tag)))
}

/// Replaces the file whole.
fn keep(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = file.with_file_name(name);
    std::fs::write(&beside, bytes)?;
    Ok(std::fs::rename(&beside, file)?)
}

fn default_file(root: &[u8; 32]) -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let message = "neither XDG_CACHE_HOME nor HOME says where to keep the trust list: give --trust-list FILE";
    let folder = caches.ok_or_else(|| Failure::new(Exit::Usage, message))?.join("congdanso");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder.join(format!("trust-list-{}.cose", hex::encode(identity::key::kid_of(root)))))
}
