//! The arguments of commands that decide something for every device that could exist.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use escadre_algebra::LabelKey;

use super::common::Reading;

/// Show what a change of the fleet does, on every device that could exist: which kinds of device change, and what changes there.
#[derive(Debug, Args)]
#[command(after_help = DIFF)]
pub(crate) struct Diff {
    /// The fleet before: a file that `lock` wrote, `REV:PATH` of git, or `-` for standard input.
    pub(crate) old: String,
    /// The fleet after, likewise; else the present fleet.
    pub(crate) new: Option<String>,
    /// Count the devices of this inventory; `-` reads standard input.
    #[arg(short, long)]
    pub(crate) inventory: Option<PathBuf>,
    /// Fail if anything may change where this selector does not hold.
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) only_within: Option<String>,
    /// Fail unless both are the same fleet.
    #[arg(long, conflicts_with = "only_within")]
    pub(crate) equal: bool,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
    /// Exit with 2 if something changes.
    #[arg(long, visible_alias = "detailed-exitcode")]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

const DIFF: &str = "\
Examples: escadre diff main:fleet.lock fleet.lock -i devices.jsonl
          escadre diff main:fleet.lock --only-within 'ring = canary'
Exit codes: 0 done, 1 an error (also of usage), 2 refuted (--only-within, --equal) or something
  changes (with --exit-code), 3 undecided";

/// Prove that a fleet is sound on every device that could exist, or show on which it is not.
#[derive(Debug, Args)]
#[command(after_help = CHECK)]
pub(crate) struct Check {
    /// The fleet: a file that `lock` wrote, `REV:PATH` of git, or `-`; else the present fleet.
    #[arg(value_name = "FLEET")]
    pub(crate) place: Option<String>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
    /// Also whether the order of layers means nothing: for layers of different teams.
    #[arg(long)]
    pub(crate) order: bool,
    /// How many configurations are looked at one by one for missing labels and fields.
    #[arg(long, value_name = "N", default_value_t = MAX_CONFIGURATIONS)]
    pub(crate) max_configurations: usize,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

const CHECK: &str = "\
Checks: parts, conflicts, labels, fields, dependencies, layers, secrets; order where it is asked for
Example: escadre check --assume-inventory devices.jsonl
Exit codes: 0 all proven, 1 an error (also of usage), 2 something is refuted, 3 undecided";

/// Write the smallest inventory on which the fleet gives every configuration that it gives to any device.
#[derive(Debug, Args)]
#[command(after_help = LAB)]
pub(crate) struct Lab {
    /// The fleet: a file that `lock` wrote, `REV:PATH` of git, or `-`; else the present fleet.
    #[arg(value_name = "FLEET")]
    pub(crate) place: Option<String>,
    /// Where to write it; else to standard output.
    #[arg(short, long)]
    pub(crate) out: Option<PathBuf>,
    /// An inventory in JSON Lines, or one JSON document that also says which devices each one stands for.
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub(crate) format: LabFormat,
    /// The most configurations.
    #[arg(long, value_name = "N", default_value_t = MAX_CONFIGURATIONS)]
    pub(crate) max_configurations: usize,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

const LAB: &str = "\
Example: escadre lab -o lab.jsonl && escadre apply -i lab.jsonl --target sim:lab --yes
Exit codes: 0 done, 1 an error (also of usage), 2 no device was found for some configuration,
  3 undecided";

/// How many configurations are looked at one by one.
const MAX_CONFIGURATIONS: usize = 10_000;

/// What is assumed of the devices that could exist.
#[derive(Debug, Args)]
pub(crate) struct Assumed {
    /// Only devices with labels and values that this inventory has; `-` reads standard input.
    #[arg(long, value_name = "INVENTORY", help_heading = "Assumptions")]
    pub(crate) assume_inventory: Option<PathBuf>,
    /// Only these values of a label, where a device has it.
    #[arg(long, value_name = "KEY=V1,V2", help_heading = "Assumptions")]
    pub(crate) label: Vec<LabelValues>,
    /// Every device has this label.
    #[arg(long, value_name = "KEY", help_heading = "Assumptions")]
    pub(crate) required: Vec<LabelKey>,
    /// Devices report this label themselves.
    #[arg(long, value_name = "KEY", help_heading = "Assumptions")]
    pub(crate) reported: Vec<LabelKey>,
    /// How many steps each question may take before the answer is `undecided`; usually some millions.
    #[arg(long, value_name = "STEPS", help_heading = "Assumptions")]
    pub(crate) budget: Option<usize>,
}

/// The values that a label may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelValues {
    pub(crate) key: LabelKey,
    pub(crate) values: Vec<String>,
}

impl FromStr for LabelValues {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected `KEY=VALUE,VALUE`, such as `ring=canary,stable`".to_owned();
        let (key, values) = text.split_once('=').ok_or_else(expected)?;
        let key = LabelKey::parse(key).map_err(|error| error.to_string())?;
        Ok(Self { key, values: values.split(',').map(str::to_owned).collect() })
    }
}

/// How to print differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a comment in a review.
    Markdown,
    /// For code hosts: SARIF 2.1.0.
    Sarif,
}

/// How to print checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code hosts: SARIF 2.1.0.
    Sarif,
}

/// How to write a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabFormat {
    /// An inventory.
    Jsonl,
    /// For programs: also which devices each one stands for.
    Json,
}
