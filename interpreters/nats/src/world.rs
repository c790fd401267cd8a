//! What a bucket holds, as values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, Digest, ResourceName};

use crate::forms::Fence;
use crate::names::Key;

/// What was read of a bucket: the members with what they hold, and what makes no sense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub(crate) rows: BTreeMap<DeviceId, Row>,
    /// Keys of devices that no manifest names: they go when their device is written.
    pub(crate) litter: BTreeMap<DeviceId, Vec<ResourceName>>,
    pub(crate) contents: BTreeMap<Digest, Content>,
    pub(crate) fence: Option<Fence>,
    /// The sequence of what is under the fence's key, a deletion too; 0 if there is nothing.
    pub(crate) fence_sequence: u64,
    /// The bucket's last sequence.
    pub(crate) sequence: u64,
    pub(crate) anomalies: Vec<Anomaly>,
}

/// What is written for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) generation: u64,
    /// The sequence of the last write of any of its keys.
    pub(crate) sequence: u64,
    pub(crate) held: Arc<Held>,
}

/// What devices have in common: their resources. Equal ones are shared.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// The digests of the bytes of the resources that are held, by name.
    pub(crate) digests: Box<[(ResourceName, Digest)]>,
    pub(crate) configuration: Arc<Configuration>,
}

/// What is there of a content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) parts: BTreeSet<u32>,
    /// Whether its head is there, and all parts that it counts.
    pub(crate) is_whole: bool,
}

/// Something in a bucket that makes no sense; the rest is read all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// The key, as it is.
    pub key: String,
    /// Why it makes no sense.
    pub why: String,
}

impl Anomaly {
    pub(crate) fn new(key: &Key, why: impl Into<String>) -> Self {
        Self { key: key.to_string(), why: why.into() }
    }
}

impl World {
    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What makes no sense, in the order of the keys.
    #[must_use]
    pub fn anomalies(&self) -> &[Anomaly] {
        &self.anomalies
    }

    /// The fence as the last apply left it; `None` before the first, and where it makes no sense.
    #[must_use]
    pub fn fence(&self) -> Option<&Fence> {
        self.fence.as_ref()
    }

    /// The sequence of the last write: how many there were since the bucket was made.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The generation that last wrote the device `id`, if it is a member.
    #[must_use]
    pub fn generation(&self, id: &str) -> Option<u64> {
        self.rows.get(id).map(|row| row.generation)
    }

    /// The sequence of the last write of the device `id`, if it is a member.
    #[must_use]
    pub fn device_sequence(&self, id: &str) -> Option<u64> {
        self.rows.get(id).map(|row| row.sequence)
    }
}
