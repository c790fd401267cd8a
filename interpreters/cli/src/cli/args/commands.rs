//! Each command's own arguments, and what its help teaches.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::common::{
    Agreed, GraphFormat, Listing, PlanFormat, Reading, RenderFormat, SchemaOf, TextFormat,
};
use crate::cli::target::Target;

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

/// Show which devices would change, how, and which line of the fleet decided it. Writes to no target.
#[derive(Debug, Args)]
#[command(after_help = PLAN)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Compare with what this target holds, such as `sim:world`, `kube:CONTEXT` or
    /// `nats://127.0.0.1:4222/BUCKET`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<Target>,
    /// Compare with another fleet on the same inventory, such as an older fleet.lock.
    #[arg(long, value_name = "FLEET", conflicts_with = "target")]
    pub(crate) against: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Also write it to this file, for `apply`; `-` writes that alone to standard output.
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

/// Make a target hold what the fleet says: shows the plan, asks, and carries it out.
#[derive(Debug, Args)]
#[command(after_help = APPLY)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// What to change, such as `sim:world`, `kube:CONTEXT` or `nats://127.0.0.1:4222/BUCKET`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Target,
    /// Carry out exactly this plan (of `plan --out`), or nothing if it is stale.
    pub(crate) plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) agreed: Agreed,
    /// Take over what others made where the fleet's own objects are to be (Kubernetes).
    #[arg(long, help_heading = "Consent")]
    pub(crate) adopt: bool,
    /// Do everything but write.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Faults that the simulator plays, such as `seed=7,refused-writes=10%`.
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub(crate) faults: Option<String>,
}

const APPLY: &str = "\
Example: escadre apply -i devices.jsonl --target sim:world --yes
Killed at any point, running it again ends in the same state.
Exit codes: 0 done, 1 an error (also of usage, a refusal, or a device that was not written)";

/// Say what one device gets and why: who wrote each field, what it replaced, and which parts of the fleet do not reach the device.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Which device.
    pub(crate) device: String,
    /// Only this field and those below it, such as `recorder.containers.recorder.image`.
    pub(crate) path: Option<String>,
    /// Also say how what this target holds for the device differs, such as `sim:world`,
    /// `kube:CONTEXT` or `nats://127.0.0.1:4222/BUCKET`.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<Target>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextFormat,
}

const EXPLAIN: &str = "\
Example: escadre explain -i devices.jsonl cam-1 recorder.containers
Works on a fleet with conflicts too: it lists the candidates.
Exit codes: 0 done, 1 an error (also of usage)";

/// Say how what a target holds differs from what the fleet wants.
#[derive(Debug, Args)]
#[command(after_help = DRIFT)]
pub(crate) struct Drift {
    #[command(flatten)]
    pub(crate) listing: Listing,
    /// Where to look, such as `sim:world`, `kube:CONTEXT` or `nats://127.0.0.1:4222/BUCKET`.
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
    /// Where to write it (else the file that it was read from, or `fleet.lock`); `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
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

/// Draw the fleet as it was written, or what decides one path of it.
///
/// Without --path: operators, named layers, shared parts once. With it: the decision diagram of the
/// path, which tests decide what is claimed there, on every device that could exist.
#[derive(Debug, Args)]
#[command(after_help = GRAPH)]
pub(crate) struct Graph {
    /// For Graphviz, for a browser, or for Markdown.
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    pub(crate) format: GraphFormat,
    /// Only the layer of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,
    /// The decision diagram of this path, such as `web.containers.web.image`.
    #[arg(long, value_name = "PATH", conflicts_with = "layer")]
    pub(crate) path: Option<String>,
}

const GRAPH: &str = "\
Examples: escadre graph --format svg > fleet.svg
          escadre graph --path web.containers.web.image --format mermaid
Exit codes: 0 done, 1 an error (also of usage)";

/// Read and check an inventory, and summarise it: labels, coverage, frequent values.
#[derive(Debug, Args)]
#[command(after_help = INVENTORY)]
pub(crate) struct Inventory {
    /// The inventory (`-i INVENTORY` does as well); `kube:CONTEXT` reads the nodes of a cluster,
    /// `nats://HOST:PORT/BUCKET` a bucket, `-` standard input.
    #[arg(value_name = "INVENTORY", required_unless_present = "inventory")]
    pub(crate) file: Option<PathBuf>,
    /// The inventory: a file of JSON Lines, CSV or `kubectl get nodes -o json`, `kube:CONTEXT`, or
    /// `nats://HOST:PORT/BUCKET`.
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

/// Print a script that lets a shell complete commands and options.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre completions bash > ~/.local/share/bash-completion/completions/escadre\n\
    Exit codes: 0 done, 1 an error (also of usage)"
)]
pub(crate) struct Completions {
    /// Which shell.
    pub(crate) shell: Shell,
}
