//! The decision procedure: right about the catalogue, right about anything, and real.

use std::time::Instant;

use escadre_laws::{
    Condition, Equation, Formula, Op, Relation, Sampling, Sets, Term, catalogue, decide, exhaust,
    sample, sufficient,
};
use proptest::prelude::*;

use crate::catalogue::check_file;

#[test]
fn every_law_is_proved() {
    for law in &catalogue().laws {
        let verdict = decide(&law.equation, &law.condition);
        let found = verdict.counterexample().map(ToString::to_string);
        assert_eq!(found, None, "{}: {}", law.id, law.equation);
    }
}

#[test]
fn every_non_law_is_refuted_by_its_smallest_counterexample() {
    for law in &catalogue().non_laws {
        let verdict = decide(&law.equation, &Condition::default());
        let found = verdict.counterexample().map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(law.counterexample), "{}: {}", law.id, law.equation);
    }
}

#[test]
fn no_condition_can_be_left_out() {
    let mut n_conditions = 0;
    for law in &catalogue().laws {
        for weaker in law.condition.weaker() {
            if law.equation.has_complement() && weaker.sets != law.condition.sets {
                continue;
            }
            n_conditions += 1;
            let verdict = decide(&law.equation, &weaker);
            assert!(!verdict.holds(), "{} holds under `{weaker}` as well", law.id);
            real(&law.equation, &weaker);
        }
    }
    assert!(n_conditions >= 10, "{n_conditions}");
}

#[test]
fn beside_a_complement_every_set_is_whole() {
    let mut n_laws = 0;
    for law in catalogue().laws.iter().filter(|law| law.equation.has_complement()) {
        n_laws += 1;
        let named = law.equation.names().paths;
        let sets = law.condition.sets.iter().enumerate();
        let mut sets = sets.filter(|(k, _)| named >> k & 1 == 1);
        assert!(sets.all(|(_, kind)| *kind == Sets::Whole), "{}: {}", law.id, law.condition);
        // Without saying so it is the same: a complement is defined of nothing else.
        let unsaid = Condition { sets: [Sets::All; 2], ..law.condition };
        assert!(decide(&law.equation, &unsaid).holds(), "{}", law.id);
    }
    assert!(n_laws > 0);
}

#[test]
fn the_conditions_of_the_catalogue_are_found() {
    let laws = catalogue().laws.iter().filter(|law| !law.equation.has_complement());
    for law in laws.filter(|law| law.id != "keep_keep") {
        assert_eq!(sufficient(&law.equation), Some(law.condition), "{}", law.id);
    }
    // Here either set may be the one that holds whole resources.
    let keep_keep = "keep(P, keep(Q, a)) = keep(P and Q, a)".parse().unwrap();
    assert_eq!(sufficient(&keep_keep).unwrap().to_string(), "whole Q");
    for law in &catalogue().non_laws {
        let found = sufficient(&law.equation);
        assert!(found.is_none() || law.id == "keep_intersection_of_subtrees", "{}", law.id);
    }
}

/// A counterexample of the procedure, if there is one, is one of `denote`.
fn real(equation: &Equation, condition: &Condition) {
    if let Some(counterexample) = decide(equation, condition).counterexample() {
        let (values, devices) = counterexample.to_fleets();
        let difference = values.difference(equation, &devices);
        assert!(difference.is_some(), "{equation} ({condition}): {counterexample} is not real");
    }
}

#[test]
fn every_counterexample_is_real() {
    for law in &catalogue().non_laws {
        real(&law.equation, &Condition::default());
    }
}

#[test]
fn every_counterexample_can_be_pasted() {
    let non_laws = catalogue().non_laws.iter();
    let non_laws = non_laws.map(|law| (law.id.to_owned(), &law.equation, Condition::default()));
    let weakened = catalogue().laws.iter().flat_map(|law| {
        let weaker = law.condition.weaker().into_iter().enumerate();
        weaker.map(|(i, weaker)| (format!("{}_{i}", law.id), &law.equation, weaker))
    });
    let refuted = non_laws.chain(weakened).filter_map(|(name, equation, condition)| {
        let verdict = decide(equation, &condition);
        Some((name, verdict.counterexample()?.rust()))
    });
    let programs: Vec<(String, String)> = refuted.collect();
    for (file, programs) in ["first", "second", "third"].iter().zip(programs.chunks(17)) {
        let mut text =
            String::from("//! Counterexamples as `Counterexample::rust` writes them. Generated.\n");
        for (name, rust) in programs {
            let module: String = rust.lines().map(|line| format!("    {line}\n")).collect();
            let module = module.replace("fn main()", "#[test]\n    fn differs()");
            let module = module.replace("    \n", "\n");
            text += &format!("\n#[rustfmt::skip]\nmod {name} {{\n{module}}}\n");
        }
        check_file(&format!("tests/it/pasted/{file}.rs"), &text);
    }
    assert!(programs.len() <= 3 * 17, "{} programs want another file", programs.len());
}

fn arb_formula(names: &'static [&'static str]) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(names).prop_map(str::to_owned).boxed();
    leaf.prop_recursive(2, 4, 2, |f| {
        prop_oneof![
            (f.clone(), f.clone()).prop_map(|(x, y)| format!("({x} and {y})")),
            (f.clone(), f).prop_map(|(x, y)| format!("({x} or {y})")),
        ]
        .boxed()
    })
    .boxed()
}

/// A random term over few fleets, as text.
pub(crate) fn arb_term() -> BoxedStrategy<String> {
    let leaf = prop::sample::select(&["a", "b", "c", "0", "1", "a", "b"][..]);
    let leaf = leaf.prop_map(str::to_owned).boxed();
    let infix = ["union", "overlay", "patch", "mask"];
    let combined = move |t: BoxedStrategy<String>| {
        let pair = (t.clone(), t.clone());
        let infix = (pair.clone(), prop::sample::select(infix.to_vec()));
        let selectors = arb_formula(&["s", "t", "not s", "true", "false"]);
        let sets = arb_formula(&["P", "Q", "P", "true", "false"]);
        prop_oneof![
            4 => infix.prop_map(|((x, y), op)| format!("({x} {op} {y})")),
            1 => pair.clone().prop_map(|(x, y)| format!("within({x}, {y})")),
            1 => pair.clone().prop_map(|(x, y)| format!("without({x}, {y})")),
            1 => (selectors.clone(), t.clone()).prop_map(|(s, x)| format!("restrict({s}, {x})")),
            1 => (selectors, pair).prop_map(|(s, (x, y))| format!("choose({s}, {x}, {y})")),
            2 => (sets.clone(), t.clone()).prop_map(|(p, x)| format!("forget({p}, {x})")),
            2 => (sets, t).prop_map(|(p, x)| format!("keep({p}, {x})")),
        ]
        .boxed()
    };
    leaf.prop_recursive(4, 10, 2, combined).boxed()
}

fn arb_condition() -> BoxedStrategy<Condition> {
    let sets = prop::sample::select(&[Sets::All, Sets::Subtrees, Sets::Whole][..]);
    (0..8_u8, sets.clone(), sets)
        .prop_map(|(orphan_free, p, q)| Condition { orphan_free, sets: [p, q] })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn verdicts_on_random_equations_are_those_of_denote(
        left in arb_term(), right in arb_term(), condition in arb_condition()
    ) {
        let equation = Equation::parse(&format!("{left} = {right}")).unwrap();
        if decide(&equation, &condition).holds() {
            let sampling = Sampling { n_cases: 16, ..Sampling::default() };
            let trial = sample(&equation, &condition, &sampling);
            prop_assert!(trial.agrees(), "{}", trial.disagreement().unwrap());
        } else {
            real(&equation, &condition);
        }
    }

    #[test]
    fn a_term_equals_its_combination_with_itself(text in arb_term()) {
        // Most random pairs differ; these hold, and so try the procedure's proofs.
        let term = Term::parse(&text).unwrap();
        for op in [Op::Union, Op::Overlay, Op::Patch, Op::Within] {
            let left = Term::apply(op, [term.clone(), term.clone()]);
            let equation = Equation { left, relation: Relation::Equal, right: term.clone() };
            prop_assert!(decide(&equation, &Condition::default()).holds(), "{}", equation);
        }
    }
}

#[test]
fn a_false_law_is_refused_by_every_driver() {
    let equation: Equation = "a overlay (b union c) = (a overlay b) union c".parse().unwrap();
    let condition = Condition::default();
    let decided = decide(&equation, &condition);
    assert_eq!(decided.counterexample().unwrap().to_string(), "a={p:1} b=- c={p:3}");
    assert!(!exhaust(&equation, &condition).agrees());
    let sampled = sample(&equation, &condition, &Sampling::default());
    let message = sampled.disagreement().unwrap().to_string();
    assert!(message.contains("left:") && message.len() < 1000, "{message}");
}

#[test]
fn the_whole_catalogue_is_decided_at_once() {
    let start = Instant::now();
    let n_cases: usize = catalogue()
        .laws
        .iter()
        .map(|law| match decide(&law.equation, &law.condition) {
            escadre_laws::Verdict::Proved { n_cases } => n_cases,
            escadre_laws::Verdict::Refuted(_) => 0,
        })
        .sum();
    println!("{n_cases} cases in {:?}", start.elapsed());
    assert!(n_cases > 1_000);
}

#[test]
fn formulas_have_two_sorts_of_atoms() {
    let term = Term::parse("restrict(not (s and t), forget(P or Q, a))").unwrap();
    let formulas: Vec<&Formula> = term.ops().iter().filter_map(Op::formula).collect();
    assert_eq!(formulas.iter().map(ToString::to_string).collect::<Vec<_>>(), ["P ∪ Q", "¬(s ∧ t)"]);
    assert_eq!(term.names().paths, 0b11);
}
