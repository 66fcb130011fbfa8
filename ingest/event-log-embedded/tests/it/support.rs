//! What the tests share.

use bytes::Bytes;
use event_log::{AppendError, EventLog, NewRecord, ReadError};
use event_log_embedded::{EmbeddedLog, OpenError, Options};
use prometheus::Registry;
use schemas::{Stream, Topic, TopicPartition};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

pub const TOPIC: Topic = Topic::Stream(Stream::Registrations);
pub const PARTITIONS: u16 = 3;

/// Where a test that starts itself again as another process finds its folder.
const CHILD_FOLDER: &str = "LOG_TEST_CHILD_FOLDER";

/// All that a log says: for each partition the values in the order of their offsets, which are dense.
pub type Content = Vec<Vec<Bytes>>;

/// What keeps a log from saying all of it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Small tables, so that a short test writes several.
pub fn options() -> Options {
    Options { partitions: PARTITIONS, memtable_bytes: 128 * 1024, disk_margin_bytes: 0, ..Options::default() }
}

pub fn open(folder: &Path) -> Result<Arc<EmbeddedLog>, OpenError> {
    EmbeddedLog::open(folder, options(), &Registry::new())
}

pub fn at(partition: u16) -> TopicPartition {
    TopicPartition { topic: TOPIC, partition }
}

pub fn record(partition: u16, value: impl Into<Bytes>) -> NewRecord {
    let key = Bytes::from_static(b"7d5f7c3a-0000-8000-8000-000000000001");
    NewRecord { to: at(partition), key, value: value.into(), headers: Vec::new() }
}

pub fn append(log: &EmbeddedLog, records: Vec<NewRecord>) -> Result<Vec<u64>, AppendError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(log.append(records))
}

pub fn content(log: &EmbeddedLog) -> Result<Content, ReadError> {
    let of = |partition| {
        let mut values = Vec::new();
        loop {
            let records = log.read(at(partition), values.len() as u64, 100, usize::MAX)?;
            if records.is_empty() {
                return Ok(values);
            }
            for record in records {
                assert_eq!(record.offset, values.len() as u64, "offsets are not dense");
                values.push(record.value);
            }
        }
    };
    (0..PARTITIONS).map(of).collect()
}

/// Opens a folder and reads all of it.
pub fn open_and_read(folder: &Path) -> Result<Content, Refusal> {
    Ok(content(&*open(folder)?)?)
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The files of a log, by path inside its folder, but for the empty ones that are only locked.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.metadata().unwrap().len() > 0 {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The newest file of the journal, by path inside the folder.
pub fn journal(folder: &Path) -> PathBuf {
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jnl");
    files(folder).into_iter().filter(is_journal).max_by_key(|path| path.as_os_str().len()).expect("a journal")
}

/// The folder to work in, when this process is the child of a test.
pub fn childs_folder() -> Option<PathBuf> {
    std::env::var_os(CHILD_FOLDER).map(PathBuf::from)
}

/// This test again, in another process.
pub fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test has a file"));
    command.args([test, "--exact", "--nocapture"]).env(CHILD_FOLDER, folder).stdout(Stdio::piped());
    command
}
