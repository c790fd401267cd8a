//! Comparing fleets: equal, less, covering, in conflict, in any order.

use std::collections::BTreeSet;

use super::answer::{Answer, TooLarge};
use super::arena::{Op, Ref};
use super::expression::{Expr, ExprId};
use super::space::Var;
use super::table::{PointId, ShapeId};
use super::walk::{Pins, Spot, Trail, Walk};
use super::witness::{self, Witness};
use super::{Analysis, Made};
use crate::denote::denote;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::path::Path;
use crate::selector::Selector;
use crate::value::Value;

/// How the candidates of two fleets at one path must be related, given as written under pins.
pub(super) type Related = fn(&[Value], &[Value]) -> bool;

/// Where a comparison looks: on the devices of a guard, and at `top` and below it, if given.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    pub(super) guard: Ref,
    pub(super) top: Option<&'a Path>,
}

impl Analysis {
    /// Whether `f` and `g` are the same fleet: ⟦f⟧ = ⟦g⟧.
    ///
    /// Costs the product of the sizes of their diagrams at most, path by path where the paths are
    /// written differently; equal parts cost nothing.
    pub fn equivalent(&mut self, f: &Fleet, g: &Fleet) -> Answer {
        match self.difference_of(f, g) {
            // What is written alike means the same, whatever it would take to see what that is.
            Err(_) if f.digest() == g.digest() => Answer::Proven,
            found => Answer::of(found),
        }
    }

    fn difference_of(&mut self, f: &Fleet, g: &Fleet) -> Result<Option<Witness>, TooLarge> {
        let made = self.without_table(&[f, g], &[])?;
        let (a, b) = (made.root(f), made.root(g));
        if a == b {
            return Ok(None);
        }
        made.complete_where_unlike(a, b);
        let shows = |facts: &Facts| denote::<()>(f, facts) != denote::<()>(g, facts);
        made.first_unrelated(a, b, |xs, ys| xs == ys, shows)
    }

    /// Whether `g` says everything that `f` says: f ⊑ g, which is f ∪ g = g.
    pub fn implies(&mut self, f: &Fleet, g: &Fleet) -> Answer {
        Answer::of(self.excess_of(f, g))
    }

    fn excess_of(&mut self, f: &Fleet, g: &Fleet) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[f, g], &[])?;
        let (a, b) = (made.root(f), made.root(g));
        let union = f.clone().union(g.clone());
        let shows = |facts: &Facts| denote::<()>(&union, facts) != denote::<()>(g, facts);
        // Members of f that g lacks show in the membership of the union.
        let union = made.add(Expr::Union(vec![a.min(b), a.max(b)]));
        made.first_unrelated(union, b, |xs, ys| xs.iter().all(|x| ys.contains(x)), shows)
    }

    /// Whether every path of every device has at most one candidate: no conflict can exist.
    pub fn resolved(&mut self, f: &Fleet) -> Answer {
        Answer::of(self.conflict_of(f))
    }

    fn conflict_of(&mut self, f: &Fleet) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[f], &[])?;
        let root = made.root(f);
        let has_conflict = |facts: &Facts| {
            denote::<()>(f, facts)
                .is_some_and(|claims| claims.listed().iter().any(|(_, own)| own.len() > 1))
        };
        for shape in 0..made.table.shapes.len() {
            let a = made.candidates(root, shape)?;
            let spot = Spot { a, b: Ref::EMPTY, care: made.care };
            let points = made.table.shapes[shape].points.clone();
            let single: Related = |xs, _| xs.len() <= 1;
            if let Some((trail, point)) = made.unrelated(shape, &points, spot, single)? {
                return Ok(Some(made.witness(&trail, Some((shape, point)), has_conflict)));
            }
        }
        Ok(None)
    }

    /// Whether every device for which `selector` holds is a member of `f`.
    pub fn covers(&mut self, f: &Fleet, selector: &Selector) -> Answer {
        Answer::of(self.uncovered(f, selector))
    }

    fn uncovered(&mut self, f: &Fleet, selector: &Selector) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[f], &[selector])?;
        let members = made.membership(made.root(f))?;
        let Made { guards, space, arena, .. } = made;
        let wanted = guards.of(selector, space, arena)?;
        let missing = made.arena.apply(Op::AndNot, wanted, members)?;
        let shows = |facts: &Facts| selector.holds_on(facts) && denote::<()>(f, facts).is_none();
        made.first_where(missing, shows)
    }

    /// Whether `selector` holds on every device.
    pub fn always(&mut self, selector: &Selector) -> Answer {
        Answer::of(self.never_holds(selector))
    }

    fn never_holds(&mut self, selector: &Selector) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[], &[selector])?;
        let Made { guards, space, arena, .. } = made;
        let holds = guards.of(selector, space, arena)?;
        let fails = made.arena.not(holds)?;
        made.first_where(fails, |facts| !selector.holds_on(facts))
    }

    /// Whether the order of `f` and `g` means nothing: f ⊕ g = g ⊕ f.
    ///
    /// Layers without conflicts of their own may be permuted at will iff their union has none.
    pub fn commute(&mut self, f: &Fleet, g: &Fleet) -> Answer {
        Answer::of(self.order_matters(f, g))
    }

    fn order_matters(&mut self, f: &Fleet, g: &Fleet) -> Result<Option<Witness>, TooLarge> {
        let made = self.made(&[f, g], &[])?;
        let (a, b) = (made.root(f), made.root(g));
        let above = made.add(Expr::Overlay(vec![a, b]));
        let below = made.add(Expr::Overlay(vec![b, a]));
        let (fg, gf) = (f.clone().overlay(g.clone()), g.clone().overlay(f.clone()));
        let shows = |facts: &Facts| denote::<()>(&fg, facts) != denote::<()>(&gf, facts);
        made.first_unrelated(above, below, |xs, ys| xs == ys, shows)
    }
}

impl Made {
    /// Adds an expression over those that are there.
    pub(super) fn add(&mut self, expr: Expr) -> ExprId {
        self.candidates.grown();
        self.expressions.add_expr(expr)
    }

    /// The first device on which the memberships differ, or candidates are not `related`.
    pub(super) fn first_unrelated(
        &mut self,
        a: ExprId,
        b: ExprId,
        related: Related,
        shows: impl Fn(&Facts) -> bool,
    ) -> Result<Option<Witness>, TooLarge> {
        let everywhere = Within { guard: Ref::TRUE, top: None };
        self.first_unrelated_within(a, b, everywhere, related, shows)
    }

    /// As `first_unrelated`, on some devices, and at some path and below it only.
    pub(super) fn first_unrelated_within(
        &mut self,
        a: ExprId,
        b: ExprId,
        within: Within<'_>,
        related: Related,
        shows: impl Fn(&Facts) -> bool,
    ) -> Result<Option<Witness>, TooLarge> {
        if a == b {
            return Ok(None);
        }
        let care = self.arena.apply(Op::And, within.guard, self.care)?;
        if within.top.is_none() {
            let (ours, theirs) = (self.membership(a)?, self.membership(b)?);
            let same = self.arena.apply(Op::Same, ours, theirs)?;
            let differ = self.arena.apply(Op::AndNot, care, same)?;
            if let Some(witness) = self.first_where(differ, &shows)? {
                return Ok(Some(witness));
            }
        }
        for shape in 0..self.table.shapes.len() {
            let below = |point: &PointId| {
                within.top.is_none_or(|top| top.is_above(&self.table.points[*point].path))
            };
            let points: Vec<PointId> =
                self.table.shapes[shape].points.iter().copied().filter(below).collect();
            if points.is_empty() {
                continue;
            }
            let (ours, theirs) = (self.candidates(a, shape)?, self.candidates(b, shape)?);
            let spot = Spot { a: ours, b: theirs, care };
            if let Some((trail, point)) = self.unrelated(shape, &points, spot, related)? {
                return Ok(Some(self.witness(&trail, Some((shape, point)), shows)));
            }
        }
        Ok(None)
    }

    /// The first device in which `guard` and all that is assumed hold.
    pub(super) fn first_where(
        &mut self,
        guard: Ref,
        shows: impl Fn(&Facts) -> bool,
    ) -> Result<Option<Witness>, TooLarge> {
        let trail = self.trail_where(guard)?;
        Ok(trail.map(|trail| self.witness(&trail, None, shows)))
    }

    /// A device in which `guard` and all that is assumed hold, and that `shows` it.
    pub(super) fn example(
        &mut self,
        guard: Ref,
        mentioned: &[Var],
        shows: impl Fn(&Facts) -> bool,
    ) -> Result<Option<Facts>, TooLarge> {
        let trail = self.trail_where(guard)?;
        let witness = trail.map(|t| witness::of_trail(&t, None, &self.space, mentioned, shows));
        Ok(witness.and_then(|witness| witness.facts))
    }

    fn trail_where(&mut self, guard: Ref) -> Result<Option<Trail>, TooLarge> {
        let spot = Spot { a: guard, b: Ref::EMPTY, care: self.care };
        let Self { space, arena, .. } = self;
        let mut walk = Walk { space, arena, mentioned: &BTreeSet::new() };
        walk.find(spot, |a, _| a == Ref::EMPTY, |_, a, _, _| a != Ref::EMPTY)
    }

    /// The way to the first leaves of which one of `points` has unrelated candidates, and that point.
    fn unrelated(
        &mut self,
        shape: ShapeId,
        points: &[PointId],
        spot: Spot,
        related: Related,
    ) -> Result<Option<(Trail, PointId)>, TooLarge> {
        let mentioned = self.mentioned(shape);
        let Self { space, arena, table, readings, .. } = self;
        let mut found = None;
        let mut walk = Walk { space, arena, mentioned: &mentioned };
        let trail = walk.find(
            spot,
            |a, b| a == b,
            |arena, a, b, pins: &Pins| {
                let facts = readings.under(pins, space);
                let (a, b) = (arena.slots(a), arena.slots(b));
                found = points.iter().copied().find(|&point| {
                    let (xs, ys) = (table.values_at(a, point), table.values_at(b, point));
                    !related(&table.read(&xs, facts), &table.read(&ys, facts))
                });
                found.is_some()
            },
        )?;
        Ok(trail.zip(found))
    }

    pub(super) fn witness(
        &mut self,
        trail: &Trail,
        at: Option<(ShapeId, PointId)>,
        shows: impl Fn(&Facts) -> bool,
    ) -> Witness {
        let mentioned: Vec<Var> = match at {
            Some((shape, _)) => self.mentioned(shape).into_iter().collect(),
            None => Vec::new(),
        };
        let path: Option<Path> = at.map(|(_, point)| self.table.points[point].path.clone());
        witness::of_trail(trail, path, &self.space, &mentioned, shows)
    }
}
