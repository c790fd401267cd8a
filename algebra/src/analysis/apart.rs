//! Where what is said differs, once words are read: exact on every value that the space names.
//!
//! Note [Apart] Candidates that are written differently may be the same on some devices: `label(k)`
//! and "x" where k is x. A region is cut down to where they are apart by going through its guard
//! and, beside what it tests, through each label (and the id) that the words mention: on a class
//! of one value the words are read there. The verdict can only change where two different values
//! become equal, so nothing is split once no two of them can.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Made;
use super::answer::TooLarge;
use super::arena::{Op, Ref};
use super::space::{Class, Var};
use super::walk::{Choice, Pins, Spot, Trail, Walk};
use super::witness;
use crate::facts::Facts;
use crate::map::Map;
use crate::value::Value;
use crate::word::{Part, Word};

/// Values by their numbers: what is said before and after, or by two sides.
pub(super) type Both<'a> = (&'a [u32], &'a [u32]);

/// Whether candidates of two sides, in order, are apart.
pub(super) type Apart = fn(&[Value], &[Value]) -> bool;

/// Classes of more ids than this are not split: some of them are then in the region by mistake.
const MAX_SPLIT: usize = 64;

/// A region under way: what is left of the guard in each class, `otherwise` last.
struct Frame {
    key: (Ref, Pins),
    var: Var,
    children: Vec<(Class, Ref, Pins)>,
    done: Vec<Ref>,
}

impl Made {
    /// `guard` where the values of `both` are apart.
    pub(super) fn where_apart(
        &mut self,
        guard: Ref,
        both: Both<'_>,
        apart: Apart,
    ) -> Result<Ref, TooLarge> {
        let mentioned = self.mentioned_by(both.0.iter().chain(both.1));
        let mut known: Map<(Ref, Pins), Ref> = Map::default();
        let mut frames: Vec<Frame> = Vec::new();
        let mut call: (Ref, Pins) = (guard, Arc::from([]));
        loop {
            let settled = match known.get(&call) {
                Some(known) => Some(*known),
                None => self.settled(&call, &mentioned, both, apart),
            };
            let Some(mut value) = settled else {
                let frame = self.open_apart(call, &mentioned)?;
                call = frame.children.first().map_or((Ref::EMPTY, Arc::from([])), next_call);
                frames.push(frame);
                continue;
            };
            loop {
                let Some(frame) = frames.last_mut() else { return Ok(value) };
                frame.done.push(value);
                if let Some(child) = frame.children.get(frame.done.len()) {
                    call = next_call(child);
                    break;
                }
                let Some(frame) = frames.pop() else { return Ok(value) };
                let key = frame.key.clone();
                value = self.close_apart(frame)?;
                known.insert(key, value);
            }
        }
    }

    /// What is left of a guard under pins, if no further pin can change it.
    fn settled(
        &mut self,
        (guard, pins): &(Ref, Pins),
        mentioned: &BTreeSet<Var>,
        both: Both<'_>,
        apart: Apart,
    ) -> Option<Ref> {
        if *guard == Ref::EMPTY {
            return Some(Ref::EMPTY);
        }
        let facts = self.readings.under(pins, &self.space);
        let (before, after) = (self.table.read(both.0, facts), self.table.read(both.1, facts));
        let all: BTreeSet<&Value> = before.iter().chain(&after).collect();
        let all: Vec<&Value> = all.into_iter().collect();
        let pair = |i: usize| all[..i].iter().any(|other| may_coincide(all[i], other));
        let next = next_mentioned(pins, mentioned);
        // Before the id is chosen, a placeholder stands for it, which is no named id.
        if next == Some(Var::ID) || next.is_some() && (1..all.len()).any(pair) {
            return None;
        }
        Some(if apart(&before, &after) { *guard } else { Ref::EMPTY })
    }

    /// The children on the next variable that the guard tests or that words mention.
    fn open_apart(
        &mut self,
        (guard, pins): (Ref, Pins),
        mentioned: &BTreeSet<Var>,
    ) -> Result<Frame, TooLarge> {
        let next = next_mentioned(&pins, mentioned);
        let var = self.arena.var(guard).into_iter().chain(next).min().unwrap_or(Var::ID);
        let is_mentioned = mentioned.contains(&var);
        let mut classes: BTreeSet<Class> = BTreeSet::new();
        if let Some(node) = self.arena.node(guard).filter(|node| node.var == var) {
            classes.extend(node.listed.iter().map(|(class, _)| *class));
        }
        let otherwise = self.space.otherwise(var);
        if is_mentioned {
            classes.extend(self.space.classes(var));
            classes.remove(&otherwise);
        }
        // Every child is past the variable: its pins end with it, if it is mentioned.
        let with = |choice: Choice| -> Pins {
            let own = is_mentioned.then_some((var, choice));
            pins.iter().cloned().chain(own).collect()
        };
        let open = || Choice::AllBut(Arc::from([]));
        let mut children = Vec::with_capacity(classes.len() + 1);
        for class in classes {
            let child = self.arena.child(guard, var, class);
            let n_members = self.space.ids().members(class).map_or(0, <[_]>::len);
            match var {
                Var::ID if is_mentioned && n_members <= MAX_SPLIT => {
                    let members = (0..n_members).map(|i| with(Choice::Member(class, i)));
                    children.extend(members.map(|pins| (class, child, pins)));
                }
                _ if self.space.is_one_value(var, class) => {
                    children.push((class, child, with(Choice::Class(class))));
                }
                _ => children.push((class, child, with(open()))),
            }
        }
        let rest = self.arena.child(guard, var, otherwise);
        children.push((otherwise, rest, with(open())));
        self.arena.spend(children.len())?;
        let done = Vec::with_capacity(children.len());
        Ok(Frame { key: (guard, pins), var, children, done })
    }

    fn close_apart(&mut self, frame: Frame) -> Result<Ref, TooLarge> {
        let Frame { var, children, mut done, .. } = frame;
        let otherwise = done.pop().unwrap_or(Ref::EMPTY);
        let mut listed: Vec<(Class, Ref)> = Vec::with_capacity(done.len());
        for ((class, ..), value) in children.iter().zip(done) {
            match listed.last_mut().filter(|(last, _)| last == class) {
                // Another id of the same class: the region has the class where any of them is apart.
                Some((_, known)) => *known = self.arena.apply(Op::Or, *known, value)?,
                None => listed.push((*class, value)),
            }
        }
        self.arena.make(var, listed, otherwise)
    }

    /// The way to a device in `guard` on which one of `all` is apart.
    pub(super) fn trail_apart(
        &mut self,
        guard: Ref,
        all: &[Both<'_>],
        apart: Apart,
    ) -> Result<Option<Trail>, TooLarge> {
        let numbers = all.iter().flat_map(|(before, after)| before.iter().chain(*after));
        let mentioned = self.mentioned_by(numbers);
        let care = self.arena.apply(Op::And, guard, self.care)?;
        let Self { space, arena, table, readings, .. } = self;
        let spot = Spot { a: care, b: Ref::EMPTY, care };
        let mut walk = Walk { space, arena, mentioned: &mentioned };
        walk.find(
            spot,
            |a, _| a == Ref::EMPTY,
            |_, _, _, pins| {
                let facts: &Facts = readings.under(pins, space);
                let read = |numbers: &[u32]| table.read(numbers, facts);
                all.iter().any(|(before, after)| apart(&read(before), &read(after)))
            },
        )
    }

    /// A device in `guard` on which one of `all` is apart, and that `shows` it.
    pub(super) fn example_apart(
        &mut self,
        guard: Ref,
        all: &[Both<'_>],
        apart: Apart,
        shows: impl Fn(&Facts) -> bool,
    ) -> Result<Option<Facts>, TooLarge> {
        let Some(trail) = self.trail_apart(guard, all, apart)? else { return Ok(None) };
        let numbers = all.iter().flat_map(|(before, after)| before.iter().chain(*after));
        let mentioned: Vec<Var> = self.mentioned_by(numbers).into_iter().collect();
        Ok(witness::of_trail(&trail, None, &self.space, &mentioned, shows).facts)
    }

    /// The variables that the words of these values mention.
    pub(super) fn mentioned_by<'a>(&self, numbers: impl Iterator<Item = &'a u32>) -> BTreeSet<Var> {
        let words = numbers.flat_map(|number| self.table.value(*number).words());
        let parts = words.flat_map(Word::parts);
        let var = |part: &Part| match part {
            Part::Label(key) => self.space.label(key.as_str()),
            Part::DeviceId => Some(Var::ID),
            Part::Literal(_) | Part::Missing(_) => None,
        };
        parts.filter_map(var).collect()
    }
}

/// The first variable that words mention and that is not passed yet.
fn next_mentioned(pins: &Pins, mentioned: &BTreeSet<Var>) -> Option<Var> {
    let passed = pins.last().map(|(var, _)| *var);
    mentioned.iter().copied().find(|var| passed.is_none_or(|last| *var > last))
}

fn next_call((_, guard, pins): &(Class, Ref, Pins)) -> (Ref, Pins) {
    (*guard, Arc::clone(pins))
}

/// Whether two different values could be the same on some device; it may say so by mistake.
fn may_coincide(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.parts(), b.parts());
            let literal = |part: Option<&Part>| match part {
                Some(Part::Literal(text)) => text.to_string(),
                _ => String::new(),
            };
            let is_constant = |parts: &[Part]| matches!(parts, [] | [Part::Literal(_)]);
            let (first, second) = (literal(a.first()), literal(b.first()));
            let starts = first.starts_with(&second) || second.starts_with(&first);
            let (first, second) = (literal(a.last()), literal(b.last()));
            let ends = first.ends_with(&second) || second.ends_with(&first);
            starts && ends && !(is_constant(a) && is_constant(b))
        }
        (Value::List(_), Value::List(_)) => !(a.is_constant() && b.is_constant()),
        _ => false,
    }
}
