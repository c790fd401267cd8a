//! The ids that fleets name, in classes that no test tells apart.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::space::{BucketSpace, Class};
use crate::map::{Entry, Map};
use crate::names::DeviceId;
use crate::selector::bucket_point;

/// The different sets of ids, in the order in which they were met.
#[derive(Default)]
pub(super) struct IdSets<'a> {
    sets: Vec<&'a Arc<[DeviceId]>>,
    known: Map<ByEnds<'a>, usize>,
    /// The number of a set by its address, equal sets having one.
    by_address: Map<usize, usize>,
}

/// A set of ids, hashed by its length and its ends only.
// CHOICE: sets of rules are mostly disjoint, so the ends tell them apart, and hashing every id
// took longer than all that follows. Sets that agree in both are compared one after the other.
struct ByEnds<'a>(&'a [DeviceId]);

impl PartialEq for ByEnds<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for ByEnds<'_> {}

impl Hash for ByEnds<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        let middle = self.0.get(self.0.len() / 2);
        [self.0.first(), middle, self.0.last()].hash(state);
    }
}

impl<'a> IdSets<'a> {
    pub(super) fn add(&mut self, ids: &'a Arc<[DeviceId]>) {
        if let Entry::Vacant(address) = self.by_address.entry(address(ids)) {
            let number = *self.known.entry(ByEnds(ids)).or_insert_with(|| {
                self.sets.push(ids);
                self.sets.len() - 1
            });
            address.insert(number);
        }
    }
}

/// Ids that no test tells apart.
#[derive(Debug, Default)]
pub(super) struct IdClasses {
    /// The named ids, class by class.
    ids: Vec<DeviceId>,
    /// Where the ids of each class end.
    ends: Vec<usize>,
    class_of: Map<DeviceId, usize>,
    /// The classes of each set, in order.
    sets: Vec<Box<[Class]>>,
    /// The number of a set by its address: an analysis keeps what it was made of alive.
    by_address: Map<usize, usize>,
}

impl IdClasses {
    /// The classes of the ids in `sets`: by the sets that hold them, and by their intervals.
    ///
    /// Each set splits every class that it cuts: its members of that class become a new one. Costs
    /// the members of all sets.
    pub(super) fn new(sets: IdSets<'_>, buckets: &[BucketSpace]) -> Self {
        let mut splitting = Splitting::default();
        let n_listed = sets.sets.iter().map(|set| set.len()).sum();
        splitting.known.reserve(n_listed);
        let numbers: Vec<Vec<usize>> = sets.sets.iter().map(|set| splitting.set(set)).collect();
        splitting.intervals(buckets);
        let Splitting { ids, mut class_of, mut known, .. } = splitting;
        // Only classes that still have members count, in the order of their numbers.
        let n_classes = class_of.iter().max().map_or(0, |last| last + 1);
        let mut ends = vec![0usize; n_classes];
        class_of.iter().for_each(|&class| ends[class] += 1);
        let mut renumbered = vec![0usize; n_classes];
        let mut n_kept = 0;
        for (class, n_members) in ends.iter().enumerate() {
            renumbered[class] = n_kept;
            n_kept += usize::from(*n_members > 0);
        }
        class_of.iter_mut().for_each(|class| *class = renumbered[*class]);
        let mut members: Vec<usize> = (0..ids.len()).collect();
        members.sort_by_key(|&at| class_of[at]);
        let mut end = 0;
        ends.retain(|n_members| *n_members > 0);
        ends.iter_mut().for_each(|n_members| {
            end += *n_members;
            *n_members = end;
        });
        let classes = |numbers: Vec<usize>| {
            let mut classes: Vec<Class> =
                numbers.into_iter().map(|at| Class::new(class_of[at])).collect();
            classes.sort_unstable();
            classes.dedup();
            classes.into_boxed_slice()
        };
        known.values_mut().for_each(|at| *at = class_of[*at]);
        Self {
            ids: members.into_iter().map(|at| ids[at].clone()).collect(),
            ends,
            sets: numbers.into_iter().map(classes).collect(),
            class_of: known,
            by_address: sets.by_address,
        }
    }

    /// The ids of `class`; `None` for all ids that are not named.
    pub(super) fn members(&self, class: Class) -> Option<&[DeviceId]> {
        let end = *self.ends.get(class.index())?;
        let start = class.index().checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ids.get(start..end)
    }

    pub(super) fn class_of(&self, id: &DeviceId) -> Class {
        self.class_of.get(id).map_or(self.others(), |class| Class::new(*class))
    }

    /// The classes of the ids in `set`, in order.
    pub(super) fn classes_of(&self, set: &Arc<[DeviceId]>) -> Vec<Class> {
        if let Some(number) = self.by_address.get(&address(set)) {
            return self.sets[*number].to_vec();
        }
        let mut classes: Vec<Class> = set.iter().map(|id| self.class_of(id)).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    pub(super) fn is_named(&self, id: &DeviceId) -> bool {
        self.class_of.contains_key(id)
    }

    /// The class of all ids that are not named.
    pub(super) fn others(&self) -> Class {
        Class::new(self.ends.len())
    }
}

/// Ids in the order in which they were met, each with the number of its class.
#[derive(Default)]
struct Splitting<'a> {
    known: Map<DeviceId, usize>,
    ids: Vec<&'a DeviceId>,
    class_of: Vec<usize>,
    n_classes: usize,
}

impl<'a> Splitting<'a> {
    /// Tells the ids of `set` from all others; answers where they stand.
    fn set(&mut self, set: &'a [DeviceId]) -> Vec<usize> {
        let n_before = self.n_classes;
        let mut split: Map<usize, usize> = Map::default();
        // All ids that are in no other set so far.
        let mut new = None;
        let mut numbers = Vec::with_capacity(set.len());
        for id in set {
            let at = match self.known.entry(id.clone()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(slot) => {
                    let class = *new.get_or_insert(self.n_classes);
                    self.n_classes = self.n_classes.max(class + 1);
                    self.ids.push(id);
                    self.class_of.push(class);
                    *slot.insert(self.ids.len() - 1)
                }
            };
            let class = &mut self.class_of[at];
            // An id that a set lists twice is split off once.
            if *class < n_before {
                *class = *split.entry(*class).or_insert_with(|| {
                    self.n_classes += 1;
                    self.n_classes - 1
                });
            }
            numbers.push(at);
        }
        numbers
    }

    /// Tells ids from those in other intervals of a bucket space.
    fn intervals(&mut self, buckets: &[BucketSpace]) {
        if buckets.is_empty() {
            return;
        }
        let mut known: Map<(usize, Vec<Class>), usize> = Map::default();
        for (id, class) in self.ids.iter().zip(&mut self.class_of) {
            let point = |bucket: &BucketSpace| bucket_point(&bucket.salt, id.as_str());
            let points = buckets.iter().map(|bucket| bucket.class_of(point(bucket))).collect();
            let next = known.len();
            *class = *known.entry((*class, points)).or_insert(next);
        }
    }
}

fn address(set: &Arc<[DeviceId]>) -> usize {
    set.as_ptr().addr()
}
