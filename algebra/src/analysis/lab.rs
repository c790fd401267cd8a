//! The smallest lab: one device for each configuration that some device could get.

use std::collections::BTreeSet;

use super::answer::TooLarge;
use super::arena::{Op, Ref};
use super::{Analysis, Made};
use crate::denote::denote;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::selector::Selector;

/// One configuration that some device could get.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The devices that get it.
    pub region: Selector,
    /// One of them, if an id was found for it.
    pub example: Option<Facts>,
}

impl Analysis {
    /// One kind of device for each configuration, as written, that `fleet` gives to some device.
    ///
    /// Configurations are told apart by which claims are made, not by what texts say on a device;
    /// devices that are no members are left out.
    ///
    /// # Errors
    /// [`TooLarge`] if there are more than `limit` configurations, or the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let french = motd("salut").restrict(label("country").eq("FR"));
    /// let fleet = motd("hello").overlay(french);
    /// let lab = Analysis::of([&fleet]).smallest_lab(&fleet, 100)?;
    /// assert_eq!(lab.len(), 2);
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn smallest_lab(&mut self, fleet: &Fleet, limit: usize) -> Result<Vec<Setup>, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let root = made.root(fleet);
        let members = made.membership(root)?;
        let members = made.arena.apply(Op::And, members, made.care)?;
        let mut all = made.arena.apply(Op::Pair, members, Ref::EMPTY)?;
        for shape in 0..made.table.shapes.len() {
            let candidates = made.candidates(root, shape)?;
            let candidates = made.arena.apply(Op::When, members, candidates)?;
            all = made.arena.apply(Op::Pair, all, candidates)?;
        }
        let setups = made.arena.split(all)?;
        if setups.len() > limit {
            return Err(TooLarge { budget: limit, n_nodes: setups.len() });
        }
        let shows = |facts: &Facts| denote::<()>(fleet, facts).is_some();
        setups.into_iter().map(|(_, guard)| made.setup(guard, shows)).collect()
    }
}

impl Made {
    fn setup(&mut self, guard: Ref, shows: impl Fn(&Facts) -> bool) -> Result<Setup, TooLarge> {
        let mentioned: BTreeSet<_> =
            (0..self.table.shapes.len()).flat_map(|shape| self.mentioned(shape)).collect();
        let mentioned: Vec<_> = mentioned.into_iter().collect();
        let example = self.example(guard, &mentioned, shows)?;
        let region = super::region::of_guard(guard, &self.space, &self.arena);
        Ok(Setup { region, example })
    }
}
