//! The space of all facts, cut into classes that no test tells apart.
//!
//! Note [Classes] A variable is the id, one bucket space, or one label. Its classes are numbered
//! from 0; the last one, or the last but *absent*, is `otherwise`: it has no end of members, and
//! diagrams list only what differs from it. For a label they are those of its [`Partition`];
//! for a bucket space the intervals between the bounds that are tested; for the id the sets of
//! named ids that lie in the same id sets and the same intervals of every bucket space, and all
//! other ids. So the point of a named id is known in every bucket space, and a diagram that tests
//! the id first never tests the bucket of a named one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ids::{IdClasses, IdSets};
use crate::map::{Map, Set};
use crate::names::LabelKey;
use crate::selector::{Partition, Selector, Test, View};

/// One variable: its position in the order of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Var(pub(super) u32);

/// One class of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Class(pub(super) u32);

impl Class {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Var {
    /// The id comes before every other variable.
    pub(super) const ID: Self = Self(0);
}

/// What one variable is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dimension<'a> {
    Id(&'a IdClasses),
    Bucket(&'a BucketSpace),
    Label(&'a LabelKey, &'a Partition),
}

/// All variables and their classes; immutable once an analysis is made.
#[derive(Debug, Default)]
pub(super) struct Space {
    ids: IdClasses,
    // INVARIANT: sorted by salt, none twice.
    buckets: Vec<BucketSpace>,
    // INVARIANT: sorted by key, none twice.
    labels: Vec<(LabelKey, Partition)>,
    /// For each label the classes of the strings that are tested for equality.
    explicit: Vec<Map<Arc<str>, Class>>,
}

/// One bucket space, cut at the bounds that are tested.
#[derive(Debug)]
pub(super) struct BucketSpace {
    pub(super) salt: Arc<str>,
    /// The first points of all intervals but that from 0.
    // INVARIANT: sorted, none twice, not 0.
    cuts: Vec<u64>,
}

impl BucketSpace {
    pub(super) fn class_of(&self, point: u64) -> Class {
        Class::new(self.cuts.partition_point(|cut| *cut <= point))
    }

    /// The first point of `class`, and the first behind it (`None` is 2⁶⁴).
    pub(super) fn interval(&self, class: Class) -> (u64, Option<u64>) {
        let start = class.index().checked_sub(1).map_or(0, |before| self.cuts[before]);
        (start, self.cuts.get(class.index()).copied())
    }
}

impl Space {
    /// The space that tells apart what `selectors` do, with each of `values` a class of its own.
    pub(super) fn new<'a>(
        selectors: impl IntoIterator<Item = &'a Selector>,
        values: &BTreeMap<LabelKey, BTreeSet<Arc<str>>>,
        mentioned: &BTreeSet<LabelKey>,
    ) -> Self {
        let mut seen = Set::default();
        let mut known: Set<&Test> = Set::default();
        let mut tests: Vec<&Test> = Vec::new();
        let mut sets = IdSets::default();
        for selector in selectors.into_iter().filter(|selector| seen.insert(selector.address())) {
            for part in selector.postorder() {
                match part.view() {
                    View::Test(Test::Id(ids)) => sets.add(ids),
                    View::Test(test) if known.insert(test) => tests.push(test),
                    _ => {}
                }
            }
        }
        let mut labels: BTreeMap<&LabelKey, Vec<&Test>> = BTreeMap::new();
        let mut cuts: BTreeMap<&Arc<str>, BTreeSet<u64>> = BTreeMap::new();
        for test in tests {
            match test {
                Test::Id(_) => {}
                Test::Bucket { salt, start, end } => {
                    let bounds = [Some(*start), *end].into_iter().flatten();
                    cuts.entry(salt).or_default().extend(bounds.filter(|point| *point != 0));
                }
                Test::Exists { key } | Test::In { key, .. } | Test::Compare { key, .. } => {
                    labels.entry(key).or_default().push(test);
                }
            }
        }
        let buckets: Vec<BucketSpace> = cuts
            .into_iter()
            .map(|(salt, cuts)| BucketSpace {
                salt: salt.clone(),
                cuts: cuts.into_iter().collect(),
            })
            .collect();
        let keys: BTreeSet<&LabelKey> =
            labels.keys().copied().chain(values.keys()).chain(mentioned).collect();
        let labels = keys.into_iter().map(|key| {
            let tests = labels.get(key).map(Vec::as_slice).unwrap_or_default();
            let own = values.get(key).into_iter().flatten().cloned();
            let named = own.collect::<Vec<_>>();
            let named = Test::In { key: key.clone(), values: named.into() };
            (key.clone(), Partition::of(tests.iter().copied().chain([&named])))
        });
        let labels: Vec<(LabelKey, Partition)> = labels.collect();
        let explicit = labels.iter().map(|(_, partition)| {
            let numbered = partition.explicit().enumerate();
            numbered.map(|(at, value)| (Arc::clone(value), Class::new(at))).collect()
        });
        let explicit = explicit.collect();
        let ids = IdClasses::new(sets, &buckets);
        Self { ids, buckets, labels, explicit }
    }

    pub(super) fn dimension(&self, var: Var) -> Dimension<'_> {
        let at = var.0 as usize;
        if at == 0 {
            return Dimension::Id(&self.ids);
        }
        match self.buckets.get(at - 1) {
            Some(bucket) => Dimension::Bucket(bucket),
            None => {
                let (key, partition) = &self.labels[at - 1 - self.buckets.len()];
                Dimension::Label(key, partition)
            }
        }
    }

    pub(super) fn ids(&self) -> &IdClasses {
        &self.ids
    }

    /// The variable of the label `key`, if some test, word or schema names it.
    pub(super) fn label(&self, key: &str) -> Option<Var> {
        let at = self.labels.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()?;
        Some(Var(u32::try_from(1 + self.buckets.len() + at).ok()?))
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (Var, &LabelKey, &Partition)> {
        let first = 1 + self.buckets.len();
        self.labels.iter().enumerate().map(move |(at, (key, partition))| {
            (Var(u32::try_from(first + at).unwrap_or(u32::MAX)), key, partition)
        })
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = (Var, &BucketSpace)> {
        let var = |at: usize| Var(u32::try_from(1 + at).unwrap_or(u32::MAX));
        self.buckets.iter().enumerate().map(move |(at, bucket)| (var(at), bucket))
    }

    /// The class that a node does not list: it has no end of members.
    pub(super) fn otherwise(&self, var: Var) -> Class {
        match self.dimension(var) {
            Dimension::Id(ids) => ids.others(),
            Dimension::Bucket(bucket) => Class::new(bucket.cuts.len()),
            Dimension::Label(_, partition) => Class::new(partition.n_classes() - 2),
        }
    }

    /// Whether all facts in `class` have the same value of `var`: an explicit string, absence, one id.
    pub(super) fn is_one_value(&self, var: Var, class: Class) -> bool {
        match self.dimension(var) {
            Dimension::Label(_, partition) => {
                class.index() < partition.explicit().len()
                    || class.index() + 1 == partition.n_classes()
            }
            Dimension::Id(ids) => ids.members(class).is_some_and(|members| members.len() == 1),
            Dimension::Bucket(_) => false,
        }
    }

    /// The classes of `var` that have members, `otherwise` among them, in order.
    pub(super) fn classes(&self, var: Var) -> Vec<Class> {
        match self.dimension(var) {
            Dimension::Id(ids) => (0..=ids.others().index()).map(Class::new).collect(),
            Dimension::Bucket(bucket) => (0..=bucket.cuts.len()).map(Class::new).collect(),
            Dimension::Label(_, partition) => {
                partition.inhabited().into_iter().map(Class::new).collect()
            }
        }
    }

    /// The class of the string `value` of the label `var`.
    pub(super) fn class_of_value(&self, var: Var, value: &str) -> Option<Class> {
        let at = (var.0 as usize).checked_sub(1 + self.buckets.len())?;
        let (_, partition) = self.labels.get(at)?;
        let explicit = self.explicit.get(at).and_then(|explicit| explicit.get(value));
        Some(explicit.copied().unwrap_or_else(|| Class::new(partition.class_of(Some(value)))))
    }
}
