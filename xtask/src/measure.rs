//! The time and the peak memory of one program.
//!
//! The kernel keeps the peak per *waiting* process, over all the children it has reaped, so each
//! measurement is made by a process of its own: this program, run again as `xtask measure`.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

use crate::{Outcome, process};

/// What one run cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// Wall time in seconds.
    pub(crate) seconds: f64,
    /// Peak resident memory in MiB.
    pub(crate) peak_mib: f64,
}

/// Runs `program` with its output thrown away and answers what it cost; an error unless it succeeds.
pub(crate) fn run(program: &Path, arguments: &[&str], layers: u32) -> Outcome<Cost> {
    run_with(program, arguments, &[(crate::show::LAYERS, &layers.to_string())])
}

/// The same, with variables of its environment.
pub(crate) fn run_with(
    program: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Outcome<Cost> {
    match run_to_any_end(program, arguments, variables)? {
        (cost, Some(0)) => Ok(cost),
        (_, code) => {
            let line = format!("{} {}", program.display(), arguments.join(" "));
            Err(format!("`{line}` ended with {code:?}"))
        }
    }
}

/// The same, with the code that it ended with.
pub(crate) fn run_to_any_end(
    program: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Outcome<(Cost, Option<i64>)> {
    let xtask = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(xtask);
    command.arg("measure").arg(program).args(arguments);
    command.envs(variables.iter().copied()).env("NO_COLOR", "1");
    let text = process::capture(&mut command)?;
    let cost: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let number = |key: &str| cost[key].as_f64().ok_or(format!("no `{key}` in {text}"));
    let measured = Cost { seconds: number("seconds")?, peak_mib: number("peak_mib")? };
    Ok((measured, cost["code"].as_i64()))
}

/// The hidden subcommand: runs one program and prints its cost as JSON.
pub(crate) fn print(command: &[OsString]) -> Outcome {
    let (program, arguments) = command.split_first().ok_or("no program to measure")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", program.to_string_lossy()))?;
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let unit = if cfg!(target_os = "macos") { 1024.0 * 1024.0 } else { 1024.0 };
    let peak_mib = usage.max_rss() as f64 / unit;
    println!("{}", json!({ "seconds": seconds, "peak_mib": peak_mib, "code": status.code() }));
    Ok(())
}
