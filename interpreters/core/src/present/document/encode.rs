//! From a plan to its document.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use escadre_algebra::{Coverage, Digest, Digester, ResourceState};

use super::groups::groups;
use super::json::state_to_json;
use super::{
    Base, ChangeDocument, Counts, CoverageName, KindName, PLAN_VERSION, PlanDocument,
    ResourceDocument,
};
use crate::plan::{Change, ChangeKind, Plan, ResourceChange};

/// `plan` as a document. Each state stands in it once, however many devices have it.
///
/// Costs O(changes · log states + states).
#[must_use]
pub fn document(plan: &Plan) -> PlanDocument {
    let mut states = States::default();
    let changes = plan.changes().iter().map(|c| change(c, &mut states)).collect();
    let mut document = PlanDocument {
        escadre: "plan".to_owned(),
        version: PLAN_VERSION,
        target: plan.target().to_owned(),
        base: Base { revision: plan.base().to_string() },
        fleet: plan.fleet().to_string(),
        inventory: plan.inventory().to_string(),
        coverage: match plan.coverage() {
            Coverage::Complete => CoverageName::Complete,
            Coverage::Partial => CoverageName::Partial,
        },
        summary: counts(plan),
        members_before: count(plan.n_members()),
        groups: groups(plan),
        changes,
        states: states.stored,
        digest: String::new(),
    };
    document.digest = document.content_digest().to_string();
    document
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

fn change(change: &Change, states: &mut States) -> ChangeDocument {
    let resources = change.resources.iter().map(|r| resource(r, states));
    ChangeDocument {
        device: change.device.to_string(),
        kind: kind(change.kind),
        resources: resources.collect(),
    }
}

fn resource(change: &ResourceChange, states: &mut States) -> ResourceDocument {
    let kind = match (&change.before, &change.after) {
        (None, _) => KindName::Added,
        (Some(_), None) => KindName::Removed,
        (Some(_), Some(_)) => KindName::Changed,
    };
    let mut key =
        |state: &Option<Arc<ResourceState>>| state.as_ref().map(|state| states.key(state));
    ResourceDocument {
        name: change.name.to_string(),
        kind,
        before: key(&change.before),
        after: key(&change.after),
        written: key(&change.written),
    }
}

/// The states met so far.
#[derive(Default)]
struct States {
    stored: BTreeMap<String, serde_json::Value>,
    // INVARIANT: the plan outlives this, so no address is used twice; `key` adds them.
    known: HashMap<*const ResourceState, String>,
}

impl States {
    /// The key of `state`. States that are shared are digested once.
    fn key(&mut self, state: &Arc<ResourceState>) -> String {
        if let Some(key) = self.known.get(&Arc::as_ptr(state)) {
            return key.clone();
        }
        let json = state_to_json(state);
        let key = state_digest(&json).to_string();
        self.known.insert(Arc::as_ptr(state), key.clone());
        self.stored.entry(key.clone()).or_insert(json);
        key
    }
}

fn state_digest(json: &serde_json::Value) -> Digest {
    Digester::new("escadre/plan/1/state").piece(json.to_string().as_bytes()).finish()
}
