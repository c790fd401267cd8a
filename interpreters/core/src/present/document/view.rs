//! A plan's document, made while it is written.

use std::sync::Arc;

use escadre_algebra::{Digest, Field, ResourceState, Value};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::encode::{Keys, change};
use super::groups::group;
use super::json::{escape, value_to_json};
use super::{Base, Counts, CoverageName};
use crate::plan::{Change, Group};

/// The keys of [`PlanDocument`](super::PlanDocument), in the same order.
#[derive(Serialize)]
pub(super) struct View<'a> {
    pub(super) escadre: &'static str,
    pub(super) version: u32,
    pub(super) target: &'a str,
    pub(super) base: Base,
    pub(super) fleet: String,
    pub(super) inventory: String,
    pub(super) coverage: CoverageName,
    pub(super) summary: Counts,
    pub(super) members_before: u64,
    pub(super) groups: Groups<'a>,
    pub(super) changes: Changes<'a>,
    pub(super) states: States<'a>,
    pub(super) digest: &'a str,
}

/// Groups, one after the other.
pub(super) struct Groups<'a>(pub(super) &'a [Group]);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(group))
    }
}

/// Changes, one after the other, and the keys of their states.
pub(super) struct Changes<'a>(pub(super) &'a [Change], pub(super) &'a Keys<'a>);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|c| change(c, self.1)))
    }
}

/// States by their digests.
pub(super) struct States<'a>(pub(super) &'a [(Digest, &'a ResourceState)]);

impl Serialize for States<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let states = self.0.iter();
        serializer.collect_map(states.map(|(key, state)| (key.to_string(), StateView(state))))
    }
}

/// A state. It has a field; null would stand for none.
pub(super) struct StateView<'a>(pub(super) &'a ResourceState);

impl Serialize for StateView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.leaves() {
            [] => serializer.serialize_unit(),
            leaves => Below { leaves, depth: 0 }.serialize(serializer),
        }
    }
}

type Leaf = (Arc<[Field]>, Value);

/// What stands below the first `depth` fields, which all these leaves share; there is one at least.
///
/// Leaves are in the order of their fields, so those below one field stand together.
struct Below<'a> {
    leaves: &'a [Leaf],
    depth: usize,
}

impl Serialize for Below<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let depth = self.depth;
        if let Some((_, value)) = self.leaves.iter().find(|(fields, _)| fields.len() == depth) {
            return value_to_json(value).serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        for leaves in self.leaves.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]) {
            let key = escape(leaves[0].0[depth].as_str());
            map.serialize_entry(&key, &Below { leaves, depth: depth + 1 })?;
        }
        map.end()
    }
}
