//! Kinds of device in words: a selector, and one device as an inventory would list it.

use std::collections::HashMap;
use std::fmt::{self, Write};

use escadre_algebra::{Facts, Selector, View};

/// The most bytes of a selector's text; shared parts are written out, so that one could be of any length.
const MAX_REGION: usize = 64 << 10;

/// A text that refuses to grow past its limit.
struct Bounded(String, usize);

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.0.len() + piece.len() > self.1 {
            return Err(fmt::Error);
        }
        self.0.push_str(piece);
        Ok(())
    }
}

/// `region`, where no `and` is directly in an `and`, and no `or` in an `or`. Costs its nodes.
fn flat(region: &Selector) -> Selector {
    // What is this wide is not read by people, and copying it for each that shares it would cost.
    const MAX_WIDTH: usize = 1_000;
    let mut known: HashMap<usize, Selector> = HashMap::new();
    for part in region.postorder() {
        let flat = |child: &Selector| known.get(&child.address()).unwrap_or(child).clone();
        let children = |same: fn(&View<'_>) -> bool| -> Vec<Selector> {
            let mut all = Vec::new();
            for child in part.view().children() {
                let child = flat(child);
                match child.view() {
                    view if same(&view) && view.children().len() <= MAX_WIDTH => {
                        all.extend(child.view().children().iter().cloned());
                    }
                    _ => all.push(child),
                }
            }
            all
        };
        let new = match part.view() {
            View::And(_) => Selector::all_of(children(|view| matches!(view, View::And(_)))),
            View::Or(_) => Selector::any_of(children(|view| matches!(view, View::Or(_)))),
            View::Not(inner) => !flat(inner),
            _ => part.clone(),
        };
        known.insert(part.address(), new);
    }
    known.remove(&region.address()).unwrap_or_else(|| region.clone())
}

/// The text of `region`, whole if it is short enough, and whether it is.
pub(super) fn selector(region: &Selector) -> (String, bool) {
    let mut text = Bounded(String::new(), MAX_REGION);
    let whole = write!(text, "{}", flat(region)).is_ok();
    let mut text = text.0;
    if !whole {
        text.push('…');
    }
    (text, whole)
}

/// Where something is so: `everywhere`, or `where role = camera`.
pub(super) fn place(region: &Selector) -> String {
    match region.view() {
        View::All => "everywhere".to_owned(),
        _ => format!("where {}", selector(region).0),
    }
}

/// The device with its labels: `device-0 with role=camera, site=lyon`.
pub(super) fn device(facts: &Facts) -> String {
    let mut text = facts.id().to_string();
    for (i, label) in facts.labels().iter().enumerate() {
        let value = label.value.as_deref().unwrap_or("(unknown)");
        text.push_str(if i == 0 { " with " } else { ", " });
        text.push_str(&format!("{}={value}", label.key));
    }
    if facts.labels().is_empty() {
        text.push_str(", which has no labels");
    }
    text
}

/// `text` in lines of at most `width` columns, broken at spaces where there are some.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefgh i", 3), ["abcdefgh", "i"]);
        assert_eq!(wrapped("", 3), [""]);
    }

    #[test]
    fn ands_in_ands_are_one() {
        let parse = |text: &str| Selector::parse(text).unwrap_or_else(|_| Selector::none());
        let inner = Selector::all_of([parse("b"), Selector::all_of([parse("c"), parse("d or e")])]);
        let region = Selector::all_of([parse("a"), inner]);
        assert_eq!(selector(&region).0, "a and b and c and (d or e)");
    }

    #[test]
    fn a_region_without_end_is_cut() {
        let test =
            |n: usize| Selector::parse(&format!("k{n} = v")).unwrap_or_else(|_| Selector::none());
        let long = Selector::all_of((0..10_000).map(test));
        let (text, whole) = selector(&long);
        assert!(!whole && text.len() < MAX_REGION + 8);
    }
}
