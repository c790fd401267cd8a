//! The model of devices, tick by tick.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, ResourceName, ResourceState};

use super::draws::Wrong;
use super::expected::{Expected, Hit, Outcome};
use super::world::{Resources, World};

const TICK_MS: u64 = 1000;
/// How many ticks a slow pull takes.
const SLOW_TICKS: u64 = 10;

/// What one device has.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    pub(super) installed: Resources,
    pub(super) is_online: bool,
    pub(super) is_failing: bool,
    /// The slow pull under way: of which state, and since which tick.
    pulling: Option<(u64, u64)>,
}

/// A resource with its state and that one's number.
type Wanted = (ResourceName, Arc<ResourceState>, u64);

/// What happened in one step.
#[derive(Default)]
struct Did {
    n_installed: usize,
    n_failed: usize,
    hits: Vec<Hit>,
}

/// Lets `ms` pass in `world`, with the faults `wrong`.
pub(super) fn pass(world: &mut World, ms: u64, wrong: &Wrong) -> Expected {
    let first = world.clock_ms / TICK_MS + 1;
    world.clock_ms += ms;
    let last = world.clock_ms / TICK_MS;
    let mut did = Did::default();
    let before = std::mem::take(&mut world.running);
    let mut wanted: BTreeMap<DeviceId, Vec<Wanted>> = BTreeMap::new();
    for (id, written) in world.members.clone() {
        wanted.insert(id, in_order(world, &written.resources));
    }
    // Who is no member any more is still there while it has something.
    for id in before.iter().filter(|(_, running)| !running.installed.is_empty()).map(|(id, _)| id) {
        wanted.entry(id.clone()).or_default();
    }
    for (id, wanted) in wanted {
        let mut running = before.get(&id).cloned().unwrap_or_default();
        for tick in first..=last {
            let (off, cut) =
                (wrong.is_offline(id.as_str(), tick), wrong.is_cut_off(id.as_str(), tick));
            did.hits.extend(off.then_some(Hit::Offline));
            did.hits.extend(cut.then_some(Hit::CutOff));
            running.is_online = !off && !cut;
            if running.is_online && !is_installed(&running, &wanted) {
                reconcile(&id, &mut running, &wanted, (wrong, tick), &mut did);
            }
        }
        world.running.insert(id, running);
    }
    let outcome = Outcome::Passed { n_installed: did.n_installed, n_failed: did.n_failed };
    // Each kind counts once a step.
    did.hits.sort();
    did.hits.dedup();
    Expected { outcome, hits: did.hits }
}

fn in_order(world: &mut World, resources: &Resources) -> Vec<Wanted> {
    let order = Configuration::new(resources.clone()).order().to_vec();
    let wanted = order.into_iter().filter_map(|name| {
        let state = resources.get(&name)?;
        Some((name, Arc::clone(state), world.number(state)))
    });
    wanted.collect()
}

fn is_installed(running: &Running, wanted: &[Wanted]) -> bool {
    let has = |(name, state, _): &Wanted| running.installed.get(name) == Some(state);
    running.installed.len() == wanted.len() && wanted.iter().all(has)
}

/// One tick of a device that is reached.
fn reconcile(
    id: &DeviceId,
    running: &mut Running,
    wanted: &[Wanted],
    (wrong, tick): (&Wrong, u64),
    did: &mut Did,
) {
    running.installed.retain(|name, _| wanted.iter().any(|(wanted, ..)| wanted == name));
    for (name, state, number) in wanted {
        if running.installed.get(name) == Some(state) {
            continue;
        }
        if wrong.pull_fails(id.as_str(), name.as_str(), tick) {
            did.n_failed += 1;
            did.hits.push(Hit::FailedPull);
            running.is_failing = true;
            return;
        }
        if wrong.pull_is_slow(id.as_str(), name.as_str(), *number) {
            did.hits.push(Hit::SlowPull);
            let since = running.pulling.filter(|(pulling, _)| pulling == number);
            let since = since.map_or(tick, |(_, since)| since);
            if tick < since + SLOW_TICKS {
                running.pulling = Some((*number, since));
                return;
            }
            running.pulling = None;
        }
        running.installed.insert(name.clone(), Arc::clone(state));
        did.n_installed += 1;
    }
    (running.is_failing, running.pulling) = (false, None);
}
