//! Merging: two changes of one fleet, made apart, in one fleet.
//!
//! Note [Merging] On each kind of device, what `theirs` changed is taken over into `ours`: the
//! paths are forgotten in `ours` and kept of `theirs`. Where `ours` changed them as well, both are
//! put side by side, so that what differs is a conflict, which resolving names; what is the same
//! is one. `theirs` is cut to the members of `ours`, so a change never brings back a device.

use std::collections::BTreeSet;

use super::answer::TooLarge;
use super::arena::{Op, Ref};
use super::compare::Within;
use super::difference::KindPart;
use super::{Analysis, Change, Made, Membership, region};
use crate::facts::Facts;
use crate::fleet::{Fleet, choose};
use crate::path::Path;
use crate::path_set::PathSet;
use crate::selector::Selector;

/// What became of two changes of one fleet.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The fleet with both changes; where they clash, candidates of both stand side by side.
    pub fleet: Fleet,
    /// Where they clash.
    pub clashes: Vec<Clash>,
}

/// A kind of device on which both changes say something, and not the same.
#[derive(Clone, Debug)]
pub struct Clash {
    /// Which devices.
    pub region: Selector,
    /// The topmost path that both change; `None` if it is the membership.
    pub path: Option<Path>,
    /// What `theirs` changes there.
    pub theirs: Vec<Change>,
    /// One such device, if an id was found for it.
    pub example: Option<Facts>,
}

impl Analysis {
    /// What `ours` and `theirs` made of `base`, in one fleet: a three-way merge of meanings.
    ///
    /// With m(b, o, t) for the merged fleet: m(b, b, t) = t, m(b, o, b) = o, m(b, o, o) = o. A
    /// device that one side removed and the other changed stays removed, or stays as `ours` has it;
    /// both are reported as clashes. Regions hold up to coincidences of texts: where both sides wrote
    /// something else at a path, a device on which the text of one side happens to say what `base`
    /// says there is in the clash as well.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let base = motd("hello");
    /// let ours = base.clone().overlay(motd("salut").restrict(label("country").eq("FR")));
    /// let theirs = base.clone().union(deploy(Resource::new("ntp").set("server", "pool")));
    /// let merged = Analysis::of([&base, &ours, &theirs]).merge(&base, &ours, &theirs)?;
    /// assert!(merged.clashes.is_empty());
    /// let both = ours.union(deploy(Resource::new("ntp").set("server", "pool")));
    /// assert!(Analysis::of([]).equivalent(&merged.fleet, &both).is_proven());
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn merge(
        &mut self,
        base: &Fleet,
        ours: &Fleet,
        theirs: &Fleet,
    ) -> Result<Merged, TooLarge> {
        let made = self.made(&[base, ours, theirs], &[])?;
        let (b, o, t) = (made.root(base), made.root(ours), made.root(theirs));
        if o == b || o == t {
            return Ok(Merged { fleet: theirs.clone(), clashes: Vec::new() });
        }
        let own = made.parts(b, o)?;
        let others = made.parts(b, t)?;
        let mut merging = Merging { made, own, ours, theirs, clashes: Vec::new() };
        let mut fleet = ours.clone();
        for part in others {
            fleet = merging.take_over(fleet, &part)?;
        }
        let clashes = merging.clashes;
        Ok(Merged { fleet, clashes })
    }
}

/// A merge under way.
struct Merging<'a> {
    made: &'a mut Made,
    /// What `ours` changes.
    own: Vec<KindPart>,
    ours: &'a Fleet,
    theirs: &'a Fleet,
    clashes: Vec<Clash>,
}

impl Merging<'_> {
    /// `fleet` with one kind of what `theirs` changes.
    fn take_over(&mut self, fleet: Fleet, part: &KindPart) -> Result<Fleet, TooLarge> {
        let region = self.region(part.guard);
        match part.membership {
            Membership::Joins => {
                let contested = self.changed(|own| own.membership == Membership::Joins)?;
                self.note(part, contested, None)?;
                Ok(fleet.union(self.theirs.clone().restrict(region)))
            }
            Membership::Leaves => {
                // Where ours changed the device, it stays as ours has it.
                let changed = self.changed(|own| own.membership != Membership::Leaves)?;
                self.note(part, changed, None)?;
                let goes = self.made.arena.apply(Op::AndNot, part.guard, changed)?;
                let stays = !self.region(goes);
                Ok(fleet.restrict(stays))
            }
            Membership::Stays => self.take_over_changes(fleet, part),
        }
    }

    fn take_over_changes(&mut self, mut fleet: Fleet, part: &KindPart) -> Result<Fleet, TooLarge> {
        let left = self.changed(|own| own.membership == Membership::Leaves)?;
        self.note(part, left, None)?;
        let mut by_contest: std::collections::BTreeMap<Ref, Vec<Path>> = Default::default();
        for top in self.topmost(part) {
            let points = &self.made.table.points;
            let touches = |own: &KindPart| {
                let mut paths = own.numbers.iter().map(|(point, ..)| &points[*point].path);
                paths.any(|path| top.is_above(path) || path.is_above(&top))
            };
            let touching: Vec<Ref> =
                self.own.iter().filter(|own| touches(own)).map(|own| own.guard).collect();
            let contested = self.made.arena.reduce(Op::Or, touching, Ref::EMPTY)?;
            let contested = self.made.arena.apply(Op::And, part.guard, contested)?;
            self.note(part, contested, Some(&top))?;
            by_contest.entry(contested).or_default().push(top);
        }
        for (contested, tops) in by_contest {
            let paths = PathSet::of(tops, []);
            let theirs = self.theirs.clone().keep(paths.clone()).within(self.ours.clone());
            let free = self.made.arena.apply(Op::AndNot, part.guard, contested)?;
            let replaced = fleet.clone().forget(paths).union(theirs.clone());
            let beside = fleet.clone().union(theirs);
            for (guard, changed) in [(free, replaced), (contested, beside)] {
                if guard != Ref::EMPTY {
                    fleet = choose(self.region(guard), changed, fleet);
                }
            }
        }
        Ok(fleet)
    }

    /// The paths that change and are not below another one that does.
    fn topmost(&self, part: &KindPart) -> Vec<Path> {
        let paths = part.numbers.iter().map(|(point, ..)| &self.made.table.points[*point].path);
        let mut tops: Vec<Path> = Vec::new();
        // In order, a path comes right after those above it.
        for path in paths.collect::<BTreeSet<_>>() {
            if !tops.last().is_some_and(|top| top.is_above(path)) {
                tops.push(path.clone());
            }
        }
        tops
    }

    /// Where `ours` changes something of which `which` holds.
    fn changed(&mut self, which: impl Fn(&KindPart) -> bool) -> Result<Ref, TooLarge> {
        let guards = self.own.iter().filter(|own| which(own)).map(|own| own.guard).collect();
        self.made.arena.reduce(Op::Or, guards, Ref::EMPTY)
    }

    fn region(&self, guard: Ref) -> Selector {
        region::of_guard(guard, &self.made.space, &self.made.arena)
    }

    /// Notes a clash where `part` and `contested` hold, unless both sides made the same of it.
    fn note(
        &mut self,
        part: &KindPart,
        contested: Ref,
        path: Option<&Path>,
    ) -> Result<(), TooLarge> {
        let guard = self.made.arena.apply(Op::And, part.guard, contested)?;
        if guard == Ref::EMPTY {
            return Ok(());
        }
        let (ours, theirs) = (self.ours, self.theirs);
        let differ = |facts: &Facts| {
            let said = |fleet: &Fleet| {
                let mut claims = crate::denote::denote::<()>(fleet, facts);
                let below = path.map(|path| PathSet::subtree(path.clone()));
                if let (Some(claims), Some(below)) = (&mut claims, &below) {
                    claims.keep(below);
                }
                claims
            };
            said(ours) != said(theirs)
        };
        let (a, b) = (self.made.root(ours), self.made.root(theirs));
        let within = Within { guard, top: path };
        let found = self.made.first_unrelated_within(a, b, within, |xs, ys| xs == ys, differ)?;
        let Some(witness) = found else { return Ok(()) };
        let points = &self.made.table.points;
        let below = |point: &usize| path.is_none_or(|top| top.is_above(&points[*point].path));
        let numbers = part.numbers.iter().filter(|(point, ..)| below(point));
        let theirs: Vec<Change> = numbers.map(|n| self.made.change(n)).collect();
        let region = self.region(guard);
        let (path, example) = (path.cloned(), witness.facts);
        self.clashes.push(Clash { region, path, theirs, example });
        Ok(())
    }
}
