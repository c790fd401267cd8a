//! `lab`: the smallest inventory that exercises every configuration.

mod rooms;

use std::path::Path;

use escadre_algebra::analysis::{Assumptions, Setup};
use escadre_algebra::{Attestation, Coverage, Facts, Inventory};
use escadre_interpreter::inventory::write_jsonl;
use escadre_interpreter::present::lab_json;

use super::args::{Lab, LabFormat};
use super::assumed::{Named, analysis, assumptions, undecided};
use super::context::Context;
use super::error::Failure;
use super::{Code, files};

pub(crate) use rooms::Rooms;

pub(crate) fn run(args: &Lab, context: &mut Context<'_>) -> Result<Code, Failure> {
    let named =
        Named::read_assuming(args.place.as_deref(), &args.assumed, context)?.understood()?;
    let assumptions = assumptions(&args.assumed, &args.reading)?;
    let mut analysis = analysis([&named.fleet], &assumptions, &args.assumed);
    let setups = match analysis.smallest_lab(&named.fleet, args.max_configurations) {
        Ok(setups) => setups,
        Err(error) => {
            let why = match error.budget == args.max_configurations {
                true => format!(
                    "there are more than {} configurations; raise `--max-configurations`",
                    args.max_configurations
                ),
                false => undecided(error),
            };
            context.note(&format!("undecided: {why}"));
            return Ok(Code::Undecided);
        }
    };
    let rooms = Rooms::of(&setups);
    let first = rooms.rooms.first().map(Vec::as_slice).unwrap_or_default();
    let devices = first.iter().map(|device| reported(&device.facts, &assumptions));
    let inventory =
        Inventory::new(devices, Coverage::Complete).map_err(|error| Failure::of(&error))?;
    let stands_for: Vec<(&Setup, Option<&Facts>)> = setups
        .iter()
        .enumerate()
        .map(|(i, setup)| (setup, first.iter().find(|d| d.setup == i).map(|d| &d.facts)))
        .collect();
    write(args, &inventory, &stands_for, context)?;
    let n_missing = setups.len() - inventory.len();
    if n_missing > 0 {
        context.note(&format!(
            "{n_missing} of {} configurations have no device here: they need an id that another one \
             has, or one that was not found; `--format json` says which",
            setups.len()
        ));
    }
    Ok(Code::of(n_missing > 0, true))
}

fn write(
    args: &Lab,
    inventory: &Inventory,
    stands_for: &[(&Setup, Option<&Facts>)],
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let document = || {
        let mut text = serde_json::to_string_pretty(&lab_json(stands_for)).unwrap_or_default();
        text.push('\n');
        text
    };
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    match (args.format, out) {
        (LabFormat::Jsonl, None) => context.out.stream(|out| write_jsonl(inventory, out))?,
        (LabFormat::Json, None) => context.out.put(&document())?,
        (LabFormat::Jsonl, Some(path)) => files::stream(path, |out| write_jsonl(inventory, out))?,
        (LabFormat::Json, Some(path)) => files::write(path, &document())?,
    }
    if let Some(path) = out {
        let n = inventory.len();
        let devices = if n == 1 { "device" } else { "devices" };
        context.out.line(&format!("{} written: {n} {devices}", path.display()))?;
    }
    Ok(())
}

/// `facts`, where the labels are reported that devices report themselves.
fn reported(facts: &Facts, assumptions: &Assumptions) -> Facts {
    let labels = facts.labels().iter().cloned().map(|mut label| {
        if !assumptions.is_asserted(&label.key) {
            label.attestation = Attestation::Reported;
        }
        label
    });
    Facts::from_labels(facts.id().clone(), labels.collect())
}
