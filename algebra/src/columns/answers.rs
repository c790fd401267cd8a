//! The answers of a fleet's selectors on every device of an inventory, for `resolve`.

use std::collections::HashMap;

use super::Columns;
use super::builder::Wanted;
use super::intern::{Interner, Keyed, Packed, UNMET};
use super::masks::Masks;
use crate::denote::{Answers, Evaluator};
use crate::inventory::Inventory;
use crate::names::LabelKey;
use crate::selector::Test;

/// Keys of up to so many bits are looked up in a table of all.
const MAX_DIRECT_BITS: u32 = 17;

/// For each device the number of its answers, and the answers by number.
pub(crate) struct Classes {
    pub(crate) of: Vec<u32>,
    pub(crate) answers: Vec<Answers>,
}

/// The answers of `evaluator`'s selectors on the devices of `inventory`: [`Evaluator::answers`] of
/// each. Only what is tested is put into columns. `None` if they are too large for that.
pub(crate) fn classes_of(evaluator: &Evaluator, inventory: &Inventory) -> Option<Classes> {
    let mut wanted: HashMap<&str, Wanted> = HashMap::new();
    for test in evaluator.selectors().iter().flat_map(|selector| selector.atoms()) {
        let Some(key) = test.key() else { continue };
        let known = wanted.entry(key.as_str()).or_insert(Wanted::Presence);
        if !matches!(test, Test::Exists { .. }) {
            *known = Wanted::Values;
        }
    }
    let wanted = |key: &LabelKey| wanted.get(key.as_str()).copied().unwrap_or(Wanted::Nothing);
    Some(classes_in(evaluator, &Columns::of_some(inventory, wanted).ok()?))
}

/// The answers of `evaluator`'s selectors on the devices of `columns`.
pub(crate) fn classes_in(evaluator: &Evaluator, columns: &Columns) -> Classes {
    let masks = Masks::new(evaluator.selectors(), columns);
    let (interner, of) = classify(&masks, columns);
    let n_words = evaluator.selectors().len().div_ceil(64);
    let answers = (0..interner.len()).map(|number| interner.get(number)[..n_words].into());
    Classes { of, answers: answers.collect() }
}

/// The different answers, and for each row the number of its own.
///
/// Where the entries of a row in all tables fit into one number, its key, only keys are looked up
/// row by row, and answers are put together once a key.
pub(super) fn classify(masks: &Masks, columns: &Columns) -> (Interner, Vec<u32>) {
    let (mut interner, classes) = classified(masks, columns);
    interner.shrink();
    (interner, classes)
}

fn classified(masks: &Masks, columns: &Columns) -> (Interner, Vec<u32>) {
    let mut interner = Interner::new(masks.stride);
    let mut classes = Vec::with_capacity(columns.len());
    let Some(layout) = masks.layout() else {
        masks.answer(columns, 0..columns.len(), |rows| interner.numbers(rows, &mut classes));
        return (interner, classes);
    };
    let mut answers = vec![0; masks.stride];
    let mut class_of = |key: u64| {
        masks.of_key(key, &layout, &mut answers);
        interner.number(&answers)
    };
    if layout.n_bits <= MAX_DIRECT_BITS {
        let mut known = vec![UNMET; 1 << layout.n_bits];
        masks.keys(columns, &layout, |keys| {
            for &key in keys {
                let Some(class) = usize::try_from(key).ok().and_then(|at| known.get_mut(at)) else {
                    continue;
                };
                if *class == UNMET {
                    *class = class_of(key);
                }
                classes.push(*class);
            }
        });
    } else if layout.n_bits <= Packed::KEY_BITS {
        let mut known = Keyed::<Packed>::new();
        masks.keys(columns, &layout, |keys| {
            classes.extend(keys.iter().map(|&key| known.get_or_insert(key, &mut class_of)));
        });
    } else {
        let mut known = Keyed::<(u64, u32)>::new();
        masks.keys(columns, &layout, |keys| {
            classes.extend(keys.iter().map(|&key| known.get_or_insert(key, &mut class_of)));
        });
    }
    (interner, classes)
}
