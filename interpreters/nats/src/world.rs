//! What a bucket holds, as values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, Digest, ResourceName};
use escadre_interpreter::Ended;
use serde::{Deserialize, Serialize};

use crate::names::Key;

/// The version of manifests, fences and heads that is written, and the only one that is read.
pub(crate) const FORMAT: u64 = 1;

/// Which apply has the right to write: the value of the key `_fence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// The version of this form.
    pub version: u64,
    /// The sequence at which the fence was taken: no later taking has a smaller one.
    pub generation: u64,
    /// The digest of the fleet that is being applied.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub fleet: Digest,
    /// The digest of its inventory.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub inventory: Digest,
    /// A text that no other apply has: a controller knows its own fence by it.
    pub writer: String,
    /// Whether that apply has ended.
    pub ended: Ended,
}

/// What one device holds: the value of the key `<device>._manifest`.
///
/// A device is a member iff it has one. A resource is held iff the bytes under its key have the
/// digest that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form.
    pub version: u64,
    /// The generation of the apply that wrote it.
    pub generation: u64,
    /// The digest of the bytes of each resource.
    #[serde(with = "digests")]
    pub resources: BTreeMap<ResourceName, Digest>,
}

/// How large a content is: the value of the key `_content.<digest>.head`, written after its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) n_bytes: u64,
    pub(crate) n_parts: u32,
}

impl Fence {
    /// The fence that `bytes` spell.
    ///
    /// # Errors
    /// Why they spell none of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        decode(bytes)
    }
}

impl Manifest {
    /// The manifest that `bytes` spell, read at `sequence`.
    ///
    /// # Errors
    /// Why they spell none of this version, or none that could be written there.
    pub fn decode(bytes: &[u8], sequence: u64) -> Result<Self, String> {
        let manifest: Self = decode(bytes)?;
        // The fence was taken before the manifest was written.
        if manifest.generation >= sequence {
            return Err(format!(
                "its generation {} is not before its own sequence {sequence}",
                manifest.generation
            ));
        }
        Ok(manifest)
    }
}

impl Head {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        decode(bytes)
    }
}

pub(crate) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let Version { version } =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not understood: {error}"))?;
    if version != FORMAT {
        return Err(format!("it is of version {version}, but this program reads {FORMAT}"));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("it is not understood: {error}"))
}

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
    /// The digests of the bytes of the resources that are held.
    pub(crate) digests: BTreeMap<ResourceName, Digest>,
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

mod digests {
    use std::collections::BTreeMap;

    use escadre_algebra::{Digest, ResourceName};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    type Digests = BTreeMap<ResourceName, Digest>;

    pub(super) fn serialize<S: Serializer>(digests: &Digests, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(digests.iter().map(|(name, digest)| (name.as_str(), digest.to_string())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digests, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(from)?;
        let parsed = texts.into_iter().map(|(name, digest)| {
            let name = ResourceName::parse(&name).map_err(D::Error::custom)?;
            Ok((name, digest.parse().map_err(D::Error::custom)?))
        });
        parsed.collect()
    }
}
