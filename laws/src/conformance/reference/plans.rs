//! Plans of the reference interpreter: those of the trait, unless a bug says otherwise.

use std::sync::Arc;

use escadre_algebra::{Configuration, Coverage, DeviceId, Outcome, Resolved};
use escadre_interpreter::{
    Change, ChangeKind, Desired, Interpreter, Plan, PlanParts, ResourceChange, Revision, Snapshot,
};

use super::Reference;
use super::bug::Bug;

impl Reference {
    /// What would change.
    pub(super) fn planned(&self, resolved: &Resolved, held: &Snapshot, base: &Revision) -> Plan {
        let held = match (&self.wrote, self.has(Bug::RemembersState)) {
            (Some(wrote), true) => wrote,
            _ => held,
        };
        let normalise = &|name: &_, state: &_| self.normalise(name, state);
        let plan = Plan::new(&self.target(), base, held, &Desired { resolved, normalise });
        match self.bug {
            Some(Bug::KeepsResources) => with_changes(&plan, |changes| {
                for change in changes.iter_mut() {
                    if change.kind == ChangeKind::Changed {
                        change.resources.retain(|resource| resource.after.is_some());
                    }
                }
                changes.retain(|change| {
                    change.kind != ChangeKind::Changed || !change.resources.is_empty()
                });
            }),
            Some(Bug::PlansUnchanged) => with_changes(&plan, |changes| {
                let planned: Vec<DeviceId> = changes.iter().map(|c| c.device.clone()).collect();
                let members = members(resolved).filter(|id| held.get(id.as_str()).is_some());
                changes.extend(members.filter(|id| !planned.contains(id)).map(|device| Change {
                    device: device.clone(),
                    kind: ChangeKind::Changed,
                    resources: Vec::new(),
                }));
            }),
            Some(Bug::UnknownIsAbsent) => with_changes(&plan, |changes| {
                let undetermined = resolved.iter();
                let undetermined = undetermined.filter(|(_, o)| **o == Outcome::Undetermined);
                changes.extend(undetermined.filter_map(|(facts, _)| {
                    Some(removal(facts.id(), held.get(facts.id().as_str())?))
                }));
            }),
            Some(Bug::RemovesUndetermined) => {
                with_changes(&plan, |changes| remove_undetermined(changes, resolved, held))
            }
            Some(Bug::PrunesUnlisted) => with_changes(&plan, |changes| {
                if resolved.inventory().coverage() == Coverage::Partial {
                    let unlisted =
                        held.iter().filter(|(id, _)| resolved.outcome(id.as_str()).is_none());
                    changes.extend(unlisted.map(|(id, before)| removal(id, before)));
                }
            }),
            _ => plan,
        }
    }
}

fn members(resolved: &Resolved) -> impl Iterator<Item = &DeviceId> {
    let members = resolved.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Member(_)));
    members.map(|(facts, _)| facts.id())
}

fn removal(device: &DeviceId, before: &Configuration) -> Change {
    let gone = before.resources().iter().map(|(name, state)| ResourceChange {
        name: name.clone(),
        before: Some(Arc::clone(state)),
        after: None,
        written: None,
    });
    Change { device: device.clone(), kind: ChangeKind::Removed, resources: gone.collect() }
}

/// Adds the removal of every resource that is held and undetermined.
fn remove_undetermined(changes: &mut Vec<Change>, resolved: &Resolved, held: &Snapshot) {
    for (facts, outcome) in resolved.iter() {
        let Outcome::Member(member) = outcome else { continue };
        let Some(before) = held.get(facts.id().as_str()) else { continue };
        let gone = removal(facts.id(), before).resources.into_iter();
        let gone = gone.filter(|resource| member.undetermined.contains(&resource.name));
        let gone: Vec<ResourceChange> = gone.collect();
        match changes.iter_mut().find(|change| change.device == *facts.id()) {
            Some(change) => change.resources.extend(gone),
            None if gone.is_empty() => {}
            None => changes.push(Change {
                device: facts.id().clone(),
                kind: ChangeKind::Changed,
                resources: gone,
            }),
        }
    }
}

/// `plan` with its changes edited. What its summary counts is not: the bugs are not that careful.
fn with_changes(plan: &Plan, edit: impl FnOnce(&mut Vec<Change>)) -> Plan {
    let mut changes = plan.changes().to_vec();
    edit(&mut changes);
    Plan::from_parts(PlanParts {
        target: plan.target().to_owned(),
        base: plan.base().clone(),
        fleet: plan.fleet(),
        inventory: plan.inventory(),
        coverage: plan.coverage(),
        summary: plan.summary(),
        n_members: plan.n_members(),
        changes,
    })
}
