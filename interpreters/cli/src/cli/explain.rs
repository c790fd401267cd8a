//! `explain`: what one device gets, and why.

use escadre_algebra::{
    Coverage, ExplainedField, Facts, Fleet, Inventory, Outcome, Path, Resolved, ResourceName,
};
use escadre_interpreter::Plan;
use escadre_interpreter::present::{drift_of, drift_of_json, explanation, explanation_json};

use serde_json::Value;

use super::args::{Explain, TextFormat};
use super::context::{Context, device};
use super::drift::Comparing;
use super::error::Failure;
use super::target::Access;
#[cfg(feature = "nats")]
use super::target::Target;
use super::{Code, close, present, problems};

pub(crate) fn run(args: &Explain, context: &mut Context<'_>) -> Result<Code, Failure> {
    let path = args.path.as_deref().map(Path::parse).transpose().map_err(|error| {
        Failure::of(&error)
            .help("a path is a resource, then fields: `recorder.containers.recorder.image`")
    })?;
    let fleet = context.fleet_beside(&args.listing.inventory)?;
    problems::understood(&fleet)?;
    let inventory = context.inventory(&args.listing)?;
    let facts = &*device(&inventory, &args.device)?;
    let why = fleet.explain(facts, path.as_ref());
    let undetermined = undetermined(&fleet, facts, path.as_ref());
    let held = held(args, context, facts)?;
    let reported = reported(args, facts).unwrap_or_else(|error| {
        // It explains all the same.
        context.note(&format!("what the device reports is unknown: {error}"));
        None
    });
    let held = held.as_ref().map(|(plan, resolved)| (plan, resolved));
    let id = facts.id().as_str();
    match args.format {
        TextFormat::Text => {
            let options = present::options(context.out.look);
            context.out.put(&explanation(&why, facts, &undetermined, &options))?;
            if let Some((plan, resolved)) = held {
                context.out.put("\n")?;
                context.out.put(&drift_of(plan, id, resolved, &options))?;
            }
            if let Some((told, _)) = reported {
                context.out.put(&told)?;
            }
        }
        TextFormat::Json => {
            let mut json = explanation_json(&why, facts, &undetermined);
            if args.target.is_some() {
                json["held"] = held.map(|(plan, of)| drift_of_json(plan, id, of)).into();
            }
            if let Some((_, told)) = reported {
                json["reported"] = told;
            }
            context.out.json(&json)?;
        }
    }
    if let Some(path) = path.filter(|_| why.fields.is_empty()) {
        context.note(&nowhere(&fleet.explain(facts, None).fields, &path));
    }
    Ok(Code::Done)
}

/// What the target, if one is asked about, lacks of what the fleet wants of the device of `facts`.
fn held(
    args: &Explain,
    context: &mut Context<'_>,
    facts: &Facts,
) -> Result<Option<(Plan, Resolved)>, Failure> {
    let Some(target) = &args.target else { return Ok(None) };
    let Ok(one) = Inventory::new([facts.clone()], Coverage::Partial) else { return Ok(None) };
    let Ok(resolved) = context.fleet()?.resolve(&one) else {
        context.note(
            "what the target holds is not compared: what the fleet wants of this device does not resolve",
        );
        return Ok(None);
    };
    let compared = target.with(Access::ReadExisting, Comparing(&resolved))?;
    Ok(Some((compared.plan, resolved)))
}

/// What the device of `facts` tells of itself, where the target knows: for people, and for programs.
#[cfg(feature = "nats")]
fn reported(args: &Explain, facts: &Facts) -> Result<Option<(String, Value)>, Failure> {
    match &args.target {
        Some(Target::Nats(address)) => super::nats::reported_of(address, facts.id()).map(Some),
        _ => Ok(None),
    }
}

#[cfg(not(feature = "nats"))]
fn reported(_: &Explain, _: &Facts) -> Result<Option<(String, Value)>, Failure> {
    Ok(None)
}

/// The resources (of `path`, if given) that unknown labels decide on the device with `facts`.
///
/// None on a device with conflicts, where nothing is decided by labels alone.
fn undetermined(fleet: &Fleet, facts: &Facts, path: Option<&Path>) -> Vec<ResourceName> {
    if !facts.has_unknown() {
        return Vec::new();
    }
    let Ok(one) = Inventory::new([facts.clone()], Coverage::Partial) else { return Vec::new() };
    let Ok(resolved) = fleet.resolve(&one) else { return Vec::new() };
    let Some(Outcome::Member(member)) = resolved.outcome(facts.id().as_str()) else {
        return Vec::new();
    };
    let asked = |name: &&ResourceName| path.is_none_or(|path| path.resource() == *name);
    member.undetermined.iter().filter(asked).cloned().collect()
}

/// That nothing writes `path`, and what was perhaps meant.
fn nowhere(fields: &[ExplainedField], path: &Path) -> String {
    let nothing = format!("nothing writes `{path}` for this device");
    let of_resource = |field: &&ExplainedField| field.path.resource() == path.resource();
    if !fields.iter().any(|field| of_resource(&field)) {
        let mut names: Vec<&str> = fields.iter().map(|f| f.path.resource().as_str()).collect();
        names.dedup();
        let asked = path.resource().as_str();
        let near = close::suggestion(asked, names.iter().copied());
        return match (near, names.is_empty()) {
            (Some(near), _) => format!("{nothing}; did you mean {near}?"),
            (None, true) => format!("{nothing}: it has no resources"),
            (None, false) => format!("{nothing}; its resources are {}", listed(&names)),
        };
    }
    let ends = |field: &&ExplainedField| field.path.fields().last() == path.fields().last();
    let alike: Vec<String> = fields
        .iter()
        .filter(|field| of_resource(field) && ends(field))
        .take(close::N_CLOSE)
        .map(|field| format!("`{}`", field.path))
        .collect();
    if !alike.is_empty() {
        return format!("{nothing}, but something writes {}", alike.join(" and "));
    }
    let paths: Vec<String> =
        fields.iter().filter(of_resource).map(|field| field.path.to_string()).collect();
    match close::suggestion(&path.to_string(), paths.iter().map(String::as_str)) {
        Some(near) => format!("{nothing}; did you mean {near}?"),
        None => nothing,
    }
}

/// Some names, each in backticks.
fn listed(names: &[&str]) -> String {
    const MAX_NAMES: usize = 10;
    let mut shown: Vec<String> =
        names.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
    if names.len() > MAX_NAMES {
        shown.push(format!("and {} more", names.len() - MAX_NAMES));
    }
    shown.join(" ")
}
