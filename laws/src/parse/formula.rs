//! Parsing of formulas, by operator precedence.

use crate::formula::{Formula, Sort, Step};
use crate::parse::{MAX_NESTING, ParseError, Parser};

impl Parser<'_> {
    /// Whether what comes is a selector, which `·` follows.
    pub(super) fn formula_begins(&self) -> bool {
        match self.peek().text {
            "s" | "t" | "true" | "false" | "not" | "P" | "Q" => true,
            "(" => {
                let close = self.closes.get(self.next).copied().unwrap_or(0);
                self.tokens.get(close + 1).is_some_and(|token| token.text == "·")
            }
            _ => false,
        }
    }

    /// Reads a formula; only one without infix operators outside parentheses if `short`.
    pub(super) fn formula(&mut self, sort: Sort, short: bool) -> Result<Formula, ParseError> {
        let mut steps = Vec::new();
        // What waits for an operand or a parenthesis: `None` is an open one.
        let mut open: Vec<Option<Step>> = Vec::new();
        loop {
            self.formula_operand(sort, &mut steps, &mut open)?;
            loop {
                while let Some(Some(Step::Not)) = open.last() {
                    steps.extend(open.pop().flatten());
                }
                let inside = open.contains(&None);
                let step = match self.peek().text {
                    "and" if inside || !short => Step::And,
                    "or" | "union" if inside || !short => Step::Or,
                    ")" if inside => {
                        while let Some(Some(step)) = open.pop() {
                            steps.push(step);
                        }
                        self.next += 1;
                        continue;
                    }
                    _ if inside => return Err(self.error("`and`, `or` or `)` is expected here")),
                    _ => {
                        steps.extend(open.into_iter().rev().flatten());
                        return Ok(Formula::of(sort, steps));
                    }
                };
                self.next += 1;
                while let Some(Some(before)) = open.last()
                    && (*before == Step::And || step == Step::Or)
                {
                    steps.extend(open.pop().flatten());
                }
                open.push(Some(step));
                break;
            }
        }
    }

    fn formula_operand(
        &mut self,
        sort: Sort,
        steps: &mut Vec<Step>,
        open: &mut Vec<Option<Step>>,
    ) -> Result<(), ParseError> {
        loop {
            if open.len() >= MAX_NESTING {
                let message = format!("more than {MAX_NESTING} levels are nested here");
                return Err(ParseError::new(self.input, self.peek().at, message));
            }
            let token = self.take();
            let atom = sort.names().iter().position(|&name| name == token.text);
            match token.text {
                "(" => open.push(None),
                "not" => open.push(Some(Step::Not)),
                "true" => steps.push(Step::True),
                "false" => steps.push(Step::False),
                _ => match (atom, sort) {
                    (Some(atom), _) => steps.push(Step::Atom(atom)),
                    (None, Sort::Selector) => {
                        return Err(self
                            .error_before("a selector is expected here: s, t, true, false, not"));
                    }
                    (None, Sort::Paths) => {
                        return Err(self.error_before(
                            "a set of paths is expected here: P, Q, true, false, not",
                        ));
                    }
                },
            }
            if !matches!(token.text, "(" | "not") {
                return Ok(());
            }
        }
    }
}
