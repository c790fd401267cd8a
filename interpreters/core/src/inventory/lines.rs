//! Lines of a reader, of a bounded length.

use std::io::{self, BufRead, Read};

use super::error::{BadLine, Wrong};
use super::read::MAX_LINE_BYTES;

/// The lines of a reader: one buffer, reused.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    n_lines: u64,
    ended: bool,
}

/// One line: its number, its text without the newline, and whether a newline ended it.
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) text: &'a str,
    pub(super) ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), n_lines: 0, ended: true }
    }

    /// The number of lines so far.
    pub(super) fn n_lines(&self) -> u64 {
        self.n_lines
    }

    /// The next line, `None` at the end; the inner error is a line that is no text.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Line<'_>, BadLine>>> {
        self.buffer.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let n = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer)?;
        if n == 0 {
            return Ok(None);
        }
        self.n_lines += 1;
        self.ended = self.buffer.last() == Some(&b'\n');
        if self.ended {
            self.buffer.pop();
        }
        let number = self.n_lines;
        if self.buffer.len() > MAX_LINE_BYTES {
            self.skip_line()?;
            let message = format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20);
            return Ok(Some(Err(BadLine::at_line(number, message))));
        }
        Ok(Some(match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Line { number, text, ended: self.ended }),
            Err(error) => Err(not_utf8(&self.buffer, number, error.valid_up_to())),
        }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        self.reader.skip_until(b'\n').map(|_| ())
    }
}

/// The mistake of a text that is no UTF-8 from byte `at` on.
pub(super) fn not_utf8(bytes: &[u8], first_line: u64, at: usize) -> BadLine {
    let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n);
    let n_newlines = bytes[..at].iter().filter(|&&b| b == b'\n').count();
    let line = String::from_utf8_lossy(&bytes[start..end.min(at + 256)]);
    let byte = bytes.get(at).copied().unwrap_or_default();
    let span = at - start..at - start + char::REPLACEMENT_CHARACTER.len_utf8();
    let message = format!("the line is not UTF-8: it has the byte 0x{byte:02x}");
    BadLine::within(&line, first_line + n_newlines as u64, Wrong::at(span, message))
}
