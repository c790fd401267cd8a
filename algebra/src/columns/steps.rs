//! A fleet as ∅ followed by steps, and the steps of two fleets aligned.

use super::number::Numbers;
use crate::fleet::{Fleet, Op};
use crate::path_set::PathSet;
use crate::selector::{Selector, View};

/// So many operands are flattened; what is below stays one operand.
const MAX_FLATTENED: usize = 1 << 16;
/// Selectors of at most so many nodes are compared without numbers.
const MAX_TREE: u64 = 1 << 5;
/// Unequal middles are aligned by a table of at most so many cells.
const MAX_CELLS: usize = 1 << 22;

/// What is done next with what there is so far. On a device where `with` is no member, the first
/// four leave things as they are.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Union(&'a Fleet),
    Overlay(&'a Fleet),
    Patch(&'a Fleet),
    Mask(&'a Fleet),
    Within(&'a Fleet),
    Without(&'a Fleet),
    Restrict(&'a Selector),
    Forget(&'a PathSet),
    Keep(&'a PathSet),
}

/// One place of two aligned lists of steps.
#[derive(Clone, Copy)]
pub(super) enum Aligned<'a> {
    Same(Step<'a>),
    /// Steps that differ; at least one.
    Differ(Option<Step<'a>>, Option<Step<'a>>),
}

impl<'a> Step<'a> {
    /// What it does, and the number of what it does it with.
    fn number(self, numbers: &mut Numbers<'a>) -> (std::mem::Discriminant<Step<'a>>, u32) {
        let number = match self {
            Self::Union(f)
            | Self::Overlay(f)
            | Self::Patch(f)
            | Self::Mask(f)
            | Self::Within(f)
            | Self::Without(f) => numbers.of(f),
            Self::Restrict(s) => numbers.selector(s),
            // Sets of paths are compared as such.
            Self::Forget(_) | Self::Keep(_) => 0,
        };
        (std::mem::discriminant(&self), number)
    }

    fn is(self, other: Self, numbers: &mut Numbers<'a>) -> bool {
        match (self, other) {
            (Self::Union(a), Self::Union(b))
            | (Self::Overlay(a), Self::Overlay(b))
            | (Self::Patch(a), Self::Patch(b))
            | (Self::Mask(a), Self::Mask(b))
            | (Self::Within(a), Self::Within(b))
            | (Self::Without(a), Self::Without(b)) => {
                alike(a, b).unwrap_or_else(|| numbers.of(a) == numbers.of(b))
            }
            (Self::Restrict(s), Self::Restrict(t)) => {
                selectors_alike(s, t).unwrap_or_else(|| numbers.selector(s) == numbers.selector(t))
            }
            (Self::Forget(p), Self::Forget(q)) | (Self::Keep(p), Self::Keep(q)) => p == q,
            _ => false,
        }
    }
}

/// The steps of two fleets, without those that add an operand at the start or the end that both
/// share: such operands are not even looked at.
pub(super) fn steps_of_both<'a>(old: &'a Fleet, new: &'a Fleet) -> [Vec<Step<'a>>; 2] {
    let step: fn(&'a Fleet) -> Step<'a> = match (&old.0.op, &new.0.op) {
        (Op::Union, Op::Union) => Step::Union,
        (Op::Overlay, Op::Overlay) => Step::Overlay,
        _ => return [old, new].map(steps),
    };
    let is_shared = |(a, b): &(&Fleet, &Fleet)| a.address() == b.address();
    let (a, b) = (&old.0.of[..], &new.0.of[..]);
    let n_before = a.iter().zip(b).take_while(is_shared).count();
    if n_before == 0 {
        // The first operand may be made by steps itself.
        return [old, new].map(steps);
    }
    let rest = [&a[n_before..], &b[n_before..]];
    let from_last = rest[0].iter().rev().zip(rest[1].iter().rev());
    let n_after = from_last.take_while(is_shared).count();
    rest.map(|operands| {
        let mut steps = Vec::new();
        flatten(&operands[..operands.len() - n_after], &old.0.op, step, &mut steps);
        steps.reverse();
        steps
    })
}

/// The steps that make `fleet` from ∅. Costs O(nodes on the way), without recursion.
fn steps<'a>(fleet: &'a Fleet) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let mut at = fleet;
    // How the first operand of all is laid over ∅: alike, but told apart when steps are aligned.
    let mut first: fn(&'a Fleet) -> Step<'a> = Step::Union;
    loop {
        let of = &at.0.of[..];
        match (&at.0.op, of) {
            (Op::Named(_), [inner, ..]) => at = inner,
            (Op::Union, [inner, others @ ..]) => {
                flatten(others, &Op::Union, Step::Union, &mut steps);
                (at, first) = (inner, Step::Union);
            }
            (Op::Overlay, [inner, others @ ..]) => {
                flatten(others, &Op::Overlay, Step::Overlay, &mut steps);
                (at, first) = (inner, Step::Overlay);
            }
            (Op::Patch, [inner, other]) => {
                steps.push(Step::Patch(other));
                (at, first) = (inner, Step::Union);
            }
            (Op::Mask, [inner, other]) => {
                steps.push(Step::Mask(other));
                (at, first) = (inner, Step::Union);
            }
            (Op::Within, [inner, other]) => {
                steps.push(Step::Within(other));
                at = inner;
            }
            (Op::Without, [inner, other]) => {
                steps.push(Step::Without(other));
                at = inner;
            }
            (Op::Restrict(s), [inner]) => {
                steps.push(Step::Restrict(s));
                at = inner;
            }
            (Op::Forget(paths), [inner]) => {
                steps.push(Step::Forget(paths));
                at = inner;
            }
            (Op::Keep(paths), [inner]) => {
                steps.push(Step::Keep(paths));
                at = inner;
            }
            (Op::All | Op::Deploy(_) | Op::Choose(_), _) => {
                steps.push(first(at));
                break;
            }
            _ => break,
        }
    }
    steps.reverse();
    steps
}

/// Adds the operands of an associative operator, the last first, those of nested ones in their place.
fn flatten<'a>(
    operands: &'a [Fleet],
    op: &Op,
    step: fn(&'a Fleet) -> Step<'a>,
    steps: &mut Vec<Step<'a>>,
) {
    let mut open: Vec<&Fleet> = operands.iter().collect();
    while let Some(fleet) = open.pop() {
        let inner = unnamed(fleet);
        let same = std::mem::discriminant(&inner.0.op) == std::mem::discriminant(op);
        if same && steps.len() + open.len() < MAX_FLATTENED {
            open.extend(&inner.0.of);
        } else {
            steps.push(step(fleet));
        }
    }
}

/// `fleet` without the names around it.
pub(super) fn unnamed(mut fleet: &Fleet) -> &Fleet {
    while let (Op::Named(_), [inner, ..]) = (&fleet.0.op, &fleet.0.of[..]) {
        fleet = inner;
    }
    fleet
}

/// Whether the numbers of two fleets are equal, where that is seen at once; `None` elsewhere.
fn alike(mut a: &Fleet, mut b: &Fleet) -> Option<bool> {
    for _ in 0..MAX_TREE {
        (a, b) = (unnamed(a), unnamed(b));
        if a.address() == b.address() {
            return Some(true);
        }
        match (&a.0.op, &b.0.op) {
            (Op::Deploy(a), Op::Deploy(b)) => {
                return Some(a.resource == b.resource && a.claims.same_claims(&b.claims));
            }
            (Op::Restrict(s), Op::Restrict(t)) => {
                if !selectors_alike(s, t)? {
                    return Some(false);
                }
            }
            _ => return None,
        }
        (a, b) = (a.0.of.first()?, b.0.of.first()?);
    }
    None
}

/// As [`alike`], of selectors.
fn selectors_alike(s: &Selector, t: &Selector) -> Option<bool> {
    if s.tree_size().max(t.tree_size()) > MAX_TREE {
        return (s.address() == t.address()).then_some(true);
    }
    let mut open = Vec::new();
    let mut next = Some((s, t));
    while let Some((s, t)) = next {
        let parts = (s.view().children(), t.view().children());
        let is_head_same = s.address() == t.address()
            || match (s.view(), t.view()) {
                (View::Test(s), View::Test(t)) => s == t,
                (View::Invalid(_), View::Invalid(_)) => return None,
                (s, t) => std::mem::discriminant(&s) == std::mem::discriminant(&t),
            };
        if !is_head_same || parts.0.len() != parts.1.len() {
            return Some(false);
        }
        open.extend(parts.0.iter().zip(parts.1));
        next = open.pop();
    }
    Some(true)
}

/// The steps of two fleets, in order, equal ones together.
pub(super) fn align<'a>(
    old: &[Step<'a>],
    new: &[Step<'a>],
    numbers: &mut Numbers<'a>,
) -> Vec<Aligned<'a>> {
    let both = |old: &[Step<'a>], new: &[Step<'a>]| old.len().min(new.len());
    let n_before = (0..both(old, new)).take_while(|&i| old[i].is(new[i], numbers)).count();
    let (before, old) = old.split_at(n_before);
    let new = &new[n_before..];
    let n_after = (1..=both(old, new))
        .take_while(|&i| old[old.len() - i].is(new[new.len() - i], numbers))
        .count();
    let (old_middle, after) = old.split_at(old.len() - n_after);
    let new_middle = &new[..new.len() - n_after];
    let mut aligned: Vec<_> = before.iter().map(|&step| Aligned::Same(step)).collect();
    let mut start = (0, 0);
    for (i, j) in common(old_middle, new_middle, numbers) {
        gap(&old_middle[start.0..i], &new_middle[start.1..j], &mut aligned);
        aligned.push(Aligned::Same(old_middle[i]));
        start = (i + 1, j + 1);
    }
    gap(&old_middle[start.0..], &new_middle[start.1..], &mut aligned);
    aligned.extend(after.iter().map(|&step| Aligned::Same(step)));
    aligned
}

/// The places of a longest common subsequence; none where the table would be too large.
fn common<'a>(
    old: &[Step<'a>],
    new: &[Step<'a>],
    numbers: &mut Numbers<'a>,
) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    if old.is_empty() || new.is_empty() || (old.len() + 1).saturating_mul(width) > MAX_CELLS {
        return Vec::new();
    }
    let a: Vec<_> = old.iter().map(|step| step.number(numbers)).collect();
    let b: Vec<_> = new.iter().map(|step| step.number(numbers)).collect();
    let same =
        |i: usize, j: usize, numbers: &mut Numbers<'a>| a[i] == b[j] && old[i].is(new[j], numbers);
    // The lengths of the longest common subsequences of what is left from i and j on.
    let mut lengths = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if same(i, j, numbers) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < old.len() && j < new.len() {
        if same(i, j, numbers) {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn gap<'a>(old: &[Step<'a>], new: &[Step<'a>], aligned: &mut Vec<Aligned<'a>>) {
    for i in 0..old.len().max(new.len()) {
        aligned.push(Aligned::Differ(old.get(i).copied(), new.get(i).copied()));
    }
}
