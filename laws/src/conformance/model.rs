//! What a target must hold, computed without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{
    Configuration, Coverage, DeviceId, Facts, Member, Outcome, Resolved, ResourceName,
    ResourceState,
};
use escadre_interpreter::{ChangeKind, Interpreter, Plan, Snapshot};

type Resources = BTreeMap<ResourceName, Arc<ResourceState>>;

/// norm ∘ erase: what `target` must hold once `resolved` was applied to a target that held `before`.
///
/// What is not determined stays as it was, and so do devices that a partial inventory does not list.
pub(crate) fn erased<I: Interpreter>(
    target: &I,
    resolved: &Resolved,
    before: &Snapshot,
) -> Snapshot {
    let mut held: BTreeMap<DeviceId, Arc<Configuration>> = BTreeMap::new();
    for (id, configuration) in before.iter() {
        let listed = resolved.outcome(id.as_str());
        let stays = match listed {
            Some(outcome) => *outcome == Outcome::Undetermined,
            None => resolved.inventory().coverage() == Coverage::Partial,
        };
        if stays {
            held.insert(id.clone(), Arc::clone(configuration));
        }
    }
    for (facts, outcome) in resolved.iter() {
        let Outcome::Member(member) = outcome else { continue };
        let resources = normal(target, facts, member, before);
        if target.capabilities().membership_marker || !resources.is_empty() {
            held.insert(facts.id().clone(), Arc::new(Configuration::new(resources)));
        }
    }
    held.into_iter().collect()
}

/// What one member must hold.
fn normal<I: Interpreter>(
    target: &I,
    facts: &Facts,
    member: &Member,
    before: &Snapshot,
) -> Resources {
    let wanted = member.configuration.resources().iter();
    let mut resources: Resources = wanted
        .filter_map(|(name, written)| {
            let held = target.normalise(name, written)?;
            Some((name.clone(), Arc::new(held.instantiate(facts))))
        })
        .collect();
    for name in member.undetermined.iter() {
        let held = before.get(facts.id().as_str());
        if let Some(held) = held.and_then(|held| held.resources().get(name)) {
            resources.insert(name.clone(), Arc::clone(held));
        }
    }
    resources
}

/// What a target holds once `plan` was executed on one that held `before`: the plan's own meaning.
pub(crate) fn executed(plan: &Plan, before: &Snapshot) -> Snapshot {
    let mut held: BTreeMap<DeviceId, Arc<Configuration>> =
        before.iter().map(|(id, c)| (id.clone(), Arc::clone(c))).collect();
    for change in plan.changes() {
        if change.kind == ChangeKind::Removed {
            held.remove(&change.device);
            continue;
        }
        let present = held.get(&change.device);
        let mut resources: Resources =
            present.map(|present| present.resources().clone()).unwrap_or_default();
        for resource in &change.resources {
            match &resource.after {
                Some(state) => resources.insert(resource.name.clone(), Arc::clone(state)),
                None => resources.remove(&resource.name),
            };
        }
        held.insert(change.device.clone(), Arc::new(Configuration::new(resources)));
    }
    held.into_iter().collect()
}

/// The members of `snapshot` for which `keep` holds, with what they hold.
pub(crate) fn restricted(snapshot: &Snapshot, keep: impl Fn(&DeviceId) -> bool) -> Snapshot {
    let members = snapshot.iter().filter(|(id, _)| keep(id));
    members.map(|(id, configuration)| (id.clone(), Arc::clone(configuration))).collect()
}
