//! What `diff`, `check` and `lab` say of every device, held against what other commands say of some.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::program::{ESCADRE, command, escadre, fixtures, stderr, stdout};

fn json(arguments: &[&str]) -> Json {
    let output = escadre(arguments);
    assert_ne!(stdout(&output), "", "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// The devices of `inventory` on which a plan from `old` to `new` changes something.
fn planned(old: &str, new: &str, inventory: &str) -> BTreeSet<String> {
    let plan = json(&["-f", new, "plan", "-i", inventory, "--against", old, "--format", "json"]);
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|change| change["device"].as_str().unwrap().to_owned()).collect()
}

/// The devices of `inventory` that are of a kind that `diff` lists.
fn reviewed(old: &str, new: &str, inventory: &str) -> BTreeSet<String> {
    let difference = json(&["diff", old, new, "--format", "json"]);
    let kinds = difference["kinds"].as_array().unwrap().iter();
    let regions = kinds.map(|kind| kind["region"].as_str().unwrap());
    let selected = regions.flat_map(|region| {
        let output = escadre(&["select", region, "-i", inventory, "-q"]);
        stdout(&output).lines().map(str::to_owned).collect::<Vec<_>>()
    });
    selected.collect()
}

#[test]
fn a_plan_changes_the_devices_of_the_kinds_that_a_difference_lists() {
    let folder = tempfile::tempdir().unwrap();
    let fleets = ["older.lock", "fleet.lock", "refactored.lock"];
    for lab in ["fleet.lock", "older.lock", "refactored.lock", "unsound.lock"] {
        let inventory = folder.path().join("lab.jsonl");
        let inventory = inventory.to_str().unwrap();
        let made = escadre(&["lab", lab, "--required", "site", "-o", inventory]);
        assert!(made.status.success(), "{}", stderr(&made));
        for (old, new) in fleets.iter().flat_map(|old| fleets.iter().map(move |new| (old, new))) {
            let (planned, reviewed) = (planned(old, new, inventory), reviewed(old, new, inventory));
            assert_eq!(planned, reviewed, "from {old} to {new} on the lab of {lab}");
        }
    }
}

#[test]
fn a_fleet_that_is_proven_sound_resolves_on_its_lab() {
    let folder = tempfile::tempdir().unwrap();
    let lab = folder.path().join("lab.jsonl");
    let lab = lab.to_str().unwrap();
    for (fleet, more, sound) in [
        ("fleet.lock", &["--required", "site"][..], true),
        ("fleet.lock", &[], false),
        ("conflict.lock", &["--required", "site"], false),
        ("unsound.lock", &["--required", "site"], false),
    ] {
        let check = escadre(&[&["check", fleet], more].concat());
        assert_eq!(check.status.code(), Some(if sound { 0 } else { 2 }), "{fleet} {more:?}");
        assert!(escadre(&[&["lab", fleet, "-o", lab], more].concat()).status.success());
        let plan = escadre(&["-f", fleet, "plan", "-i", lab, "-q"]);
        // A lab tells configurations apart, not whether a text lacks a label.
        let resolves = sound || more.is_empty();
        assert_eq!(plan.status.success(), resolves, "{fleet} {more:?}: {}", stderr(&plan));
    }
}

#[test]
fn a_fleet_comes_from_standard_input() {
    let older = std::fs::read(fixtures().join("older.lock")).unwrap();
    let mut binary = command(Path::new(ESCADRE), &["diff", "-", "older.lock", "--equal"]);
    let mut child = binary.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&older).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).starts_with("Proven: standard input (fleet 615f3aeb6fe2) and older.lock")
    );
}

#[test]
fn answers_are_the_same_each_time() {
    let ask = || stdout(&escadre(&["diff", "fleet.lock", "unsound.lock", "-i", "devices.jsonl"]));
    let first = ask();
    assert!((0..5).all(|_| ask() == first));
}
