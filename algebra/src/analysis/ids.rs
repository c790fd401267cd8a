//! The ids that fleets name, in classes that no test tells apart.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::space::{BucketSpace, Class};
use crate::map::{Entry, Map, Set};
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
        sets.sets.iter().for_each(|set| splitting.set(set));
        splitting.intervals(buckets);
        let Splitting { ids, mut class_of, listed, .. } = splitting;
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
        let mut rest = &listed[..];
        let classes = sets.sets.iter().map(|set| {
            let (numbers, after) = rest.split_at(set.len());
            rest = after;
            let mut classes: Vec<Class> =
                numbers.iter().map(|&at| Class::new(class_of[at])).collect();
            classes.sort_unstable();
            classes.dedup();
            classes.into_boxed_slice()
        });
        let classes = classes.collect();
        let ids = members.into_iter().map(|at| ids[at].clone()).collect();
        Self { ids, ends, sets: classes, by_address: sets.by_address }
    }

    /// The ids of `class`; `None` for all ids that are not named.
    pub(super) fn members(&self, class: Class) -> Option<&[DeviceId]> {
        let end = *self.ends.get(class.index())?;
        let start = class.index().checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ids.get(start..end)
    }

    /// The classes of the ids in `set`, in order. Costs them; all named ids if the set is a new one.
    pub(super) fn classes_of(&self, set: &Arc<[DeviceId]>) -> Cow<'_, [Class]> {
        if let Some(number) = self.by_address.get(&address(set)) {
            return Cow::Borrowed(&self.sets[*number]);
        }
        let mut unseen: Set<&DeviceId> = set.iter().collect();
        let mut classes = Vec::new();
        for class in (0..self.ends.len()).map(Class::new) {
            let members = self.members(class).unwrap_or_default();
            if members.iter().filter(|id| unseen.remove(id)).count() > 0 {
                classes.push(class);
            }
        }
        if !unseen.is_empty() {
            classes.push(self.others());
        }
        Cow::Owned(classes)
    }

    /// The ids that some set names.
    pub(super) fn named(&self) -> &[DeviceId] {
        &self.ids
    }

    /// The class of all ids that are not named.
    pub(super) fn others(&self) -> Class {
        Class::new(self.ends.len())
    }
}

/// Ids in the order in which they were met, each with the number of its class.
#[derive(Default)]
struct Splitting<'a> {
    known: Map<&'a str, usize>,
    ids: Vec<&'a DeviceId>,
    class_of: Vec<usize>,
    n_classes: usize,
    /// Where the ids of the sets stand, set by set.
    listed: Vec<usize>,
}

impl<'a> Splitting<'a> {
    /// Tells the ids of `set` from all others, and lists them.
    fn set(&mut self, set: &'a [DeviceId]) {
        let n_before = self.n_classes;
        let mut split: Map<usize, usize> = Map::default();
        // All ids that are in no other set so far.
        let mut new = None;
        for id in set {
            let at = match self.known.entry(id.as_str()) {
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
            self.listed.push(at);
        }
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
