//! What is wrong with a text, and where.

/// A text that is no term or equation: where, and why.
///
/// Its message shows the text with a mark below the character:
///
/// ```
/// use escadre_laws::Equation;
/// let error = "a over b = b".parse::<Equation>().unwrap_err();
/// assert_eq!(error.column(), 3);
/// assert_eq!(error.to_string(), "\
/// a over b = b
///   ^ an operator or `=` is expected here, not `over`: union, overlay, patch, mask, within, without");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}\n{:>mark$} {message}", "^")]
pub struct ParseError {
    /// The line, or what is near the character.
    line: String,
    /// Where the mark stands below it, from 1.
    mark: usize,
    column: usize,
    message: String,
}

impl ParseError {
    pub(crate) fn new(input: &str, at: usize, message: impl Into<String>) -> Self {
        let before = input.get(..at).unwrap_or(input);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = input[start..].lines().next().unwrap_or_default();
        let column = before[start..].chars().count() + 1;
        let (line, mark) = excerpt(line, column);
        Self { line, mark, column, message: message.into() }
    }

    /// The character at which reading stopped, from 1, in its line.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// How many characters of a line are shown on each side of the mark.
const SHOWN: usize = 70;

/// What of `line` is near the character at `column`, and where that character is in it.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    let skipped = column.saturating_sub(SHOWN + 1);
    let mut shown: String = line.chars().skip(skipped).take(2 * SHOWN + 1).collect();
    if line.chars().nth(skipped + 2 * SHOWN + 1).is_some() {
        shown.push('…');
    }
    if skipped == 0 { (shown, column) } else { (format!("…{shown}"), column - skipped + 1) }
}
