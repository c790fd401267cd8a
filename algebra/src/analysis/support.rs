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
use super::space::{Class, Dimension, Space, Var};
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

/// One side of a comparison: the diagram where one more variable is chosen.
struct Side {
    child: Ref,
    care: Ref,
    class: Class,
    choice: Choice,
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
        let nodes = self.arena.postorder(root, |_| true);
        let n_nodes = nodes.len();
        vars.extend(nodes.into_iter().map(|(_, node)| node.var));
        self.arena.spend(n_nodes)?;
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
        let mut sides: Vec<Side> = Vec::new();
        for class in [otherwise].into_iter().chain(classes) {
            let care = self.arena.cofactor(self.care, var, class)?;
            if care == Ref::EMPTY {
                continue;
            }
            let child = self.arena.cofactor(root, var, class)?;
            for choice in self.choices(shape, var, class) {
                if matches!(choice, Choice::AllBut(_)) {
                    let spot = Spot { a: child, b: Ref::EMPTY, care };
                    if let Some(found) = self.mentions(shape, points, spot, var, class)? {
                        return Ok(Some(found));
                    }
                }
                sides.push(Side { child, care, class, choice });
            }
        }
        let Some((base, others)) = sides.split_first() else { return Ok(None) };
        for side in others {
            let care = self.arena.apply(Op::And, base.care, side.care)?;
            if let Some(found) = self.differ(shape, points, (side, base), care, var)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What `var` may be in a class: one value, one of a few ids where words mention the id, or
    /// any of values without end.
    fn choices(&mut self, shape: ShapeId, var: Var, class: Class) -> Vec<Choice> {
        let is_mentioned = self.mentioned(shape).contains(&var);
        match self.space.dimension(var) {
            Dimension::Id(ids) => match ids.members(class) {
                Some(members) if is_mentioned => {
                    (0..members.len()).map(|i| Choice::Member(class, i)).collect()
                }
                Some(_) => vec![Choice::Class(class)],
                None => vec![Choice::AllBut(Arc::from([]))],
            },
            Dimension::Label(..) if !self.space.is_one_value(var, class) => {
                vec![Choice::AllBut(Arc::from([]))]
            }
            Dimension::Label(..) | Dimension::Bucket(_) => vec![Choice::Class(class)],
        }
    }

    /// The classes of `var` that a node below one of `roots` lists.
    fn listed_classes(&self, roots: &[Ref], var: Var) -> BTreeSet<Class> {
        let mut classes = BTreeSet::new();
        for root in roots {
            let nodes = self.arena.postorder(*root, |node| node.var <= var);
            let own = nodes.into_iter().filter(|(_, node)| node.var == var);
            classes.extend(own.flat_map(|(_, node)| node.listed.iter().map(|(class, _)| *class)));
        }
        classes
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
        let slots = Arc::clone(&self.table.shapes[shape].slots);
        let values = points.iter().flat_map(|point| self.table.values_at(&slots, *point));
        let speaking: BTreeSet<u32> =
            values.filter(|value| self.mentioned_by([*value].iter()).contains(&var)).collect();
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
                    values.iter().any(|value| speaking.contains(value))
                });
                found.is_some()
            },
        )?;
        Ok(trail
            .zip(found)
            .map(|(trail, point)| (with(trail, var, (class, &Choice::Class(class)), space), point)))
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
            let mut read = |slots: &[u32], choice: &Choice, point: PointId| -> Vec<Value> {
                let own = (var, choice.clone());
                let pins: Pins = pins.iter().cloned().chain([own]).collect();
                let facts = readings.under(&pins, space);
                table.read(&table.values_at(slots, point), facts)
            };
            found = points
                .iter()
                .copied()
                .find(|&point| read(&x, &a.choice, point) != read(&y, &b.choice, point));
            found.is_some()
        })?;
        Ok(trail
            .zip(found)
            .map(|(trail, point)| (with(trail, var, (a.class, &a.choice), space), point)))
    }
}

/// `trail`, where `var` is in a class, and one member of it if that was chosen.
fn with(mut trail: Trail, var: Var, (class, choice): (Class, &Choice), space: &Space) -> Trail {
    let own = match choice {
        Choice::Member(class, i) => Choice::Member(*class, *i),
        _ if class == space.otherwise(var) => {
            Choice::AllBut(space.classes(var).into_iter().filter(|other| *other != class).collect())
        }
        _ => Choice::Class(class),
    };
    trail.retain(|(known, _)| *known != var);
    trail.push((var, own));
    trail.sort_by_key(|(var, _)| *var);
    trail
}
