//! Reading selectors from text: the extended grammar of `docs/selectors.md`.

use super::Selector;
use super::build::id_set;
use super::error::SelectorError;
use super::kubernetes::{Operator, Requirement, is_qualified_name, parse_requirements};
use super::lexer::{MAX_INPUT, Placed, Token, tokens};
use super::test::Test;
use crate::names::{DeviceId, LabelKey};

impl Selector {
    /// The selector spelled `input`.
    ///
    /// A text that Kubernetes accepts means what Kubernetes says; any other is read by the
    /// extended grammar (`and`, `or`, `not`, parentheses, quotes, versions, ids, buckets), which
    /// agrees with Kubernetes where both apply. The empty text is ⊤. One word is ours: `id` before
    /// `=`, `!=`, `in` or `notin` is the device's id, and a label called so is `"id"`.
    ///
    /// ```
    /// use escadre_algebra::Selector;
    /// let s = Selector::parse("role in (camera, sensor), !retired")?;
    /// let t = Selector::parse("role in (camera, sensor) and not retired")?;
    /// assert!(s.same_shape(&t));
    /// assert!(Selector::parse("(firmware >= 2.1 or beta) and bucket(canary) < 10%").is_ok());
    /// # Ok::<(), escadre_algebra::SelectorError>(())
    /// ```
    ///
    /// # Errors
    /// [`SelectorError`] says where the text stops making sense; texts over 1 MiB are refused.
    pub fn parse(input: &str) -> Result<Self, SelectorError> {
        if input.len() > MAX_INPUT {
            let found = format!("{} bytes", input.len());
            // The text itself is too long to be carried around.
            return Err(SelectorError::new("", 0, found, "a text of at most 1 MiB"));
        }
        match parse_requirements(input) {
            Ok(all) => Ok(Self::all_of(all.iter().map(selector_of))),
            Err(_) => Self::parse_extended(input),
        }
    }

    /// The selector spelled `input` in the extended grammar alone.
    ///
    /// # Errors
    /// [`SelectorError`], as for [`Selector::parse`].
    pub(super) fn parse_extended(input: &str) -> Result<Self, SelectorError> {
        Parser { input, tokens: tokens(input)?, at: 0 }.run()
    }
}

impl std::str::FromStr for Selector {
    type Err = SelectorError;
    fn from_str(input: &str) -> Result<Self, SelectorError> {
        Self::parse(input)
    }
}

/// What a Kubernetes requirement means here: that of Kubernetes, unless it is one on `id`.
fn selector_of(requirement: &Requirement) -> Selector {
    let negated = match requirement.operator {
        Operator::In | Operator::Equals | Operator::DoubleEquals => false,
        Operator::NotIn | Operator::NotEquals => true,
        _ => return requirement.to_selector(),
    };
    if requirement.key != "id" {
        return requirement.to_selector();
    }
    // No device has an id that is none.
    let ids = requirement.values.iter().filter_map(|value| DeviceId::parse(value).ok());
    let ids = id_set(ids.collect());
    if negated { !ids } else { ids }
}

pub(super) struct Parser<'a> {
    input: &'a str,
    // INVARIANT: ends with `Token::End`, which `next` never passes.
    tokens: Vec<Placed<'a>>,
    pub(super) at: usize,
}

/// What stands in one pair of parentheses, as far as it was read.
#[derive(Default)]
struct Group {
    /// The finished operands of `or`.
    ors: Vec<Selector>,
    /// The operands of `and` that are being collected.
    ands: Vec<Selector>,
    /// Whether the next operand is negated.
    negated: bool,
}

impl Group {
    fn operand(&mut self, operand: Selector) {
        let negated = std::mem::take(&mut self.negated);
        self.ands.push(if negated { !operand } else { operand });
    }

    fn or(&mut self) {
        self.ors.push(Selector::all_of(std::mem::take(&mut self.ands)));
    }

    fn finish(mut self) -> Selector {
        self.or();
        Selector::any_of(self.ors)
    }
}

impl<'a> Parser<'a> {
    fn run(mut self) -> Result<Selector, SelectorError> {
        let mut open: Vec<Group> = Vec::new();
        let mut group = Group::default();
        loop {
            if !self.operand(&mut open, &mut group)? {
                continue;
            }
            while self.symbol(")") {
                let Some(outer) = open.pop() else {
                    self.at -= 1;
                    return self.fail("`and`, `or`, `,` or the end");
                };
                let inner = std::mem::replace(&mut group, outer).finish();
                group.operand(inner);
            }
            if self.word("or") {
                group.or();
            } else if !self.symbol(",") && !self.word("and") {
                return match (self.peek(0), open.is_empty()) {
                    (Token::End, true) => Ok(group.finish()),
                    (_, true) => self.fail("`and`, `or`, `,` or the end"),
                    (_, false) => self.fail("`and`, `or`, `,` or `)`"),
                };
            }
        }
    }

    /// Reads an operand, or one thing that stands before it: `!`, `not` or `(`. Whether it was an operand.
    fn operand(&mut self, open: &mut Vec<Group>, group: &mut Group) -> Result<bool, SelectorError> {
        if self.symbol("(") {
            open.push(std::mem::take(group));
            return Ok(false);
        }
        if self.is_negation() {
            self.at += 1;
            group.negated = !group.negated;
            return Ok(false);
        }
        if !self.symbol("!") {
            let test = self.test()?;
            group.operand(test);
            return Ok(true);
        }
        group.negated = !group.negated;
        if self.is_symbol(0, "(") || self.is_symbol(0, "!") {
            return Ok(false);
        }
        let key = self.key("a label key, `!` or `(`")?;
        if self.operator_at(0) {
            return self.fail("the end of the test (write `not key = value` or `key != value`)");
        }
        group.operand(Selector::test(Test::Exists { key }));
        Ok(true)
    }

    pub(super) fn peek(&self, ahead: usize) -> &Token<'a> {
        self.tokens.get(self.at + ahead).map_or(&Token::End, |placed| &placed.token)
    }

    pub(super) fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.peek(ahead), Token::Symbol(s) if *s == symbol)
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(0, symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(0), Token::Word(w) if *w == word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn fail<T>(&self, expected: &str) -> Result<T, SelectorError> {
        let found = match self.peek(0) {
            Token::End => "the end".to_owned(),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::Word(word) => format!("`{}`", word.chars().take(40).collect::<String>()),
            Token::Quoted(_) => "a quoted string".to_owned(),
        };
        let offset = self.tokens.get(self.at).map_or(self.input.len(), |placed| placed.offset);
        Err(SelectorError::new(self.input, offset, found, expected))
    }

    /// Whether the next word is the operator `not`, and not a label called so: an operand follows it.
    fn is_negation(&self) -> bool {
        if self.peek(0) != &Token::Word("not") {
            return false;
        }
        match self.peek(1) {
            Token::Word("in" | "notin") => !self.is_symbol(2, "("),
            Token::Word("and" | "or") => self.operator_at(2),
            Token::Word(_) | Token::Quoted(_) | Token::Symbol("(" | "!") => true,
            Token::Symbol(_) | Token::End => false,
        }
    }

    /// Whether a comparison stands there.
    pub(super) fn operator_at(&self, ahead: usize) -> bool {
        match self.peek(ahead) {
            Token::Symbol(symbol) => {
                matches!(*symbol, "=" | "==" | "!=" | ">=" | "<=" | ">" | "<" | "(" | "[" | "!")
            }
            Token::Word("in" | "notin") => self.is_symbol(ahead + 1, "("),
            _ => false,
        }
    }

    pub(super) fn key(&mut self, expected: &str) -> Result<LabelKey, SelectorError> {
        let key = match self.peek(0) {
            Token::Word(word) if is_qualified_name(word) => LabelKey::parse(word).ok(),
            Token::Quoted(text) => LabelKey::parse(text).ok(),
            _ => None,
        };
        match (key, self.peek(0)) {
            (Some(key), _) => {
                self.at += 1;
                Ok(key)
            }
            (None, Token::Word(_)) => self.fail("a label key (a key that Kubernetes does not allow is quoted)"),
            (None, Token::Quoted(_)) => self.fail("a label key of 1 to 317 bytes without control characters or white space at its ends"),
            (None, _) => self.fail(expected),
        }
    }
}
