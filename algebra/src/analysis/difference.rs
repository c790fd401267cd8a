//! What differs between two fleets, and where: kinds of device and what changes there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::TooLarge;
use super::apart::Both;
use super::arena::{Op, Ref, Slot};
use super::expression::ExprId;
use super::region;
use super::table::{PointId, ShapeId};
use super::{Analysis, Made};
use crate::denote::denote;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::path::Path;
use crate::selector::Selector;
use crate::value::Value;

/// What a change does: kinds of device, and what changes on each.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The kinds, those that join and leave first. Kinds with different changes may overlap: a
    /// device gets the changes of every kind that it belongs to, each path in one of them at most.
    pub kinds: Vec<Kind>,
}

/// Devices on which the same paths change alike.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Which devices.
    pub region: Selector,
    /// What happens to their membership.
    pub membership: Membership,
    /// What changes on devices that stay; all that is claimed on devices that join or leave is
    /// new or gone, and not listed.
    pub changes: Vec<Change>,
    /// One such device, if an id was found for it.
    pub example: Option<Facts>,
}

/// What a change does to a device's membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// It becomes a member.
    Joins,
    /// It is a member no longer.
    Leaves,
    /// It is a member before and after.
    Stays,
}

/// What changes at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: Path,
    /// Whether it is about all paths below `path` that are listed nowhere, and not `path` itself.
    pub beneath: bool,
    /// The candidates before, as written; none if nothing was claimed.
    pub before: Vec<Value>,
    /// The candidates after, as written.
    pub after: Vec<Value>,
    /// Whether both may happen to be the same on some devices of the kind, because texts mention
    /// labels: a plan tells each device.
    pub may_coincide: bool,
}

impl Difference {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Where anything differs.
    #[must_use]
    pub fn region(&self) -> Selector {
        Selector::any_of(self.kinds.iter().map(|kind| kind.region.clone()))
    }
}

/// What is found at one path, by the numbers of its values.
pub(super) type Numbers = (PointId, Vec<u32>, Vec<u32>);

impl Analysis {
    /// What differs between `old` and `new`, by kinds of device.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let french = motd("salut").restrict(label("country").eq("FR"));
    /// let (old, new) = (motd("hello"), motd("hello").overlay(french));
    /// let difference = Analysis::of([&old, &new]).difference(&old, &new)?;
    /// assert_eq!(difference.kinds[0].region.to_string(), "country = FR");
    /// assert_eq!(difference.kinds[0].changes[0].path.to_string(), "motd.text");
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn difference(&mut self, old: &Fleet, new: &Fleet) -> Result<Difference, TooLarge> {
        let made = self.made(&[old, new], &[])?;
        let (a, b) = (made.root(old), made.root(new));
        let shows = |facts: &Facts| denote::<()>(old, facts) != denote::<()>(new, facts);
        let mut difference = Difference::default();
        for part in made.parts(a, b)? {
            difference.kinds.push(made.kind(part, shows)?);
        }
        Ok(difference)
    }
}

/// A kind of device by its guard, and the numbers of what changes there.
pub(super) struct KindPart {
    pub(super) guard: Ref,
    pub(super) membership: Membership,
    pub(super) numbers: Vec<Numbers>,
}

impl Made {
    /// The kinds of device on which `a` and `b` differ: joining ones, leaving ones, the others.
    pub(super) fn parts(&mut self, a: ExprId, b: ExprId) -> Result<Vec<KindPart>, TooLarge> {
        if a == b {
            return Ok(Vec::new());
        }
        let (before, after) = (self.membership(a)?, self.membership(b)?);
        let joins = self.arena.apply(Op::AndNot, after, before)?;
        let leaves = self.arena.apply(Op::AndNot, before, after)?;
        let stays = self.arena.apply(Op::And, before, after)?;
        let mut parts = Vec::new();
        for (guard, membership) in [(joins, Membership::Joins), (leaves, Membership::Leaves)] {
            let guard = self.arena.apply(Op::And, guard, self.care)?;
            parts.push(KindPart { guard, membership, numbers: Vec::new() });
        }
        let stays = self.arena.apply(Op::And, stays, self.care)?;
        let mut kinds: BTreeMap<Ref, Vec<Numbers>> = BTreeMap::new();
        for shape in 0..self.table.shapes.len() {
            self.changes(shape, (a, b), stays, &mut kinds)?;
        }
        parts.extend(kinds.into_iter().map(|(guard, numbers)| KindPart {
            guard,
            membership: Membership::Stays,
            numbers,
        }));
        parts.retain(|part| part.guard != Ref::EMPTY);
        Ok(parts)
    }

    /// Adds what changes at the paths of `shape` where `stays` holds, by the guard of where.
    fn changes(
        &mut self,
        shape: ShapeId,
        (a, b): (ExprId, ExprId),
        stays: Ref,
        kinds: &mut BTreeMap<Ref, Vec<Numbers>>,
    ) -> Result<(), TooLarge> {
        let (ours, theirs) = (self.candidates(a, shape)?, self.candidates(b, shape)?);
        if ours == theirs {
            return Ok(());
        }
        let pairs = self.arena.apply(Op::Pair, ours, theirs)?;
        let pairs = self.arena.apply(Op::When, stays, pairs)?;
        let mut found: BTreeMap<Numbers, Vec<Ref>> = BTreeMap::new();
        for (leaf, guard) in self.arena.split(pairs)? {
            let (ours, theirs) = self.arena.pair(leaf);
            let slots = |leaf: Ref| -> Arc<[Slot]> { Arc::clone(self.arena.slots(leaf)) };
            let (ours, theirs) = (slots(ours), slots(theirs));
            self.arena.spend(self.table.shapes[shape].points.len())?;
            for &point in &self.table.shapes[shape].points {
                let before = self.table.values_at(&ours, point);
                let after = self.table.values_at(&theirs, point);
                if before != after {
                    found.entry((point, before, after)).or_default().push(guard);
                }
            }
        }
        for (numbers, guards) in found {
            let guard = self.arena.reduce(Op::Or, guards, Ref::EMPTY)?;
            let (_, before, after) = &numbers;
            let guard = self.where_apart(guard, (before, after), |xs, ys| xs != ys)?;
            if guard != Ref::EMPTY {
                kinds.entry(guard).or_default().push(numbers);
            }
        }
        Ok(())
    }

    fn kind(&mut self, part: KindPart, shows: impl Fn(&Facts) -> bool) -> Result<Kind, TooLarge> {
        let KindPart { guard, membership, numbers } = part;
        let both: Vec<Both<'_>> =
            numbers.iter().map(|(_, before, after)| (&before[..], &after[..])).collect();
        let example = match membership {
            Membership::Stays => self.example_apart(guard, &both, |xs, ys| xs != ys, shows)?,
            _ => self.first_where(guard, shows)?.and_then(|witness| witness.facts),
        };
        let region = region::of_guard(guard, &self.space, &self.arena);
        let changes = numbers.into_iter().map(|numbers| self.change(&numbers)).collect();
        Ok(Kind { region, membership, changes, example })
    }

    pub(super) fn change(&self, (point, before, after): &Numbers) -> Change {
        let values = |numbers: &[u32]| -> Vec<Value> {
            numbers.iter().map(|number| self.table.value(*number).clone()).collect()
        };
        let (before, after) = (values(before), values(after));
        let point = &self.table.points[*point];
        let constant = before.iter().chain(&after).all(Value::is_constant);
        Change {
            path: point.path.clone(),
            beneath: point.beneath,
            before,
            after,
            may_coincide: !constant,
        }
    }
}
