//! Plans of an edit: from what one fleet wants to what another does, on one inventory.

use std::sync::Arc;

use escadre_algebra::{Fleet, Outcome, Resolved, Unresolved, affected_or_unknown};

use super::compare::Comparison;
use super::device::Device;
use super::{Desired, Plan};
use crate::interpreter::Revision;
use crate::snapshot::Snapshot;

impl Plan {
    /// The plan from what `old` wants of the inventory of `resolved` to what `resolved` wants:
    /// [`Plan::new`] from [`Snapshot::wanted`] of `old` there, of the revision `old.digest()`.
    ///
    /// Only the devices are looked at that the edit affects, and those with unknown labels;
    /// everywhere else both fleets say the same. Costs what [`escadre_algebra::affected`] does,
    /// and O(claims) for each device that is looked at.
    ///
    /// # Errors
    /// [`Unresolved`] if `old` does not resolve on the devices that are looked at.
    ///
    /// ```
    /// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy, label};
    /// use escadre_interpreter::Plan;
    /// let devices = [Facts::of("cam-1", [("site", "lyon")])?, Facts::of("cam-2", [])?];
    /// let inventory = Inventory::new(devices, Coverage::Complete)?;
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let old = motd("hello");
    /// let new = old.clone().overlay(motd("bonjour").restrict(label("site").eq("lyon")));
    /// let plan = Plan::of_edit("fleet:old.lock", &old, &new.resolve(&inventory)?)?;
    /// assert_eq!((plan.summary().changed, plan.summary().unchanged), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_edit(target: &str, old: &Fleet, resolved: &Resolved) -> Result<Self, Unresolved> {
        let base = Revision(old.digest().to_string().into());
        let desired = Desired { resolved, normalise: &|_, state| Some(Arc::clone(state)) };
        let Some(columns) = resolved.inventory().columns() else {
            let held = Snapshot::wanted(&old.resolve(resolved.inventory())?);
            return Ok(Self::new(target, &base, &held, &desired));
        };
        let rows = affected_or_unknown(old, resolved.fleet(), columns);
        let looked_at = columns.select(&rows);
        let before = old.resolve(&looked_at)?;
        let held = Snapshot::wanted(&before);
        let mut plan = Self::empty(target, &base, resolved);
        plan.n_members = held.len();
        let others = resolved.outcomes().enumerate().filter(|(row, _)| !rows.contains(*row));
        for (_, outcome) in others {
            plan.n_members += usize::from(matches!(outcome, Outcome::Member(_)));
            plan.summary.unchanged += 1;
        }
        let mut held = held.iter().peekable();
        let mut comparison = Comparison::new(&desired);
        for row in rows.iter() {
            let Some(outcome) = resolved.outcome_at(row) else { continue };
            let id = columns.id(row);
            let before = held.next_if(|(held, _)| held.as_str() == id).map(|(_, before)| before);
            let device = Device { inventory: resolved.inventory(), row };
            plan.add(device, outcome, before, &mut comparison);
        }
        Ok(plan)
    }
}
