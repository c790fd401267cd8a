//! Plans for people: changes grouped by what changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use escadre_algebra::{DeviceId, Field, ResourceName, ResourceState, Value};

use super::{ChangeKind, Plan, ResourceChange};

/// The devices on which the same changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What happens to their membership.
    pub kind: ChangeKind,
    /// What changes, resource by resource.
    pub subjects: Vec<Subject>,
    /// The devices, in the order of their ids.
    pub devices: Vec<DeviceId>,
}

/// What changes of one resource on every device of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The resource.
    pub resource: ResourceName,
    /// Whether it is added, changed or removed.
    pub kind: ChangeKind,
    /// The fields that change, in order. Empty where the whole resource goes.
    pub fields: Vec<FieldChange>,
}

/// What changes of one field on every device of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub fields: Arc<[Field]>,
    /// The values that are held, with how many devices hold each (`None`: the field is not there);
    /// the most frequent first.
    pub before: Vec<(Option<Value>, usize)>,
    /// The value that is wanted, as it was written; `None` if the field goes.
    pub after: Option<Value>,
}

type FieldKey = (Arc<[Field]>, Option<Value>);
type SubjectKey = (ResourceName, ChangeKind, Vec<FieldKey>);
type Key = (ChangeKind, Vec<SubjectKey>);
/// Where the name and the states of a changed resource are.
type Addresses = [usize; 4];
type Held = Vec<Vec<BTreeMap<Option<Value>, usize>>>;

impl Plan {
    /// The changes grouped by what changes, the groups with most devices first.
    ///
    /// Two devices are in one group iff the same resources and fields change to the same values
    /// *as they were written*: a value that mentions a label does not make a group a device.
    /// Costs O(devices), and O(changed fields · log groups) for each different change.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<Key, (Vec<usize>, Held)> = BTreeMap::new();
        for alike in self.alike() {
            let Some(change) = alike.first().and_then(|at| self.changes.get(*at)) else { continue };
            let differences: Vec<_> = change.resources.iter().map(difference).collect();
            let key: Vec<SubjectKey> = change
                .resources
                .iter()
                .zip(&differences)
                .map(|(resource, fields)| {
                    let fields = fields.iter().map(|(f, _, after)| (Arc::clone(f), after.clone()));
                    (resource.name.clone(), kind(resource), fields.collect())
                })
                .collect();
            let (devices, held) = match groups.entry((change.kind, key)) {
                Entry::Occupied(group) => group.into_mut(),
                Entry::Vacant(slot) => {
                    let empty =
                        differences.iter().map(|fields| vec![BTreeMap::new(); fields.len()]);
                    slot.insert((Vec::new(), empty.collect()))
                }
            };
            for (held, fields) in held.iter_mut().zip(differences) {
                for (held, (_, before, _)) in held.iter_mut().zip(fields) {
                    *held.entry(before).or_default() += alike.len();
                }
            }
            devices.extend(alike);
        }
        let mut groups: Vec<Group> = groups.into_iter().map(|entry| self.group(entry)).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.devices.len()));
        groups
    }

    /// The places of the changes, those together that share the states before and after: for
    /// most devices those are the same pieces of memory.
    fn alike(&self) -> Vec<Vec<usize>> {
        let address = |state: &Option<Arc<ResourceState>>| {
            state.as_ref().map_or(0, |state| Arc::as_ptr(state) as usize)
        };
        let mut numbers: HashMap<(ChangeKind, Vec<Addresses>), usize> = HashMap::new();
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for (at, change) in self.changes.iter().enumerate() {
            let resources = change.resources.iter().map(|resource| {
                let name = resource.name.as_str().as_ptr() as usize;
                let ResourceChange { before, after, written, .. } = resource;
                [name, address(before), address(after), address(written)]
            });
            let number = *numbers.entry((change.kind, resources.collect())).or_insert(alike.len());
            match alike.get_mut(number) {
                Some(places) => places.push(at),
                None => alike.push(vec![at]),
            }
        }
        alike
    }

    fn group(&self, ((kind, key), (mut places, held)): (Key, (Vec<usize>, Held))) -> Group {
        // Changes are in the order of the ids.
        places.sort_unstable();
        let devices = places.iter().filter_map(|at| Some(self.changes.get(*at)?.device.clone()));
        let subjects = key.into_iter().zip(held).map(|((resource, kind, fields), held)| {
            let fields = fields.into_iter().zip(held).map(|((fields, after), held)| {
                let mut before: Vec<(Option<Value>, usize)> = held.into_iter().collect();
                before.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
                FieldChange { fields, before, after }
            });
            Subject { resource, kind, fields: fields.collect() }
        });
        Group { kind, subjects: subjects.collect(), devices: devices.collect() }
    }
}

fn kind(resource: &ResourceChange) -> ChangeKind {
    match (&resource.before, &resource.after) {
        (None, _) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (Some(_), Some(_)) => ChangeKind::Changed,
    }
}

type Difference = (Arc<[Field]>, Option<Value>, Option<Value>);

/// The fields that differ: what is held, and what is wanted as written.
fn difference(change: &ResourceChange) -> Vec<Difference> {
    let Some(after) = &change.after else { return Vec::new() };
    let written = change.written.as_ref().unwrap_or(after);
    let before: &[(Arc<[Field]>, Value)] =
        change.before.as_ref().map_or(&[], |state| state.leaves());
    let mut differences = Vec::new();
    let (mut b, mut a) = (0, 0);
    let leaves: &ResourceState = after;
    while b < before.len() || a < leaves.leaves().len() {
        let order = match (before.get(b), leaves.leaves().get(a)) {
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, _) => std::cmp::Ordering::Greater,
        };
        match order {
            std::cmp::Ordering::Less => {
                differences.push((Arc::clone(&before[b].0), Some(before[b].1.clone()), None));
                b += 1;
            }
            std::cmp::Ordering::Greater => {
                let (fields, value) = &leaves.leaves()[a];
                let value = written.leaves().get(a).map_or(value, |(_, written)| written);
                differences.push((Arc::clone(fields), None, Some(value.clone())));
                a += 1;
            }
            std::cmp::Ordering::Equal => {
                let (fields, value) = &leaves.leaves()[a];
                if before[b].1 != *value {
                    let value = written.leaves().get(a).map_or(value, |(_, written)| written);
                    differences.push((
                        Arc::clone(fields),
                        Some(before[b].1.clone()),
                        Some(value.clone()),
                    ));
                }
                (b, a) = (b + 1, a + 1);
            }
        }
    }
    differences
}
