//! `sim`: looking at a simulated world, and letting time pass in it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Code;
use super::args::TextFormat;
use super::context::Context;
use super::error::Failure;
use super::target::{Access, advised, open};

/// Look at a simulated world, or let time pass in it. No fleet is needed.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre sim step world --seconds 60\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(crate) struct Sim {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Say how the world is: who runs what was written for it, and who lags behind.
    Status {
        /// The world's folder.
        dir: PathBuf,
        /// How to print it.
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextFormat,
    },
    /// Let devices pull, install and report for some virtual time.
    Step {
        /// The world's folder.
        dir: PathBuf,
        /// How long.
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
        /// Faults to play, such as `seed=7,offline=5%`.
        #[arg(long, value_name = "TEXT")]
        faults: Option<String>,
    },
    /// List the last writes of the world, oldest first.
    History {
        /// The world's folder.
        dir: PathBuf,
    },
}

pub(crate) fn run(args: &Sim, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Task::Status { dir, format } => {
            let status = open(dir, Access::ReadExisting)?.status().map_err(|e| advised(&e))?;
            match format {
                TextFormat::Json => context.out.json(&status)?,
                TextFormat::Text => {
                    if status.clock_ms == 0 {
                        context.out.line("not stepped yet: no device has pulled anything")?;
                    }
                    for (key, value) in [
                        ("members", status.members),
                        ("up to date", status.up_to_date),
                        ("behind", status.behind),
                        ("failing", status.failing),
                        ("leaving", status.leaving),
                        ("online", status.online),
                        ("offline", status.offline),
                    ] {
                        context.out.line(&format!("{key:<12}{value:>7}"))?;
                    }
                    context.out.line(&format!("{:<12}{}", "revision", status.revision))?;
                }
            }
        }
        Task::Step { dir, seconds, faults } => {
            open(dir, Access::ReadExisting)?;
            let mut world = open(dir, Access::Write(faults.clone()))?;
            let stepped = world.step(Duration::from_secs(*seconds)).map_err(|e| advised(&e))?;
            let clock = world.clock().map_err(|e| advised(&e))?;
            context.out.line(&format!(
                "{clock}: {} resources installed, {} pulls failed",
                stepped.n_installed, stepped.n_failed
            ))?;
        }
        Task::History { dir } => {
            let entries = open(dir, Access::ReadExisting)?.history().map_err(|e| advised(&e))?;
            for entry in entries {
                context.out.line(&json(&entry)?)?;
            }
        }
    }
    Ok(Code::Done)
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::caused("an entry cannot be written", &error))
}
