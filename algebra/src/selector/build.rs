//! Writing selectors in Rust.

use std::sync::Arc;

use super::Selector;
use super::test::{Bound, Comparison, Test};
use crate::names::{DeviceId, LabelKey, NameError};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::version::Version;

/// The label `key` of a device: to be tested, or to stand in a text.
#[derive(Clone, Debug)]
pub struct LabelRef {
    key: Arc<str>,
}

/// The label `key`. A bad key is reported by whatever is built of it.
///
/// ```
/// use escadre_algebra::label;
/// let site = String::from("paris");
/// assert_eq!(label("site").eq(&site).to_string(), "site = paris");
/// assert_eq!(label("site").is_in(["a", "b"]).to_string(), "site in (a, b)");
/// assert_eq!(label("cores").ge(8).to_string(), "cores >= 8");
/// ```
#[must_use]
pub fn label(key: impl AsRef<str>) -> LabelRef {
    LabelRef { key: Arc::from(key.as_ref()) }
}

/// The label `key`.
///
/// # Errors
/// [`NameError`] if `key` is no label key.
pub fn try_label(key: impl AsRef<str>) -> Result<LabelRef, NameError> {
    LabelKey::parse(key.as_ref()).map(|key| LabelRef { key: key.shared() })
}

/// The selector that `result` holds, or the invalid node of its error, written at `origin`.
fn valid<E: ToString>(result: Result<Test, E>, origin: Origin) -> Selector {
    match result {
        Ok(test) => Selector::test(test),
        Err(error) => Selector::invalid(Problem::new(&error, origin)),
    }
}

pub(super) fn value_set<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Arc<[Arc<str>]> {
    let mut values: Vec<Arc<str>> = values.into_iter().map(|v| Arc::from(v.as_ref())).collect();
    values.sort_unstable();
    values.dedup();
    values.into()
}

impl LabelRef {
    /// The key, as it was written.
    #[must_use]
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    fn test(&self, origin: Origin, test: impl FnOnce(LabelKey) -> Test) -> Selector {
        valid(LabelKey::parse(&self.key).map(test), origin)
    }

    /// Holds where the device has the label with the value `value`.
    #[must_use]
    #[track_caller]
    pub fn eq(&self, value: impl AsRef<str>) -> Selector {
        self.is_in([value])
    }

    /// Holds where the device does not have the label with the value `value`; also where it is absent.
    #[must_use]
    #[track_caller]
    pub fn ne(&self, value: impl AsRef<str>) -> Selector {
        self.not_in([value])
    }

    /// Holds where the device has the label with one of `values`.
    #[must_use]
    #[track_caller]
    pub fn is_in<S: AsRef<str>>(&self, values: impl IntoIterator<Item = S>) -> Selector {
        let values = value_set(values);
        self.test(Origin::caller(), |key| Test::In { key, values })
    }

    /// Holds where the device has the label with none of `values`; also where it is absent.
    #[must_use]
    #[track_caller]
    pub fn not_in<S: AsRef<str>>(&self, values: impl IntoIterator<Item = S>) -> Selector {
        negated(self.is_in(values))
    }

    /// Holds where the device has the label.
    #[must_use]
    #[track_caller]
    pub fn exists(&self) -> Selector {
        self.test(Origin::caller(), |key| Test::Exists { key })
    }

    /// Holds where the device does not have the label.
    #[must_use]
    #[track_caller]
    pub fn absent(&self) -> Selector {
        negated(self.exists())
    }

    /// Holds where the label is at least `bound`.
    #[must_use]
    #[track_caller]
    pub fn ge(&self, bound: impl Into<BoundInput>) -> Selector {
        self.compare(Comparison::Ge, bound.into(), Origin::caller())
    }

    /// Holds where the label is above `bound`.
    #[must_use]
    #[track_caller]
    pub fn gt(&self, bound: impl Into<BoundInput>) -> Selector {
        self.compare(Comparison::Gt, bound.into(), Origin::caller())
    }

    /// Holds where the label is at most `bound`.
    #[must_use]
    #[track_caller]
    pub fn le(&self, bound: impl Into<BoundInput>) -> Selector {
        self.compare(Comparison::Le, bound.into(), Origin::caller())
    }

    /// Holds where the label is below `bound`.
    #[must_use]
    #[track_caller]
    pub fn lt(&self, bound: impl Into<BoundInput>) -> Selector {
        self.compare(Comparison::Lt, bound.into(), Origin::caller())
    }

    fn compare(&self, op: Comparison, bound: BoundInput, origin: Origin) -> Selector {
        match bound.0 {
            Ok(bound) => self.test(origin, |key| Test::Compare { key, op, bound }),
            Err(error) => Selector::invalid(Problem::new(&error, origin)),
        }
    }
}

/// `!s`, except that what means nothing stays so: `label("").ne("a")` holds nowhere.
fn negated(selector: Selector) -> Selector {
    if selector.has_problem() { selector } else { !selector }
}

/// What a label is to be compared with, as it was written: made of an integer, a [`Version`] or by [`semver`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundInput(Result<Bound, VersionError>);

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a version: expected two or three numbers, such as `2.1`")]
pub struct VersionError {
    input: Arc<str>,
}

/// The version spelled `version`. A bad one is reported by the comparison it stands in.
///
/// ```
/// use escadre_algebra::{label, semver};
/// assert_eq!(label("firmware").ge(semver("2.1")).to_string(), "firmware >= 2.1.0");
/// assert_eq!(label("firmware").ge(semver("two")).problems().len(), 1);
/// ```
#[must_use]
pub fn semver(version: impl AsRef<str>) -> BoundInput {
    let version = version.as_ref();
    let bound = Version::parse(version).map(Bound::Version);
    BoundInput(
        bound.ok_or_else(|| VersionError {
            input: version.chars().take(80).collect::<String>().into(),
        }),
    )
}

/// The version spelled `version`.
///
/// # Errors
/// [`VersionError`] if it is none.
pub fn try_semver(version: impl AsRef<str>) -> Result<BoundInput, VersionError> {
    semver(version).0.map(|bound| BoundInput(Ok(bound)))
}

impl From<Bound> for BoundInput {
    fn from(bound: Bound) -> Self {
        Self(Ok(bound))
    }
}

impl From<Version> for BoundInput {
    fn from(version: Version) -> Self {
        Self(Ok(Bound::Version(version)))
    }
}

impl From<i64> for BoundInput {
    fn from(n: i64) -> Self {
        Self(Ok(Bound::Integer(n)))
    }
}

impl From<i32> for BoundInput {
    fn from(n: i32) -> Self {
        Self::from(i64::from(n))
    }
}

/// The id of a device: to be tested, or to stand in a text.
#[derive(Clone, Copy, Debug)]
pub struct DeviceIdRef;

/// The device's id.
///
/// ```
/// use escadre_algebra::device_id;
/// assert_eq!(device_id().is_in(["b", "a"]).to_string(), "id in (a, b)");
/// ```
#[must_use]
pub fn device_id() -> DeviceIdRef {
    DeviceIdRef
}

impl DeviceIdRef {
    /// Holds on the device `id`.
    #[must_use]
    #[track_caller]
    pub fn eq(self, id: impl AsRef<str>) -> Selector {
        self.is_in([id])
    }

    /// Holds on the devices `ids`.
    #[must_use]
    #[track_caller]
    pub fn is_in<S: AsRef<str>>(self, ids: impl IntoIterator<Item = S>) -> Selector {
        let origin = Origin::caller();
        match ids.into_iter().map(|id| DeviceId::parse(id.as_ref())).collect::<Result<Vec<_>, _>>()
        {
            Ok(ids) => id_set(ids),
            Err(error) => Selector::invalid(Problem::new(&error, origin)),
        }
    }
}

pub(super) fn id_set(ids: Vec<DeviceId>) -> Selector {
    Selector::test(Test::Id(ids.into()))
}
