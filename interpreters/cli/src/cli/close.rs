//! What was perhaps meant: names that are spelled alike.

/// How many close names are suggested.
pub(crate) const N_CLOSE: usize = 3;

/// The `known` names most like `asked`, each in backticks, if any is close.
pub(crate) fn suggestion<'a>(
    asked: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let asked: Vec<char> = asked.chars().flat_map(char::to_lowercase).collect();
    let most = (asked.len() / 3).max(1);
    let near = known.into_iter().filter_map(|name| Some((distance(&asked, name, most)?, name)));
    let mut found: Vec<(usize, &str)> = near.collect();
    found.sort_unstable();
    found.dedup();
    // What is much closer than the rest is what was meant.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance <= best + 1);
    let shown: Vec<String> =
        found.into_iter().take(N_CLOSE).map(|(_, name)| format!("`{name}`")).collect();
    (!shown.is_empty()).then(|| shown.join(" or "))
}

/// How many characters to insert, remove or replace between the two, if no more than `most`.
fn distance(asked: &[char], known: &str, most: usize) -> Option<usize> {
    let known: Vec<char> = known.chars().flat_map(char::to_lowercase).collect();
    if known.len().abs_diff(asked.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (i, a) in asked.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, k) in known.iter().enumerate() {
            let replaced = corner + usize::from(a != k);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::{distance, suggestion};

    #[test]
    fn the_closest_names_are_suggested() {
        let known = ["role", "site", "firmware", "Role2"];
        assert_eq!(suggestion("rol", known).as_deref(), Some("`role`"));
        assert_eq!(suggestion("role1", known).as_deref(), Some("`Role2` or `role`"));
        assert_eq!(suggestion("colour", known), None);
    }

    #[test]
    fn distances_count_edits_up_to_a_bound() {
        let chars: Vec<char> = "kitten".chars().collect();
        assert_eq!(distance(&chars, "kitten", 1), Some(0));
        assert_eq!(distance(&chars, "sitting", 3), Some(3));
        assert_eq!(distance(&chars, "sitting", 2), None);
        assert_eq!(distance(&chars, "kit", 2), None);
    }
}
