//! The words of terms, each with where it stands.

use crate::parse::ParseError;

/// One word or sign, in one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The spelling that the parser knows.
    pub(crate) text: &'a str,
    /// The spelling in the input.
    pub(crate) raw: &'a str,
    /// The byte at which it begins.
    pub(crate) at: usize,
}

/// The tokens of `input`; the last one is empty.
pub(crate) fn tokens(input: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = input[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &input[at..];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("<=") || rest.starts_with("==") {
            2
        } else {
            first.len_utf8()
        };
        let raw = &rest[..length];
        if !is_word(first) && !"∪⊕◁·.∧∨¬∩⊤⊥∅⊑≤(),=<=&|!".contains(first) {
            let message = format!("`{first}` means nothing here");
            return Err(ParseError::new(input, at, message));
        }
        found.push(Token { text: canonical(raw), raw, at });
        at += length;
    }
    found.push(Token { text: "", raw: "", at: input.len() });
    Ok(found)
}

fn canonical(raw: &str) -> &str {
    match raw {
        "∪" | "|" => "union",
        "⊕" => "overlay",
        "◁" => "patch",
        "." => "·",
        "∧" | "∩" | "&" => "and",
        "∨" => "or",
        "¬" | "!" => "not",
        "⊤" => "true",
        "⊥" | "∅" => "false",
        "⊑" | "≤" => "<=",
        "==" => "=",
        _ => raw,
    }
}
