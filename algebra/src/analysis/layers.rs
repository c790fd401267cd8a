//! Layers: which of them do nothing on any device.

use std::sync::Arc;

use super::answer::TooLarge;
use super::expression::{Expr, ExprId};
use super::{Analysis, Made};
use crate::fleet::{Fleet, Op};
use crate::origin::Origin;

/// One operand of a union, overlay or patch: where it was written, and the name it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name, if it, or what it restricts, was given one.
    pub name: Option<Arc<str>>,
    /// Where it was written.
    pub origin: Origin,
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}` ({})", self.origin),
            None => write!(f, "the layer at {}", self.origin),
        }
    }
}

/// A layer without which the fleet is the same on every device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLayer {
    /// The layer.
    pub layer: Layer,
    /// The operator that it is an operand of: `union`, `overlay` or `patch`.
    pub operator: &'static str,
}

impl Analysis {
    /// The layers of `fleet` without which it is the same on every device.
    ///
    /// Each is dead for itself: of two equal ones in a union both are, and removing both may change
    /// the fleet. Costs an equivalence for each layer; what does not change is shared.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let hidden = motd("salut").restrict(label("country").eq("FR")).named("french");
    /// let fleet = motd("hello").overlay(hidden).overlay(motd("hi").named("casual"));
    /// let dead = Analysis::of([&fleet]).dead_layers(&fleet)?;
    /// let names: Vec<_> = dead.iter().map(|d| d.layer.name.as_deref()).collect();
    /// assert_eq!(names, [None, Some("french")]); // the greeting below all is hidden, too
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn dead_layers(&mut self, fleet: &Fleet) -> Result<Vec<DeadLayer>, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let root = made.root(fleet);
        let mut dead = Vec::new();
        for (user, operand, layer) in made.expressions.layers_below(root) {
            let operator = match made.expressions.get(user) {
                Expr::Union(_) => "union",
                Expr::Overlay(_) => "overlay",
                Expr::Patch(..) => "patch",
                _ => continue,
            };
            let without = made.without(root, user, operand);
            if made.first_unrelated(root, without, |xs, ys| xs == ys, |_| true)?.is_none() {
                dead.push(DeadLayer { layer, operator });
            }
        }
        Ok(dead)
    }
}

impl Made {
    /// `root`, where `user` has nothing in place of `operand`.
    fn without(&mut self, root: ExprId, user: ExprId, operand: ExprId) -> ExprId {
        let empty = self.add(Expr::Empty);
        let changed = self.expressions.get(user).with_operand(operand, empty);
        let changed = self.add(changed);
        self.replaced(root, user, changed)
    }

    /// `root`, where `old` is `new`.
    pub(super) fn replaced(&mut self, root: ExprId, old: ExprId, new: ExprId) -> ExprId {
        let mut above = std::collections::BTreeSet::new();
        let mut open = vec![old];
        while let Some(at) = open.pop() {
            if above.insert(at) {
                open.extend(self.expressions.users(at).filter(|user| *user <= root));
            }
        }
        let mut now = std::collections::HashMap::from([(old, new)]);
        // Operands have smaller numbers, so they are done before what uses them.
        for at in above.into_iter().filter(|at| *at != old) {
            let mut expr = self.expressions.get(at).clone();
            for operand in self.expressions.get(at).operands() {
                if let Some(new) = now.get(&operand) {
                    expr = expr.with_operand(operand, *new);
                }
            }
            let new = self.add(expr);
            now.insert(at, new);
        }
        now.get(&root).copied().unwrap_or(root)
    }
}

/// Who wrote `fleet`: its name is that of the first layer among it and what it restricts.
pub(super) fn layer(fleet: &Fleet) -> Layer {
    let mut inner = fleet;
    let name = loop {
        match (&inner.0.op, inner.0.of.first()) {
            (Op::Named(name), _) => break Some(Arc::clone(name)),
            (Op::Restrict(_) | Op::Forget(_) | Op::Keep(_), Some(of)) => {
                inner = of;
            }
            _ => break None,
        }
    };
    Layer { name, origin: fleet.0.origin.clone() }
}
