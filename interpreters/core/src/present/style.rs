//! How text looks: width, colour, how much is shown.

use crate::consent::Consent;

/// How a text is laid out and how much of it is shown.
///
/// ```
/// use escadre_interpreter::present::TextOptions;
/// let options = TextOptions { width: 80, colour: true, ..TextOptions::default() };
/// assert_eq!(options.max_devices, 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// How many columns a line may have. Long values are cut in the middle to fit.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// How many groups are shown; the others are counted.
    pub max_groups: usize,
    /// How many devices of a group are named; the others are counted.
    pub max_devices: usize,
    /// How many fields of a resource, and resources of a group, are shown; the others are counted.
    pub max_fields: usize,
    /// Whether the fields of changed resources that stay as they are are shown too.
    pub show_unchanged: bool,
    /// What the user agreed to: a plan that it refuses is shown with a warning.
    pub consent: Option<Consent>,
    /// What to do next, told below a plan that changes something.
    pub next: Option<String>,
}

impl Default for TextOptions {
    /// 100 columns without colour, 20 groups of three devices and 40 fields.
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
            max_groups: 20,
            max_devices: 3,
            max_fields: 40,
            show_unchanged: false,
            consent: Some(Consent::default()),
            next: None,
        }
    }
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Added,
    Changed,
    Removed,
    Advice,
}

impl Ink {
    /// The ANSI sequence that switches it on.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Added => "\x1b[32m",
            Self::Changed => "\x1b[33m",
            Self::Removed => "\x1b[31m",
            Self::Advice => "\x1b[36m",
        }
    }
}

/// Text in the making: lines of coloured pieces.
pub(super) struct Page {
    colour: bool,
    text: String,
    // INVARIANT: the characters of the current line, colours aside; `put` and `end` keep it.
    column: usize,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour, text: String::new(), column: 0 }
    }

    /// Adds `text` to the current line. What could move the cursor or hide is made visible.
    pub(super) fn put(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = visible(text);
        self.column += text.chars().count();
        if self.colour && ink != Ink::Plain && !text.is_empty() {
            self.text.push_str(ink.code());
            self.text.push_str(&text);
            self.text.push_str("\x1b[0m");
        } else {
            self.text.push_str(&text);
        }
        self
    }

    /// Adds spaces up to `column`.
    pub(super) fn pad(&mut self, column: usize) -> &mut Self {
        let n = column.saturating_sub(self.column);
        self.text.extend(std::iter::repeat_n(' ', n));
        self.column += n;
        self
    }

    /// Adds spaces up to `column`, at least two.
    pub(super) fn gap(&mut self, column: usize) -> &mut Self {
        self.pad(column.max(self.column + 2))
    }

    /// The characters on the current line.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Ends the current line.
    pub(super) fn end(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
        self.column = 0;
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Whether `c` could move the cursor or change the reading order.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with each character escaped that could move the cursor or change the reading order.
///
/// ```
/// use escadre_interpreter::present::visible;
/// assert_eq!(visible("a\u{1b}[2J"), "a\\u{1b}[2J");
/// ```
#[must_use]
pub fn visible(text: &str) -> String {
    let hidden = is_hidden;
    if !text.contains(hidden) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}
