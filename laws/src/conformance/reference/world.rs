//! What a world in memory holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, Digest, Digester, ResourceName, ResourceState};
use escadre_interpreter::{Change, ChangeKind, Revision, Snapshot};
use serde_json::Value as Json;

use super::bug::Bug;

/// What was read of a world: for each member its resources as JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State(BTreeMap<DeviceId, Resources>);

/// The resources of one member, as JSON.
pub(super) type Resources = BTreeMap<ResourceName, Json>;

/// A world: what is held, and who may write.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) rows: BTreeMap<DeviceId, Row>,
    /// How many writes there were, whoever wrote.
    pub(super) n_writes: u64,
    /// How many of them changed the revision.
    n_revisions: u64,
    /// The contents that resources name by digest; none is ever forgotten.
    pub(super) contents: BTreeMap<Digest, Arc<[u8]>>,
    /// Which apply may write: the last one that began.
    pub(super) fence: u64,
    /// The revision that the fence was taken at; only bugs look at it.
    pub(super) taken_from: Arc<str>,
    /// The fleet of an apply that began, and how many devices it wrote; only bugs look at it.
    pub(super) open: Option<(Digest, usize)>,
}

/// What is held for one member.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) resources: Resources,
    /// The number of the write that last wrote it.
    pub(super) stamp: u64,
}

impl World {
    pub(super) fn state(&self) -> State {
        State(self.rows.iter().map(|(id, row)| (id.clone(), row.resources.clone())).collect())
    }

    pub(super) fn revision(&self) -> Revision {
        Revision(self.n_revisions.to_string().into())
    }

    /// The digest of what is held, which comes again when the same is held again.
    pub(super) fn digest(&self) -> Revision {
        let held = format!("{:?}", self.state());
        Revision(Digester::new("escadre/reference").piece(held.as_bytes()).finish().short().into())
    }

    /// The revision is another one from now on.
    pub(super) fn bump(&mut self) {
        self.n_revisions += 1;
    }

    /// One more write.
    pub(super) fn count(&mut self) {
        self.n_writes += 1;
        self.bump();
    }

    /// Writes `resources` of `change`, or removes its device: one write.
    pub(super) fn write(&mut self, change: &Change, bug: Option<Bug>) {
        self.count();
        if change.kind == ChangeKind::Removed {
            self.rows.remove(&change.device);
            return;
        }
        let mut row = self.rows.remove(&change.device).unwrap_or_default();
        row.stamp = self.n_writes;
        for resource in &change.resources {
            match &resource.after {
                Some(state) => row.resources.insert(resource.name.clone(), stored(state, bug)),
                None => row.resources.remove(&resource.name),
            };
        }
        if bug == Some(Bug::SharesByName) {
            for (name, json) in &row.resources {
                let others = self.rows.values_mut();
                for other in others.filter_map(|other| other.resources.get_mut(name)) {
                    other.clone_from(json);
                }
            }
        }
        if bug != Some(Bug::LosesMarker) || !row.resources.is_empty() {
            self.rows.insert(change.device.clone(), row);
        }
    }

    /// Holds `contents` beside what it held.
    pub(super) fn store(&mut self, contents: &BTreeMap<Digest, Arc<[u8]>>) {
        self.count();
        self.contents.extend(contents.iter().map(|(digest, bytes)| (*digest, Arc::clone(bytes))));
    }

    /// Writes every member as it is.
    pub(super) fn touch_all(&mut self) {
        self.count();
        let stamp = self.n_writes;
        self.rows.values_mut().for_each(|row| row.stamp = stamp);
    }
}

/// `state` as JSON.
fn stored(state: &ResourceState, bug: Option<Bug>) -> Json {
    let json = state.to_json();
    if bug != Some(Bug::DropsUnicode) {
        return json;
    }
    rewritten(json, &|json| match json {
        Json::String(text) => text.chars().filter(char::is_ascii).collect::<String>().into(),
        json => json,
    })
}

/// `json` with `rewrite` done to what is not an object.
fn rewritten(json: Json, rewrite: &impl Fn(Json) -> Json) -> Json {
    match json {
        Json::Object(map) => {
            map.into_iter().map(|(name, json)| (name, rewritten(json, rewrite))).collect()
        }
        json => rewrite(json),
    }
}

impl State {
    /// What is said of each member.
    pub(super) fn lift(&self, bug: Option<Bug>) -> Result<Snapshot, String> {
        let members = self.0.iter().map(|(id, resources)| {
            let mut states = BTreeMap::new();
            for (name, json) in resources {
                let json = match bug {
                    Some(Bug::LiftsNumbersAsText) => rewritten(json.clone(), &number_to_text),
                    Some(Bug::ForgetsEmptyObjects) => without_empty(json.clone()),
                    _ => json.clone(),
                };
                let state = ResourceState::from_json(&json)
                    .map_err(|error| format!("`{name}` of `{id}` is no resource: {error}"))?;
                states.insert(name.clone(), Arc::new(state));
            }
            Ok((id.clone(), Arc::new(Configuration::new(states))))
        });
        members.collect()
    }
}

fn number_to_text(json: Json) -> Json {
    match json {
        Json::Number(number) => number.to_string().into(),
        json => json,
    }
}

/// `json` without the empty objects below it.
fn without_empty(json: Json) -> Json {
    let Json::Object(map) = json else { return json };
    let kept = map.into_iter().map(|(name, json)| (name, without_empty(json)));
    kept.filter(|(_, json)| json.as_object().is_none_or(|map| !map.is_empty())).collect()
}
