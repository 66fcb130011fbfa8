//! Lines of text, read into one buffer.

use std::io::{BufRead, BufReader, Read};

/// The longest line that is read, in bytes: no code is longer. What is longer is read as several.
const LINE_BYTES_MAX: u64 = 128 * 1024;

/// Lines of an input. Empty ones are passed over; what is no UTF-8 is a code that cannot be read.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub fn of(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), line: Vec::new() }
    }

    /// The next line without its end; `None` after the last.
    pub fn next(&mut self) -> anyhow::Result<Option<&str>> {
        loop {
            self.line.clear();
            let read = (&mut self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            if !self.line.trim_ascii().is_empty() {
                // A code is ASCII, but for the names in a national string.
                return Ok(Some(
                    std::str::from_utf8(&self.line).unwrap_or("\u{fffd}").trim_end_matches(['\r', '\n']),
                ));
            }
        }
    }

    /// Whether a whole line waits in the buffer.
    pub fn has_more_at_hand(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}
