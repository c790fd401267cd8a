//! What selectors mean, against plain readings of them.

use escadre_algebra::kubernetes::{LabelSelector, Operator, Requirement};
use escadre_algebra::{Facts, Knowledge, Selector, View, label};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Case, for_all};
use crate::sample::Sampling;
use crate::trial::device;

/// The truth value of a selector, by those of its tests.
fn truth(selector: &Selector, facts: &Facts) -> bool {
    match selector.view() {
        View::All => true,
        View::None | View::Invalid(_) => false,
        View::Test(test) => test.holds(facts),
        View::Not(inner) => !truth(inner, facts),
        View::And(parts) => parts.iter().all(|part| truth(part, facts)),
        View::Or(parts) => parts.iter().any(|part| truth(part, facts)),
    }
}

pub(super) fn boolean_selectors(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let values = (schema.selector(), schema.selector(), schema.facts());
    for_all(sampling, &values, |(s, t, facts)| {
        let expect = |selector: &Selector, expected: bool| {
            if selector.holds_on(facts) == expected {
                return Ok(());
            }
            Err(format!("  {selector}\n  is not {expected} on {}", device(facts)))
        };
        let (p, q) = (truth(s, facts), truth(t, facts));
        expect(s, p)?;
        expect(&!s.clone(), !p)?;
        expect(&!!s.clone(), p)?;
        expect(&(s.clone() & t.clone()), p && q)?;
        expect(&(s.clone() | t.clone()), p || q)?;
        expect(&Selector::all_of([s.clone(), t.clone(), s.clone()]), p && q)?;
        expect(&Selector::any_of([s.clone(), t.clone(), s.clone()]), p || q)
    })
}

/// Texts that integers and sets may be confused about.
const TEXTS: [&str; 10] = ["", "1", "10", "9", "-3", "007", "camera", "cam", "1.2", "12a"];

/// What `key` is on a device: a text or absent.
fn facts_of(key: &str, value: Option<&str>) -> Option<Facts> {
    Facts::of("device", value.map(|value| (key, value))).ok()
}

pub(super) fn label_tests(sampling: &Sampling) -> Case {
    let value = proptest::option::weighted(0.8, select(&TEXTS[..]));
    let values = (value, subsequence(TEXTS.to_vec(), 1..4), -4..12_i64);
    for_all(sampling, &values, |(value, set, bound)| {
        let Some(facts) = facts_of("k", *value) else { return Ok(()) };
        let expect = |selector: &Selector, expected: bool| {
            if selector.holds_on(&facts) == expected {
                return Ok(());
            }
            Err(format!("  {selector}\n  is not {expected} where k is {value:?}"))
        };
        let number = value.and_then(|value| value.parse::<i64>().ok());
        let k = label("k");
        expect(&k.exists(), value.is_some())?;
        expect(&k.absent(), value.is_none())?;
        expect(&k.eq(set[0]), *value == Some(set[0]))?;
        expect(&k.is_in(set), value.is_some_and(|value| set.contains(&value)))?;
        expect(&k.not_in(set), value.is_none_or(|value| !set.contains(&value)))?;
        expect(&k.ge(*bound), number.is_some_and(|n| n >= *bound))?;
        expect(&k.gt(*bound), number.is_some_and(|n| n > *bound))?;
        expect(&k.le(*bound), number.is_some_and(|n| n <= *bound))?;
        expect(&k.lt(*bound), number.is_some_and(|n| n < *bound))
    })
}

/// Whether Kubernetes says that a requirement matches a device.
fn requires(requirement: &Requirement, facts: &Facts) -> bool {
    let value = match facts.label(&requirement.key) {
        Knowledge::Known(value) => Some(value),
        Knowledge::Absent | Knowledge::Unknown => None,
    };
    let among = value.is_some_and(|value| requirement.values.iter().any(|v| v == value));
    let order = || {
        let bound = requirement.values.first()?.parse::<i64>().ok()?;
        Some(value?.parse::<i64>().ok()?.cmp(&bound))
    };
    match requirement.operator {
        Operator::In | Operator::Equals | Operator::DoubleEquals => among,
        Operator::NotIn | Operator::NotEquals => !among,
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
        Operator::GreaterThan => order().is_some_and(std::cmp::Ordering::is_gt),
        Operator::LessThan => order().is_some_and(std::cmp::Ordering::is_lt),
    }
}

fn requirement() -> BoxedStrategy<Requirement> {
    let (key, value) = (select(&["role", "n"][..]), select(&["camera", "1", "2", "10"][..]));
    let set = vec(value.clone().prop_map(str::to_owned), 1..3);
    let sets = (key.clone(), select(&[Operator::In, Operator::NotIn][..]), set);
    let one = [Operator::Equals, Operator::DoubleEquals, Operator::NotEquals];
    let one = (key.clone(), select(one.to_vec()), value.prop_map(|v| vec![v.to_owned()]));
    let none = [Operator::Exists, Operator::DoesNotExist];
    let none = (key.clone(), select(none.to_vec()), Just(Vec::new()));
    let order = [Operator::GreaterThan, Operator::LessThan];
    let order = (key, select(order.to_vec()), (0..3_i64).prop_map(|n| vec![n.to_string()]));
    let parts = prop_oneof![sets, one, none, order];
    parts.prop_filter_map("valid", |(k, op, v)| Requirement::new(k, op, v).ok()).boxed()
}

pub(super) fn kubernetes_selectors(sampling: &Sampling) -> Case {
    let values = (vec(requirement(), 0..3), sampling.schema.facts());
    for_all(sampling, &values, |(requirements, facts)| {
        let selector = LabelSelector::new(requirements.clone());
        let expected = requirements.iter().all(|requirement| requires(requirement, facts));
        if selector.to_selector().holds_on(facts) == expected {
            return Ok(());
        }
        Err(format!("  {selector}\n  is not {expected} on {}", device(facts)))
    })
}
