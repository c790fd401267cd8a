//! Comparing what two fleets claim on many devices, group by group.

use std::sync::Arc;

use super::Columns;
use super::answers::classify;
use super::cut::Entry;
use super::intern::Interner;
use super::masks::Masks;
use super::number::Numbers;
use super::rows::RowSet;
use super::scan::Row;
use crate::claims::Claims;
use crate::denote::{Answers, Evaluator};
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::names::ResourceName;
use crate::selector::Selector;
use crate::tree::Tree;

/// Up to so many answers are asked for device by device, without looking at whole dictionaries.
const FEW_ANSWERS: usize = 1 << 10;

/// All rows are answered, in order, when at least one in so many is wanted.
const MANY_ROWS: usize = 4;

/// Where claims are compared.
pub(super) enum Scope<'a> {
    Everywhere,
    At(&'a ResourceName, &'a [Entry<'a>]),
}

/// What is known of the devices with the same answers.
enum Verdict {
    Same,
    Differ,
    /// Words decide, device by device.
    Words(Option<Claims<()>>, Option<Claims<()>>),
}

/// Adds the rows of `rows` on which `old` and `new` claim different things to `found`.
pub(super) fn compare(
    old: &Fleet,
    new: &Fleet,
    columns: &Columns,
    (rows, scope): (&RowSet, &Scope<'_>),
    found: &mut RowSet,
) {
    let (old, new) = (Evaluator::new(old), Evaluator::new(new));
    let joint = Joint::of(&old, &new);
    let n_rows = rows.len();
    let mut groups = Groups { scope, old, new, joint, columns, verdicts: Vec::new() };
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

impl Scope<'_> {
    fn verdict(&self, old: Option<Claims<()>>, new: Option<Claims<()>>) -> Verdict {
        if self.same(old.as_ref(), new.as_ref()) {
            return Verdict::Same;
        }
        let varies = |claims: &Option<Claims<()>>| {
            claims.as_ref().is_some_and(|claims| self.trees(claims).iter().any(|t| varies(t)))
        };
        if varies(&old) || varies(&new) { Verdict::Words(old, new) } else { Verdict::Differ }
    }

    /// Whether both claim the same here; at some paths, no claims are as not being a member.
    fn same(&self, old: Option<&Claims<()>>, new: Option<&Claims<()>>) -> bool {
        let Self::At(_, entries) = self else { return old == new };
        let trees = |claims: Option<&Claims<()>>| match claims {
            Some(claims) => self.trees(claims),
            None => entries.iter().map(|_| Arc::new(Tree::nothing())).collect(),
        };
        let pairs = trees(old).into_iter().zip(trees(new)).zip(*entries);
        let mut pairs = pairs.map(|((old, new), (_, whole))| (old, new, *whole));
        pairs.all(
            |(old, new, whole)| {
                if whole { old.same_claims(&new) } else { old.own == new.own }
            },
        )
    }

    /// The subtrees that are compared.
    fn trees(&self, claims: &Claims<()>) -> Vec<Arc<Tree<()>>> {
        match self {
            Self::Everywhere => claims.roots.values().cloned().collect(),
            Self::At(resource, entries) => {
                let root = claims.roots.get(*resource).cloned();
                let root = root.unwrap_or_else(|| Arc::new(Tree::nothing()));
                let at = |(fields, _): &Entry<'_>| {
                    fields.iter().fold(Arc::clone(&root), |tree, field| tree.child(field))
                };
                entries.iter().map(at).collect()
            }
        }
    }

    /// The claims on one device.
    fn on(&self, claims: &Claims<()>, facts: &Facts) -> Claims<()> {
        match self {
            Self::Everywhere => claims.instantiate(facts),
            Self::At(resource, _) => {
                let root = claims.roots.get_key_value(*resource);
                let roots = root.map(|(name, tree)| (name.clone(), Arc::clone(tree)));
                Claims { roots: roots.into_iter().collect() }.instantiate(facts)
            }
        }
    }
}

/// Whether some value is not the same on every device.
fn varies(tree: &Tree<()>) -> bool {
    let mut found = false;
    tree.walk(&mut Vec::new(), &mut |_, node| {
        found |= node.own.iter().any(|(value, ())| !value.is_constant());
        !found
    });
    found
}
