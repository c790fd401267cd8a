//! Selectors over the columns of one inventory: each test a set of codes, or of rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::Columns;
use super::rows::Rows;
use super::set::CodeSet;
use crate::selector::{Selector, Test, View};

/// How deep an expression may nest before its rows are asked one by one.
const MAX_DEPTH: usize = 128;
/// How many parts an expression may have, shared ones counted each time.
const MAX_PARTS: usize = 1 << 18;

/// So many codes are compared without a table.
const FEW_CODES: usize = 8;
/// Making a table of so many codes takes as long as comparing the strings of one row.
const CODES_A_ROW: usize = 1 << 10;
/// So many strings are always compared.
const FEW_STRINGS: usize = 1 << 10;

/// What a selector says over the columns of one inventory, unknown labels read as absent.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Const(bool),
    /// The code in this column is in this set.
    Column(usize, CodeSet),
    /// The row is one of these, sorted.
    Rows(Vec<u32>),
    /// The device's point is in this interval of this bucket space.
    Bucket {
        salt: Arc<str>,
        start: u64,
        end: Option<u64>,
    },
    /// Asked row by row: too deep or too large to be walked as a tree.
    Slow(Selector),
    Not(Box<Expr>),
    // INVARIANT: two parts at least, none constant, none of the same kind, no column twice;
    // cheap ones first. `and` and `or` keep it.
    And(Vec<Expr>),
    Or(Vec<Expr>),
}

impl Expr {
    /// `selector` over `columns`. Costs O(size of the selector + strings that are compared).
    pub(super) fn of(selector: &Selector, columns: &Columns) -> Self {
        let order = selector.postorder();
        let mut n_uses: HashMap<usize, usize> = HashMap::new();
        for part in order.iter().flat_map(|node| node.view().children()) {
            *n_uses.entry(part.address()).or_default() += 1;
        }
        let mut done: HashMap<usize, (Self, usize)> = HashMap::new();
        for node in order {
            // The last use takes the part; earlier ones copy it.
            let parts: Vec<(Self, usize)> = node
                .view()
                .children()
                .iter()
                .filter_map(|part| {
                    let left = n_uses.get_mut(&part.address())?;
                    *left -= 1;
                    let part = part.address();
                    if *left == 0 { done.remove(&part) } else { done.get(&part).cloned() }
                })
                .collect();
            let n_parts = parts.iter().map(|(_, n)| n).sum::<usize>() + 1;
            let parts = parts.into_iter().map(|(part, _)| part);
            let mut expr = match node.view() {
                View::All => Self::Const(true),
                View::None | View::Invalid(_) => Self::Const(false),
                View::Test(test) => Self::of_test(test, columns),
                View::Not(_) => Self::any(parts).not(),
                View::And(_) => Self::all(parts),
                View::Or(_) => Self::any(parts),
            };
            if n_parts > MAX_PARTS || expr.depth() > MAX_DEPTH {
                expr = Self::Slow(node.clone());
            }
            done.insert(node.address(), (expr, n_parts));
        }
        done.remove(&selector.address()).map_or(Self::Const(false), |(expr, _)| expr)
    }

    /// `selector` to be asked of `rows` only, where codes are as `known`. Where its strings are more
    /// than the rows, they are compared row by row.
    pub(super) fn within(
        selector: &Selector,
        columns: &Columns,
        (rows, known): (&Rows, &[(usize, CodeSet)]),
    ) -> Self {
        let is_costly = |test: &Test| {
            let n_codes_a_row = match test {
                Test::Compare { .. } => 1,
                Test::In { values, .. } if values.len() > FEW_CODES => CODES_A_ROW,
                _ => return false,
            };
            let column = test.key().and_then(|key| columns.column(key.as_str()));
            let n_rows = column.map_or(0, |column| column.n_codes() / n_codes_a_row);
            n_rows > FEW_STRINGS && n_rows > rows.set(columns).len()
        };
        if selector.atoms().into_iter().any(is_costly) {
            Self::Slow(selector.clone())
        } else {
            Self::of(selector, columns).given(known)
        }
    }

    fn of_test(test: &Test, columns: &Columns) -> Self {
        match test {
            Test::Id(ids) => {
                let rows = ids.iter().filter_map(|id| columns.position(id.as_str()));
                let rows: Vec<u32> = rows.filter_map(|row| u32::try_from(row).ok()).collect();
                if rows.is_empty() { Self::Const(false) } else { Self::Rows(rows) }
            }
            Test::Bucket { salt, start, end } => {
                Self::Bucket { salt: Arc::clone(salt), start: *start, end: *end }
            }
            Test::Exists { key } | Test::In { key, .. } | Test::Compare { key, .. } => {
                // Without a column every device lacks the label, and no test holds of that.
                columns.place(key.as_str()).map_or(Self::Const(false), |at| {
                    Self::column(at, CodeSet::of(test, &columns.columns[at]))
                })
            }
        }
    }

    pub(super) fn column(at: usize, set: CodeSet) -> Self {
        set.constant().map_or(Self::Column(at, set), Self::Const)
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Const(holds) => Self::Const(!holds),
            Self::Column(at, set) => Self::Column(at, set.not()),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The same on the rows whose codes are in the sets that are `known`, each of another column.
    pub(super) fn given(self, known: &[(usize, CodeSet)]) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.given(known));
        match self {
            Self::Column(at, set) => {
                let known = known.iter().find(|(column, _)| *column == at);
                let decided = known.and_then(|(_, known)| set.given(known));
                decided.map_or(Self::Column(at, set), Self::Const)
            }
            Self::Not(inner) => inner.given(known).not(),
            Self::And(parts) => Self::all(all(parts)),
            Self::Or(parts) => Self::any(all(parts)),
            other => other,
        }
    }

    /// Sets of codes of different columns: where this holds, the codes are in them.
    pub(super) fn codes(&self) -> Vec<(usize, CodeSet)> {
        let parts = match self {
            Self::And(parts) => &parts[..],
            only => std::slice::from_ref(only),
        };
        let codes = parts.iter().filter_map(|part| match part {
            Self::Column(at, set) => Some((*at, set.clone())),
            _ => None,
        });
        codes.collect()
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        combine(parts, false)
    }

    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        combine(parts, true)
    }

    fn depth(&self) -> usize {
        match self {
            Self::Not(inner) => inner.depth() + 1,
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::depth).max().unwrap_or(0) + 1
            }
            _ => 0,
        }
    }

    /// Where parts are asked in order, this one's place.
    fn cost(&self) -> u32 {
        match self {
            Self::Const(_) => 0,
            Self::Rows(_) => 1,
            Self::Column(..) => 2,
            Self::Not(inner) => inner.cost(),
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::cost).sum::<u32>().min(50),
            Self::Bucket { .. } => 60,
            Self::Slow(_) => 100,
        }
    }
}

/// All of `parts`, or one of them if `any`: flat, sets of one column combined.
fn combine(parts: impl IntoIterator<Item = Expr>, any: bool) -> Expr {
    let mut flat: Vec<Expr> = Vec::new();
    let mut of_column: HashMap<usize, usize> = HashMap::new();
    let mut add = |flat: &mut Vec<Expr>, part: Expr| match part {
        Expr::Column(at, set) => match of_column.get(&at) {
            Some(&place) => {
                if let Some(Expr::Column(_, ours)) = flat.get_mut(place) {
                    let before = std::mem::replace(ours, CodeSet::Dense(Vec::new()));
                    *ours = if any { before.or(&set) } else { before.and(&set) };
                }
            }
            None => {
                of_column.insert(at, flat.len());
                flat.push(Expr::Column(at, set));
            }
        },
        other => flat.push(other),
    };
    for part in parts {
        match part {
            Expr::Const(holds) if holds == any => return Expr::Const(any),
            Expr::Const(_) => {}
            Expr::And(inner) if !any => inner.into_iter().for_each(|part| add(&mut flat, part)),
            Expr::Or(inner) if any => inner.into_iter().for_each(|part| add(&mut flat, part)),
            other => add(&mut flat, other),
        }
    }
    let constant = |part: &Expr| match part {
        Expr::Column(_, set) => set.constant(),
        _ => None,
    };
    if flat.iter().any(|part| constant(part) == Some(any)) {
        return Expr::Const(any);
    }
    flat.retain(|part| constant(part).is_none());
    flat.sort_by_key(Expr::cost);
    match (flat.len(), flat.pop()) {
        (_, None) => Expr::Const(!any),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            flat.push(last);
            if any { Expr::Or(flat) } else { Expr::And(flat) }
        }
    }
}
