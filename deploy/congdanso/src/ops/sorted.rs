//! Sorting more lines than memory holds: runs of them, sorted, in files of their own, merged at the end.
//!
//! The files have no name from the moment they are made: nothing of them is left when the process ends, however it ends. Only its owner
//! could read them.

use domain::{Key, KeyPart};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, Write};
use std::path::PathBuf;

/// Bytes of lines and keys that are held before they go to a file. Beside them each file takes a buffer of a few KiB when they are merged.
const RUN_BYTES_MAX: usize = 32 << 20;

/// Lines on their way into the order of their keys.
pub struct Sorter {
    folder: PathBuf,
    run_bytes_max: usize,
    run: Vec<(Vec<u8>, String)>,
    run_bytes: usize,
    files: Vec<File>,
}

impl Sorter {
    /// One that keeps its files on the disk of this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self::with_runs_of(folder, RUN_BYTES_MAX)
    }

    fn with_runs_of(folder: PathBuf, run_bytes_max: usize) -> Self {
        Self { folder, run_bytes_max, run: Vec::new(), run_bytes: 0, files: Vec::new() }
    }

    /// Takes a line. Keys are of one table.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn push(&mut self, key: &Key, line: String) -> io::Result<()> {
        let key = sortable(key);
        self.run_bytes += key.len() + line.len();
        self.run.push((key, line));
        if self.run_bytes > self.run_bytes_max { self.write_run() } else { Ok(()) }
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.run.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for (key, line) in self.run.drain(..) {
            put(&mut out, &key)?;
            put(&mut out, line.as_bytes())?;
        }
        self.run_bytes = 0;
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.files.push(file);
        Ok(())
    }

    /// Gives all lines back in the order of their keys.
    ///
    /// # Errors
    /// When a file cannot be read, or what `each` returns.
    pub fn each(mut self, each: &mut dyn FnMut(String) -> anyhow::Result<()>) -> anyhow::Result<()> {
        if self.files.is_empty() {
            self.run.sort_unstable();
            return self.run.into_iter().try_for_each(|(_, line)| each(line));
        }
        self.write_run()?;
        let mut files: Vec<_> = self.files.into_iter().map(BufReader::new).collect();
        let mut heads = BinaryHeap::with_capacity(files.len());
        for (index, file) in files.iter_mut().enumerate() {
            heads.extend(take_line(file)?.map(|(key, line)| Reverse((key, line, index))));
        }
        while let Some(Reverse((_, line, index))) = heads.pop() {
            each(line)?;
            heads.extend(take_line(&mut files[index])?.map(|(key, line)| Reverse((key, line, index))));
        }
        Ok(())
    }
}

/// Bytes that sort as keys of one table do.
fn sortable(key: &Key) -> Vec<u8> {
    /// Closes text and bytes; sorts before whatever goes on.
    const CLOSED: [u8; 2] = [0, 0];
    let mut sortable = Vec::with_capacity(64);
    for part in &key.0 {
        match part {
            KeyPart::Uuid(id) => sortable.extend_from_slice(id.as_bytes()),
            KeyPart::Int(n) => sortable.extend_from_slice(&n.to_be_bytes()),
            KeyPart::Text(text) => put_escaped(&mut sortable, text.as_bytes(), CLOSED),
            KeyPart::Bytes(bytes) => put_escaped(&mut sortable, bytes, CLOSED),
        }
    }
    sortable
}

fn put_escaped(to: &mut Vec<u8>, bytes: &[u8], closed: [u8; 2]) {
    for byte in bytes {
        to.push(*byte);
        if *byte == 0 {
            to.push(0xff);
        }
    }
    to.extend_from_slice(&closed);
}

fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_be_bytes())?;
    out.write_all(bytes)
}

/// The next key and line; `None` at the end of the file.
fn take_line(from: &mut BufReader<File>) -> io::Result<Option<(Vec<u8>, String)>> {
    let Some(key) = take(from)? else { return Ok(None) };
    let line = take(from)?.ok_or(ErrorKind::UnexpectedEof)?;
    let line = String::from_utf8(line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    Ok(Some((key, line)))
}

fn take(from: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut bytes = vec![0; usize::try_from(u64::from_be_bytes(length)).map_err(io::Error::other)?];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Sorter, sortable};
    use domain::{Key, KeyPart};
    use rand::seq::SliceRandom;
    use rand::{RngExt, SeedableRng};

    fn keys() -> Vec<Key> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let texts = ["", "a", "a\u{1}", "ab", "b", "đ", "z"];
        let bytes: [&[u8]; 6] = [&[], &[0], &[0, 0], &[0, 1], &[1], &[255]];
        let mut keys = Vec::new();
        for text in texts {
            for bytes in bytes {
                for n in [0, 1, 255, 256, u64::MAX, rng.random_range(0..1 << 40)] {
                    let parts = [
                        KeyPart::Text(text.to_owned()),
                        KeyPart::Bytes(bytes.to_vec()),
                        KeyPart::Int(n),
                        KeyPart::Uuid(uuid::Uuid::from_u128(rng.random())),
                    ];
                    keys.push(Key(parts.to_vec()));
                }
            }
        }
        keys.shuffle(&mut rng);
        keys
    }

    #[test]
    fn bytes_of_keys_sort_as_keys_do() {
        let (mut one, mut other) = (keys(), keys());
        one.sort();
        other.sort_by_key(sortable);
        assert_eq!(one, other);
    }

    #[test]
    fn lines_come_back_in_the_order_of_their_keys_from_memory_and_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut wanted = keys();
        wanted.sort();
        for run_bytes_max in [1 << 20, 1_000, 1] {
            let mut sorter = Sorter::with_runs_of(folder.path().to_owned(), run_bytes_max);
            for key in keys() {
                sorter.push(&key, format!("{key:?}")).unwrap();
            }
            assert_eq!(sorter.files.is_empty(), run_bytes_max == 1 << 20);
            let mut lines = Vec::new();
            sorter
                .each(&mut |line| {
                    lines.push(line);
                    Ok(())
                })
                .unwrap();
            assert_eq!(lines, wanted.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "files have names");
    }
}
