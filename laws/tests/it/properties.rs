//! The properties that are no equations.

use escadre_laws::{Property, Sampling, catalogue, sample_property, tsv};

#[test]
fn every_property_holds_on_random_values() {
    for property in &catalogue().properties {
        let sampled = sample_property(property, &Sampling::default());
        assert!(sampled.is_ok(), "{}", sampled.err().map(|e| e.to_string()).unwrap_or_default());
    }
}

#[test]
fn a_property_that_nothing_checks_does_not_hold() {
    let unknown = Property { name: "dreams", id: "dreams", theorem: None, meaning: "All is well." };
    let broken = sample_property(&unknown, &Sampling::default()).err().map(|b| b.to_string());
    assert_eq!(broken.as_deref(), Some("dreams do not hold:\nnothing checks it"));
}

#[test]
fn every_theorem_of_a_property_is_proved() {
    let (named, others) = (tsv(), include_str!("../../proofs/extra.txt"));
    for theorem in catalogue().properties.iter().filter_map(|property| property.theorem) {
        let is_named = named.lines().any(|row| row.split('\t').nth(6) == Some(theorem));
        let is_listed = others.lines().any(|row| row.split('\t').next() == Some(theorem));
        assert!(is_named || is_listed, "{theorem} is not among the proofs");
    }
}
