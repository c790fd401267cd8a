//! Reading and printing of terms.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use escadre_laws::{Condition, Equation, MAX_NESTING, Term, catalogue, decide};
use proptest::prelude::*;

use crate::decide::arb_term;

/// The message for `input`, which is no equation.
fn message(input: &str) -> String {
    Equation::parse(input).unwrap_err().to_string()
}

#[test]
fn errors_point_at_the_character() {
    let cases = [
        ("a ∪ = b", "a ∪ = b\n    ^ a fleet is expected here, not `=`"),
        (
            "a union (b = c",
            "a union (b = c\n           ^ an operator or `)` is expected here, not `=`",
        ),
        (
            "restrict(a, b) = c",
            "restrict(a, b) = c\n         ^ a selector is expected here, not `a`",
        ),
        ("forget(s, a) = a", "forget(s, a) = a\n       ^ a set of paths is expected here, not `s`"),
        ("within(a) = b", "within(a) = b\n        ^ an operator or `,` is expected here, not `)`"),
        ("a = b = c", "a = b = c\n      ^ the end is expected here, not `=`"),
        ("a # b = c", "a # b = c\n  ^ `#` means nothing here"),
        ("a union b", "a union b\n         ^ `=` or `<=` is expected here, not the end"),
        ("x = a", "x = a\n^ a fleet is expected here, not `x`"),
        ("(s or) · a = a", "(s or) · a = a\n     ^ a selector is expected here, not `)`"),
        ("s a = a", "s a = a\n  ^ `·` is expected here, not `a`"),
        ("", "\n^ a fleet is expected here, not the end"),
    ];
    for (input, expected) in cases {
        assert!(message(input).starts_with(expected), "{input}:\n{}", message(input));
    }
}

#[test]
fn a_long_line_is_shown_near_the_character() {
    let input = format!("a{} union x = a", " union b".repeat(10_000));
    let message = message(&input);
    let mut lines = message.lines();
    let (line, mark) = (lines.next().unwrap(), lines.next().unwrap());
    assert!(line.starts_with('…') && line.chars().count() < 160, "{line}");
    let column = mark.chars().position(|c| c == '^').unwrap();
    assert_eq!(line.chars().nth(column), Some('x'), "{message}");
}

#[test]
fn operators_side_by_side_want_parentheses() {
    assert_eq!(
        message("a union b overlay c = a"),
        "a union b overlay c = a\n          ^ write parentheses: `union` and `overlay` stand side by side"
    );
    assert!(Equation::parse("a union b union c = a").is_ok());
}

#[test]
fn symbols_and_words_are_read_alike() {
    let pairs = [
        ("a ∪ b ⊑ 1", "a | b <= 1"),
        (
            "(s ∧ ¬t) · (a ⊕ b) = ⊥ · 0",
            "restrict(s and not t, overlay(a, b)) == restrict(false, 0)",
        ),
        ("forget(P ∪ ¬Q, a) = keep(∅, a)", "forget(P or !Q, a) = keep(false, a)"),
        ("a ◁ b ◁ c = a mask b", "(a patch b) patch c = mask(a, b)"),
        ("s · t · a = within(a, b)", "restrict(s, restrict(t, a)) = a within b"),
        ("¬(s ∨ t) . a = a", "restrict(not (s | t), a) = a".replace('|', "or").as_str()),
    ]
    .map(|(symbols, words)| (symbols.to_owned(), words.to_owned()));
    for (symbols, words) in pairs {
        assert_eq!(Equation::parse(&symbols).unwrap(), Equation::parse(&words).unwrap());
    }
}

#[test]
fn conjunction_binds_tighter_than_disjunction() {
    let term = Term::parse("restrict(s or t and not s, a)").unwrap();
    assert_eq!(term.to_string(), "(s ∨ (t ∧ ¬s)) · a");
    let term = Term::parse("restrict(s and t or s, a)").unwrap();
    assert_eq!(term.to_string(), "((s ∧ t) ∨ s) · a");
}

#[test]
fn every_law_reads_back_in_both_spellings() {
    for law in &catalogue().laws {
        assert_eq!(Equation::parse(&law.equation.to_string()).as_ref(), Ok(&law.equation));
        let ascii = format!("{:#}", law.equation);
        assert!(ascii.is_ascii(), "{ascii}");
        assert_eq!(Equation::parse(&ascii).as_ref(), Ok(&law.equation));
    }
}

#[test]
fn deep_nesting_is_read_up_to_a_limit() {
    let nested = |n: usize| format!("{}a{} = a", "(a union ".repeat(n), ")".repeat(n));
    let deep = Equation::parse(&nested(MAX_NESTING / 2 - 1)).unwrap();
    assert!(decide(&deep, &Condition::default()).holds());
    assert!(message(&nested(MAX_NESTING)).contains("more than 1000 levels"));
    let formula = format!("restrict({}s, a) = a", "not ".repeat(5_000));
    assert!(message(&formula).contains("more than 1000 levels"));
    // A long chain is no nesting.
    let chain = format!("a{} = a", " union a".repeat(100_000));
    assert!(decide(&Equation::parse(&chain).unwrap(), &Condition::default()).holds());
}

proptest! {
    #[test]
    fn terms_read_back(text in arb_term()) {
        let term = Term::parse(&text).unwrap();
        prop_assert_eq!(Term::parse(&term.to_string()), Ok(term.clone()));
        prop_assert_eq!(Term::parse(&format!("{term:#}")), Ok(term));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[abst0PQ∪⊕◁·¬(),= or<and]{0,24}") {
        let _ = Equation::parse(&text);
        let _ = text.parse::<Condition>();
    }
}
