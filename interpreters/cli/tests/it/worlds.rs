//! Worlds: two processes at once, plans that no longer fit, and files that are whole.

use std::path::Path;

use escadre::sim::{Open, Simulator};

use crate::program::{escadre, stderr, stdout};

/// The arguments with the world `dir` as the target.
fn with_world<'a>(arguments: &[&'a str], target: &'a str) -> Vec<&'a str> {
    [arguments, &["-i", "devices.jsonl", "--target", target]].concat()
}

#[test]
fn a_second_process_is_told_that_a_world_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sim:{}", folder.path().join("world").display());
    let held = Simulator::open(&folder.path().join("world"), Open::default()).unwrap();
    for arguments in [&["apply", "--yes"][..], &["plan"], &["drift"]] {
        let output = escadre(&with_world(arguments, &target));
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = stderr(&output);
        assert!(said.contains("is in use by another process"), "{said}");
        assert!(said.contains("help: wait until the other process has ended"), "{said}");
    }
    drop(held);
    assert!(escadre(&with_world(&["apply", "--yes"], &target)).status.success());
}

#[test]
fn planning_does_not_make_a_world() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("world");
    let target = format!("sim:{}", dir.display());
    assert!(escadre(&with_world(&["plan"], &target)).status.success());
    assert!(escadre(&with_world(&["apply", "--dry-run"], &target)).status.success());
    assert!(!dir.exists());
}

#[test]
fn what_is_refused_or_not_agreed_to_does_not_make_a_world() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("world");
    let target = format!("sim:{}", dir.display());
    let asked = escadre(&with_world(&["apply"], &target));
    assert!(stderr(&asked).contains("nobody can be asked"), "{}", stderr(&asked));
    let faulty = escadre(&with_world(&["apply", "--yes", "--faults", "nonsense"], &target));
    assert!(stderr(&faulty).contains("in the faults `nonsense`"), "{}", stderr(&faulty));
    assert!(!dir.exists());
}

#[test]
fn a_plan_on_standard_output_is_the_plan_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sim:{}", folder.path().join("world").display());
    let file = folder.path().join("next.plan");
    let path = file.to_str().unwrap();
    assert!(escadre(&with_world(&["plan", "--out", path], &target)).status.success());
    let printed = escadre(&with_world(&["plan", "--out", "-"], &target));
    assert_eq!(stdout(&printed), std::fs::read_to_string(&file).unwrap());
    assert_eq!(stdout(&printed).lines().count(), 1);
    let applied = escadre(&with_world(&["apply", "--yes", path], &target));
    assert!(applied.status.success(), "{}", stderr(&applied));
}

#[test]
fn a_second_plan_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sim:{}", folder.path().join("world").display());
    let code = || escadre(&with_world(&["plan", "--detailed-exitcode"], &target)).status.code();
    assert_eq!(code(), Some(2));
    assert!(escadre(&with_world(&["apply", "--yes"], &target)).status.success());
    assert_eq!(code(), Some(0));
}

#[test]
fn refused_writes_are_an_error_and_applying_again_mends_them() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sim:{}", folder.path().join("world").display());
    let faulty = ["apply", "--yes", "--faults", "seed=1,refused-writes=100%"];
    let output = escadre(&with_world(&faulty, &target));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("5 devices not written"), "{}", stderr(&output));
    assert!(escadre(&with_world(&["apply", "--yes"], &target)).status.success());
    let drift = escadre(&with_world(&["drift", "--detailed-exitcode"], &target));
    assert_eq!(drift.status.code(), Some(0), "{}", stdout(&drift));
}

#[test]
fn a_lock_is_replaced_whole_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.lock");
    let out = path.to_str().unwrap();
    std::fs::write(&path, "something else").unwrap();
    assert!(!escadre(&["lock", "--check", "-o", out]).status.success());
    assert!(escadre(&["lock", "-o", out]).status.success());
    assert!(escadre(&["lock", "--check", "-o", out]).status.success());
    assert_eq!(names(folder.path()), ["new.lock"]);
    let failed = escadre(&["lock", "-o", folder.path().join("no/such.lock").to_str().unwrap()]);
    assert!(stderr(&failed).contains("could not be written"), "{}", stderr(&failed));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
