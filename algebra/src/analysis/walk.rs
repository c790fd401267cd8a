//! Walks: searching pairs of diagrams, side by side and where it matters, for leaves that disagree.
//!
//! Note [Pins] Leaves hold words as written. What the edges above a leaf say of the labels (and of
//! the id) that words mention is carried along as *pins*: a label is pinned to an explicit string
//! or to absence, the id to one id. On a class without end nothing is pinned, and words that differ
//! as written differ somewhere in it; words that are the same are the same all over it. So an
//! unlisted class needs no visit of its own, whatever it is: what holds of the words as written holds there.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Ref};
use super::space::{Class, Dimension, Space, Var};
use crate::facts::{Attestation, Facts, Label};
use crate::map::{Map, Set};
use crate::names::DeviceId;

/// Which classes of one variable a region has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Choice {
    /// This one.
    Class(Class),
    /// This member of a class of ids.
    Member(Class, usize),
    /// All but these, `otherwise` among them.
    AllBut(Arc<[Class]>),
}

/// The way to a leaf: what each variable on it is.
pub(super) type Trail = Vec<(Var, Choice)>;

/// What is known of mentioned labels and of the id.
pub(super) type Pins = Arc<[(Var, Choice)]>;

/// What a walk looks at: two diagrams, and where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) a: Ref,
    pub(super) b: Ref,
    pub(super) care: Ref,
}

impl Spot {
    fn refs(self) -> [Ref; 3] {
        [self.a, self.b, self.care]
    }
}

/// One step of a walk, and the step before it.
struct Step {
    before: Option<usize>,
    taken: Option<(Var, Choice)>,
}

/// Searches the leaves of two diagrams.
pub(super) struct Walk<'a> {
    pub(super) space: &'a Space,
    pub(super) arena: &'a mut Arena,
    /// The variables that words mention.
    pub(super) mentioned: &'a BTreeSet<Var>,
}

impl Walk<'_> {
    /// The way to the first pair of leaves that `disagree` finds, where care is true.
    ///
    /// Pairs of nodes for which `agree` holds are not entered. Each pair is visited once for each
    /// combination of pins above it.
    pub(super) fn find(
        &mut self,
        spot: Spot,
        agree: impl Fn(Ref, Ref) -> bool,
        mut disagree: impl FnMut(&Arena, Ref, Ref, &Pins) -> bool,
    ) -> Result<Option<Trail>, TooLarge> {
        let mut seen: Set<(Spot, Pins)> = Set::default();
        let mut steps = vec![Step { before: None, taken: None }];
        let none: Pins = Arc::from([]);
        let mut open = vec![(spot, none, 0)];
        while let Some((spot, pins, step)) = open.pop() {
            if spot.care == Ref::EMPTY || agree(spot.a, spot.b) {
                continue;
            }
            if !seen.insert((spot, Arc::clone(&pins))) {
                continue;
            }
            self.arena.spend(1)?;
            let Some(var) = spot.refs().into_iter().filter_map(|r| self.arena.var(r)).min() else {
                if disagree(self.arena, spot.a, spot.b, &pins) {
                    return Ok(Some(trail(&steps, step)));
                }
                continue;
            };
            for choice in self.choices(spot, var) {
                let pins = self.pinned(&pins, var, &choice);
                let child = self.descend(spot, var, &choice);
                steps.push(Step { before: Some(step), taken: Some((var, choice)) });
                open.push((child, pins, steps.len() - 1));
            }
        }
        Ok(None)
    }

    /// The classes that one of the three lists, then the others; ids one by one where words mention them.
    fn choices(&self, spot: Spot, var: Var) -> Vec<Choice> {
        let mut classes = BTreeSet::new();
        for node in spot.refs().into_iter().filter_map(|r| self.arena.node(r)) {
            if node.var == var {
                classes.extend(node.listed.iter().map(|(class, _)| *class));
            }
        }
        let listed: Arc<[Class]> = classes.into_iter().collect();
        // The search is depth first from the back: simple regions come first.
        let mut choices = Vec::with_capacity(listed.len() + 1);
        let split = var == Var::ID && self.mentioned.contains(&var);
        choices.push(Choice::AllBut(Arc::clone(&listed)));
        for &class in listed.iter().rev() {
            let n_members = self.space.ids().members(class).map_or(0, <[DeviceId]>::len);
            if split {
                choices.extend((0..n_members).rev().map(|i| Choice::Member(class, i)));
            } else {
                choices.push(Choice::Class(class));
            }
        }
        choices
    }

    fn descend(&self, spot: Spot, var: Var, choice: &Choice) -> Spot {
        let class = match choice {
            Choice::Class(class) | Choice::Member(class, _) => *class,
            Choice::AllBut(_) => self.space.otherwise(var),
        };
        let [a, b, care] = spot.refs().map(|r| self.arena.child(r, var, class));
        Spot { a, b, care }
    }

    fn pinned(&self, pins: &Pins, var: Var, choice: &Choice) -> Pins {
        let pins_it = match choice {
            Choice::AllBut(_) => false,
            Choice::Member(..) => true,
            Choice::Class(class) => self.space.is_one_value(var, *class),
        };
        if !pins_it || !self.mentioned.contains(&var) {
            return Arc::clone(pins);
        }
        pins.iter().cloned().chain([(var, choice.clone())]).collect()
    }
}

fn trail(steps: &[Step], last: usize) -> Trail {
    let mut trail = Vec::new();
    let mut at = Some(last);
    while let Some(step) = at.and_then(|at| steps.get(at)) {
        trail.extend(step.taken.clone());
        at = step.before;
    }
    trail.reverse();
    trail
}

/// Facts that know what is pinned and nothing else, to read words under pins.
pub(super) struct Readings {
    placeholder: DeviceId,
    known: Map<Pins, Facts>,
}

impl Readings {
    /// `placeholder` stands for an id that is not known; no word contains it.
    pub(super) fn new(placeholder: DeviceId) -> Self {
        Self { placeholder, known: Map::default() }
    }

    /// The facts under `pins`: words that are read there keep the labels that are not pinned.
    pub(super) fn under(&mut self, pins: &Pins, space: &Space) -> &Facts {
        let placeholder = &self.placeholder;
        self.known.entry(Arc::clone(pins)).or_insert_with(|| {
            let id = pins.iter().find_map(|(var, choice)| match choice {
                Choice::Member(class, i) if *var == Var::ID => space.ids().members(*class)?.get(*i),
                _ => None,
            });
            let mut facts = Facts::new(id.unwrap_or(placeholder).clone()).with_unlisted_unknown();
            for (var, choice) in pins.iter() {
                let (Dimension::Label(key, partition), Choice::Class(class)) =
                    (space.dimension(*var), choice)
                else {
                    continue;
                };
                match partition.member(class.index(), 0) {
                    Some(value) => {
                        let attestation = Attestation::Asserted;
                        facts.set(Label { key: key.clone(), value: Some(value), attestation });
                    }
                    None => facts.set_absent(key.clone()),
                }
            }
            facts
        })
    }
}
