//! From the entries of a bucket back to what each member has. Pure: whatever bytes come, it answers.

mod rows;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{DeviceId, Digest, ResourceName, ResourceState};
use escadre_interpreter::Snapshot;
use foldhash::fast::RandomState;

use self::rows::Shared;
use self::values::Values;
use crate::forms::{Fence, Head, Named};
use crate::names::{Key, KeyError};
use crate::world::{Anomaly, Held, World};

/// What bytes say: a resource, or why they are none.
type State = Result<Arc<ResourceState>, Arc<str>>;

/// Reads entries in the order of their sequences; a later entry of a key replaces the earlier one.
///
/// Costs O(keys + bytes of distinct resources) in space: of equal bytes only one state is kept.
#[derive(Default)]
pub(crate) struct Reader {
    /// What is under the fence's key; `None` inside if it is deleted.
    fence: Option<(u64, Option<Result<Fence, String>>)>,
    /// In the order in which they first came: mostly their own.
    devices: Vec<(DeviceId, Pending)>,
    positions: HashMap<DeviceId, usize, RandomState>,
    /// The token of the device that came last, and its position: mostly the next entry is of it too.
    last: Option<(String, usize)>,
    /// What devices have in common.
    shared: Shared,
    /// The names of resources, each once.
    names: HashSet<ResourceName, RandomState>,
    heads: BTreeMap<Digest, Result<Head, String>>,
    parts: BTreeMap<Digest, BTreeSet<u32>>,
    /// What bytes say, of equal ones once, with their digest.
    states: Vec<(Digest, State)>,
    numbers: HashMap<Digest, usize, RandomState>,
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
    manifest: Option<(u64, Result<Named, String>)>,
    values: Values,
    /// What it holds, where that was looked at since the last entry and is just what its manifest names.
    held: Option<Arc<Held>>,
}

impl Reader {
    /// Reads the entry of `key` at `sequence`: its bytes, or `None` where it says that the key is deleted.
    pub(crate) fn read(&mut self, key: &str, sequence: u64, bytes: Option<&[u8]>) {
        self.sequence = self.sequence.max(sequence);
        if !self.gone.is_empty() {
            self.gone.remove(key);
        }
        if bytes.is_none() {
            self.gone.insert(key.to_owned());
        }
        if let Err(error) = self.try_read(key, sequence, bytes) {
            match bytes {
                Some(_) => self.odd.insert(key.to_owned(), error.to_string()),
                None => self.odd.remove(key),
            };
        }
    }

    fn try_read(&mut self, key: &str, at: u64, bytes: Option<&[u8]>) -> Result<(), KeyError> {
        if let Some((last, position)) = &self.last
            && let Some(rest) = key.strip_prefix(&**last).and_then(|rest| rest.strip_prefix('.'))
        {
            return self.read_of_device(*position, (key, rest), at, bytes);
        }
        match Key::parse(key)? {
            Key::Fence => self.fence = Some((at, bytes.map(Fence::decode))),
            Key::Manifest(device) | Key::Resource(device, _) => {
                let (token, rest) = key.split_once('.').unwrap_or_default();
                if let Some((_, before)) = self.last {
                    // Mostly it has come whole: what it holds is made while the next are on their way.
                    let pending = &mut self.devices[before].1;
                    // Of many it costs as much as they are: not each time that another device is told of.
                    if pending.held.is_none() && pending.values.are_few() {
                        pending.held = rows::whole(pending, &self.states, &mut self.shared);
                    }
                }
                let position = self.position(device);
                self.last = Some((token.to_owned(), position));
                self.read_of_device(position, (key, rest), at, bytes)?;
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
        Ok(())
    }

    /// Where what was read of `device` stands.
    fn position(&mut self, device: DeviceId) -> usize {
        *self.positions.entry(device).or_insert_with_key(|device| {
            self.devices.push((device.clone(), Pending::default()));
            self.devices.len() - 1
        })
    }

    /// Reads an entry of the device at `position`; `rest` of `key` says of which of its resources.
    fn read_of_device(
        &mut self,
        position: usize,
        (key, rest): (&str, &str),
        sequence: u64,
        bytes: Option<&[u8]>,
    ) -> Result<(), KeyError> {
        if rest == crate::names::MANIFEST {
            let manifest = bytes.map(|bytes| (sequence, Named::decode(bytes, sequence)));
            let pending = &mut self.devices[position].1;
            (pending.manifest, pending.held) = (manifest, None);
            return Ok(());
        }
        let name = match self.names.get(rest) {
            Some(name) => name.clone(),
            None => {
                let name = ResourceName::parse(rest).map_err(|error| KeyError::new(key, &error))?;
                self.names.insert(name.clone());
                name
            }
        };
        let state = bytes.map(|bytes| self.state(bytes));
        let pending = &mut self.devices[position].1;
        pending.values.read(name, sequence, state);
        pending.held = None;
        Ok(())
    }

    /// Where what `bytes` say stands.
    fn state(&mut self, bytes: &[u8]) -> usize {
        let digest = Digest::of(bytes);
        *self.numbers.entry(digest).or_insert_with(|| {
            self.states.push((digest, decode_state(bytes).map(Arc::new)));
            self.states.len() - 1
        })
    }

    /// The number of keys that were read, deleted ones too.
    pub(crate) fn n_keys(&mut self) -> u64 {
        let of_devices = self.devices.iter_mut();
        let of_devices =
            of_devices.map(|(_, d)| d.values.len() + usize::from(d.manifest.is_some()));
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
        rows::contents(&mut world, self.heads, self.parts);
        rows::rows(&mut world, &self.states, self.shared, self.devices);
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
    ResourceState::from_slice(bytes)
        .map_err(|error| Arc::from(format!("it is no resource: {error}")))
}

/// What `world` says of each member. Costs O(devices).
pub(crate) fn lift(world: &World) -> Snapshot {
    let rows = world.rows.iter();
    rows.map(|(id, row)| (id.clone(), Arc::clone(&row.held.configuration))).collect()
}
