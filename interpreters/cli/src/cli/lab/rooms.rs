//! Devices for configurations, so that no two in one inventory have one id.

use std::collections::BTreeSet;

use escadre_algebra::analysis::{ID_BUDGET, Setup};
use escadre_algebra::{DeviceId, Facts, Selector};

/// Devices for setups, in inventories: a setup may need an id that another one needs, too.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Inventories of devices that stand for others.
    pub(crate) rooms: Vec<Vec<Occupant>>,
    taken: Vec<BTreeSet<DeviceId>>,
    /// The setups for which no device was found.
    pub(crate) without: Vec<usize>,
}

/// A device that stands for others.
#[derive(Debug)]
pub(crate) struct Occupant {
    /// The number of its setup.
    pub(crate) setup: usize,
    /// For which devices it stands.
    pub(crate) region: Selector,
    pub(crate) facts: Facts,
}

impl Rooms {
    /// A device for each of `setups`, most of them in the first inventory.
    pub(crate) fn of(setups: &[Setup]) -> Self {
        let mut rooms = Self::default();
        for (i, setup) in setups.iter().enumerate() {
            match &setup.example {
                Some(facts) => rooms.add(i, &setup.region, facts),
                None => rooms.without.push(i),
            }
        }
        rooms
    }

    /// Adds a device like `facts`, of the setup of number `setup`, that stands for those in `region`.
    pub(crate) fn add(&mut self, setup: usize, region: &Selector, facts: &Facts) {
        let first = self.taken.first_mut();
        let fresh = match first {
            Some(taken) if taken.contains(facts.id()) => fresh_id(region, facts, taken),
            _ => Some(facts.id().clone()),
        };
        let (room, id) = match fresh {
            Some(id) => (0, id),
            None => {
                let free = |taken: &BTreeSet<DeviceId>| !taken.contains(facts.id());
                let room = self.taken.iter().position(free).unwrap_or(self.taken.len());
                (room, facts.id().clone())
            }
        };
        if room == self.rooms.len() {
            self.rooms.push(Vec::new());
            self.taken.push(BTreeSet::new());
        }
        self.taken[room].insert(id.clone());
        let facts = with_id(facts, id);
        self.rooms[room].push(Occupant { setup, region: region.clone(), facts });
    }
}

/// An id that is not taken, with which the device is of the same kind.
fn fresh_id(region: &Selector, facts: &Facts, taken: &BTreeSet<DeviceId>) -> Option<DeviceId> {
    // Most kinds take any id, and the number of devices so far is the next free one.
    let usual = (taken.len()..taken.len() + 8).chain(0..ID_BUDGET / 8);
    let ids = usual.filter_map(|n| DeviceId::parse(&format!("device-{n}")).ok());
    let mut free = ids.filter(|id| !taken.contains(id));
    free.find(|id| region.holds_on(&with_id(facts, id.clone())))
}

/// `facts` under another id.
fn with_id(facts: &Facts, id: DeviceId) -> Facts {
    Facts::from_labels(id, facts.labels().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use escadre_algebra::analysis::Analysis;
    use escadre_algebra::{Resource, deploy, device_id, label};

    fn motd(text: &str) -> escadre_algebra::Fleet {
        deploy(Resource::new("motd").set("text", text))
    }

    #[test]
    fn devices_that_may_have_any_id_share_an_inventory() {
        let french = motd("salut").restrict(label("country").eq("FR"));
        let fleet = motd("hello").overlay(french);
        let Ok(setups) = Analysis::of([&fleet]).smallest_lab(&fleet, 10) else { panic!("small") };
        let rooms = Rooms::of(&setups);
        assert_eq!(rooms.rooms.len(), 1);
        assert_eq!(rooms.rooms[0].len(), 2);
    }

    #[test]
    fn two_kinds_of_one_named_device_do_not() {
        let french = motd("salut").restrict(label("country").eq("FR"));
        let fleet = motd("hello").overlay(french).restrict(device_id().eq("cam-1"));
        let Ok(setups) = Analysis::of([&fleet]).smallest_lab(&fleet, 10) else { panic!("small") };
        let sizes: Vec<usize> = Rooms::of(&setups).rooms.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 1]);
    }
}
