//! The place in a text that an error is about.

use escadre_interpreter::present::{is_hidden, visible};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// How many characters of a long line are shown on each side of the place.
const WINDOW: usize = 60;

/// One line of a text, and what is wrong in it.
#[derive(Debug)]
pub(crate) struct Snippet {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The first byte and the number of bytes.
    pub(crate) span: (usize, usize),
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) label: String,
}

impl Snippet {
    /// The characters of `text` around `column`, which counts from 1.
    pub(crate) fn cut(name: &str, text: &str, line: usize, column: usize) -> Self {
        let at = column.saturating_sub(1);
        let from = at.saturating_sub(WINDOW);
        let shown: String = text.chars().skip(from).take(2 * WINDOW).collect();
        let (head, tail) = (from > 0, text.chars().nth(from + 2 * WINDOW).is_some());
        let before: usize = shown.chars().take(at - from).map(char::len_utf8).sum();
        let length = shown[before..].chars().next().map_or(0, char::len_utf8);
        let shift = if head { '…'.len_utf8() } else { 0 };
        let text = format!("{}{shown}{}", if head { "…" } else { "" }, if tail { "…" } else { "" });
        let (name, label) = (name.to_owned(), "here".to_owned());
        Self { name, text, span: (before + shift, length), line, column, label }
    }
}

impl Snippet {
    /// This snippet, with each character replaced that a terminal would obey by one as long.
    pub(crate) fn shown(mut self) -> Self {
        let stand_in = |c: char| match (is_hidden(c) && c != '\t', c.len_utf8()) {
            (false, _) => c,
            (true, 1) => '?',
            (true, 2) => '·',
            (true, _) => char::REPLACEMENT_CHARACTER,
        };
        self.text = self.text.chars().map(stand_in).collect();
        self.name = visible(&self.name);
        self
    }

    /// Points at the place behind the text.
    pub(crate) fn point_behind(&mut self) {
        self.span = (self.text.len(), 1);
        self.text.push(' ');
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            self.line.saturating_sub(1),
            self.column.saturating_sub(1),
            1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::Snippet;

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}é!{}", "é".repeat(500), "x".repeat(500));
        let cut = Snippet::cut("a.json", &line, 1, 502);
        assert_eq!(cut.text.chars().count(), 2 * super::WINDOW + 2);
        assert_eq!(&cut.text[cut.span.0..cut.span.0 + cut.span.1], "!");
    }

    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_places_stay() {
        let line = "a\u{1b}[2J\u{9b}\u{202e}!";
        let shown = Snippet::cut("a\u{1b}.json", line, 1, 8).shown();
        assert_eq!(
            (shown.name.as_str(), shown.text.as_str()),
            ("a\\u{1b}.json", "a?[2J·\u{fffd}!")
        );
        assert_eq!(&shown.text[shown.span.0..shown.span.0 + shown.span.1], "!");
    }

    #[test]
    fn a_place_behind_the_line_is_shown_behind_it() {
        let cut = Snippet::cut("a.json", "{", 1, 9);
        assert_eq!((cut.text.as_str(), cut.span), ("{", (1, 0)));
    }
}
