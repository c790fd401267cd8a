//! `inventory`: what an inventory holds.

use std::path::PathBuf;

use escadre_interpreter::inventory::{LabelSummary, Summary};
use escadre_interpreter::present::number;

use super::Code;
use super::args::{Inventory, TextFormat};
use super::context::{Context, read_inventory};
use super::error::Failure;

/// The widest that a key is shown.
const MAX_KEY: usize = 40;

pub(crate) fn run(args: &Inventory, context: &mut Context<'_>) -> Result<Code, Failure> {
    let path = args.inventory.as_ref().or(args.file.as_ref()).cloned();
    let inventory = read_inventory(&path.unwrap_or_else(|| PathBuf::from("-")), &args.reading)?;
    let summary = Summary::of(&inventory);
    match args.format {
        TextFormat::Json => context.out.json(&summary)?,
        TextFormat::Text => {
            let text = text(&summary, context.out.look.width);
            context.out.put(&text)?;
        }
    }
    Ok(Code::Done)
}

fn text(summary: &Summary, width: usize) -> String {
    let coverage = if summary.complete { "complete" } else { "partial: some may be missing" };
    let devices = if summary.n_devices == 1 { "device" } else { "devices" };
    let mut text = format!("{} {devices} ({coverage})\n", number(summary.n_devices));
    if summary.n_unlisted_unknown > 0 {
        text.push_str(&format!(
            "{} of which every unlisted label is unknown\n",
            number(summary.n_unlisted_unknown)
        ));
    }
    if summary.labels.is_empty() {
        text.push_str("no labels\n");
        return text;
    }
    let head = ["label", "devices", "values", "unknown", "reported"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head)
        .chain(summary.labels.iter().map(|l| row(l, summary.n_devices)))
        .collect();
    let widths: [usize; 5] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    // Columns that say nothing are left out.
    let shown = |at: usize| match at {
        3 => summary.labels.iter().any(|label| label.n_unknown > 0),
        4 => summary.labels.iter().any(|label| label.n_reported > 0),
        _ => true,
    };
    text.push('\n');
    for (at, row) in rows.iter().enumerate() {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for column in (1..5).filter(|column| shown(*column)) {
            line.push_str(&format!("  {:>1$}", row[column], widths[column]));
        }
        line.push_str("  ");
        let left = width.saturating_sub(line.chars().count());
        match at.checked_sub(1) {
            None => line.push_str("most frequent"),
            Some(label) => line.push_str(&top(&summary.labels[label], left)),
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(label: &LabelSummary, n_devices: usize) -> [String; 5] {
    let percent = label.n_devices * 100 / n_devices.max(1);
    [
        cut(&label.key, MAX_KEY),
        format!("{} ({percent}%)", number(label.n_devices)),
        number(label.n_distinct),
        number(label.n_unknown),
        number(label.n_reported),
    ]
}

/// The most frequent values that fit.
fn top(label: &LabelSummary, width: usize) -> String {
    let mut text = String::new();
    for (at, value) in label.top.iter().enumerate() {
        let shown = cut(&format!("{:?}", value.value), 30);
        let shown = match shown.trim_matches('"') {
            "" => shown,
            plain if plain == value.value => plain.to_owned(),
            _ => shown,
        };
        let piece =
            format!("{}{shown} ({})", if at == 0 { "" } else { ", " }, number(value.n_devices));
        let room = if at + 1 < label.n_distinct { 3 } else { 0 };
        if at > 0 && text.chars().count() + piece.chars().count() + room > width {
            text.push_str(", …");
            return text;
        }
        text.push_str(&piece);
    }
    if label.n_distinct > label.top.len() {
        text.push_str(", …");
    }
    text
}

fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
