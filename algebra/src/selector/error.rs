//! Why a text is no selector.

use std::fmt;

/// A text that is no selector: where it stops making sense, what stands there, what should.
///
/// ```
/// use escadre_algebra::Selector;
/// let error = Selector::parse("role = = camera").unwrap_err();
/// assert_eq!(error.to_string(), "column 8: found `=`, expected a value");
/// assert_eq!(error.pointing(), "role = = camera\n       ^\nfound `=`, expected a value");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorError {
    input: String,
    offset: usize,
    found: String,
    expected: String,
}

/// How many characters of the input a picture shows on each side of the place.
const WINDOW: usize = 40;

impl SelectorError {
    pub(super) fn new(
        input: &str,
        offset: usize,
        found: String,
        expected: impl Into<String>,
    ) -> Self {
        Self { input: input.to_owned(), offset, found, expected: expected.into() }
    }

    /// The byte of the input at which it stops making sense.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What should stand there, as a sentence part.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What stands there, as a sentence part.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The text that is no selector.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The character at which it stops making sense, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.before().chars().count() + 1
    }

    fn before(&self) -> &str {
        self.input.get(..self.offset).unwrap_or(&self.input)
    }

    /// Three lines: the input around the place, a caret below it, and what is wrong.
    #[must_use]
    pub fn pointing(&self) -> String {
        let plain = |c: char| if c.is_control() || c.is_whitespace() { ' ' } else { c };
        let left: Vec<char> = self.before().chars().rev().take(WINDOW + 1).map(plain).collect();
        let cut = left.len() > WINDOW;
        let shown = left.iter().take(WINDOW).rev();
        let mut line: String = cut.then_some('…').into_iter().chain(shown.copied()).collect();
        let width = line.chars().count();
        let after = self.input.get(self.offset..).unwrap_or_default();
        line.extend(after.chars().take(WINDOW).map(plain));
        if after.chars().nth(WINDOW).is_some() {
            line.push('…');
        }
        format!("{line}\n{:width$}^\nfound {}, expected {}", "", self.found, self.expected)
    }
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: found {}, expected {}", self.column(), self.found, self.expected)
    }
}

impl std::error::Error for SelectorError {}
