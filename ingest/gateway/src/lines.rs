//! From chunks of a body to lines, holding at most one line.

use crate::limits::LINE_BYTES_MAX;
use bytes::Bytes;

/// A line that is not blank, without its line end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// As sent.
    Whole(Bytes),
    /// Longer than [`LINE_BYTES_MAX`]; its bytes were let go as they came.
    TooLong,
}

/// Splits chunks into lines. Lines end with LF or CR LF; the last one need not. Blank lines are passed over; a byte order
/// mark before the first line is dropped. Holds one chunk and at most [`LINE_BYTES_MAX`] bytes of an unfinished line.
#[derive(Debug, Default)]
pub struct Lines {
    /// What of the chunk at hand is not split yet.
    chunk: Bytes,
    /// The beginning of a line whose end has not come.
    unfinished: Vec<u8>,
    /// The line at hand is too long: its bytes are dropped until it ends.
    skipping: bool,
    /// Whether the first line has been seen.
    begun: bool,
}

impl Lines {
    /// Takes the next chunk in. Call it when [`Lines::next_line`] has given `None`.
    pub fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the chunk before is split");
        self.chunk = chunk;
    }

    /// The next line that has ended; `None` when more must be pushed first.
    pub fn next_line(&mut self) -> Option<Line> {
        while let Some(end) = memchr::memchr(b'\n', &self.chunk) {
            let piece = self.chunk.split_to(end + 1).slice(..end);
            if let Some(line) = self.finish(piece) {
                return Some(line);
            }
        }
        let rest = std::mem::take(&mut self.chunk);
        if self.skipping || self.unfinished.len() + rest.len() > LINE_BYTES_MAX + 1 {
            self.skipping |= !rest.is_empty();
            self.unfinished = Vec::new();
        } else {
            self.unfinished.extend_from_slice(&rest);
        }
        None
    }

    /// The last line, when it had no line end. Call it once, after the last chunk.
    pub fn last_line(&mut self) -> Option<Line> {
        self.finish(Bytes::new())
    }

    /// The line that ends with `piece`; `None` when it is blank.
    fn finish(&mut self, piece: Bytes) -> Option<Line> {
        if std::mem::take(&mut self.skipping) {
            self.begun = true;
            return Some(Line::TooLong);
        }
        let mut line = if self.unfinished.is_empty() {
            piece
        } else {
            let mut whole = std::mem::take(&mut self.unfinished);
            whole.extend_from_slice(&piece);
            Bytes::from(whole)
        };
        if !self.begun && line.starts_with(b"\xEF\xBB\xBF") {
            line = line.slice(3..);
        }
        self.begun = true;
        if line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        if line.len() > LINE_BYTES_MAX {
            return Some(Line::TooLong);
        }
        if line.iter().all(u8::is_ascii_whitespace) { None } else { Some(Line::Whole(line)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        let mut keep = |line: Line| match line {
            Line::Whole(bytes) => seen.push(Some(bytes.to_vec())),
            Line::TooLong => seen.push(None),
        };
        for chunk in chunks {
            lines.push(Bytes::copy_from_slice(chunk));
            while let Some(line) = lines.next_line() {
                keep(line);
            }
            assert!(lines.unfinished.len() <= LINE_BYTES_MAX + 1);
        }
        lines.last_line().into_iter().for_each(&mut keep);
        seen
    }

    fn text(lines: &[&str]) -> Vec<Option<Vec<u8>>> {
        lines.iter().map(|l| Some(l.as_bytes().to_vec())).collect()
    }

    #[test]
    fn lines_cut_anywhere_come_out_whole() {
        assert_eq!(
            split(&[b"{\"a\":1}\n{\"b", b"\":", b"2}\r\n\n", b"  \r\n{}"]),
            text(&["{\"a\":1}", "{\"b\":2}", "{}"])
        );
    }

    #[test]
    fn blank_lines_and_byte_order_mark_are_passed_over() {
        assert_eq!(split(&[b"\xEF\xBB\xBF{}\n", b"\n\r\n \t\n{}\n"]), text(&["{}", "{}"]));
        assert_eq!(split(&[b""]), text(&[]));
        assert_eq!(split(&[b"\n\n"]), text(&[]));
    }

    #[test]
    fn line_too_long_is_dropped_as_it_comes_and_neighbours_stay() {
        let long = vec![b'x'; LINE_BYTES_MAX];
        let mut chunks: Vec<&[u8]> = vec![b"first\n"];
        chunks.extend(std::iter::repeat_n(long.as_slice(), 20));
        chunks.push(b"tail\nlast");
        assert_eq!(split(&chunks), vec![Some(b"first".to_vec()), None, Some(b"last".to_vec())]);
    }

    #[test]
    fn line_of_exactly_the_bound_passes_and_one_more_byte_does_not() {
        let fits = vec![b'x'; LINE_BYTES_MAX];
        let over = vec![b'x'; LINE_BYTES_MAX + 1];
        assert_eq!(
            split(&[&fits, b"\r\n", &fits, b"\n", &fits]),
            vec![Some(fits.clone()), Some(fits.clone()), Some(fits.clone())]
        );
        assert_eq!(split(&[&over, b"\n", &over]), vec![None, None]);
    }

    proptest! {
        #[test]
        fn cutting_a_body_differently_never_changes_its_lines(body in "[a\r\n ]{0,60}", cut in 0usize..60) {
            let body = body.as_bytes();
            let cut = cut.min(body.len());
            let singles: Vec<&[u8]> = body.chunks(1).collect();
            prop_assert_eq!(split(&[body]), split(&[&body[..cut], &body[cut..]]));
            prop_assert_eq!(split(&[body]), split(&singles));
        }
    }
}
