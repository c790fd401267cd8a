//! Claims: what is said of one device.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::annotation::Annotation;
use crate::facts::Facts;
use crate::names::{Field, LabelKey, ResourceName};
use crate::path::Path;
use crate::path_set::PathSet;
use crate::tree::Tree;
use crate::value::Value;

/// A relation between paths and values, finitely represented; a path may have several candidates.
///
/// A claim that is not `Object` also claims `Unset` at every path below it.
/// Two are equal iff they claim the same values at the same paths, annotations aside.
#[derive(Clone, Debug)]
pub struct Claims<A = ()> {
    // INVARIANT: no tree is `nothing`.
    pub(crate) roots: BTreeMap<ResourceName, Arc<Tree<A>>>,
}

impl<A> Default for Claims<A> {
    fn default() -> Self {
        Self { roots: BTreeMap::new() }
    }
}

impl<A: Annotation, B: Annotation> PartialEq<Claims<B>> for Claims<A> {
    fn eq(&self, other: &Claims<B>) -> bool {
        self.roots.len() == other.roots.len()
            && self
                .roots
                .iter()
                .zip(&other.roots)
                .all(|((k, a), (l, b))| k == l && a.same_claims(b))
    }
}

impl<A: Annotation> Eq for Claims<A> {}

impl<A: Annotation> Claims<A> {
    /// The claims of `tree` for one resource.
    pub(crate) fn of(resource: ResourceName, tree: Arc<Tree<A>>) -> Self {
        Self { roots: BTreeMap::from([(resource, tree)]) }
    }

    /// Whether nothing is claimed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The resources of which something is claimed.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceName> {
        self.roots.keys()
    }

    /// The candidates at `path`, in order, each with its annotation. Costs O(fields).
    #[must_use]
    pub fn at(&self, path: &Path) -> Vec<(Value, A)> {
        let Some(root) = self.roots.get(path.resource()) else { return Vec::new() };
        let mut tree = Arc::clone(root);
        for field in path.fields() {
            tree = tree.child(field);
        }
        tree.own.clone()
    }

    /// Every listed path with its candidates, in order; paths below a leaf are not listed where
    /// they are just `Unset`.
    #[must_use]
    pub fn listed(&self) -> Vec<(Path, Vec<(Value, A)>)> {
        let mut listed = Vec::new();
        for (resource, root) in &self.roots {
            root.walk(&mut Vec::new(), &mut |fields, tree| {
                let fields: Vec<Field> = fields.iter().copied().cloned().collect();
                if let Ok(path) = Path::new(resource.clone(), fields)
                    && !tree.own.is_empty()
                {
                    listed.push((path, tree.own.clone()));
                }
                true
            });
        }
        listed
    }

    /// These claims on one device: words are replaced by what they say there, and candidates
    /// that are then equal are one. Costs O(size).
    #[must_use]
    pub fn instantiate(&self, facts: &Facts) -> Self {
        self.map(&mut |value, annotation: &A| (value.instantiate(facts), annotation.clone()))
    }

    /// The labels that the claims mention.
    pub(crate) fn labels(&self) -> BTreeSet<LabelKey> {
        let mut labels = BTreeSet::new();
        for tree in self.roots.values() {
            tree.walk(&mut Vec::new(), &mut |_, node| {
                let words = node.own.iter().flat_map(|(value, _)| value.words());
                labels.extend(words.flat_map(crate::Word::labels).cloned());
                true
            });
        }
        labels
    }

    /// These claims where candidates that say the same on one device are one: the first as written.
    /// What is not contested, or stays contested, is left as written.
    pub(crate) fn settle(&self, facts: &Facts) -> Self {
        let roots = self.roots.iter().map(|(name, tree)| {
            let mut tree = Arc::clone(tree);
            Tree::settle(&mut tree, facts);
            (name.clone(), tree)
        });
        Self { roots: roots.collect() }
    }

    pub(crate) fn map<B: Annotation>(
        &self,
        f: &mut impl FnMut(&Value, &A) -> (Value, B),
    ) -> Claims<B> {
        let roots = self.roots.iter().map(|(k, tree)| (k.clone(), Arc::new(tree.map(f))));
        Claims { roots: roots.collect() }
    }

    pub(crate) fn union(&mut self, mut other: Self) {
        if mutant!(UnionFirstWins) {
            std::mem::swap(self, &mut other);
        }
        if mutant!(UnionSecondPaths) {
            let mut rest = self.clone();
            rest.mask(&other);
            self.mask(&rest);
        }
        if mutant!(UnionOverlays, UnionFirstWins) {
            return self.zip(other, Tree::overlay);
        }
        self.zip(other, Tree::union);
    }

    pub(crate) fn overlay(&mut self, mut other: Self) {
        if mutant!(OverlayCancels) {
            return self.zip(other, difference);
        }
        if mutant!(OverlayMerges) {
            return self.zip(other, Tree::union);
        }
        if mutant!(OverlayWholeResource) {
            return self.zip(other, |ours, theirs| *ours = Arc::clone(theirs));
        }
        if mutant!(OverlayFirstWins) {
            std::mem::swap(self, &mut other);
        }
        self.zip(other, Tree::overlay);
    }

    /// Applies `op` to each resource that both claim, and takes the others as they are.
    /// Costs O(log) for each resource of the smaller operand, so that many small fleets may be
    /// laid over a large one, or below it.
    fn zip(&mut self, mut other: Self, op: fn(&mut Arc<Tree<A>>, &Arc<Tree<A>>)) {
        let swapped = other.roots.len() > self.roots.len();
        if swapped {
            std::mem::swap(&mut self.roots, &mut other.roots);
        }
        for (name, mut tree) in other.roots {
            match self.roots.entry(name) {
                Entry::Vacant(slot) => drop(slot.insert(tree)),
                Entry::Occupied(mut slot) if swapped => {
                    op(&mut tree, slot.get());
                    slot.insert(tree);
                }
                Entry::Occupied(mut slot) => op(slot.get_mut(), &tree),
            }
        }
    }

    /// Overlays the resources whose root is claimed here.
    pub(crate) fn patch(&mut self, other: &Self) {
        if mutant!(PatchAddsResources) {
            return self.zip(other.clone(), Tree::overlay);
        }
        self.meet(other, |ours, theirs| {
            if ours.own.is_empty() {
                return;
            }
            if mutant!(PatchCancels) {
                return difference(ours, theirs);
            }
            if mutant!(PatchMerges) {
                return Tree::union(ours, theirs);
            }
            let base = mutant!(PatchFillsGaps).then(|| Arc::clone(ours));
            Tree::overlay(ours, theirs);
            base.iter().for_each(|base| Tree::overlay(ours, base));
        });
    }

    pub(crate) fn mask(&mut self, other: &Self) {
        if mutant!(MaskOverlays) {
            return self.zip(other.clone(), Tree::overlay);
        }
        if mutant!(MaskWholeResource) {
            self.meet(other, |ours, _| *ours = Arc::new(Tree::nothing()));
        }
        self.meet(other, Tree::mask);
        self.drop_empty();
    }

    /// Applies `op` to each resource that both claim. Costs O(log) for each one of the smaller side.
    fn meet(&mut self, other: &Self, op: impl Fn(&mut Arc<Tree<A>>, &Arc<Tree<A>>)) {
        if other.roots.len() > self.roots.len() {
            for (name, ours) in &mut self.roots {
                other.roots.get(name).into_iter().for_each(|theirs| op(ours, theirs));
            }
            return;
        }
        for (name, theirs) in &other.roots {
            self.roots.get_mut(name).into_iter().for_each(|ours| op(ours, theirs));
        }
    }

    pub(crate) fn forget(&mut self, paths: &PathSet) {
        if paths.is_everything() {
            self.roots.clear();
        }
        let points = paths.points().filter(|_| !mutant!(ForgetSparesPoints));
        for path in paths.subtrees().chain(points) {
            if let Some(tree) = self.roots.get_mut(path.resource()) {
                Arc::make_mut(tree).forget(path.fields());
            }
        }
        self.drop_empty();
    }

    pub(crate) fn keep(&mut self, paths: &PathSet) {
        if mutant!(KeepForgets) {
            return self.forget(paths);
        }
        if paths.is_everything() {
            return;
        }
        for (name, tree) in &mut self.roots {
            *tree = tree.keep(&paths.of_resource(name), 0);
        }
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.roots.retain(|_, tree| !tree.is_nothing());
    }
}

/// The paths of which one side speaks. Only mutants take it for an overlay.
fn difference<A: Annotation>(ours: &mut Arc<Tree<A>>, theirs: &Arc<Tree<A>>) {
    let mut rest = Arc::clone(theirs);
    Tree::mask(&mut rest, ours);
    Tree::mask(ours, theirs);
    Tree::union(ours, &rest);
}

impl<A: Annotation> fmt::Display for Claims<A> {
    /// One line a path: `path: value | value`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, candidates) in self.listed() {
            write!(f, "{path}:")?;
            for (i, (value, _)) in candidates.iter().enumerate() {
                write!(f, "{} {value}", if i > 0 { " |" } else { "" })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
