//! The paths of an analysis, what each slot claims there, and which paths have one shape.
//!
//! Note [Paths] A fleet says something of infinitely many paths, but only of finitely many in
//! different ways: those that some resource or set of paths lists, those above, and below each of
//! them one path that nobody lists (`Point::beneath`), where leaves above claim `Unset`.
//!
//! Note [Shapes] Two paths have one shape if the same slots claim them, the same sets of paths
//! hold them, and (where a patch looks at it) they have the same root. The diagram of a shape
//! has slots in its leaves; this table says which value a slot has at a path.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::arena::Slot;
use super::expression::{Deployment, Expr, ExprId, Expressions};
use crate::facts::Facts;
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
    value_of: HashMap<Value, u32>,
    pub(super) shapes: Vec<Shape>,
    shape_of: Vec<Option<ShapeId>>,
}

/// The points of one resource by their fields.
#[derive(Default)]
struct Trie {
    children: BTreeMap<Field, Trie>,
}

impl Trie {
    fn insert(&mut self, fields: &[Field]) {
        fields.iter().fold(self, |trie, field| trie.children.entry(field.clone()).or_default());
    }

    fn insert_tree(&mut self, tree: &Tree<()>) {
        for (field, child) in &tree.children {
            self.children.entry(field.clone()).or_default().insert_tree(child);
        }
    }
}

impl Table {
    pub(super) fn new(expressions: &Expressions, roots: &[ExprId]) -> Self {
        let mut tries: BTreeMap<ResourceName, Trie> = BTreeMap::new();
        let reached = reached(expressions, roots);
        let deployments = expressions.deployments();
        for deployment in deployments {
            let trie = tries.entry(deployment.resource.clone()).or_default();
            trie.insert_tree(&deployment.claims);
        }
        let listed =
            |set: &PathSet| -> Vec<Path> { set.subtrees().chain(set.points()).cloned().collect() };
        for path in expressions.path_sets().iter().flat_map(listed) {
            if let Some(trie) = tries.get_mut(path.resource()) {
                trie.insert(path.fields());
            }
        }
        let mut table = Self::default();
        let mut by_resource: BTreeMap<&ResourceName, Vec<(Slot, &Deployment)>> = BTreeMap::new();
        for (slot, deployment) in deployments.iter().enumerate() {
            let slot = Slot::try_from(slot).unwrap_or(Slot::MAX);
            by_resource.entry(&deployment.resource).or_default().push((slot, deployment));
        }
        for (resource, trie) in &tries {
            let claims: Vec<(Slot, Arc<Tree<()>>)> = by_resource
                .get(resource)
                .into_iter()
                .flatten()
                .map(|(slot, deployment)| (*slot, Arc::clone(&deployment.claims)))
                .collect();
            table.add(resource, trie, &mut Vec::new(), &claims);
        }
        let has_patch = reached.iter().any(|e| matches!(expressions.get(*e), Expr::Patch(..)));
        table.shape(expressions.path_sets(), has_patch);
        table
    }

    /// Adds the point at `fields`, the one beneath it, and those below; only `claims` reach here.
    fn add(
        &mut self,
        resource: &ResourceName,
        trie: &Trie,
        fields: &mut Vec<Field>,
        claims: &[(Slot, Arc<Tree<()>>)],
    ) {
        let Ok(path) = Path::new(resource.clone(), fields.clone()) else { return };
        let here = claims.iter().filter_map(|(slot, tree)| {
            let (value, ()) = tree.own.first()?;
            Some((*slot, value.clone()))
        });
        let here: Vec<(Slot, Value)> = here.collect();
        self.point(Point { path: path.clone(), beneath: false }, here);
        let unset = claims.iter().filter(|(_, tree)| tree.below.is_some());
        let unset = unset.map(|(slot, _)| (*slot, Value::Unset)).collect();
        self.point(Point { path, beneath: true }, unset);
        for (field, child) in &trie.children {
            let below = claims.iter().filter_map(|(slot, tree)| {
                let reaches = tree.below.is_some() || tree.children.contains_key(field);
                reaches.then(|| (*slot, tree.child(field)))
            });
            let below: Vec<_> = below.collect();
            fields.push(field.clone());
            self.add(resource, child, fields, &below);
            fields.pop();
        }
    }

    fn point(&mut self, point: Point, claims: Vec<(Slot, Value)>) {
        let claims = claims.into_iter().map(|(slot, value)| {
            let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            let number = *self.value_of.entry(value).or_insert_with_key(|value| {
                self.values.push(value.clone());
                next
            });
            (slot, number)
        });
        let claims = claims.collect();
        self.points.push(point);
        self.claims.push(claims);
    }

    fn shape(&mut self, path_sets: &[PathSet], by_root: bool) {
        type Key = (Arc<[Slot]>, Arc<[(bool, bool)]>, Option<PointId>);
        let mut known: HashMap<Key, ShapeId> = HashMap::new();
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

fn reached(expressions: &Expressions, roots: &[ExprId]) -> Vec<ExprId> {
    let mut seen = std::collections::HashSet::new();
    let mut open = roots.to_vec();
    let mut reached = Vec::new();
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            reached.push(at);
            open.extend(expressions.get(at).operands());
        }
    }
    reached
}
