//! Values on one line.

use escadre_algebra::{Part, Value};

/// `text` in at most `limit` characters, cut in the middle.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let n = text.chars().count();
    if n <= limit {
        return text.to_owned();
    }
    let tail = limit.saturating_sub(1) / 2;
    let head = limit.saturating_sub(1) - tail;
    let mut shown: String = text.chars().take(head).collect();
    shown.push('…');
    shown.extend(text.chars().skip(n - tail));
    shown
}

/// `value` on one line, whole.
pub(super) fn whole(value: &Value) -> String {
    value.to_string()
}

/// `value` as a person reads it, in at most `limit` characters.
pub(super) fn short(value: &Value, limit: usize) -> String {
    cut(&whole(value), limit)
}

/// `before` and `after`, each in at most `limit` characters, cut so that where they differ is seen.
pub(super) fn pair(before: &str, after: &str, limit: usize) -> (String, String) {
    let fits = |text: &str| text.chars().count() <= limit;
    if fits(before) && fits(after) {
        return (before.to_owned(), after.to_owned());
    }
    let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    // What both begin with is cut so far that the rest fits, up to a few characters around it.
    let (least, near) = (limit / 4, limit / 4);
    let longest = before.chars().count().max(after.chars().count());
    let rest = longest - same.saturating_sub(near);
    let head = limit.saturating_sub(rest + 1).max(least);
    let closer = |text: &str| -> String {
        if same <= head + near + 1 {
            return text.to_owned();
        }
        let begin = text.chars().take(head);
        begin.chain(['…']).chain(text.chars().skip(same - near)).collect()
    };
    (cut(&closer(before), limit), cut(&closer(after), limit))
}

/// The pieces of a value that is better compared piece by piece: items of a list, lines of a text.
pub(super) fn pieces(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::List(list) => Some(list.items().iter().map(|item| format!("{item:?}")).collect()),
        Value::Text(word) => {
            let long = |part: &Part| matches!(part, Part::Literal(text) if text.contains('\n'));
            word.parts().iter().any(long).then(|| {
                let text = word.to_string();
                text.split_inclusive('\n').map(|line| format!("{line:?}")).collect()
            })
        }
        _ => None,
    }
}

/// What one of the pieces of `value` is called.
pub(super) fn piece_name(value: &Value) -> &'static str {
    if matches!(value, Value::List(_)) { "item" } else { "line" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_both_ends() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk", 7), "abc…ijk");
        assert_eq!(cut("éèêëàâ", 3), "é…â");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn a_pair_shows_where_it_differs() {
        let check = |before: &str, after: &str, limit: usize, expect: (&str, &str)| {
            let (before, after) = pair(before, after, limit);
            assert_eq!((&*before, &*after), expect);
        };
        check("abc", "abd", 3, ("abc", "abd"));
        let image = "ghcr.io/acme/recorder:2.3";
        check(image, "ghcr.io/acme/recorder:2.3.1", 18, ("ghcr.io/acm…:2.3", "ghcr.io/acm…:2.3.1"));
        let (a, b) = (format!("{}x", "a".repeat(99)), format!("{}y", "a".repeat(99)));
        check(&a, &b, 9, ("aaaaa…aax", "aaaaa…aay"));
    }
}
