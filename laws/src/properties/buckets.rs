//! Buckets: intervals of hashed ids.

use escadre_algebra::{Facts, Selector, bucket, bucket_point};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Case, for_all};
use crate::sample::Sampling;

pub(super) fn first_devices(sampling: &Sampling) -> Case {
    let values = (sampling.schema.inventory(0..=8), any::<Index>());
    for_all(sampling, &values, |(inventory, at)| {
        let n = at.index(inventory.len() + 1);
        // Two of a few devices hardly ever have the same point.
        let Some(first) = bucket("salt").first(n, inventory) else {
            return Err(format!("  there are no first {n} of {}", inventory.len()));
        };
        let n_found = inventory.devices().iter().filter(|d| first.holds_on(d)).count();
        if n_found == n {
            return Ok(());
        }
        Err(format!("  {first}\n  holds on {n_found} of {}, not on {n}", inventory.len()))
    })
}

/// That a device is in the one or the other of two intervals iff it is in their hull, and never in both.
fn divides(facts: &Facts, low: &Selector, high: &Selector, hull: &Selector) -> Case {
    let holds = [low, high, hull].map(|selector| selector.holds_on(facts));
    if holds[0] != (holds[2] && !holds[1]) || holds[1] && !holds[2] {
        let id = facts.id();
        return Err(format!("  {id} is {holds:?} in\n  {low}\n  {high}\n  {hull}"));
    }
    Ok(())
}

pub(super) fn touching_buckets(sampling: &Sampling) -> Case {
    let share = (0..=100_u32, 0..=100_u32, 0..=100_u32);
    for_all(sampling, &(share, sampling.schema.facts()), |((a, b, c), facts)| {
        let mut shares = [*a, *b, *c];
        shares.sort_unstable();
        let [a, b, c] = shares;
        let space = bucket("salt");
        divides(facts, &space.from_to(a, b), &space.from_to(b, c), &space.from_to(a, c))?;
        // Cut at the device itself.
        let cut = bucket_point("salt", facts.id().as_str());
        let (low, high) = (space.interval(0, Some(cut)), space.interval(cut, None));
        divides(facts, &low, &high, &space.interval(0, None))
    })
}

pub(super) fn bucket_spaces(sampling: &Sampling) -> Case {
    // Two ways of dividing one text, and two salts of one id.
    let values = ("[a-c]{2,6}", any::<Index>(), any::<Index>());
    for_all(sampling, &values, |(text, first, second)| {
        let cut = |at: &Index| text.split_at(at.index(text.len()));
        let (whole, first, second) = (text.as_str(), cut(first), cut(second));
        for (a, b) in [(first, second), ((first.0, whole), (second.0, whole))] {
            if (bucket_point(a.0, a.1) == bucket_point(b.0, b.1)) != (a == b) {
                return Err(format!("  {a:?} and {b:?} have one point"));
            }
        }
        Ok(())
    })
}
