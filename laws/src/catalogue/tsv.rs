//! The catalogue as a table, for programs of other languages.

use crate::catalogue::catalogue;
use crate::term::{Equation, Relation};

/// The catalogue as tab-separated values, a row each.
///
/// Columns: `id`; `kind` (`law`, `nonlaw`, `implication`, `nonimplication`); `name`; `left` and
/// `right`, in symbols (of an implication the premises, with `;` between, and the conclusion);
/// `condition`; `theorem`, its name in Coq; `relation` (`=`, `⊑`, or `⇒`).
#[must_use]
pub fn tsv() -> String {
    let mut rows = vec!["id\tkind\tname\tleft\tright\tcondition\ttheorem\trelation".to_owned()];
    let sides = |equation: &Equation| {
        let relation = match equation.relation {
            Relation::Equal => "=",
            Relation::Below => "⊑",
        };
        (equation.left.to_string(), equation.right.to_string(), relation)
    };
    for law in &catalogue().laws {
        let (left, right, relation) = sides(&law.equation);
        let (condition, theorem) = (law.condition.to_string(), law.theorem());
        rows.push(
            [law.id, "law", law.name, &left, &right, &condition, &theorem, relation].join("\t"),
        );
    }
    for law in &catalogue().non_laws {
        let (left, right, relation) = sides(&law.equation);
        rows.push(
            [law.id, "nonlaw", law.name, &left, &right, "", &law.theorem(), relation].join("\t"),
        );
    }
    for law in &catalogue().consequences {
        let kind = if law.holds() { "implication" } else { "nonimplication" };
        let premises: Vec<String> =
            law.implication.premises.iter().map(ToString::to_string).collect();
        let (left, right) = (premises.join("; "), law.implication.conclusion.to_string());
        rows.push([law.id, kind, law.name, &left, &right, "", &law.theorem(), "⇒"].join("\t"));
    }
    rows.join("\n") + "\n"
}
