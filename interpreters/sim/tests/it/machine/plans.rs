//! The model of planning and applying: the difference between two maps, and the writes that make it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{Coverage, DeviceId, Outcome as Resolution, Resolved};
use escadre_interpreter::{ChangeKind, Consent, Summary};

use super::draws::Wrong;
use super::expected::{Expected, Hit, Outcome};
use super::world::{Resources, Told, World};

/// What the model knows of a plan: from what to what, and what it was made for.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) resolved: Arc<Resolved>,
    /// The number of writes before it.
    pub(super) n_writes: u64,
    pub(super) before: BTreeMap<DeviceId, Resources>,
    pub(super) after: BTreeMap<DeviceId, Resources>,
}

impl Planned {
    /// The plan that makes `world` what `resolved` wants.
    ///
    /// What is not known stays: a device whose membership unknown labels decide, a resource that
    /// they decide, and a device that a partial inventory does not list.
    pub(super) fn new(resolved: &Arc<Resolved>, world: &World) -> Self {
        let before = world.held();
        let mut after = before.clone();
        if resolved.inventory().coverage() == Coverage::Complete {
            after.retain(|id, _| resolved.outcome(id.as_str()).is_some());
        }
        for (facts, outcome) in resolved.iter() {
            let member = match outcome {
                Resolution::Undetermined => continue,
                Resolution::NotMember => {
                    after.remove(facts.id());
                    continue;
                }
                Resolution::Member(member) => member,
            };
            let mut resources = member.configuration.instantiate(facts).resources().clone();
            let held = before.get(facts.id());
            for name in member.undetermined.iter() {
                let state = held.and_then(|held| held.get(name));
                resources.extend(state.map(|state| (name.clone(), Arc::clone(state))));
            }
            after.insert(facts.id().clone(), resources);
        }
        Self { resolved: Arc::clone(resolved), n_writes: world.n_writes, before, after }
    }

    /// The devices that change, in the order of their ids.
    pub(super) fn changes(&self) -> Vec<(&DeviceId, ChangeKind)> {
        let ids: BTreeSet<&DeviceId> = self.before.keys().chain(self.after.keys()).collect();
        let change = |id| match (self.before.get(id), self.after.get(id)) {
            (None, Some(_)) => Some((id, ChangeKind::Added)),
            (Some(_), None) => Some((id, ChangeKind::Removed)),
            (before, after) => (before != after).then_some((id, ChangeKind::Changed)),
        };
        ids.into_iter().filter_map(change).collect()
    }

    pub(super) fn summary(&self) -> Summary {
        let kinds: BTreeMap<&DeviceId, ChangeKind> = self.changes().into_iter().collect();
        let listed = self.resolved.iter().map(|(facts, _)| facts.id());
        let all: BTreeSet<&DeviceId> = listed.chain(self.before.keys()).collect();
        let mut summary = Summary::default();
        for id in all {
            *match (kinds.get(id), self.is_undetermined(id)) {
                (Some(ChangeKind::Added), _) => &mut summary.added,
                (Some(ChangeKind::Changed), _) => &mut summary.changed,
                (Some(ChangeKind::Removed), _) => &mut summary.removed,
                (None, true) => &mut summary.undetermined,
                (None, false) => &mut summary.unchanged,
            } += 1;
        }
        summary
    }

    /// Whether something about `id` is not known.
    fn is_undetermined(&self, id: &DeviceId) -> bool {
        match self.resolved.outcome(id.as_str()) {
            None | Some(Resolution::Undetermined) => true,
            Some(Resolution::Member(member)) => !member.undetermined.is_empty(),
            Some(Resolution::NotMember) => false,
        }
    }

    /// Why this may not be applied to `world` with `consent`, for the fleet and inventory `objects`.
    fn refusal(&self, world: &World, consent: &Consent, objects: &Resolved) -> Option<Expected> {
        let n_removed = self.summary().removed;
        let n_members = self.before.len();
        if n_removed > 0 && !consent.keep_removed {
            if self.resolved.inventory().coverage() == Coverage::Partial {
                let outcome = Outcome::PruneOnPartial { n_removed };
                return Some(Expected::of(outcome, Hit::PruneOnPartial));
            }
            if !consent.accept_shrink && n_removed * 5 > n_members {
                let outcome = Outcome::Shrink { n_removed, n_members };
                return Some(Expected::of(outcome, Hit::ShrinkGuard));
            }
        }
        let stale = |what, hit| Some(Expected::of(Outcome::Stale(what), hit));
        if self.resolved.fleet_digest() != objects.fleet_digest() {
            return stale("the fleet", Hit::StaleFleet);
        }
        if self.resolved.inventory_digest() != objects.inventory_digest() {
            return stale("the inventory", Hit::StaleInventory);
        }
        if self.n_writes != world.n_writes {
            return stale("the target's revision", Hit::StaleRevision);
        }
        None
    }

    /// What is left to do with `consent`.
    fn to_do(&self, consent: &Consent) -> Vec<(&DeviceId, ChangeKind)> {
        let mut changes = self.changes();
        changes.retain(|(_, kind)| !(consent.keep_removed && *kind == ChangeKind::Removed));
        changes
    }

    fn left_alone(&self, consent: &Consent) -> Vec<Hit> {
        let kept = self.to_do(consent).len() < self.changes().len();
        let listed = |id: &DeviceId| self.resolved.outcome(id.as_str()).is_some();
        let unlisted = self.before.keys().any(|id| !listed(id) && self.after.contains_key(id));
        let undetermined = self.resolved.iter().any(|(facts, _)| self.is_undetermined(facts.id()));
        let hits = [
            kept.then_some(Hit::RemovedKept),
            unlisted.then_some(Hit::UnlistedLeftAlone),
            undetermined.then_some(Hit::UndeterminedLeftAlone),
        ];
        hits.into_iter().flatten().collect()
    }
}

/// How a plan is applied.
pub(super) struct How<'a> {
    pub(super) objects: &'a Resolved,
    pub(super) consent: Consent,
    pub(super) wrong: &'a Wrong,
}

/// Applies `planned` to `world`: the fence is taken, then whole devices are written.
pub(super) fn apply(world: &mut World, planned: &Planned, how: &How<'_>) -> Expected {
    if let Some(refused) = planned.refusal(world, &how.consent, how.objects) {
        return refused;
    }
    let changes = planned.to_do(&how.consent);
    if changes.is_empty() {
        let outcome = Outcome::Applied { n_written: 0, n_removed: 0, failed: Vec::new() };
        return Expected::of(outcome, Hit::NothingToDo);
    }
    take_fence(world);
    let mut hits = planned.left_alone(&how.consent);
    let crash = how.wrong.crash_after.map(|n| n as usize).filter(|n| *n <= changes.len());
    let n_done = crash.unwrap_or(changes.len());
    let mut told = *world.history.last().unwrap();
    let mut failed = Vec::new();
    for (id, kind) in &changes[..n_done] {
        if how.wrong.write_is_refused(id.as_str(), world.generation) {
            failed.push((*id).clone());
            hits.push(Hit::RefusedWrite);
            told.n_refused += 1;
            continue;
        }
        told.n_written += 1;
        told.n_removed += u64::from(*kind == ChangeKind::Removed);
        if how.wrong.write_is_lost(id.as_str(), world.generation) {
            hits.push(Hit::LostWrite);
            told.n_lost += 1;
            continue;
        }
        world.write(id, planned.after.get(*id));
    }
    if n_done > 0 {
        told.is_done = n_done == changes.len();
        world.n_writes += 1;
        world.is_done = told.is_done;
        *world.history.last_mut().unwrap() = told;
    }
    if world.is_done {
        world.collect_garbage();
    }
    let outcome = match crash {
        Some(n_done) => {
            hits.push(match n_done {
                0 => Hit::CrashBeforeTheFirst,
                n if n == changes.len() => Hit::CrashAfterTheLast,
                _ => Hit::CrashMidway,
            });
            Outcome::Crashed { n_done }
        }
        None => {
            let (n_written, n_removed) = (told.n_written as usize, told.n_removed as usize);
            Outcome::Applied { n_written, n_removed, failed }
        }
    };
    Expected { outcome, hits }
}

fn take_fence(world: &mut World) {
    world.generation += 1;
    world.n_writes += 1;
    world.is_done = false;
    world.history.push(Told {
        by_drift: false,
        generation: world.generation,
        n_written: 0,
        n_removed: 0,
        n_lost: 0,
        n_refused: 0,
        is_done: false,
    });
}

/// Applies `planned` to `world`, while another controller plans for `rival` and applies that once
/// the fence is taken.
pub(super) fn take_over(
    world: &mut World,
    planned: &Planned,
    how: &How<'_>,
    rival: &Arc<Resolved>,
) -> Expected {
    let is_refused = planned.refusal(world, &how.consent, how.objects).is_some();
    if is_refused || planned.to_do(&how.consent).is_empty() {
        return apply(world, planned, how);
    }
    let mut taken = world.clone();
    take_fence(&mut taken);
    let ours = taken.generation;
    let theirs = Planned::new(rival, &taken);
    apply(&mut taken, &theirs, &How { objects: rival, ..*how });
    if taken.generation > ours {
        *world = taken;
        return Expected::of(Outcome::Fenced { ours, theirs: ours + 1 }, Hit::Takeover);
    }
    // The other wrote nothing, so this one has the fence still.
    let mut expected = apply(world, planned, how);
    expected.hits.push(Hit::TakeoverWithoutWrite);
    expected
}

/// Members may leave in any number.
pub(super) fn consenting() -> Consent {
    Consent { accept_shrink: true, ..Consent::default() }
}
