//! Tests: the atoms of selectors.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::bucket::bucket_point;
use super::build::value_set;
use super::eval::Completion;
use super::print;
use crate::facts::{Facts, Knowledge};
use crate::names::{DeviceId, LabelKey};
use crate::version::Version;

/// What a label is compared with: an integer of 64 bits or a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// An integer; labels are read as Go's `ParseInt(label, 10, 64)` reads them.
    Integer(i64),
    /// A version; labels are read by [`Version::parse`].
    Version(Version),
}

/// An order comparison of a label (on the left) with a bound (on the right).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `>=`
    Ge,
    /// `>`
    Gt,
    /// `<=`
    Le,
    /// `<`
    Lt,
}

/// One test on the facts of a device: the atoms of selectors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Test {
    /// The device has the label.
    Exists {
        /// The label.
        key: LabelKey,
    },
    /// The device has the label with one of these values.
    In {
        /// The label.
        key: LabelKey,
        /// The values, sorted, each once, at least one.
        values: Arc<[Arc<str>]>,
    },
    /// The device has the label, it parses as the bound's kind, and the comparison holds.
    Compare {
        /// The label.
        key: LabelKey,
        /// The comparison, the label on its left.
        op: Comparison,
        /// What the label is compared with.
        bound: Bound,
    },
    /// The device has one of these ids (sorted, each once, at least one).
    Id(Arc<[DeviceId]>),
    /// The device's point in the bucket space of `salt` is in `[start, end)`.
    Bucket {
        /// The name of the bucket space.
        salt: Arc<str>,
        /// The first point.
        start: u64,
        /// The first point that is not in it; `None` is 2⁶⁴.
        end: Option<u64>,
    },
}

impl Comparison {
    /// Its symbol: `>=`, `>`, `<=` or `<`.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Ge => ">=",
            Self::Gt => ">",
            Self::Le => "<=",
            Self::Lt => "<",
        }
    }

    fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Ge if mutant!(AtLeastAsAbove if left == right) => false,
            Self::Ge => left >= right,
            Self::Gt => left > right,
            Self::Le => left <= right,
            Self::Lt => left < right,
        }
    }
}

impl Test {
    /// This test in its one spelling; `None` if its set is empty.
    pub(super) fn canonical(self) -> Option<Self> {
        match self {
            Self::In { values, .. } if values.is_empty() => None,
            Self::Id(ids) if ids.is_empty() => None,
            Self::In { key, values } if !values.is_sorted_by(|a, b| a < b) => {
                Some(Self::In { key, values: value_set(&*values) })
            }
            Self::Id(ids) if !ids.is_sorted_by(|a, b| a < b) => {
                let set: BTreeSet<DeviceId> = ids.iter().cloned().collect();
                Some(Self::Id(set.into_iter().collect()))
            }
            // All empty intervals are one.
            Self::Bucket { salt, start, end: Some(end) } if end <= start => {
                Some(Self::Bucket { salt, start: 0, end: Some(0) })
            }
            test => Some(test),
        }
    }

    /// The label that this test reads; `None` if it reads the id.
    #[must_use]
    pub fn key(&self) -> Option<&LabelKey> {
        match self {
            Self::Exists { key } | Self::In { key, .. } | Self::Compare { key, .. } => Some(key),
            Self::Id(_) | Self::Bucket { .. } => None,
        }
    }

    /// Whether this test holds of a label that is `value` (`None` is absent); false if it reads the id.
    #[must_use]
    pub fn holds_of_label(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return false };
        match self {
            Self::Exists { .. } => !(mutant!(ExistsNonEmpty) && value.is_empty()),
            Self::In { values, .. } if mutant!(InByPrefix) => {
                values.iter().any(|v| value.starts_with(&**v))
            }
            Self::In { values, .. } => values.binary_search_by(|v| (**v).cmp(value)).is_ok(),
            Self::Compare { op, bound: Bound::Integer(bound), .. } if mutant!(IntegersAsText) => {
                op.holds(&value, &&*bound.to_string())
            }
            Self::Compare { op, bound: Bound::Integer(bound), .. } if mutant!(UnreadableAsZero) => {
                op.holds(&value.parse().unwrap_or(0), bound)
            }
            Self::Compare { op, bound: Bound::Integer(bound), .. } => {
                value.parse::<i64>().is_ok_and(|n| op.holds(&n, bound))
            }
            Self::Compare { op, bound: Bound::Version(bound), .. } => {
                Version::parse(value).is_some_and(|v| op.holds(&v, bound))
            }
            Self::Id(_) | Self::Bucket { .. } => false,
        }
    }

    /// Whether this test holds of the id; false if it reads a label.
    #[must_use]
    pub fn holds_of_id(&self, id: &DeviceId) -> bool {
        match self {
            Self::Id(ids) => ids.binary_search(id).is_ok(),
            Self::Bucket { salt, start, end } => {
                let point = bucket_point(salt, id.as_str());
                *start <= point
                    && end.is_none_or(|end| point < end || mutant!(BucketEndInside if point == end))
            }
            Self::Exists { .. } | Self::In { .. } | Self::Compare { .. } => false,
        }
    }

    /// Whether this test holds of a device whose labels are all known.
    #[must_use]
    pub fn holds(&self, device: &impl Completion) -> bool {
        match self.key() {
            Some(key) => self.holds_of_label(device.value(key.as_str())),
            None => self.holds_of_id(device.device_id()),
        }
    }

    /// Whether this test holds of `facts`; `None` if its label is unknown.
    #[must_use]
    pub fn matches(&self, facts: &Facts) -> Option<bool> {
        let Some(key) = self.key() else { return Some(self.holds_of_id(facts.id())) };
        match facts.label(key.as_str()) {
            Knowledge::Known(value) => Some(self.holds_of_label(Some(value))),
            Knowledge::Absent => Some(self.holds_of_label(None)),
            Knowledge::Unknown => mutant!(UnknownAsAbsent).then(|| self.holds_of_label(None)),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => write!(f, "{n}"),
            Self::Version(v) => write!(f, "{v}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::write_test(f, self, false)
    }
}
