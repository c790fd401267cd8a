//! A stage for examples that show the command line: it runs this program's own commands and shows each.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Why a scene could not be played.
#[derive(Debug)]
pub struct StageError(String);

/// What happened at `path`.
#[must_use]
pub fn failed(path: &Path, error: &std::io::Error) -> StageError {
    StageError(format!("{}: {error}", path.display()))
}

/// What went wrong, in the words of `error`.
#[must_use]
pub fn told(error: &dyn std::fmt::Display) -> StageError {
    StageError(error.to_string())
}

impl std::fmt::Display for StageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StageError {}

/// Prints `line` to standard output.
///
/// # Errors
/// Standard output is closed.
pub fn say(line: &str) -> Result<(), StageError> {
    match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => Ok(()),
        // The reader has seen enough, as `head` does.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Err(StageError(String::new())),
        Err(e) => Err(StageError(format!("cannot print: {e}"))),
    }
}

/// Shows and runs this program with `arguments`; it must end with one of the codes `expected`.
///
/// # Errors
/// The program cannot be run, or ends otherwise.
pub fn run(shown_as: &str, arguments: &[&str], expected: &[i32]) -> Result<(), StageError> {
    say(&format!("\n$ {shown_as} {}", arguments.join(" ")))?;
    let failed = |e: String| StageError(format!("{shown_as} {}: {e}", arguments.join(" ")));
    let program = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
    let status =
        Command::new(program).args(arguments).status().map_err(|e| failed(e.to_string()))?;
    match status.code() {
        Some(code) if expected.contains(&code) => Ok(()),
        code => Err(failed(format!("ended with {code:?}"))),
    }
}

/// What a story does not show as it is.
#[derive(Debug)]
pub struct Hidden<'a> {
    /// Variables that the program gets, and nobody sees.
    pub variables: &'a [(&'a str, &'a str)],
    /// A text that is another each time,
    pub text: &'a str,
    /// and what is shown for it.
    pub shown: &'a str,
}

/// As [`run`], with a variable that is shown, and without what is `hidden`; the program must succeed.
///
/// # Errors
/// The program cannot be run, or fails.
pub fn run_hiding(
    shown_as: &str,
    arguments: &[&str],
    variable: Option<(&str, &str)>,
    hidden: &Hidden<'_>,
) -> Result<(), StageError> {
    let with = variable.map(|(name, value)| format!("{name}={value} ")).unwrap_or_default();
    say(&format!("\n$ {with}{shown_as} {}", arguments.join(" ")))?;
    let failed = |e: String| StageError(format!("{shown_as} {}: {e}", arguments.join(" ")));
    let program = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
    let mut command = Command::new(program);
    command.args(arguments).envs(variable).envs(hidden.variables.iter().copied());
    let output = command.output().map_err(|e| failed(e.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(hidden.text, hidden.shown);
    say(text(&output.stdout).trim_end())?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(text(&output.stderr)))
}

/// Writes `inventory` to `path`, making its folder.
///
/// # Errors
/// The folder or the file cannot be written.
pub fn write_inventory(inventory: &escadre::Inventory, path: &Path) -> Result<(), StageError> {
    let failed = |e: std::io::Error| StageError(format!("{}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = std::fs::File::create(path).map_err(failed)?;
    escadre::inventory::write_jsonl(inventory, std::io::BufWriter::new(file)).map_err(failed)
}

/// The exit code of a play: an error is told on standard error.
#[must_use]
pub fn end(played: Result<(), StageError>) -> ExitCode {
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(StageError(nobody_reads)) if nobody_reads.is_empty() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints `line` to standard error.
pub fn complain(line: &str) {
    // Nothing can be done where standard error is closed.
    let _told = writeln!(std::io::stderr(), "{line}");
}
