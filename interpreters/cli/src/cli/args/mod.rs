//! The command line, and what its help teaches.

mod commands;
mod common;
mod import;
mod merge;
mod review;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand};

pub(crate) use commands::{
    Apply, Completions, Drift, Explain, Graph, Inventory, Lock, Plan, Render, Schema, Select,
};
pub(crate) use common::{
    Agreed, GraphFormat, Listing, PlanFormat, Reading, RenderFormat, SchemaOf, TextFormat, When,
};
pub(crate) use import::Import;
pub(crate) use merge::Merge;
pub(crate) use review::{Assumed, Check, CheckFormat, Diff, DiffFormat, Lab, LabFormat};

/// Where the help lists what every command understands.
const GLOBAL: &str = "Global options";

/// The commands that need no fleet: their help does not list the option for it.
const WITHOUT_FLEET: [&str; 9] =
    ["import", "select", "inventory", "laws", "schema", "completions", "kube", "operator", "sim"];

/// Compose, plan, apply and explain what runs on which machine.
///
/// A fleet says what each device of an inventory should hold. Results go to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "escadre", version, max_term_width = 100)]
#[command(after_help = "Start with `escadre inventory -i FILE`, then `escadre plan -i FILE`.\n\n\
    Exit codes: 0 done, 1 an error (also of usage), 2 changes (with --detailed-exitcode) or\n\
    refuted, 3 undecided\n\
    Environment: NO_COLOR, CLICOLOR_FORCE, COLUMNS, ESCADRE_LOG (such as `debug`)")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Colour the output.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = GLOBAL)]
    pub(crate) color: When,
    /// Say no more than the result.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = GLOBAL)]
    pub(crate) quiet: bool,
    /// Say what is being done; twice or three times for more.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = GLOBAL)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Select(Select),
    Render(Render),
    Plan(Plan),
    Apply(Apply),
    Explain(Explain),
    Drift(Drift),
    Diff(Diff),
    Check(Check),
    Lab(Lab),
    Merge(Merge),
    Lock(Lock),
    Import(Import),
    Graph(Graph),
    Inventory(Inventory),
    Laws(super::laws::Laws),
    Schema(Schema),
    Completions(Completions),
    #[cfg(feature = "kube")]
    Kube(super::kube::KubeArgs),
    #[cfg(feature = "nats")]
    Nats(super::nats::NatsArgs),
    #[cfg(feature = "operator")]
    Operator(super::operator::OperatorArgs),
    #[cfg(feature = "sim")]
    Sim(super::sim::Sim),
}

/// The command line of the program called `name`; `with_lock` says that it reads its fleet from a file.
pub(crate) fn command(name: &str, with_lock: bool) -> clap::Command {
    let mut command = Cli::command().bin_name(name);
    if with_lock {
        let fleet =
            clap::Arg::new("fleet").short('f').long("fleet").global(true).help_heading(GLOBAL);
        let fleet = fleet
            .value_name("FLEET")
            .value_parser(clap::value_parser!(PathBuf))
            .default_value("fleet.lock")
            .help("The fleet: a file that `lock` wrote; `-` reads standard input");
        command = WITHOUT_FLEET.iter().fold(command, |command, name| {
            match command.find_subcommand(name) {
                Some(_) => command.mut_subcommand(name, |sub| sub.arg(fleet.clone().hide(true))),
                None => command,
            }
        });
        command = command.arg(fleet);
    }
    renamed(command, name)
}

/// Examples call the program by its own name.
fn renamed(command: clap::Command, name: &str) -> clap::Command {
    if name == "escadre" {
        return command;
    }
    let after = command.get_after_help().map(ToString::to_string);
    let command = match after {
        Some(text) => command.after_help(
            text.replace("escadre ", &format!("{name} "))
                .replace("completions/escadre", &format!("completions/{name}")),
        ),
        None => command,
    };
    command.mut_subcommands(|sub| renamed(sub, name))
}
