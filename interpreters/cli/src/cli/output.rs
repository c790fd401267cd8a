//! What is written where: results to standard output, everything else to standard error.

use std::env;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use super::args::When;
use super::error::Failure;

/// The width of a line where no terminal says one.
const WIDTH: usize = 100;

/// What a stream can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Whether to colour.
    pub(crate) colour: bool,
    /// How many columns a line has.
    pub(crate) width: usize,
    /// Whether somebody watches.
    pub(crate) terminal: bool,
}

impl Look {
    /// The look of standard output.
    pub(crate) fn of_stdout(when: When) -> Self {
        Self::of(when, io::stdout().is_terminal(), || terminal_size::terminal_size_of(io::stdout()))
    }

    /// The look of standard error.
    pub(crate) fn of_stderr(when: When) -> Self {
        Self::of(when, io::stderr().is_terminal(), || terminal_size::terminal_size_of(io::stderr()))
    }

    fn of(
        when: When,
        terminal: bool,
        size: impl Fn() -> Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => auto(|name| env::var(name).ok(), terminal && !dumb),
        };
        let asked = env::var("COLUMNS").ok().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        let shown = || size().map(|(width, _)| usize::from(width.0)).filter(|_| terminal);
        let width = asked.or_else(shown).unwrap_or(WIDTH).max(40);
        Self { colour, width, terminal: terminal && !dumb }
    }
}

/// Whether to colour unasked: <https://no-color.org> and <https://bixense.com/clicolors>.
fn auto(variable: impl Fn(&str) -> Option<String>, capable: bool) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    capable && set("CLICOLOR").is_none_or(|value| value != "0")
}

/// Standard output. Once its reader is gone, what is written goes nowhere, quietly.
pub(crate) struct Output {
    stream: BufWriter<Stdout>,
    closed: bool,
    /// What it can show.
    pub(crate) look: Look,
}

impl Output {
    /// Standard output, coloured as asked.
    pub(crate) fn new(when: When) -> Self {
        let stream = BufWriter::with_capacity(64 << 10, io::stdout());
        Self { stream, closed: false, look: Look::of_stdout(when) }
    }

    /// Whether nobody reads any more: work that only writes may end.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes `text`.
    pub(crate) fn put(&mut self, text: &str) -> Result<(), Failure> {
        self.write_all(text.as_bytes()).map_err(|error| unwritten(&error))
    }

    /// Writes `text` and ends the line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.put(text)?;
        self.put("\n")
    }

    /// Writes a JSON document over several lines.
    pub(crate) fn json(&mut self, document: &impl serde::Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut *self, document)
            .map_err(|error| unwritten(&error.into()))?;
        self.put("\n")
    }

    /// Writes what `write` writes.
    pub(crate) fn stream(
        &mut self,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<(), Failure> {
        write(self).map_err(|error| unwritten(&error))
    }

    /// Writes what is still held back.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.flush().map_err(|error| unwritten(&error))
    }

    fn settle<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.stream.write(bytes);
        self.settle(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.flush();
        self.settle(result, ())
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::caused("standard output could not be written", error)
        .help("free some space, or write to another place")
}

#[cfg(test)]
mod tests {
    use super::auto;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn colour_follows_the_conventions() {
        assert!(auto(with(&[]), true));
        assert!(!auto(with(&[]), false));
        assert!(!auto(with(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), true));
        assert!(auto(with(&[("NO_COLOR", "")]), true));
        assert!(auto(with(&[("CLICOLOR_FORCE", "1")]), false));
        assert!(!auto(with(&[("CLICOLOR_FORCE", "0")]), false));
        assert!(!auto(with(&[("CLICOLOR", "0")]), true));
    }
}
