//! The words of the extended selector text.

use super::error::SelectorError;

/// The largest text that is read, in bytes.
pub(super) const MAX_INPUT: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A run of characters that are neither white space nor symbols nor quotes.
    Word(&'a str),
    /// A quoted string, its escapes replaced.
    Quoted(String),
    /// `( ) [ ] , = == != ! >= <= > <`
    Symbol(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) offset: usize,
}

const SYMBOLS: [&str; 13] = ["==", "!=", ">=", "<=", "(", ")", "[", "]", ",", "=", "!", ">", "<"];

/// Whether `name` (an id or a salt) can be written without quotes.
pub(super) fn is_bare_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@+".contains(&b))
}

/// The tokens of `input`, ended by [`Token::End`].
pub(super) fn tokens(input: &str) -> Result<Vec<Placed<'_>>, SelectorError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &input[at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        at += blank;
        let rest = &rest[blank..];
        let offset = at;
        let token = if rest.is_empty() {
            Token::End
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|s| rest.starts_with(s)) {
            at += symbol.len();
            Token::Symbol(symbol)
        } else if rest.starts_with('"') {
            let (text, length) = quoted(input, at)?;
            at += length;
            Token::Quoted(text)
        } else {
            let end = rest.find(|c: char| " \t\r\n\"()[],=!<>".contains(c));
            let word = &rest[..end.unwrap_or(rest.len())];
            at += word.len();
            Token::Word(word)
        };
        let done = token == Token::End;
        tokens.push(Placed { token, offset });
        if done {
            return Ok(tokens);
        }
    }
}

/// The string quoted at `start`, and how many bytes it takes with its quotes.
fn quoted(input: &str, start: usize) -> Result<(String, usize), SelectorError> {
    let mut text = String::new();
    let mut chars = input[start..].char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        let c = match c {
            '"' => return Ok((text, at + 1)),
            '\\' => {
                let escaped = match chars.next().map(|(_, c)| c) {
                    Some(c @ ('"' | '\\')) => Some(c),
                    Some('n') => Some('\n'),
                    Some('r') => Some('\r'),
                    Some('t') => Some('\t'),
                    Some('u') => code_point(chars.by_ref().map(|(_, c)| c)),
                    _ => None,
                };
                let expected = "one of `\\\"`, `\\\\`, `\\n`, `\\r`, `\\t`, `\\u{…}`";
                escaped.ok_or_else(|| {
                    SelectorError::new(input, start + at, "another escape".to_owned(), expected)
                })?
            }
            c => c,
        };
        text.push(c);
    }
    Err(SelectorError::new(input, start, "an opening quote".to_owned(), "a closing one after it"))
}

/// The character of `{hex}`.
fn code_point(mut chars: impl Iterator<Item = char>) -> Option<char> {
    if chars.next() != Some('{') {
        return None;
    }
    let mut code = 0_u32;
    for n_digits in 0..=6 {
        match chars.next()? {
            '}' => return if n_digits > 0 { char::from_u32(code) } else { None },
            digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
        }
    }
    None
}
