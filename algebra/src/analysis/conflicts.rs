//! Conflicts: paths with several candidates, and on which kinds of device.

use std::collections::BTreeMap;

use super::answer::TooLarge;
use super::arena::{Op, Ref};
use super::region;
use super::table::PointId;
use super::{Analysis, Made};
use crate::denote::denote;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::path::Path;
use crate::selector::Selector;
use crate::value::Value;

/// One path that has several candidates on some kind of device.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The topmost path that is contested.
    pub path: Path,
    /// Its candidates, as written.
    pub candidates: Vec<Value>,
    /// On which devices.
    pub region: Selector,
    /// One such device, if an id was found for it; it tells who wrote the candidates, by
    /// [`Fleet::explain`].
    pub example: Option<Facts>,
}

impl Analysis {
    /// Every path that some device could have several candidates for, with those devices.
    ///
    /// A path below a contested one is not listed for the same devices.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let fleet = motd("hello").union(motd("salut").restrict(label("country").eq("FR")));
    /// let conflicts = Analysis::of([&fleet]).conflicts(&fleet)?;
    /// assert_eq!(conflicts[0].path.to_string(), "motd.text");
    /// assert_eq!(conflicts[0].region.to_string(), "country = FR");
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn conflicts(&mut self, fleet: &Fleet) -> Result<Vec<Conflict>, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let mut found: BTreeMap<(PointId, Vec<u32>), Ref> = BTreeMap::new();
        for shape in 0..made.table.shapes.len() {
            for (point, values, guard) in made.contested(made.root(fleet), shape)? {
                let known = found.get(&(point, values.clone())).copied().unwrap_or(Ref::EMPTY);
                let guard = made.arena.apply(Op::Or, known, guard)?;
                found.insert((point, values), guard);
            }
        }
        made.topmost(&mut found)?;
        let mut conflicts = Vec::new();
        for ((point, values), guard) in found {
            conflicts.push(made.conflict(fleet, point, &values, guard)?);
        }
        Ok(conflicts)
    }
}

impl Made {
    /// The points of a shape that have several candidates, with the guard of where.
    fn contested(
        &mut self,
        root: super::expression::ExprId,
        shape: usize,
    ) -> Result<Vec<(PointId, Vec<u32>, Ref)>, TooLarge> {
        let all = self.candidates(root, shape)?;
        let all = self.arena.apply(Op::When, self.care, all)?;
        let mut contested = Vec::new();
        for (leaf, guard) in self.arena.split(all)? {
            let slots = std::sync::Arc::clone(self.arena.slots(leaf));
            if slots.len() < 2 {
                continue;
            }
            for point in self.table.shapes[shape].points.clone() {
                let values = self.table.values_at(&slots, point);
                if values.len() < 2 {
                    continue;
                }
                let guard = self.where_apart(guard, (&values, &[]), several)?;
                if guard != Ref::EMPTY {
                    contested.push((point, values, guard));
                }
            }
        }
        Ok(contested)
    }

    /// Cuts off, at every point, where a point above it is contested.
    fn topmost(&mut self, found: &mut BTreeMap<(PointId, Vec<u32>), Ref>) -> Result<(), TooLarge> {
        let mut above: BTreeMap<Path, Ref> = BTreeMap::new();
        for ((point, _), guard) in found.iter() {
            let point = &self.table.points[*point];
            if !point.beneath {
                let known = above.get(&point.path).copied().unwrap_or(Ref::EMPTY);
                let either = self.arena.apply(Op::Or, known, *guard)?;
                above.insert(point.path.clone(), either);
            }
        }
        for ((point, _), guard) in found.iter_mut() {
            let point = &self.table.points[*point];
            for path in point.path.above() {
                if let Some(higher) =
                    above.get(&path).filter(|_| point.beneath || path != point.path)
                {
                    *guard = self.arena.apply(Op::AndNot, *guard, *higher)?;
                }
            }
        }
        found.retain(|_, guard| *guard != Ref::EMPTY);
        Ok(())
    }

    fn conflict(
        &mut self,
        fleet: &Fleet,
        point: PointId,
        values: &[u32],
        guard: Ref,
    ) -> Result<Conflict, TooLarge> {
        let path = self.table.points[point].path.clone();
        let shows = |facts: &Facts| {
            denote::<()>(fleet, facts).is_some_and(|claims| claims.at(&path).len() > 1)
        };
        let example = self.example_apart(guard, &[(values, &[])], several, shows)?;
        let candidates = values.iter().map(|number| self.table.value(*number).clone()).collect();
        let region = region::of_guard(guard, &self.space, &self.arena);
        Ok(Conflict { path, candidates, region, example })
    }
}

fn several(values: &[Value], _: &[Value]) -> bool {
    values.len() > 1
}
