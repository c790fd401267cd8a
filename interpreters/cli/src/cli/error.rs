//! What went wrong, where, and what to do next.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use escadre_algebra::{DecodeError, SelectorError, Unresolved};
use escadre_interpreter::inventory::{BadLine, ReadError};
use escadre_interpreter::present::{number, visible};
use escadre_interpreter::{Refused, Stale};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::output::Look;
use super::problems::UPGRADE;
use super::shell;
use super::snippet::Snippet;

/// At most this many bad lines are shown with their text.
const MAX_SHOWN: usize = 5;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure(Box<Contents>);

#[derive(Debug, Default)]
struct Contents {
    message: String,
    help: Option<String>,
    place: Option<Snippet>,
    /// Shown before this one.
    others: Vec<Failure>,
    /// Shown instead of the message, by people who know how.
    findings: Option<Unresolved>,
}

impl Failure {
    /// What happened, in one sentence without a stop.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Contents { message: shown(&message.into()), ..Contents::default() }))
    }

    /// What happened, and the errors that caused it.
    pub(crate) fn caused(message: impl fmt::Display, cause: &dyn Error) -> Self {
        Self::new(format!("{message}: {}", chain(cause)))
    }

    /// What happened is `error`.
    pub(crate) fn of(error: &dyn Error) -> Self {
        Self::new(chain(error))
    }

    /// What to do next.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(shown(&help.into()));
        self
    }

    /// Several failures, shown one after the other, and what they have in common.
    pub(crate) fn several(message: impl Into<String>, others: Vec<Self>) -> Self {
        let mut failure = Self::new(message);
        failure.0.others = others;
        failure
    }

    /// Where in which text.
    #[must_use]
    pub(crate) fn at(mut self, place: Snippet) -> Self {
        self.0.place = Some(place.shown());
        self
    }

    /// A file that could not be read or written.
    pub(crate) fn file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::caused(format!("{} could not be {verb}", path.display()), error)
    }

    /// A fleet that does not resolve, as `head` says; the command `explain` says why.
    pub(crate) fn unresolved(findings: Unresolved, head: impl Into<String>, explain: &str) -> Self {
        let witness = findings.findings().iter().find_map(witness);
        let foreign = findings.findings().iter().any(is_foreign);
        let mut failure = Self::new(head);
        if let Some((device, path)) = witness {
            let device = shell::quoted(&device);
            failure = failure.help(format!("`{explain} {device}{path}` says who wrote what"));
        } else if foreign {
            failure = failure.help(UPGRADE);
        }
        failure.0.findings = Some(findings);
        failure
    }

    /// A plan that no longer fits.
    pub(crate) fn stale(stale: &Stale, program: &str) -> Self {
        Self::of(stale).help(format!(
            "nothing was written; make a new plan and review it: `{program} plan … --out PLAN`"
        ))
    }

    /// A plan that needs an explicit consent.
    pub(crate) fn refused(refused: &Refused) -> Self {
        let help = match refused {
            Refused::Shrink { .. } => {
                "nothing was written; if they are meant to leave, add `--accept-shrink` (or raise \
                 `--max-shrink`); `--keep-removed` applies the rest and leaves them alone"
            }
            Refused::PruneOnPartial { .. } => {
                "nothing was written; give an inventory that lists every device, or add \
                 `--keep-removed` to apply the rest and leave these alone"
            }
            _ => "nothing was written; see `apply --help`",
        };
        Self::of(refused).help(help)
    }

    /// Bytes of `path` that are no fleet.
    pub(crate) fn fleet(path: &Path, bytes: &[u8], error: &DecodeError) -> Self {
        let name = path.display();
        if bytes.trim_ascii().is_empty() {
            return Self::new(format!("{name} is not a fleet: it is empty")).help(WRITE_ANEW);
        }
        let lines = || bytes.split(|b| *b == b'\n');
        let text = |line: usize| {
            String::from_utf8_lossy(lines().nth(line).unwrap_or_default()).into_owned()
        };
        if let Some(line) = lines().position(|line| line.starts_with(b"<<<<<<<")) {
            let message = format!("{name} is not a fleet: it has an unsolved merge conflict");
            return Self::new(message)
                .at(Snippet::cut(&name.to_string(), &text(line), line + 1, 1))
                .help(format!("merge the code that builds the fleet, then {WRITE_ANEW}"));
        }
        let failure = Self::new(format!("{name} is not a fleet: {error}")).help(WRITE_ANEW);
        let Some((line, column)) = error.place() else { return failure };
        let text = text(line.saturating_sub(1));
        failure.at(Snippet::cut(&name.to_string(), &text, line, column))
    }
}

/// What to do about a file that is no fleet.
const WRITE_ANEW: &str = "write it anew with `lock` of the program that builds the fleet";

/// Whether the part was written by a newer version of this program.
fn is_foreign(finding: &escadre_algebra::Finding) -> bool {
    use escadre_algebra::Finding;
    matches!(finding, Finding::Invalid(problem) if problem.is_foreign())
}

/// A device on which something is wrong, and where, as arguments.
fn witness(finding: &escadre_algebra::Finding) -> Option<(String, String)> {
    use escadre_algebra::Finding;
    match finding {
        Finding::Conflict { path, on, .. }
        | Finding::MissingLabel { path, on, .. }
        | Finding::MissingField { path, on, .. }
        | Finding::BadDependency { path, on, .. } => {
            Some((on.witness.to_string(), format!(" {}", shell::quoted(&path.to_string()))))
        }
        Finding::UnknownDependency { resource, on, .. } => {
            Some((on.witness.to_string(), format!(" {resource}")))
        }
        Finding::Cycle { on, .. } => Some((on.witness.to_string(), String::new())),
        _ => None,
    }
}

/// Lines of text, with each character escaped that a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n")
}

/// The error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl From<SelectorError> for Failure {
    fn from(error: SelectorError) -> Self {
        let (column, end) = (error.column(), error.input().len());
        let message = format!("this is no selector: found {}", error.found());
        let mut place = Snippet::cut("SELECTOR", error.input(), 1, column);
        if error.offset() >= end {
            place.point_behind();
        }
        place.label = format!("expected {}", error.expected());
        Self::new(message)
            .at(place)
            .help("for example `role = camera and not firmware >= 2.1`; see `select --help`")
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let name = error.source_name();
        if error.source().is_some() {
            return Self::of(&error).help(
                "an inventory is a file, or `-` for the standard input; see `inventory --help`",
            );
        }
        let help = |what: &str| {
            format!(
                "{what}: an inventory is read as a whole or not at all, since half of one looks like \
                 many removed devices"
            )
        };
        let advice = error.errors().iter().take(1).find_map(reading);
        if let ([bad], 1) = (error.errors(), error.n_bad()) {
            let what = if bad.line().is_some() { "correct this line" } else { "correct it" };
            return line(name, bad).help(advice.map_or_else(|| help(what), str::to_owned));
        }
        let n_bad = number(error.n_bad());
        let mut failure = Self::new(match error.n_bad() > MAX_SHOWN {
            true => format!("the first {MAX_SHOWN} of {n_bad} bad lines of {name} are shown"),
            false => format!("{name} has {n_bad} bad lines"),
        });
        failure.0.others =
            error.errors().iter().take(MAX_SHOWN).map(|bad| line(name, bad)).collect();
        failure.help(advice.map_or_else(|| help("correct these lines"), str::to_owned))
    }
}

/// The option that reads the inventory otherwise, where that is what is wrong.
fn reading(bad: &BadLine) -> Option<&'static str> {
    const NODES: [&str; 4] = ["`apiVersion`", "`kind`", "`items`", "`metadata`"];
    let message = bad.message();
    let is_node =
        message.starts_with("unknown field") && NODES.iter().any(|field| message.contains(field));
    let is_open = bad.snippet().is_some_and(|(text, _)| text.trim() == "{");
    if message.contains("the header has no column") {
        return Some("`--id-column NAME` says which column holds the ids");
    }
    (is_node || is_open).then_some(
        "if this is what `kubectl get nodes -o json` prints, add `--inventory-format kubernetes`",
    )
}

fn line(name: &str, bad: &BadLine) -> Failure {
    let place = match (bad.line(), bad.column()) {
        (Some(line), Some(column)) => format!("{name}:{line}:{column}"),
        (Some(line), None) => format!("{name}:{line}"),
        (None, _) => name.to_owned(),
    };
    let failure = Failure::new(format!("{place}: {}", bad.message()));
    let Some(((text, span), line)) = bad.snippet().zip(bad.line()) else { return failure };
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    let mut place = Snippet {
        name: name.to_owned(),
        text: text.to_owned(),
        span: (span.start, span.len()),
        line,
        column: bad.column().unwrap_or(1),
        label: "here".to_owned(),
    };
    if span.start >= text.len() {
        place.point_behind();
    }
    failure.at(place)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for Failure {}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.place.as_ref().map(|place| place as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.as_ref()?;
        let span = LabeledSpan::new(Some(place.label.clone()), place.span.0, place.span.1);
        Some(Box::new(std::iter::once(span)))
    }
}

/// The report of `failure`, as it is written to standard error.
pub(crate) fn report(failure: &Failure, look: Look) -> String {
    let theme =
        if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(look.width)
        .with_wrap_lines(look.terminal);
    let mut text = String::new();
    if let Some(findings) = &failure.0.findings {
        let options = super::present::options(look);
        text.push_str(&escadre_interpreter::present::findings(findings, &options));
        text.push('\n');
    }
    for failure in failure.0.others.iter().chain([failure]) {
        if handler.render_report(&mut text, failure).is_err() {
            text.push_str(&failure.0.message);
            text.push('\n');
        }
    }
    text
}
