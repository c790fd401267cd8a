//! One device of a plan.

use std::borrow::Cow;

use escadre_algebra::{Coverage, DeviceId, Facts, Inventory, Outcome};

use super::{ChangeKind, Plan, Summary};

/// One listed device, of which little is asked: its facts may have to be put together.
#[derive(Clone, Copy)]
pub(super) struct Device<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) row: usize,
}

impl<'a> Device<'a> {
    pub(super) fn id(self) -> Option<DeviceId> {
        self.inventory.id(self.row)
    }

    pub(super) fn facts(self) -> Option<Cow<'a, Facts>> {
        self.inventory.facts(self.row)
    }
}

impl Plan {
    /// This plan for the device `id` alone, of which the fleet says `outcome` (`None`: it is not
    /// listed). What is said of the target and its members is as before. Costs O(log changes).
    #[must_use]
    pub fn of_device(&self, id: &str, outcome: Option<&Outcome>) -> Self {
        let at = self.changes.binary_search_by(|change| change.device.as_str().cmp(id));
        let change = at.ok().and_then(|at| self.changes.get(at)).cloned();
        let is_left = match outcome {
            Some(Outcome::Undetermined) => true,
            Some(Outcome::Member(member)) => !member.undetermined.is_empty(),
            Some(Outcome::NotMember) => false,
            None => self.coverage == Coverage::Partial,
        };
        let kind = change.as_ref().map(|change| change.kind);
        let summary = Summary {
            added: usize::from(kind == Some(ChangeKind::Added)),
            changed: usize::from(kind == Some(ChangeKind::Changed)),
            removed: usize::from(kind == Some(ChangeKind::Removed)),
            unchanged: usize::from(kind.is_none() && !is_left && outcome.is_some()),
            undetermined: usize::from(kind.is_none() && is_left),
        };
        Self { summary, changes: change.into_iter().collect(), ..self.clone_head() }
    }

    /// This plan without its changes.
    fn clone_head(&self) -> Self {
        Self { target: self.target.clone(), base: self.base.clone(), changes: Vec::new(), ..*self }
    }
}
