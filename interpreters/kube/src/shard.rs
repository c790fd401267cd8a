//! Which devices' files are in which ConfigMap. Pure.
//!
//! A *shard* is an immutable ConfigMap with the file of each of its devices under the device's id.
//! Devices are dealt out by the bits of a digest of their id, as many bits as it takes: where a
//! device is depends on no other device, but for how often its part had to be halved.
//! `docs/adr/0009-per-device-files.md` argues why a change of one device touches no other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use escadre_algebra::{
    Configuration, DeviceId, Digest, Facts, Outcome, Resolved, ResourceName, ResourceState,
};
use serde_json::{Map, Value as Json};

use crate::data;
use crate::error::{LowerError, LowerErrorKind};
use crate::lower::is_pod;
use crate::names::Variant;
use crate::template::{self, Entries, Template, Values};

/// How many shards one resource may be in at once.
pub(crate) const MAX_SHARDS: usize = 256;
/// The bytes of files that are put into one shard: each of its nodes reads it whole, and a change
/// of one device makes another of this size.
const N_SHARD: usize = 256 * 1024;
/// The bytes that the description of its devices may take, which is an annotation.
const N_DESCRIBED: usize = 128 * 1024;
/// The bytes of a description beside its values: quotes, colon and comma.
const N_AROUND: usize = 4;

/// The files of some devices.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) resource: ResourceName,
    pub(crate) variant: Variant,
    pub(crate) template: Arc<ResourceState>,
    pub(crate) entries: Arc<Entries>,
}

/// The shards of a resolved fleet, whatever is in the cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shards {
    shards: Vec<Arc<Shard>>,
    at: HashMap<ResourceName, HashMap<DeviceId, usize>>,
}

/// A device that is to be dealt out.
struct Candidate {
    id: DeviceId,
    order: Digest,
    values: Values,
    n_bytes: usize,
    n_described: usize,
}

/// What all devices of a shard have in common: the resource, the template's digest and the entry.
type Group = (ResourceName, Digest, Arc<str>);

/// Reads device by device; what devices share is read once.
#[derive(Default)]
struct Dealing {
    /// The resources of a configuration that differ on each device, by its address.
    per_device: HashMap<usize, Arc<[ResourceName]>>,
    /// Templates, by the address of what was written.
    templates: HashMap<usize, (Template, Digest)>,
    groups: BTreeMap<Group, (Arc<ResourceState>, Vec<Candidate>)>,
}

impl Shards {
    /// The shards of `resolved`. Costs O(devices · their files).
    pub(crate) fn of(resolved: &Resolved) -> Result<Self, LowerError> {
        let mut dealing = Dealing::default();
        for (row, outcome) in resolved.outcomes().enumerate() {
            let Outcome::Member(member) = outcome else { continue };
            let names = dealing.names(&member.configuration);
            if names.is_empty() {
                continue;
            }
            let Some(facts) = resolved.inventory().facts(row) else { continue };
            for (name, written) in member.configuration.resources() {
                if names.contains(name) {
                    let error = |kind| LowerError::new(kind, name, facts.id());
                    dealing.add(name, written, &facts).map_err(error)?;
                }
            }
        }
        dealing.deal()
    }

    /// The shard that has the file `name` of the device `id`.
    pub(crate) fn get(&self, name: &ResourceName, id: &DeviceId) -> Option<&Arc<Shard>> {
        self.shards.get(*self.at.get(name)?.get(id)?)
    }

    /// The variants of all shards.
    #[cfg(test)]
    pub(crate) fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.shards.iter().map(|shard| &shard.variant)
    }

    /// The resources that are in shards.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &ResourceName> {
        self.at.keys()
    }
}

/// The resources of `configuration` that are no pods, and differ on each device.
pub(crate) fn per_device(configuration: &Configuration) -> Arc<[ResourceName]> {
    let resources = configuration.resources().iter();
    let own = resources.filter(|(_, state)| !is_pod(state) && template::is_per_device(state));
    own.map(|(name, _)| name.clone()).collect()
}

impl Dealing {
    fn names(&mut self, configuration: &Arc<Configuration>) -> Arc<[ResourceName]> {
        let address = Arc::as_ptr(configuration).addr();
        let names = self.per_device.entry(address).or_insert_with(|| per_device(configuration));
        Arc::clone(names)
    }

    fn template(
        &mut self,
        written: &Arc<ResourceState>,
    ) -> Result<(Template, Digest), LowerErrorKind> {
        let address = Arc::as_ptr(written).addr();
        if let Some(known) = self.templates.get(&address) {
            return Ok(known.clone());
        }
        let template = Template::of(written)?;
        let made = (template.clone(), template.state.digest());
        self.templates.insert(address, made.clone());
        Ok(made)
    }

    /// Takes in the file `name` of the device of `facts`.
    fn add(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        facts: &Facts,
    ) -> Result<(), LowerErrorKind> {
        let (template, digest) = self.template(written)?;
        let id = facts.id().clone();
        if !is_key(id.as_str()) {
            return Err(LowerErrorKind::Key);
        }
        let filled = template.values(facts).and_then(|values| {
            let state = template::fill(&template.state, &id, &values)?;
            Some((values, state))
        });
        // Of what is determined every label is known.
        let Some((values, state)) = filled else { return Err(LowerErrorKind::Placeholder) };
        let (entry, text) = data::file(name, &state)?;
        let candidate = Candidate {
            order: Digest::of(id.as_str().as_bytes()),
            n_bytes: id.as_str().len() + text.len(),
            n_described: id.as_str().len()
                + template::described(&values).to_string().len()
                + N_AROUND,
            id,
            values,
        };
        let group = self.groups.entry((name.clone(), digest, entry.into()));
        let (_, candidates) = group.or_insert_with(|| (template.state, Vec::new()));
        candidates.push(candidate);
        Ok(())
    }

    fn deal(self) -> Result<Shards, LowerError> {
        let mut dealt = Shards::default();
        let mut n_shards: BTreeMap<ResourceName, usize> = BTreeMap::new();
        for ((resource, _, entry), (template, mut candidates)) in self.groups {
            candidates.sort_by_key(|candidate| candidate.order);
            for part in halved(&candidates) {
                let devices = part.iter().map(|it| (it.id.clone(), it.values.clone())).collect();
                let entries = Arc::new(Entries { entry: Arc::clone(&entry), devices });
                let n = n_shards.entry(resource.clone()).or_default();
                *n += 1;
                if let (true, Some(first)) = (*n > MAX_SHARDS, part.first()) {
                    let kind = LowerErrorKind::Shards { n_max: MAX_SHARDS };
                    return Err(LowerError::new(kind, &resource, &first.id));
                }
                let variant = Variant::of_shard(&resource, &template, &entries);
                let at = dealt.at.entry(resource.clone()).or_default();
                at.extend(part.iter().map(|it| (it.id.clone(), dealt.shards.len())));
                let (resource, template) = (resource.clone(), Arc::clone(&template));
                dealt.shards.push(Arc::new(Shard { resource, variant, template, entries }));
            }
        }
        Ok(dealt)
    }
}

/// `candidates` in parts that fit into a shard each, in their order; a device that fits nowhere is alone.
fn halved(candidates: &[Candidate]) -> Vec<&[Candidate]> {
    let (mut parts, mut waiting) = (Vec::new(), vec![(candidates, 0)]);
    while let Some((part, depth)) = waiting.pop() {
        let n_bytes: usize = part.iter().map(|it| it.n_bytes).sum();
        let n_described: usize = part.iter().map(|it| it.n_described).sum();
        let fits = n_bytes <= N_SHARD && n_described <= N_DESCRIBED;
        if fits || part.len() <= 1 || depth >= 256 {
            parts.extend((!part.is_empty()).then_some(part));
            continue;
        }
        let is_low = |it: &Candidate| it.order.as_bytes()[depth / 8] & (0x80 >> (depth % 8)) == 0;
        let (low, high) = part.split_at(part.partition_point(is_low));
        waiting.extend([(high, depth + 1), (low, depth + 1)]);
    }
    parts
}

/// Whether `id` can be the key of an entry: every name of a node can.
fn is_key(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    id.len() <= 253 && id.bytes().all(is_plain) && id != "." && !id.starts_with("..")
}

impl Shard {
    /// Whether `entries` are of the same file, and have the same of the device `id`.
    pub(crate) fn has_same(&self, entries: &Entries, id: &DeviceId) -> bool {
        let wanted = self.entries.devices.get(id);
        entries.entry == self.entries.entry && wanted.is_some() && entries.devices.get(id) == wanted
    }

    /// The field `data` of its ConfigMap: the file of each device under its id.
    pub(crate) fn data(&self) -> Map<String, Json> {
        let devices = self.entries.devices.iter();
        let file = |(id, values): (&DeviceId, &Values)| {
            let state = template::fill(&self.template, id, values)?;
            // It was sound when the device was dealt out.
            let (_, text) = data::file(&self.resource, &state).ok()?;
            Some((id.to_string(), Json::from(text)))
        };
        let files: Map<String, Json> = devices.filter_map(file).collect();
        Map::from_iter([("data".to_owned(), Json::from(files))])
    }
}
