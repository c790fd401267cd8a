//! Selectors under `&`, `|` and `!`.

use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use super::{Kind, Selector};

/// Holds where both hold.
impl BitAnd for Selector {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self::all_of([self, other])
    }
}

/// Holds where either holds.
impl BitOr for Selector {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self::any_of([self, other])
    }
}

/// s = s & t.
impl BitAndAssign for Selector {
    fn bitand_assign(&mut self, other: Self) {
        *self = self.clone() & other;
    }
}

/// s = s | t.
impl BitOrAssign for Selector {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.clone() | other;
    }
}

impl Not for Selector {
    type Output = Self;
    /// Holds where `self` does not; `!!s` is `s` itself.
    fn not(self) -> Self {
        match &self.0.kind {
            Kind::All => Self::none(),
            Kind::None => Self::all(),
            Kind::Not(_) if mutant!(NotTwice) => self.clone(),
            Kind::Not(inner) => inner.clone(),
            _ => Self::node(Kind::Not(self)),
        }
    }
}
