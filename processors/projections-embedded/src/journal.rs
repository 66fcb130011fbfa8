//! Looks at fjall's journals before fjall does.
//!
//! fjall cuts a journal off at the first thing it cannot read, wherever that is, and its checksums leave out a batch's
//! sequence number. Cutting off a torn tail is right: the store then stands at an earlier commit. Cutting off what had
//! reached the disk, or leaving a hole before later commits, would serve wrong rows. Each commit therefore carries a
//! [`Seal`], and this module tells a torn tail (which it cuts off) from damage (which it refuses).
//!
//! A batch is `01 items:u32 sequence:u64`, then items `02 kind compression keyspace:u64 key_len:u16 len:u32 disk_len:u32 key
//! value`, then `03 xxh3(items):u64 "FJL" 03`, all little-endian; zeros follow the last one.

use crate::error::OpenError;
use crate::store::{SEAL_KEY, Seal};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

const END_OF_BATCH: [u8; 4] = *b"FJL\x03";
const ITEM_HEADER_BYTES: usize = 21;
const ITEM_BYTES_MAX: usize = crate::codec::VALUE_BYTES_MAX + 4096;
const READ_BYTES: usize = 256 << 10;

/// A commit found in the journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Commit {
    /// fjall's number of the batch.
    pub(crate) sequence: u64,
    /// Our number of it, and how far the disk had everything then.
    pub(crate) seal: Seal,
}

/// Reads all journals in a generation's folder, cuts a torn tail off the last one, and returns the commits in order.
///
/// # Errors
/// [`OpenError::Damaged`] and [`OpenError::Io`].
pub(crate) fn check(folder: &Path) -> Result<Vec<Commit>, OpenError> {
    let journals = list(folder)?;
    let mut commits: Vec<Commit> = Vec::new();
    for (index, path) in journals.iter().enumerate() {
        let bad = read_journal(path, &mut commits)?;
        if let Some(bad) = bad {
            if index + 1 < journals.len() {
                return Err(bad.damage(path));
            }
            cut_or_refuse(path, &bad, commits.last())?;
        }
    }
    if let Some(pair) = commits.windows(2).find(|pair| pair[0].sequence >= pair[1].sequence) {
        let place = format!("commit {}", pair[0].seal.number);
        return Err(OpenError::damaged(folder, place, "the journals' sequence numbers do not rise"));
    }
    Ok(commits)
}

/// The journal that commits go to, the last one.
pub(crate) fn active(folder: &Path) -> Result<Option<PathBuf>, OpenError> {
    Ok(list(folder)?.pop())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut journals = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(OpenError::io(folder))? {
        let path = entry.map_err(OpenError::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "jnl") {
            let number = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse::<u64>().ok());
            let number =
                number.ok_or_else(|| OpenError::damaged(&path, "its name", "not a journal's name"))?;
            journals.push((number, path));
        }
    }
    journals.sort();
    Ok(journals.into_iter().map(|(_, path)| path).collect())
}

/// Where a journal stops being readable.
struct Bad {
    at: u64,
    reason: &'static str,
}

impl Bad {
    fn damage(&self, path: &Path) -> OpenError {
        OpenError::damaged(path, format!("byte {}", self.at), self.reason)
    }
}

fn read_journal(path: &Path, commits: &mut Vec<Commit>) -> Result<Option<Bad>, OpenError> {
    let file = File::open(path).map_err(OpenError::io(path))?;
    let mut parser = Parser { from: BufReader::with_capacity(READ_BYTES, file), at: 0, buffer: Vec::new() };
    loop {
        let at = parser.at;
        match parser.next_batch().map_err(OpenError::io(path))? {
            Batch::Whole(commit) => commits.push(commit),
            Batch::End => return Ok(None),
            Batch::Bad(reason) => return Ok(Some(Bad { at, reason })),
        }
    }
}

/// A torn tail holds nothing that the disk was known to have. It does when a later batch says that the commit that cannot be
/// read had been synced.
fn cut_or_refuse(path: &Path, bad: &Bad, last: Option<&Commit>) -> Result<(), OpenError> {
    let mut rest = Vec::new();
    let mut file = File::open(path).map_err(OpenError::io(path))?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(bad.at)).map_err(OpenError::io(path))?;
    file.read_to_end(&mut rest).map_err(OpenError::io(path))?;
    let unreadable = last.map_or(0, |commit| commit.seal.number + 1);
    for end in ends_of_batches(&rest) {
        let mut parser = Parser { from: &rest[end + END_OF_BATCH.len()..], at: 0, buffer: Vec::new() };
        if let Ok(Batch::Whole(later)) = parser.next_batch()
            && later.seal.synced >= unreadable
        {
            return Err(bad.damage(path));
        }
    }
    tracing::warn!(
        journal = %path.display(), at = bad.at, reason = bad.reason,
        "cutting a torn tail off the projections' journal; the log brings them forward again"
    );
    let file = File::options().write(true).open(path).map_err(OpenError::io(path))?;
    file.set_len(bad.at).and_then(|()| file.sync_all()).map_err(OpenError::io(path))
}

fn ends_of_batches(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let len = END_OF_BATCH.len();
    bytes.windows(len).enumerate().filter(|(_, window)| *window == END_OF_BATCH).map(|(at, _)| at)
}

enum Batch {
    Whole(Commit),
    End,
    Bad(&'static str),
}

struct Parser<R> {
    from: R,
    at: u64,
    buffer: Vec<u8>,
}

impl<R: Read> Parser<R> {
    fn next_batch(&mut self) -> io::Result<Batch> {
        match self.batch() {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(Batch::Bad("a commit ends too early")),
            other => other,
        }
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn batch(&mut self) -> io::Result<Batch> {
        let mut tag = [0];
        if self.from.read(&mut tag)? == 0 {
            return Ok(Batch::End);
        }
        self.at += 1;
        match tag[0] {
            0 => return self.zeros(),
            1 => {}
            _ => return Ok(Batch::Bad("not the start of a commit")),
        }
        let items = u32::from_le_bytes(self.array()?);
        let sequence = u64::from_le_bytes(self.array()?);
        let mut checksum = Xxh3::new();
        let mut seal = None;
        for item in 0..items {
            match self.item(&mut checksum)? {
                Err(reason) => return Ok(Batch::Bad(reason)),
                Ok(found) if item == 0 => seal = found,
                Ok(_) => {}
            }
        }
        if self.array()? != [3] {
            return Ok(Batch::Bad("a commit has more rows than it says"));
        }
        let expected = u64::from_le_bytes(self.array()?);
        if self.array()? != END_OF_BATCH {
            return Ok(Batch::Bad("a commit has no end"));
        }
        if checksum.digest() != expected {
            return Ok(Batch::Bad("a commit's checksum does not fit"));
        }
        Ok(seal
            .map_or(Batch::Bad("a commit without its seal"), |seal| Batch::Whole(Commit { sequence, seal })))
    }

    /// Reads an item into the checksum; its seal when it is one.
    fn item(&mut self, checksum: &mut Xxh3) -> io::Result<Result<Option<Seal>, &'static str>> {
        let header: [u8; ITEM_HEADER_BYTES] = self.array()?;
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize
        };
        let key_len = usize::from(u16::from_le_bytes([header[11], header[12]]));
        let (len, disk_len) = (number(13), number(17));
        // Byte 0 is the tag, 1 the kind (a value), 2 the compression (none).
        if header[..3] != [2, 0, 0] || len != disk_len || len > ITEM_BYTES_MAX {
            return Ok(Err("a row's header makes no sense"));
        }
        self.buffer.resize(key_len + len, 0);
        self.from.read_exact(&mut self.buffer)?;
        self.at += self.buffer.len() as u64;
        checksum.update(&header);
        checksum.update(&self.buffer);
        let (key, value) = self.buffer.split_at(key_len);
        Ok(Ok(if key == SEAL_KEY { Seal::decode(value) } else { None }))
    }

    fn zeros(&mut self) -> io::Result<Batch> {
        self.buffer.resize(READ_BYTES, 0);
        loop {
            let read = self.from.read(&mut self.buffer)?;
            if read == 0 {
                return Ok(Batch::End);
            }
            if self.buffer[..read].iter().any(|b| *b != 0) {
                return Ok(Batch::Bad("something follows the last commit"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmbeddedStore, Options};
    use projections::{Checkpoint, PartitionCommit, ProjectionsWriter};
    use schemas::{EventId, Stream, Topic, TopicPartition};
    use uuid::Uuid;

    const COMMITS: u64 = 3;

    /// The used part of a journal with a few commits, and where each begins.
    fn journal() -> (Vec<u8>, Vec<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { free_bytes_min: 0, ..Options::default() };
        let store = EmbeddedStore::open(folder.path(), options, &prometheus::Registry::new()).unwrap();
        let read = || {
            let bytes = std::fs::read(folder.path().join("gen-1/0.jnl")).unwrap();
            let used = bytes.iter().rposition(|b| *b != 0).unwrap() + 1;
            bytes[..used].to_vec()
        };
        let mut starts = vec![0];
        for n in 1..COMMITS {
            starts.push(read().len());
            let of = TopicPartition { topic: Topic::Stream(Stream::Documents), partition: 1 };
            let checkpoint = Checkpoint { of, epoch: 0, next_offset: n, last_event_id: EventId(Uuid::max()) };
            store.commit(&[PartitionCommit { follows: vec![], state: vec![], checkpoint }]).unwrap();
        }
        (read(), starts)
    }

    fn check_bytes(bytes: &[u8]) -> Result<Vec<u64>, OpenError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("0.jnl"), bytes).unwrap();
        let commits = check(folder.path())?;
        assert_eq!(check(folder.path())?, commits, "a second look finds the same");
        Ok(commits.into_iter().map(|commit| commit.seal.number).collect())
    }

    #[test]
    fn every_byte_of_a_journal_is_checked_but_the_sequence_numbers_which_must_rise() {
        const SEQUENCE: std::ops::Range<usize> = 5..13;
        let (bytes, starts) = journal();
        assert_eq!(check_bytes(&bytes).unwrap(), (0..COMMITS).collect::<Vec<_>>());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            let batch = starts.iter().rposition(|start| *start <= at).unwrap();
            match check_bytes(&flipped) {
                Err(OpenError::Damaged { .. }) => {}
                Err(other) => panic!("byte {at}: {other}"),
                Ok(commits) if commits.len() as u64 == COMMITS => {
                    assert!(
                        SEQUENCE.contains(&(at - starts[batch])),
                        "byte {at} of commit {batch} is not checked"
                    );
                }
                Ok(commits) => assert_eq!(commits, (0..batch as u64).collect::<Vec<_>>(), "byte {at}"),
            }
        }
    }

    #[test]
    fn a_journal_cut_anywhere_ends_before_the_commit_that_was_cut() {
        let (bytes, starts) = journal();
        for end in (0..bytes.len()).step_by(7) {
            let whole = starts.iter().filter(|start| **start > 0 && **start <= end).count() as u64;
            assert_eq!(check_bytes(&bytes[..end]).unwrap(), (0..whole).collect::<Vec<_>>(), "cut at {end}");
            let mut zeros = bytes[..end].to_vec();
            zeros.resize(bytes.len() + 5_000, 0);
            assert_eq!(check_bytes(&zeros).unwrap(), (0..whole).collect::<Vec<_>>(), "zeros from {end}");
        }
    }

    #[test]
    fn a_closed_journal_is_never_cut() {
        let (bytes, starts) = journal();
        let folder = tempfile::tempdir().unwrap();
        let cut = &bytes[..bytes.len() - 1];
        std::fs::write(folder.path().join("0.jnl"), cut).unwrap();
        std::fs::write(folder.path().join("1.jnl"), []).unwrap();
        let error = check(folder.path()).unwrap_err();
        let place_of_last = format!("byte {}", starts[COMMITS as usize - 1]);
        assert!(
            matches!(&error, OpenError::Damaged { file, place, .. } if file.ends_with("0.jnl") && *place == place_of_last),
            "{error}"
        );
        assert_eq!(std::fs::read(folder.path().join("0.jnl")).unwrap(), cut);
    }
}
