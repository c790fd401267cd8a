//! `merge`: two changes of one fleet in one.

use std::path::Path;

use escadre_algebra::EncodeOptions;
use escadre_algebra::analysis::{Clash, Merged};

use super::args::Merge;
use super::assumed::{Named, analysis, assumptions, one_standard_input};
use super::context::Context;
use super::error::Failure;
use super::{Code, files};

/// How many clashes are told.
const MAX_TOLD: usize = 20;

pub(crate) fn run(args: &Merge, context: &mut Context<'_>) -> Result<Code, Failure> {
    let places = [&args.base, &args.ours, &args.theirs];
    let [base, ours, theirs] = places.map(|place| Some(Path::new(place.as_str())));
    one_standard_input([base, ours, theirs, args.assumed.assume_inventory.as_deref()])?;
    let read = |place: &String, context: &mut Context<'_>| {
        Named::read(Some(place.as_str()), context)?.understood()
    };
    let base = read(&args.base, context)?;
    let ours = read(&args.ours, context)?;
    let theirs = read(&args.theirs, context)?;
    let assumptions = assumptions(&args.assumed, &args.reading)?;
    let fleets = [&base.fleet, &ours.fleet, &theirs.fleet];
    let mut analysis = analysis(fleets, &assumptions, &args.assumed);
    let merged = match analysis.merge(&base.fleet, &ours.fleet, &theirs.fleet) {
        Ok(merged) => merged,
        Err(too_large) => {
            context.note(&format!("undecided, so nothing is written: {too_large}"));
            return Ok(Code::Undecided);
        }
    };
    let text = merged.fleet.encode(&EncodeOptions { origins: true });
    let text = text.map_err(|error| Failure::of(&error))?;
    match args.out.as_deref().filter(|out| *out != Path::new("-")) {
        Some(out) => files::write(out, &text)?,
        None => context.out.put(&text)?,
    }
    tell(&merged, context);
    Ok(if merged.clashes.is_empty() { Code::Done } else { Code::Changes })
}

fn tell(merged: &Merged, context: &mut Context<'_>) {
    for clash in merged.clashes.iter().take(MAX_TOLD) {
        context.note(&sentence(clash));
    }
    let n_more = merged.clashes.len().saturating_sub(MAX_TOLD);
    if n_more > 0 {
        context.note(&format!("and {n_more} more clashes"));
    }
}

fn sentence(clash: &Clash) -> String {
    let what = match &clash.path {
        Some(path) => format!("both sides change {path}, differently"),
        None => "both sides change whether the devices are members, or one changes what the other takes away"
            .to_owned(),
    };
    let theirs: Vec<String> = clash
        .theirs
        .iter()
        .take(4)
        .map(|change| {
            let list = |values: &[escadre_algebra::Value]| match values {
                [] => "nothing".to_owned(),
                values => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
            };
            format!(
                "\n  theirs: {} from {} to {}",
                change.path,
                list(&change.before),
                list(&change.after)
            )
        })
        .collect();
    let example = clash.example.as_ref().map(|facts| format!("\n  such as {}", facts.id()));
    format!(
        "clash where {}: {what}{}{}",
        clash.region,
        theirs.concat(),
        example.unwrap_or_default()
    )
}
