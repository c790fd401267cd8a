//! The audit: every message that was stored, in the order in which it was stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{DeviceId, Digest};
use escadre_nats::{Ended, Fence, Key, Manifest};

use crate::versions::{Digests, Versions};

/// How many things that must not happen are told in full.
const N_TOLD: u64 = 10;

/// What was counted of what is stored.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) n_messages: u64,
    pub(crate) n_manifests: u64,
    /// Takings of the fence, and those after which the apply said that it ended.
    pub(crate) n_taken: u64,
    pub(crate) n_ended: u64,
    /// Messages that others had replaced before they were read, and those that say nothing for it.
    pub(crate) n_missed: u64,
    pub(crate) n_blurred: u64,
    /// Messages of who had not the fence.
    pub(crate) n_stale: u64,
    /// Manifests that name what is not there, leave out what is, or are none of the fleet's.
    pub(crate) n_mixed: u64,
    /// Batches that are not whole, or leave a device without its manifest.
    pub(crate) n_torn: u64,
    /// Applies that said that they ended and left something else than their fleet.
    pub(crate) n_short: u64,
}

impl Tally {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            n_messages: self.n_messages + other.n_messages,
            n_manifests: self.n_manifests + other.n_manifests,
            n_taken: self.n_taken + other.n_taken,
            n_ended: self.n_ended + other.n_ended,
            n_missed: self.n_missed + other.n_missed,
            n_blurred: self.n_blurred + other.n_blurred,
            n_stale: self.n_stale + other.n_stale,
            n_mixed: self.n_mixed + other.n_mixed,
            n_torn: self.n_torn + other.n_torn,
            n_short: self.n_short + other.n_short,
        }
    }
}

/// One message of a bucket.
pub(crate) struct Entry<'a> {
    pub(crate) sequence: u64,
    pub(crate) key: &'a str,
    /// `None` where it says that its key is deleted.
    pub(crate) bytes: Option<&'a [u8]>,
    pub(crate) batch: Option<Place<'a>>,
}

/// Where a message is in its batch.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) id: &'a str,
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) is_last: bool,
}

/// The rules that the history of a bucket keeps, and the state that it has come to.
pub(crate) struct Audit {
    versions: Arc<Versions>,
    pub(crate) tally: Tally,
    /// The last sequence that was read.
    seen: u64,
    fence: Option<Fence>,
    devices: BTreeMap<DeviceId, Device>,
    batch: Option<Batch>,
    /// Up to here, something may have been missed, and nothing is judged.
    blurred: u64,
    /// The first few of what must not happen, in words.
    pub(crate) told: Vec<String>,
}

/// What is stored of a device.
#[derive(Default)]
struct Device {
    resources: Digests,
    /// Where its manifest is, if it has one.
    manifest: Option<u64>,
}

/// A batch whose last message is still to come.
struct Batch {
    id: String,
    n: u64,
    /// The devices that it has written something of, and whose manifest is to come.
    open: BTreeSet<DeviceId>,
}

impl Audit {
    pub(crate) fn new(versions: Arc<Versions>) -> Self {
        Self {
            versions,
            tally: Tally::default(),
            seen: 0,
            fence: None,
            devices: BTreeMap::new(),
            batch: None,
            blurred: 0,
            told: Vec::new(),
        }
    }

    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether an apply has taken the fence and not ended.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.fence.as_ref().is_some_and(|fence| fence.ended == Ended::InProgress)
    }

    /// Where the manifest of the device `id` is, if it is a member.
    pub(crate) fn manifest(&self, id: &DeviceId) -> Option<u64> {
        self.devices.get(id)?.manifest
    }

    /// The devices that have a manifest.
    pub(crate) fn members(&self) -> impl Iterator<Item = &DeviceId> {
        let members = self.devices.iter().filter(|(_, device)| device.manifest.is_some());
        members.map(|(id, _)| id)
    }

    /// What is before `next` is gone, replaced by what is stored at `until` at last.
    ///
    /// After that, all that is there was read: it is known again, whatever was before.
    pub(crate) fn miss(&mut self, next: u64, until: u64) {
        self.tally.n_missed += next - self.seen - 1;
        self.seen = next - 1;
        self.blurred = until;
        self.batch = None;
    }

    /// Reads the next message.
    pub(crate) fn read(&mut self, entry: &Entry<'_>) {
        self.tally.n_messages += 1;
        self.seen = entry.sequence;
        let is_judged = entry.sequence > self.blurred;
        self.tally.n_blurred += u64::from(!is_judged);
        let before = self.tally;
        match Key::parse(entry.key) {
            Ok(Key::Fence) => self.fence(entry),
            Ok(Key::Manifest(device)) => {
                self.frame(entry, &device, true);
                self.manifest_of(entry, device);
            }
            Ok(Key::Resource(device, name)) => {
                self.frame(entry, &device, false);
                let resources = &mut self.devices.entry(device).or_default().resources;
                match entry.bytes {
                    Some(bytes) => resources.insert(name.to_string(), Digest::of(bytes)),
                    None => resources.remove(name.as_str()),
                };
            }
            // These fleets have no contents.
            _ => self.wrong(entry, "no key of these fleets", |tally| &mut tally.n_stale),
        }
        self.close(entry);
        if !is_judged {
            let Tally { n_stale, n_mixed, n_torn, n_short, .. } = before;
            self.tally = Tally { n_stale, n_mixed, n_torn, n_short, ..self.tally };
        }
    }

    /// A fence is taken with its own sequence as its generation, or ended by who has it.
    fn fence(&mut self, entry: &Entry<'_>) {
        let Some(Ok(fence)) = entry.bytes.map(Fence::decode) else {
            return self.wrong(entry, "no fence", |tally| &mut tally.n_stale);
        };
        if entry.batch.is_some() || self.batch.is_some() {
            self.wrong(entry, "a fence in a batch", |tally| &mut tally.n_torn);
        }
        if fence.ended == Ended::InProgress {
            self.tally.n_taken += 1;
            if fence.generation != entry.sequence {
                self.wrong(entry, "a generation that is not its place", |tally| &mut tally.n_stale);
            }
        } else {
            self.tally.n_ended += 1;
            let is_theirs = |had: &Fence| {
                had.ended == Ended::InProgress
                    && (had.generation, &had.writer) == (fence.generation, &fence.writer)
            };
            if !self.fence.as_ref().is_some_and(is_theirs) {
                self.wrong(entry, "ended by who had not the fence", |tally| &mut tally.n_stale);
            }
            if !self.is_whole(&fence) {
                self.wrong(entry, "an end of what is not whole", |tally| &mut tally.n_short);
            }
        }
        self.fence = Some(fence);
    }

    /// Whether what is stored is what the fleet of `fence` wants, of every device.
    fn is_whole(&self, fence: &Fence) -> bool {
        let Some(rows) = self.versions.rows(fence.fleet) else { return false };
        let members = self.devices.iter().filter(|(_, device)| device.manifest.is_some());
        let is_wanted = |(id, device): (&DeviceId, &Device)| {
            rows.get(id.as_str()).is_some_and(|wanted| *wanted == device.resources)
        };
        let n_members = members.clone().count();
        n_members == rows.len() && members.into_iter().all(is_wanted)
    }

    /// A device is written by who has the fence, in a batch that comes without a gap.
    fn frame(&mut self, entry: &Entry<'_>, device: &DeviceId, is_manifest: bool) {
        let Some(place) = entry.batch else {
            return self.wrong(entry, "a device written in no batch", |tally| &mut tally.n_torn);
        };
        let writer = place.id.rsplit_once('-').map_or("", |(writer, _)| writer);
        let has_fence = |fence: &Fence| fence.ended == Ended::InProgress && fence.writer == writer;
        if !self.fence.as_ref().is_some_and(has_fence) {
            self.wrong(entry, "written by who has not the fence", |tally| &mut tally.n_stale);
        }
        let follows = match &self.batch {
            None => place.number == 1,
            Some(batch) => batch.id == place.id && place.number == batch.n + 1,
        };
        if !follows {
            self.wrong(entry, "a batch with a gap", |tally| &mut tally.n_torn);
            self.batch = None;
        }
        let batch = self.batch.get_or_insert_with(|| Batch {
            id: place.id.to_owned(),
            n: 0,
            open: BTreeSet::new(),
        });
        batch.n = place.number;
        if is_manifest {
            batch.open.remove(device);
        } else if !batch.open.contains(device) {
            batch.open.insert(device.clone());
        }
    }

    /// The last message of a batch leaves no device without its manifest.
    fn close(&mut self, entry: &Entry<'_>) {
        if entry.batch.is_some_and(|place| place.is_last)
            && let Some(batch) = self.batch.take()
            && !batch.open.is_empty()
        {
            self.wrong(entry, "a batch that ends within a device", |tally| &mut tally.n_torn);
        }
    }

    /// A manifest names exactly what is stored, which is what the fleet of its fence wants.
    fn manifest_of(&mut self, entry: &Entry<'_>, id: DeviceId) {
        self.tally.n_manifests += 1;
        let fence = self.fence.as_ref();
        let rows = fence.and_then(|fence| self.versions.rows(fence.fleet));
        let wanted = rows.and_then(|rows| rows.get(id.as_str()));
        let device = self.devices.entry(id).or_default();
        let Some(bytes) = entry.bytes else {
            device.manifest = None;
            if wanted.is_some() || !device.resources.is_empty() {
                self.wrong(entry, "a device that should have stayed", |tally| &mut tally.n_mixed);
            }
            return;
        };
        device.manifest = Some(entry.sequence);
        let Ok(manifest) = Manifest::decode(bytes, entry.sequence) else {
            return self.wrong(entry, "no manifest", |tally| &mut tally.n_mixed);
        };
        let named = manifest.resources.iter();
        let named: Digests = named.map(|(name, digest)| (name.to_string(), *digest)).collect();
        let is_whole = named == device.resources && Some(&named) == wanted;
        if fence.is_none_or(|fence| fence.generation != manifest.generation) {
            self.wrong(entry, "the generation of no fence", |tally| &mut tally.n_stale);
        }
        if !is_whole {
            self.wrong(entry, "a device that is mixed", |tally| &mut tally.n_mixed);
        }
    }

    /// Counts what must not happen, and keeps the first few of them in words.
    fn wrong(&mut self, entry: &Entry<'_>, what: &str, count: impl Fn(&mut Tally) -> &mut u64) {
        let n = count(&mut self.tally);
        *n += 1;
        if *n <= N_TOLD && entry.sequence > self.blurred {
            let (sequence, key) = (entry.sequence, entry.key);
            let batch = entry.batch.map(|place| (place.id, place.number));
            let fence = &self.fence;
            self.told.push(format!("`{key}` at {sequence}, {batch:?}: {what}; {fence:?}"));
        }
    }
}
