//! The partition of a label's values.

use std::collections::{BTreeMap, BTreeSet};

use escadre_algebra::{Partition, Selector, Test};
use proptest::prelude::*;

use super::VALUES;

/// Tests of every kind on the label `x`.
pub(crate) fn tests() -> Vec<Test> {
    let mut texts = vec!["x".to_owned()];
    for value in ["1", "05", "1.2", "other", "other-1", "0.0.0-0", "v1.2.0", "-1"] {
        texts.push(format!("x = \"{value}\""));
    }
    texts.push("x in (a, \"\", \"6\")".to_owned());
    let bounds = [
        "0",
        "1",
        "5",
        "6",
        "-9223372036854775808",
        "9223372036854775807",
        "0.0.0-0",
        "1.2",
        "1.2.1-0",
        "1.2.0-rc.1",
        "18446744073709551615.18446744073709551615.18446744073709551615",
    ];
    for bound in bounds {
        texts.extend([">=", ">", "<=", "<"].map(|op| format!("x {op} {bound}")));
    }
    let parse = |text: &String| Selector::parse(text).unwrap().atoms()[0].clone();
    texts.iter().map(parse).collect()
}

fn answers(tests: &[&Test], value: Option<&str>) -> Vec<bool> {
    tests.iter().map(|t| t.holds_of_label(value)).collect()
}

/// Checks all that a partition promises, on its representatives and on `samples`.
fn check(tests: &[&Test], samples: &[&str]) {
    let partition = Partition::of(tests.iter().copied());
    let representatives = partition.representatives();
    let mut by_class: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
    let mut members: BTreeMap<usize, BTreeSet<Option<&str>>> = BTreeMap::new();
    for value in &representatives {
        let (value, class) = (value.as_deref(), partition.class_of(value.as_deref()));
        assert!(class < partition.n_classes());
        assert!(members.entry(class).or_default().insert(value), "{value:?} is listed twice");
        let known = by_class.entry(class).or_insert_with(|| answers(tests, value));
        assert_eq!(*known, answers(tests, value), "{value:?}");
    }
    for (class, members) in &members {
        let single = *class < partition.explicit().len() || *class + 1 == partition.n_classes();
        assert_eq!(members.len(), if single { 1 } else { 2 }, "{members:?}");
    }
    for sample in samples {
        let class = partition.class_of(Some(sample));
        assert_eq!(by_class.get(&class), Some(&answers(tests, Some(sample))), "{sample:?}");
    }
}

#[test]
fn one_test_or_two_partition_all_values() {
    let tests = tests();
    for a in &tests {
        check(&[a], &VALUES);
        for b in &tests {
            check(&[a, b], &VALUES);
        }
    }
    check(&tests.iter().collect::<Vec<_>>(), &VALUES);
    check(&[], &VALUES);
}

#[test]
fn a_partition_can_be_refined() {
    let partition = Partition::of(&tests()).with_explicit("zz".into());
    assert_ne!(partition.class_of(Some("zz")), partition.class_of(Some("zy")));
    assert_eq!(partition.clone().with_explicit("zz".into()), partition);
}

#[test]
fn comparisons_with_the_same_cut_are_one() {
    let atoms = |text: &str| Selector::parse(text).unwrap();
    let s = atoms("x > 4 or x >= 5 or x < 5 or x <= 4");
    assert_eq!(Partition::of(s.atoms()).n_classes(), 4);
    let s = atoms("x > 1.2.3 or x < 1.2.4-0");
    assert_eq!(Partition::of(s.atoms()).n_classes(), 4);
}

#[test]
fn representatives_are_spelled_as_one_writes_them_and_once_more() {
    let s = Selector::parse("x >= 0 and x >= 1.2").unwrap();
    let representatives = Partition::of(s.atoms()).representatives();
    let told: Vec<Option<&str>> = representatives.iter().map(Option::as_deref).collect();
    let integers = ["-1", "-01", "0", "00"];
    let versions = ["0.0.0-0", "v0.0.0-0", "1.2.0", "v1.2.0"];
    let strings = [&integers[..], &versions[..], &["other", "other-1"]].concat();
    let expected: Vec<Option<&str>> = strings.into_iter().map(Some).chain([None]).collect();
    assert_eq!(told, expected);
}

fn sample() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}",
        "[+-]?[0-9]{1,20}",
        "v?[0-2]\\.[0-3](\\.[0-2])?(-(rc|[0-9])(\\.[0-9])?)?(\\+b)?",
        any::<i64>().prop_map(|n| n.to_string()),
        "[a-z.0-9-]{0,6}",
        ".{0,5}",
    ]
}

proptest! {
    #[test]
    fn every_string_is_in_a_class_whose_members_answer_alike(
        mask in any::<u64>(), samples in prop::collection::vec(sample(), 20),
    ) {
        let tests = tests();
        let chosen = tests.iter().enumerate().filter(|(i, _)| mask >> (i % 64) & 1 == 1);
        let chosen: Vec<&Test> = chosen.map(|(_, t)| t).collect();
        let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
        check(&chosen, &samples);
    }
}
