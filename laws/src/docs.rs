//! The catalogue as a page of the handbook.

mod kills;

use std::fmt::Write;

use crate::catalogue::{Catalogue, Consequence, Law, catalogue};
use crate::condition::Condition;
use crate::decide::{Judgement, Verdict, decide, decide_implication};

const INTRODUCTION: &str = "\
# Laws

Everything on this page is computed: the catalogue is `laws/src/catalogue`, and `docs/laws.md` is generated from it.
Each equation is *decided* by a complete procedure, *sampled* on random fleets through `denote`, *exhausted* on a small universe, and *proved* in Coq under the name in the last column but one.

`a b c d` are fleets, `s t` selectors, `P Q` sets of paths, `0` is the empty fleet and `1` all devices with no claims.
`∪` is union, `⊕` overlay (the right side decides), `◁` patch, `s · a` restriction; `a ⊑ b` means `a ∪ b = b`.
An equation that is not here can be asked: `escadre laws check \"a overlay (b union a) = b union a\"`.

The number of cases is that of the procedure: one device and one path, each fleet absent, a member without the path, or a member with it (with a patch, the root of the path's resource is looked at, too).

A condition in the table restricts the names of the equation:

- *orphan-free* fleets claim the root of a resource wherever they claim something below it. Only `mask` makes others.
- *subtrees* are sets of paths that hold whole subtrees, as `PathSet::under` makes them; *whole* ones hold whole resources.
  Other sets of paths are arbitrary, single paths included.

No condition can be left out: the tests drop each and find a counterexample.
Only beside a complement is there nothing to drop: `¬P` is defined between whole resources, and *whole* says just that.
";

const NON_LAWS: &str = "
## What does not hold

Each of these looks like a law.
In the smallest counterexample `-` is no member, `{}` a member without claims, `p:1` the candidate 1 at the path `p`, and `root` the claimed root of its resource.

| not a law | equation | smallest counterexample | why | theorem |
|---|---|---|---|---|
";

const IMPLICATIONS: &str = "
## What follows from what

Two fleets *commute* if `a ⊕ b = b ⊕ a`.
A fleet is *resolved* if every path has at most one candidate on every device.

| implication | premises | conclusion | what it means | theorem | cases |
|---|---|---|---|---|---:|
";

const NO_IMPLICATIONS: &str = "
These implications do not hold:

| not an implication | premises | conclusion | smallest counterexample | why | theorem |
|---|---|---|---|---|---|
";

const PROPERTIES: &str = "
## Properties

What is no equation between fleets is checked on random values of its own, against plain readings of what it should be.
Where Coq proves it of the model, the theorem is named.

| property | what holds | theorem |
|---|---|---|
";

/// The page of the handbook that lists every law, non-law and implication, in Markdown.
///
/// Every equation is decided while it is written.
#[must_use]
pub fn markdown() -> String {
    let catalogue = catalogue();
    let mut page = INTRODUCTION.to_owned();
    axioms(&mut page, catalogue);
    for group in &catalogue.groups {
        let title = capitalised(group.name);
        // Writing to a string does not fail.
        let _ = write!(page, "\n## {title}\n\n{}\n\n", group.about);
        page.push_str(
            "| law | equation | what it means | theorem | cases |\n|---|---|---|---|---:|\n",
        );
        for law in catalogue.laws.iter().filter(|law| law.group == group.name) {
            law_row(&mut page, law);
        }
    }
    page.push_str(NON_LAWS);
    for law in &catalogue.non_laws {
        let found = match decide(&law.equation, &Condition::default()) {
            Verdict::Refuted(counterexample) => code(&counterexample.to_string()),
            Verdict::Proved { .. } => "none".to_owned(),
        };
        let equation = code(&law.equation.to_string());
        let theorem = code(&law.theorem());
        row(&mut page, &[law.name, &equation, &found, law.meaning, &theorem]);
    }
    consequences(&mut page, catalogue);
    page.push_str(PROPERTIES);
    for property in &catalogue.properties {
        let theorem = property.theorem.map(code).unwrap_or_default();
        row(&mut page, &[property.name, property.meaning, &theorem]);
    }
    kills::section(&mut page, catalogue);
    page
}

fn axioms(page: &mut String, catalogue: &Catalogue) {
    page.push_str("\n## The eight axioms of {0, ∪, ⊕}\n\n");
    page.push_str("They are independent, and every equation of 0, ∪ and ⊕ that holds follows from them (`Complete.v`).\n\n");
    for (i, law) in catalogue.laws.iter().filter(|law| law.is_axiom).enumerate() {
        let _ = writeln!(page, "{}. {}", i + 1, code(law.text));
    }
}

fn law_row(page: &mut String, law: &Law) {
    let cases = match decide(&law.equation, &law.condition) {
        Verdict::Proved { n_cases } => n_cases.to_string(),
        Verdict::Refuted(counterexample) => {
            format!("refuted by {}", code(&counterexample.to_string()))
        }
    };
    let mut equation = code(law.text);
    if !law.condition.is_empty() {
        let _ = write!(equation, " for {}", law.condition);
    }
    row(page, &[law.name, &equation, law.meaning, &code(&law.theorem()), &cases]);
}

fn consequences(page: &mut String, catalogue: &Catalogue) {
    page.push_str(IMPLICATIONS);
    let (hold, fail): (Vec<&Consequence>, Vec<&Consequence>) =
        catalogue.consequences.iter().partition(|consequence| consequence.holds());
    let sides = |consequence: &Consequence| {
        let premises = consequence.implication.premises.iter().map(|p| code(&p.to_string()));
        let premises: Vec<String> = premises.collect();
        (premises.join(", "), code(&consequence.implication.conclusion.to_string()))
    };
    for law in hold {
        let cases = match decide_implication(&law.implication) {
            Judgement::Proved { n_cases } => n_cases.to_string(),
            Judgement::Refuted(premises) => format!("refuted by {}", code(&premises.to_string())),
        };
        let (premises, conclusion) = sides(law);
        row(page, &[law.name, &premises, &conclusion, law.meaning, &code(&law.theorem()), &cases]);
    }
    page.push_str(NO_IMPLICATIONS);
    for law in fail {
        let found = match decide_implication(&law.implication) {
            Judgement::Proved { .. } => "none".to_owned(),
            Judgement::Refuted(premises) => code(&premises.to_string()),
        };
        let (premises, conclusion) = sides(law);
        row(page, &[law.name, &premises, &conclusion, &found, law.meaning, &code(&law.theorem())]);
    }
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

/// Code in a table, where `|` ends a cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
