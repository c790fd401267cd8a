//! Reading one test of the extended grammar.

use std::sync::Arc;

use super::Selector;
use super::bucket::Percent;
use super::bucket::bucket;
use super::build::{id_set, value_set};
use super::error::SelectorError;
use super::kubernetes::is_label_value;
use super::lexer::{Token, is_bare_name};
use super::parse::Parser;
use super::test::{Bound, Comparison, Test};
use crate::names::{DeviceId, LabelKey};
use crate::version::Version;

impl Parser<'_> {
    /// One test: on a label, the id or a bucket.
    pub(super) fn test(&mut self) -> Result<Selector, SelectorError> {
        if self.is_symbol(1, "(")
            && let Token::Word(function @ ("all" | "none" | "id" | "bucket")) = *self.peek(0)
        {
            self.at += 2;
            return match function {
                "all" => self.close().map(|()| Selector::all()),
                "none" => self.close().map(|()| Selector::none()),
                "id" => self.close().and_then(|()| self.id_test()),
                _ => self.bucket_test(),
            };
        }
        if self.peek(0) == &Token::Word("id") && self.id_operator_at(1) {
            self.at += 1;
            return self.id_test();
        }
        let key = self.key("a label key, `not`, `!` or `(`")?;
        if !self.operator_at(0) {
            return Ok(Selector::test(Test::Exists { key }));
        }
        let op = match self.peek(0) {
            Token::Symbol(symbol) => *symbol,
            Token::Word(word) => *word,
            _ => "",
        };
        self.at += 1;
        let order = match op {
            "=" | "==" | "!=" => {
                let value = self.value()?;
                return Ok(one_of(key, vec![value], op == "!="));
            }
            "in" | "notin" => {
                let values = self.list("a value, `,` or `)`", Self::value)?;
                return Ok(one_of(key, values, op == "notin"));
            }
            ">=" => Comparison::Ge,
            ">" => Comparison::Gt,
            "<=" => Comparison::Le,
            "<" => Comparison::Lt,
            _ => {
                self.at -= 1;
                return self.fail("a comparison, `and`, `or`, `,` or the end");
            }
        };
        let bound = self.bound()?;
        Ok(Selector::test(Test::Compare { key, op: order, bound }))
    }

    fn close(&mut self) -> Result<(), SelectorError> {
        if self.symbol(")") { Ok(()) } else { self.fail("`)`") }
    }

    /// A value; nothing at all is the empty one.
    fn value(&mut self) -> Result<Arc<str>, SelectorError> {
        let value: Arc<str> = match self.peek(0) {
            Token::Quoted(text) => Arc::from(text.as_str()),
            Token::Word(word) if is_label_value(word) => Arc::from(*word),
            Token::Word(_) => {
                return self.fail("a value (one that Kubernetes does not allow is quoted)");
            }
            Token::Symbol("," | ")") | Token::End => return Ok(Arc::from("")),
            Token::Symbol(_) => return self.fail("a value"),
        };
        self.at += 1;
        Ok(value)
    }

    fn bound(&mut self) -> Result<Bound, SelectorError> {
        let text = match self.peek(0) {
            Token::Word(word) => *word,
            Token::Quoted(text) => text.as_str(),
            Token::Symbol(_) | Token::End => return self.fail("an integer or a version"),
        };
        let integer = text.parse().ok().map(Bound::Integer);
        match integer.or_else(|| Version::parse(text).map(Bound::Version)) {
            Some(bound) => {
                self.at += 1;
                Ok(bound)
            }
            None => self.fail("an integer of 64 bits or a version of at least two numbers"),
        }
    }

    /// `(item, …)`
    fn list<T>(
        &mut self,
        expected: &str,
        item: impl Fn(&mut Self) -> Result<T, SelectorError>,
    ) -> Result<Vec<T>, SelectorError> {
        if !self.symbol("(") {
            return self.fail("`(`");
        }
        let mut items = Vec::new();
        loop {
            if self.peek(0) == &Token::End {
                return self.fail(expected);
            }
            items.push(item(self)?);
            if self.symbol(")") {
                return Ok(items);
            }
            if !self.symbol(",") {
                return self.fail("`,` or `)`");
            }
        }
    }

    /// Whether what stands there makes a test of an id.
    fn id_operator_at(&self, ahead: usize) -> bool {
        match self.peek(ahead) {
            Token::Symbol(symbol) => matches!(*symbol, "=" | "==" | "!="),
            Token::Word("in" | "notin") => self.is_symbol(ahead + 1, "("),
            _ => false,
        }
    }

    fn id_test(&mut self) -> Result<Selector, SelectorError> {
        if self.symbol("=") || self.symbol("==") {
            return Ok(id_set(self.id()?.into_iter().collect()));
        }
        if self.symbol("!=") {
            return Ok(!id_set(self.id()?.into_iter().collect()));
        }
        let negated = self.word("notin");
        if !negated && !self.word("in") {
            return self.fail("`=`, `!=`, `in` or `notin`");
        }
        let ids = id_set(self.list("a device id", Self::id)?.into_iter().flatten().collect());
        Ok(if negated { !ids } else { ids })
    }

    /// An id; nothing at all is none, as Kubernetes reads it, and no device has that.
    fn id(&mut self) -> Result<Option<DeviceId>, SelectorError> {
        if matches!(self.peek(0), Token::Symbol("," | ")") | Token::End) {
            return Ok(None);
        }
        let name = self.name("a device id")?;
        match DeviceId::parse(&name) {
            Ok(id) => Ok(Some(id)),
            Err(_) => {
                self.at -= 1;
                self.fail("a device id of 1 to 253 bytes without white space or control characters")
            }
        }
    }

    fn name(&mut self, expected: &str) -> Result<String, SelectorError> {
        let name = match self.peek(0) {
            Token::Word(word) if is_bare_name(word) => (*word).to_owned(),
            Token::Quoted(text) => text.clone(),
            _ => return self.fail(expected),
        };
        self.at += 1;
        Ok(name)
    }

    /// `bucket(salt) < end`, `>= start` or `in [start, end)`, after its first parenthesis.
    fn bucket_test(&mut self) -> Result<Selector, SelectorError> {
        let space = bucket(self.name("a salt")?);
        self.close()?;
        let first = self.at;
        let (start, end) = if self.symbol("<") {
            (Some(0), self.point()?)
        } else if self.symbol(">=") {
            (self.point()?, None)
        } else if self.word("in") {
            if !self.symbol("[") {
                return self.fail("`[`");
            }
            let start = self.point()?;
            if !self.symbol(",") {
                return self.fail("`,`");
            }
            let end = self.point()?;
            self.close()?;
            (start, end)
        } else {
            return self.fail("`<`, `>=` or `in`");
        };
        let interval = match (start, end) {
            (Some(start), end) => space.interval(start, end),
            (None, None) => space.interval(0, Some(0)),
            (None, Some(end)) => space.interval(u64::MAX, Some(end)),
        };
        if interval.has_problem() {
            self.at = first;
            return self.fail("an interval that does not end before it starts");
        }
        Ok(interval)
    }

    /// A percentage, or a point as 16 hexadecimal digits after `0x`; `None` is 100 %.
    fn point(&mut self) -> Result<Option<u64>, SelectorError> {
        let expected = "a percentage such as `10%`, or `0x` and 16 hexadecimal digits";
        let Token::Word(word) = *self.peek(0) else { return self.fail(expected) };
        let hex = word
            .strip_prefix("0x")
            .filter(|h| h.len() == 16 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        let point = match hex {
            Some(hex) => u64::from_str_radix(hex, 16).ok().map(Some),
            None if word.ends_with('%') => Percent::from(word).end().ok(),
            None => None,
        };
        match point {
            Some(point) => {
                self.at += 1;
                Ok(point)
            }
            None => self.fail(expected),
        }
    }
}

fn one_of(key: LabelKey, values: Vec<Arc<str>>, negated: bool) -> Selector {
    let test = Selector::test(Test::In { key, values: value_set(values) });
    if negated { !test } else { test }
}
