//! Evaluating and planning over columns, as ratios to a floor in the same run.
//!
//! Each subcommand prints a table, and exits with 1 where a ratio falls short. One thread.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program prints its figures")]

mod edit;
mod equivalence;
mod floor;
mod full;
mod maps;
mod measure;
mod resolving;
mod rivals;
mod update;
mod whole;
mod world;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use measure::Table;

/// How evaluating and planning over columns compares with the floor: a loop that reads all labels
/// of each device and hashes each device.
#[derive(Parser)]
struct Arguments {
    /// What is measured.
    #[arg(value_enum)]
    task: Task,
    /// Smaller sizes and fewer runs; limits are doubled, since short times waver and what does not
    /// depend on the number of devices weighs more.
    #[arg(long)]
    quick: bool,
    /// Exit with 0 whatever the figures are.
    #[arg(long)]
    no_limits: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The seed of devices and layers.
    #[arg(long, default_value_t = 5)]
    seed: u64,
    /// How many devices `world` writes.
    #[arg(long, default_value_t = 1_000)]
    devices: usize,
    /// How many layers `world` writes.
    #[arg(long, default_value_t = 200)]
    layers: usize,
    #[command(flatten)]
    programs: rivals::Programs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Task {
    /// The plan of one edited layer.
    OneEdit,
    /// All layers on all devices.
    Full,
    /// All layers and edits, beside DuckDB, polars, differential-dataflow and a loop over maps.
    Rivals,
    /// One device's label changes.
    Update,
    /// Bytes a device.
    Memory,
    /// Whether two fleets of many rules are the same, on every device that could exist.
    Equivalence,
    /// How the time and the steps of that grow with the rules.
    Growth,
    /// `Fleet::resolve`, and the answers that it needs computed one by one.
    Resolve,
    /// Writes an inventory and a fleet before and after an edit to the folder `--scratch`.
    World,
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Scale {
    seed: u64,
    quick: bool,
}

impl Scale {
    fn sizes(self) -> &'static [usize] {
        if self.quick { &[1_000, 22_311, 300_000] } else { &[1_000, 22_311, 100_000, 1_000_000] }
    }

    fn n_runs(self, n_devices: usize) -> usize {
        if self.quick { 5 } else { (2_000_000 / n_devices).clamp(9, 50) }
    }

    /// Whether the limits are checked at this size: the largest.
    fn counts(self, n_devices: usize) -> bool {
        self.sizes().last() == Some(&n_devices)
    }

    /// A limit, with the slack of a quick run.
    fn limit(self, limit: f64) -> f64 {
        if self.quick { limit * 2.0 } else { limit }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scale = Scale { seed: arguments.seed, quick: arguments.quick };
    let table = match run(&arguments, scale) {
        Ok(table) => table,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let name = arguments.task.to_possible_value();
    let name = name.as_ref().map_or("", |value| value.get_name());
    if arguments.json {
        println!("{}", table.to_json(name, arguments.seed));
    } else {
        println!("{name}, seed {}\n\n{}", arguments.seed, table.to_text());
        if scale.quick {
            println!("a quick run: limits are doubled");
        }
    }
    for short in table.short() {
        eprintln!("falls short: {short}");
    }
    if arguments.no_limits || table.short().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run(arguments: &Arguments, scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    match arguments.task {
        Task::OneEdit => edit::run(scale),
        Task::Full => full::run(scale),
        Task::Rivals => rivals::run(scale, &arguments.programs),
        Task::Update => update::run(scale),
        Task::Memory => full::memory(scale),
        Task::Equivalence => equivalence::run(scale),
        Task::Growth => equivalence::growth(scale),
        Task::Resolve => resolving::run(scale),
        Task::World => whole::write(
            scale.seed,
            arguments.programs.scratch(),
            arguments.devices,
            arguments.layers,
        ),
    }
}
