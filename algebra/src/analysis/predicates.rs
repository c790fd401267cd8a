//! Predicates across paths: what must hold of each device's configuration.

use std::sync::Arc;

use super::answer::{Answer, TooLarge};
use super::arena::{Op, Ref};
use super::table::PointId;
use super::witness::Witness;
use super::{Analysis, Made, region};
use crate::denote::denote;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::path::Path;
use crate::selector::Selector;
use crate::value::Value;

impl Analysis {
    /// Whether `predicate` holds of the candidates at `paths`, on every member of `fleet` for which
    /// `selector` holds.
    ///
    /// The predicate gets, for each path in order, the candidates as they are written (a text may
    /// still mention labels), none where nothing is claimed. It is called once for each combination
    /// that some device has. Costs the product of the diagrams of the paths: give it few of them.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Path, Resource, Selector, deploy, label};
    /// let web = |port: i64| deploy(Resource::new("web").set("hostPort", port));
    /// let metrics = deploy(Resource::new("metrics").set("hostPort", 9100));
    /// let fleet = web(8080).overlay(web(9100).restrict(label("site").eq("lab"))).union(metrics);
    /// let ports: [Path; 2] = ["web.hostPort".parse()?, "metrics.hostPort".parse()?];
    /// let mut analysis = Analysis::of([&fleet]);
    /// let answer = analysis.per_device(&fleet, &Selector::all(), &ports, |at| at[0] != at[1]);
    /// assert_eq!(answer.witness().unwrap().region.to_string(), "site = lab");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn per_device(
        &mut self,
        fleet: &Fleet,
        selector: &Selector,
        paths: &[Path],
        predicate: impl Fn(&[Vec<Value>]) -> bool,
    ) -> Answer {
        Answer::of(self.exception(fleet, selector, paths, predicate))
    }

    fn exception(
        &mut self,
        fleet: &Fleet,
        selector: &Selector,
        paths: &[Path],
        predicate: impl Fn(&[Vec<Value>]) -> bool,
    ) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[fleet], &[selector])?;
        let members = made.membership(made.root(fleet))?;
        let Made { guards, space, arena, care, .. } = made;
        let asked = guards.of(selector, space, arena)?;
        let asked = arena.apply(Op::And, asked, *care)?;
        let asked = arena.apply(Op::And, asked, members)?;
        let mut all = arena.apply(Op::Pair, asked, Ref::EMPTY)?;
        let at = |made: &Made, path: &Path| {
            made.table.points.iter().position(|point| !point.beneath && point.path == *path)
        };
        let points: Vec<Option<PointId>> = paths.iter().map(|path| at(made, path)).collect();
        for point in &points {
            let shape = point.and_then(|point| made.table.shape_of(point));
            let own = match shape {
                Some(shape) => made.candidates(made.root(fleet), shape)?,
                None => Ref::EMPTY,
            };
            let own = made.arena.apply(Op::When, asked, own)?;
            all = made.arena.apply(Op::Pair, all, own)?;
        }
        for (leaf, guard) in made.arena.split(all)? {
            let values = made.combination(leaf, &points);
            if predicate(&values) {
                continue;
            }
            let shows =
                |facts: &Facts| denote::<()>(fleet, facts).is_some() && selector.holds_on(facts);
            let numbers = values.iter().flatten().flat_map(Value::words);
            let labels = numbers.flat_map(crate::Word::labels);
            let vars: Vec<_> = labels.filter_map(|key| made.space.label(key.as_str())).collect();
            let facts = made.example(guard, &vars, shows)?;
            let region = region::of_guard(guard, &made.space, &made.arena);
            return Ok(Some(Witness { region, facts, path: paths.first().cloned() }));
        }
        Ok(None)
    }
}

impl Made {
    /// The candidates at each point in a leaf of nested pairs.
    fn combination(&self, leaf: Ref, points: &[Option<PointId>]) -> Vec<Vec<Value>> {
        let mut values = Vec::with_capacity(points.len());
        let mut rest = leaf;
        for point in points.iter().rev() {
            let (before, own) = self.arena.pair(rest);
            let slots = Arc::clone(self.arena.slots(own));
            let numbers = point.map(|p| self.table.values_at(&slots, p)).unwrap_or_default();
            values.push(numbers.iter().map(|n| self.table.value(*n).clone()).collect());
            rest = before;
        }
        values.reverse();
        values
    }
}
