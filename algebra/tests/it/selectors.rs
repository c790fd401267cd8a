//! Selectors: meaning, text, depth, partitions, and what Kubernetes says.

#![cfg(test)]

#[path = "selectors/building.rs"]
mod building;
#[path = "selectors/depth.rs"]
mod depth;
#[path = "selectors/kubernetes.rs"]
mod kubernetes;
#[path = "selectors/meaning.rs"]
mod meaning;
#[path = "selectors/partition.rs"]
pub(crate) mod partition;
#[path = "selectors/text.rs"]
mod text;

use escadre_algebra::{Facts, Selector, bucket, device_id, label, percent, semver};
use proptest::prelude::*;

/// Keys that need quotes, keys that are words of the grammar, and plain ones.
const KEYS: [&str; 6] = ["a", "k8s.io/b", "and", "not", "in", "two words"];

/// Values of every class: words, integers, versions, and what needs quotes.
pub(crate) const VALUES: [&str; 14] = [
    "x",
    "",
    "1",
    "01",
    "+5",
    "-3",
    "7",
    "1.2",
    "v1.2.0",
    "1.2.0-rc.1",
    "2.0.0",
    "é\"\\\n\u{1}",
    "in",
    "99999999999999999999",
];

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(KEYS.to_vec())
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(VALUES.to_vec())
}

/// A selector of one test.
fn atom() -> impl Strategy<Value = Selector> {
    let bound = prop::sample::select(vec![-3_i64, 0, 1, 5, i64::MAX, i64::MIN]);
    let version = prop::sample::select(vec!["0.0.0-0", "1.2", "1.2.0-rc.1", "2.0.0"]);
    let ids = prop::collection::vec(prop::sample::select(vec!["d", "e", "é", "f/1"]), 1..3);
    prop_oneof![
        Just(Selector::all()),
        Just(Selector::none()),
        key().prop_map(|k| label(k).exists()),
        (key(), value()).prop_map(|(k, v)| label(k).eq(v)),
        (key(), prop::collection::vec(value(), 0..4)).prop_map(|(k, v)| label(k).not_in(v)),
        (key(), bound.clone()).prop_map(|(k, n)| label(k).ge(n)),
        (key(), bound.clone()).prop_map(|(k, n)| label(k).gt(n)),
        (key(), bound.clone()).prop_map(|(k, n)| label(k).le(n)),
        (key(), bound).prop_map(|(k, n)| label(k).lt(n)),
        (key(), version.clone()).prop_map(|(k, v)| label(k).ge(semver(v))),
        (key(), version.clone()).prop_map(|(k, v)| label(k).gt(semver(v))),
        (key(), version.clone()).prop_map(|(k, v)| label(k).le(semver(v))),
        (key(), version).prop_map(|(k, v)| label(k).lt(semver(v))),
        ids.prop_map(|ids| device_id().is_in(ids)),
        (0_u32..=100, 0_u32..=100).prop_map(|(a, b)| bucket("s").from_to(a.min(b), a.max(b))),
        (any::<u64>(), any::<u64>())
            .prop_map(|(a, b)| bucket("two words").interval(a.min(b), Some(a.max(b)))),
        any::<u64>().prop_map(|a| bucket("t").interval(a, None)),
        Just(bucket("s").below(percent("0.000001"))),
    ]
}

/// Any small selector.
fn selector() -> impl Strategy<Value = Selector> {
    atom().prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|s| !s),
            (inner.clone(), inner.clone()).prop_map(|(s, t)| s & t),
            (inner.clone(), inner.clone()).prop_map(|(s, t)| s | t),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Selector::all_of),
            prop::collection::vec(inner, 0..4).prop_map(Selector::any_of),
        ]
    })
}

/// A device whose labels are known or absent.
fn known() -> impl Strategy<Value = Facts> {
    let labels = prop::collection::vec(prop::option::of(value()), KEYS.len());
    (prop::sample::select(vec!["d", "e", "g"]), labels).prop_map(|(id, values)| {
        let labels = KEYS.into_iter().zip(values).filter_map(|(k, v)| Some((k, v?)));
        Facts::of(id, labels).unwrap()
    })
}

/// A device of which up to two labels are unknown.
fn partly_known() -> impl Strategy<Value = Facts> {
    let unknown = prop::collection::vec(key(), 0..3);
    (known(), unknown).prop_map(|(facts, keys)| {
        keys.into_iter().fold(facts, |facts, key| facts.with_unknown(key).unwrap())
    })
}

/// Checks that `text` parses and prints as `expected`.
#[track_caller]
fn check(text: &str, expected: &str) {
    let selector = Selector::parse(text).unwrap_or_else(|e| panic!("{}", e.pointing()));
    assert_eq!(selector.to_string(), expected);
    assert!(Selector::parse(expected).unwrap().same_shape(&selector));
}
