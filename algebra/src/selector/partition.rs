//! The partition of all values of one label by the tests that read it.

use std::sync::Arc;

use super::test::{Bound, Comparison, Test};
use crate::version::Version;

/// A partition of everything one label can be, so fine that the tests it was made of answer
/// alike for all of one class.
///
/// The classes are: each string that is tested for equality; the other integers, cut where a
/// comparison with an integer changes its answer; the other versions, cut likewise; all other
/// strings; absent. A kind that no test compares with is not told apart from other strings.
///
/// ```
/// use escadre_algebra::{Partition, label};
/// let s = label("cores").ge(8) | label("cores").eq("many");
/// let cores = Partition::of(s.atoms());
/// assert_eq!(cores.class_of(Some("8")), cores.class_of(Some("016")));
/// assert_ne!(cores.class_of(Some("8")), cores.class_of(Some("7")));
/// assert_ne!(cores.class_of(Some("few")), cores.class_of(Some("many")));
/// assert_eq!(cores.n_classes(), 5); // many, below 8, from 8 on, other strings, absent
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    // INVARIANT: sorted, no string twice; `of` and `with_explicit` keep it.
    explicit: Vec<Arc<str>>,
    integers: Option<Cuts<i64>>,
    versions: Option<Cuts<Version>>,
}

/// Where an order is cut: a new interval starts at each point.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cuts<T: Ord>(
    // INVARIANT: sorted, no point twice, once `Partition::of` returns.
    Vec<T>,
);

impl<T: Ord> Cuts<T> {
    fn new() -> Self {
        Self(Vec::new())
    }

    /// Cuts at the first point at which `op bound` changes its answer: `bound`, or what follows it.
    fn add(&mut self, op: Comparison, bound: T, successor: Option<T>) {
        let cut = match op {
            Comparison::Ge | Comparison::Lt => Some(bound),
            Comparison::Gt | Comparison::Le => successor,
        };
        self.0.extend(cut);
    }

    /// The number of the interval that holds `point`, from 0.
    fn interval(&self, point: &T) -> usize {
        self.0.partition_point(|cut| cut <= point)
    }

    fn sort(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
    }

    fn n_intervals(&self) -> usize {
        self.0.len() + 1
    }
}

impl Partition {
    /// The partition by `tests`, which should be of one label; tests of the id are passed over.
    #[must_use]
    pub fn of<'a>(tests: impl IntoIterator<Item = &'a Test>) -> Self {
        let mut partition = Self::default();
        for test in tests {
            match test {
                Test::In { values, .. } => partition.explicit.extend(values.iter().cloned()),
                Test::Compare { op, bound: Bound::Integer(n), .. } => {
                    partition.integers.get_or_insert_with(Cuts::new).add(*op, *n, n.checked_add(1));
                }
                Test::Compare { op, bound: Bound::Version(v), .. } => {
                    let cuts = partition.versions.get_or_insert_with(Cuts::new);
                    cuts.add(*op, v.clone(), v.successor());
                }
                Test::Exists { .. } | Test::Id(_) | Test::Bucket { .. } => {}
            }
        }
        partition.explicit.sort_unstable();
        partition.explicit.dedup();
        partition.integers.as_mut().map(Cuts::sort);
        partition.versions.as_mut().map(Cuts::sort);
        partition
    }

    /// This partition, refined so that `value` is a class of its own.
    #[must_use]
    pub fn with_explicit(mut self, value: Arc<str>) -> Self {
        if let Err(at) = self.explicit.binary_search(&value) {
            self.explicit.insert(at, value);
        }
        self
    }

    /// The strings that are tested for equality, sorted; each is a class.
    pub fn explicit(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.explicit.iter()
    }

    /// How many classes there are (an interval below the least integer or version is counted,
    /// though nothing is in it).
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.explicit.len() + self.n_integers() + self.n_versions() + 2
    }

    /// The bounds of a class that is an interval: its first point, and the first behind it.
    ///
    /// An order that is not cut is one interval: every number of its kind, from the least on.
    pub(crate) fn bounds(&self, class: usize) -> (Option<Bound>, Option<Bound>) {
        fn of<T: Ord + Clone>(
            cuts: Option<&Cuts<T>>,
            at: usize,
            least: Option<T>,
        ) -> (Option<T>, Option<T>) {
            let point = |at: usize| cuts.and_then(|cuts| cuts.0.get(at)).cloned();
            match (at.checked_sub(1).and_then(point), point(at)) {
                (None, None) => (least, None),
                bounds => bounds,
            }
        }
        let Some(at) = class.checked_sub(self.explicit.len()) else { return (None, None) };
        match at.checked_sub(self.n_integers()) {
            None => {
                let (low, high) = of(self.integers.as_ref(), at, Some(i64::MIN));
                (low.map(Bound::Integer), high.map(Bound::Integer))
            }
            Some(at) => {
                let (low, high) = of(self.versions.as_ref(), at, Version::parse("0.0.0-0"));
                (low.map(Bound::Version), high.map(Bound::Version))
            }
        }
    }

    /// One member of every class that has members (`None` is absent), in order.
    pub(crate) fn members(&self) -> Vec<(usize, Option<Arc<str>>)> {
        let mut members: Vec<(usize, Option<Arc<str>>)> = Vec::new();
        for value in self.representatives() {
            let class = self.class_of(value.as_deref());
            if members.last().is_none_or(|(last, _)| *last != class) {
                members.push((class, value));
            }
        }
        members
    }

    /// The `i`-th member of a class of strings, if it has so many.
    pub(crate) fn member(&self, class: usize, i: usize) -> Option<Arc<str>> {
        if let Some(value) = self.explicit.get(class) {
            return (i == 0).then(|| value.clone());
        }
        let at = class - self.explicit.len();
        let spelling = |n: usize| -> Option<String> {
            if at < self.n_integers() {
                let cuts = &self.integers.as_ref()?.0;
                let point = match at.checked_sub(1) {
                    Some(cut) => *cuts.get(cut)?,
                    None => cuts.first().map_or(Some(0), |n| n.checked_sub(1))?,
                };
                return Some(integer_spelling(point, n));
            }
            let at = at - self.n_integers();
            if at < self.n_versions() {
                let cuts = &self.versions.as_ref()?.0;
                let point = match at.checked_sub(1) {
                    Some(cut) => cuts.get(cut)?.clone(),
                    None => Version::parse("0.0.0-0").filter(|v| cuts.first() != Some(v))?,
                };
                return Some(version_spelling(&point, n));
            }
            (class + 2 == self.n_classes()).then(|| other_spelling(n))
        };
        // Of `n + 1` more spellings than are asked for, so many are not among `n` explicit strings.
        let spellings = (0..=self.explicit.len() + i).map_while(spelling);
        spellings.filter(|s| self.explicit_at(s).is_none()).nth(i).map(Arc::from)
    }

    /// The numbers of the classes that have members, in order.
    pub(crate) fn inhabited(&self) -> Vec<usize> {
        let first = self.explicit.len();
        let least = |cuts: &Cuts<i64>| cuts.0.first() == Some(&i64::MIN);
        let below_all = self.integers.as_ref().filter(|cuts| least(cuts)).map(|_| first);
        let least = Version::parse("0.0.0-0");
        let below = |cuts: &&Cuts<Version>| least.is_some() && cuts.0.first() == least.as_ref();
        let below_versions = self.versions.as_ref().filter(below);
        let below_versions = below_versions.map(|_| first + self.n_integers());
        let empty = [below_all, below_versions];
        (0..self.n_classes()).filter(|class| !empty.contains(&Some(*class))).collect()
    }

    fn explicit_at(&self, value: &str) -> Option<usize> {
        self.explicit.binary_search_by(|v| (**v).cmp(value)).ok()
    }

    fn n_integers(&self) -> usize {
        self.integers.as_ref().map_or(0, Cuts::n_intervals)
    }

    fn n_versions(&self) -> usize {
        self.versions.as_ref().map_or(0, Cuts::n_intervals)
    }

    /// The number of the class of `value` (`None` is absent): explicit strings in their order,
    /// then integers and versions from below, other strings, and absent as the last.
    #[must_use]
    pub fn class_of(&self, value: Option<&str>) -> usize {
        let Some(value) = value else { return self.n_classes() - 1 };
        if let Some(at) = self.explicit_at(value) {
            return at;
        }
        if let Some(cuts) = &self.integers
            && let Ok(n) = value.parse()
        {
            return self.explicit.len() + cuts.interval(&n);
        }
        if let Some(cuts) = &self.versions
            && let Some(version) = Version::parse(value)
        {
            return self.explicit.len() + self.n_integers() + cuts.interval(&version);
        }
        self.n_classes() - 2
    }

    /// Members of every class: the explicit strings, two others of every other class of strings
    /// that is not empty, and absent (`None`) as the last.
    #[must_use]
    pub fn representatives(&self) -> Vec<Option<Arc<str>>> {
        let mut values: Vec<Option<Arc<str>>> = self.explicit.iter().cloned().map(Some).collect();
        if let Some(cuts) = &self.integers {
            let below = cuts.0.first().map_or(Some(0), |n| n.checked_sub(1));
            for n in below.iter().chain(&cuts.0) {
                self.add_fresh(&mut values, |i| integer_spelling(*n, i));
            }
        }
        if let Some(cuts) = &self.versions {
            let least = Version::parse("0.0.0-0").filter(|v| cuts.0.first() != Some(v));
            for v in least.iter().chain(&cuts.0) {
                self.add_fresh(&mut values, |i| version_spelling(v, i));
            }
        }
        self.add_fresh(&mut values, other_spelling);
        if !mutant!(UnknownNeverAbsent) {
            values.push(None);
        }
        values
    }

    /// Adds the first two spellings that are not explicit.
    fn add_fresh(&self, values: &mut Vec<Option<Arc<str>>>, spelling: impl Fn(usize) -> String) {
        // Of `n + 2` different spellings at least two are not among `n` explicit strings.
        let spellings = (0..self.explicit.len() + 2).map(spelling);
        let fresh = spellings.filter(|s| self.explicit_at(s).is_none()).take(2);
        values.extend(fresh.map(|s| Some(Arc::from(s))));
    }
}

/// The `i`-th string that is no number.
fn other_spelling(i: usize) -> String {
    if i == 0 { "other".to_owned() } else { format!("other-{i}") }
}

/// The `i`-th spelling of `n`: with `i` leading zeros.
fn integer_spelling(n: i64, i: usize) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}{}", "0".repeat(i), n.unsigned_abs())
}

/// The `i`-th spelling of `v`: as it is, with `v` in front, then with build metadata.
fn version_spelling(v: &Version, i: usize) -> String {
    match i {
        0 => v.to_string(),
        1 => format!("v{v}"),
        _ => format!("{v}+{i}"),
    }
}
