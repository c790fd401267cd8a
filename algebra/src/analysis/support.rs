//! Dependence: which labels decide what a fleet says at a path.
//!
//! Note [Dependence] A path depends on a variable iff two devices that differ in nothing else get
//! different candidates. On a class without end two devices of the class do where a leaf mentions
//! the variable; between classes it is enough to compare each with one other. So a test that
//! happens to change nothing, once words are read, is no dependence.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Op, Ref};
use super::space::{Class, Dimension, Var};
use super::table::{PointId, ShapeId};
use super::walk::{Choice, Pins, Spot, Trail, Walk};
use super::{Analysis, Assumptions, Made};
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::names::LabelKey;
use crate::path::Path;
use crate::path_set::PathSet;
use crate::selector::Selector;
use crate::value::Value;

/// What a path may depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factor {
    /// The device's id, or its place in a bucket space.
    Id,
    /// The value of a label, or its absence.
    Label(LabelKey),
}

/// A path depends on something.
#[derive(Clone, Debug)]
pub struct Dependence {
    /// On what.
    pub factor: Factor,
    /// The first path that does.
    pub path: Path,
    /// A device, and what else must hold, for which changing the factor changes what is claimed.
    pub region: Selector,
    /// One such device, before the change.
    pub example: Option<Facts>,
}

impl std::fmt::Display for Dependence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.factor {
            Factor::Id => write!(f, "{} depends on the id", self.path)?,
            Factor::Label(key) => write!(f, "{} depends on the label `{key}`", self.path)?,
        }
        write!(f, ", where {}", self.region)
    }
}

impl Analysis {
    /// What the claims of `fleet` in `paths` depend on: each factor once, with the first such path.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::{Analysis, Factor};
    /// use escadre_algebra::{PathSet, Resource, deploy, label, text};
    /// let stream = Resource::new("cam").set("url", text("rtsp://") + label("site"));
    /// let fleet = deploy(stream).restrict(label("role").eq("camera"));
    /// let found = Analysis::of([&fleet]).dependences(&fleet, &PathSet::under("cam.url")?)?;
    /// let factors: Vec<String> = found.iter().map(ToString::to_string).collect();
    /// assert!(factors[0].starts_with("cam.url depends on the label `role`"));
    /// assert!(factors[1].starts_with("cam.url depends on the label `site`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dependences(
        &mut self,
        fleet: &Fleet,
        paths: &PathSet,
    ) -> Result<Vec<Dependence>, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let root = made.root(fleet);
        let mut found: Vec<Dependence> = Vec::new();
        for shape in 0..made.table.shapes.len() {
            let inside = |point: &PointId| paths.contains(&made.table.points[*point].path);
            let points: Vec<PointId> =
                made.table.shapes[shape].points.iter().copied().filter(inside).collect();
            if points.is_empty() {
                continue;
            }
            let candidates = made.candidates(root, shape)?;
            for var in made.variables(candidates, shape)? {
                let factor = made.factor(var);
                if found.iter().any(|known| known.factor == factor) {
                    continue;
                }
                if let Some((trail, point)) = made.depends(candidates, shape, &points, var)? {
                    let path = made.table.points[point].path.clone();
                    let witness = made.witness(&trail, Some((shape, point)), |_| true);
                    let (region, example) = (witness.region, witness.facts);
                    found.push(Dependence { factor, path, region, example });
                }
            }
        }
        found.sort_by(|a, b| a.factor.cmp(&b.factor));
        Ok(found)
    }

    /// The dependences of `fleet` in `paths` on anything but the labels `labels`.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    pub fn depends_only_on(
        &mut self,
        fleet: &Fleet,
        paths: &PathSet,
        labels: &[LabelKey],
    ) -> Result<Vec<Dependence>, TooLarge> {
        let mut found = self.dependences(fleet, paths)?;
        found.retain(|d| !matches!(&d.factor, Factor::Label(key) if labels.contains(key)));
        Ok(found)
    }

    /// The dependences of `fleet` in `paths` on labels that devices report themselves, as far as
    /// the assumptions tell: a device could steer what it gets.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    pub fn steered_by_reports(
        &mut self,
        fleet: &Fleet,
        paths: &PathSet,
    ) -> Result<Vec<Dependence>, TooLarge> {
        let mut found = self.dependences(fleet, paths)?;
        let assumptions: &Assumptions = &self.assumptions;
        found.retain(|d| matches!(&d.factor, Factor::Label(key) if !assumptions.is_asserted(key)));
        Ok(found)
    }
}

/// The values of one side of a comparison, where one more variable is pinned.
struct Side {
    child: Ref,
    class: Class,
}

impl Made {
    fn factor(&self, var: Var) -> Factor {
        match self.space.dimension(var) {
            Dimension::Label(key, _) => Factor::Label(key.clone()),
            Dimension::Id(_) | Dimension::Bucket(_) => Factor::Id,
        }
    }

    /// The variables that `root` tests or that words of `shape` mention, in order.
    fn variables(&mut self, root: Ref, shape: ShapeId) -> Result<BTreeSet<Var>, TooLarge> {
        let mut vars = self.mentioned(shape);
        let mut seen = BTreeSet::new();
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let Some(node) = self.arena.node(at).filter(|_| seen.insert(at)).cloned() else {
                continue;
            };
            self.arena.spend(1)?;
            vars.insert(node.var);
            open.extend(node.listed.iter().map(|(_, child)| *child).chain([node.otherwise]));
        }
        Ok(vars)
    }

    /// A way to two devices that differ in `var` only, and a path at which their candidates differ.
    fn depends(
        &mut self,
        root: Ref,
        shape: ShapeId,
        points: &[PointId],
        var: Var,
    ) -> Result<Option<(Trail, PointId)>, TooLarge> {
        let otherwise = self.space.otherwise(var);
        let mut classes = self.listed_classes(&[root, self.care], var);
        if self.mentioned(shape).contains(&var) {
            // A word is another one on each value that the space names.
            classes.extend(self.space.classes(var));
        }
        classes.remove(&otherwise);
        let mut allowed: Vec<(Class, Ref)> = Vec::new();
        for class in [otherwise].into_iter().chain(classes) {
            let care = self.arena.cofactor(self.care, var, class)?;
            if care == Ref::EMPTY {
                continue;
            }
            let child = self.arena.cofactor(root, var, class)?;
            if !self.is_single(var, class) {
                let spot = Spot { a: child, b: Ref::EMPTY, care };
                if let Some(found) = self.mentions(shape, points, spot, var, class)? {
                    return Ok(Some(found));
                }
            }
            allowed.push((class, care));
        }
        let Some(((first, first_care), others)) = allowed.split_first() else { return Ok(None) };
        let base = Side { child: self.arena.cofactor(root, var, *first)?, class: *first };
        for (class, care) in others {
            let care = self.arena.apply(Op::And, *first_care, *care)?;
            let side = Side { child: self.arena.cofactor(root, var, *class)?, class: *class };
            if let Some(found) = self.differ(shape, points, (&side, &base), care, var)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The classes of `var` that a node below one of `roots` lists.
    fn listed_classes(&self, roots: &[Ref], var: Var) -> BTreeSet<Class> {
        let mut classes = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = roots.to_vec();
        while let Some(at) = open.pop() {
            let Some(node) = self.arena.node(at).filter(|_| seen.insert(at)) else { continue };
            if node.var == var {
                classes.extend(node.listed.iter().map(|(class, _)| *class));
            } else if node.var < var {
                open.extend(node.listed.iter().map(|(_, child)| *child).chain([node.otherwise]));
            }
        }
        classes
    }

    fn is_single(&self, var: Var, class: Class) -> bool {
        match self.space.dimension(var) {
            Dimension::Label(_, partition) => {
                class.index() < partition.explicit().len()
                    || class.index() + 1 == partition.n_classes()
            }
            Dimension::Id(ids) => ids.members(class).is_some_and(|members| members.len() == 1),
            Dimension::Bucket(_) => true,
        }
    }

    /// A way to a leaf of which a value at `points` mentions `var`.
    fn mentions(
        &mut self,
        shape: ShapeId,
        points: &[PointId],
        spot: Spot,
        var: Var,
        class: Class,
    ) -> Result<Option<(Trail, PointId)>, TooLarge> {
        let mentioned = self.mentioned(shape);
        if !mentioned.contains(&var) {
            return Ok(None);
        }
        let Self { space, arena, table, .. } = self;
        let mut found = None;
        let mut walk = Walk { space, arena, mentioned: &mentioned };
        let trail = walk.find(
            spot,
            |a, _| a == Ref::EMPTY,
            |arena, a, _, _| {
                let slots = Arc::clone(arena.slots(a));
                found = points.iter().copied().find(|point| {
                    let values = table.values_at(&slots, *point);
                    values.iter().any(|n| mentions(table.value(*n), var, space))
                });
                found.is_some()
            },
        )?;
        Ok(trail.zip(found).map(|(trail, point)| (with(trail, var, class, space), point)))
    }

    fn differ(
        &mut self,
        shape: ShapeId,
        points: &[PointId],
        (a, b): (&Side, &Side),
        care: Ref,
        var: Var,
    ) -> Result<Option<(Trail, PointId)>, TooLarge> {
        let mentioned = self.mentioned(shape);
        let is_mentioned = mentioned.contains(&var);
        let Self { space, arena, table, readings, .. } = self;
        let spot = Spot { a: a.child, b: b.child, care };
        let agree = |x: Ref, y: Ref| x == y && !is_mentioned;
        let mut found = None;
        let mut walk = Walk { space, arena, mentioned: &mentioned };
        let trail = walk.find(spot, agree, |arena, x, y, pins: &Pins| {
            let (x, y) = (Arc::clone(arena.slots(x)), Arc::clone(arena.slots(y)));
            let mut read = |slots: &[u32], class: Class, point: PointId| -> BTreeSet<Value> {
                let own = (var, pin(var, class, space));
                let pins: Pins = pins.iter().cloned().chain([own]).collect();
                let facts = readings.under(&pins, space);
                let values = table.values_at(slots, point);
                values.iter().map(|n| table.value(*n).instantiate(facts)).collect()
            };
            found = points
                .iter()
                .copied()
                .find(|&point| read(&x, a.class, point) != read(&y, b.class, point));
            found.is_some()
        })?;
        Ok(trail.zip(found).map(|(trail, point)| (with(trail, var, a.class, space), point)))
    }
}

/// What a class of one value is pinned to.
fn pin(var: Var, class: Class, space: &super::space::Space) -> Choice {
    match space.dimension(var) {
        Dimension::Id(ids) if ids.members(class).is_some() => Choice::Member(class, 0),
        Dimension::Label(_, partition)
            if class.index() < partition.explicit().len()
                || class.index() + 1 == partition.n_classes() =>
        {
            Choice::Class(class)
        }
        _ => Choice::AllBut(Arc::from([])),
    }
}

/// `trail`, where `var` is in `class`.
fn with(mut trail: Trail, var: Var, class: Class, space: &super::space::Space) -> Trail {
    let own = if class == space.otherwise(var) {
        let others = space.classes(var).into_iter().filter(|other| *other != class);
        Choice::AllBut(others.collect())
    } else {
        Choice::Class(class)
    };
    trail.retain(|(known, _)| *known != var);
    trail.push((var, own));
    trail.sort_by_key(|(var, _)| *var);
    trail
}

fn mentions(value: &Value, var: Var, space: &super::space::Space) -> bool {
    let words = value.words();
    words.iter().flat_map(|word| word.parts()).any(|part| match part {
        crate::Part::Label(key) => space.label(key.as_str()) == Some(var),
        crate::Part::DeviceId => var == Var::ID,
        crate::Part::Literal(_) | crate::Part::Missing(_) => false,
    })
}
