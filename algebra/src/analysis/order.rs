//! Layers whose order means something.

use std::collections::BTreeMap;

use super::answer::TooLarge;
use super::compare::Within;
use super::expression::{Expr, ExprId};
use super::layers::Layer;
use super::witness::Witness;
use super::{Analysis, Made};

/// What a pair of layers costs of the budget at least: two expressions are added for it, so that very
/// many pairs are too large, and not all memory.
const PAIR: usize = 8;

/// Two layers of one overlay, or two patches of one fleet, that say different things of one device:
/// what stands later wins.
#[derive(Clone, Debug)]
pub struct OrderedLayers {
    /// The layer that is laid under the other.
    pub below: Layer,
    /// The layer that wins.
    pub above: Layer,
    /// What they are operands of: `overlay` or `patch`.
    pub operator: &'static str,
    /// A member for which their order means something.
    pub witness: Witness,
}

impl Analysis {
    /// The pairs of layers `a`, `b` of one overlay or of patches in a row for which a ⊕ b ≠ b ⊕ a on
    /// some member of `fleet`.
    ///
    /// Where there are none, the layers of each overlay may be permuted at will. That a third layer
    /// hides what a pair disagrees about is no excuse: it may be gone tomorrow. Costs an equivalence
    /// for each pair; what does not change is shared.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let on = |country: &str, text: &str| {
    ///     motd(text).restrict(label("country").eq(country)).named(country)
    /// };
    /// let fleet = on("FR", "salut").overlay(on("DE", "hallo"));
    /// let pairs = Analysis::of([&fleet]).ordered_layers(&fleet)?;
    /// assert!(pairs.is_empty()); // no device is in both countries
    ///
    /// let quiet = motd("").restrict(label("quiet").exists()).named("quiet");
    /// let fleet = fleet.overlay(quiet);
    /// let pairs = Analysis::of([&fleet]).ordered_layers(&fleet)?;
    /// let names: Vec<_> = pairs.iter().map(|p| [&p.below, &p.above].map(|l| &*l.name.as_deref().unwrap_or(""))).collect();
    /// assert_eq!(names, [["FR", "quiet"], ["DE", "quiet"]]);
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn ordered_layers(&mut self, fleet: &crate::Fleet) -> Result<Vec<OrderedLayers>, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let root = made.root(fleet);
        let guard = made.membership(root)?;
        let mut ordered = Vec::new();
        for (operator, layers) in made.stacks(root) {
            for (at, (below, under)) in layers.iter().enumerate() {
                for (above, over) in layers.iter().skip(at + 1).filter(|(above, _)| above != below)
                {
                    made.arena.spend(PAIR)?;
                    let as_is = made.add(Expr::Overlay(vec![*below, *above]));
                    let exchanged = made.add(Expr::Overlay(vec![*above, *below]));
                    let within = Within { guard, top: None };
                    let found = made.first_unrelated_within(
                        as_is,
                        exchanged,
                        within,
                        |xs, ys| xs == ys,
                        |_| true,
                    )?;
                    ordered.extend(found.map(|witness| OrderedLayers {
                        below: under.clone(),
                        above: over.clone(),
                        operator,
                        witness,
                    }));
                }
            }
        }
        Ok(ordered)
    }
}

impl Made {
    /// The operands of each overlay that `root` is made of, and the patches in each row of them, in
    /// their order.
    fn stacks(&self, root: ExprId) -> Vec<(&'static str, Vec<(ExprId, Layer)>)> {
        let mut layers: BTreeMap<ExprId, BTreeMap<ExprId, Layer>> = BTreeMap::new();
        for (user, operand, layer) in self.expressions.layers_below(root) {
            layers.entry(user).or_default().insert(operand, layer);
        }
        let layer = |user: ExprId, operand: ExprId| {
            Some((operand, layers.get(&user)?.get(&operand)?.clone()))
        };
        let mut stacks = Vec::new();
        for user in layers.keys().copied() {
            match self.expressions.get(user) {
                Expr::Overlay(of) => {
                    let of = of.iter().filter_map(|operand| layer(user, *operand));
                    stacks.push(("overlay", of.collect()));
                }
                Expr::Patch(..) => {
                    // The whole row is that of its last patch.
                    let is_patched = self.expressions.users(user).any(|above| {
                        layers.contains_key(&above)
                            && matches!(self.expressions.get(above), Expr::Patch(base, _) if *base == user)
                    });
                    if is_patched {
                        continue;
                    }
                    let mut row = Vec::new();
                    let mut at = user;
                    while let Expr::Patch(base, patch) = self.expressions.get(at) {
                        row.extend(layer(at, *patch));
                        at = *base;
                    }
                    row.reverse();
                    stacks.push(("patch", row));
                }
                _ => {}
            }
        }
        stacks
    }
}
