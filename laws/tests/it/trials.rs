//! Sampling and exhausting agree with the catalogue.

use escadre_laws::{Condition, Sampling, catalogue, exhaust, sample};

#[test]
fn every_law_holds_on_random_fleets() {
    let sampling = Sampling { n_cases: 64, ..Sampling::default() };
    for law in &catalogue().laws {
        let trial = sample(&law.equation, &law.condition, &sampling);
        assert!(trial.agrees(), "{}: {trial}", law.id);
    }
}

#[test]
fn every_law_holds_on_a_small_universe() {
    for law in &catalogue().laws {
        let trial = exhaust(&law.equation, &law.condition);
        assert!(trial.agrees(), "{}: {trial}", law.id);
    }
}

#[test]
fn every_non_law_fails_on_random_fleets() {
    let sampling = Sampling { n_cases: 20_000, ..Sampling::default() };
    for law in &catalogue().non_laws {
        let trial = sample(&law.equation, &Condition::default(), &sampling);
        assert!(trial.disagreement().is_some(), "{}: {}: {trial}", law.id, law.equation);
    }
}

#[test]
fn every_non_law_fails_on_a_small_universe() {
    for law in &catalogue().non_laws {
        let trial = exhaust(&law.equation, &Condition::default());
        assert!(trial.disagreement().is_some(), "{}: {}: {trial}", law.id, law.equation);
    }
}

#[test]
fn the_same_seed_finds_the_same() {
    let equation = "a overlay b = b overlay a".parse().unwrap();
    let find = |seed| {
        let sampling = Sampling { seed, ..Sampling::default() };
        let trial = sample(&equation, &Condition::default(), &sampling);
        trial.disagreement().unwrap().to_string()
    };
    assert_eq!(find(7), find(7));
    assert!(find(7).lines().count() == 6, "{}", find(7));
}
