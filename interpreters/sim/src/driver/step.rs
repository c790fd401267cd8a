//! Letting virtual time pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use escadre_algebra::Configuration;
use serde::Serialize;

use super::Simulator;
use crate::clock::Clock;
use crate::device::{Running, Wanted, run};
use crate::error::StoreError;
use crate::lift::{Lifted, Lifter};

/// What happened while virtual time passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stepped {
    /// The virtual time afterwards, in milliseconds.
    pub clock_ms: u64,
    /// How many resources were installed.
    pub n_installed: usize,
    /// How many pulls failed.
    pub n_failed: usize,
}

impl Simulator {
    /// Lets `duration` pass: each device that is reached pulls what is written for it, installs it
    /// in the order of `after`, and reports. The world's revision stays.
    ///
    /// Costs O(devices + ticks of devices that are behind).
    ///
    /// # Errors
    /// The store fails; then no time has passed.
    pub fn step(&mut self, duration: Duration) -> Result<Stepped, StoreError> {
        let (world, head) = self.store.world()?;
        let before = Clock::at(head.clock_ms);
        let after = before.after(duration);
        let ticks = (before.tick(), after.tick());
        let mut all = self.store.running()?;
        let mut stepped = Stepped { clock_ms: after.now_ms(), ..Stepped::default() };
        let mut lifter = Lifter::new(&world);
        let mut changed: Vec<(Arc<str>, Option<Running>)> = Vec::new();
        let mut go = |id: &Arc<str>, old: Option<Running>, wanted: &Wanted<'_>| {
            let mut new = old.clone().unwrap_or_default();
            let did = run(id, &mut new, wanted, &self.faults, ticks);
            stepped.n_installed += did.n_installed;
            stepped.n_failed += did.n_failed;
            (old.as_ref() != Some(&new)).then(|| (Arc::clone(id), Some(new)))
        };
        for row in &world.rows {
            let lifted = lifter.row(&row.device, &row.resources);
            let lifted = lifted.map_err(|e| StoreError::corrupt("written", &e))?;
            let wanted = Wanted { generation: row.generation, resources: &in_order(&lifted) };
            changed.extend(go(&row.device, all.remove(&row.device), &wanted));
        }
        // Who is no member any more removes everything once it is reached.
        for (id, old) in all {
            if old.installed.is_empty() {
                changed.push((id, None));
            } else {
                changed.extend(go(&id, Some(old), &Wanted { generation: 0, resources: &[] }));
            }
        }
        self.store.write(|tables, head| {
            head.clock_ms = after.now_ms();
            for (id, running) in &changed {
                match running {
                    Some(running) => tables.set_running(id, running)?,
                    None => tables.remove_running(id)?,
                }
            }
            Ok(stepped)
        })
    }

    /// What each device runs, as it last reported: for devices that reported at least once.
    ///
    /// # Errors
    /// The store fails, or holds what it must not.
    pub fn running(&self) -> Result<BTreeMap<Arc<str>, Arc<Configuration>>, StoreError> {
        let (world, _) = self.store.world()?;
        let mut lifter = Lifter::new(&world);
        let running = self.store.running()?.into_iter().map(|(id, running)| {
            let corrupt = |e: &dyn std::fmt::Display| StoreError::corrupt("running", e);
            let row: Arc<[u8]> =
                serde_json::to_vec(&running.installed).map_err(|e| corrupt(&e))?.into();
            let lifted = lifter.row(&id, &row).map_err(|e| corrupt(&e))?;
            Ok((id, Arc::clone(&lifted.configuration)))
        });
        running.collect()
    }
}

/// The resources with their states, each behind those that it is after.
fn in_order(lifted: &Lifted) -> Vec<(&str, u64)> {
    let order = lifted.configuration.order().iter();
    order.filter_map(|name| Some((name.as_str(), *lifted.resources.get(name.as_str())?))).collect()
}
