//! Trees of claims: which candidates each path of one resource has.
//!
//! A tree denotes a function from *all* paths of a resource to sets of candidates. A leaf claims
//! `Unset` at every path below it, so that function is finite in shape only: each node says what
//! its unlisted descendants hold (`below`: nothing, or `Unset`), and lists the others. Every
//! operation is pointwise in the path.
//!
//! Trees are at most `MAX_FIELDS` deep (`Path` keeps it), which bounds the recursion here.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::annotation::Annotation;
use crate::facts::Facts;
use crate::names::Field;
use crate::value::Value;

/// The candidates of one path: different values, in order, each with its annotation.
pub(crate) type Candidates<A> = Vec<(Value, A)>;

#[derive(Clone, Debug)]
pub(crate) struct Tree<A> {
    // INVARIANT: sorted by value, none twice.
    pub(crate) own: Candidates<A>,
    /// Whether `Unset` is claimed at every descendant that `children` does not lead to.
    pub(crate) below: Option<A>,
    // INVARIANT: no child is just what `below` says; `normalise` keeps it.
    pub(crate) children: BTreeMap<Field, Arc<Self>>,
}

impl<A: Annotation> Tree<A> {
    /// Nothing is claimed.
    pub(crate) fn nothing() -> Self {
        Self { own: Vec::new(), below: None, children: BTreeMap::new() }
    }

    /// What a descendant holds that the node with `below` does not list.
    fn unlisted(below: Option<&A>) -> Self {
        let own = below.map(|a| (Value::Unset, a.clone())).into_iter().collect();
        Self { own, below: below.cloned(), children: BTreeMap::new() }
    }

    /// `value` alone, and what a claim of it says of the paths below.
    pub(crate) fn claim(value: Value, annotation: A) -> Self {
        let silent = value == Value::Object || mutant!(LeafSilentBelow);
        let below = (!silent).then(|| annotation.clone());
        Self { own: vec![(value, annotation)], below, children: BTreeMap::new() }
    }

    /// Lays `value` at `fields`, and `Object` at every node above, over `tree`.
    pub(crate) fn set(tree: &mut Arc<Self>, fields: &[Field], value: &Value, annotation: &A) {
        let [field, rest @ ..] = fields else {
            if mutant!(FirstFieldWins if !tree.own.is_empty()) {
                return;
            }
            let over = Arc::new(Self::claim(value.clone(), annotation.clone()));
            return Self::overlay(tree, &over);
        };
        let tree = Arc::make_mut(tree);
        if !matches!(&tree.own[..], [(Value::Object, _)]) && !mutant!(ObjectsUnclaimed) {
            tree.own = vec![(Value::Object, annotation.clone())];
        }
        let unlisted = || Arc::new(Self::unlisted(tree.below.as_ref()));
        let child = tree.children.entry(field.clone()).or_insert_with(unlisted);
        Self::set(child, rest, value, annotation);
        tree.normalise_at(field);
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.own.is_empty() && self.below.is_none() && self.children.is_empty()
    }

    /// Whether this subtree is what an unlisted one under `below` is, annotations aside.
    fn is_unlisted(&self, below: bool) -> bool {
        let own_agrees = match &self.own[..] {
            [] => !below,
            [(Value::Unset, _)] => below,
            _ => false,
        };
        own_agrees && self.below.is_some() == below && self.children.is_empty()
    }

    /// Drops the children that a `zip` with `other` made just what `below` says.
    fn normalise(&mut self, other: &Self) {
        let below = self.below.is_some();
        if other.below.is_some() {
            self.children.retain(|_, child| !child.is_unlisted(below));
        } else {
            other.children.keys().for_each(|field| self.normalise_at(field));
        }
    }

    fn normalise_at(&mut self, field: &Field) {
        let below = self.below.is_some();
        if self.children.get(field).is_some_and(|child| child.is_unlisted(below)) {
            self.children.remove(field);
        }
    }

    /// Applies `op` to this subtree and each subtree of `other`, listed on either side.
    fn zip(&mut self, other: &Self, op: fn(&mut Arc<Self>, &Arc<Self>)) {
        for (field, theirs) in &other.children {
            let ours = self.children.entry(field.clone());
            let ours = ours.or_insert_with(|| Arc::new(Self::unlisted(self.below.as_ref())));
            op(ours, theirs);
        }
        if other.below.is_some() {
            let unlisted = Arc::new(Self::unlisted(other.below.as_ref()));
            for (field, ours) in &mut self.children {
                if !other.children.contains_key(field) {
                    op(ours, &unlisted);
                }
            }
        }
    }

    /// Pointwise ∪.
    pub(crate) fn union(ours: &mut Arc<Self>, theirs: &Arc<Self>) {
        if (Arc::ptr_eq(ours, theirs) && mutant!(no UnionCancels)) || theirs.is_nothing() {
            return;
        }
        let tree = Arc::make_mut(ours);
        tree.zip(theirs, Self::union);
        if mutant!(UnionIntersects if !tree.own.is_empty() && !theirs.own.is_empty()) {
            return tree.mistaken_intersection(theirs);
        }
        for (value, annotation) in &theirs.own {
            match tree.own.binary_search_by(|(v, _)| v.cmp(value)) {
                Ok(at) if mutant!(UnionCancels) => drop(tree.own.remove(at)),
                Ok(at) => tree.own[at].1.join(annotation),
                Err(at) => tree.own.insert(at, (value.clone(), annotation.clone())),
            }
        }
        match (&mut tree.below, &theirs.below) {
            (Some(ours), Some(theirs)) => ours.join(theirs),
            (below @ None, Some(theirs)) => *below = Some(theirs.clone()),
            (_, None) => {}
        }
        tree.normalise(theirs);
    }

    /// Keeps only the candidates that both have.
    fn mistaken_intersection(&mut self, other: &Self) {
        self.own.retain(|(value, _)| other.own.iter().any(|(theirs, _)| value == theirs));
        self.normalise(other);
    }

    /// Pointwise ⊕: their candidates where they have any, else ours.
    pub(crate) fn overlay(ours: &mut Arc<Self>, theirs: &Arc<Self>) {
        if Arc::ptr_eq(ours, theirs) || theirs.is_nothing() {
            return;
        }
        if !A::OBSERVES
            && theirs.children.is_empty()
            && theirs.below.is_some()
            && !theirs.own.is_empty()
            && mutant!(no OverlayLeavesBelow, OverlayUnsetSilent, OverlaySettled)
        {
            *ours = Arc::clone(theirs);
            return;
        }
        let tree = Arc::make_mut(ours);
        if mutant!(OverlayLeavesBelow if theirs.below.is_some()) {
            tree.own.clone_from(&theirs.own);
            return;
        }
        tree.zip(theirs, Self::overlay);
        let is_unset = matches!(theirs.own[..], [(Value::Unset, _)]);
        let is_contest = matches!((&theirs.own[..], &tree.own[..]), ([_, _, ..], [_, ..]));
        let is_silent =
            [mutant!(OverlayUnsetSilent if is_unset), mutant!(OverlaySettled if is_contest)];
        let is_silent = is_silent.contains(&true);
        if !theirs.own.is_empty() && !is_silent {
            let shadowed = std::mem::replace(&mut tree.own, theirs.own.clone());
            tree.own.iter_mut().for_each(|(_, winner)| winner.shadow(&shadowed));
        }
        if theirs.below.is_some() && !is_silent {
            tree.below.clone_from(&theirs.below);
        }
        tree.normalise(theirs);
    }

    /// Forgets the paths at which `theirs` has candidates.
    pub(crate) fn mask(ours: &mut Arc<Self>, theirs: &Arc<Self>) {
        if theirs.is_nothing() || ours.is_nothing() {
            return;
        }
        let tree = Arc::make_mut(ours);
        tree.zip(theirs, Self::mask);
        let is_spared = mutant!(MaskSparesConflicts if tree.own.len() > 1);
        if mutant!(MaskEqualOnly) {
            tree.mistaken_difference(theirs);
        } else if !theirs.own.is_empty() && !is_spared {
            tree.own.clear();
        }
        if theirs.below.is_some() && !mutant!(MaskLeavesBelow) {
            tree.below = None;
        }
        tree.normalise(theirs);
    }

    /// Forgets only the candidates that both have.
    fn mistaken_difference(&mut self, other: &Self) {
        self.own.retain(|(value, _)| other.own.iter().all(|(theirs, _)| value != theirs));
    }

    /// Forgets `fields` and everything below.
    pub(crate) fn forget(&mut self, fields: &[Field]) {
        let [field, rest @ ..] = fields else {
            if mutant!(ForgetPrefixOnly) {
                self.own.clear();
            } else if mutant!(ForgetSparesConflicts if self.own.len() > 1) {
                (self.below, self.children) = (None, BTreeMap::new());
            } else {
                *self = Self::nothing();
            }
            return;
        };
        let unlisted = || Arc::new(Self::unlisted(self.below.as_ref()));
        let child = self.children.entry(field.clone()).or_insert_with(unlisted);
        Arc::make_mut(child).forget(rest);
        self.normalise_at(field);
    }

    /// Only the paths in `kept` (whole subtrees or single ones), and those above them.
    ///
    /// `kept` is sorted, and this tree stands at the first `depth` fields of each.
    /// Costs O(log children) for each field of `kept`.
    pub(crate) fn keep(self: &Arc<Self>, kept: &[(&[Field], bool)], depth: usize) -> Arc<Self> {
        let n_here = kept.iter().take_while(|(fields, _)| fields.len() == depth).count();
        let (here, below) = kept.split_at(n_here);
        if here.iter().any(|(_, whole)| *whole) && !mutant!(KeepPrefixOnly, KeepSettles) {
            return Arc::clone(self);
        }
        let mut tree = Self::nothing();
        let is_dropped = mutant!(KeepDropsAbove) && here.is_empty();
        if !kept.is_empty() && !is_dropped {
            tree.own.clone_from(&self.own);
        }
        if mutant!(KeepSettles) {
            tree.own.truncate(1);
        }
        for group in below.chunk_by(|(a, _), (b, _)| a.get(depth) == b.get(depth)) {
            let Some(field) = group.first().and_then(|(fields, _)| fields.get(depth)) else {
                continue;
            };
            let child = self.child(field).keep(group, depth + 1);
            tree.children.insert(field.clone(), child);
            tree.normalise_at(field);
        }
        Arc::new(tree)
    }

    /// The subtree at `field`, listed or not.
    pub(crate) fn child(&self, field: &Field) -> Arc<Self> {
        match self.children.get(field) {
            Some(child) => Arc::clone(child),
            None => Arc::new(Self::unlisted(self.below.as_ref())),
        }
    }

    /// This tree with every candidate replaced by `f` of it; values that become equal are joined.
    pub(crate) fn map<B: Annotation>(
        &self,
        f: &mut impl FnMut(&Value, &A) -> (Value, B),
    ) -> Tree<B> {
        let mut own: Candidates<B> = Vec::with_capacity(self.own.len());
        for (value, annotation) in &self.own {
            let (value, annotation) = f(value, annotation);
            match own.binary_search_by(|(v, _)| v.cmp(&value)) {
                Ok(at) if mutant!(InstancesApart) => own.insert(at, (value, annotation)),
                Ok(at) => own[at].1.join(&annotation),
                Err(at) => own.insert(at, (value, annotation)),
            }
        }
        let below = self.below.as_ref().map(|a| f(&Value::Unset, a).1);
        let children = self.children.iter().map(|(k, c)| (k.clone(), Arc::new(c.map(f))));
        Tree { own, below, children: children.collect() }
    }

    /// Joins the candidates of a node that say the same on one device; see `Claims::settle`.
    pub(crate) fn settle(tree: &mut Arc<Self>, facts: &Facts) {
        let changed = tree.children.iter().filter_map(|(field, child)| {
            let mut settled = Arc::clone(child);
            Self::settle(&mut settled, facts);
            (!Arc::ptr_eq(child, &settled)).then(|| (field.clone(), settled))
        });
        let changed: Vec<(Field, Arc<Self>)> = changed.collect();
        let mut instances = tree.own.iter().map(|(value, _)| value.instantiate(facts));
        let first = instances.next();
        let agree = tree.own.len() > 1
            && instances.all(|instance| Some(&instance) == first.as_ref())
            && !mutant!(EqualTextsApart);
        if agree || !changed.is_empty() {
            let tree = Arc::make_mut(tree);
            tree.children.extend(changed);
            if agree {
                tree.own.truncate(1);
            }
        }
    }

    /// Whether both claim the same candidates at the same paths, annotations aside.
    pub(crate) fn same_claims<B>(&self, other: &Tree<B>) -> bool {
        let values = self.own.iter().map(|(value, _)| value);
        values.eq(other.own.iter().map(|(value, _)| value))
            && self.below.is_some() == other.below.is_some()
            && self.children.len() == other.children.len()
            && self
                .children
                .iter()
                .zip(&other.children)
                .all(|((k, a), (l, b))| k == l && a.same_claims(b))
    }

    /// Hashes what [`Self::same_claims`] compares.
    pub(crate) fn hash_claims(&self, state: &mut impl Hasher) {
        self.own.len().hash(state);
        self.own.iter().for_each(|(value, _)| value.hash(state));
        self.below.is_some().hash(state);
        self.children.len().hash(state);
        for (field, child) in &self.children {
            field.hash(state);
            child.hash_claims(state);
        }
    }

    /// Calls `visit` with the fields and candidates of every listed node, parents first.
    pub(crate) fn walk<'a>(
        &'a self,
        at: &mut Vec<&'a Field>,
        visit: &mut impl FnMut(&[&'a Field], &'a Self) -> bool,
    ) {
        if !visit(at, self) {
            return;
        }
        for (field, child) in &self.children {
            at.push(field);
            child.walk(at, visit);
            at.pop();
        }
    }
}
