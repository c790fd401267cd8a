//! The invariants: what must be so after every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{DeviceId, ResourceName, ResourceState};
use escadre_interpreter::{Change, ChangeKind, Interpreter, Plan, Snapshot};
use escadre_sim::{Ended, Entry, Simulator, Status, wait};

use super::model::{Model, digests};
use super::plans::Planned;
use super::system::System;
use super::transition::Transition;
use super::world::{Resources, Told, World};

/// What the world holds is what the model holds, who wrote it too; the next plan is the difference
/// to what is wanted; what the step must not change is as it was.
pub(super) fn ensure_as_modelled(system: &mut System, model: &Model, transition: &Transition) {
    let mut world = system.controllers[0].clone();
    let seen = wait(world.observe()).unwrap();
    let held = world.lift(&seen.state).unwrap();
    assert_eq!(resources(&held), model.world.held(), "{transition}: what is held, and should");
    let stamps = model.world.members.iter().map(|(id, written)| (id, written.generation));
    for (id, generation) in stamps {
        let found = seen.state.generation(id.as_str());
        assert_eq!(found, Some(generation), "{transition}: which apply wrote {id}, and should");
    }
    assert_eq!(seen.state.n_states(), model.world.numbers.len(), "{transition}: stored states");

    // Every write changes the revision, and nothing else does.
    let revision = seen.revision.to_string();
    let n_writes = revision.split('-').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(n_writes, model.world.n_writes, "{transition}: how often something was written");
    let was = system.revision.split('-').next().unwrap_or_default();
    assert!(was != n_writes.to_string() || revision == system.revision, "{transition}");
    let generation = world.fence().unwrap().map_or(0, |fence| fence.generation);
    assert!(generation >= system.generation, "{transition}: the fence went back");
    (system.revision, system.generation, system.seen) = (revision, generation, held);

    if let Some(wanted) = model.wanted() {
        let plan = world.plan(wanted, &system.seen, &seen.revision);
        ensure_plan(&plan, &Planned::new(wanted, &model.world));
    }
    for (slot, planned) in model.plans.iter().enumerate() {
        let kept = system.plans[slot].as_ref();
        assert_eq!(kept.is_some(), planned.is_some());
        if let (Transition::Plan { slot: made, .. }, Some(kept), Some(planned)) =
            (transition, kept, planned)
            && *made == slot
        {
            ensure_plan(&kept.plan, planned);
        }
    }
}

/// What a snapshot says of each member.
pub(super) fn resources(held: &Snapshot) -> BTreeMap<DeviceId, Resources> {
    held.iter().map(|(id, held)| (id.clone(), held.resources().clone())).collect()
}

/// A plan is exactly the difference: these devices, of each these resources, and these numbers.
fn ensure_plan(plan: &Plan, planned: &Planned) {
    let kinds: Vec<_> = plan.changes().iter().map(|c| (&c.device, c.kind)).collect();
    assert_eq!(kinds, planned.changes(), "the devices that a plan changes, and should");
    assert_eq!(plan.summary(), planned.summary());
    assert_eq!(plan.n_members(), planned.before.len());
    let nothing = Resources::new();
    for change in plan.changes() {
        let before = planned.before.get(&change.device).unwrap_or(&nothing);
        let after = planned.after.get(&change.device).unwrap_or(&nothing);
        ensure_change(change, before, after);
    }
}

fn ensure_change(change: &Change, before: &Resources, after: &Resources) {
    type Both<'a> = (Option<&'a Arc<ResourceState>>, Option<&'a Arc<ResourceState>>);
    let names = before.keys().chain(after.keys());
    let differs = |name: &&ResourceName| before.get(*name) != after.get(*name);
    let expected: BTreeMap<&ResourceName, Both<'_>> =
        names.filter(differs).map(|name| (name, (before.get(name), after.get(name)))).collect();
    let planned: BTreeMap<&ResourceName, Both<'_>> =
        change.resources.iter().map(|r| (&r.name, (r.before.as_ref(), r.after.as_ref()))).collect();
    assert_eq!(planned.len(), change.resources.len(), "a resource is changed twice");
    assert_eq!(planned, expected, "what a plan changes of {}, and should", change.device);
    assert!(change.kind != ChangeKind::Changed || !planned.is_empty());
}

/// Every device of `seen` is as in one of `states`: none is half-written.
pub(super) fn ensure_whole(seen: &Snapshot, states: &[&Snapshot], when: &str) {
    let ids = states.iter().chain([&seen]).flat_map(|state| state.iter().map(|(id, _)| id));
    for id in ids {
        let found = seen.get(id.as_str());
        let whole = states.iter().any(|state| state.get(id.as_str()) == found);
        assert!(whole, "{id} is neither as before nor as after {when}: {found:?}");
    }
}

/// What a world tells of itself: its status, what devices run, its history, its contents.
pub(super) fn ensure_status(world: &Simulator, model: &Model) {
    let status = world.status().unwrap();
    assert_eq!(status, expected_status(&model.world, &status), "the status, and what it should be");
    let running = world.running().unwrap();
    let running: BTreeMap<&str, &Resources> =
        running.iter().map(|(id, running)| (&**id, running.resources())).collect();
    let modelled = model.world.running.iter();
    let modelled = modelled.map(|(id, running)| (id.as_str(), &running.installed)).collect();
    assert_eq!(running, modelled, "what devices run, and should");
    let history: Vec<Told> = world.history().unwrap().iter().map(told).collect();
    assert_eq!(history, model.world.history);
    for digest in digests() {
        let found = world.content(digest).unwrap().is_some();
        assert_eq!(found, model.world.names(digest), "whether {digest} is stored, and should");
    }
}

fn told(entry: &Entry) -> Told {
    Told {
        by_drift: entry.writer == "sim:drift",
        generation: entry.generation,
        n_written: entry.n_written,
        n_removed: entry.n_removed,
        n_lost: entry.n_lost,
        n_refused: entry.n_refused,
        is_done: entry.ended == Ended::Done,
    }
}

/// The status that the model asks for; the digests, which it does not know, are as found.
fn expected_status(world: &World, found: &Status) -> Status {
    let members = world.members.len();
    let unknown = world.running.keys().filter(|id| !world.members.contains_key(*id)).count();
    let online = world.running.values().filter(|running| running.is_online).count();
    let up_to_date = world.members.iter().filter(|(id, written)| {
        world.running.get(*id).is_some_and(|running| running.installed == written.resources)
    });
    let up_to_date = up_to_date.count();
    let leaving = world
        .running
        .iter()
        .filter(|(id, running)| !world.members.contains_key(*id) && !running.installed.is_empty());
    let mut fence = found.fence.clone();
    assert_eq!(fence.is_some(), world.generation > 0);
    if let Some(fence) = &mut fence {
        fence.generation = world.generation;
        fence.ended = if world.is_done { Ended::Done } else { Ended::InProgress };
    }
    Status {
        members,
        online,
        offline: members + unknown - online,
        up_to_date,
        behind: members - up_to_date,
        failing: world.running.values().filter(|running| running.is_failing).count(),
        leaving: leaving.count(),
        clock_ms: world.clock_ms,
        revision: found.revision.clone(),
        fence,
    }
}
