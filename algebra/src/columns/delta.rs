//! Where two fleets may differ: on which devices, and at which paths.

use std::collections::HashSet;

use super::number::Numbers;
use super::steps::{Aligned, Step, align, steps_of_both, unnamed};
use super::touch::{Place, Touched, differing};
use crate::denote::Evaluator;
use crate::fleet::{Fleet, Op};
use crate::map::Map;
use crate::names::ResourceName;
use crate::selector::{Selector, View};

/// So many pairs of sub-expressions are looked at; others may differ everywhere.
const MAX_PAIRS: usize = 1 << 16;

/// A superset of where two fleets differ.
pub(super) struct Delta {
    /// The devices: all others get the same.
    pub(super) guard: Selector,
    /// The places: at all others, members get the same. Unless a resource's root is among them,
    /// whether it is claimed is the same too. `None` is everywhere.
    pub(super) places: Option<Vec<Place>>,
    /// Whether devices may join or leave.
    pub(super) of_members: bool,
}

/// Two sub-expressions, and what is known around them.
struct Pair<'a> {
    old: &'a Fleet,
    new: &'a Fleet,
    /// Elsewhere it does not matter what they say.
    guard: Selector,
    /// The last of the patches that are laid over them.
    patches: Option<usize>,
}

struct Walk<'a> {
    numbers: Numbers<'a>,
    touched: Touched,
    members: Map<usize, Selector>,
    open: Vec<Pair<'a>>,
    guards: Vec<Selector>,
    places: Vec<Place>,
    of_members: bool,
    /// Each patch, and the one that is laid over before it.
    patches: Vec<(&'a Fleet, Option<usize>)>,
    /// The roots whose claims may come and go below a patch.
    rooted: HashSet<(ResourceName, usize)>,
}

/// Where `old` and `new` may differ; `None` if nowhere. Costs O(size of what differs) for
/// expressions that share the rest, else O(size).
///
/// Note [Steps] On a device where every step that only one fleet has leaves things as they are,
/// and every two steps that stand for each other do the same, the fleets are the same. So what
/// differs is in the union of the devices where single steps matter.
pub(super) fn delta(old: &Fleet, new: &Fleet) -> Option<Delta> {
    let mut walk = Walk {
        numbers: Numbers::default(),
        touched: Touched::default(),
        members: Map::default(),
        open: vec![Pair { old, new, guard: Selector::all(), patches: None }],
        guards: Vec::new(),
        places: Vec::new(),
        of_members: false,
        patches: Vec::new(),
        rooted: HashSet::new(),
    };
    let mut n_left = MAX_PAIRS;
    while let Some(pair) = walk.open.pop() {
        if n_left == 0 {
            let rest = walk.open.drain(..).map(|pair| pair.guard);
            let guards = walk.guards.into_iter().chain([pair.guard]).chain(rest);
            return Some(Delta { guard: Selector::any_of(guards), places: None, of_members: true });
        }
        walk.pair(&pair, n_left == MAX_PAIRS);
        n_left -= 1;
    }
    if walk.guards.is_empty() {
        return None;
    }
    walk.places.sort();
    walk.places.dedup();
    Some(Delta {
        guard: Selector::any_of(walk.guards),
        places: Some(walk.places),
        of_members: walk.of_members,
    })
}

impl<'a> Walk<'a> {
    fn pair(&mut self, pair: &Pair<'a>, is_first: bool) {
        let (old, new) = (unnamed(pair.old), unnamed(pair.new));
        let many = |fleet: &Fleet| matches!(fleet.0.op, Op::Union | Op::Overlay);
        // Many steps are mostly shared, and then get no numbers.
        let is_by_steps = is_first && many(old) && many(new);
        let is_same = |walk: &mut Self| walk.numbers.of(old) == walk.numbers.of(new);
        if old.address() == new.address() || !is_by_steps && is_same(self) {
            return;
        }
        let nothing =
            |fleet: &Fleet| matches!(fleet.0.op, Op::Empty | Op::Invalid(_) | Op::Foreign(_));
        let guard = &pair.guard;
        match (&old.0.op, &new.0.op) {
            (Op::Choose(s), Op::Choose(t)) => {
                if self.numbers.selector(s) != self.numbers.selector(t) {
                    self.emit(&both(guard, xor(s, t)), &[old, new], pair.patches);
                }
                for (at, s) in [(0, s.clone()), (1, !s.clone())] {
                    self.push(&old.0.of[at], &new.0.of[at], both(guard, s), pair.patches);
                }
            }
            (Op::Choose(s), _) => {
                self.push(&old.0.of[0], new, both(guard, s.clone()), pair.patches);
                self.push(&old.0.of[1], new, both(guard, !s.clone()), pair.patches);
            }
            (_, Op::Choose(s)) => {
                self.push(old, &new.0.of[0], both(guard, s.clone()), pair.patches);
                self.push(old, &new.0.of[1], both(guard, !s.clone()), pair.patches);
            }
            (Op::Deploy(a), Op::Deploy(b))
                if a.resource == b.resource
                    && a.claims.own.is_empty() == b.claims.own.is_empty() =>
            {
                let mut places = Vec::new();
                differing(&a.resource, &a.claims, &b.claims, &mut Vec::new(), &mut places);
                self.guards.push(guard.clone());
                self.places.append(&mut places);
            }
            (Op::All | Op::Deploy(_), Op::All | Op::Deploy(_)) => {
                self.emit(guard, &[old, new], pair.patches);
            }
            _ if nothing(old) || nothing(new) => {
                let there = if nothing(old) { new } else { old };
                let guard = both(guard, self.members(there));
                self.emit(&guard, &[there], pair.patches);
            }
            _ => self.steps(old, new, pair),
        }
    }

    fn steps(&mut self, old: &'a Fleet, new: &'a Fleet, pair: &Pair<'a>) {
        let steps = steps_of_both(old, new);
        let aligned = align(&steps[0], &steps[1], &mut self.numbers);
        let around = [old, new];
        let (mut guard, mut patches) = (pair.guard.clone(), pair.patches);
        // From the last step on, so that what later steps restrict is known.
        for at in aligned.into_iter().rev() {
            match at {
                Aligned::Same(step) => guard = self.same(step, guard, &mut patches),
                Aligned::Differ(Some(a), Some(b)) => {
                    guard = self.differ(a, b, guard, around, &mut patches);
                }
                Aligned::Differ(a, b) => {
                    for step in a.into_iter().chain(b) {
                        guard = self.single(step, guard, around, &mut patches);
                    }
                }
            }
        }
    }

    /// A step that both have: what is before it matters only where it lets it through.
    fn same(&mut self, step: Step<'a>, guard: Selector, patches: &mut Option<usize>) -> Selector {
        match step {
            Step::Restrict(s) => both(&guard, s.clone()),
            Step::Within(x) => both(&guard, self.members(x)),
            Step::Without(x) => both(&guard, !self.members(x)),
            Step::Patch(x) => {
                *patches = self.patched(x, *patches);
                guard
            }
            _ => guard,
        }
    }

    /// Two steps that stand for each other.
    fn differ(
        &mut self,
        old: Step<'a>,
        new: Step<'a>,
        guard: Selector,
        around: [&'a Fleet; 2],
        patches: &mut Option<usize>,
    ) -> Selector {
        let (s, t) = match (old, new) {
            (Step::Union(a), Step::Union(b))
            | (Step::Overlay(a), Step::Overlay(b))
            | (Step::Mask(a), Step::Mask(b)) => {
                self.push(a, b, guard.clone(), *patches);
                return guard;
            }
            (Step::Patch(a), Step::Patch(b)) => {
                // A patch adds no root, so patches over it do not matter to it.
                self.push(a, b, guard.clone(), None);
                *patches = self.patched(a, *patches);
                *patches = self.patched(b, *patches);
                return guard;
            }
            (Step::Within(a), Step::Within(b)) => (self.members(a), self.members(b)),
            (Step::Without(a), Step::Without(b)) => (!self.members(a), !self.members(b)),
            (Step::Restrict(s), Step::Restrict(t)) => (s.clone(), t.clone()),
            _ => {
                let guard = self.single(old, guard, around, patches);
                return self.single(new, guard, around, patches);
            }
        };
        self.emit(&both(&guard, xor(&s, &t)), &around, *patches);
        both(&both(&guard, s), t)
    }

    /// A step that only one has: it matters where it does something.
    fn single(
        &mut self,
        step: Step<'a>,
        guard: Selector,
        around: [&'a Fleet; 2],
        patches: &mut Option<usize>,
    ) -> Selector {
        let through = match step {
            Step::Union(x) | Step::Overlay(x) | Step::Mask(x) => {
                let there = both(&guard, self.members(x));
                self.emit(&there, &[x], *patches);
                return guard;
            }
            Step::Patch(x) => {
                let there = both(&guard, self.members(x));
                self.emit(&there, &[x], None);
                *patches = self.patched(x, *patches);
                return guard;
            }
            Step::Forget(_) | Step::Keep(_) => {
                self.emit(&guard, &around, *patches);
                return guard;
            }
            Step::Within(x) => self.members(x),
            Step::Without(x) => !self.members(x),
            Step::Restrict(s) => s.clone(),
        };
        self.emit(&both(&guard, !through.clone()), &around, *patches);
        both(&guard, through)
    }

    fn push(&mut self, old: &'a Fleet, new: &'a Fleet, guard: Selector, patches: Option<usize>) {
        self.open.push(Pair { old, new, guard, patches });
    }

    fn patched(&mut self, with: &'a Fleet, before: Option<usize>) -> Option<usize> {
        self.patches.push((with, before));
        Some(self.patches.len() - 1)
    }

    /// On the devices of `guard`, claims of `fleets` may come and go.
    fn emit(&mut self, guard: &Selector, fleets: &[&'a Fleet], patches: Option<usize>) {
        if matches!(guard.view(), View::None) {
            return;
        }
        self.of_members = true;
        self.guards.push(guard.clone());
        for fleet in fleets {
            self.places.extend_from_slice(self.touched.by(fleet));
        }
        // A patch lays its claims where the root is claimed, so they may come and go with it.
        let resources = fleets.iter().flat_map(|fleet| self.touched.by(fleet).to_vec());
        let resources: HashSet<ResourceName> =
            resources.map(|(path, _)| path.resource().clone()).collect();
        for resource in resources {
            let mut next = patches;
            while let Some(at) = next {
                if !self.rooted.insert((resource.clone(), at)) {
                    break;
                }
                let (with, before) = self.patches[at];
                let places = self.touched.by(with).iter();
                let places = places.filter(|(path, _)| *path.resource() == resource).cloned();
                self.places.extend(places);
                next = before;
            }
        }
    }

    /// Holds on the members of `fleet`.
    fn members(&mut self, fleet: &Fleet) -> Selector {
        let members = self.members.entry(fleet.address());
        members.or_insert_with(|| crate::explain::members(&Evaluator::new(fleet))).clone()
    }
}

fn both(guard: &Selector, other: Selector) -> Selector {
    Selector::all_of([guard.clone(), other])
}

/// Holds where exactly one of both does.
fn xor(s: &Selector, t: &Selector) -> Selector {
    (s.clone() & !t.clone()) | (!s.clone() & t.clone())
}
