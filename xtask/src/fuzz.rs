//! A bounded run of each fuzz target, from the seeds that are checked in.

use std::path::{Path, PathBuf};

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

/// Runs every target for the given time, and compiles them all first.
pub(crate) fn smoke(workspace: &Workspace, seconds: u32) -> Outcome<Vec<Run>> {
    let tool = tools::find(&tools::CARGO_FUZZ)?;
    let targets = targets(workspace)?;
    if targets.is_empty() {
        return Err("fuzz/Cargo.toml names no target".to_owned());
    }
    process::run(&mut command(workspace, &tool, "build"))?;
    targets.into_iter().map(|target| run(workspace, &tool, target, seconds)).collect()
}

fn run(workspace: &Workspace, tool: &Path, target: String, seconds: u32) -> Outcome<Run> {
    // New inputs go to a scratch folder: a test leaves no file in the checkout.
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let seeds = workspace.root.join("fuzz/corpus").join(&target);
    if !seeds.is_dir() {
        return Err(format!("{target} has no seeds in {}", seeds.display()));
    }
    let mut command = command(workspace, tool, "run");
    command.arg(&target).arg(scratch.path()).arg(&seeds).arg("--");
    command.args([format!("-max_total_time={seconds}"), "-print_final_stats=1".to_owned()]);
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096"]);
    command.arg(format!("-artifact_prefix={}/", artifacts(workspace, &target)?.display()));
    let deadline = std::time::Duration::from_secs(u64::from(seconds) + 300);
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

/// Without a sanitizer, stable Rust suffices: the crates forbid unsafe code, so that there is nothing
/// for one to find, and the runs are faster.
fn command(workspace: &Workspace, tool: &Path, task: &str) -> std::process::Command {
    let mut command = std::process::Command::new(tool);
    command.args([task, "--sanitizer", "none", "--fuzz-dir"]).arg(workspace.root.join("fuzz"));
    command.arg("--target-dir").arg(workspace.target.join("fuzz"));
    command.current_dir(&workspace.root);
    command
}
