//! Classes of a label's values, as analyses name them by bounds and show them by members.

use escadre_algebra::analysis::Analysis;
use escadre_algebra::{
    Facts, Fleet, Partition, PathSet, Resource, Selector, denote, deploy, label, text,
};

use crate::selectors::{VALUES, partition};

/// The device whose label `x` is `value`.
fn with_x(value: Option<&str>) -> Facts {
    Facts::of("d", value.map(|value| ("x", value))).unwrap()
}

/// A device of every kind that the tests of partitions tell apart, and some more.
fn devices() -> Vec<Facts> {
    let values = Partition::of(&partition::tests()).representatives();
    let values = values.iter().map(Option::as_deref).chain(VALUES.map(Some));
    values.map(with_x).collect()
}

/// Asks whether `s` holds nowhere, of an analysis that reads `no`, which is not `s`: a region that
/// is found, and the device that shows it, are of `s`, and one is found iff there is such a device.
fn check(analysis: &mut Analysis, s: &Selector, no: &Selector, devices: &[Facts]) {
    let answer = analysis.always(no);
    assert_eq!(answer.is_proven(), devices.iter().all(|d| !s.holds_on(d)), "{s}: {answer:?}");
    let Some(witness) = answer.witness() else { return };
    let Some(facts) = &witness.facts else { panic!("no device where {s}") };
    assert!(s.holds_on(facts) && witness.region.holds_on(facts), "{facts:?} where {s}");
    let wrong = devices.iter().find(|d| witness.region.holds_on(d) && !s.holds_on(d));
    assert!(wrong.is_none(), "{wrong:?} where {}, but not where {s}", witness.region);
}

#[test]
fn where_one_test_holds_and_another_fails_is_found_iff_a_device_is_there() {
    let (devices, tests) = (devices(), partition::tests());
    let tests: Vec<Selector> = tests.into_iter().map(Selector::from).collect();
    let asked = tests.iter().flat_map(|a| tests.iter().map(|b| a.clone() & !b.clone()));
    let asked: Vec<(Selector, Selector)> = asked.map(|s| (s.clone(), !s)).collect();
    let mut analysis = Analysis::of([]).reading(asked.iter().map(|(_, no)| no));
    for (s, no) in &asked {
        check(&mut analysis, s, no, &devices);
    }
}

#[test]
fn where_a_single_test_holds_or_fails_is_found_iff_a_device_is_there() {
    let devices = devices();
    for test in partition::tests() {
        let (s, no) = (Selector::from(test.clone()), !Selector::from(test));
        check(&mut Analysis::of([]), &s, &no, &devices);
        check(&mut Analysis::of([]), &no, &s, &devices);
    }
}

#[test]
fn where_all_numbers_of_a_kind_are_is_not_where_other_strings_are() {
    let most = u64::MAX;
    for (all, region) in [
        (format!("x <= {}", i64::MAX), format!("x >= {}", i64::MIN)),
        (format!("x <= {most}.{most}.{most}"), "x >= 0.0.0-0".to_owned()),
    ] {
        let answer = Analysis::of([]).always(&!Selector::parse(&all).unwrap());
        assert_eq!(answer.witness().map(|w| w.region.to_string()), Some(region));
    }
}

/// Deploys what the label `key` says, to where `s` holds of `a` and of `b`.
fn says(key: &str, s: &str) -> Fleet {
    let [a, b] = ["a", "b"].map(|key| Selector::parse(&s.replace('x', key)).unwrap());
    deploy(Resource::new("web").set("site", text("") + label(key))).restrict(a & b)
}

#[test]
fn two_labels_of_one_class_are_shown_by_different_members() {
    for s in [
        "x < 3",
        "x < -9223372036854775807",
        r#"x >= 3 and x < 4 and not x in ("3", "03")"#,
        r#"x > 3 and not x in ("4", "004")"#,
        "x < 1.2",
        "x < 0.0.0-0.0",
        r#"x >= 1.2 and x < 1.2.1-0 and not x in ("1.2.0", "v1.2.0")"#,
        r#"x > 1.2 and not x in ("v1.2.1-0")"#,
        r#"x and not x in ("other", "other-1")"#,
        r#"x and not x < 3 and not x >= 3 and not x in ("3", "03")"#,
        r#"x and not x < 1.2 and not x >= 1.2 and not x = "1.2""#,
        r#"x and not x < 3 and not x >= 3 and not x < 1.2 and not x >= 1.2"#,
    ] {
        let (f, g) = (says("a", s), says("b", s));
        let answer = Analysis::of([&f, &g]).equivalent(&f, &g);
        let Some(facts) = answer.witness().and_then(|witness| witness.facts.clone()) else {
            panic!("no device where {s}: {answer:?}")
        };
        assert_ne!(denote::<()>(&f, &facts), denote::<()>(&g, &facts), "{facts:?} where {s}");
    }
}

/// Where a text of the label `x` is said to depend on it, if it is deployed where `s` holds.
fn dependence(s: &str) -> Selector {
    let s = Selector::parse(s).unwrap();
    let f = deploy(Resource::new("web").set("site", text("") + label("x"))).restrict(s);
    let found = Analysis::of([&f]).dependences(&f, &PathSet::all()).unwrap();
    let [dependence] = &found[..] else { panic!("one dependence was expected: {found:?}") };
    dependence.region.clone()
}

#[test]
fn a_dependence_in_other_strings_is_in_no_interval() {
    let region = dependence("x and not (x < 3 or x >= 3 or x < 1.2 or x >= 1.2)");
    let outside = ["2", "3", "1.1.0", "1.2.0"].map(Some).into_iter().chain([None]);
    for value in outside {
        assert!(!region.holds_on(&with_x(value)), "{value:?} where {region}");
    }
    assert!(region.holds_on(&with_x(Some("few"))), "{region}");
}

#[test]
fn an_interval_below_the_least_number_is_not_named() {
    let region = dependence("x and not (x >= -9223372036854775808 or x >= 0.0.0-0)");
    assert_eq!(region.to_string(), "not (x >= -9223372036854775808 or x >= 0.0.0-0 or !x)",);
}
