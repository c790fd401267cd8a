//! Printing of terms: in symbols as on paper, or in ASCII words as they are typed.

use crate::formula::{Formula, Sort, Step};
use crate::term::{FLEETS, Op, Term};

/// How terms are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    Symbols,
    Ascii,
}

pub(crate) struct Printer(pub(crate) Notation);

/// A printed part, and the infix operator at its top.
pub(crate) struct Printed {
    pub(crate) text: String,
    infix: Option<&'static str>,
}

impl Printed {
    fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), infix: None }
    }

    /// The text, in parentheses if it has an infix operator other than `allowed`.
    fn inside(&self, allowed: Option<&str>) -> String {
        if self.infix.is_none() || self.infix == allowed {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// `of` joined by `sign`, grouped to the left.
    fn infix(sign: &'static str, of: &[Self]) -> Self {
        let [left, right] = of else { return Self::atom("") };
        let text = format!("{} {sign} {}", left.inside(Some(sign)), right.inside(None));
        Self { text, infix: Some(sign) }
    }
}

impl Printer {
    fn pick(&self, symbol: &'static str, word: &'static str) -> &'static str {
        if self.0 == Notation::Symbols { symbol } else { word }
    }

    pub(crate) fn term(&self, term: &Term) -> Printed {
        term.fold(|| Printed::atom(""), |op, of| self.op(op, &of))
    }

    fn op(&self, op: &Op, of: &[Printed]) -> Printed {
        match op {
            Op::Fleet(i) => Printed::atom(FLEETS.get(*i).copied().unwrap_or("?")),
            Op::Zero => Printed::atom("0"),
            Op::One => Printed::atom("1"),
            Op::Union => Printed::infix(self.pick("∪", "union"), of),
            Op::Overlay => Printed::infix(self.pick("⊕", "overlay"), of),
            Op::Patch => Printed::infix(self.pick("◁", "patch"), of),
            Op::Mask => Printed::infix("mask", of),
            Op::Within => self.call("within", None, of),
            Op::Without => self.call("without", None, of),
            Op::Restrict(s) if self.0 == Notation::Symbols => {
                let inner = of.first().map(|x| x.inside(Some("·"))).unwrap_or_default();
                let text = format!("{} · {inner}", self.formula(s).inside(None));
                Printed { text, infix: Some("·") }
            }
            Op::Restrict(s) => self.call("restrict", Some(s), of),
            Op::Choose(s) => self.call("choose", Some(s), of),
            Op::Forget(p) => self.call("forget", Some(p), of),
            Op::Keep(p) => self.call("keep", Some(p), of),
        }
    }

    fn call(&self, name: &str, formula: Option<&Formula>, of: &[Printed]) -> Printed {
        let formula = formula.map(|f| self.formula(f).text);
        let of = of.iter().map(|x| x.text.clone());
        let arguments: Vec<String> = formula.into_iter().chain(of).collect();
        Printed::atom(format!("{name}({})", arguments.join(", ")))
    }

    pub(crate) fn formula(&self, formula: &Formula) -> Printed {
        let paths = formula.sort() == Sort::Paths;
        let value = |step, of: Vec<Printed>| match step {
            Step::Atom(k) => Printed::atom(formula.sort().names().get(k).copied().unwrap_or("?")),
            Step::True => Printed::atom(self.pick("⊤", "true")),
            Step::False => Printed::atom(self.pick(if paths { "∅" } else { "⊥" }, "false")),
            Step::Not => {
                let inner = of.first().map(|x| x.inside(None)).unwrap_or_default();
                Printed::atom(format!("{}{inner}", self.pick("¬", "not ")))
            }
            Step::And => Printed::infix(self.pick(if paths { "∩" } else { "∧" }, "and"), &of),
            Step::Or => Printed::infix(self.pick(if paths { "∪" } else { "∨" }, "or"), &of),
        };
        formula.fold(|| Printed::atom(""), value)
    }
}
