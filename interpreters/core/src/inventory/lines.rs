//! Lines of a reader, of a bounded length.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use memchr::memchr;

use super::error::{BadLine, Wrong};
use super::read::MAX_LINE_BYTES;

/// How many bytes are read at once: what a reader keeps itself is then not copied through it.
const BLOCK: usize = 256 << 10;

/// The lines of a reader, which is read by blocks.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The bytes of the buffer that were read and are in no line yet.
    unread: Range<usize>,
    at_end: bool,
    n_lines: u64,
}

/// One line: its number, its text without the newline, and whether a newline ended it.
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) text: &'a str,
    pub(super) ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; 2 * BLOCK], unread: 0..0, at_end: false, n_lines: 0 }
    }

    /// The number of lines so far.
    pub(super) fn n_lines(&self) -> u64 {
        self.n_lines
    }

    /// The next line, `None` at the end; the inner error is a line that is no text.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Line<'_>, BadLine>>> {
        let Some((line, ended)) = self.take()? else { return Ok(None) };
        self.n_lines += 1;
        let number = self.n_lines;
        if line.len() > MAX_LINE_BYTES {
            if !ended {
                self.skip_line()?;
            }
            let message = format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20);
            return Ok(Some(Err(BadLine::at_line(number, message))));
        }
        let line = &self.buffer[line];
        Ok(Some(match std::str::from_utf8(line) {
            Ok(text) => Ok(Line { number, text, ended }),
            Err(error) => Err(not_utf8(line, number, error.valid_up_to())),
        }))
    }

    /// Where the next line is in the buffer, and whether a newline ended it; one that is too long
    /// is taken as far as it was read.
    fn take(&mut self) -> io::Result<Option<(Range<usize>, bool)>> {
        let mut n_sought = 0;
        loop {
            let unread = self.unread.clone();
            let sought = &self.buffer[unread.start + n_sought..unread.end];
            if let Some(at) = memchr(b'\n', sought) {
                let end = unread.start + n_sought + at;
                self.unread.start = end + 1;
                return Ok(Some((unread.start..end, true)));
            }
            n_sought = unread.len();
            if self.at_end || n_sought > MAX_LINE_BYTES {
                self.unread.start = unread.end;
                return Ok((n_sought > 0).then_some((unread, false)));
            }
            self.read_block()?;
        }
    }

    /// Reads what is there, after what is unread, which is moved to the start.
    fn read_block(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.buffer.len() < self.unread.end + BLOCK {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        let n = loop {
            match self.reader.read(&mut self.buffer[self.unread.end..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.unread.end += n;
        self.at_end = n == 0;
        Ok(())
    }

    fn skip_line(&mut self) -> io::Result<()> {
        while !self.at_end {
            let unread = self.unread.clone();
            if let Some(at) = memchr(b'\n', &self.buffer[unread.clone()]) {
                self.unread.start += at + 1;
                break;
            }
            self.unread.start = unread.end;
            self.read_block()?;
        }
        Ok(())
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
