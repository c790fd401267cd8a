//! Rows of devices, from what was read of each: a manifest that can be true, and what it names.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, Digest, ResourceName, ResourceState};
use foldhash::fast::RandomState;

use super::values::Entry;
use super::{Pending, State};
use crate::forms::{Head, Named};
use crate::names::Key;
use crate::world::{Anomaly, Held, Row, World};

/// A content is there iff its head is, and all parts that it counts.
pub(super) fn contents(
    world: &mut World,
    heads: BTreeMap<Digest, Result<Head, String>>,
    parts: BTreeMap<Digest, BTreeSet<u32>>,
) {
    // Of a content that was deleted there are only the marks.
    for (digest, parts) in parts.into_iter().filter(|(_, parts)| !parts.is_empty()) {
        world.contents.entry(digest).or_default().parts = parts;
    }
    for (digest, head) in heads {
        let content = world.contents.entry(digest).or_default();
        let why = match head {
            Ok(Head { n_parts, .. }) => {
                let n_there = content.parts.range(..n_parts).count() as u64;
                content.is_whole = n_there == u64::from(n_parts);
                if content.is_whole {
                    continue;
                }
                "some of its parts are not there".to_owned()
            }
            Err(why) => why,
        };
        world.anomalies.push(Anomaly::new(&Key::ContentHead(digest), why));
    }
}

/// What devices have in common, found by the digests of their resources.
pub(super) type Shared = HashSet<ByDigests, RandomState>;

pub(super) struct ByDigests(Arc<Held>);

type Digests = [(ResourceName, Digest)];

impl Borrow<Digests> for ByDigests {
    fn borrow(&self) -> &Digests {
        &self.0.digests
    }
}

impl PartialEq for ByDigests {
    fn eq(&self, other: &Self) -> bool {
        self.0.digests == other.0.digests
    }
}

impl Eq for ByDigests {}

impl Hash for ByDigests {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.digests.hash(hasher);
    }
}

/// What a device holds, if that is just what its manifest names.
pub(super) fn whole(
    pending: &mut Pending,
    states: &[(Digest, State)],
    shared: &mut Shared,
) -> Option<Arc<Held>> {
    let Some((_, Ok(manifest))) = &pending.manifest else { return None };
    let entries = pending.values.entries();
    if entries.len() != manifest.resources.len() {
        return None;
    }
    let mut held = Vec::with_capacity(entries.len());
    for (entry, (name, digest)) in entries.iter().zip(&manifest.resources) {
        let (there, state) = states.get(entry.state?)?;
        let (true, Ok(state)) = (entry.name == *name && there == digest, state) else {
            return None;
        };
        held.push((entry.name.clone(), *digest, state));
    }
    let digests: Vec<_> = held.iter().map(|(name, digest, _)| (name.clone(), *digest)).collect();
    let states = held.into_iter().map(|(name, _, state)| (name, Arc::clone(state)));
    Some(share(shared, digests, states))
}

/// What is held with these digests, which has these states.
fn share(
    shared: &mut Shared,
    digests: Vec<(ResourceName, Digest)>,
    states: impl IntoIterator<Item = (ResourceName, Arc<ResourceState>)>,
) -> Arc<Held> {
    if let Some(ByDigests(held)) = shared.get(&digests[..]) {
        return Arc::clone(held);
    }
    let configuration = Arc::new(Configuration::new(states));
    let held = Arc::new(Held { digests: digests.into(), configuration });
    shared.insert(ByDigests(Arc::clone(&held)));
    held
}

/// Takes what was read of each device into `world`; `states` are what their entries name.
pub(super) fn rows(
    world: &mut World,
    states: &[(Digest, State)],
    mut shared: Shared,
    mut devices: Vec<(DeviceId, Pending)>,
) {
    devices.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut rows = Vec::with_capacity(devices.len());
    for (device, pending) in devices {
        let mut of_device =
            OfDevice { world: &mut *world, states, shared: &mut shared, device: &device };
        if let Some(row) = of_device.row(pending) {
            rows.push((device, row));
        }
    }
    world.rows = rows.into_iter().collect();
}

/// What the row of `device` is made with.
struct OfDevice<'a> {
    world: &'a mut World,
    states: &'a [(Digest, State)],
    shared: &'a mut Shared,
    device: &'a DeviceId,
}

impl OfDevice<'_> {
    /// The row of the device, if it has a manifest that can be true; what makes no sense goes to the world.
    fn row(&mut self, pending: Pending) -> Option<Row> {
        let values = pending.values.into_entries();
        let last = values.iter().map(|entry| entry.sequence).max().unwrap_or(0);
        let newest = self.world.fence.as_ref().map_or(u64::MAX, |fence| fence.generation);
        let (sequence, manifest) = match pending.manifest {
            Some((sequence, Ok(manifest))) if manifest.generation <= newest => (sequence, manifest),
            Some((_, manifest)) => {
                let why = match manifest {
                    Ok(Named { generation, .. }) => {
                        format!("its generation {generation} is after the fence's {newest}")
                    }
                    Err(why) => why,
                };
                self.world.anomalies.push(Anomaly::new(&Key::Manifest(self.device.clone()), why));
                self.litter(values.into_iter().map(|entry| entry.name));
                return None;
            }
            None => {
                for entry in &values {
                    self.odd(&entry.name, "its device has no manifest");
                }
                self.litter(values.into_iter().map(|entry| entry.name));
                return None;
            }
        };
        let generation = manifest.generation;
        let held = pending.held.unwrap_or_else(|| self.held(manifest, values));
        Some(Row { generation, sequence: sequence.max(last), held })
    }

    /// What the device holds of what its manifest names; what it does not hold, or should not, goes to the world.
    fn held(&mut self, manifest: Named, values: Vec<Entry>) -> Arc<Held> {
        let n = manifest.resources.len().min(values.len());
        let (mut digests, mut states) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut unnamed = Vec::new();
        let mut values = values.into_iter().peekable();
        for (name, digest) in manifest.resources {
            // Both are by name.
            while let Some(Entry { name, .. }) = values.next_if(|value| value.name < name) {
                self.odd(&name, "the manifest does not name it");
                unnamed.push(name);
            }
            let there = values.next_if(|value| value.name == name);
            let there =
                there.and_then(|Entry { name, state, .. }| Some((name, self.states.get(state?)?)));
            match there {
                Some((name, (there, Ok(state)))) if *there == digest => {
                    states.push((name.clone(), Arc::clone(state)));
                    digests.push((name, digest));
                }
                Some((name, (there, state))) => {
                    match state {
                        Err(why) if *there == digest => self.odd(&name, why),
                        _ => self.odd(&name, "it is not what the manifest names"),
                    }
                    unnamed.push(name);
                }
                None => self.odd(&name, "the manifest names it, but it is not there"),
            }
        }
        for Entry { name, .. } in values {
            self.odd(&name, "the manifest does not name it");
            unnamed.push(name);
        }
        self.litter(unnamed);
        share(self.shared, digests, states)
    }

    /// Tells what is odd about the resource `name`.
    fn odd(&mut self, name: &ResourceName, why: &str) {
        let key = Key::Resource(self.device.clone(), name.clone());
        self.world.anomalies.push(Anomaly::new(&key, why));
    }

    fn litter(&mut self, names: impl IntoIterator<Item = ResourceName>) {
        let names: Vec<ResourceName> = names.into_iter().collect();
        if !names.is_empty() {
            self.world.litter.insert(self.device.clone(), names);
        }
    }
}
