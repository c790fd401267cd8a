//! In which resources two expressions may differ at all, by how they are written.
//!
//! Note [Unlike] Where two overlays have the same first and the same last operands, they differ only
//! at paths that one of the operands between claims: at all others, each is what the operands that
//! they share make of it. The same goes for unions, and for what is restricted by one guard.

use std::collections::BTreeSet;

use super::expression::{Expr, ExprId, Expressions};
use crate::names::ResourceName;

impl Expressions {
    /// The resources in which `a` and `b` may differ; in all others both have the same candidates.
    pub(super) fn unlike(&self, a: ExprId, b: ExprId) -> BTreeSet<ResourceName> {
        let (mut ours, mut theirs) = (vec![a], vec![b]);
        while let (&[x], &[y]) = (&ours[..], &theirs[..]) {
            if x == y {
                break;
            }
            (ours, theirs) = match (self.get(x), self.get(y)) {
                (Expr::Union(xs), Expr::Union(ys)) | (Expr::Overlay(xs), Expr::Overlay(ys)) => {
                    let (xs, ys) = between(xs, ys);
                    (xs.to_vec(), ys.to_vec())
                }
                (Expr::Restrict(s, x), Expr::Restrict(t, y)) if s == t => (vec![*x], vec![*y]),
                _ => break,
            };
        }
        let below = self.below([ours, theirs].concat());
        let slots = below.into_iter().filter_map(|at| match self.get(at) {
            Expr::Deploy(slot) => self.deployments().get(*slot as usize),
            _ => None,
        });
        slots.map(|deployment| deployment.resource.clone()).collect()
    }
}

/// What is left of both lists without their common beginning and end.
fn between<'a>(xs: &'a [ExprId], ys: &'a [ExprId]) -> (&'a [ExprId], &'a [ExprId]) {
    let n_first = xs.iter().zip(ys).take_while(|(x, y)| x == y).count();
    let (xs, ys) = (&xs[n_first..], &ys[n_first..]);
    let n_last = xs.iter().rev().zip(ys.iter().rev()).take_while(|(x, y)| x == y).count();
    (&xs[..xs.len() - n_last], &ys[..ys.len() - n_last])
}
