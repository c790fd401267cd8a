//! `check`: whether a fleet is sound on every device that could exist.

mod configurations;
mod secrets;

use escadre_algebra::analysis::{Analysis, Assumptions, Conflict, DeadLayer, Layer, OrderedLayers};
use escadre_algebra::{Annotation, Fleet, Sources, Value};
use escadre_interpreter::present::{
    Check, CheckFinding, Side, Verdict, check_json, check_sarif, check_text,
};

use super::args::{self, CheckFormat};
use super::assumed::{Named, analysis, assumptions, undecided};
use super::context::Context;
use super::error::Failure;
use super::{Code, present};

/// Why nothing else is decided of a fleet with invalid parts.
const INVALID: &str = "correct the invalid parts first";

pub(crate) fn run(args: &args::Check, context: &mut Context<'_>) -> Result<Code, Failure> {
    let named = Named::read_assuming(args.place.as_deref(), &args.assumed, context)?.known()?;
    let assumptions = assumptions(&args.assumed, &args.reading)?;
    let checks = checks(&named.fleet, &assumptions, args);
    let assumed = !assumptions.is_nothing();
    match args.format {
        CheckFormat::Text => {
            let options = present::options(context.out.look);
            context.out.put(&check_text(&checks, assumed, &options))?;
        }
        CheckFormat::Json => {
            let side = Side::new(&*named.name, &named.fleet);
            context.out.json(&check_json(&checks, assumed, &side))?;
        }
        CheckFormat::Sarif => context.out.json(&check_sarif(&checks, named.file.as_deref()))?,
    }
    let has = |is: fn(&Verdict) -> bool| checks.iter().any(|check| is(&check.verdict));
    if has(|verdict| *verdict == Verdict::Refuted) {
        return Ok(Code::Changes);
    }
    match has(|verdict| matches!(verdict, Verdict::Undecided(_))) {
        true => Ok(Code::Undecided),
        false => Ok(Code::Done),
    }
}

/// All checks of `fleet`, in the order in which they are read.
fn checks(fleet: &Fleet, assumptions: &Assumptions, args: &args::Check) -> Vec<Check> {
    let mut analysis = analysis([fleet], assumptions, &args.assumed);
    let problems = fleet.problems();
    let invalid = !problems.is_empty();
    let parts = problems.iter().map(|problem| CheckFinding {
        about: format!("{}: {}", problem.origin(), problem.message()),
        advice: Some("correct it where it was written".to_owned()),
        ..CheckFinding::default()
    });
    let mut checks = vec![
        Check::new("parts", "everything that was written means something").with(parts.collect()),
    ];
    if invalid {
        let others = [
            ("conflicts", CONFLICTS),
            ("labels", configurations::LABELS),
            ("fields", configurations::FIELDS),
            ("dependencies", configurations::DEPENDENCIES),
            ("layers", LAYERS),
            ("secrets", secrets::CLAIM),
        ];
        let order = args.order.then_some(("order", ORDER));
        let others = others
            .into_iter()
            .chain(order)
            .map(|(name, claim)| Check::new(name, claim).undecided(INVALID));
        checks.extend(others);
        return checks;
    }
    let conflicts = conflicts(fleet, &mut analysis);
    checks.push(conflicts);
    checks.extend(configurations::checks(fleet, &mut analysis, assumptions, args));
    checks.push(layers(fleet, &mut analysis));
    checks.push(secrets::check(fleet, &mut analysis));
    if args.order {
        checks.push(order(fleet, &mut analysis));
    }
    checks
}

const CONFLICTS: &str = "no path of any device has several candidates";

fn conflicts(fleet: &Fleet, analysis: &mut Analysis) -> Check {
    let check = Check::new("conflicts", CONFLICTS);
    match analysis.conflicts(fleet) {
        Ok(mut conflicts) => {
            conflicts.sort_by(|a, b| (&a.path, &a.candidates).cmp(&(&b.path, &b.candidates)));
            check.with(conflicts.iter().map(|conflict| contested(fleet, conflict)).collect())
        }
        Err(error) => check.undecided(undecided(error)),
    }
}

/// A conflict, with who wrote the candidates on the device that is its example.
fn contested(fleet: &Fleet, conflict: &Conflict) -> CheckFinding {
    let explained =
        conflict.example.as_ref().map(|facts| fleet.explain(facts, Some(&conflict.path)));
    let fields = explained.map(|explanation| explanation.fields).unwrap_or_default();
    let field = fields.into_iter().find(|field| field.path == conflict.path);
    let candidates = field.map(|field| field.candidates).unwrap_or_default();
    let by = |value: &Value| {
        let found = candidates.iter().find(|candidate| candidate.written == *value);
        found.map(|candidate| candidate.sources.clone()).unwrap_or_default()
    };
    let written = conflict.candidates.iter().map(|value| (Some(value.clone()), by(value)));
    CheckFinding {
        about: format!("{} has {} candidates", conflict.path, conflict.candidates.len()),
        region: Some(conflict.region.clone()),
        example: conflict.example.clone(),
        n_more: 0,
        path: Some(conflict.path.clone()),
        written: written.collect(),
        advice: Some(
            "lay one over the other (`overlay`, `patch`) or restrict them to different devices"
                .to_owned(),
        ),
    }
}

const LAYERS: &str = "every layer does something on some device";

fn layers(fleet: &Fleet, analysis: &mut Analysis) -> Check {
    let check = Check::new("layers", LAYERS);
    let finding = |dead: &DeadLayer| {
        let name = called(&dead.layer, "a layer");
        CheckFinding {
            about: format!("without {name} of this {} the fleet is the same", dead.operator),
            written: vec![(None, written(&dead.layer))],
            ..CheckFinding::default()
        }
    };
    match analysis.dead_layers(fleet) {
        Ok(mut dead) => {
            dead.sort_by(|a, b| {
                let place =
                    |dead: &DeadLayer| (dead.layer.origin.to_string(), dead.layer.name.clone());
                place(a).cmp(&place(b))
            });
            check.with(dead.iter().map(finding).collect())
        }
        Err(error) => check.undecided(undecided(error)),
    }
}

/// What a layer is called.
fn called(layer: &Layer, otherwise: &str) -> String {
    layer.name.as_ref().map_or_else(|| otherwise.to_owned(), |name| format!("`{name}`"))
}

/// Where a layer was written.
fn written(layer: &Layer) -> Sources {
    let mut sources = Sources::written(&layer.origin);
    if let Some(name) = &layer.name {
        sources.named(name);
    }
    sources
}

const ORDER: &str = "the order of layers means nothing";

fn order(fleet: &Fleet, analysis: &mut Analysis) -> Check {
    let check = Check::new("order", ORDER);
    let finding = |pair: &OrderedLayers| {
        let (below, above) = (called(&pair.below, "a layer"), called(&pair.above, "another"));
        CheckFinding {
            about: format!(
                "{below} and {above} of this {} say different things, and the later one wins",
                pair.operator
            ),
            region: Some(pair.witness.region.clone()),
            example: pair.witness.facts.clone(),
            path: pair.witness.path.clone(),
            written: vec![(None, written(&pair.below)), (None, written(&pair.above))],
            ..CheckFinding::default()
        }
    };
    match analysis.ordered_layers(fleet) {
        Ok(pairs) => check.with(pairs.iter().map(finding).collect()),
        Err(error) => check.undecided(undecided(error)),
    }
}
