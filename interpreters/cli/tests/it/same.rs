//! A program of one's own and the binary on its `fleet.lock` print the same.

use std::path::Path;

use crate::program::{ESCADRE, cameras, command, example, fixtures, stderr, stdout};

/// Commands of every kind that a fleet is needed for.
const COMMANDS: &[&[&str]] = &[
    &["render", "-i", "devices.jsonl"],
    &["render", "-i", "devices.jsonl", "--format", "yaml", "cam-1", "pc-7"],
    &["plan", "-i", "devices.jsonl", "--detailed-exitcode"],
    &["plan", "-i", "devices.jsonl", "--against", "older.lock"],
    &["plan", "-i", "devices.jsonl", "--against", "older.lock", "--format", "json"],
    &["plan", "-i", "devices.jsonl", "--against", "older.lock", "--format", "markdown"],
    &["plan", "-i", "devices.jsonl", "--target", "sim:nowhere"],
    &["explain", "-i", "devices.jsonl", "cam-1"],
    &["explain", "-i", "devices.jsonl", "cam-2", "recorder", "--format", "json"],
    &["explain", "-i", "devices.jsonl", "cam-9"],
    &["drift", "-i", "devices.jsonl", "--target", "sim:nowhere"],
    &["graph"],
    &["graph", "--format", "mermaid"],
    &["graph", "--format", "svg"],
    &["lock", "--check"],
    &["lock", "-o", "-"],
    &["lock", "-o", "-", "--no-origins"],
    &["select", "role = camera", "-i", "devices.jsonl"],
    &["inventory", "devices.jsonl"],
    &["schema", "plan"],
    &["diff", "older.lock", "fleet.lock"],
    &["diff", "older.lock", "fleet.lock", "-i", "devices.jsonl", "--format", "json"],
    &["check", "fleet.lock"],
    &["lab"],
    &["import", "agent.yaml", "--rust", "-", "--dry-run"],
];

#[test]
fn both_forms_print_the_same() {
    let own = cameras();
    for arguments in COMMANDS {
        let ours = command(Path::new(ESCADRE), arguments).output().unwrap();
        let theirs = command(&own, arguments).output().unwrap();
        let renamed = |text: String| text.replace("cameras ", "escadre ");
        assert_eq!(stdout(&ours), renamed(stdout(&theirs)), "{arguments:?}");
        assert_eq!(stderr(&ours), renamed(stderr(&theirs)), "{arguments:?}");
        assert_eq!(ours.status, theirs.status, "{arguments:?}");
    }
}

#[test]
fn the_fixtures_are_what_the_program_writes() {
    for (which, file) in
        [("", "fleet.lock"), ("older", "older.lock"), ("conflict", "conflict.lock")]
    {
        let mut check = command(&cameras(), &["lock", "--check", "-o", file]);
        let output = check.env("CAMERAS", which).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for (which, file) in [("refactored", "refactored.lock"), ("unsound", "unsound.lock")] {
        let mut check = command(&example("reviewed"), &["lock", "--check", "-o", file]);
        let output = check.env("FLEET", which).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn no_fixture_names_a_folder_of_this_machine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
    for file in ["fleet.lock", "older.lock", "conflict.lock", "refactored.lock", "unsound.lock"] {
        let text = std::fs::read_to_string(fixtures().join(file)).unwrap();
        assert!(!text.contains(&root), "{file}");
    }
}

#[test]
fn completions_are_for_the_program_that_prints_them() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ours = command(Path::new(ESCADRE), &["completions", shell]).output().unwrap();
        let theirs = command(&cameras(), &["completions", shell]).output().unwrap();
        assert!(ours.status.success() && theirs.status.success(), "{shell}");
        assert!(
            stdout(&ours).contains("escadre") && stdout(&theirs).contains("cameras"),
            "{shell}"
        );
        assert!(!stdout(&theirs).contains("--fleet"), "{shell}");
    }
}
