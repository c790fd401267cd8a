//! From the entries of a bucket back to what each member has. Pure: whatever bytes come, it answers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, Digest, ResourceName, ResourceState};
use escadre_interpreter::Snapshot;

use crate::names::Key;
use crate::world::{Anomaly, Fence, Head, Held, Manifest, Row, World};

/// Reads entries in the order of their sequences; a later entry of a key replaces the earlier one.
///
/// Costs O(keys + bytes of distinct resources) in space: of equal bytes only one state is kept.
#[derive(Default)]
pub(crate) struct Reader {
    /// What is under the fence's key; `None` inside if it is deleted.
    fence: Option<(u64, Option<Result<Fence, String>>)>,
    devices: HashMap<DeviceId, Pending>,
    heads: BTreeMap<Digest, Result<Head, String>>,
    parts: BTreeMap<Digest, BTreeSet<u32>>,
    /// What the bytes of a digest say.
    states: HashMap<Digest, Result<Arc<ResourceState>, Arc<str>>>,
    /// Keys that are of no fleet, with the reason.
    odd: BTreeMap<String, String>,
    /// Keys whose last entry says that they are deleted.
    gone: HashSet<String>,
    /// The last entry's sequence.
    pub(crate) sequence: u64,
}

/// What was read of one device.
#[derive(Default)]
struct Pending {
    manifest: Option<(u64, Result<Manifest, String>)>,
    values: BTreeMap<ResourceName, (u64, Digest)>,
}

impl Reader {
    /// Reads the entry of `key` at `sequence`: its bytes, or `None` where it says that the key is deleted.
    pub(crate) fn read(&mut self, key: &str, sequence: u64, bytes: Option<&[u8]>) {
        self.sequence = self.sequence.max(sequence);
        if !self.gone.is_empty() {
            self.gone.remove(key);
        }
        let parsed = match Key::parse(key) {
            Ok(parsed) => parsed,
            Err(error) => {
                match bytes {
                    Some(_) => self.odd.insert(key.to_owned(), error.to_string()),
                    None => self.odd.remove(key),
                };
                self.note_gone(key, bytes);
                return;
            }
        };
        match parsed {
            Key::Fence => self.fence = Some((sequence, bytes.map(Fence::decode))),
            Key::Manifest(device) => {
                let manifest = bytes.map(|bytes| (sequence, Manifest::decode(bytes, sequence)));
                self.devices.entry(device).or_default().manifest = manifest;
            }
            Key::Resource(device, name) => {
                let digest = bytes.map(|bytes| self.state(bytes));
                let values = &mut self.devices.entry(device).or_default().values;
                match digest {
                    Some(digest) => values.insert(name, (sequence, digest)),
                    None => values.remove(&name),
                };
            }
            Key::ContentHead(digest) => {
                match bytes {
                    Some(bytes) => self.heads.insert(digest, Head::decode(bytes)),
                    None => self.heads.remove(&digest),
                };
            }
            Key::ContentPart(digest, number) => {
                let parts = self.parts.entry(digest).or_default();
                match bytes {
                    Some(_) => parts.insert(number),
                    None => parts.remove(&number),
                };
            }
        }
        self.note_gone(key, bytes);
    }

    fn note_gone(&mut self, key: &str, bytes: Option<&[u8]>) {
        if bytes.is_none() {
            self.gone.insert(key.to_owned());
        }
    }

    /// The digest of `bytes`, whose state is kept.
    fn state(&mut self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.states.entry(digest).or_insert_with(|| decode_state(bytes).map(Arc::new));
        digest
    }

    /// The number of keys that were read, deleted ones too.
    pub(crate) fn n_keys(&self) -> u64 {
        let of_devices = self.devices.values();
        let of_devices = of_devices.map(|d| d.values.len() + usize::from(d.manifest.is_some()));
        let parts: usize = self.parts.values().map(BTreeSet::len).sum();
        let others = self.odd.len() + self.gone.len() + self.heads.len() + parts;
        (of_devices.sum::<usize>() + others + usize::from(matches!(self.fence, Some((_, Some(_))))))
            as u64
    }

    /// What was read, as of the sequence `sequence`.
    pub(crate) fn finish(self, sequence: u64) -> World {
        let mut world = World { sequence, ..World::default() };
        world.anomalies.extend(self.odd.into_iter().map(|(key, why)| Anomaly { key, why }));
        if let Some((sequence, fence)) = self.fence {
            world.fence_sequence = sequence;
            match fence {
                Some(Ok(fence)) => world.fence = Some(fence),
                Some(Err(why)) => world.anomalies.push(Anomaly::new(&Key::Fence, why)),
                None => {}
            }
        }
        contents(&mut world, self.heads, self.parts);
        let mut shared: HashMap<BTreeMap<ResourceName, Digest>, Arc<Held>> = HashMap::new();
        let mut devices: Vec<(DeviceId, Pending)> = self.devices.into_iter().collect();
        devices.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (device, pending) in devices {
            device_row(&mut world, &self.states, &mut shared, device, pending);
        }
        world.anomalies.sort();
        world
    }
}

impl World {
    /// What a bucket with these entries holds: keys, sequences, and the bytes, or `None` where an
    /// entry says that its key is deleted. A later entry of a key replaces the earlier one.
    ///
    /// Total: whatever the bytes are, what makes no sense is an [`Anomaly`], and the rest is read.
    ///
    /// ```
    /// use escadre_nats::World;
    /// let manifest = br#"{"version": 1, "generation": 1, "resources": {}}"#;
    /// let entries = [("cam-1._manifest", 2, Some(&manifest[..])), ("cam-2.motd", 3, Some(b"?"))];
    /// let world = World::of_entries(entries);
    /// assert_eq!((world.len(), world.generation("cam-1")), (1, Some(1)));
    /// assert_eq!(world.anomalies()[0].key, "cam-2.motd");
    /// ```
    pub fn of_entries<'a>(
        entries: impl IntoIterator<Item = (&'a str, u64, Option<&'a [u8]>)>,
    ) -> Self {
        let mut reader = Reader::default();
        for (key, sequence, bytes) in entries {
            reader.read(key, sequence, bytes);
        }
        let last = reader.sequence;
        reader.finish(last)
    }
}

/// The resource that `bytes` spell.
pub(crate) fn decode_state(bytes: &[u8]) -> Result<ResourceState, Arc<str>> {
    let json: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|error| Arc::from(format!("it is no JSON: {error}")))?;
    ResourceState::from_json(&json)
        .map_err(|error| Arc::from(format!("it is no resource: {error}")))
}

/// A content is there iff its head is, and all parts that it counts.
fn contents(
    world: &mut World,
    heads: BTreeMap<Digest, Result<Head, String>>,
    parts: BTreeMap<Digest, BTreeSet<u32>>,
) {
    for (digest, parts) in parts {
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

type States = HashMap<Digest, Result<Arc<ResourceState>, Arc<str>>>;

/// Takes what was read of `device` into `world`: a row if it has a manifest that can be true.
fn device_row(
    world: &mut World,
    states: &States,
    shared: &mut HashMap<BTreeMap<ResourceName, Digest>, Arc<Held>>,
    device: DeviceId,
    pending: Pending,
) {
    let Pending { manifest, values } = pending;
    let last = values.values().map(|(sequence, _)| *sequence).max().unwrap_or(0);
    let newest = world.fence.as_ref().map_or(u64::MAX, |fence| fence.generation);
    let manifest = match manifest {
        Some((_, Ok(manifest))) if manifest.generation > newest => Some(Err(format!(
            "its generation {} is after the fence's {newest}",
            manifest.generation
        ))),
        Some((sequence, Ok(manifest))) => Some(Ok((sequence, manifest))),
        Some((_, Err(why))) => Some(Err(why)),
        None => None,
    };
    let (sequence, manifest) = match manifest {
        Some(Ok(manifest)) => manifest,
        Some(Err(why)) => {
            world.anomalies.push(Anomaly::new(&Key::Manifest(device.clone()), why));
            return litter(world, device, values.into_keys());
        }
        None => {
            for name in values.keys() {
                let key = Key::Resource(device.clone(), name.clone());
                world.anomalies.push(Anomaly::new(&key, "its device has no manifest"));
            }
            return litter(world, device, values.into_keys());
        }
    };
    let (mut digests, mut held) = (BTreeMap::new(), BTreeMap::new());
    let mut told = BTreeSet::new();
    for (name, digest) in manifest.resources {
        let why = match (values.get(&name), states.get(&digest)) {
            (Some((_, there)), Some(Ok(state))) if *there == digest => {
                held.insert(name.clone(), Arc::clone(state));
                digests.insert(name, digest);
                continue;
            }
            (Some((_, there)), Some(Err(why))) if *there == digest => why.to_string(),
            (Some(_), _) => "it is not what the manifest names".to_owned(),
            (None, _) => "the manifest names it, but it is not there".to_owned(),
        };
        told.insert(name.clone());
        world.anomalies.push(Anomaly::new(&Key::Resource(device.clone(), name), why));
    }
    let unnamed: Vec<ResourceName> =
        values.into_keys().filter(|name| !digests.contains_key(name)).collect();
    for name in unnamed.iter().filter(|name| !told.contains(*name)) {
        let key = Key::Resource(device.clone(), name.clone());
        world.anomalies.push(Anomaly::new(&key, "the manifest does not name it"));
    }
    litter(world, device.clone(), unnamed);
    let held = shared.entry(digests).or_insert_with_key(|digests| {
        let configuration = Arc::new(Configuration::new(held));
        Arc::new(Held { digests: digests.clone(), configuration })
    });
    let row = Row {
        generation: manifest.generation,
        sequence: sequence.max(last),
        held: Arc::clone(held),
    };
    world.rows.insert(device, row);
}

fn litter(world: &mut World, device: DeviceId, names: impl IntoIterator<Item = ResourceName>) {
    let names: Vec<ResourceName> = names.into_iter().collect();
    if !names.is_empty() {
        world.litter.insert(device, names);
    }
}

/// What `world` says of each member. Costs O(devices).
pub(crate) fn lift(world: &World) -> Snapshot {
    let rows = world.rows.iter();
    rows.map(|(id, row)| (id.clone(), Arc::clone(&row.held.configuration))).collect()
}
