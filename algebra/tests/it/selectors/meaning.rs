//! What selectors mean.

use escadre_algebra::{Completion, Facts, Knowledge, Partition, Selector, label};
use proptest::prelude::*;

use super::{KEYS, VALUES, known, partly_known, selector};

fn holds(text: &str, labels: &[(&str, &str)]) -> bool {
    let facts = Facts::of("d", labels.iter().copied()).unwrap();
    Selector::parse(text).unwrap().matches(&facts).unwrap()
}

#[test]
fn an_order_is_false_where_the_label_does_not_parse() {
    for text in ["x > 1", "x >= 1", "x < 1", "x <= 1", "x > 1.0", "x >= 1.0", "x < 1.0", "x <= 1.0"]
    {
        assert!(!holds(text, &[]) && !holds(text, &[("x", "one")]), "{text}");
    }
    assert!(!holds("x >= 1", &[("x", "1.0")]) && !holds("x >= 1.0", &[("x", "1")]));
    assert!(holds("x >= 5", &[("x", "+05")]) && !holds("x < 5", &[("x", "99999999999999999999")]));
    assert!(holds("x > 1.2.0-rc.1", &[("x", "v1.2")]) && holds("x <= 1.2", &[("x", "1.2.0+b7")]));
}

#[test]
fn unequal_holds_where_the_label_is_absent() {
    assert!(
        holds("x != a", &[]) && holds("x notin (a, b)", &[]) && !holds("x != a", &[("x", "a")])
    );
}

#[test]
fn two_unknown_labels_are_completed_independently_of_each_other() {
    let device = Facts::of("d", []).unwrap().with_unknown("a").unwrap();
    let device = device.with_unknown("b").unwrap();
    let matches = |text: &str| Selector::parse(text).unwrap().matches(&device);
    // Both agree wherever the labels take the same of their values.
    assert_eq!(matches("(a = 1 and b = 1) or (a != 1 and b != 1)"), None);
    // Only the second label decides; the first would hide that from Kleene's rules.
    assert_eq!(matches("(a = 1 or a != 1) and b = 1"), None);
    assert_eq!(matches("(a = 1 or a != 1) and (b = 1 or b != 1)"), Some(true));
}

#[test]
fn past_the_budget_the_answer_is_undetermined() {
    let keys = (0..14).map(|i| label(format!("k{i}")).eq("x"));
    let parity = keys.reduce(|s, t| (s.clone() & !t.clone()) | (!s & t)).unwrap();
    let tautology = parity.clone() | !parity;
    let d = Facts::of("d", []).unwrap();
    assert_eq!(tautology.matches(&d), Some(true));
    assert_eq!(tautology.matches(&d.with_unlisted_unknown()), None);
}

#[test]
fn many_values_of_one_unknown_label_are_within_the_budget() {
    let sites = label("site").is_in((0..5000).map(|i| i.to_string()));
    let all = sites.clone() | !sites.clone();
    let d = Facts::of("d", []).unwrap().with_unknown("site").unwrap();
    assert_eq!(all.matches(&d), Some(true));
    assert_eq!(sites.matches(&d), None);
}

/// One completion of some facts.
struct Full<'a>(&'a Facts, Vec<(&'static str, Option<String>)>);

impl Completion for Full<'_> {
    fn device_id(&self) -> &escadre_algebra::DeviceId {
        self.0.id()
    }
    fn value(&self, key: &str) -> Option<&str> {
        match self.1.iter().find(|(k, _)| *k == key) {
            Some((_, value)) => value.as_deref(),
            None => self.0.value(key),
        }
    }
}

/// The answers of all completions over the representatives and all values of these tests.
fn answers(s: &Selector, facts: &Facts) -> Vec<bool> {
    let mut completions: Vec<Vec<(&'static str, Option<String>)>> = vec![Vec::new()];
    for key in KEYS.into_iter().filter(|k| facts.label(k) == Knowledge::Unknown) {
        let tests = s.atoms().into_iter().filter(|t| t.key().is_some_and(|k| k.as_str() == key));
        let mut values: Vec<Option<String>> = Partition::of(tests)
            .representatives()
            .into_iter()
            .map(|v| v.map(|v| v.to_string()))
            .collect();
        values.extend(VALUES.map(|v| Some(v.to_owned())));
        completions = completions
            .iter()
            .flat_map(|c| values.iter().map(|v| [c.clone(), vec![(key, v.clone())]].concat()))
            .collect();
    }
    completions.into_iter().map(|c| s.holds(&Full(facts, c))).collect()
}

proptest! {
    #[test]
    fn an_answer_is_that_of_every_completion_or_two_of_them_disagree(
        s in selector(), d in partly_known(),
    ) {
        let answers = answers(&s, &d);
        let agreed = answers.iter().all(|a| *a == answers[0]).then_some(answers[0]);
        prop_assert_eq!(s.matches(&d), agreed);
    }

    #[test]
    fn kleene_s_rules_never_contradict_the_completions(s in selector(), d in partly_known()) {
        if let Some(answer) = s.decide(|t| t.matches(&d)) {
            prop_assert_eq!(s.matches(&d), Some(answer));
        }
    }

    #[test]
    fn known_labels_always_give_an_answer(s in selector(), d in known()) {
        prop_assert_eq!(s.matches(&d), Some(s.holds_on(&d)));
        prop_assert_eq!(s.failing(&d).is_empty(), s.holds_on(&d));
    }

    #[test]
    fn the_operators_are_those_of_a_boolean_algebra(
        s in selector(), t in selector(), u in selector(), d in known(),
    ) {
        let same = |a: Selector, b: Selector| a.holds_on(&d) == b.holds_on(&d);
        let (s, t, u) = (|| s.clone(), || t.clone(), || u.clone());
        prop_assert!(same(!(s() & t()), !s() | !t()));
        prop_assert!(same(!(s() | t()), !s() & !t()));
        prop_assert!(same(s() & (t() | u()), (s() & t()) | (s() & u())));
        prop_assert!(same(s() & t(), t() & s()));
        prop_assert!(same((s() & t()) & u(), Selector::all_of([s(), t(), u()])));
        prop_assert!(same((s() | t()) | u(), Selector::any_of([s(), t(), u()])));
        prop_assert!(same(s() | !s(), Selector::all()));
        prop_assert!(same(s() & !s(), Selector::none()));
        prop_assert!(same(!!s(), s()));
    }
}

#[test]
fn what_the_known_labels_decide_needs_no_completions() {
    let unknown = Selector::all_of((0..14).map(|i| label(format!("k{i}")).eq("x")));
    let d = Facts::of("d", [("role", "camera")]).unwrap().with_unlisted_unknown();
    assert_eq!((label("role").eq("sensor") & unknown.clone()).matches(&d), Some(false));
    assert_eq!((label("role").eq("camera") | unknown).matches(&d), Some(true));
}
