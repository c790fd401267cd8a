//! What one simulated device does: pulls what is written for it, installs it in order, reports.

use serde::{Deserialize, Serialize};

use crate::clock::TICK_MS;
use crate::fault::{Faults, SLOW_TICKS, WINDOW};
use crate::world::Resources;

/// What one device runs and last reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// The generation that is wholly installed; 0 before the first.
    pub(crate) generation: u64,
    /// When the device last reported, in virtual milliseconds.
    pub(crate) reported_ms: u64,
    /// Whether it was reached at the end of the last step.
    pub(crate) online: bool,
    /// The resource whose pull failed last, until it succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failing: Option<String>,
    /// The slow pull under way: which state, and since which tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pulling: Option<(u64, u64)>,
    /// What is installed; stored beside this record.
    #[serde(skip)]
    pub(crate) installed: Resources,
}

/// What is written for one device.
pub(crate) struct Wanted<'a> {
    pub(crate) generation: u64,
    /// The resources with their states, each behind those that it is after.
    pub(crate) resources: &'a [(&'a str, u64)],
}

impl Wanted<'_> {
    fn is_installed(&self, running: &Running) -> bool {
        running.installed.len() == self.resources.len()
            && self
                .resources
                .iter()
                .all(|(name, state)| running.installed.get(*name) == Some(state))
    }
}

/// What happened on one device during a step.
#[derive(Clone, Copy, Default)]
pub(crate) struct Did {
    pub(crate) n_installed: usize,
    pub(crate) n_failed: usize,
}

/// The device `id` from just after the tick `from` until the tick `to`.
///
/// Costs O(ticks while something is not installed + windows), none of it while nothing is to do.
pub(crate) fn run(
    id: &str,
    running: &mut Running,
    wanted: &Wanted<'_>,
    faults: &Faults,
    (from, to): (u64, u64),
) -> Did {
    let mut did = Did::default();
    let mut tick = from + 1;
    while tick <= to && !wanted.is_installed(running) {
        if faults.reaches(id, tick) {
            reconcile(id, running, wanted, faults, tick, &mut did);
            running.reported_ms = tick * TICK_MS;
            tick += 1;
        } else {
            tick = (tick / WINDOW + 1) * WINDOW;
        }
    }
    if wanted.is_installed(running) {
        running.generation = wanted.generation;
    }
    if let Some(tick) = last_reached(id, faults, from, to) {
        running.reported_ms = running.reported_ms.max(tick * TICK_MS);
    }
    if to > from {
        running.online = faults.reaches(id, to);
    }
    did
}

fn last_reached(id: &str, faults: &Faults, from: u64, to: u64) -> Option<u64> {
    let mut tick = to;
    while tick > from {
        if faults.reaches(id, tick) {
            return Some(tick);
        }
        tick = (tick / WINDOW * WINDOW).checked_sub(1)?;
    }
    None
}

/// One tick of a device that is reached: what is not wanted goes, then all that can be pulled comes in order.
fn reconcile(
    id: &str,
    running: &mut Running,
    wanted: &Wanted<'_>,
    faults: &Faults,
    tick: u64,
    did: &mut Did,
) {
    running.installed.retain(|name, _| wanted.resources.iter().any(|(wanted, _)| wanted == name));
    for &(name, state) in wanted.resources {
        if running.installed.get(name) == Some(&state) {
            continue;
        }
        if faults.pull_fails(id, name, tick) {
            did.n_failed += 1;
            running.failing = Some(name.to_owned());
            return;
        }
        if faults.pull_is_slow(id, name, state) {
            let since = match running.pulling {
                Some((pulling, since)) if pulling == state => since,
                _ => tick,
            };
            if tick < since + SLOW_TICKS {
                running.pulling = Some((state, since));
                return;
            }
            running.pulling = None;
        }
        running.installed.insert(name.to_owned(), state);
        did.n_installed += 1;
    }
    running.failing = None;
    running.pulling = None;
}
