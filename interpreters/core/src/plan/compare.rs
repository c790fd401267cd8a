//! Comparing what a device holds with what is wanted of it.

use std::collections::HashMap;
use std::sync::Arc;

use escadre_algebra::{Configuration, Facts, Member, ResourceState};

use super::device::Device;
use super::{Desired, ResourceChange};

/// Compares device by device; what devices share is compared once.
pub(super) struct Comparison<'a> {
    desired: &'a Desired<'a>,
    /// What changes from one configuration to another, by their addresses, which stay theirs as
    /// long as the plan is made. 0 stands for no configuration.
    known: HashMap<(usize, usize), Vec<ResourceChange>>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(desired: &'a Desired<'a>) -> Self {
        Self { desired, known: HashMap::new() }
    }

    /// What changes on `device`, which holds `before` and is to be `member`.
    pub(super) fn changes(
        &mut self,
        device: Device<'_>,
        member: &Member,
        before: Option<&Arc<Configuration>>,
    ) -> Vec<ResourceChange> {
        // What one device alone holds is not worth remembering.
        let is_shared = before.is_none_or(|before| Arc::strong_count(before) > 1);
        if !is_shared || !member.configuration.is_constant() || !member.undetermined.is_empty() {
            return differences(device, member, before, self.desired);
        }
        let address = |configuration: &Arc<Configuration>| Arc::as_ptr(configuration) as usize;
        let key = (before.map_or(0, address), address(&member.configuration));
        let desired = self.desired;
        self.known
            .entry(key)
            .or_insert_with(|| differences(device, member, before, desired))
            .clone()
    }
}

/// The resources that differ, in the order of their names.
fn differences(
    device: Device<'_>,
    member: &Member,
    before: Option<&Arc<Configuration>>,
    desired: &Desired<'_>,
) -> Vec<ResourceChange> {
    let is_constant = member.configuration.is_constant();
    let facts = (!is_constant).then(|| device.facts()).flatten();
    let nothing = Configuration::default();
    let held = before.map_or(&nothing, |before| before);
    let mut resources = Vec::new();
    for (name, written) in member.configuration.resources() {
        let Some(written) = (desired.normalise)(name, written) else { continue };
        let after = instantiate(&written, facts.as_deref());
        let before = held.resources().get(name);
        if before.is_none_or(|before| !Arc::ptr_eq(before, &after) && **before != *after) {
            let (before, after) = (before.cloned(), Some(after));
            resources.push(ResourceChange {
                name: name.clone(),
                before,
                after,
                written: Some(written),
            });
        }
    }
    for (name, before) in held.resources() {
        let wanted = member.configuration.resources().get(name);
        let wanted = wanted.is_some_and(|written| (desired.normalise)(name, written).is_some());
        if !wanted && !member.undetermined.contains(name) {
            let before = Some(Arc::clone(before));
            resources.push(ResourceChange {
                name: name.clone(),
                before,
                after: None,
                written: None,
            });
        }
    }
    resources.sort_by(|a, b| a.name.cmp(&b.name));
    resources
}

fn instantiate(state: &Arc<ResourceState>, facts: Option<&Facts>) -> Arc<ResourceState> {
    match facts.filter(|_| !state.is_constant()) {
        None => Arc::clone(state),
        Some(facts) => Arc::new(state.instantiate(facts)),
    }
}
