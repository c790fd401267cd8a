//! A bounded run of each fuzz target, from the seeds that are checked in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::workspace::{Workspace, at, read};
use crate::{Outcome, process, tools};

/// What one target did.
pub(crate) struct Run {
    /// The target's name.
    pub(crate) target: String,
    /// How many inputs it was given.
    pub(crate) n_executions: u64,
}

/// The targets that fuzz/Cargo.toml names, in its order.
pub(crate) fn targets(workspace: &Workspace) -> Outcome<Vec<String>> {
    let manifest = read(&workspace.root.join("fuzz/Cargo.toml"))?;
    let bins = manifest.split("[[bin]]").skip(1);
    let names = bins.filter_map(|bin| bin.split('"').nth(1)).map(str::to_owned);
    Ok(names.collect())
}

/// Compiles all targets, then runs each for the given time.
pub(crate) fn smoke(workspace: &Workspace, seconds: u32) -> Outcome<Vec<Run>> {
    let targets = targets(workspace)?;
    if targets.is_empty() {
        return Err("fuzz/Cargo.toml names no target".to_owned());
    }
    let programs = build(workspace)?;
    targets.into_iter().map(|target| run(workspace, &programs, target, seconds)).collect()
}

/// Compiles all targets and answers the folder they are in.
///
/// Without a sanitizer, stable Rust suffices: the crates forbid unsafe code, so that there is nothing
/// for one to find, and the runs are faster.
fn build(workspace: &Workspace) -> Outcome<PathBuf> {
    let target = workspace.target.join("fuzz");
    let mut command = Command::new(tools::find(&tools::CARGO_FUZZ)?);
    command.args(["build", "--sanitizer", "none", "--fuzz-dir"]).arg(workspace.root.join("fuzz"));
    command.arg("--target-dir").arg(&target).current_dir(&workspace.root);
    process::run(&mut command)?;
    let about = process::capture(Command::new("rustc").arg("-vV").current_dir(&workspace.root))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(target.join(host.ok_or("rustc does not say its host")?).join("release"))
}

/// Runs one target. Not through cargo-fuzz, which would look again whether it is compiled.
fn run(workspace: &Workspace, programs: &Path, target: String, seconds: u32) -> Outcome<Run> {
    // New inputs go to a scratch folder: a test leaves no file in the checkout.
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let seeds = workspace.root.join("fuzz/corpus").join(&target);
    if !seeds.is_dir() {
        return Err(format!("{target} has no seeds in {}", seeds.display()));
    }
    let mut command = Command::new(programs.join(&target));
    command.arg(scratch.path()).arg(&seeds);
    command.args([format!("-max_total_time={seconds}"), "-print_final_stats=1".to_owned()]);
    command.args(["-seed=20261124", "-timeout=10", "-rss_limit_mb=2048", "-max_len=4096"]);
    command.arg(format!("-artifact_prefix={}/", artifacts(workspace, &target)?.display()));
    let deadline = Duration::from_secs(u64::from(seconds) + 120);
    let finished = process::finish(&mut command, deadline)?;
    if !finished.status.success() {
        return Err(format!("{target} found a failure\n{}{}", finished.stdout, finished.stderr));
    }
    let marker = "stat::number_of_executed_units:";
    let line = finished.stderr.lines().find_map(|line| line.strip_prefix(marker));
    let n_executions = line.and_then(|number| number.trim().parse().ok());
    let n_executions = n_executions.ok_or_else(|| format!("{target} printed no statistics"))?;
    Ok(Run { target, n_executions })
}

fn artifacts(workspace: &Workspace, target: &str) -> Outcome<PathBuf> {
    let folder = workspace.root.join("fuzz/artifacts").join(target);
    std::fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    Ok(folder)
}
