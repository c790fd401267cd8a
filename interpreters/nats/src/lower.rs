//! From resolved fleets to messages of a bucket. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use escadre_algebra::{
    Configuration, DeviceId, Digest, Facts, Field, Outcome, Resolved, ResourceName, ResourceState,
    Value,
};
use escadre_interpreter::{Change, ChangeKind, Ended, named_content};

use crate::error::{LowerError, LowerErrorKind};
use crate::forms::{FORMAT, Head, Manifest};
use crate::names::Key;
use crate::world::{Content, World};

/// What a bucket is to hold: a resolved fleet, with the contents that its resources name by digest.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(crate) resolved: Resolved,
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
}

/// What one message can carry, and how many are written at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The bytes of one value.
    pub(crate) n_bytes: usize,
    /// The messages of one atomic batch.
    pub(crate) n_messages: usize,
}

/// The objects for `resolved`. Costs O(devices + distinct configurations · claims).
pub(crate) fn lower(resolved: &Resolved, limits: Limits) -> Result<Objects, LowerError> {
    let contents = resolved.fleet().contents();
    let mut seen: HashSet<*const Configuration> = HashSet::new();
    for (row, outcome) in resolved.outcomes().enumerate() {
        let Outcome::Member(member) = outcome else { continue };
        let resources = member.configuration.resources();
        if !seen.insert(Arc::as_ptr(&member.configuration)) {
            continue;
        }
        let Some(facts) = resolved.inventory().facts(row) else { continue };
        let (n, n_max) = (resources.len(), n_resources(resources.keys(), limits));
        if n > n_max {
            let kind = LowerErrorKind::TooMany { n, n_max };
            let first = resources.keys().next();
            return Err(LowerError::new(kind, first, facts.id(), "name"));
        }
        for (name, state) in resources {
            check_size(name, state, &facts, limits)?;
            check_content(name, state, &facts, &contents)?;
            if state.leaves().iter().any(|(_, value)| !value.is_constant()) {
                // Other devices of this configuration hold other texts.
                seen.remove(&Arc::as_ptr(&member.configuration));
            }
        }
    }
    Ok(Objects { resolved: resolved.clone(), contents })
}

/// More bytes than a manifest takes for one name, beside the name, and for itself.
const N_NAMED: usize = 200;

/// How many resources of these names fit into one batch, and their digests into a manifest, about.
fn n_resources<'a>(names: impl Iterator<Item = &'a ResourceName>, limits: Limits) -> usize {
    let names: Vec<&ResourceName> = names.collect();
    let (n, n_most) = (names.len(), limits.n_messages - 1);
    if names.iter().map(|name| name.as_str().len() + N_NAMED).sum::<usize>() <= limits.n_bytes {
        return n_most;
    }
    let resources = names.into_iter().map(|name| (name.clone(), Digest::of(&[]))).collect();
    let n_bytes = encode(&Manifest { version: FORMAT, generation: u64::MAX, resources }).len();
    let of_manifest = if n_bytes > limits.n_bytes { n * limits.n_bytes / n_bytes } else { n };
    of_manifest.min(n_most)
}

fn check_size(
    name: &ResourceName,
    state: &ResourceState,
    facts: &Facts,
    limits: Limits,
) -> Result<(), LowerError> {
    let instance = state.instantiate(facts);
    let n_bytes = encode_state(&instance).len();
    if n_bytes <= limits.n_bytes {
        return Ok(());
    }
    let size = |value: &Value| value.to_json().to_string().len();
    let largest = instance.leaves().iter().max_by_key(|(_, value)| size(value));
    let field = largest.map_or_else(String::new, |(fields, _)| {
        fields.iter().map(Field::as_str).collect::<Vec<_>>().join(".")
    });
    let kind = LowerErrorKind::TooLarge { n_bytes, n_max: limits.n_bytes };
    Err(LowerError::new(kind, Some(name), facts.id(), &field))
}

fn check_content(
    name: &ResourceName,
    state: &ResourceState,
    facts: &Facts,
    contents: &BTreeMap<Digest, Arc<[u8]>>,
) -> Result<(), LowerError> {
    let Some((field, value)) = named_content(state) else { return Ok(()) };
    let Value::Text(word) = value.instantiate(facts) else { return Ok(()) };
    let digest = word.as_literal().unwrap_or_default();
    if digest.parse().is_ok_and(|digest: Digest| contents.contains_key(&digest)) {
        return Ok(());
    }
    let kind = LowerErrorKind::NoContent { digest: digest.to_owned() };
    Err(LowerError::new(kind, Some(name), facts.id(), field))
}

/// The bytes under which a resource is held.
pub(crate) fn encode_state(state: &ResourceState) -> Vec<u8> {
    state.to_text().into_bytes()
}

/// The digests that the texts of `state` spell: those of contents that must be kept.
pub(crate) fn mentioned(state: &ResourceState) -> Vec<Digest> {
    let words = state.leaves().iter().flat_map(|(_, value)| value.words());
    words.filter_map(|word| word.as_literal()?.parse().ok()).collect()
}

/// One message of a batch: the key, and the value that it gets; `None` deletes the key.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) key: Key,
    pub(crate) value: Option<Bytes>,
}

/// Messages that are written all or not at all: whole devices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<Message>,
    pub(crate) n_devices: usize,
    pub(crate) n_removed: usize,
}

/// How many messages `change` takes at most.
pub(crate) fn n_messages(change: &Change, world: &World) -> usize {
    let held = world.rows.get(&change.device).map_or(0, |row| row.held.digests.len());
    let litter = world.litter.get(&change.device).map_or(0, Vec::len);
    let changed = if change.kind == ChangeKind::Removed { held } else { change.resources.len() };
    changed + litter + 1
}

/// Packs whole devices into batches, in the order of the changes.
pub(crate) struct Packer<'a> {
    changes: std::iter::Peekable<std::slice::Iter<'a, &'a Change>>,
    world: &'a World,
    limits: Limits,
    generation: u64,
    /// The bytes and digests of states, by their addresses: the plan keeps them alive.
    encoded: HashMap<usize, (Bytes, Digest)>,
}

/// How many encoded states are remembered: states of one device each must not fill the memory.
const N_ENCODED: usize = 4096;

impl<'a> Packer<'a> {
    pub(crate) fn new(
        changes: &'a [&'a Change],
        world: &'a World,
        limits: Limits,
        generation: u64,
    ) -> Self {
        let changes = changes.iter().peekable();
        Self { changes, world, limits, generation, encoded: HashMap::new() }
    }

    fn encode(&mut self, state: &Arc<ResourceState>) -> (Bytes, Digest) {
        let address = Arc::as_ptr(state).addr();
        if let Some(known) = self.encoded.get(&address) {
            return known.clone();
        }
        let bytes = encode_state(state);
        let digest = Digest::of(&bytes);
        if self.encoded.len() >= N_ENCODED {
            self.encoded.clear();
        }
        let encoded = (Bytes::from(bytes), digest);
        self.encoded.insert(address, encoded.clone());
        encoded
    }

    /// Writes one device whole, its manifest last.
    fn device(&mut self, change: &Change, messages: &mut Vec<Message>) {
        let device = &change.device;
        let key = |name: &ResourceName| Key::Resource(device.clone(), name.clone());
        let row = self.world.rows.get(device);
        let litter = self.world.litter.get(device).map_or(&[][..], Vec::as_slice);
        let held = row.map_or(&[][..], |row| &row.held.digests);
        let mut digests: BTreeMap<ResourceName, Digest> = held.iter().cloned().collect();
        let manifest = Key::Manifest(device.clone());
        if change.kind == ChangeKind::Removed {
            let names = digests.keys().chain(litter);
            messages.extend(names.map(|name| Message { key: key(name), value: None }));
            messages.push(Message { key: manifest, value: None });
            return;
        }
        for resource in &change.resources {
            let name = &resource.name;
            if let Some(state) = &resource.after {
                let (bytes, digest) = self.encode(state);
                digests.insert(name.clone(), digest);
                messages.push(Message { key: key(name), value: Some(bytes) });
            } else if digests.remove(name).is_some() {
                messages.push(Message { key: key(name), value: None });
            }
        }
        let unnamed = litter.iter().filter(|name| !digests.contains_key(*name));
        messages.extend(unnamed.map(|name| Message { key: key(name), value: None }));
        let value = Manifest { version: FORMAT, generation: self.generation, resources: digests };
        messages.push(Message { key: manifest, value: Some(encode(&value)) });
    }
}

impl Iterator for Packer<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        while let Some(change) = self.changes.peek().copied() {
            let n = n_messages(change, self.world);
            if batch.n_devices > 0 && batch.messages.len() + n > self.limits.n_messages {
                break;
            }
            self.changes.next();
            self.device(change, &mut batch.messages);
            batch.n_devices += 1;
            batch.n_removed += usize::from(change.kind == ChangeKind::Removed);
        }
        (batch.n_devices > 0).then_some(batch)
    }
}

/// `value` as it is written; forms of this crate have only texts as keys, so this never fails.
pub(crate) fn encode(value: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// The messages that hold `content`, its head last.
pub(crate) fn content_messages(digest: Digest, content: &[u8], limits: Limits) -> Vec<Message> {
    let parts = content.chunks(limits.n_bytes);
    let mut n_parts: u32 = 0;
    let mut messages = Vec::new();
    for part in parts {
        let value = Some(Bytes::copy_from_slice(part));
        messages.push(Message { key: Key::ContentPart(digest, n_parts), value });
        n_parts += 1;
    }
    let head = Head { version: FORMAT, n_bytes: content.len() as u64, n_parts };
    messages.push(Message { key: Key::ContentHead(digest), value: Some(encode(&head)) });
    messages
}

/// The messages that delete a content, its head first.
pub(crate) fn content_deletions(digest: Digest, content: &Content) -> Vec<Message> {
    let head = Message { key: Key::ContentHead(digest), value: None };
    let parts = content.parts.iter();
    let parts = parts.map(|n| Message { key: Key::ContentPart(digest, *n), value: None });
    std::iter::once(head).chain(parts).collect()
}

/// Whether the last apply ended, and no content is there that nothing names: an apply that was killed
/// leaves these to the next, even if that has nothing to change.
pub(crate) fn is_settled(world: &World) -> bool {
    let has_ended = world.fence.as_ref().is_none_or(|fence| fence.ended == Ended::Done);
    has_ended && unreferred(&[], world).is_empty()
}

/// The contents that nothing will refer to once `changes` are made.
pub(crate) fn unreferred(changes: &[&Change], world: &World) -> Vec<Digest> {
    if world.contents.is_empty() {
        return Vec::new();
    }
    let mut kept: BTreeSet<Digest> = BTreeSet::new();
    // Devices share states: each is looked at once.
    let mut seen: HashSet<usize> = HashSet::new();
    let mut keep = |state: &Arc<ResourceState>| {
        if seen.insert(Arc::as_ptr(state).addr()) {
            kept.extend(mentioned(state));
        }
    };
    let of_device: HashMap<&DeviceId, &Change> =
        changes.iter().map(|change| (&change.device, *change)).collect();
    for (device, row) in &world.rows {
        let change = of_device.get(device);
        if change.is_some_and(|change| change.kind == ChangeKind::Removed) {
            continue;
        }
        for (name, state) in row.held.configuration.resources() {
            let changed = change.is_some_and(|c| c.resources.iter().any(|r| r.name == *name));
            if !changed {
                keep(state);
            }
        }
    }
    let after = changes.iter().flat_map(|change| &change.resources);
    after.filter_map(|resource| resource.after.as_ref()).for_each(&mut keep);
    world.contents.keys().copied().filter(|digest| !kept.contains(digest)).collect()
}

/// The contents that `changes` name and that are not wholly there.
pub(crate) fn missing(changes: &[&Change], objects: &Objects, world: &World) -> Vec<Digest> {
    if objects.contents.is_empty() {
        return Vec::new();
    }
    let mut seen: HashSet<usize> = HashSet::new();
    let mut missing: BTreeSet<Digest> = BTreeSet::new();
    let after = changes.iter().flat_map(|change| &change.resources);
    for state in after.filter_map(|resource| resource.after.as_ref()) {
        if seen.insert(Arc::as_ptr(state).addr()) {
            missing.extend(mentioned(state));
        }
    }
    let is_there = |digest: &Digest| world.contents.get(digest).is_some_and(|c| c.is_whole);
    missing.retain(|digest| objects.contents.contains_key(digest) && !is_there(digest));
    missing.into_iter().collect()
}

/// The first device that takes more messages than one batch has, with their number.
pub(crate) fn too_large<'a>(
    changes: &[&'a Change],
    world: &World,
    limits: Limits,
) -> Option<(&'a DeviceId, usize)> {
    let sizes = changes.iter().map(|change| (&change.device, n_messages(change, world)));
    sizes.into_iter().find(|(_, n)| *n > limits.n_messages)
}
