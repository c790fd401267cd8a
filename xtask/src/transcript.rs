//! Transcripts: lines `$ COMMAND`, each followed by what it prints, and `[exit N]` where N ≠ 0.
//!
//! Only standard output is compared; a command says `2>&1` where its errors matter.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::workspace::program;
use crate::{Outcome, process};

/// The longest that one command of a document may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(900);

/// The commands of a transcript, in order.
pub(crate) fn commands(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("$ ")).collect()
}

/// Runs the commands in `folder` with the given environment and answers the transcript as it now is.
pub(crate) fn replay(
    commands: &[&str],
    folder: &Path,
    environment: &[(&str, std::ffi::OsString)],
) -> Outcome<String> {
    let mut text = String::new();
    for line in commands {
        let mut command = program("bash");
        command.args(["-eu", "-o", "pipefail", "-c", line]).current_dir(folder);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let finished = process::finish(&mut command, DEADLINE)?;
        // Writing to a string cannot fail.
        let _written = writeln!(text, "$ {line}");
        text.push_str(&finished.stdout);
        if !finished.stdout.is_empty() && !finished.stdout.ends_with('\n') {
            text.push('\n');
        }
        match finished.status.code() {
            Some(0) => {}
            Some(code) => {
                let _written = writeln!(text, "[exit {code}]");
            }
            None => return Err(format!("`{line}` was ended by a signal\n{}", finished.stderr)),
        }
    }
    Ok(text)
}

/// `Ok` iff the texts are equal but for white space at line ends; else the first lines that differ.
pub(crate) fn compare(expected: &str, actual: &str) -> Outcome {
    let lines = |text: &str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    let (expected, actual) = (lines(expected), lines(actual));
    let longest = expected.len().max(actual.len());
    let Some(first) = (0..longest).find(|&index| expected.get(index) != actual.get(index)) else {
        return Ok(());
    };
    let window = |lines: &[String], sign: char| {
        let shown = lines.iter().skip(first).take(5);
        shown.fold(String::new(), |text, line| format!("{text}  {sign} {line}\n"))
    };
    Err(format!(
        "differs from line {}:\n{}{}",
        first + 1,
        window(&expected, '-'),
        window(&actual, '+')
    ))
}

#[cfg(test)]
mod tests {
    use super::{commands, compare, replay};

    #[test]
    fn a_transcript_is_its_own_replay() {
        let text = "$ echo one\none\n$ exit 3\n[exit 3]\n";
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(replay(&commands(text), folder.path(), &[]).as_deref(), Ok(text));
    }

    #[test]
    fn a_difference_is_shown_from_its_first_line() {
        let message = compare("a\nb\n", "a\nc\n").unwrap_err();
        assert_eq!(message, "differs from line 2:\n  - b\n  + c\n");
        assert_eq!(compare("a  \n\n", "a"), Ok(()));
    }
}
