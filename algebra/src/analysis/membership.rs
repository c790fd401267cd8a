//! The membership of expressions, as guards.

use super::answer::TooLarge;
use super::arena::{Arena, Op, Ref};
use super::expression::{Expr, ExprId, Expressions};

impl Expressions {
    /// The guard of membership of `root`. Computed on demand, operands first.
    pub(super) fn membership(&mut self, root: ExprId, arena: &mut Arena) -> Result<Ref, TooLarge> {
        let mut open = vec![root];
        while let Some(&at) = open.last() {
            if self.members.contains_key(&at) {
                open.pop();
                continue;
            }
            let needed = self.member_operands(at);
            let missing: Vec<ExprId> =
                needed.iter().copied().filter(|of| !self.members.contains_key(of)).collect();
            if !missing.is_empty() {
                open.extend(missing);
                continue;
            }
            let member = |of: &ExprId| self.members.get(of).copied().unwrap_or(Ref::EMPTY);
            let of: Vec<Ref> = needed.iter().map(member).collect();
            let guard = match (self.get(at), &of[..]) {
                (Expr::Empty, _) => Ref::EMPTY,
                (Expr::All | Expr::Deploy(_), _) => Ref::TRUE,
                (Expr::Union(_) | Expr::Overlay(_), _) => arena.reduce(Op::Or, of, Ref::EMPTY)?,
                (Expr::Within(..), [f, g]) => arena.apply(Op::And, *f, *g)?,
                (Expr::Without(..), [f, g]) => arena.apply(Op::AndNot, *f, *g)?,
                (Expr::Restrict(guard, _), [f]) => arena.apply(Op::And, *guard, *f)?,
                (Expr::Choose(guard, ..), [f, g]) => {
                    let (guard, f, g) = (*guard, *f, *g);
                    let then = arena.apply(Op::And, guard, f)?;
                    let otherwise = arena.apply(Op::AndNot, g, guard)?;
                    arena.apply(Op::Or, then, otherwise)?
                }
                (_, of) => of.first().copied().unwrap_or(Ref::EMPTY),
            };
            self.members.insert(at, guard);
            open.pop();
        }
        Ok(self.members.get(&root).copied().unwrap_or(Ref::EMPTY))
    }

    /// The operands whose membership that of `at` depends on.
    fn member_operands(&self, at: ExprId) -> Vec<ExprId> {
        match self.get(at) {
            Expr::Patch(f, _) | Expr::Mask(f, _) => vec![*f],
            expr => expr.operands(),
        }
    }
}
