//! How often what was done, and what was hit.

use std::collections::BTreeMap;
use std::fmt;

use super::expected::{Expected, Hit};
use super::transition::Transition;

/// The steps that were really made, by kind, and the faults that were hit.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    kinds: BTreeMap<&'static str, u64>,
    hits: BTreeMap<Hit, u64>,
}

impl Tally {
    pub(super) fn step(&mut self, transition: &Transition, expected: &Expected) {
        *self.kinds.entry(transition.kind()).or_default() += 1;
        self.hits(expected.hits.iter().copied());
    }

    pub(super) fn hits(&mut self, hits: impl IntoIterator<Item = Hit>) {
        hits.into_iter().for_each(|hit| *self.hits.entry(hit).or_default() += 1);
    }

    pub(super) fn n_steps(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// What was done or hit fewer than `n` times.
    pub(super) fn rarer_than(&self, n: u64) -> Vec<String> {
        let kinds = Transition::KINDS.into_iter();
        let kinds = kinds.filter(|kind| self.kinds.get(kind).is_none_or(|found| *found < n));
        let hits = Hit::ALL.into_iter();
        let hits = hits.filter(|hit| self.hits.get(hit).is_none_or(|found| *found < n));
        kinds.map(str::to_owned).chain(hits.map(|hit| format!("{hit:?}"))).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} steps", self.n_steps())?;
        for (kind, n) in &self.kinds {
            writeln!(f, "  {n:>6} {kind}")?;
        }
        writeln!(f, "faults hit and refusals met")?;
        for (hit, n) in &self.hits {
            writeln!(f, "  {n:>6} {hit:?}")?;
        }
        Ok(())
    }
}
