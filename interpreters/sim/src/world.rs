//! What a world holds, as values.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{Digest, Digester};
use escadre_interpreter::Ended;
use escadre_interpreter::Revision;
use serde::{Deserialize, Serialize};

/// The version of the folder's format that is written, and the newest that is read.
pub(crate) const FORMAT: u64 = 1;

/// What was read of a world: for each member the resources that are written for it.
///
/// Equal resources are stored once and referred to by number.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// In the order of the devices' ids.
    pub(crate) rows: Vec<Row>,
    /// The rendered resources as JSON, by number.
    pub(crate) states: BTreeMap<u64, Arc<[u8]>>,
}

/// What is written for one device.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) device: Arc<str>,
    /// The fence's generation at which it was last written.
    pub(crate) generation: u64,
    /// A JSON object from resource names to numbers of states; equal ones are shared.
    pub(crate) resources: Arc<[u8]>,
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

    /// The number of distinct resources that are stored.
    #[must_use]
    pub fn n_states(&self) -> usize {
        self.states.len()
    }

    /// The generation at which the device `id` was last written, if it is a member.
    #[must_use]
    pub fn generation(&self, id: &str) -> Option<u64> {
        let at = self.rows.binary_search_by(|row| (*row.device).cmp(id)).ok()?;
        Some(self.rows[at].generation)
    }
}

/// Resource names with the numbers of their states, as a row holds them.
pub(crate) type Resources = BTreeMap<String, u64>;

/// Which apply has the right to write: taken before its first write, given back with its last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// How often the fence was taken; devices remember the generation that wrote them.
    pub generation: u64,
    /// The digest of the fleet that is being applied.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub fleet: Digest,
    /// The digest of its inventory.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub inventory: Digest,
    /// The digest of the plan.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub plan: Digest,
    /// Whether that apply has ended.
    pub ended: Ended,
}

/// One write in a world's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The virtual time, in milliseconds.
    pub at_ms: u64,
    /// Who wrote: `escadre`, or `sim:drift`.
    pub writer: String,
    /// The fence's generation then.
    pub generation: u64,
    /// The digest of the fleet that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<String>,
    /// How many devices were written, removed ones too.
    pub n_written: u64,
    /// How many of them were removed.
    pub n_removed: u64,
    /// How many writes were acknowledged but lost.
    pub n_lost: u64,
    /// How many writes were refused.
    pub n_refused: u64,
    /// The faults that were in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<String>,
    /// Whether it ended.
    pub ended: Ended,
}

/// A world's one row of bookkeeping.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) seed: u64,
    /// How many transactions wrote what devices are to run.
    pub(crate) counter: u64,
    /// The digest of all of them, each with the digest before it.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub(crate) chain: Digest,
    pub(crate) clock_ms: u64,
    pub(crate) next_state: u64,
    pub(crate) next_entry: u64,
}

impl Head {
    /// The head of an empty world.
    pub(crate) fn new(seed: u64) -> Self {
        let chain = Digester::new("escadre/sim/world/1").piece(&seed.to_le_bytes()).finish();
        Self { seed, counter: 0, chain, clock_ms: 0, next_state: 0, next_entry: 0 }
    }

    /// The world's revision: equal revisions have equal histories of writes.
    pub(crate) fn revision(&self) -> Revision {
        Revision(format!("{}-{}", self.counter, self.chain.short()).into())
    }

    /// Another write happened; what it wrote went into the digester of [`Head::write`].
    pub(crate) fn bump(&mut self, written: Digester) {
        self.counter += 1;
        self.chain = written.finish();
    }

    /// The digest in the making of the next write.
    pub(crate) fn write(&self) -> Digester {
        Digester::new("escadre/sim/write/1").piece(self.chain.as_bytes())
    }
}
