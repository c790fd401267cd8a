//! The paths of an analysis, what each slot claims there, and which paths have one shape.
//!
//! Note [Paths] A fleet says something of infinitely many paths, but only of finitely many in
//! different ways: those that some resource or set of paths lists, those above, and below each of
//! them one path that nobody lists (`Point::beneath`), where leaves above claim `Unset`.
//!
//! Note [Shapes] Two paths have one shape if the same slots claim them, the same sets of paths
//! hold them, and (where a patch looks at it) they have the same root. The diagram of a shape
//! has slots in its leaves; this table says which value a slot has at a path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arena::Slot;
use super::expression::{Expr, ExprId, Expressions};
use crate::facts::Facts;
use crate::map::Map;
use crate::names::{Field, ResourceName};
use crate::path::Path;
use crate::path_set::PathSet;
use crate::tree::Tree;
use crate::value::Value;

/// The number of a point.
pub(super) type PointId = usize;

/// The number of a shape.
pub(super) type ShapeId = usize;

/// One path of an analysis, or what is below it and listed nowhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) path: Path,
    /// Whether it stands for every path below `path` that is listed nowhere.
    pub(super) beneath: bool,
}

impl Point {
    fn kept_by(&self, set: &PathSet) -> bool {
        if self.beneath { set.retains_beneath(&self.path) } else { set.retains(&self.path) }
    }
}

/// Paths that are written alike.
pub(super) struct Shape {
    pub(super) points: Vec<PointId>,
    /// The slots that claim each of them, in order.
    pub(super) slots: Arc<[Slot]>,
    /// For each set of paths, whether `forget` drops these paths, and whether `keep` keeps them.
    pub(super) held: Arc<[(bool, bool)]>,
    /// The root of their resource.
    pub(super) root: PointId,
}

/// What each slot claims at each point.
#[derive(Default)]
pub(super) struct Table {
    pub(super) points: Vec<Point>,
    /// Of each point, the slots that claim it and the numbers of their values, in order.
    claims: Vec<Vec<(Slot, u32)>>,
    values: Vec<Value>,
    value_of: Map<Value, u32>,
    pub(super) shapes: Vec<Shape>,
    shape_of: Vec<Option<ShapeId>>,
}

/// The fields of one resource that sets of paths list.
#[derive(Default)]
struct Trie {
    children: BTreeMap<Field, Trie>,
}

impl Trie {
    fn insert(&mut self, fields: &[Field]) {
        fields.iter().fold(self, |trie, field| trie.children.entry(field.clone()).or_default());
    }
}

/// What is at one path: the fields listed below it, and what each slot that reaches it claims.
#[derive(Default)]
struct Place<'a> {
    listed: Option<&'a Trie>,
    // INVARIANT: in the order of slots.
    claims: Vec<(Slot, &'a Tree<()>)>,
}

impl<'a> Place<'a> {
    /// What is one field below; `unlisted` is what a leaf claims there.
    fn below(&self, unlisted: &'a Tree<()>) -> BTreeMap<&'a Field, Self> {
        let mut below: BTreeMap<&Field, Self> = BTreeMap::new();
        for (field, trie) in self.listed.iter().flat_map(|trie| &trie.children) {
            below.entry(field).or_default().listed = Some(trie);
        }
        let mut has_leaf = false;
        for (slot, tree) in &self.claims {
            has_leaf |= tree.below.is_some();
            for (field, child) in &tree.children {
                below.entry(field).or_default().claims.push((*slot, child));
            }
        }
        if has_leaf {
            // A leaf reaches every field that somebody lists.
            for (field, place) in &mut below {
                let leaves = self.claims.iter().filter(|(_, tree)| {
                    tree.below.is_some() && !tree.children.contains_key(*field)
                });
                place.claims.extend(leaves.map(|(slot, _)| (*slot, unlisted)));
                place.claims.sort_unstable_by_key(|(slot, _)| *slot);
            }
        }
        below
    }
}

impl Table {
    /// The table of all paths of the resources that are `wanted`.
    pub(super) fn new(
        expressions: &Expressions,
        roots: &[ExprId],
        wanted: impl Fn(&ResourceName) -> bool,
    ) -> Self {
        let mut tries: BTreeMap<&ResourceName, Trie> = BTreeMap::new();
        let sets = expressions.path_sets();
        for path in sets.iter().flat_map(|set| set.subtrees().chain(set.points())) {
            tries.entry(path.resource()).or_default().insert(path.fields());
        }
        let mut places: BTreeMap<&ResourceName, Place<'_>> = BTreeMap::new();
        for (slot, deployment) in expressions.deployments().iter().enumerate() {
            let slot = Slot::try_from(slot).unwrap_or(Slot::MAX);
            if !wanted(&deployment.resource) {
                continue;
            }
            let place = places.entry(&deployment.resource).or_default();
            place.claims.push((slot, &deployment.claims));
            place.listed = tries.get(&deployment.resource);
        }
        let unlisted = Tree::claim(Value::Unset, ());
        let mut table = Self::default();
        for (resource, place) in &places {
            table.add(resource, place, &mut Vec::new(), &unlisted);
        }
        let reached = expressions.below(roots.iter().copied());
        let has_patch = reached.into_iter().any(|e| matches!(expressions.get(e), Expr::Patch(..)));
        table.shape(sets, has_patch);
        table
    }

    /// Adds the point at `fields`, the one beneath it, and those below.
    fn add<'a>(
        &mut self,
        resource: &ResourceName,
        place: &Place<'a>,
        fields: &mut Vec<Field>,
        unlisted: &'a Tree<()>,
    ) {
        let Ok(path) = Path::new(resource.clone(), fields.clone()) else { return };
        let here = place.claims.iter().filter_map(|(slot, tree)| {
            let (value, ()) = tree.own.first()?;
            Some((*slot, value))
        });
        self.point(Point { path: path.clone(), beneath: false }, here);
        let unset = place.claims.iter().filter(|(_, tree)| tree.below.is_some());
        let unset = unset.map(|(slot, _)| (*slot, &Value::Unset));
        self.point(Point { path, beneath: true }, unset);
        for (field, below) in place.below(unlisted) {
            fields.push(field.clone());
            self.add(resource, &below, fields, unlisted);
            fields.pop();
        }
    }

    fn point<'a>(&mut self, point: Point, claims: impl Iterator<Item = (Slot, &'a Value)>) {
        let claims = claims.map(|(slot, value)| {
            if let Some(number) = self.value_of.get(value) {
                return (slot, *number);
            }
            let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.value_of.insert(value.clone(), next);
            self.values.push(value.clone());
            (slot, next)
        });
        let claims = claims.collect();
        self.points.push(point);
        self.claims.push(claims);
    }

    fn shape(&mut self, path_sets: &[PathSet], by_root: bool) {
        type Key = (Arc<[Slot]>, Arc<[(bool, bool)]>, Option<PointId>);
        let mut known: Map<Key, ShapeId> = Map::default();
        let mut root = 0;
        for (at, point) in self.points.iter().enumerate() {
            if point.path.fields().is_empty() && !point.beneath {
                root = at;
            }
            let slots: Arc<[Slot]> = self.claims[at].iter().map(|(slot, _)| *slot).collect();
            if slots.is_empty() {
                self.shape_of.push(None);
                continue;
            }
            let held: Arc<[(bool, bool)]> =
                path_sets.iter().map(|set| (set.drops(&point.path), point.kept_by(set))).collect();
            let key = (Arc::clone(&slots), Arc::clone(&held), by_root.then_some(root));
            let shape = *known.entry(key).or_insert_with(|| {
                self.shapes.push(Shape { points: Vec::new(), slots, held, root });
                self.shapes.len() - 1
            });
            self.shapes[shape].points.push(at);
            self.shape_of.push(Some(shape));
        }
    }

    /// The shape of a point; `None` if no slot claims it.
    pub(super) fn shape_of(&self, point: PointId) -> Option<ShapeId> {
        self.shape_of[point]
    }

    /// The number of the value that `slot` has at `point`.
    pub(super) fn value_at(&self, slot: Slot, point: PointId) -> Option<u32> {
        let claims = &self.claims[point];
        let at = claims.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(claims[at].1)
    }

    pub(super) fn value(&self, number: u32) -> &Value {
        &self.values[number as usize]
    }

    /// The values of these numbers as they read on `facts`, in order, equal ones once.
    pub(super) fn read(&self, numbers: &[u32], facts: &Facts) -> Vec<Value> {
        let values = numbers.iter().map(|number| self.value(*number).instantiate(facts));
        values.collect::<BTreeSet<Value>>().into_iter().collect()
    }

    /// The numbers of the different values of `slots` at `point`, in order.
    pub(super) fn values_at(&self, slots: &[Slot], point: PointId) -> Vec<u32> {
        let mut values: Vec<u32> =
            slots.iter().filter_map(|slot| self.value_at(*slot, point)).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}
