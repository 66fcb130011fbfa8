//! The `ends` file: what was acknowledged, written apart from the store that must still have it.
//!
//! Two slots of the same size, written in turn, so that one is whole at any time: `magic, partitions u16, epoch u32, group u64,
//! count u32, count * end u64, XXH3 u64`, numbers little-endian.

use crate::error::OpenError;
use crate::layout::Layout;
use bytes::Buf;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// The name of the file in the log's folder.
pub const FILE_NAME: &str = "ends";

const NEW_FILE_NAME: &str = "ends.new";
const MAGIC: &[u8; 8] = b"CDSENDS\x01";
const FIXED_BYTES: usize = MAGIC.len() + 2 + 4 + 8 + 4 + 8;

/// What was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    pub layout: Layout,
    /// The last acknowledged group; 0 when nothing ever was.
    pub group: u64,
    /// By slot.
    pub ends: Vec<u64>,
}

/// The open file.
#[derive(Debug)]
pub struct EndsFile {
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
    second_slot_next: bool,
    is_synced: bool,
}

impl EndsFile {
    /// Creates the file for a log in which nothing has been acknowledged. Whole or not there at all.
    pub fn create(folder: &Path, layout: Layout) -> io::Result<()> {
        let empty = Acknowledged { layout, group: 0, ends: vec![0; layout.slots()] };
        let mut slot = Vec::new();
        encode(&empty, &mut slot);
        let new = folder.join(NEW_FILE_NAME);
        let file = File::create(&new)?;
        file.write_all_at(&slot, 0)?;
        file.write_all_at(&slot, slot.len() as u64)?;
        file.sync_all()?;
        std::fs::rename(&new, folder.join(FILE_NAME))?;
        File::open(folder)?.sync_all()
    }

    /// Opens the file and reads the later of its whole slots.
    pub fn open(folder: &Path) -> Result<(Self, Acknowledged), OpenError> {
        let path = folder.join(FILE_NAME);
        let bytes = std::fs::read(&path).map_err(|error| OpenError::io(&path, error))?;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let (first, second) = (decode(first), decode(second));
        if first.is_none() || second.is_none() {
            tracing::warn!(file = %path.display(), "one of two copies of what was acknowledged is damaged");
        }
        let first_is_later = first.as_ref().map(|slot| slot.group) >= second.as_ref().map(|slot| slot.group);
        let Some(acknowledged) = (if first_is_later { first } else { second }) else {
            return Err(OpenError::damaged(&path, "both of its copies: their checksums are wrong"));
        };
        let file = OpenOptions::new().write(true).open(&path).map_err(|error| OpenError::io(&path, error))?;
        let this = Self { path, file, bytes: Vec::new(), second_slot_next: first_is_later, is_synced: true };
        Ok((this, acknowledged))
    }

    /// Writes what is acknowledged, over the older slot. Survives a killed process at once, a power loss from
    /// [`EndsFile::sync`] on.
    pub fn write(&mut self, acknowledged: &Acknowledged) -> io::Result<()> {
        self.bytes.clear();
        encode(acknowledged, &mut self.bytes);
        let position = if self.second_slot_next { self.bytes.len() as u64 } else { 0 };
        self.file.write_all_at(&self.bytes, position)?;
        self.second_slot_next = !self.second_slot_next;
        self.is_synced = false;
        Ok(())
    }

    /// Makes durable what was written.
    pub fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Whether all that was written is durable.
    pub const fn is_synced(&self) -> bool {
        self.is_synced
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn encode(acknowledged: &Acknowledged, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&acknowledged.layout.partitions.to_le_bytes());
    bytes.extend_from_slice(&acknowledged.layout.epoch.to_le_bytes());
    bytes.extend_from_slice(&acknowledged.group.to_le_bytes());
    let count = u32::try_from(acknowledged.ends.len()).expect("there are at most 6,145 partitions");
    bytes.extend_from_slice(&count.to_le_bytes());
    for end in &acknowledged.ends {
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    bytes.extend_from_slice(&xxh3_64(bytes).to_le_bytes());
}

fn decode(slot: &[u8]) -> Option<Acknowledged> {
    let (said, checksum) = slot.split_last_chunk::<8>()?;
    if slot.len() < FIXED_BYTES || xxh3_64(said) != u64::from_le_bytes(*checksum) {
        return None;
    }
    let mut rest = said.strip_prefix(MAGIC)?;
    let layout = Layout { partitions: rest.get_u16_le(), epoch: rest.get_u32_le() };
    let group = rest.get_u64_le();
    let count = rest.get_u32_le() as usize;
    if count != layout.slots() || rest.len() != count * 8 {
        return None;
    }
    Some(Acknowledged { layout, group, ends: (0..count).map(|_| rest.get_u64_le()).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { partitions: 2, epoch: 0 };

    fn acknowledged(group: u64) -> Acknowledged {
        Acknowledged { layout: LAYOUT, group, ends: vec![group * 10; LAYOUT.slots()] }
    }

    #[test]
    fn the_last_write_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        EndsFile::create(folder.path(), LAYOUT).unwrap();
        for group in 1..6 {
            let (mut file, before) = EndsFile::open(folder.path()).unwrap();
            assert_eq!(before, acknowledged(group - 1));
            file.write(&acknowledged(group)).unwrap();
            assert!(!file.is_synced());
            file.sync().unwrap();
            assert!(file.is_synced());
        }
    }

    #[test]
    fn a_damaged_slot_leaves_the_other_and_two_refuse() {
        let folder = tempfile::tempdir().unwrap();
        EndsFile::create(folder.path(), LAYOUT).unwrap();
        let (mut file, _) = EndsFile::open(folder.path()).unwrap();
        (1..=4).for_each(|group| file.write(&acknowledged(group)).unwrap());
        let path = folder.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        let slot = whole.len() / 2;

        for byte in 0..slot {
            let mut bytes = whole.clone();
            bytes[byte] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let (_, read) = EndsFile::open(folder.path()).unwrap();
            assert!([3, 4].contains(&read.group), "group {} after byte {byte}", read.group);
            bytes[slot + byte] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(EndsFile::open(folder.path()), Err(OpenError::Damaged { .. })));
        }
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            if let Ok((_, read)) = EndsFile::open(folder.path()) {
                panic!("{length} bytes say {read:?}");
            }
        }
    }
}
