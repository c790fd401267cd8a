//! What is under the keys of one device's resources.

use escadre_algebra::ResourceName;

/// So many are looked through one by one.
const FEW: usize = 16;

/// The last entry of each resource of a device.
///
/// Most devices have few: these cost O(1) each. Of many, `n` entries cost O(n log n) together,
/// in whatever order they come, and twice the space of the names.
#[derive(Debug, Default)]
pub(super) struct Values {
    entries: Vec<Entry>,
    /// How many there were when each name was last there once.
    n_settled: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: ResourceName,
    pub(super) sequence: u64,
    /// Which state it is; `None` if it says that the key is deleted.
    pub(super) state: Option<usize>,
}

impl Values {
    /// Reads an entry, which replaces what was read of `name` before.
    pub(super) fn read(&mut self, name: ResourceName, sequence: u64, state: Option<usize>) {
        let entry = Entry { name, sequence, state };
        if self.entries.len() >= 2 * self.n_settled.max(FEW) {
            self.settle();
        }
        // So few are each there once.
        let few = if self.entries.len() <= FEW { &mut self.entries[..] } else { &mut [] };
        match few.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// Whether there are so few that looking at all of them costs O(1).
    pub(super) fn are_few(&self) -> bool {
        self.entries.len() <= FEW
    }

    /// Keeps the last entry of each name, by name; none of what is deleted.
    fn settle(&mut self) {
        self.entries.reverse();
        self.entries.sort_by(|a, b| a.name.cmp(&b.name));
        self.entries.dedup_by(|later, kept| later.name == kept.name);
        self.entries.retain(|entry| entry.state.is_some());
        self.n_settled = self.entries.len();
    }

    /// How many resources there are.
    pub(super) fn len(&mut self) -> usize {
        self.entries().len()
    }

    /// Each resource that is there, by name.
    pub(super) fn entries(&mut self) -> &[Entry] {
        self.settle();
        &self.entries
    }

    /// Each resource that is there, by name.
    pub(super) fn into_entries(mut self) -> Vec<Entry> {
        self.settle();
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{Strategy, any, prop};

    use super::{Entry, Values};

    fn a_name() -> impl Strategy<Value = escadre_algebra::ResourceName> {
        "[a-d][a-z]?".prop_filter_map("a name", |n| escadre_algebra::ResourceName::parse(&n).ok())
    }

    proptest::proptest! {
        #[test]
        fn values_are_a_map_of_the_last_entries(
            read in prop::collection::vec((a_name(), any::<Option<usize>>()), 0..300),
            asked in 0..300_usize,
        ) {
            let (mut values, mut model) = (Values::default(), BTreeMap::new());
            for (at, (name, state)) in read.into_iter().enumerate() {
                let sequence = at as u64;
                values.read(name.clone(), sequence, state);
                match state {
                    Some(_) => model.insert(name.clone(), Entry { name, sequence, state }),
                    None => model.remove(&name),
                };
                if at == asked {
                    proptest::prop_assert_eq!(values.len(), model.len());
                }
            }
            proptest::prop_assert_eq!(values.into_entries(), model.into_values().collect::<Vec<_>>());
        }
    }
}
