//! The string syntax of Kubernetes label selectors, as `labels.Parse` reads it.

use std::collections::BTreeSet;

use super::requirement::{Invalid, Operator, Requirement, is_qualified_name};

/// A kind of token of a Kubernetes selector string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `)`
    ClosedPar,
    /// `,`
    Comma,
    /// `!`
    DoesNotExist,
    /// `==`
    DoubleEquals,
    /// `=`
    Equals,
    /// `>`
    GreaterThan,
    /// A key or a value.
    Identifier,
    /// `in`
    In,
    /// `<`
    LessThan,
    /// `!=`
    NotEquals,
    /// `notin`
    NotIn,
    /// `(`
    OpenPar,
}

/// The tokens of `input`, each with its text, without the end of the string.
///
/// As in Kubernetes a zero byte ends an identifier, and before a token it ends the string.
#[must_use]
pub fn tokens(input: &str) -> Vec<(Token, &str)> {
    let mut tokens = Vec::new();
    let mut rest = input.trim_start_matches(is_blank);
    while !rest.is_empty() && !rest.starts_with('\0') {
        let (token, length) = symbol(rest).unwrap_or_else(|| {
            let end = rest.find(|c| is_blank(c) || c == '\0' || "=!(),><".contains(c));
            let length = end.unwrap_or(rest.len());
            let token = match &rest[..length] {
                "in" => Token::In,
                "notin" => Token::NotIn,
                _ => Token::Identifier,
            };
            (token, length)
        });
        let (text, after) = rest.split_at(length);
        tokens.push((token, text));
        // The byte that ended the token is lost if it is zero.
        rest = after.strip_prefix('\0').unwrap_or(after).trim_start_matches(is_blank);
    }
    tokens
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn symbol(rest: &str) -> Option<(Token, usize)> {
    let token = match rest.as_bytes() {
        [b'=', b'=', ..] => return Some((Token::DoubleEquals, 2)),
        [b'!', b'=', ..] => return Some((Token::NotEquals, 2)),
        [b'=', ..] => Token::Equals,
        [b'!', ..] => Token::DoesNotExist,
        [b'(', ..] => Token::OpenPar,
        [b')', ..] => Token::ClosedPar,
        [b',', ..] => Token::Comma,
        [b'>', ..] => Token::GreaterThan,
        [b'<', ..] => Token::LessThan,
        _ => return None,
    };
    Some((token, 1))
}

/// The requirements that `labels.Parse` reads in `input`, in the order in which they stand there.
///
/// # Errors
/// [`Invalid`] iff Kubernetes rejects `input`.
pub fn parse_requirements(input: &str) -> Result<Vec<Requirement>, Invalid> {
    let mut parser = Parser { tokens: tokens(input), at: 0 };
    let mut requirements = Vec::new();
    if parser.tokens.is_empty() {
        return Ok(requirements);
    }
    loop {
        requirements.push(parser.requirement()?);
        match parser.next() {
            None => return Ok(requirements),
            Some((Token::Comma, _)) => {}
            Some((_, text)) => return Err(unexpected(text)),
        }
    }
}

fn unexpected(text: &str) -> Invalid {
    Invalid::new("selector", format!("unexpected `{}`", text.chars().take(40).collect::<String>()))
}

struct Parser<'a> {
    tokens: Vec<(Token, &'a str)>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<(Token, &'a str)> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<(Token, &'a str)> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// A key or a value; where one may stand, `in` and `notin` are ordinary ones.
    fn identifier(&mut self) -> Option<&'a str> {
        match self.peek()? {
            (Token::Identifier | Token::In | Token::NotIn, text) => {
                self.at += 1;
                Some(text)
            }
            _ => None,
        }
    }

    fn error<T>(&self) -> Result<T, Invalid> {
        Err(unexpected(self.peek().map_or("the end", |(_, text)| text)))
    }

    fn requirement(&mut self) -> Result<Requirement, Invalid> {
        let negated = matches!(self.peek(), Some((Token::DoesNotExist, _)));
        self.at += usize::from(negated);
        let Some(key) = self.identifier() else { return self.error() };
        if !is_qualified_name(key) {
            return Err(unexpected(key));
        }
        if matches!(self.peek(), None | Some((Token::Comma, _))) {
            let operator = if negated { Operator::DoesNotExist } else { Operator::Exists };
            return Requirement::new(key, operator, Vec::new());
        }
        if negated {
            return self.error();
        }
        let Some(operator) = self.peek().and_then(|(_, text)| Operator::from_token(text)) else {
            return self.error();
        };
        self.at += 1;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?.to_owned()],
        };
        Requirement::new(key, operator, values)
    }

    fn exact_value(&mut self) -> Result<&'a str, Invalid> {
        match self.peek() {
            None | Some((Token::Comma, _)) => Ok(""),
            Some(_) => match self.identifier() {
                Some(value) => Ok(value),
                None => self.error(),
            },
        }
    }

    /// `(a, b)`: a place without a value is the empty value.
    fn values(&mut self) -> Result<Vec<String>, Invalid> {
        if !matches!(self.next(), Some((Token::OpenPar, _))) {
            self.at -= 1;
            return self.error();
        }
        let mut values = BTreeSet::new();
        loop {
            values.insert(self.identifier().unwrap_or_default());
            match self.next() {
                Some((Token::ClosedPar, _)) => {
                    return Ok(values.into_iter().map(str::to_owned).collect());
                }
                Some((Token::Comma, _)) => {}
                _ => {
                    self.at -= 1;
                    return self.error();
                }
            }
        }
    }
}
