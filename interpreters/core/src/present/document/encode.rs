//! From a plan to its document.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use escadre_algebra::{Coverage, Digest, Digester, ResourceState};

use super::view::{Changes, Groups, StateView, States, View};
use super::{
    Base, ChangeDocument, Counts, CoverageName, KindName, PLAN_VERSION, ResourceDocument, hash,
};
use crate::plan::{Change, ChangeKind, Group, Plan, ResourceChange};

/// A plan as its document, which is made while it is written: beside the plan it costs some bytes
/// for each distinct state and each group.
#[derive(Debug)]
pub struct StoredPlan<'a> {
    plan: &'a Plan,
    groups: Vec<Group>,
    keys: Keys<'a>,
    digest: String,
}

/// `plan` as a document, in version 1 of its form (see [`PlanDocument`](super::PlanDocument)).
/// Each state stands in it once, however many devices have it.
///
/// Costs O(changes · log states + states), and writing it as much again.
#[must_use]
pub fn document(plan: &Plan) -> StoredPlan<'_> {
    let mut stored =
        StoredPlan { plan, groups: plan.groups(), keys: Keys::of(plan), digest: String::new() };
    stored.digest = hash::content(&stored.view()).to_string();
    stored
}

impl StoredPlan<'_> {
    /// The digest of the content.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Writes the document as JSON without white space, and a newline.
    ///
    /// # Errors
    /// Those of `out`, to which much is written in small pieces.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, &self.view())?;
        out.write_all(b"\n")
    }

    /// Writes the document as JSON in a form that people can read.
    ///
    /// # Errors
    /// Those of `out`, to which much is written in small pieces.
    pub fn write_pretty(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, &self.view())?;
        out.write_all(b"\n")
    }

    /// The document as JSON, in a form that people can read.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::new();
        // Strings, numbers and maps with string keys always serialise, and memory takes them.
        let _ = self.write_pretty(&mut bytes);
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn view(&self) -> View<'_> {
        let plan = self.plan;
        View {
            escadre: "plan",
            version: PLAN_VERSION,
            target: plan.target(),
            base: Base { revision: plan.base().to_string() },
            fleet: plan.fleet().to_string(),
            inventory: plan.inventory().to_string(),
            coverage: match plan.coverage() {
                Coverage::Complete => CoverageName::Complete,
                Coverage::Partial => CoverageName::Partial,
            },
            summary: counts(plan),
            members_before: count(plan.n_members()),
            groups: Groups(&self.groups),
            changes: Changes(plan.changes(), &self.keys),
            states: States(&self.keys.stored),
            digest: &self.digest,
        }
    }
}

/// A number of devices: 64 bits are enough on every machine.
pub(super) fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

pub(super) fn counts(plan: &Plan) -> Counts {
    let summary = plan.summary();
    Counts {
        added: count(summary.added),
        changed: count(summary.changed),
        removed: count(summary.removed),
        unchanged: count(summary.unchanged),
        undetermined: count(summary.undetermined),
    }
}

pub(super) fn kind(kind: ChangeKind) -> KindName {
    match kind {
        ChangeKind::Added => KindName::Added,
        ChangeKind::Changed => KindName::Changed,
        ChangeKind::Removed => KindName::Removed,
    }
}

pub(super) fn change(change: &Change, keys: &Keys<'_>) -> ChangeDocument {
    let resources = change.resources.iter().map(|r| resource(r, keys));
    ChangeDocument {
        device: change.device.to_string(),
        kind: kind(change.kind),
        resources: resources.collect(),
    }
}

fn resource(change: &ResourceChange, keys: &Keys<'_>) -> ResourceDocument {
    let kind = match (&change.before, &change.after) {
        (None, _) => KindName::Added,
        (Some(_), None) => KindName::Removed,
        (Some(_), Some(_)) => KindName::Changed,
    };
    let key = |state: &Option<Arc<ResourceState>>| state.as_ref().and_then(|state| keys.key(state));
    ResourceDocument {
        name: change.name.to_string(),
        kind,
        before: key(&change.before),
        after: key(&change.after),
        written: key(&change.written),
    }
}

/// The digests of the states of a plan.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    // INVARIANT: the plan outlives this, so no address is used twice.
    known: HashMap<*const ResourceState, Digest>,
    // INVARIANT: in the order of the digests, each once.
    stored: Vec<(Digest, &'a ResourceState)>,
}

impl<'a> Keys<'a> {
    /// The digests of all states of `plan`. States that are shared are digested once.
    fn of(plan: &'a Plan) -> Self {
        let mut keys = Self { known: HashMap::new(), stored: Vec::new() };
        let mut text = Vec::new();
        let changes = plan.changes().iter().flat_map(|change| &change.resources);
        for state in changes.flat_map(|r| [&r.before, &r.after, &r.written]).flatten() {
            keys.known.entry(Arc::as_ptr(state)).or_insert_with(|| {
                let digest = state_digest(state, &mut text);
                keys.stored.push((digest, state));
                digest
            });
        }
        keys.stored.sort_by_key(|(digest, _)| *digest);
        keys.stored.dedup_by_key(|(digest, _)| *digest);
        keys
    }

    /// The key of `state`, which is one of the plan's.
    fn key(&self, state: &Arc<ResourceState>) -> Option<String> {
        self.known.get(&Arc::as_ptr(state)).map(ToString::to_string)
    }
}

/// The digest of `state`, by way of its JSON in `text`.
fn state_digest(state: &ResourceState, text: &mut Vec<u8>) -> Digest {
    text.clear();
    // Strings, numbers and maps with string keys always serialise, and memory takes them.
    let _ = serde_json::to_writer(&mut *text, &StateView(state));
    Digester::new("escadre/plan/1/state").piece(text).finish()
}
