//! What no committed file may hold, and how long a Rust file may be.

use std::path::Path;

use crate::Outcome;
use crate::workspace::Workspace;

/// A Rust file above this is named.
const LONG: usize = 350;
/// A Rust file above this fails.
const TOO_LONG: usize = 450;

/// Texts that bind a file to one machine; put together here, so that this file passes its own check.
const OF_A_MACHINE: [&str; 9] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("arti", "factory"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("files.python", "hosted.org"),
    concat!("registry.np", "mjs.org"),
    concat!("proxy.gol", "ang.org"),
    concat!("repo1.ma", "ven.org"),
];

/// What no test may do, with the reason.
const NOT_IN_TESTS: [(&str, &str); 3] = [
    (concat!("#[ign", "ore"), "a test that does not run says nothing"),
    (concat!("#[should", "_panic"), "assert on an error instead"),
    (concat!("thread::", "sleep"), "wait for a condition with a deadline"),
];

/// Checks every committed file.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let mut problems = Vec::new();
    let files = workspace.files()?;
    for file in &files {
        // A file that is no text has no line to check.
        if let Ok(text) = std::fs::read_to_string(workspace.root.join(file)) {
            problems.extend(of_a_machine(file, &text));
            if file.extension().is_some_and(|extension| extension == "rs") {
                problems.extend(of_rust(file, &text));
            }
        }
    }
    println!("{} files", files.len());
    if problems.is_empty() { Ok(()) } else { Err(format!("\n{}", problems.join("\n"))) }
}

fn of_a_machine(file: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in OF_A_MACHINE.iter().filter(|word| stands_alone(line, word)) {
            problems.push(format!("{}:{}: names `{word}`", file.display(), index + 1));
        }
    }
    problems
}

/// Whether the word is in the line, and a path not as the tail of another.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|head| head.chars().next_back());
        !word.starts_with('/') || !before.is_some_and(|c| c.is_alphanumeric() || "._-".contains(c))
    })
}

fn of_rust(file: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let n_lines = text.lines().count();
    if n_lines > TOO_LONG {
        problems.push(format!("{}: {n_lines} lines, {TOO_LONG} at most", file.display()));
    } else if n_lines > LONG {
        println!("warning: {}: {n_lines} lines, {LONG} is the aim", file.display());
    }
    let mut in_tests = file.iter().any(|part| part == "tests" || part == "tests.rs");
    for (index, line) in text.lines().enumerate() {
        in_tests |= line.trim_start().starts_with("#[cfg(test)]");
        for (word, reason) in NOT_IN_TESTS {
            if in_tests && line.contains(word) {
                let place = format!("{}:{}", file.display(), index + 1);
                problems.push(format!("{place}: `{word}` in a test: {reason}"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{OF_A_MACHINE, of_rust, stands_alone};
    use std::path::Path;

    #[test]
    fn a_machine_path_is_found_and_a_tail_is_not() {
        let word = OF_A_MACHINE[0];
        assert!(stands_alone(&format!("read {word}x"), word));
        assert!(!stands_alone(&format!("home{word}x"), word));
    }

    #[test]
    fn sleeping_is_only_refused_in_tests() {
        let sleeping = concat!("thread::", "sleep(x);\n");
        assert!(of_rust(Path::new("a/src/b.rs"), sleeping).is_empty());
        assert_eq!(of_rust(Path::new("a/tests/it/b.rs"), sleeping).len(), 1);
    }
}
