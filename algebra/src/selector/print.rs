//! The text of a selector.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::bucket::as_percent;
use super::kubernetes::{is_label_value, is_qualified_name};
use super::lexer::is_bare_name;
use super::{Selector, Test, View};

/// How many bytes of a selector's text its `Debug` output shows.
const DEBUG_LIMIT: usize = 1000;

/// What surrounds a node that is being written.
#[derive(Clone, Copy)]
enum Place {
    Top,
    Not,
    And,
    Or,
}

enum Job<'a> {
    Node(&'a Selector, Place),
    Text(&'static str),
}

/// The text that [`Selector::parse`] reads back as the same shape.
///
/// It is as long as [`Selector::tree_size`] says: shared parts are written out each time.
/// A selector with problems has a text that does not parse.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_selector(f, self)
    }
}

/// The text, cut after a thousand bytes.
impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Bounded(String::new());
        let cut = write_selector(&mut text, self).is_err();
        write!(f, "Selector({}{})", text.0, if cut { "…" } else { "" })
    }
}

/// A text that refuses to grow past [`DEBUG_LIMIT`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = DEBUG_LIMIT.saturating_sub(self.0.len());
        if piece.len() <= room {
            self.0.push_str(piece);
            return Ok(());
        }
        let cut = (0..=room).rev().find(|&at| piece.is_char_boundary(at)).unwrap_or(0);
        self.0.push_str(&piece[..cut]);
        Err(fmt::Error)
    }
}

fn write_selector(f: &mut impl Write, root: &Selector) -> fmt::Result {
    let mut stack = vec![Job::Node(root, Place::Top)];
    while let Some(job) = stack.pop() {
        let (node, place) = match job {
            Job::Text(text) => {
                f.write_str(text)?;
                continue;
            }
            Job::Node(node, place) => (node, place),
        };
        match (node.view(), place) {
            (View::All, _) => f.write_str("all()")?,
            (View::None, _) => f.write_str("none()")?,
            (View::Test(test), _) => write_test(f, test, false)?,
            (View::Invalid(problem), _) => {
                f.write_str("invalid(")?;
                write_quoted(f, problem.message())?;
                f.write_char(')')?;
            }
            (View::Not(inner), _) => match inner.view() {
                View::Test(test) => write_test(f, test, true)?,
                _ => {
                    f.write_str("not ")?;
                    stack.push(Job::Node(inner, Place::Not));
                }
            },
            (View::And(parts), Place::Top | Place::Or) => {
                list(&mut stack, parts, " and ", Place::And);
            }
            (View::Or(parts), Place::Top) => list(&mut stack, parts, " or ", Place::Or),
            (View::And(_) | View::Or(_), _) => {
                f.write_char('(')?;
                stack.push(Job::Text(")"));
                stack.push(Job::Node(node, Place::Top));
            }
        }
    }
    Ok(())
}

fn list<'a>(stack: &mut Vec<Job<'a>>, parts: &'a [Selector], between: &'static str, place: Place) {
    for (i, part) in parts.iter().enumerate().rev() {
        stack.push(Job::Node(part, place));
        if i > 0 {
            stack.push(Job::Text(between));
        }
    }
}

/// Writes `test`, or what holds where it does not.
pub(super) fn write_test(f: &mut impl Write, test: &Test, negated: bool) -> fmt::Result {
    match test {
        Test::Exists { key } => {
            f.write_str(if negated { "!" } else { "" })?;
            write_key(f, key.as_str())
        }
        Test::In { key, values } => {
            write_key(f, key.as_str())?;
            write_set(f, values, negated, write_value)
        }
        Test::Compare { key, op, bound } => {
            f.write_str(if negated { "not " } else { "" })?;
            write_key(f, key.as_str())?;
            write!(f, " {} {bound}", op.symbol())
        }
        Test::Id(ids) => {
            f.write_str("id")?;
            write_set(f, ids, negated, write_name)
        }
        Test::Bucket { salt, start, end } => {
            f.write_str(if negated { "not bucket(" } else { "bucket(" })?;
            write_name(f, salt)?;
            f.write_char(')')?;
            match (start, as_percent(*end), end) {
                (0, Some(end), _) => write!(f, " < {end}%"),
                (0, None, Some(end)) => write!(f, " < 0x{end:016x}"),
                (_, _, None) => write!(f, " >= {}", point(Some(*start))),
                (_, _, Some(_)) => write!(f, " in [{}, {})", point(Some(*start)), point(*end)),
            }
        }
    }
}

fn point(point: Option<u64>) -> String {
    match as_percent(point) {
        Some(percent) => format!("{percent}%"),
        None => format!("0x{:016x}", point.unwrap_or_default()),
    }
}

fn write_set<S: AsRef<str>, W: Write>(
    f: &mut W,
    set: &Arc<[S]>,
    negated: bool,
    write: impl Fn(&mut W, &str) -> fmt::Result,
) -> fmt::Result {
    if let [only] = &**set {
        f.write_str(if negated { " != " } else { " = " })?;
        return write(f, only.as_ref());
    }
    f.write_str(if negated { " notin (" } else { " in (" })?;
    for (i, value) in set.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        write(f, value.as_ref())?;
    }
    f.write_char(')')
}

fn write_key(f: &mut impl Write, key: &str) -> fmt::Result {
    let keyword = ["and", "or", "not", "in", "notin", "id"].contains(&key);
    if is_qualified_name(key) && !keyword { f.write_str(key) } else { write_quoted(f, key) }
}

fn write_value(f: &mut impl Write, value: &str) -> fmt::Result {
    if !value.is_empty() && is_label_value(value) {
        f.write_str(value)
    } else {
        write_quoted(f, value)
    }
}

fn write_name(f: &mut impl Write, name: &str) -> fmt::Result {
    if is_bare_name(name) { f.write_str(name) } else { write_quoted(f, name) }
}

fn write_quoted(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
