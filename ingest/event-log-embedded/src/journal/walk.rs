//! Reads one journal file batch by batch.

use crate::chunk::HEADER_BYTES;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

const TAG_FILLER: u8 = 0;
const TAG_START: u8 = 1;
const TAG_ITEM: u8 = 2;
const TAG_END: u8 = 3;
/// From the tag of a batch to that of its first item.
const START_BYTES: u64 = 1 + 4 + 8;
const END_MAGIC: &[u8; 4] = b"FJL\x03";
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// A whole batch.
#[derive(Debug)]
pub struct Batch {
    pub position: u64,
    pub sequence_number: u64,
    pub items: Vec<Item>,
}

/// An item of a batch, without the most of its value.
#[derive(Debug)]
pub struct Item {
    pub key: Vec<u8>,
    pub value_start: Vec<u8>,
}

/// Why a walk goes no further.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The file is over, but for filler.
    End,
    /// The batch that begins here is not whole.
    Broken { position: u64, what: &'static str },
}

/// Where a file is being read.
pub struct Walk {
    file: BufReader<File>,
    length: u64,
    position: u64,
}

/// What stops a batch: the file cannot be read, or does not say what it should.
enum Fault {
    Io(io::Error),
    Broken(&'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::UnexpectedEof {
            return Self::Broken("the file ends inside a batch");
        }
        Self::Io(error)
    }
}

impl Walk {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file: BufReader::with_capacity(READ_BUFFER_BYTES, file), length, position: 0 })
    }

    /// The next batch, or why there is none.
    pub fn next_batch(&mut self) -> io::Result<Result<Batch, Stop>> {
        let position = self.position;
        match self.batch(position) {
            Ok(Some(batch)) => Ok(Ok(batch)),
            Ok(None) => Ok(Err(Stop::End)),
            Err(Fault::Broken(what)) => Ok(Err(Stop::Broken { position, what })),
            Err(Fault::Io(error)) => Err(error),
        }
    }

    /// Whether a whole batch stands anywhere behind the beginning of a broken one. Batches are synced one after the other, so
    /// only damage leaves one there.
    pub fn has_batch_behind(&mut self, position: u64) -> io::Result<bool> {
        for start in self.possible_starts_behind(position)? {
            self.file.seek(SeekFrom::Start(start))?;
            match self.batch(start) {
                Ok(Some(_)) => return Ok(true),
                Ok(None) | Err(Fault::Broken(_)) => {}
                Err(Fault::Io(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Where the tag of a batch stands, and at its distance that of an item.
    fn possible_starts_behind(&mut self, position: u64) -> io::Result<Vec<u64>> {
        let mut starts = Vec::new();
        self.file.seek(SeekFrom::Start(position + 1))?;
        let mut at = position + 1;
        // Bit n says whether the byte n + 1 before this one is the tag of a batch.
        let mut tags: u16 = 0;
        loop {
            let bytes = self.file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(starts);
            }
            for byte in bytes {
                if *byte == TAG_ITEM && tags & (1 << (START_BYTES - 1)) != 0 {
                    starts.push(at - START_BYTES);
                }
                tags = (tags << 1) | u16::from(*byte == TAG_START);
                at += 1;
            }
            let read = bytes.len();
            self.file.consume(read);
        }
    }

    fn batch(&mut self, position: u64) -> Result<Option<Batch>, Fault> {
        self.position = position;
        if self.position >= self.length {
            return Ok(None);
        }
        match self.byte()? {
            TAG_START => {}
            TAG_FILLER => return self.filler().map(|()| None),
            _ => return Err(Fault::Broken("no batch begins here")),
        }
        let count = u32::from_le_bytes(self.array()?);
        let sequence_number = u64::from_le_bytes(self.array()?);
        let mut checksum = Xxh3::new();
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.item(&mut checksum)?);
        }
        if self.byte()? != TAG_END {
            return Err(Fault::Broken("a batch does not end where it should"));
        }
        let said = u64::from_le_bytes(self.array()?);
        if &self.array()? != END_MAGIC {
            return Err(Fault::Broken("the end of a batch is no end"));
        }
        if said != checksum.digest() {
            return Err(Fault::Broken("the checksum of a batch is wrong"));
        }
        Ok(Some(Batch { position, sequence_number, items }))
    }

    fn item(&mut self, checksum: &mut Xxh3) -> Result<Item, Fault> {
        let head: [u8; 21] = self.array()?;
        if head[0] != TAG_ITEM {
            return Err(Fault::Broken("no item begins where one should"));
        }
        checksum.update(&head);
        let key_length = usize::from(u16::from_le_bytes([head[11], head[12]]));
        let stored_length = u64::from(u32::from_le_bytes([head[17], head[18], head[19], head[20]]));
        if stored_length > self.length - self.position.min(self.length) {
            return Err(Fault::Broken("a value is longer than the file"));
        }
        let mut key = vec![0; key_length];
        self.read(&mut key)?;
        checksum.update(&key);
        let mut value = vec![0; usize::try_from(stored_length).expect("a u32 is an index")];
        self.read(&mut value)?;
        checksum.update(&value);
        value.truncate(HEADER_BYTES);
        Ok(Item { key, value_start: value })
    }

    /// Nothing but zeros to the end of the file.
    fn filler(&mut self) -> Result<(), Fault> {
        loop {
            let bytes = self.file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
            if bytes.iter().any(|byte| *byte != TAG_FILLER) {
                return Err(Fault::Broken("zeros where a batch should begin"));
            }
            let read = bytes.len();
            self.file.consume(read);
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.file.read_exact(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}
