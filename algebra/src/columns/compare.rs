//! Comparing what two fleets claim on many devices, group by group.

use super::Columns;
use super::answers::classify;
use super::compiled::Expr;
use super::cut::{Scope, Verdict};
use super::intern::Interner;
use super::masks::Masks;
use super::number::Numbers;
use super::rows::{Known, Row, RowSet, Rows, bits};
use super::scan::{Block, Scan, WORDS};
use super::set::CodeSet;
use crate::claims::Claims;
use crate::denote::{Answers, Evaluator};
use crate::fleet::Fleet;
use crate::map::Map;
use crate::selector::Selector;

/// Up to so many answers are asked for device by device, without looking at whole dictionaries.
const FEW_ANSWERS: usize = 1 << 10;

/// Up to so many selectors are answered 64 rows at once, and their answers are bits of a number.
const FEW_SELECTORS: usize = 32;

/// All rows are answered, in order, when at least one in so many is wanted.
const MANY_ROWS: usize = 4;

/// Adds the rows of `rows` on which `old` and `new` claim different things to `found`; on all of
/// `rows` selectors are as `known`.
pub(super) fn compare(
    old: &Fleet,
    new: &Fleet,
    columns: &Columns,
    (rows, known, scope): (&Rows, &Known, &Scope<'_>),
    found: &mut RowSet,
) {
    let (old, new) = (Evaluator::new(old), Evaluator::new(new));
    let joint = Joint::of(&old, &new);
    let mut groups = Groups { scope, old, new, joint, columns, verdicts: Vec::new() };
    if groups.joint.selectors.len() <= FEW_SELECTORS {
        groups.split(rows, known, found);
        return;
    }
    let rows = rows.set(columns);
    let n_rows = rows.len();
    if n_rows > FEW_ANSWERS && n_rows * MANY_ROWS > columns.len() {
        let (interner, classes) = classify(&Masks::new(&groups.joint.selectors, columns), columns);
        groups.find(&interner, rows.iter().map(|row| (row, classes[row])), found);
        return;
    }
    let rows: Vec<u32> = rows.iter().filter_map(|row| u32::try_from(row).ok()).collect();
    let (interner, classes) = groups.joint.answers(columns, &rows);
    let rows = rows.iter().map(|&row| row as usize).zip(classes);
    groups.find(&interner, rows, found);
}

/// The devices with the same answers to the selectors of two fleets, compared once.
struct Groups<'a> {
    scope: &'a Scope<'a>,
    old: Evaluator,
    new: Evaluator,
    joint: Joint,
    columns: &'a Columns,
    /// By class.
    verdicts: Vec<Option<Verdict>>,
}

impl Groups<'_> {
    /// Adds the rows of `rows` that differ to `found`.
    fn split(&self, rows: &Rows, known: &Known, found: &mut RowSet) {
        let mut base = 0;
        let mut open = Vec::new();
        for (at, selector) in self.joint.selectors.iter().enumerate() {
            match known.decide(selector, rows, self.columns) {
                Expr::Const(holds) => base |= u64::from(holds) << at,
                expr => open.push((at, expr)),
            }
        }
        match self.where_differ(base, &open, known) {
            Some(expr) => rows.add_where(&expr, self.columns, found),
            None => self.by_answers(base, &open, rows, found),
        }
    }

    /// Where they differ, if that can be told from one column; what is not `open` answers `base`.
    fn where_differ(&self, base: u64, open: &[(usize, Expr)], known: &Known) -> Option<Expr> {
        let Some((_, first)) = open.first() else {
            return match self.verdict(&[base]) {
                Verdict::Same => Some(Expr::Const(false)),
                Verdict::Differ => Some(Expr::Const(true)),
                Verdict::Words(..) => None,
            };
        };
        let Expr::Column(column, _) = first else { return None };
        let set = |(number, expr): &(usize, Expr)| match expr {
            Expr::Column(at, set) if at == column => Some((*number, set.clone())),
            _ => None,
        };
        let sets: Vec<(usize, CodeSet)> = open.iter().map(set).collect::<Option<_>>()?;
        let n_codes = self.columns.columns[*column].n_codes();
        let codes = known.codes_of(*column, n_codes)?;
        let mut verdicts: Map<u64, Verdict> = Map::default();
        let mut differing = Vec::new();
        for code in codes {
            let bit = |(number, set): &(usize, CodeSet)| u64::from(set.contains(code)) << number;
            let key = sets.iter().map(bit).fold(base, |key, bit| key | bit);
            match verdicts.entry(key).or_insert_with(|| self.verdict(&[key])) {
                Verdict::Same => {}
                Verdict::Differ => differing.push(code),
                Verdict::Words(..) => return None,
            }
        }
        Some(Expr::column(*column, CodeSet::Sparse { codes: differing, negated: false }))
    }

    /// Adds the rows of `rows` that differ to `found`, answering 64 rows at once.
    fn by_answers(&self, base: u64, open: &[(usize, Expr)], rows: &Rows, found: &mut RowSet) {
        let scan = |(at, expr): &(usize, Expr)| (*at, Scan::of(expr, self.columns));
        let scans: Vec<(usize, Scan)> = open.iter().map(scan).collect();
        let rows = rows.set(self.columns);
        let mut verdicts: Map<u64, Verdict> = Map::default();
        let mut answers: Vec<(usize, Block)> = Vec::new();
        for (block, out) in found.words.chunks_mut(WORDS).enumerate() {
            let first = block * WORDS;
            let care = rows.block(first);
            if care.iter().all(|&word| word == 0) {
                continue;
            }
            answers.clear();
            let answer = |(at, scan): &(usize, Scan)| (*at, scan.block(self.columns, first, &care));
            answers.extend(scans.iter().map(answer));
            for (word, out) in out.iter_mut().enumerate() {
                let mut left = care[word];
                while left != 0 {
                    let (key, alike) = first_class(left, base, &answers, word);
                    left &= !alike;
                    let verdict = verdicts.entry(key).or_insert_with(|| self.verdict(&[key]));
                    *out |= self.differing(verdict, (first + word) * 64, alike);
                }
            }
        }
    }

    /// Of the 64 rows from `first` on, those of `rows` that differ, which have this verdict.
    fn differing(&self, verdict: &Verdict, first: usize, rows: u64) -> u64 {
        match verdict {
            Verdict::Same => 0,
            Verdict::Differ => rows,
            Verdict::Words(old, new) => {
                let differs = |bit: &usize| self.differ_on(first + bit, old.as_ref(), new.as_ref());
                bits(rows).filter(differs).fold(0, |found, bit| found | 1 << bit)
            }
        }
    }

    /// Adds the rows that differ, of `rows` with their classes, to `found`.
    fn find(
        &mut self,
        interner: &Interner,
        rows: impl Iterator<Item = (usize, u32)>,
        found: &mut RowSet,
    ) {
        self.verdicts.resize_with(interner.len(), || None);
        for (row, class) in rows {
            let class = class as usize;
            let known = self.verdicts[class].take();
            let verdict = known.unwrap_or_else(|| self.verdict(interner.get(class)));
            let differs = match &verdict {
                Verdict::Same => false,
                Verdict::Differ => true,
                Verdict::Words(old, new) => self.differ_on(row, old.as_ref(), new.as_ref()),
            };
            self.verdicts[class] = Some(verdict);
            if differs {
                found.insert(row);
            }
        }
    }

    fn verdict(&self, answers: &[u64]) -> Verdict {
        let claims = |evaluator: &Evaluator, places: &[usize]| {
            evaluator.evaluate::<()>(&picked(answers, places))
        };
        let (old, new) = (claims(&self.old, &self.joint.old), claims(&self.new, &self.joint.new));
        self.scope.verdict(old, new)
    }

    /// Whether claims differ on one device.
    fn differ_on(&self, row: usize, old: Option<&Claims<()>>, new: Option<&Claims<()>>) -> bool {
        self.columns.facts(row).is_some_and(|facts| {
            let old = old.map(|claims| self.scope.on(claims, &facts));
            let new = new.map(|claims| self.scope.on(claims, &facts));
            !self.scope.same(old.as_ref(), new.as_ref())
        })
    }
}

/// The answers of the first row of `left`, a bit each, and the rows of `left` with the same.
fn first_class(left: u64, base: u64, answers: &[(usize, Block)], word: usize) -> (u64, u64) {
    let first = left.trailing_zeros();
    let (mut key, mut alike) = (base, left);
    for (at, answers) in answers {
        let holds = answers[word] >> first & 1;
        key |= holds << at;
        // Where it holds as it is, else negated.
        alike &= answers[word] ^ holds.wrapping_sub(1);
    }
    (key, alike)
}

/// The selectors of two fleets, those of one spelling once, and where each fleet's own are.
struct Joint {
    selectors: Vec<Selector>,
    old: Vec<usize>,
    new: Vec<usize>,
}

impl Joint {
    fn of(old: &Evaluator, new: &Evaluator) -> Self {
        let mut numbers = Numbers::default();
        let mut selectors = Vec::new();
        let mut place_of = Vec::new();
        let mut places = |evaluator: &Evaluator, of: Vec<u32>| -> Vec<usize> {
            let own = evaluator.selectors().iter().zip(of);
            own.map(|(selector, number)| {
                let number = number as usize;
                if place_of.len() <= number {
                    place_of.resize(number + 1, None);
                }
                *place_of[number].get_or_insert_with(|| {
                    selectors.push(selector.clone());
                    selectors.len() - 1
                })
            })
            .collect()
        };
        let of_old = old.selectors().iter().map(|s| numbers.selector(s)).collect();
        let of_new = new.selectors().iter().map(|s| numbers.selector(s)).collect();
        let (old, new) = (places(old, of_old), places(new, of_new));
        Self { selectors, old, new }
    }

    /// The different answers on `rows`, and for each row the number of its own.
    fn answers(&self, columns: &Columns, rows: &[u32]) -> (Interner, Vec<u32>) {
        let mut classes = Vec::with_capacity(rows.len());
        if rows.len() * self.selectors.len() > FEW_ANSWERS {
            let masks = Masks::new(&self.selectors, columns);
            let mut interner = Interner::new(masks.stride);
            masks.answer_some(columns, rows, |rows| interner.numbers(rows, &mut classes));
            return (interner, classes);
        }
        let stride = self.selectors.len().div_ceil(64).max(1);
        let mut interner = Interner::new(stride);
        let mut answers = vec![0u64; stride];
        for &row in rows {
            answers.fill(0);
            if let Some(device) = Row::of(columns, row as usize) {
                for (at, selector) in self.selectors.iter().enumerate() {
                    answers[at / 64] |= u64::from(selector.holds(&device)) << (at % 64);
                }
            }
            classes.push(interner.number(&answers));
        }
        (interner, classes)
    }
}

/// The bits at `places`, side by side.
fn picked(answers: &[u64], places: &[usize]) -> Answers {
    let mut picked = vec![0u64; places.len().div_ceil(64)];
    for (to, &from) in places.iter().enumerate() {
        picked[to / 64] |= (answers[from / 64] >> (from % 64) & 1) << (to % 64);
    }
    picked.into()
}
