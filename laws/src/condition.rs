//! Side conditions: what an equation asks of its names.

use std::fmt;

use crate::formula::{MAX_ATOMS, Sort};
use crate::term::{FLEETS, bits};

/// Which sets of paths a name may stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sets {
    /// All of them, single paths included.
    #[default]
    All,
    /// Those that hold whole subtrees, as [`PathSet::under`](escadre_algebra::PathSet::under) makes them.
    Subtrees,
    /// Those that hold whole resources.
    Whole,
}

/// What an equation asks of the fleets and sets of paths that it names; by default nothing.
///
/// ```
/// use escadre_laws::Condition;
/// let c: Condition = "orphan-free a b, whole P".parse()?;
/// assert_eq!(c.to_string(), "orphan-free a b, whole P");
/// # Ok::<(), escadre_laws::ConditionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The fleets without orphans (a path claimed below an unclaimed root), a bit each.
    pub orphan_free: u8,
    /// What each set of paths may be.
    pub sets: [Sets; MAX_ATOMS],
}

/// A text that is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a condition: write `orphan-free a b`, `subtrees P` or `whole P Q`, with commas between"
)]
pub struct ConditionError(String);

impl Condition {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The conditions that ask one thing less than this one.
    #[must_use]
    pub fn weaker(&self) -> Vec<Self> {
        let fleets = bits(self.orphan_free)
            .map(|i| Self { orphan_free: self.orphan_free & !(1 << i), ..*self });
        let sets = (0..MAX_ATOMS).filter_map(|k| {
            let mut weaker = *self;
            weaker.sets[k] = match self.sets[k] {
                Sets::All => return None,
                Sets::Subtrees => Sets::All,
                Sets::Whole => Sets::Subtrees,
            };
            Some(weaker)
        });
        fleets.chain(sets).collect()
    }
}

impl std::str::FromStr for Condition {
    type Err = ConditionError;
    fn from_str(input: &str) -> Result<Self, ConditionError> {
        let error = || ConditionError(input.to_owned());
        let mut condition = Self::default();
        for clause in input.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
            let mut words = clause.split_whitespace();
            let kind = words.next().ok_or_else(error)?;
            for name in words {
                let find = |names: &[&str]| names.iter().position(|&n| n == name).ok_or_else(error);
                match kind {
                    "orphan-free" => condition.orphan_free |= 1 << find(&FLEETS)?,
                    "subtrees" => condition.sets[find(&Sort::Paths.names())?] = Sets::Subtrees,
                    "whole" => condition.sets[find(&Sort::Paths.names())?] = Sets::Whole,
                    _ => return Err(error()),
                }
            }
        }
        Ok(condition)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fleets: String = bits(self.orphan_free)
            .filter_map(|i| FLEETS.get(i))
            .map(|name| format!(" {name}"))
            .collect();
        let sets = |kind| -> String {
            let names = Sort::Paths.names();
            let of_kind = names.iter().zip(self.sets).filter(|(_, set)| *set == kind);
            of_kind.map(|(name, _)| format!(" {name}")).collect()
        };
        let clauses = [
            ("orphan-free", fleets),
            ("subtrees", sets(Sets::Subtrees)),
            ("whole", sets(Sets::Whole)),
        ];
        let clauses = clauses.iter().filter(|(_, names)| !names.is_empty());
        let clauses: Vec<String> = clauses.map(|(kind, names)| format!("{kind}{names}")).collect();
        f.write_str(&clauses.join(", "))
    }
}
