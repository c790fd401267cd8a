//! The implications of the catalogue.

use escadre_laws::{Implication, Judgement, catalogue, decide_implication, exhaust_implication};

#[test]
fn every_implication_is_judged_as_the_catalogue_says() {
    for law in &catalogue().consequences {
        let found = match decide_implication(&law.implication) {
            Judgement::Proved { .. } => None,
            Judgement::Refuted(premises) => Some(premises.to_string()),
        };
        assert_eq!(found.as_deref(), law.counterexample, "{}: {}", law.id, law.implication);
    }
}

#[test]
fn every_implication_is_exhausted_as_the_catalogue_says() {
    for law in &catalogue().consequences {
        match exhaust_implication(&law.implication) {
            Ok(n_satisfied) => {
                assert!(law.holds(), "{} holds on the small universe", law.id);
                assert!(n_satisfied >= 7, "the premises of {} are hardly ever met", law.id);
            }
            Err(_) => assert!(!law.holds(), "{} fails on the small universe", law.id),
        }
    }
}

#[test]
fn every_counterexample_of_an_implication_is_real() {
    for law in &catalogue().consequences {
        let Judgement::Refuted(premises) = decide_implication(&law.implication) else { continue };
        let (values, devices) = premises.to_fleets();
        assert!(law.implication.is_refuted_by(&values, &devices), "{}", law.id);
    }
}

#[test]
fn a_false_implication_is_refused() {
    let implication = Implication::parse("resolved(a union b)", "a overlay b = a").unwrap();
    assert!(!decide_implication(&implication).holds());
    assert!(exhaust_implication(&implication).is_err());
}
