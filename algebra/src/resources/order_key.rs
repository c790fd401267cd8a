//! Order keys: the names of entries whose order matters.

use std::cmp::Ordering;

/// The order of two order keys: by their numeric prefixes, then by what follows, then as texts.
///
/// A key without a numeric prefix comes after those with one. Prefixes have any length and are
/// compared as numbers. It is a total order, and two keys are equal in it iff they are the same
/// text; `07` comes before `7`.
///
/// ```
/// use escadre_algebra::order_key_cmp;
/// let mut keys = ["zone", "100-b", "50-zone", "050-a", "9"];
/// keys.sort_by(|a, b| order_key_cmp(a, b));
/// assert_eq!(keys, ["9", "050-a", "50-zone", "100-b", "zone"]);
/// ```
#[must_use]
pub fn order_key_cmp(a: &str, b: &str) -> Ordering {
    let ((n, x), (m, y)) = (split(a), split(b));
    let numbers = match (n, m) {
        (Some(n), Some(m)) => n.len().cmp(&m.len()).then_with(|| n.cmp(m)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    numbers.then_with(|| x.cmp(y)).then_with(|| a.cmp(b))
}

/// The digits at the start without leading zeros, if there are any digits, and the rest.
fn split(key: &str) -> (Option<&str>, &str) {
    let end = key.find(|c: char| !c.is_ascii_digit()).unwrap_or(key.len());
    let (digits, rest) = key.split_at(end);
    ((!digits.is_empty()).then(|| digits.trim_start_matches('0')), rest)
}
