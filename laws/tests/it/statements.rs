//! The theorems of Coq say what the catalogue says, not only under the same names.
//!
//! Laws and non-laws are compared, read from both texts. Where Coq must say it in another way, the
//! file `laws/proofs/encodings.tsv` has the statement and why. What follows from what is stated in
//! Coq of fleets, not of terms, and stands apart.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;

use escadre_laws::{Condition, Equation, Term, catalogue};

const SOURCES: [&str; 5] = [
    include_str!("../../proofs/LawsOverlay.v"),
    include_str!("../../proofs/LawsRestrict.v"),
    include_str!("../../proofs/LawsPaths.v"),
    include_str!("../../proofs/LawsPatch.v"),
    include_str!("../../proofs/NonLaws.v"),
];
/// The theorems that say it in another way: name, statement, why.
const ENCODINGS: &str = include_str!("../../proofs/encodings.tsv");

/// What a theorem says.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    holds: bool,
    /// The two terms that are the same fleet, or not.
    sides: (Term, Term),
    /// The fleets without orphans, a bit each.
    orphan_free: u8,
}

/// The statements of the sources, by name, each on one line.
fn statements() -> BTreeMap<&'static str, String> {
    let theorems = SOURCES.iter().flat_map(|source| source.split("\nTheorem ").skip(1));
    let statements = theorems.map(|theorem| {
        let (name, rest) = theorem.split_once(" : ").unwrap();
        let (statement, _) = rest.split_once(".\nProof").unwrap();
        (name, statement.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    statements.collect()
}

/// What the statement says, read as `laws/proofs/Notation.v` has it.
fn read(statement: &str) -> Said {
    let (statement, orphans) =
        statement.split_once(" without orphans in ").unwrap_or((statement, "[]"));
    let (inner, is_negated) =
        statement.strip_prefix("~ ").map_or((statement, false), |inner| (inner, true));
    if let Some(given) = inner.strip_prefix("ValidGiven (Given ") {
        let (given, sides) = given.split_once(") ").unwrap();
        let orphans = &given[..=given.find(']').unwrap()];
        let mut coq = Coq(sides);
        let (left, right) = (coq.argument(), coq.argument());
        assert_eq!(coq.0, "", "in {statement}");
        return said(!is_negated, (&left, "=", &right), orphans);
    }
    let relations =
        [(" == ", true, "="), (" =/= ", false, "="), (" ⊑ ", true, "⊑"), (" ⋢ ", false, "⊑")];
    let (holds, relation, (left, right)) = relations
        .iter()
        .find_map(|(coq, holds, ours)| Some((*holds, *ours, statement.split_once(coq)?)))
        .unwrap_or_else(|| panic!("no relation in {statement}"));
    let side = |text| {
        let mut coq = Coq(text);
        let side = coq.term(50);
        assert_eq!(coq.0, "", "in {statement}");
        side
    };
    said(holds, (&side(left), relation, &side(right)), orphans)
}

fn said(holds: bool, (left, relation, right): (&str, &str, &str), orphans: &str) -> Said {
    let text = format!("{left} {relation} {right}");
    let equation: Equation = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let fleets = orphans.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
    let orphan_free = fleets.map(|n| 1 << n.parse::<u8>().unwrap()).sum();
    Said { holds, sides: equation.sides(), orphan_free }
}

/// What is left to read of a term or formula of Coq; its parts are spelled as the crate reads them.
struct Coq<'a>(&'a str);

/// The infix operators: level, how Coq spells them, whether to the right.
const INFIX: [(u8, &str, bool); 7] = [
    (40, "∧", false),
    (42, "∨", false),
    (45, "·", true),
    (50, "∪", false),
    (50, "⊕", false),
    (50, "◁", false),
    (50, "mask", false),
];

impl Coq<'_> {
    fn skip(&mut self, token: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(token) else { return false };
        self.0 = rest.trim_start();
        true
    }

    /// A term whose operators bind at least as tightly as `level`.
    fn term(&mut self, level: u8) -> String {
        let mut left = self.application();
        while let Some((at, op, is_right)) =
            INFIX.iter().find(|(at, op, _)| *at <= level && self.0.starts_with(op))
        {
            self.skip(op);
            let right = self.term(if *is_right { *at } else { *at - 1 });
            left = format!("({left} {op} {right})");
        }
        left
    }

    /// A function of arguments, or one argument.
    fn application(&mut self) -> String {
        let functions =
            [("Forget ", 2), ("Keep ", 2), ("Within ", 2), ("Without ", 2), ("Choose ", 3)];
        for (name, n_arguments) in functions {
            if self.skip(name) {
                let arguments: Vec<String> = (0..n_arguments).map(|_| self.argument()).collect();
                return format!("{}({})", name.trim().to_lowercase(), arguments.join(", "));
            }
        }
        if self.skip("¬") { format!("¬{}", self.application()) } else { self.argument() }
    }

    fn argument(&mut self) -> String {
        if self.skip("(") {
            let inner = self.term(50);
            assert!(self.skip(")"), "no parenthesis before `{}`", self.0);
            return format!("({inner})");
        }
        for (coq, ours) in [("Zero", "0"), ("One", "1"), ("True_", "⊤"), ("False_", "⊥")] {
            if self.skip(coq) {
                return ours.to_owned();
            }
        }
        let name = self.0.chars().next().filter(|c| "abcdstPQ".contains(*c));
        let name = name.unwrap_or_else(|| panic!("no name before `{}`", self.0));
        self.0 = self.0[1..].trim_start();
        name.to_string()
    }
}

#[test]
fn every_theorem_says_what_the_catalogue_says() {
    let c = catalogue();
    let laws = c.laws.iter().map(|law| (law.theorem(), true, &law.equation, law.condition));
    let non_laws = c.non_laws.iter();
    let non_laws = non_laws.map(|law| (law.theorem(), false, &law.equation, Condition::default()));
    let statements = statements();
    let mut encodings: BTreeMap<&str, &str> = ENCODINGS
        .lines()
        .map(|row| {
            let (theorem, rest) = row.split_once('\t').unwrap();
            (theorem, rest.split_once('\t').unwrap().0)
        })
        .collect();
    let (mut n_same, mut differ) = (0, Vec::new());
    for (theorem, holds, equation, condition) in laws.chain(non_laws) {
        let statement = statements.get(theorem.as_str());
        let statement = statement.unwrap_or_else(|| panic!("{theorem} is not stated"));
        if let Some(encoding) = encodings.remove(theorem.as_str()) {
            assert_eq!(statement, encoding, "{theorem} is stated in yet another way");
            continue;
        }
        let orphan_free = condition.orphan_free;
        let expected = Said { holds, sides: equation.sides(), orphan_free };
        if read(statement) == expected {
            n_same += 1;
        } else {
            differ.push(format!(
                "{theorem}: Coq has {statement}, the catalogue {equation} ({condition})"
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(encodings.is_empty(), "no law is encoded as {encodings:?}");
    assert!(n_same >= 190, "{n_same}");
}

#[test]
fn a_statement_is_read_as_coq_reads_it() {
    let check = |statement: &str, holds, equation: &str, orphan_free| {
        let equation: Equation = equation.parse().unwrap();
        assert_eq!(read(statement), Said { holds, sides: equation.sides(), orphan_free });
    };
    check("a ⊕ b ⊕ c =/= a ⊕ (b ⊕ c)", false, "(a ⊕ b) ⊕ c = a ⊕ (b ⊕ c)", 0);
    check(
        "s · t · a == (s ∧ t) · a",
        true,
        "restrict(s, restrict(t, a)) = restrict(s and t, a)",
        0,
    );
    check("s · a ⊑ a", true, "restrict(s, a) <= a", 0);
    check("a == b without orphans in [0; 1]", true, "a = b", 0b11);
    check("~ ValidGiven (Given [1] [0] []) (Keep P a) b", false, "keep(P, a) = b", 0b10);
}
