//! The catalogue: complete, consistent, and written down where others read it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::HashSet;
use std::path::Path;

use escadre_laws::{Catalogue, Equation, catalogue, markdown, tsv};

/// Compares a checked-in file with what it should be; `ESCADRE_BLESS=1` rewrites it.
pub(crate) fn check_file(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is not current: run with ESCADRE_BLESS=1", path.display());
}

#[test]
fn the_catalogue_can_be_read() {
    let read = Catalogue::read().unwrap();
    assert_eq!((read.laws.len(), read.non_laws.len(), read.consequences.len()), (170, 32, 21));
    assert_eq!(read.consequences.iter().filter(|law| law.holds()).count(), 17);
    assert_eq!(read.laws.iter().filter(|law| law.is_axiom).count(), 8);
    assert_eq!(read.properties.len(), 21);
    for group in &read.groups {
        assert!(read.laws.iter().any(|law| law.group == group.name), "{} is empty", group.name);
    }
}

#[test]
fn the_table_for_other_programs_is_current() {
    check_file("catalogue.tsv", &tsv());
}

#[test]
fn the_handbook_is_current() {
    check_file("../docs/laws.md", &markdown());
}

#[test]
fn every_name_and_every_equation_stands_once() {
    let c = catalogue();
    let mut names = HashSet::new();
    let mut equations: HashSet<Equation> = HashSet::new();
    let laws = c.laws.iter().map(|law| (law.id, law.name, law.meaning));
    let non_laws = c.non_laws.iter().map(|law| (law.id, law.name, law.meaning));
    let consequences = c.consequences.iter().map(|law| (law.id, law.name, law.meaning));
    let properties = c.properties.iter().map(|law| (law.id, law.name, law.meaning));
    for (id, name, meaning) in laws.chain(non_laws).chain(consequences).chain(properties) {
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
        assert!(names.insert(id), "{id} stands twice");
        assert!(names.insert(name), "{name} stands twice");
        assert!(
            meaning.ends_with('.') && !meaning[..meaning.len() - 1].contains(". "),
            "{meaning}"
        );
    }
    for law in &c.laws {
        assert!(equations.insert(law.equation.clone()), "{} stands twice", law.equation);
    }
}

#[test]
fn every_law_of_the_first_proofs_is_here() {
    // The 115 laws and 24 non-laws with which the project began, in their order.
    let rows = include_str!("first_proofs.tsv");
    let c = catalogue();
    let mut counts = (0, 0);
    for row in rows.lines() {
        let (kind, text) = row.split_once('\t').unwrap();
        let equation = Equation::parse(text).unwrap();
        let same = |other: &Equation| {
            *other == equation
                || (other.relation == equation.relation
                    && other.left == equation.right
                    && other.right == equation.left)
        };
        let found = match kind {
            "law" => {
                counts.0 += 1;
                c.laws.iter().any(|law| same(&law.equation))
            }
            _ => {
                counts.1 += 1;
                c.non_laws.iter().any(|law| same(&law.equation))
            }
        };
        assert!(found, "{kind} {equation} is not in the catalogue");
    }
    assert_eq!(counts, (115, 24));
}
