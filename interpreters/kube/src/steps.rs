//! The writes that bring one node from the labels it has to those it is to have. Pure.
//!
//! ```text
//! nothing to wait for     labels ──▶ after
//! replace                 labels ──▶ after + hold ──(old pods gone)──▶ after
//! prepull                 labels ──▶ labels + pull ──(images there)──▶ after + hold ──▶ …
//! surge                   labels ──▶ after + keep ──(new pods ready)──▶ after
//! ```
//!
//! What the node holds changes in one of these writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use escadre_algebra::{ResourceName, UpdateStrategy};
use serde_json::{Value as Json, json};

use crate::names::{
    Variant, hold_label, keep_label, label_pointer, parse_resource_label, pull_label,
};
use crate::strategy::strategy;
use crate::work::Labels;
use crate::world::{Membership, Node, World};

/// One write of a node, and what is waited for after it.
#[derive(Debug)]
pub(crate) struct Step {
    /// The JSON patch as it is sent; empty if only something is waited for.
    // CHOICE: text; as values, of which each object is a tree, it takes ten times as much.
    pub(crate) patch: String,
    /// What the node has then; nodes that have the same share it.
    pub(crate) labels: Arc<Labels>,
    pub(crate) waits: Vec<Wait>,
    /// Whether from then on it holds what it is to hold.
    pub(crate) is_held: bool,
}

/// A variant that is to take the place of another on the node, and what is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) resource: ResourceName,
    pub(crate) variant: Variant,
    pub(crate) until: Until,
    /// The variant that it follows.
    pub(crate) before: Variant,
}

/// What is waited for, while the pod of the variant before is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The pod that pulls its images is ready.
    Pulled,
    /// Its pod is ready.
    Ready,
    /// The pods of all other variants are gone.
    Gone,
}

impl Wait {
    /// The label that says on the node what is waited for.
    fn note(&self) -> (String, String) {
        match self.until {
            Until::Pulled => (pull_label(&self.resource), self.variant.to_string()),
            Until::Ready => (keep_label(&self.resource), self.before.to_string()),
            Until::Gone => (hold_label(&self.resource), self.before.to_string()),
        }
    }
}

/// Finds steps; nodes that are to have the same labels share them.
pub(crate) struct Steps<'a> {
    world: &'a World,
    known: BTreeSet<Arc<Labels>>,
    /// The variants whose images are to be pulled.
    pub(crate) pulls: BTreeSet<Variant>,
}

/// The strategy of a variant that is to be written.
type Strategies<'a> = dyn Fn(&Variant) -> Option<UpdateStrategy> + 'a;

impl<'a> Steps<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, known: BTreeSet::new(), pulls: BTreeSet::new() }
    }

    /// The steps of `node` to `after`; `of` knows the strategies of what is new.
    pub(crate) fn of(
        &mut self,
        node: Option<&Node>,
        after: Labels,
        of: &Strategies<'_>,
    ) -> Result<Vec<Step>, String> {
        let node = node.ok_or_else(|| "the cluster has no node of this name".to_owned())?;
        if let Membership::Theirs(namespace) = &node.membership {
            return Err(format!("it is a member of the fleet in the namespace `{namespace}`"));
        }
        let (pulls, waits) = self.waits(node, &after, of);
        let mut steps = Vec::with_capacity(1);
        if !pulls.is_empty() {
            let mut labels = Labels::clone(&node.labels);
            labels.extend(pulls.iter().map(Wait::note));
            self.pulls.extend(pulls.iter().map(|it| it.variant.clone()));
            steps.push(self.step(node, &node.labels, labels, (pulls, false)));
        }
        let mut labels = after.clone();
        labels.extend(waits.iter().map(Wait::note));
        let is_noted = !waits.is_empty();
        let before = steps.last().map_or(&node.labels, |step| &step.labels);
        let step = self.step(node, &Arc::clone(before), labels, (waits, true));
        steps.push(step);
        if is_noted {
            let before = steps.last().map_or(&node.labels, |step| &step.labels);
            let step = self.step(node, &Arc::clone(before), after, (Vec::new(), true));
            steps.push(step);
        }
        steps.retain(|step| !step.patch.is_empty() || !step.waits.is_empty());
        Ok(steps)
    }

    /// What is pulled before the change of `node`, and what is waited for after it.
    fn waits(&self, node: &Node, after: &Labels, of: &Strategies<'_>) -> (Vec<Wait>, Vec<Wait>) {
        let (held, kept, held_back) = (node.variants(), node.kept(), node.held_back());
        let (mut pulls, mut waits) = (Vec::new(), Vec::new());
        for (key, value) in after {
            let Some((resource, variant)) = parse_resource_label(key).zip(Variant::parse(value))
            else {
                continue;
            };
            let Some(now) = held.get(&resource) else { continue };
            let is_new = *now != variant;
            let wait = |until, before: &Variant| {
                let (resource, variant) = (resource.clone(), variant.clone());
                Wait { resource, variant, until, before: before.clone() }
            };
            match of(&variant).or_else(|| self.strategy(&variant)) {
                // What was kept when the change before this one began was ready then.
                Some(UpdateStrategy::Surge) => {
                    let before = kept.get(&resource).unwrap_or(now);
                    if *before != variant && self.strategy(before) == Some(UpdateStrategy::Surge) {
                        waits.push(wait(Until::Ready, before));
                    }
                }
                Some(strategy @ (UpdateStrategy::Replace | UpdateStrategy::Prepull)) => {
                    if is_new && strategy == UpdateStrategy::Prepull {
                        pulls.push(wait(Until::Pulled, now));
                    }
                    let before = held_back.get(&resource).filter(|_| !is_new);
                    let before = before.or(is_new.then_some(now));
                    waits.extend(before.map(|before| wait(Until::Gone, before)));
                }
                None => {}
            }
        }
        (pulls, waits)
    }

    /// The strategy of a variant that is there.
    fn strategy(&self, variant: &Variant) -> Option<UpdateStrategy> {
        strategy(self.world.objects.get(variant)?.state.as_ref()?)
    }

    fn step(
        &mut self,
        node: &Node,
        before: &Arc<Labels>,
        after: Labels,
        (waits, is_held): (Vec<Wait>, bool),
    ) -> Step {
        let is_labelled = node.is_labelled || !Arc::ptr_eq(before, &node.labels);
        let patch = patch((&node.uid, is_labelled), before, &after);
        let labels = match self.known.get(&after) {
            Some(known) => Arc::clone(known),
            None => {
                let after = Arc::new(after);
                self.known.insert(Arc::clone(&after));
                after
            }
        };
        Step { patch, labels, waits, is_held }
    }
}

/// The JSON patch from `before` to `after` of the node `uid`: nothing is written unless all labels
/// of ours are as they were seen, on the same node.
fn patch((uid, is_labelled): (&str, bool), before: &Labels, after: &Labels) -> String {
    let mut changes = Vec::new();
    for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
        changes.push(json!({"op": "add", "path": label_pointer(key), "value": value}));
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        changes.push(json!({"op": "remove", "path": label_pointer(key)}));
    }
    if changes.is_empty() {
        return String::new();
    }
    let test =
        |path: &str, value: Option<&str>| json!({"op": "test", "path": path, "value": value});
    let mut patch = vec![test("/metadata/uid", Some(uid))];
    if is_labelled {
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        patch
            .extend(keys.map(|key| test(&label_pointer(key), before.get(key).map(String::as_str))));
    } else {
        patch.push(test("/metadata/labels", None));
        patch.push(json!({"op": "add", "path": "/metadata/labels", "value": {}}));
    }
    patch.extend(changes);
    Json::from(patch).to_string()
}
