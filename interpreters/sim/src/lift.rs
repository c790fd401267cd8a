//! From what a world holds back to what each member has.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, ResourceName, ResourceState};
use escadre_interpreter::Snapshot;

use crate::error::LiftError;
use crate::world::{Resources, World};

/// Parses what rows refer to, each distinct thing once.
pub(crate) struct Lifter<'a> {
    world: &'a World,
    states: HashMap<u64, Arc<ResourceState>>,
    configurations: HashMap<Arc<[u8]>, Arc<Lifted>>,
}

/// What several devices have in common: their resources, parsed.
pub(crate) struct Lifted {
    pub(crate) resources: Resources,
    pub(crate) configuration: Arc<Configuration>,
}

impl<'a> Lifter<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, states: HashMap::new(), configurations: HashMap::new() }
    }

    /// What a row of `device` that holds `resources` says.
    pub(crate) fn row(
        &mut self,
        device: &str,
        resources: &Arc<[u8]>,
    ) -> Result<Arc<Lifted>, LiftError> {
        if let Some(lifted) = self.configurations.get(resources) {
            return Ok(Arc::clone(lifted));
        }
        let numbers: Resources =
            serde_json::from_slice(resources).map_err(|e| LiftError::new(device, &e))?;
        let mut states = BTreeMap::new();
        for (name, number) in &numbers {
            let name = ResourceName::parse(name).map_err(|e| LiftError::new(device, &e))?;
            states.insert(name, self.state(*number)?);
        }
        let configuration = Arc::new(Configuration::new(states));
        let lifted = Arc::new(Lifted { resources: numbers, configuration });
        self.configurations.insert(Arc::clone(resources), Arc::clone(&lifted));
        Ok(lifted)
    }

    fn state(&mut self, number: u64) -> Result<Arc<ResourceState>, LiftError> {
        if let Some(state) = self.states.get(&number) {
            return Ok(Arc::clone(state));
        }
        let what = || format!("state {number}");
        let bytes = self
            .world
            .states
            .get(&number)
            .ok_or_else(|| LiftError::new(&what(), &"it is missing"))?;
        let state =
            Arc::new(ResourceState::from_slice(bytes).map_err(|e| LiftError::new(&what(), &e))?);
        self.states.insert(number, Arc::clone(&state));
        Ok(state)
    }
}

/// What `world` says of each member. Costs O(devices + distinct configurations · fields).
pub(crate) fn lift(world: &World) -> Result<Snapshot, LiftError> {
    let mut lifter = Lifter::new(world);
    let members = world.rows.iter().map(|row| {
        let id = DeviceId::parse(&row.device).map_err(|e| LiftError::new(&row.device, &e))?;
        Ok((id, Arc::clone(&lifter.row(&row.device, &row.resources)?.configuration)))
    });
    members.collect()
}
