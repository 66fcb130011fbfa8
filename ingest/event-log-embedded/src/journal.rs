//! Checks fjall's journal before fjall opens it.
//!
//! fjall takes the first thing in its journal that it cannot read for the end, and cuts the file there. That is right for a batch
//! that was being written when the process stopped, and wrong for a flipped bit in the middle. So the journal is read here
//! first, without changing it: what follows a broken batch, and which group was acknowledged last, tell the two apart.
//!
//! The format is that of fjall 3, little-endian. A batch is `1 u8, items u32, sequence number u64`, its items, and
//! `3 u8, XXH3 of the items u64, "FJL\x03"`. An item is `2 u8, kind u8, compression u8, keyspace u64, key length u16,
//! value length u32, stored length u32, key, value`. New files are filled with zeros in advance.

mod walk;

use crate::chunk::Header;
use crate::error::OpenError;
use crate::layout::{Layout, parse_key};
use schemas::TopicPartition;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use walk::{Batch, Stop, Walk};

/// What the journal holds.
#[derive(Debug, Default)]
pub struct Scan {
    /// The last group in it; `None` when it holds none.
    pub last_group: Option<u64>,
    /// First and last offset of each partition that it has records of. In between they are dense.
    pub offsets: BTreeMap<TopicPartition, (u64, u64)>,
    /// A batch at the very end that was not written whole, and was not acknowledged.
    pub torn: Option<Torn>,
}

/// Where the journal has to be cut off.
#[derive(Debug, PartialEq, Eq)]
pub struct Torn {
    /// The file.
    pub file: PathBuf,
    /// Its length without what is torn.
    pub length: u64,
}

impl Torn {
    /// Cuts it off, durably.
    pub fn cut(&self) -> std::io::Result<()> {
        let file = OpenOptions::new().write(true).open(&self.file)?;
        let lost_bytes = file.metadata()?.len() - self.length;
        tracing::warn!(file = %self.file.display(), at = self.length, lost_bytes, "cutting off a group that was never acknowledged");
        file.set_len(self.length)?;
        file.sync_all()
    }
}

/// Reads the whole journal. Changes nothing.
///
/// # Errors
/// [`OpenError::Damaged`] with file and byte when it is not what was acknowledged up to `acknowledged_group`.
pub fn scan(store: &Path, layout: Layout, acknowledged_group: u64) -> Result<Scan, OpenError> {
    let files = files(store)?;
    let mut scan = Scan::default();
    let mut sequence_number = None;
    for (n, file) in files.iter().enumerate() {
        let mut walk = Walk::open(file).map_err(|error| OpenError::io(file, error))?;
        let stop = loop {
            match walk.next_batch().map_err(|error| OpenError::io(file, error))? {
                Ok(batch) => {
                    let place =
                        |what: &str| OpenError::damaged(file, format!("byte {}: {what}", batch.position));
                    if sequence_number >= Some(batch.sequence_number) {
                        return Err(place("a batch is out of sequence"));
                    }
                    sequence_number = Some(batch.sequence_number);
                    scan.take(layout, &batch).map_err(place)?;
                }
                Err(stop) => break stop,
            }
        };
        let Stop::Broken { position, what } = stop else { continue };
        let damaged = |why: &str| OpenError::damaged(file, format!("byte {position}: {what}, {why}"));
        if n + 1 < files.len() {
            return Err(damaged("and a later file follows"));
        }
        if walk.has_batch_behind(position).map_err(|error| OpenError::io(file, error))? {
            return Err(damaged("and whole batches follow"));
        }
        // Where the journal holds no whole group, all that is acknowledged must be in tables; that is checked when they are open.
        if scan.last_group.is_some_and(|last| last < acknowledged_group) {
            return Err(damaged("and what was there is acknowledged"));
        }
        scan.torn = Some(Torn { file: file.clone(), length: position });
    }
    if let Some(last) = scan.last_group.filter(|last| *last < acknowledged_group) {
        let file = files.last().expect("a group stands in a file");
        let place = format!("its end: group {last} is the last, group {acknowledged_group} is acknowledged");
        return Err(OpenError::damaged(file, place));
    }
    Ok(scan)
}

impl Scan {
    fn take(&mut self, layout: Layout, batch: &Batch) -> Result<(), &'static str> {
        for item in &batch.items {
            let (at, last) = parse_key(&item.key).ok_or("a key names no place")?;
            layout.slot(at).ok_or("a key names a partition that the log does not have")?;
            let header = Header::of(&item.value_start).ok_or("a chunk has no header")?;
            let first = header.first_offset(last).ok_or("a chunk begins before offset 0")?;
            let of_partition = self.offsets.entry(at).or_insert((first, last));
            if of_partition.1 != last {
                if of_partition.1 + 1 != first {
                    return Err("offsets of a partition have a gap");
                }
                of_partition.1 = last;
            }
            self.last_group = self.last_group.max(Some(header.group));
        }
        Ok(())
    }
}

/// The files of the journal, oldest first. fjall numbers them one by one and removes the oldest.
fn files(store: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let io = |error| OpenError::io(store, error);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(store).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jnl")).map(str::parse::<u64>);
        numbers.extend(number.and_then(Result::ok));
    }
    numbers.sort_unstable();
    let file = |number: u64| store.join(format!("{number}.jnl"));
    if numbers.is_empty() {
        return Err(OpenError::damaged(store, "its journal: there is none"));
    }
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] + 1 != pair[1]) {
        return Err(OpenError::damaged(&file(pair[0] + 1), "the whole file: it is missing"));
    }
    Ok(numbers.into_iter().map(file).collect())
}
