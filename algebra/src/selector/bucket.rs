//! Buckets: a pinned hash from ids to 64-bit points. It is wire format.
//! Selectors of them are intervals of points.

use std::hash::Hasher as _;
use std::sync::Arc;

use siphasher::sip::SipHasher24;

use super::Selector;
use super::test::Test;
use crate::inventory::Inventory;
use crate::origin::Origin;
use crate::problem::Problem;

/// The key of the hash: the bytes of `escadre-bucket-1`.
const KEY: &[u8; 16] = b"escadre-bucket-1";
/// The first framed piece that is hashed.
const DOMAIN: &str = "escadre/bucket/v1";
/// How many millionths of a percent are 100 %.
const WHOLE: u128 = 100_000_000;

/// The point of the device `id` in the bucket space of `salt`.
///
/// It is SipHash-2-4 under the key `escadre-bucket-1` of three pieces: `escadre/bucket/v1`, the
/// salt, the id, each preceded by its length in bytes as 64 bits, little-endian.
/// This never changes: see `docs/selectors.md` and the golden vectors.
///
/// ```
/// assert_eq!(escadre_algebra::bucket_point("canary", "cam-1"), 0xb542_019d_8bfa_17aa);
/// ```
#[must_use]
pub fn bucket_point(salt: &str, id: &str) -> u64 {
    let mut hasher = SipHasher24::new_with_key(KEY);
    let salt = if mutant!(BucketSaltIgnored) { "" } else { salt };
    for piece in [DOMAIN, salt, id] {
        if !mutant!(BucketUnframed) {
            hasher.write(&(piece.len() as u64).to_le_bytes());
        }
        hasher.write(piece.as_bytes());
    }
    hasher.finish()
}

/// A share of all devices, from 0 % to 100 % in steps of a millionth of a percent.
///
/// Made by [`percent`]; what spells no share is carried and reported where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Percent(Result<u32, Arc<str>>);

/// The share `value`: an integer, or a decimal number of at most six decimals as text.
///
/// ```
/// use escadre_algebra::{bucket, percent};
/// assert_eq!(bucket("canary").below(percent("12.5")).to_string(), "bucket(canary) < 12.5%");
/// assert!(!bucket("canary").below(percent(101)).problems().is_empty());
/// ```
#[must_use]
pub fn percent(value: impl Into<Percent>) -> Percent {
    value.into()
}

impl Percent {
    /// The first point past this share: ⌊2⁶⁴ · share⌋, where `None` is 2⁶⁴.
    ///
    /// # Errors
    /// What was written, if it is no share.
    pub fn end(&self) -> Result<Option<u64>, String> {
        let millionths = self.0.as_ref().map_err(|input| {
            format!(
                "`{input}` is not a percentage: it must be from 0 to 100 with at most 6 decimals"
            )
        })?;
        Ok(u64::try_from((u128::from(*millionths) << 64) / WHOLE).ok())
    }
}

impl From<u32> for Percent {
    fn from(value: u32) -> Self {
        let millionths = value.checked_mul(1_000_000).filter(|&m| u128::from(m) <= WHOLE);
        Self(millionths.ok_or_else(|| Arc::from(value.to_string())))
    }
}

impl From<i32> for Percent {
    fn from(value: i32) -> Self {
        match u32::try_from(value) {
            Ok(value) => Self::from(value),
            Err(_) => Self(Err(Arc::from(value.to_string()))),
        }
    }
}

impl From<&str> for Percent {
    fn from(text: &str) -> Self {
        Self(
            parse_millionths(text)
                .ok_or_else(|| Arc::from(text.chars().take(80).collect::<String>())),
        )
    }
}

fn parse_millionths(text: &str) -> Option<u32> {
    let text = text.strip_suffix('%').unwrap_or(text);
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 6 || whole.len() > 3 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let decimals: u32 = format!("{decimals:0<6}").parse().ok()?;
    let millionths = whole.checked_mul(1_000_000)?.checked_add(decimals)?;
    (u128::from(millionths) <= WHOLE).then_some(millionths)
}

/// The percentage whose end is `point`, if there is one; the least, without a `%`.
pub(super) fn as_percent(point: Option<u64>) -> Option<String> {
    let Some(point) = point else { return Some("100".to_owned()) };
    let millionths = (u128::from(point) * WHOLE).div_ceil(1 << 64);
    if (millionths << 64) / WHOLE != u128::from(point) {
        return None;
    }
    let (whole, decimals) = (millionths / 1_000_000, millionths % 1_000_000);
    let text = format!("{whole}.{decimals:06}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// A way of spreading all devices evenly over the 64-bit points.
#[derive(Clone, Debug)]
pub struct BucketRef {
    salt: Arc<str>,
}

/// The bucket space of `salt`: different salts spread devices independently.
///
/// ```
/// use escadre_algebra::{bucket, percent};
/// assert_eq!(bucket("canary").from_to(10, 25).to_string(), "bucket(canary) in [10%, 25%)");
/// ```
#[must_use]
pub fn bucket(salt: impl AsRef<str>) -> BucketRef {
    BucketRef { salt: Arc::from(salt.as_ref()) }
}

impl BucketRef {
    /// Holds on the first `share` of this space; a smaller share is a subset.
    #[must_use]
    #[track_caller]
    pub fn below(&self, share: impl Into<Percent>) -> Selector {
        self.from_to(0, share)
    }

    /// Holds from the share `low` on, up to and without the share `high`.
    #[must_use]
    #[track_caller]
    pub fn from_to(&self, low: impl Into<Percent>, high: impl Into<Percent>) -> Selector {
        let origin = Origin::caller();
        match (low.into().end(), high.into().end()) {
            (Ok(Some(_)), Ok(high)) if mutant!(BucketFromZero) => self.checked(0, high, origin),
            (Ok(Some(low)), Ok(high)) => self.checked(low, high, origin),
            (Ok(None), Ok(None)) => self.checked(0, Some(0), origin),
            (Ok(None), Ok(Some(high))) => self.checked(u64::MAX, Some(high), origin),
            (Err(error), _) | (_, Err(error)) => Selector::invalid(Problem::new(&error, origin)),
        }
    }

    /// Holds on the points from `start` on, up to and without `end` (`None` is 2⁶⁴).
    #[must_use]
    #[track_caller]
    pub fn interval(&self, start: u64, end: Option<u64>) -> Selector {
        self.checked(start, end, Origin::caller())
    }

    /// Holds on exactly the `n` devices of `inventory` with the least points in this space.
    ///
    /// It is the shortest interval from point 0 that holds them, computed from the ranks of the
    /// devices in `inventory`: a device that joins later may fall into it, and one that leaves
    /// frees its place. `None` if there are fewer than `n` devices, or if two devices have the
    /// same point and only one of them is among the first `n`. Costs O(devices).
    ///
    /// ```
    /// use escadre_algebra::{Coverage, Facts, Inventory, bucket};
    /// let devices = ["cam-1", "cam-2", "cam-3"].map(|id| Facts::of(id, [])).into_iter();
    /// let inventory = Inventory::new(devices.collect::<Result<Vec<_>, _>>()?, Coverage::Complete)?;
    /// let first = bucket("canary").first(2, &inventory).unwrap();
    /// let n = inventory.devices().iter().filter(|d| first.matches(d) == Some(true)).count();
    /// assert_eq!(n, 2);
    /// assert!(bucket("canary").first(4, &inventory).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first(&self, n: usize, inventory: &Inventory) -> Option<Selector> {
        let Some(last) = n.checked_sub(1) else { return Some(Selector::none()) };
        if n > inventory.len() {
            return None;
        }
        let devices = inventory.devices().iter();
        let mut points: Vec<u64> =
            devices.map(|d| bucket_point(&self.salt, d.id().as_str())).collect();
        let (_, &mut cut, behind) = points.select_nth_unstable(last);
        if behind.contains(&cut) {
            return None;
        }
        let end = cut.checked_add(u64::from(!mutant!(FirstOneShort)));
        Some(Selector::test(Test::Bucket { salt: self.salt.clone(), start: 0, end }))
    }

    fn checked(&self, start: u64, end: Option<u64>, origin: Origin) -> Selector {
        if end.is_some_and(|end| end < start) {
            return Selector::invalid(Problem::new(
                &"a bucket interval ends before it starts",
                origin,
            ));
        }
        Selector::test(Test::Bucket { salt: self.salt.clone(), start, end })
    }
}
