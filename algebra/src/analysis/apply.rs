//! Operations on diagrams, pointwise. Nothing here recurses: an operation keeps a stack of its own.

use super::answer::TooLarge;
use super::arena::{Arena, Node, Op, Ref};
use super::space::{Class, Var};

/// An operation under way: the children of its operands, class by class, `otherwise` last.
struct Frame {
    op: Op,
    operands: (Ref, Ref),
    var: Var,
    children: Vec<(Class, Ref, Ref)>,
    done: Vec<Ref>,
}

/// The children of operands that test one variable, by class.
struct Joined {
    var: Var,
    by_class: Vec<(Class, Ref)>,
}

impl Arena {
    /// `op` at every point. Costs the product of both sizes at most; counted against the budget.
    pub(super) fn apply(&mut self, op: Op, a: Ref, b: Ref) -> Result<Ref, TooLarge> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut call = (a, b);
        loop {
            let Some(mut value) = self.known(op, call) else {
                let frame = self.open(op, call)?;
                call = frame.children.first().map_or(call, |(_, a, b)| (*a, *b));
                frames.push(frame);
                continue;
            };
            // Hands the value to the operation that waits for it, and on, as far as they end.
            loop {
                let Some(frame) = frames.last_mut() else { return Ok(value) };
                frame.done.push(value);
                if let Some((_, a, b)) = frame.children.get(frame.done.len()) {
                    call = (*a, *b);
                    break;
                }
                let Some(frame) = frames.pop() else { return Ok(value) };
                value = self.close(frame)?;
            }
        }
    }

    /// The value of `op` where it needs no look at children, or is remembered.
    fn known(&mut self, op: Op, (a, b): (Ref, Ref)) -> Option<Ref> {
        let short = match op {
            Op::And if a == b => Some(a),
            Op::And => both(a, b).or_else(|| both(b, a)),
            Op::Or if a == b => Some(a),
            Op::Or => either(a, b).or_else(|| either(b, a)),
            Op::AndNot if a == b || a == Ref::EMPTY || b == Ref::TRUE => Some(Ref::EMPTY),
            Op::AndNot if b == Ref::EMPTY => Some(a),
            Op::When => both(a, b).filter(|_| a.is_leaf() || b == Ref::EMPTY),
            Op::Unless if a == Ref::EMPTY || b == Ref::EMPTY => Some(b),
            Op::Unless if a == Ref::TRUE => Some(Ref::EMPTY),
            Op::Union | Op::Overlay if a == b || b == Ref::EMPTY => Some(a),
            Op::Union | Op::Overlay if a == Ref::EMPTY => Some(b),
            Op::Mask if a == Ref::EMPTY || b == Ref::EMPTY => Some(a),
            Op::Mask if a == b => Some(Ref::EMPTY),
            Op::Same if a == b => Some(Ref::TRUE),
            _ => None,
        };
        if short.is_some() {
            return short;
        }
        if a.is_leaf() && b.is_leaf() {
            return Some(self.leaves(op, a, b));
        }
        self.memo.get(&key(op, a, b)).copied()
    }

    fn leaves(&mut self, op: Op, a: Ref, b: Ref) -> Ref {
        let guard = |holds: bool| if holds { Ref::TRUE } else { Ref::EMPTY };
        match op {
            Op::And => guard(a != Ref::EMPTY && b != Ref::EMPTY),
            Op::Or => guard(a != Ref::EMPTY || b != Ref::EMPTY),
            Op::AndNot => guard(a != Ref::EMPTY && b == Ref::EMPTY),
            Op::When => {
                if a == Ref::EMPTY {
                    a
                } else {
                    b
                }
            }
            Op::Unless => {
                if a == Ref::EMPTY {
                    b
                } else {
                    Ref::EMPTY
                }
            }
            Op::Overlay => {
                if b == Ref::EMPTY {
                    a
                } else {
                    b
                }
            }
            Op::Mask => {
                if b == Ref::EMPTY {
                    a
                } else {
                    Ref::EMPTY
                }
            }
            Op::Any => guard(a != Ref::EMPTY),
            Op::Same => guard(a == b),
            Op::Union => {
                let mut slots = [&**self.slots(a), &**self.slots(b)].concat();
                slots.sort_unstable();
                slots.dedup();
                self.set(slots.into())
            }
            Op::Pair => self.paired(a, b),
        }
    }

    fn open(&mut self, op: Op, operands: (Ref, Ref)) -> Result<Frame, TooLarge> {
        let (a, b) = operands;
        let var = match (self.var(a), self.var(b)) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or(Var::ID),
        };
        let children = self.children(a, b, var);
        self.spend(children.len())?;
        let done = Vec::with_capacity(children.len());
        Ok(Frame { op, operands, var, children, done })
    }

    /// The children of both on every class that either lists, then on `otherwise`.
    fn children(&self, a: Ref, b: Ref, var: Var) -> Vec<(Class, Ref, Ref)> {
        let at = |r: Ref| self.node(r).filter(|node| node.var == var);
        let (a_node, b_node) = (at(a), at(b));
        let (mut xs, mut ys) = (listed(a_node), listed(b_node));
        let (x_rest, y_rest) = (rest(a, a_node), rest(b, b_node));
        let mut children = Vec::with_capacity(xs.len() + ys.len() + 1);
        loop {
            match (xs, ys) {
                ([(x, child), more @ ..], []) => {
                    children.push((*x, *child, y_rest));
                    xs = more;
                }
                ([], [(y, child), more @ ..]) => {
                    children.push((*y, x_rest, *child));
                    ys = more;
                }
                ([(x, first), more_x @ ..], [(y, second), more_y @ ..]) => {
                    let (take_x, take_y) = (x <= y, y <= x);
                    let first = if take_x { *first } else { x_rest };
                    let second = if take_y { *second } else { y_rest };
                    children.push((*x.min(y), first, second));
                    xs = if take_x { more_x } else { xs };
                    ys = if take_y { more_y } else { ys };
                }
                ([], []) => break,
            }
        }
        // The number of `otherwise` is not needed to make the node.
        children.push((Class(u32::MAX), x_rest, y_rest));
        children
    }

    fn close(&mut self, mut frame: Frame) -> Result<Ref, TooLarge> {
        let otherwise = frame.done.pop().unwrap_or(Ref::EMPTY);
        let classes = frame.children.iter().map(|(class, ..)| *class);
        let listed = classes.zip(frame.done).collect();
        let value = self.make(frame.var, listed, otherwise)?;
        self.memo.insert(key(frame.op, frame.operands.0, frame.operands.1), value);
        Ok(value)
    }

    /// `op`, which is associative, of all `operands` in order; `unit` if there are none.
    ///
    /// Neighbours are joined in rounds, so that n small operands cost n log n; operands that all
    /// test one variable and are the unit on most of its classes are joined class by class.
    pub(super) fn reduce(
        &mut self,
        op: Op,
        operands: Vec<Ref>,
        unit: Ref,
    ) -> Result<Ref, TooLarge> {
        match self.disjoint(op, &operands, unit) {
            Some(Joined { var, by_class }) => {
                self.spend(by_class.len())?;
                let mut listed = Vec::new();
                for group in by_class.chunk_by(|(a, _), (b, _)| a == b) {
                    let Some((class, _)) = group.first() else { continue };
                    let children = group.iter().map(|(_, child)| *child).collect();
                    listed.push((*class, self.in_rounds(op, children, unit)?));
                }
                self.make(var, listed, unit)
            }
            None => self.in_rounds(op, operands, unit),
        }
    }

    /// The children of all operands by class, if all test one variable and are `unit` otherwise.
    fn disjoint(&self, op: Op, operands: &[Ref], unit: Ref) -> Option<Joined> {
        let keeps = matches!(op, Op::Or | Op::Union | Op::Overlay) && unit == Ref::EMPTY;
        if !keeps || operands.len() < 3 {
            return None;
        }
        let var = self.var(*operands.first()?)?;
        let mut by_class = Vec::with_capacity(operands.len());
        for operand in operands {
            let node = self.node(*operand).filter(|node| node.var == var && node.otherwise == unit);
            by_class.extend(node?.listed.iter().copied());
        }
        // Stable: of one class, the operands stay in order.
        by_class.sort_by_key(|(class, _)| *class);
        Some(Joined { var, by_class })
    }

    fn in_rounds(&mut self, op: Op, mut operands: Vec<Ref>, unit: Ref) -> Result<Ref, TooLarge> {
        while operands.len() > 1 {
            let mut joined = Vec::with_capacity(operands.len().div_ceil(2));
            for pair in operands.chunks(2) {
                joined.push(match *pair {
                    [a, b] => self.apply(op, a, b)?,
                    [a] => a,
                    _ => unit,
                });
            }
            operands = joined;
        }
        Ok(operands.pop().unwrap_or(unit))
    }

    pub(super) fn not(&mut self, guard: Ref) -> Result<Ref, TooLarge> {
        self.apply(Op::AndNot, Ref::TRUE, guard)
    }
}

fn key(op: Op, a: Ref, b: Ref) -> (Op, Ref, Ref) {
    match op {
        Op::And | Op::Or | Op::Union | Op::Same if b < a => (op, b, a),
        _ => (op, a, b),
    }
}

/// `b` where `a` holds, if `a` is a leaf.
fn both(a: Ref, b: Ref) -> Option<Ref> {
    match a {
        Ref::EMPTY => Some(Ref::EMPTY),
        Ref::TRUE => Some(b),
        _ if b == Ref::EMPTY => Some(b),
        _ => None,
    }
}

fn either(a: Ref, b: Ref) -> Option<Ref> {
    match a {
        Ref::EMPTY => Some(b),
        Ref::TRUE => Some(Ref::TRUE),
        _ => None,
    }
}

fn listed(node: Option<&Node>) -> &[(Class, Ref)] {
    node.map_or(&[], |node| &node.listed)
}

fn rest(at: Ref, node: Option<&Node>) -> Ref {
    node.map_or(at, |node| node.otherwise)
}
