//! Fleets at revisions of git.

use std::path::Path;
use std::process::Command;

use crate::program::{ESCADRE, command, fixtures, stderr, stdout};

/// A repository in a fresh folder, whose only commit has `older.lock` as `fleet.lock`; the file is `fleet.lock` now.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("sites")).unwrap();
    std::fs::copy(fixtures().join("older.lock"), at.join("fleet.lock")).unwrap();
    std::fs::copy(fixtures().join("older.lock"), at.join("sites/fleet.lock")).unwrap();
    git(at, &["init", "--quiet", "--initial-branch", "main"]);
    git(at, &["add", "."]);
    git(
        at,
        &["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "x"],
    );
    std::fs::copy(fixtures().join("fleet.lock"), at.join("fleet.lock")).unwrap();
    std::fs::copy(fixtures().join("fleet.lock"), at.join("sites/fleet.lock")).unwrap();
    folder
}

fn git(at: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(at).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", at);
    assert!(git.status().unwrap().success(), "{arguments:?}");
}

/// The binary in `at`, outside of any repository but those below.
fn escadre_in(at: &Path, arguments: &[&str]) -> Command {
    let mut escadre = command(Path::new(ESCADRE), arguments);
    let ceiling = std::env::temp_dir().canonicalize().unwrap();
    escadre.current_dir(at).env("GIT_CEILING_DIRECTORIES", ceiling).env_remove("GIT_DIR");
    escadre
}

#[test]
fn a_revision_is_compared_with_the_present_file() {
    let repository = repository();
    let at = repository.path();
    let output = escadre_in(at, &["diff", "main:fleet.lock"]).output().unwrap();
    let shown = stdout(&output);
    assert!(
        shown.starts_with("Difference from main:fleet.lock (fleet 615f3aeb6fe2) to fleet.lock")
    );
    let files =
        command(Path::new(ESCADRE), &["diff", "older.lock", "fleet.lock"]).output().unwrap();
    assert_eq!(shown.replace("main:fleet.lock", "older.lock"), stdout(&files));
}

#[test]
fn a_path_is_from_the_root_or_with_a_dot_from_here() {
    let repository = repository();
    let at = repository.path().join("sites");
    for old in ["HEAD:./fleet.lock", "HEAD:sites/fleet.lock"] {
        let output = escadre_in(&at, &["diff", old, "--exit-code"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    }
    let arguments = ["diff", "HEAD:./fleet.lock", "HEAD:fleet.lock", "--equal"];
    let same = escadre_in(&at, &arguments).output().unwrap();
    assert_eq!(same.status.code(), Some(0), "{}", stderr(&same));
}

#[test]
fn what_git_does_not_have_is_an_error_with_its_words() {
    let repository = repository();
    let said = |place: &str| {
        let output = escadre_in(repository.path(), &["diff", place]).output().unwrap();
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
        stderr(&output)
    };
    let revision = said("nosuch:fleet.lock");
    assert!(revision.contains("`nosuch:fleet.lock` could not be read from git: "), "{revision}");
    assert!(revision.contains("invalid object name 'nosuch'"), "{revision}");
    assert!(revision.contains("help: `REV:PATH` is a file at a revision"), "{revision}");
    let path = said("main:nosuch.lock");
    assert!(path.contains("path 'nosuch.lock' does not exist in 'main'"), "{path}");
    let folder = said("main:sites");
    assert!(folder.contains("main:sites is not a fleet"), "{folder}");
    assert!(said("--output=x:y").contains("unexpected argument '--output'"));
}

#[test]
fn without_a_repository_or_git_a_revision_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixtures().join("fleet.lock"), folder.path().join("fleet.lock")).unwrap();
    let outside = escadre_in(folder.path(), &["diff", "main:fleet.lock"]).output().unwrap();
    assert!(stderr(&outside).contains("not a git repository"), "{}", stderr(&outside));
    let mut without = escadre_in(folder.path(), &["diff", "main:fleet.lock"]);
    let without = without.env("PATH", folder.path()).output().unwrap();
    assert_eq!(without.status.code(), Some(1));
    assert!(stderr(&without).contains("git could not be run"), "{}", stderr(&without));
    assert!(stderr(&without).contains("help: install git, or give the fleet as a file"));
}

/// Commits `lock` as `fleet.lock` on `branch`, which starts at `main`.
fn commit_lock(at: &Path, branch: &str, lock: &[u8]) {
    git(at, &["checkout", "--quiet", "--force", "-B", branch, "main"]);
    std::fs::write(at.join("fleet.lock"), lock).unwrap();
    let author = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    git(at, &[&author[..], &["commit", "--quiet", "--all", "-m", branch]].concat());
}

/// Merges `theirs` into `ours` with `escadre merge` as the driver; whether git did it alone.
fn merge_with_git(at: &Path, ours: &str, theirs: &str) -> bool {
    std::fs::write(at.join(".git/info/attributes"), "fleet.lock merge=escadre\n").unwrap();
    let driver = format!("'{ESCADRE}' merge %O %A %B -o %A");
    git(at, &["config", "merge.escadre.driver", &driver]);
    git(at, &["checkout", "--quiet", ours]);
    let mut merge = Command::new("git");
    merge.args(["-c", "user.name=x", "-c", "user.email=x@example.org", "merge", "--quiet"]);
    merge.args(["-m", "x", theirs]).current_dir(at);
    merge.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", at).status().unwrap().success()
}

/// A lock of a fleet that greets, and in one country in its own way.
fn greeting(text: &str, country: &str, own: &str) -> Vec<u8> {
    let motd = |text: &str| escadre::deploy(escadre::Resource::new("motd").set("text", text));
    let own = motd(own).restrict(escadre::label("country").eq(country));
    let fleet = motd(text).overlay(own);
    fleet.encode(&escadre::EncodeOptions { origins: false }).unwrap().into_bytes()
}

fn repository_of(base: &[u8]) -> tempfile::TempDir {
    let repository = repository();
    std::fs::write(repository.path().join("fleet.lock"), base).unwrap();
    let author = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    let commit = [&author[..], &["commit", "--quiet", "--all", "-m", "base"]].concat();
    git(repository.path(), &commit);
    repository
}

fn same_fleet(at: &Path, expected: &[u8]) {
    std::fs::write(at.join("expected.lock"), expected).unwrap();
    let diff = ["diff", "expected.lock", "fleet.lock", "--equal"];
    let output = escadre_in(at, &diff).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn git_merges_two_changes_of_a_lock_by_what_they_mean() {
    let repository = repository_of(&greeting("hello", "FR", "salut"));
    let at = repository.path();
    commit_lock(at, "ours", &greeting("hi", "FR", "salut"));
    commit_lock(at, "theirs", &greeting("hello", "FR", "bonjour"));
    assert!(merge_with_git(at, "ours", "theirs"));
    same_fleet(at, &greeting("hi", "FR", "bonjour"));
}

#[test]
fn git_stops_at_a_clash_and_the_file_has_both_candidates() {
    let repository = repository_of(&greeting("hello", "FR", "salut"));
    let at = repository.path();
    commit_lock(at, "ours", &greeting("hello", "FR", "bonjour"));
    commit_lock(at, "theirs", &greeting("hello", "FR", "coucou"));
    assert!(!merge_with_git(at, "ours", "theirs"));
    let output = escadre_in(at, &["check"]).output().unwrap();
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}{}", stderr(&output));
    for part in ["motd.text", "bonjour", "coucou", "where country = FR"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_merge_without_git_names_the_clash_and_writes_the_fleet() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("base"), greeting("hello", "FR", "salut")).unwrap();
    std::fs::write(at.join("ours"), greeting("hello", "FR", "bonjour")).unwrap();
    std::fs::write(at.join("theirs"), greeting("hello", "FR", "coucou")).unwrap();
    let merge = ["merge", "base", "ours", "theirs", "-o", "merged"];
    let output = escadre_in(at, &merge).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("both sides change motd.text"), "{}", stderr(&output));
    assert!(at.join("merged").exists());
    let output = escadre_in(at, &["merge", "base", "base", "theirs"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let digest = |lock: &[u8]| escadre::Fleet::decode(lock).unwrap().digest();
    assert_eq!(digest(&output.stdout), digest(&greeting("hello", "FR", "coucou")));
}
