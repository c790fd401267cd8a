//! Parsing of terms and equations, without recursion.

mod error;
mod formula;
mod lexer;

use std::str::FromStr;

use crate::formula::{Formula, Sort};
use crate::term::{Equation, FLEETS, Op, Relation, Term};
pub use error::ParseError;
use lexer::{Token, tokens};

/// The deepest nesting of a term that is read.
pub const MAX_NESTING: usize = 1_000;

/// What is open while a term is read.
enum Frame {
    /// `(`.
    Group,
    /// A function, and how many of its fleets are still to come.
    Call { op: Op, left: usize },
    /// An infix operator that waits for its right operand.
    Infix { op: Op, sign: &'static str },
    /// `s ·`.
    Dot(Formula),
}

struct Parser<'a> {
    input: &'a str,
    tokens: Vec<Token<'a>>,
    /// For each `(`, the position of its `)`; else a position past the end.
    closes: Vec<usize>,
    next: usize,
}

impl Term {
    /// The term spelled `input`, in symbols or in ASCII words.
    ///
    /// # Errors
    /// [`ParseError`] points at the first character that is wrong.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        let mut parser = Parser::new(input)?;
        let term = parser.term()?;
        parser.expect_end()?;
        Ok(term)
    }
}

impl Equation {
    /// The equation spelled `input`: two terms and `=` or `<=`.
    ///
    /// # Errors
    /// [`ParseError`] points at the first character that is wrong.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        let mut parser = Parser::new(input)?;
        let left = parser.term()?;
        let relation = match parser.take().text {
            "=" => Relation::Equal,
            "<=" => Relation::Below,
            _ => return Err(parser.error_before("`=` or `<=` is expected here")),
        };
        let right = parser.term()?;
        parser.expect_end()?;
        Ok(Self { left, relation, right })
    }
}

impl FromStr for Equation {
    type Err = ParseError;
    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl FromStr for Term {
    type Err = ParseError;
    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl<'a> Parser<'a> {
    fn new(input: &'a str) -> Result<Self, ParseError> {
        let tokens = tokens(input)?;
        let mut closes = vec![tokens.len(); tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.text {
                "(" => open.push(at),
                ")" => open.pop().into_iter().for_each(|start: usize| closes[start] = at),
                _ => {}
            }
        }
        Ok(Self { input, tokens, closes, next: 0 })
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.next).copied().unwrap_or(Token {
            text: "",
            raw: "",
            at: self.input.len(),
        })
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn error_at(&self, token: Token<'a>, message: &str) -> ParseError {
        let found = match token.raw {
            "" => ", not the end".to_owned(),
            raw => format!(", not `{raw}`"),
        };
        let message = match message.split_once(": ") {
            Some((start, rest)) => format!("{start}{found}: {rest}"),
            None => format!("{message}{found}"),
        };
        ParseError::new(self.input, token.at, message)
    }

    fn error(&self, message: &str) -> ParseError {
        self.error_at(self.peek(), message)
    }

    /// An error about the token that was taken last.
    fn error_before(&mut self, message: &str) -> ParseError {
        self.next = self.next.saturating_sub(1);
        self.error(message)
    }

    fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.peek().text == text {
            self.next += 1;
            return Ok(());
        }
        Err(self.error(&format!("`{text}` is expected here")))
    }

    fn expect_end(&mut self) -> Result<(), ParseError> {
        if self.peek().text.is_empty() {
            return Ok(());
        }
        Err(self.error("the end is expected here"))
    }

    fn term(&mut self) -> Result<Term, ParseError> {
        let mut ops = Vec::new();
        let mut open = Vec::new();
        loop {
            self.operand(&mut ops, &mut open)?;
            if self.after_operand(&mut ops, &mut open)? {
                return Ok(Term::of(ops));
            }
        }
    }

    /// Reads up to the end of an operand that has no operands itself.
    fn operand(&mut self, ops: &mut Vec<Op>, open: &mut Vec<Frame>) -> Result<(), ParseError> {
        loop {
            if open.len() >= MAX_NESTING {
                let message = format!("more than {MAX_NESTING} levels are nested here");
                return Err(ParseError::new(self.input, self.peek().at, message));
            }
            let token = self.peek();
            let leaf = match token.text {
                "0" => Some(Op::Zero),
                "1" => Some(Op::One),
                name => FLEETS.iter().position(|&fleet| fleet == name).map(Op::Fleet),
            };
            if let Some(leaf) = leaf {
                self.next += 1;
                ops.push(leaf);
                return Ok(());
            }
            let frame = if self.formula_begins() {
                let selector = self.formula(Sort::Selector, true)?;
                self.expect("·")?;
                Frame::Dot(selector)
            } else {
                self.next += 1;
                match token.text {
                    "(" => Frame::Group,
                    name => self.call(name)?,
                }
            };
            open.push(frame);
        }
    }

    /// Reads the beginning of a function's arguments; its name has been taken.
    fn call(&mut self, name: &str) -> Result<Frame, ParseError> {
        let sort = match name {
            "restrict" | "choose" => Some(Sort::Selector),
            "forget" | "keep" => Some(Sort::Paths),
            _ => None,
        };
        let plain = infix(name).map(|(op, _)| op);
        if sort.is_none() && plain.is_none() {
            return Err(self.error_before(
                "a fleet is expected here: a, b, c, d, 0, 1, `(`, or restrict, choose, forget, keep, within, without, mask, patch, overlay, union with `(`",
            ));
        }
        self.expect("(")?;
        let op = match sort {
            None => plain.unwrap_or(Op::Union),
            Some(sort) => {
                let formula = self.formula(sort, false)?;
                self.expect(",")?;
                match name {
                    "restrict" => Op::Restrict(formula),
                    "choose" => Op::Choose(formula),
                    "forget" => Op::Forget(formula),
                    _ => Op::Keep(formula),
                }
            }
        };
        let left = op.n_operands();
        Ok(Frame::Call { op, left })
    }

    /// Reads what follows an operand, up to where the next one begins; true at the end of the term.
    fn after_operand(
        &mut self,
        ops: &mut Vec<Op>,
        open: &mut Vec<Frame>,
    ) -> Result<bool, ParseError> {
        loop {
            while let Some(Frame::Dot(_)) = open.last() {
                if let Some(Frame::Dot(selector)) = open.pop() {
                    ops.push(Op::Restrict(selector));
                }
            }
            let token = self.take();
            if let Some((op, sign)) = infix(token.text) {
                self.close_same(sign, ops, open)?;
                open.push(Frame::Infix { op, sign });
                return Ok(false);
            }
            if let Some(Frame::Infix { .. }) = open.last()
                && let Some(Frame::Infix { op, .. }) = open.pop()
            {
                ops.push(op);
            }
            match (token.text, open.pop()) {
                (")", Some(Frame::Group)) => {}
                (")", Some(Frame::Call { op, left: 1 })) => ops.push(op),
                (",", Some(Frame::Call { op, left })) if left > 1 => {
                    open.push(Frame::Call { op, left: left - 1 });
                    return Ok(false);
                }
                ("=" | "<=" | "", None) => {
                    self.next -= 1;
                    return Ok(true);
                }
                (_, Some(Frame::Group | Frame::Call { left: 1, .. })) => {
                    return Err(self.error_before("an operator or `)` is expected here"));
                }
                (_, Some(_)) => {
                    return Err(self.error_before("an operator or `,` is expected here"));
                }
                (_, None) => return Err(self.error_before(
                    "an operator or `=` is expected here: union, overlay, patch, mask, within, without",
                )),
            }
        }
    }

    /// Closes an infix operator of the same sign; another one wants parentheses.
    fn close_same(
        &mut self,
        sign: &str,
        ops: &mut Vec<Op>,
        open: &mut Vec<Frame>,
    ) -> Result<(), ParseError> {
        match open.pop() {
            Some(Frame::Infix { op, sign: before }) if before == sign => ops.push(op),
            Some(Frame::Infix { sign: before, .. }) => {
                self.next -= 1;
                let message =
                    format!("write parentheses: `{before}` and `{sign}` stand side by side");
                return Err(ParseError::new(self.input, self.peek().at, message));
            }
            other => open.extend(other),
        }
        Ok(())
    }
}

/// The infix operator called `name`, and its sign.
fn infix(name: &str) -> Option<(Op, &'static str)> {
    Some(match name {
        "union" => (Op::Union, "union"),
        "overlay" => (Op::Overlay, "overlay"),
        "patch" => (Op::Patch, "patch"),
        "mask" => (Op::Mask, "mask"),
        "within" => (Op::Within, "within"),
        "without" => (Op::Without, "without"),
        _ => return None,
    })
}
