//! CSV (RFC 4180): a header, then one device a row.
//!
//! CHOICE: rows are split here and not by the `csv` crate, which accepts what RFC 4180 does not
//! (an open quote at the end, quotes inside a bare cell) and keeps no columns for errors.
//! Tests compare the two on every well-formed table.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufRead};

use escadre_algebra::LabelKey;

use super::collect::{Collector, Entry};
use super::error::{BadLine, Wrong};
use super::lines::Lines;
use super::read::{MAX_LINE_BYTES, ReadOptions};
use super::text::{all, span_or_all};

/// Reads devices into `collector`; the number of lines.
pub(super) fn read(
    reader: impl BufRead,
    options: &ReadOptions,
    collector: &mut Collector,
) -> io::Result<u64> {
    let mut lines = Lines::new(reader);
    let mut rows = Rows { text: String::new(), line: 0 };
    let mut header: Option<Header> = None;
    while let Some(row) = rows.next(&mut lines)? {
        let read = match row {
            Err(bad) => Err(bad),
            Ok(()) if rows.text.trim_ascii().is_empty() => Ok(()),
            Ok(()) => split(&rows.text)
                .and_then(|cells| match &header {
                    None => Header::of(&rows.text, &cells, options.id_column_name())
                        .map(|found| header = Some(found)),
                    Some(header) => header.add(&rows, cells, collector),
                })
                .map_err(|wrong| BadLine::within(&rows.text, rows.line, wrong)),
        };
        if let Err(bad) = read {
            collector.bad(|| bad);
            // Without a header no row means anything.
            if header.is_none() {
                break;
            }
        }
    }
    Ok(lines.n_lines())
}

/// The rows of a text: lines, joined while a quote is open.
struct Rows {
    text: String,
    line: u64,
}

impl Rows {
    /// Makes the next row the current one; `None` at the end.
    fn next(&mut self, lines: &mut Lines<impl BufRead>) -> io::Result<Option<Result<(), BadLine>>> {
        self.text.clear();
        let mut open = false;
        loop {
            match lines.next()? {
                None if self.text.is_empty() => return Ok(None),
                // `split` finds the open quote and says where it is.
                None => return Ok(Some(Ok(()))),
                Some(Err(bad)) => return Ok(Some(Err(bad))),
                Some(Ok(line)) => {
                    if self.text.is_empty() {
                        self.line = line.number;
                    }
                    self.text.push_str(line.text);
                    open = ends_open(line.text, open);
                }
            }
            if !open {
                if self.text.ends_with('\r') {
                    self.text.pop();
                }
                return Ok(Some(Ok(())));
            }
            self.text.push('\n');
            if self.text.len() > MAX_LINE_BYTES {
                let message = format!(
                    "the row is longer than {} MiB: is a quote never closed?",
                    MAX_LINE_BYTES >> 20
                );
                return Ok(Some(Err(BadLine::at_line(self.line, message))));
            }
        }
    }
}

/// Whether a quoted cell is open at the end of `line`, as one was or was not at its start.
fn ends_open(line: &str, mut open: bool) -> bool {
    // A quote opens a cell at its start; right after a closing one it is the second of a pair.
    let mut may_open = !open;
    for byte in line.bytes() {
        may_open = match byte {
            b'"' if open => {
                open = false;
                true
            }
            b'"' if may_open => {
                open = true;
                false
            }
            _ => byte == b',' && !open,
        };
    }
    open
}

/// What each column is.
struct Header {
    id: usize,
    // The columns in order; the one of ids among them.
    keys: Vec<String>,
}

impl Header {
    fn of(text: &str, cells: &[Cow<'_, str>], id_column: &str) -> Result<Self, Wrong> {
        let Some(id) = cells.iter().position(|cell| cell == id_column) else {
            let hint = match cells {
                [only] if only.contains(';') => " (cells are separated by `,`, not by `;`)",
                [only] if only.contains('\t') => " (cells are separated by `,`, not by tabs)",
                _ => "",
            };
            let message = format!("the header has no column `{id_column}`{hint}");
            return Err(Wrong::at(all(text), message));
        };
        let mut seen = HashSet::new();
        for (at, cell) in cells.iter().enumerate() {
            let wrong = |message| Err(Wrong::at(span_or_all(text, cell), message));
            if !cell.is_empty() && !seen.insert(cell.as_ref()) {
                return wrong(format!("the column `{cell}` is given twice"));
            }
            if cell.is_empty() {
                return wrong(format!("column {} has no name", at + 1));
            }
            if let (true, Err(error)) = (at != id, LabelKey::parse(cell)) {
                return wrong(error.to_string());
            }
        }
        Ok(Self { id, keys: cells.iter().map(|cell| cell.clone().into_owned()).collect() })
    }

    fn add(
        &self,
        row: &Rows,
        cells: Vec<Cow<'_, str>>,
        collector: &mut Collector,
    ) -> Result<(), Wrong> {
        if cells.len() != self.keys.len() {
            let cell = if cells.len() == 1 { "cell" } else { "cells" };
            let message = format!(
                "the row has {} {cell}, but the header has {}",
                cells.len(),
                self.keys.len()
            );
            return Err(Wrong::at(all(&row.text), message));
        }
        let id = cells[self.id].clone();
        let labels = self.keys.iter().zip(cells).enumerate();
        let labels = labels
            .filter(|(at, (_, cell))| *at != self.id && !cell.is_empty())
            .map(|(_, (key, cell))| Entry {
                key: Cow::Borrowed(key),
                value: Some(cell),
                reported: false,
            })
            .collect();
        collector.add(&row.text, row.line, &id, labels)
    }
}

/// The cells of one row.
fn split(row: &str) -> Result<Vec<Cow<'_, str>>, Wrong> {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let (cell, end) =
            if row[at..].starts_with('"') { quoted(row, at)? } else { bare(row, at)? };
        cells.push(cell);
        if end == row.len() {
            return Ok(cells);
        }
        // Both kinds of cell end at the row's end or at a comma.
        at = end + 1;
    }
}

/// The bare cell at `at`, and where it ends.
fn bare(row: &str, at: usize) -> Result<(Cow<'_, str>, usize), Wrong> {
    let end = row[at..].find(',').map_or(row.len(), |n| at + n);
    let cell = &row[at..end];
    if let Some(quote) = cell.find('"') {
        let span = at + quote..at + quote + 1;
        return Err(Wrong::at(span, "a cell with a quote must be quoted, and the quote doubled"));
    }
    Ok((Cow::Borrowed(cell), end))
}

/// The quoted cell at `at`, and where it ends.
fn quoted(row: &str, at: usize) -> Result<(Cow<'_, str>, usize), Wrong> {
    let start = at + 1;
    let mut from = start;
    let close = loop {
        let Some(quote) = row[from..].find('"') else {
            return Err(Wrong::at(at..at + 1, "this quote is never closed"));
        };
        let quote = from + quote;
        if row[quote + 1..].starts_with('"') {
            from = quote + 2;
        } else {
            break quote;
        }
    };
    let end = close + 1;
    if end < row.len() && !row[end..].starts_with(',') {
        return Err(Wrong::at(end..end + 1, "expected `,` after a quoted cell"));
    }
    let cell = &row[start..close];
    let cell =
        if cell.contains('"') { Cow::Owned(cell.replace("\"\"", "\"")) } else { cell.into() };
    Ok((cell, end))
}
