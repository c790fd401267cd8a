//! Columns that are looked up together, and the masks of what is found.

use std::collections::HashMap;
use std::ops::Range;

use super::Columns;
use super::entries::{Entries, LARGE, Member, add_one, add_two};
use super::set::CodeSet;

/// Columns are put into one table while it has at most so many entries.
const MAX_JOINT: usize = 1024;
/// The same for columns that some selector tests together: most of their entries have equal masks.
const MAX_LINKED: usize = 1 << 14;

/// Columns that are looked up together.
#[derive(Default)]
pub(super) struct Group {
    members: Vec<Member>,
    /// If entries were renumbered, for each the new one: those with equal masks have the same.
    renumbered: Option<Vec<u16>>,
    pub(super) n_entries: usize,
    // INVARIANT: `n_entries` times `stride` words.
    pub(super) masks: Vec<u64>,
}

/// One tested column: the sets that selectors test, each with the selector's number.
#[derive(Default)]
pub(super) struct Tested {
    pub(super) sets: Vec<(usize, CodeSet)>,
}

/// For each tested column, the least of those that selectors link it with.
pub(super) fn linked(tested: &HashMap<usize, Tested>) -> HashMap<usize, usize> {
    let mut columns_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for (&column, tested) in tested {
        for (number, _) in &tested.sets {
            columns_of.entry(*number).or_default().push(column);
        }
    }
    let mut links: HashMap<usize, usize> = tested.keys().map(|&column| (column, column)).collect();
    for columns in columns_of.into_values().filter(|columns| columns.len() > 1) {
        let ends: Vec<usize> = columns.iter().filter_map(|at| links.get(at).copied()).collect();
        let Some(&least) = ends.iter().min() else { continue };
        links.values_mut().filter(|end| ends.contains(end)).for_each(|end| *end = least);
    }
    links
}

impl Group {
    /// The masks of one column; codes with equal masks share one.
    pub(super) fn of(column: usize, tested: &Tested, n_codes: usize, stride: usize) -> Self {
        let (mut usual, mut dense) = (vec![!0u64; stride], Vec::new());
        let mut unusual: Vec<(u32, usize)> = Vec::new();
        for (number, set) in &tested.sets {
            match set {
                CodeSet::Sparse { codes, negated } => {
                    if !negated {
                        usual[number / 64] &= !(1 << (number % 64));
                    }
                    unusual.extend(codes.iter().map(|&code| (code, *number)));
                }
                CodeSet::Dense(holds) => dense.push((*number, holds)),
            }
        }
        unusual.sort_unstable();
        let mut numbers: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut masks: Vec<u64> = Vec::new();
        let mut number_of = |mask: &[u64]| match numbers.get(mask) {
            Some(&number) => number,
            None => {
                let number = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                masks.extend_from_slice(mask);
                numbers.insert(mask.to_vec(), number);
                number
            }
        };
        number_of(&usual);
        // Codes that no test names have entry 0, without being visited.
        let sparse = dense.is_empty() && n_codes > LARGE && unusual.len() < n_codes / 64;
        let mut entry_of =
            if sparse { Entries::named(n_codes) } else { Entries::U32(vec![0; n_codes]) };
        let mut mask = usual.clone();
        let mut of_code = |code: u32, unusual: &[(u32, usize)]| {
            mask.copy_from_slice(&usual);
            unusual.iter().for_each(|(_, number)| mask[number / 64] ^= 1 << (number % 64));
            for (number, holds) in &dense {
                if holds.get(code as usize) != Some(&1) {
                    mask[number / 64] &= !(1 << (number % 64));
                }
            }
            entry_of.set(code, number_of(&mask));
        };
        if dense.is_empty() {
            for codes in unusual.chunk_by(|a, b| a.0 == b.0) {
                of_code(codes[0].0, codes);
            }
        } else {
            let mut left = &unusual[..];
            for code in (0..n_codes).filter_map(|code| u32::try_from(code).ok()) {
                let n_here = left.iter().take_while(|(of, _)| *of == code).count();
                of_code(code, &left[..n_here]);
                left = &left[n_here..];
            }
        }
        let n_entries = numbers.len();
        let members = vec![Member { column, entry_of }];
        Self { members, renumbered: None, n_entries, masks }
    }

    /// The same groups, put together where their tables stay small.
    pub(super) fn joined(
        mut singles: Vec<Self>,
        links: &HashMap<usize, usize>,
        stride: usize,
    ) -> Vec<Self> {
        let link = |group: &Self| links.get(&group.members[0].column).copied();
        singles.sort_by_key(|group| (link(group), group.n_entries, group.members[0].column));
        let mut joined: Vec<Self> = Vec::new();
        let mut loose: Vec<Self> = Vec::new();
        for linked in singles.chunk_by_mut(|a, b| link(a) == link(b)) {
            let linked = linked.iter_mut().map(std::mem::take);
            let first = joined.len();
            for group in linked {
                match joined.get_mut(first..).and_then(<[Self]>::last_mut) {
                    Some(last) if last.n_entries * group.n_entries <= MAX_LINKED => {
                        last.join(group, stride);
                    }
                    _ => joined.push(group),
                }
            }
            // What stands alone may be put together with others.
            if let [only] = &joined[first..]
                && only.members.len() == 1
            {
                loose.extend(joined.pop());
            }
        }
        joined.iter_mut().for_each(|group| group.renumber(stride));
        let n_linked = joined.len();
        loose.sort_by_key(|group| (group.n_entries, group.members[0].column));
        for group in loose {
            match joined.get_mut(n_linked..).and_then(<[Self]>::last_mut) {
                Some(last) if last.n_entries * group.n_entries <= MAX_JOINT => {
                    last.join(group, stride);
                }
                _ => joined.push(group),
            }
        }
        for member in joined.iter_mut().flat_map(|group| &mut group.members) {
            member.entry_of.narrow();
        }
        joined
    }

    /// Gives entries with equal masks one number.
    fn renumber(&mut self, stride: usize) {
        let mut numbers: HashMap<&[u64], u16> = HashMap::new();
        let mut masks = Vec::new();
        let mut renumbered = Vec::with_capacity(self.n_entries);
        for mask in self.masks.chunks_exact(stride) {
            let next = numbers.len();
            let number = numbers.entry(mask).or_insert_with(|| {
                masks.extend_from_slice(mask);
                u16::try_from(next).unwrap_or(u16::MAX)
            });
            renumbered.push(*number);
        }
        let n_entries = numbers.len();
        if n_entries * 2 <= self.n_entries && n_entries <= usize::from(u16::MAX) {
            self.renumbered = Some(renumbered);
            self.n_entries = n_entries;
            self.masks = masks;
        }
    }

    /// The entries of `rows`.
    pub(super) fn look_up(&self, columns: &Columns, rows: &Range<usize>, entries: &mut [u32]) {
        let mut is_first = true;
        // Small columns are looked up in pairs: entries are read and written half as often.
        let mut waiting = None;
        for member in &self.members {
            match (member.small(columns, rows), waiting.take()) {
                (Some(small), None) => {
                    waiting = Some(small);
                    continue;
                }
                (Some(small), Some(other)) => add_two(small, other, is_first, entries),
                (None, small) => {
                    waiting = small;
                    member.look_up(columns, rows.clone(), is_first, entries);
                }
            }
            is_first = false;
        }
        if let Some((codes, table)) = waiting {
            add_one(codes, table, is_first, entries);
        }
        self.settle(entries);
    }

    /// The entries of single rows.
    pub(super) fn look_up_some(&self, columns: &Columns, rows: &[u32], entries: &mut [u32]) {
        entries.fill(0);
        for member in &self.members {
            let codes = &columns.columns[member.column].codes;
            for (entry, &row) in entries.iter_mut().zip(rows) {
                *entry += member.entry_of.get(codes.get(row as usize));
            }
        }
        self.settle(entries);
    }

    /// The entries of some rows, from what their members add up to.
    fn settle(&self, entries: &mut [u32]) {
        if let Some(renumbered) = &self.renumbered
            && let Some(last) = renumbered.len().checked_sub(1)
        {
            // Every entry is in the table; a minimum costs less than a branch that asks whether.
            for entry in entries {
                *entry = renumbered[(*entry as usize).min(last)].into();
            }
        }
    }

    fn join(&mut self, other: Self, stride: usize) {
        let mut masks = Vec::with_capacity(self.masks.len() * other.n_entries);
        for theirs in other.masks.chunks_exact(stride) {
            let both = self.masks.iter().zip(theirs.iter().cycle()).map(|(a, b)| a & b);
            masks.extend(both);
        }
        for mut member in other.members {
            member.entry_of.scale(self.n_entries);
            self.members.push(member);
        }
        self.masks = masks;
        self.n_entries *= other.n_entries;
    }
}
