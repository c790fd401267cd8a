//! Numbers with a fraction, as values hold them.

use std::fmt;
use std::hash::{Hash, Hasher};

/// A finite number with a fraction; its order is that of numbers.
///
/// ```
/// use escadre_algebra::Decimal;
/// assert!(Decimal::new(f64::NAN).is_none());
/// assert_eq!(Decimal::new(-0.0), Decimal::new(0.0));
/// ```
#[derive(Clone, Copy)]
// INVARIANT: finite, and not -0.0; `new` keeps it.
pub struct Decimal(f64);

impl Decimal {
    /// The number `value`, unless it is infinite or not a number.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Decimal {
    /// The shortest digits that read back as this number, with a fraction or an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
