//! What several commands understand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use escadre_interpreter::Share;
use escadre_interpreter::inventory::Format;

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

/// Which inventory, and how to read it.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// The inventory: a file of JSON Lines, CSV or `kubectl get nodes -o json`; `kube:CONTEXT` reads
    /// the nodes of a cluster, `nats://HOST:PORT/BUCKET` a bucket, `-` standard input.
    #[arg(short, long)]
    pub(crate) inventory: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How to read an inventory.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Its format (jsonl, csv or kubernetes), where its name and content do not tell.
    #[arg(long, value_name = "FORMAT", help_heading = "Inventory")]
    pub(crate) inventory_format: Option<Format>,
    /// It may miss devices: nothing is removed on its word.
    #[arg(long, help_heading = "Inventory")]
    pub(crate) partial: bool,
    /// The CSV column that holds the ids.
    #[arg(long, value_name = "COLUMN", default_value = "id", help_heading = "Inventory")]
    pub(crate) id_column: String,
    /// Add the labels that devices report in this NATS bucket, such as
    /// `nats://127.0.0.1:4222/device-info`; of a device that does not they are unknown.
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "ADDRESS", help_heading = "Inventory")]
    pub(crate) device_info: Option<escadre_nats::Address>,
}

/// How to print configurations.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RenderFormat {
    Json,
    Yaml,
}

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

/// What the user agrees to beyond the plan itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct Agreed {
    /// Let any number of members leave.
    #[arg(long, help_heading = "Consent")]
    pub(crate) accept_shrink: bool,
    /// The share of members that may leave without --accept-shrink.
    #[arg(long, value_name = "SHARE", default_value = "20%", help_heading = "Consent")]
    pub(crate) max_shrink: Share,
    /// Leave alone the members that would be removed.
    #[arg(long, help_heading = "Consent")]
    pub(crate) keep_removed: bool,
}

/// How to print what is not a plan.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How to draw.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphFormat {
    Dot,
    Svg,
    Mermaid,
}

/// Which format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    Fleet,
    Plan,
    Inventory,
}
