//! What the parts of a fleet would claim, wherever they are used.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::annotation::{Annotation, MAX_LAYERS};
use crate::dag::Dag;
use crate::fleet::Op;
use crate::names::{Field, ResourceName};
use crate::path::Path;
use crate::path_set::PathSet;
use crate::tree::Tree;

/// The most resources that one part is said to claim.
pub(super) const MAX_RESOURCES: usize = 32;

/// What one part of a fleet would claim at the path asked for, if every condition in it held.
// CHOICE: shared, since most nodes say what one of their operands says.
#[derive(Clone)]
pub(super) struct Summary {
    /// The resources, at most `MAX_RESOURCES`; none if the part does not touch the path.
    pub(super) resources: Arc<BTreeSet<ResourceName>>,
    /// The names of the layers that touch the path, innermost first, at most `MAX_LAYERS`.
    pub(super) layers: Arc<[Arc<str>]>,
}

/// The summary of every node, as far as `path` is concerned. Costs O(nodes · (fields + cap)).
pub(super) fn summaries(dag: &Dag, path: Option<&Path>) -> Vec<Summary> {
    let nothing = Summary { resources: Arc::default(), layers: Arc::from([]) };
    let mut summaries: Vec<Summary> = Vec::with_capacity(dag.len());
    for (fleet, of) in dag.nodes.iter().zip(dag.operands.iter()) {
        let summary = match &fleet.0.op {
            Op::Empty | Op::All | Op::Invalid(_) | Op::Foreign(_) => nothing.clone(),
            Op::Deploy(deployed) => {
                let mut summary = nothing.clone();
                if reads(path, &deployed.resource, &deployed.claims) {
                    summary.resources = Arc::new(BTreeSet::from([deployed.resource.clone()]));
                }
                summary
            }
            Op::Named(name) => summaries[of[0]].clone().named(name),
            Op::Forget(paths) if forgets(paths, path) => nothing.clone(),
            // Of the other operands, only members and paths matter.
            Op::Restrict(_) | Op::Within | Op::Without | Op::Mask | Op::Forget(_) | Op::Keep(_) => {
                summaries[of[0]].clone()
            }
            Op::Union | Op::Overlay | Op::Patch | Op::Choose(_) => {
                let mut joined = nothing.clone();
                of.iter().for_each(|&operand| joined.join(&summaries[operand]));
                joined
            }
        };
        summaries.push(summary);
    }
    summaries
}

/// Whether `path` (or any) has claims in the tree of `resource`.
pub(super) fn reads<A: Annotation>(
    path: Option<&Path>,
    resource: &ResourceName,
    tree: &Tree<A>,
) -> bool {
    path.is_none_or(|path| path.resource() == resource && claims_at(tree, path.fields()))
}

/// Whether something is claimed at `fields` or below, if only `Unset` by a leaf above.
pub(super) fn claims_at<A: Annotation>(tree: &Tree<A>, fields: &[Field]) -> bool {
    let mut tree = tree;
    for field in fields {
        match tree.children.get(field) {
            Some(child) => tree = child,
            None => return tree.below.is_some(),
        }
    }
    !tree.is_nothing()
}

/// Whether nothing at `path` or below is left once `paths` are forgotten.
fn forgets(paths: &PathSet, path: Option<&Path>) -> bool {
    let inside = |path: &Path| path.above().any(|above| paths.contains(&above));
    paths.is_everything() || path.is_some_and(inside)
}

impl Summary {
    fn named(mut self, name: &Arc<str>) -> Self {
        if !self.resources.is_empty() && self.layers.len() < MAX_LAYERS {
            self.layers = self.layers.iter().chain([name]).cloned().collect();
        }
        self
    }

    fn join(&mut self, other: &Self) {
        if self.resources.is_empty() {
            return self.clone_from(other);
        }
        let is_new = |name: &&ResourceName| !self.resources.contains(*name);
        let n_free = MAX_RESOURCES - self.resources.len().min(MAX_RESOURCES);
        let new: Vec<ResourceName> =
            other.resources.iter().filter(is_new).take(n_free).cloned().collect();
        if !new.is_empty() {
            Arc::make_mut(&mut self.resources).extend(new);
        }
        let is_new = |name: &&Arc<str>| !self.layers.contains(*name);
        let n_free = MAX_LAYERS - self.layers.len().min(MAX_LAYERS);
        let new: Vec<&Arc<str>> = other.layers.iter().filter(is_new).take(n_free).collect();
        if !new.is_empty() {
            self.layers = self.layers.iter().chain(new).cloned().collect();
        }
    }
}
