//! The answers of many selectors at once: a bit each, a mask for each code, their AND a row.

use std::collections::HashMap;
use std::ops::Range;

use super::Columns;
use super::compiled::Expr;
use super::group::{Group, Tested, linked};
use super::rows::bits;
use super::scan::Scan;
use super::set::CodeSet;
use crate::selector::Selector;

/// How many rows are answered at once.
const ROWS: usize = 256;
/// Selectors made ready to be answered on the rows of one inventory.
///
/// A selector that is a conjunction of sets of different columns, or the negation of one, is a bit
/// of the masks. Others are scanned, and their bits put in their places.
pub(super) struct Masks {
    /// The words of a row: a multiple of the chunks in which they are computed.
    pub(super) stride: usize,
    /// The answers before any column is looked at.
    base: Vec<u64>,
    /// The selectors that were negated to become conjunctions.
    flip: Vec<u64>,
    groups: Vec<Group>,
    scanned: Vec<(usize, Scan)>,
}

impl Masks {
    pub(super) fn new(selectors: &[Selector], columns: &Columns) -> Self {
        let n_words = selectors.len().div_ceil(64).max(1);
        let stride = if n_words == 1 { 1 } else { n_words.next_multiple_of(4) };
        let (mut base, mut flip) = (vec![0u64; stride], vec![0u64; stride]);
        let mut tested: HashMap<usize, Tested> = HashMap::new();
        let mut scanned = Vec::new();
        for (number, selector) in selectors.iter().enumerate() {
            let expr = Expr::of(selector, columns);
            match conjunction(expr) {
                Ok((sets, negated)) => {
                    let bit = 1 << (number % 64);
                    base[number / 64] |= bit;
                    flip[number / 64] |= if negated { bit } else { 0 };
                    for (column, set) in sets {
                        tested.entry(column).or_default().sets.push((number, set));
                    }
                }
                Err(Expr::Const(holds)) => base[number / 64] |= u64::from(holds) << (number % 64),
                Err(expr) => scanned.push((number, Scan::of(&expr, columns))),
            }
        }
        let links = linked(&tested);
        let singles = tested.into_iter().map(|(column, tested)| {
            Group::of(column, &tested, columns.columns[column].n_codes(), stride)
        });
        let groups = Group::joined(singles.collect(), &links, stride);
        Self { stride, base, flip, groups, scanned }
    }

    /// Calls `each` with the answers of some rows of `range` at a time, in order.
    pub(super) fn answer(
        &self,
        columns: &Columns,
        range: Range<usize>,
        mut each: impl FnMut(&[u64]),
    ) {
        let mut answers = vec![0u64; ROWS * self.stride];
        let end = range.end.min(columns.len());
        // Blocks start at whole words of rows, as scans do.
        let mut start = range.start;
        while start < end {
            let stop = end.min((start / ROWS + 1) * ROWS);
            let out = &mut answers[..(stop - start) * self.stride];
            let rows = start..stop;
            self.fill(out, |group, entries| group.look_up(columns, &rows, entries));
            self.scan(columns, &rows, out);
            each(out);
            start = stop;
        }
    }

    /// Calls `each` with the answers of some of `rows` at a time, in order.
    pub(super) fn answer_some(
        &self,
        columns: &Columns,
        rows: &[u32],
        mut each: impl FnMut(&[u64]),
    ) {
        let mut answers = vec![0u64; ROWS * self.stride];
        for rows in rows.chunks(ROWS) {
            let out = &mut answers[..rows.len() * self.stride];
            self.fill(out, |group, entries| group.look_up_some(columns, rows, entries));
            for (row, out) in rows.iter().zip(out.chunks_exact_mut(self.stride)) {
                let row = *row as usize;
                self.scan(columns, &(row..row + 1), out);
            }
            each(out);
        }
    }

    /// Where the entries of a row in all groups stand in one number, its key; `None` if keys do not
    /// decide the answers, or do not fit.
    pub(super) fn layout(&self) -> Option<Layout> {
        if !self.scanned.is_empty() {
            return None;
        }
        let mut layout = Layout { shifts: Vec::with_capacity(self.groups.len()), n_bits: 0 };
        for group in &self.groups {
            layout.shifts.push(layout.n_bits);
            layout.n_bits += usize::BITS - group.n_entries.saturating_sub(1).leading_zeros();
        }
        (layout.n_bits <= Layout::MAX_BITS).then_some(layout)
    }

    /// Calls `each` with the keys of some rows at a time, in order.
    pub(super) fn keys(&self, columns: &Columns, layout: &Layout, mut each: impl FnMut(&[u64])) {
        let (mut keys, mut entries) = ([0u64; ROWS], [0u32; ROWS]);
        for start in (0..columns.len()).step_by(ROWS) {
            let rows = start..columns.len().min(start + ROWS);
            let (keys, entries) = (&mut keys[..rows.len()], &mut entries[..rows.len()]);
            keys.fill(0);
            for (group, shift) in self.groups.iter().zip(&layout.shifts) {
                group.look_up(columns, &rows, entries);
                keys.iter_mut().zip(&*entries).for_each(|(key, &entry)| {
                    *key |= u64::from(entry) << shift;
                });
            }
            each(keys);
        }
    }

    /// The answers of the rows with this key, to `out`.
    pub(super) fn of_key(&self, key: u64, layout: &Layout, out: &mut [u64]) {
        out.copy_from_slice(&self.base);
        let ends = layout.shifts.iter().skip(1).chain([&layout.n_bits]);
        for ((group, shift), end) in self.groups.iter().zip(&layout.shifts).zip(ends) {
            let entry = (key >> shift) & !(!0 << (end - shift));
            let entry = usize::try_from(entry).unwrap_or(0);
            let mask = &group.masks[entry * self.stride..(entry + 1) * self.stride];
            out.iter_mut().zip(mask).for_each(|(word, mask)| *word &= mask);
        }
        out.iter_mut().zip(&self.flip).for_each(|(word, flip)| *word ^= flip);
    }

    /// The answers of the selectors that are masks, to `out`.
    fn fill(&self, out: &mut [u64], mut look_up: impl FnMut(&Group, &mut [u32])) {
        out.chunks_exact_mut(self.stride).for_each(|row| row.copy_from_slice(&self.base));
        let mut entries = [0u32; ROWS];
        let entries = &mut entries[..out.len() / self.stride];
        for group in &self.groups {
            look_up(group, entries);
            match self.stride {
                1 => and_masks::<1>(out, &group.masks, entries, 1),
                stride => and_masks::<4>(out, &group.masks, entries, stride / 4),
            }
        }
        if self.flip.iter().any(|&word| word != 0) {
            for row in out.chunks_exact_mut(self.stride) {
                row.iter_mut().zip(&self.flip).for_each(|(word, flip)| *word ^= flip);
            }
        }
    }

    /// The answers of the selectors that are scanned, to `out`.
    fn scan(&self, columns: &Columns, rows: &Range<usize>, out: &mut [u64]) {
        for (number, scan) in &self.scanned {
            let first = rows.start / 64;
            let care = std::array::from_fn(|word| {
                let from = (first + word) * 64;
                let (low, high) = (rows.start.max(from), rows.end.min(from + 64));
                if low < high { (!0 >> (64 - (high - low))) << (low - from) } else { 0 }
            });
            let block = scan.block(columns, first, &care);
            for (at, &word) in block.iter().enumerate() {
                for bit in bits(word) {
                    let row = (first + at) * 64 + bit - rows.start;
                    out[row * self.stride + number / 64] |= 1 << (number % 64);
                }
            }
        }
    }
}

/// Where the entry of each group stands in a row's key: from which bit on.
pub(super) struct Layout {
    shifts: Vec<u32>,
    /// How many bits a key has.
    pub(super) n_bits: u32,
}

impl Layout {
    // INVARIANT: below 64, so that every shift by a part of it is one.
    const MAX_BITS: u32 = 63;
}

/// The sets of different columns whose conjunction (negated, if so said) `expr` is.
fn conjunction(expr: Expr) -> Result<(Vec<(usize, CodeSet)>, bool), Expr> {
    let is_column = |part: &Expr| matches!(part, Expr::Column(..));
    let sets = |parts: Vec<Expr>, negated: bool| {
        let sets = parts.into_iter().filter_map(|part| match part {
            Expr::Column(at, set) if negated => Some((at, set.not())),
            Expr::Column(at, set) => Some((at, set)),
            _ => None,
        });
        (sets.collect(), negated)
    };
    match expr {
        Expr::Column(..) => Ok(sets(vec![expr], false)),
        Expr::And(parts) if parts.iter().all(is_column) => Ok(sets(parts, false)),
        Expr::Or(parts) if parts.iter().all(is_column) => Ok(sets(parts, true)),
        Expr::Not(inner) => match conjunction(*inner) {
            Ok((sets, negated)) => Ok((sets, !negated)),
            Err(inner) => Err(inner.not()),
        },
        other => Err(other),
    }
}

/// `out` of each row, AND the mask of its entry: `n_chunks` chunks of `N` words each.
fn and_masks<const N: usize>(out: &mut [u64], masks: &[u64], entries: &[u32], n_chunks: usize) {
    let (out, _) = out.as_chunks_mut::<N>();
    let (masks, _) = masks.as_chunks::<N>();
    if n_chunks == 1 {
        for (out, &entry) in out.iter_mut().zip(entries) {
            if let Some(mask) = masks.get(entry as usize) {
                out.iter_mut().zip(mask).for_each(|(word, mask)| *word &= mask);
            }
        }
        return;
    }
    for (out, &entry) in out.chunks_exact_mut(n_chunks).zip(entries) {
        let mask = masks.iter().skip(entry as usize * n_chunks);
        for (out, mask) in out.iter_mut().zip(mask) {
            out.iter_mut().zip(mask).for_each(|(word, mask)| *word &= mask);
        }
    }
}
