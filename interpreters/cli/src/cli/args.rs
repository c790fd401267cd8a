//! The command line, and what its help teaches.

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use escadre_interpreter::Share;
use escadre_interpreter::inventory::Format;

use super::target::Target;

/// Compose, plan, apply and explain what runs on which machine.
///
/// A fleet says what each device of an inventory should hold. Results go to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "escadre", version, max_term_width = 100)]
#[command(after_help = "Start with `escadre inventory -i FILE`, then `escadre plan -i FILE`.\n\n\
    Exit codes: 0 done, 1 an error (also of usage), 2 changes (with --detailed-exitcode)\n\
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
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// Say no more than the result.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say what is being done; twice or three times for more.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
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
    Lock(Lock),
    Graph(Graph),
    Inventory(Inventory),
    Schema(Schema),
    Completions(Completions),
    #[cfg(feature = "sim")]
    Sim(super::sim::Sim),
}

/// Which inventory, and how to read it.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// The inventory: a file of JSON Lines, CSV or `kubectl get nodes -o json`; `-` reads standard input.
    #[arg(short, long)]
    pub(crate) inventory: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How to read an inventory.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Its format (jsonl, csv or kubernetes), where its name and content do not tell.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) inventory_format: Option<Format>,
    /// It may miss devices: nothing is removed on its word.
    #[arg(long)]
    pub(crate) partial: bool,
    /// The CSV column that holds the ids.
    #[arg(long, value_name = "COLUMN", default_value = "id")]
    pub(crate) id_column: String,
}

/// Print the ids of the devices that a selector accepts, one a line.
#[derive(Debug, Args)]
#[command(after_help = SELECT)]
pub(crate) struct Select {
    /// Which devices, such as `role = camera and not firmware >= 2.1`.
    pub(crate) selector: String,
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Print how many there are instead.
    #[arg(long)]
    pub(crate) count: bool,
}

const SELECT: &str = "\
Example: escadre select 'role in (camera, sensor) and bucket(canary) < 10%' -i devices.jsonl
Every Kubernetes label selector means what Kubernetes says. No fleet is needed.
Exit codes: 0 done, 1 an error (also of usage)";

/// Print what each device gets, one JSON line a device: {"id", "resources": {NAME: …}}.
#[derive(Debug, Args)]
#[command(after_help = RENDER)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Only these devices.
    #[arg(value_name = "DEVICE")]
    pub(crate) devices: Vec<String>,
    /// JSON Lines, or one YAML document a device.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(crate) format: RenderFormat,
}

const RENDER: &str = "\
Example: escadre render -i devices.jsonl cam-1 --format yaml
Resources that unknown labels decide are named under `undetermined` instead.
Exit codes: 0 done, 1 an error (also of usage, or a fleet that does not resolve)";

/// How to print configurations.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RenderFormat {
    Json,
    Yaml,
}

/// Show which devices would change, how, and which line of the fleet decided it. Writes to no target.
#[derive(Debug, Args)]
#[command(after_help = PLAN)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Compare with what this target holds, such as `sim:world`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<Target>,
    /// Compare with another fleet on the same inventory, such as an older fleet.lock.
    #[arg(long, value_name = "FLEET", conflicts_with = "target")]
    pub(crate) against: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Also write it to this file, for `apply`.
    #[arg(long, value_name = "PLAN")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 if something changes.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) agreed: Agreed,
}

const PLAN: &str = "\
Example: escadre plan -i devices.jsonl --target sim:world --out next.plan
Without --target and --against, everything is new.
Exit codes: 0 done, 1 an error (also of usage), 2 something changes (with --detailed-exitcode)";

/// How to print plans.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Text,
    /// For programs; see `schema plan`.
    Json,
    /// For a comment in a review.
    Markdown,
}

/// Make a target hold what the fleet says: shows the plan, asks, and carries it out.
#[derive(Debug, Args)]
#[command(after_help = APPLY)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// What to change, such as `sim:world`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Target,
    /// Carry out exactly this plan (of `plan --out`), or nothing if it is stale.
    pub(crate) plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) agreed: Agreed,
    /// Do everything but write.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Faults that the simulator plays, such as `lost=10%`.
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub(crate) faults: Option<String>,
}

const APPLY: &str = "\
Example: escadre apply -i devices.jsonl --target sim:world --yes
Killed at any point, running it again ends in the same state.
Exit codes: 0 done, 1 an error (also of usage, a refusal, or a device that was not written)";

/// What the user agrees to beyond the plan itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct Agreed {
    /// Let any number of members leave.
    #[arg(long)]
    pub(crate) accept_shrink: bool,
    /// The share of members that may leave without --accept-shrink.
    #[arg(long, value_name = "SHARE", default_value = "20%")]
    pub(crate) max_shrink: Share,
    /// Leave alone the members that would be removed.
    #[arg(long)]
    pub(crate) keep_removed: bool,
}

/// Say what one device gets and why: who wrote each field, what it replaced, and which parts of the fleet do not reach the device.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Which device.
    pub(crate) device: String,
    /// Only this field and those below it, such as `recorder.image`.
    pub(crate) path: Option<String>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextFormat,
}

const EXPLAIN: &str = "\
Example: escadre explain -i devices.jsonl cam-1 recorder.image
Works on a fleet with conflicts too: it lists the candidates.
Exit codes: 0 done, 1 an error (also of usage)";

/// How to print what is not a plan.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Say how what a target holds differs from what the fleet wants.
#[derive(Debug, Args)]
#[command(after_help = DRIFT)]
pub(crate) struct Drift {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Where to look, such as `sim:world`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Target,
    /// First change so many devices of the simulator behind Escadre's back.
    #[arg(long, value_name = "N")]
    pub(crate) inject: Option<usize>,
    /// Which ones: the same seed, the same drift.
    #[arg(long, value_name = "S", default_value_t = 0, requires = "inject")]
    pub(crate) seed: u64,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextFormat,
    /// Exit with 2 if something differs.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

const DRIFT: &str = "\
Example: escadre drift -i devices.jsonl --target sim:world --inject 3 --seed 7
`escadre apply` mends it.
Exit codes: 0 done, 1 an error (also of usage), 2 something differs (with --detailed-exitcode)";

/// Write the fleet to a file, to be committed next to the code, so that a review compares meanings.
#[derive(Debug, Args)]
#[command(after_help = LOCK)]
pub(crate) struct Lock {
    /// Where to write it; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "fleet.lock")]
    pub(crate) out: PathBuf,
    /// Write nothing; fail if the file is not what would be written.
    #[arg(long)]
    pub(crate) check: bool,
    /// Leave out which line wrote what.
    #[arg(long)]
    pub(crate) no_origins: bool,
}

const LOCK: &str = "\
Example: escadre lock --check
A program with `cli::run` writes its own fleet; the binary `escadre` rewrites the one it reads.
Exit codes: 0 done, 1 an error (also of usage, or a file that is out of date)";

/// Draw the fleet as it was written: operators, named layers, shared parts once.
#[derive(Debug, Args)]
#[command(after_help = GRAPH)]
pub(crate) struct Graph {
    /// For Graphviz, for a browser, or for Markdown.
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    pub(crate) format: GraphFormat,
    /// Only the layer of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,
}

const GRAPH: &str = "\
Example: escadre graph --format svg > fleet.svg
Exit codes: 0 done, 1 an error (also of usage)";

/// How to draw.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphFormat {
    Dot,
    Svg,
    Mermaid,
}

/// Read and check an inventory, and summarise it: labels, coverage, frequent values.
#[derive(Debug, Args)]
#[command(after_help = INVENTORY)]
pub(crate) struct Inventory {
    /// The inventory (`-i INVENTORY` does as well); `-` reads standard input.
    #[arg(value_name = "INVENTORY", required_unless_present = "inventory")]
    pub(crate) file: Option<PathBuf>,
    /// The inventory: a file of JSON Lines, CSV or `kubectl get nodes -o json`.
    #[arg(short, long, conflicts_with = "file")]
    pub(crate) inventory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextFormat,
}

const INVENTORY: &str = "\
Example: kubectl get nodes -o json | escadre inventory -
No fleet is needed.
Exit codes: 0 done, 1 an error (also of usage, or an inventory with bad lines)";

/// Print the JSON Schema of a format.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre schema plan > plan.schema.json\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(crate) struct Schema {
    /// `fleet` is fleet.lock, `plan` is a plan in JSON, `inventory` one line of JSON Lines.
    #[arg(default_value = "fleet")]
    pub(crate) of: SchemaOf,
}

/// Which format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    Fleet,
    Plan,
    Inventory,
}

/// Print a script that lets a shell complete commands and options.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre completions bash > ~/.local/share/bash-completion/completions/escadre\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(crate) struct Completions {
    /// Which shell.
    pub(crate) shell: Shell,
}

/// The command line of the program called `name`; `with_lock` says that it reads its fleet from a file.
pub(crate) fn command(name: &str, with_lock: bool) -> clap::Command {
    let mut command = Cli::command().bin_name(name);
    if with_lock {
        let fleet = clap::Arg::new("fleet").short('f').long("fleet").global(true);
        command = command.arg(
            fleet
                .value_name("FLEET")
                .value_parser(clap::value_parser!(PathBuf))
                .default_value("fleet.lock")
                .help("The fleet: a file that `lock` wrote"),
        );
    }
    renamed(command, name)
}

/// Examples call the program by its own name.
fn renamed(command: clap::Command, name: &str) -> clap::Command {
    if name == "escadre" {
        return command;
    }
    let after = command.get_after_help().map(|text| text.to_string());
    let command = match after {
        Some(text) => command.after_help(text.replace("escadre ", &format!("{name} "))),
        None => command,
    };
    command.mut_subcommands(|sub| renamed(sub, name))
}
