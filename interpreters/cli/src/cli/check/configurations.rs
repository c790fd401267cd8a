//! What resolving finds, on one device for each configuration that some device could get.
//!
//! Which fields are there, and what resources are after, is the same on all devices of one
//! configuration. Only a text may lack a label on some of them: for that, each configuration has one more device
//! for each label that its texts mention and that some of its devices do not have.

use std::collections::BTreeMap;

use escadre_algebra::analysis::{Analysis, Answer, Assumptions, Setup};
use escadre_algebra::{
    Coverage, Devices, Facts, Finding, Fleet, Inventory, LabelKey, Selector, Test,
};
use escadre_interpreter::present::{Check, CheckFinding, finding_of};

use crate::cli::args;
use crate::cli::assumed::{analysis, undecided};
use crate::cli::lab::Rooms;

pub(super) const LABELS: &str = "every text finds the labels that it mentions";
pub(super) const FIELDS: &str = "no required field is missing";
pub(super) const DEPENDENCIES: &str = "resources are `after` others that are there, without cycles";

/// The checks `labels`, `fields` and `dependencies`.
pub(super) fn checks(
    fleet: &Fleet,
    all: &mut Analysis,
    assumptions: &Assumptions,
    args: &args::Check,
) -> [Check; 3] {
    let checks = [
        Check::new("labels", LABELS),
        Check::new("fields", FIELDS),
        Check::new("dependencies", DEPENDENCIES),
    ];
    let setups = match all.smallest_lab(fleet, args.max_configurations) {
        Ok(setups) => setups,
        Err(error) if error.budget == args.max_configurations => {
            let why = format!(
                "there are more than {} configurations; raise `--max-configurations`, or assume more",
                args.max_configurations
            );
            return checks.map(|check| check.undecided(&*why));
        }
        Err(error) => return checks.map(|check| check.undecided(undecided(error))),
    };
    let mut rooms = Rooms::of(&setups);
    let mut why = (!rooms.without.is_empty())
        .then(|| format!("no id was found for a device of {} configurations", rooms.without.len()));
    if let Err(error) = lacking(fleet, &setups, &mut rooms, assumptions, args) {
        why = Some(error);
    }
    let mut found = findings(fleet, &rooms);
    why = why.or_else(|| found.hidden.clone());
    checks.map(|check| {
        let own = found.of.remove(check.name).unwrap_or_default();
        let check = check.with(own);
        match &why {
            Some(why) => check.undecided(&**why),
            None => check,
        }
    })
}

/// Adds a device for each setup and label that texts of the setup mention and a device may lack.
///
/// # Errors
/// Why that is not known.
fn lacking(
    fleet: &Fleet,
    setups: &[Setup],
    rooms: &mut Rooms,
    assumptions: &Assumptions,
    args: &args::Check,
) -> Result<(), String> {
    let mut wanted: Vec<(usize, Selector)> = Vec::new();
    for (i, setup) in setups.iter().enumerate() {
        for key in setup.example.iter().flat_map(|facts| mentioned(fleet, facts)) {
            let absent = !Selector::test(Test::Exists { key });
            wanted.push((i, Selector::all_of([setup.region.clone(), absent])));
        }
    }
    let never: Vec<Selector> = wanted.iter().map(|(_, selector)| !selector.clone()).collect();
    let mut analysis = analysis([], assumptions, &args.assumed).reading(&never);
    for ((i, selector), never) in wanted.iter().zip(&never) {
        match analysis.always(never) {
            Answer::Proven => {}
            Answer::Refuted(witness) => match &witness.facts {
                Some(facts) => rooms.add(*i, &witness.region, facts),
                None => return Err(format!("no id was found for a device where {selector}")),
            },
            Answer::Undecided(error) => return Err(undecided(error)),
        }
    }
    Ok(())
}

/// The labels that texts on the device with `facts` mention.
fn mentioned(fleet: &Fleet, facts: &Facts) -> Vec<LabelKey> {
    let fields = fleet.explain(facts, None).fields;
    let mut keys: Vec<LabelKey> = Vec::new();
    for candidate in fields.iter().flat_map(|field| &field.candidates) {
        // What a device gets mentions no label any more; what was written does.
        keys.extend(candidate.written.words().iter().flat_map(|word| word.labels()).cloned());
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What resolving found.
#[derive(Default)]
struct Found {
    /// What is wrong, by the name of the check. Conflicts have a check of their own.
    of: BTreeMap<&'static str, Vec<CheckFinding>>,
    /// Why more may be wrong.
    hidden: Option<String>,
}

fn findings(fleet: &Fleet, rooms: &Rooms) -> Found {
    let mut found = Found::default();
    for room in &rooms.rooms {
        let devices = room.iter().map(|device| device.facts.clone());
        let Ok(inventory) = Inventory::new(devices, Coverage::Complete) else {
            found.hidden = Some("two devices have one id".to_owned());
            continue;
        };
        let Err(unresolved) = fleet.resolve(&inventory) else { continue };
        let is_conflict = |finding: &Finding| matches!(finding, Finding::Conflict { .. });
        if unresolved.findings().iter().any(is_conflict) {
            found.hidden = Some(
                "where candidates are in conflict, more may be wrong; solve the conflicts first"
                    .to_owned(),
            );
        } else if unresolved.n_more() > 0 {
            found.hidden =
                Some("resolving found more than it lists; correct the others first".to_owned());
        }
        for finding in unresolved.findings() {
            let (name, mut own) = finding_of(finding);
            let witness = on(finding).and_then(|on| {
                let device = room.iter().find(|device| *device.facts.id() == on.witness)?;
                Some((on, device))
            });
            if let Some((on, device)) = witness {
                own.example = Some(device.facts.clone());
                own.region = Some(region(finding, &device.region));
                own.n_more = on.n_devices.saturating_sub(1);
            }
            let of_name = found.of.entry(name).or_default();
            match of_name.iter_mut().find(|known| known.about == own.about) {
                Some(known) => known.n_more += own.n_more + 1,
                None => of_name.push(own),
            }
        }
    }
    found
}

/// Where it is so, as far as the device tells that stands for those in `region`.
fn region(finding: &Finding, region: &Selector) -> Selector {
    match finding {
        Finding::MissingLabel { key, .. } => {
            let exists = Test::Exists { key: key.clone() };
            match region.atoms().contains(&&exists) {
                true => region.clone(),
                false => Selector::all_of([region.clone(), !Selector::test(exists)]),
            }
        }
        _ => region.clone(),
    }
}

/// The devices on which it was found.
fn on(finding: &Finding) -> Option<&Devices> {
    match finding {
        Finding::Conflict { on, .. }
        | Finding::MissingLabel { on, .. }
        | Finding::MissingField { on, .. }
        | Finding::UnknownDependency { on, .. }
        | Finding::BadDependency { on, .. }
        | Finding::Cycle { on, .. } => Some(on),
        _ => None,
    }
}
