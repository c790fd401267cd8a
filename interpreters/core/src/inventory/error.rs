//! What is wrong with the text of an inventory, and where.

use std::fmt;
use std::io;
use std::ops::Range;

/// The greatest number of bad lines that an error keeps; further ones are only counted.
pub(super) const MAX_KEPT: usize = 20;
/// The greatest number of bytes of a line that an error quotes on each side of the mistake.
const QUOTED: usize = 80;

/// A text that is no inventory: its name, and its bad lines.
///
/// It is shown as `name:line:column: message`, with the number of further bad lines.
///
/// ```
/// use escadre_interpreter::inventory::{read, ReadOptions};
/// let text = "{\"id\": \"a\"}\n{\"id\": \"two words\"}\n";
/// let error = read("x.jsonl", text.as_bytes(), &ReadOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "x.jsonl:2:9: `two words` is not a device id: \
///      it must have no white space and no control characters",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{source_name}{}{}", first(.errors), others(*.n_bad))]
pub struct ReadError {
    source_name: String,
    // INVARIANT: not empty, at most `MAX_KEPT`; the constructors keep it.
    errors: Vec<BadLine>,
    n_bad: usize,
    #[source]
    source: Option<io::Error>,
}

impl ReadError {
    /// A text of which `errors` are the first of `n_bad` bad lines.
    pub(super) fn lines(source_name: &str, errors: Vec<BadLine>, n_bad: usize) -> Self {
        Self { source_name: source_name.to_owned(), errors, n_bad, source: None }
    }

    /// A text that is wrong as a whole.
    pub(super) fn whole(source_name: &str, message: impl Into<String>) -> Self {
        Self::lines(source_name, vec![BadLine::whole(message.into())], 1)
    }

    /// A text that could not be read.
    pub(super) fn io(source_name: &str, source: io::Error) -> Self {
        Self { source: Some(source), ..Self::whole(source_name, "it could not be read") }
    }

    /// The name of the text: a path, or what the caller called it.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.source_name
    }

    /// The bad lines in the order of the text, at most twenty; never empty.
    #[must_use]
    pub fn errors(&self) -> &[BadLine] {
        &self.errors
    }

    /// The number of bad lines, including those that [`errors`](Self::errors) leaves out.
    #[must_use]
    pub fn n_bad(&self) -> usize {
        self.n_bad
    }

    /// The number of the first bad line, from 1; `None` if the text is wrong as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.errors.first().and_then(BadLine::line)
    }

    /// The column of the first mistake, in characters from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.errors.first().and_then(BadLine::column)
    }

    /// What is wrong with the first bad line.
    #[must_use]
    pub fn message(&self) -> &str {
        self.errors.first().map_or("", BadLine::message)
    }

    /// The first bad line (shortened if it is long), and the bytes of it that are wrong.
    #[must_use]
    pub fn snippet(&self) -> Option<(&str, Range<usize>)> {
        self.errors.first().and_then(BadLine::snippet)
    }
}

fn first(errors: &[BadLine]) -> String {
    let Some(bad) = errors.first() else { return String::new() };
    match (bad.line, bad.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}: {}", bad.message),
        (Some(line), None) => format!(":{line}: {}", bad.message),
        (None, _) => format!(": {}", bad.message),
    }
}

fn others(n_bad: usize) -> String {
    match n_bad {
        0 | 1 => String::new(),
        2 => " (and 1 more bad line)".to_owned(),
        n => format!(" (and {} more bad lines)", n - 1),
    }
}

/// One bad line of an inventory's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    line: Option<u64>,
    column: Option<usize>,
    message: String,
    snippet: Option<(String, Range<usize>)>,
}

impl BadLine {
    fn whole(message: String) -> Self {
        Self { line: None, column: None, message, snippet: None }
    }

    /// The line `line`, as a whole.
    pub(super) fn at_line(line: u64, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::whole(message.into()) }
    }

    /// The mistake `wrong` of `text`, whose first line has the number `first_line`.
    pub(super) fn within(text: &str, first_line: u64, wrong: Wrong) -> Self {
        let start = floor(text, wrong.span.start.min(text.len()));
        let before = &text[..start];
        let n_newlines = before.bytes().filter(|&b| b == b'\n').count();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let span = start - line_start..wrong.span.end.max(start).min(line_end) - line_start;
        Self {
            line: Some(first_line + n_newlines as u64),
            column: Some(text[line_start..start].chars().count() + 1),
            message: wrong.message,
            snippet: Some(shortened(line, span)),
        }
    }

    /// The number of the line, from 1; `None` if the text is wrong as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// The column of the mistake, in characters from 1; `None` if the whole line is meant.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line (shortened if it is long), and the bytes of it that are wrong.
    #[must_use]
    pub fn snippet(&self) -> Option<(&str, Range<usize>)> {
        self.snippet.as_ref().map(|(text, span)| (text.as_str(), span.clone()))
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)
    }
}

/// A mistake before it has a line: which bytes of the text at hand are wrong, and why.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// The part of `line` around `span`, and where `span` is in it.
fn shortened(line: &str, span: Range<usize>) -> (String, Range<usize>) {
    let end = ceil(line, span.end.min(line.len()).min(span.start + QUOTED)).max(span.start);
    let from = floor(line, span.start.saturating_sub(QUOTED));
    let to = ceil(line, (end + QUOTED).min(line.len()));
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < line.len() { "…" } else { "" };
    let shift = head.len();
    let text = format!("{head}{}{tail}", &line[from..to]);
    let last = text.len();
    (text, (span.start - from + shift).min(last)..(end - from + shift).min(last))
}

/// The greatest character boundary of `text` up to `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// The least character boundary of `text` from `at` on.
fn ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(text.len())
}
