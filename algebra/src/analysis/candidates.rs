//! The diagrams of a shape: which slots are candidates where.

use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Op, Ref};
use super::expression::{Expr, ExprId, Expressions};
use super::table::{Shape, ShapeId, Table};
use crate::map::Map;

/// The candidates of each expression at each shape, as far as they were asked for.
#[derive(Default)]
pub(super) struct Candidates {
    known: Map<(ShapeId, ExprId), Ref>,
    /// Of each shape, the expressions with a slot of it below them.
    relevant: Map<ShapeId, Arc<Relevant>>,
}

/// The expressions with some slot below them, each with those of its operands that have one.
type Relevant = Map<ExprId, Vec<ExprId>>;

/// What the diagrams are made from.
pub(super) struct Making<'a> {
    pub(super) expressions: &'a mut Expressions,
    pub(super) table: &'a Table,
    pub(super) arena: &'a mut Arena,
}

impl Candidates {
    /// The slots that are candidates of `root` at the paths of `shape`; none outside of membership.
    ///
    /// Costs the expressions below `root` that lead to a slot of the shape, once each.
    pub(super) fn of(
        &mut self,
        root: ExprId,
        shape: ShapeId,
        making: &mut Making<'_>,
    ) -> Result<Ref, TooLarge> {
        let relevant = self.relevant(shape, making);
        let mut open = vec![root];
        while let Some(&at) = open.last() {
            let operands = match relevant.get(&at) {
                Some(operands) if !self.known.contains_key(&(shape, at)) => operands,
                _ => {
                    open.pop();
                    continue;
                }
            };
            making.arena.spend(1 + operands.len())?;
            let before = open.len();
            let missing = operands.iter().filter(|of| !self.known.contains_key(&(shape, **of)));
            open.extend(missing);
            if open.len() > before {
                continue;
            }
            let value = self.combine(at, operands, shape, making)?;
            self.known.insert((shape, at), value);
            open.pop();
        }
        Ok(self.get(shape, root))
    }

    /// Forgets who uses what, since there are new expressions.
    pub(super) fn grown(&mut self) {
        self.relevant.clear();
    }

    fn get(&self, shape: ShapeId, at: ExprId) -> Ref {
        self.known.get(&(shape, at)).copied().unwrap_or(Ref::EMPTY)
    }

    fn relevant(&mut self, shape: ShapeId, making: &Making<'_>) -> Arc<Relevant> {
        if let Some(known) = self.relevant.get(&shape) {
            return Arc::clone(known);
        }
        let slots = making.table.shapes[shape].slots.iter();
        let mut open: Vec<ExprId> =
            slots.filter_map(|slot| making.expressions.deploy(*slot)).collect();
        let mut relevant: Relevant = open.iter().map(|at| (*at, Vec::new())).collect();
        while let Some(at) = open.pop() {
            for user in making.expressions.users(at) {
                let operands = relevant.entry(user).or_insert_with(|| {
                    open.push(user);
                    Vec::new()
                });
                operands.push(at);
            }
        }
        let relevant = Arc::new(relevant);
        self.relevant.insert(shape, Arc::clone(&relevant));
        relevant
    }

    /// The candidates of one expression from those of its operands, which are known.
    fn combine(
        &mut self,
        at: ExprId,
        operands: &[ExprId],
        shape: ShapeId,
        making: &mut Making<'_>,
    ) -> Result<Ref, TooLarge> {
        let table = making.table;
        let Shape { held, root, .. } = &table.shapes[shape];
        let of = |operand: ExprId| self.get(shape, operand);
        match *making.expressions.get(at) {
            Expr::Empty | Expr::All => Ok(Ref::EMPTY),
            Expr::Deploy(slot) => Ok(making.arena.set(Arc::from([slot]))),
            Expr::Union(_) => {
                let parts = operands.iter().map(|operand| of(*operand)).collect();
                making.arena.reduce(Op::Union, parts, Ref::EMPTY)
            }
            Expr::Overlay(_) => {
                // Only the operands that say something here, in the order in which they lie.
                let in_order = making.expressions.in_order(at, operands);
                let parts = in_order.into_iter().map(of).collect();
                making.arena.reduce(Op::Overlay, parts, Ref::EMPTY)
            }
            Expr::Patch(f, g) => {
                let (ours, theirs) = (of(f), of(g));
                if theirs == Ref::EMPTY {
                    return Ok(ours);
                }
                let root = match table.shape_of(*root) {
                    Some(shape) => self.of(f, shape, making)?,
                    None => Ref::EMPTY,
                };
                let has_root = making.arena.apply(Op::Any, root, Ref::EMPTY)?;
                let theirs = making.arena.apply(Op::When, has_root, theirs)?;
                making.arena.apply(Op::Overlay, ours, theirs)
            }
            Expr::Mask(f, g) => making.arena.apply(Op::Mask, of(f), of(g)),
            Expr::Within(f, g) => {
                let ours = of(f);
                let members = making.expressions.membership(g, making.arena)?;
                making.arena.apply(Op::When, members, ours)
            }
            Expr::Without(f, g) => {
                let ours = of(f);
                let members = making.expressions.membership(g, making.arena)?;
                making.arena.apply(Op::Unless, members, ours)
            }
            Expr::Restrict(guard, f) => making.arena.apply(Op::When, guard, of(f)),
            Expr::Choose(guard, f, g) => {
                let (f, g) = (of(f), of(g));
                let then = making.arena.apply(Op::When, guard, f)?;
                let otherwise = making.arena.apply(Op::Unless, guard, g)?;
                making.arena.apply(Op::Union, then, otherwise)
            }
            Expr::Forget(set, f) => Ok(if held[set].0 { Ref::EMPTY } else { of(f) }),
            Expr::Keep(set, f) => Ok(if held[set].1 { of(f) } else { Ref::EMPTY }),
        }
    }
}
