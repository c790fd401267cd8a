//! Differences between lists, piece by piece.

/// How many comparisons a difference may cost; longer lists are compared at their ends only.
const BUDGET: usize = 250_000;

/// One step from one list to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// So many pieces stay.
    Same(usize),
    /// The piece goes.
    Removed(&'a str),
    /// The piece comes.
    Added(&'a str),
}

/// The shortest way from `before` to `after` (what goes first), if that is affordable.
///
/// Costs at most a fixed number of comparisons beyond the length of the lists.
pub(super) fn steps<'a>(before: &'a [String], after: &'a [String]) -> Vec<Step<'a>> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (b, a) = (&before[head..], &after[head..]);
    let tail = b.iter().rev().zip(a.iter().rev()).take_while(|(a, b)| a == b).count();
    let (b, a) = (&b[..b.len() - tail], &a[..a.len() - tail]);
    let mut steps = Vec::new();
    same(&mut steps, head);
    if b.len().saturating_mul(a.len()) > BUDGET {
        steps.extend(b.iter().map(|piece| Step::Removed(piece)));
        steps.extend(a.iter().map(|piece| Step::Added(piece)));
    } else {
        middle(b, a, &mut steps);
    }
    same(&mut steps, tail);
    steps
}

fn same(steps: &mut Vec<Step<'_>>, n: usize) {
    match steps.last_mut() {
        Some(Step::Same(before)) => *before += n,
        _ if n > 0 => steps.push(Step::Same(n)),
        _ => {}
    }
}

/// By the longest common subsequence: `kept[i][j]` is its length from `before[i..]` and `after[j..]`.
fn middle<'a>(before: &'a [String], after: &'a [String], steps: &mut Vec<Step<'a>>) {
    let width = after.len() + 1;
    let mut kept = vec![0_u32; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            kept[i * width + j] = if before[i] == after[j] {
                kept[(i + 1) * width + j + 1] + 1
            } else {
                kept[(i + 1) * width + j].max(kept[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            same(steps, 1);
            (i, j) = (i + 1, j + 1);
        } else if j == after.len()
            || (i < before.len() && kept[(i + 1) * width + j] >= kept[i * width + j + 1])
        {
            steps.push(Step::Removed(&before[i]));
            i += 1;
        } else {
            steps.push(Step::Added(&after[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expect: &str) {
        let list = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (before, after) = (list(before), list(after));
        let shown = steps(&before, &after).into_iter().map(|step| match step {
            Step::Same(n) => format!("={n}"),
            Step::Removed(piece) => format!("-{piece}"),
            Step::Added(piece) => format!("+{piece}"),
        });
        assert_eq!(shown.collect::<String>(), expect);
    }

    #[test]
    fn steps_are_the_shortest_way() {
        check("", "", "");
        check("abc", "abc", "=3");
        check("abc", "axc", "=1-b+x=1");
        check("abcd", "bxd", "-a=1-c+x=1");
        check("", "ab", "+a+b");
        check("ab", "", "-a-b");
        check("abcbd", "acbcd", "=1-b=2+c=1");
    }

    #[test]
    fn long_lists_cost_no_more_than_their_length() {
        let list = |from: usize| (from..from + 40_000).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(steps(&list(0), &list(40_000)).len(), 80_000);
    }
}
