//! Pipes, colour, and what is said to whom.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use crate::program::{ESCADRE, command, escadre, stderr, stdout};

/// Runs the binary with a standard output whose reader is gone after `n` bytes.
fn cut_short(arguments: &[&str], n: usize) -> (Option<i32>, String) {
    let mut binary = command(Path::new(ESCADRE), arguments);
    let mut child = binary.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = child.stdout.take().unwrap();
    let mut some = vec![0; n];
    reader.read_exact(&mut some).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), stderr(&output))
}

#[test]
fn a_closed_pipe_ends_quietly_with_the_usual_code() {
    let inventory = many();
    let file = inventory.path().to_str().unwrap();
    let nothing = (Some(0), String::new());
    assert_eq!(cut_short(&["render", "-i", file], 1), nothing);
    assert_eq!(cut_short(&["select", "", "-i", file], 1), nothing);
    assert_eq!(cut_short(&["plan", "-i", file, "--format", "json"], 1), nothing);
    let (code, said) =
        cut_short(&["plan", "-i", file, "--format", "json", "--detailed-exitcode"], 1);
    assert_eq!((code, said), (Some(2), String::new()));
    assert_eq!(cut_short(&["completions", "bash"], 0), nothing);
    assert_eq!(cut_short(&["--help"], 0), nothing);
}

/// More devices than a pipe holds.
fn many() -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    for n in 0..4_000 {
        writeln!(file, r#"{{"id": "camera-on-the-northern-roof-{n}", "labels": {{"role": "camera", "site": "s{n}"}}}}"#)
            .unwrap();
    }
    file
}

#[test]
fn an_inventory_is_read_from_standard_input() {
    let mut binary = command(Path::new(ESCADRE), &["select", "role", "-i", "-", "--count"]);
    let piped = binary.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"id,role\na,camera\nb,\n").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "1\n");
}

#[test]
fn colour_is_used_where_it_is_asked_for() {
    let plan = |more: &[&str], force: &str, no: &str| {
        let arguments = [&["plan", "-i", "devices.jsonl"], more].concat();
        let mut binary = command(Path::new(ESCADRE), &arguments);
        binary.env("CLICOLOR_FORCE", force).env("NO_COLOR", no);
        stdout(&binary.output().unwrap()).contains('\x1b')
    };
    assert!(!plan(&[], "", ""));
    assert!(plan(&[], "1", ""));
    assert!(!plan(&[], "1", "1"));
    assert!(plan(&["--color", "always"], "", "1"));
    assert!(!plan(&["--color", "never"], "1", ""));
}

#[test]
fn results_alone_are_on_standard_output() {
    let failed = escadre(&["plan", "-i", "bad.jsonl"]);
    assert_eq!((stdout(&failed).as_str(), failed.status.code()), ("", Some(1)));
    let noted = escadre(&["select", "firmware >= 2.1", "-i", "devices.jsonl"]);
    assert_eq!(stdout(&noted), "cam-1\ncam-3\n");
    assert!(stderr(&noted).starts_with("note: 1 more may be selected"));
    let quiet = escadre(&["select", "firmware >= 2.1", "-i", "devices.jsonl", "-q"]);
    assert_eq!(stderr(&quiet), "");
    let verbose = escadre(&["select", "firmware >= 2.1", "-i", "devices.jsonl", "-v"]);
    assert!(stderr(&verbose).contains("INFO read devices=6"));
}

#[test]
fn yaml_quotes_what_would_be_read_as_another_kind() {
    let output = escadre(&["render", "-i", "devices.jsonl", "cam-1", "--format", "yaml"]);
    assert!(stdout(&output).contains("pager: \"007\""));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_applied_is_said_even_if_standard_output_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sim:{}", folder.path().join("world").display());
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let apply = |more: &[&str]| {
        let arguments =
            [&["apply", "-i", "devices.jsonl", "--target", &target, "--yes"], more].concat();
        command(Path::new(ESCADRE), &arguments).stdout(full()).output().unwrap()
    };
    let unseen = apply(&[]);
    assert!(stderr(&unseen).contains("standard output could not be written"));
    assert!(!folder.path().join("world").exists(), "a plan that nobody saw was carried out");
    let untold = apply(&["-q"]);
    assert_eq!(untold.status.code(), Some(1));
    assert!(stderr(&untold).contains("5 devices written"), "{}", stderr(&untold));
}
