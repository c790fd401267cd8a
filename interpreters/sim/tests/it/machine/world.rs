//! The model of a world: plain maps from devices to resources to states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{DeviceId, Digest, ResourceName, ResourceState};

use super::devices::Running;

/// What one device has, or is to have.
pub(super) type Resources = BTreeMap<ResourceName, Arc<ResourceState>>;

/// What is written for one member, and by which generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) generation: u64,
    pub(super) resources: Resources,
}

/// One write as the history tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) by_drift: bool,
    pub(super) generation: u64,
    pub(super) n_written: u64,
    pub(super) n_removed: u64,
    pub(super) n_lost: u64,
    pub(super) n_refused: u64,
    pub(super) is_done: bool,
}

/// What a world must hold.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) members: BTreeMap<DeviceId, Written>,
    pub(super) running: BTreeMap<DeviceId, Running>,
    /// The distinct resources that are stored, with their numbers.
    pub(super) numbers: BTreeMap<Arc<ResourceState>, u64>,
    pub(super) next_number: u64,
    pub(super) clock_ms: u64,
    /// How often something was written: the first part of the revision.
    pub(super) n_writes: u64,
    /// How often the fence was taken.
    pub(super) generation: u64,
    /// Whether the last apply has ended.
    pub(super) is_done: bool,
    pub(super) history: Vec<Told>,
}

impl World {
    /// The members with their resources, without who wrote them.
    pub(super) fn held(&self) -> BTreeMap<DeviceId, Resources> {
        self.members.iter().map(|(id, written)| (id.clone(), written.resources.clone())).collect()
    }

    /// The number of `state`, which is stored if it is not.
    pub(super) fn number(&mut self, state: &Arc<ResourceState>) -> u64 {
        *self.numbers.entry(Arc::clone(state)).or_insert_with(|| {
            self.next_number += 1;
            self.next_number - 1
        })
    }

    /// Writes one device whole; `None` removes it.
    pub(super) fn write(&mut self, id: &DeviceId, resources: Option<&Resources>) {
        let Some(resources) = resources else {
            self.members.remove(id);
            return;
        };
        for state in resources.values() {
            self.number(state);
        }
        let written = Written { generation: self.generation, resources: resources.clone() };
        self.members.insert(id.clone(), written);
    }

    /// Forgets the states that no device has and none is to have.
    pub(super) fn collect_garbage(&mut self) {
        let written = self.members.values().map(|written| &written.resources);
        let installed = self.running.values().map(|running| &running.installed);
        let live: BTreeSet<Arc<ResourceState>> =
            written.chain(installed).flat_map(|all| all.values().cloned()).collect();
        self.numbers.retain(|state, _| live.contains(state));
    }

    /// Whether a state that is stored names the content `digest`.
    pub(super) fn names(&self, digest: Digest) -> bool {
        let digest = digest.to_string();
        self.numbers.keys().any(|state| state.to_json().to_string().contains(&digest))
    }
}
