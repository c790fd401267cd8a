//! The devices that an edit affects.

use super::Columns;
use super::compare::{Scope, compare};
use super::cut::{Entry, claimed, cut, only_objects, speaking};
use super::delta::delta;
use super::rows::RowSet;
use super::touch::Place;
use crate::dag::Dag;
use crate::denote::Evaluator;
use crate::fleet::Fleet;
use crate::path::Path;
use crate::selector::Selector;

/// The rows of the devices for which `old` and `new` say different things: exactly those for
/// which [`denote`](crate::denote()) differs.
///
/// What both share costs nothing. Only the labels are read that decide where what differs may
/// matter; then the devices there are looked at, grouped by their answers to the selectors that matter.
///
/// ```
/// use escadre_algebra::*;
/// let image = |tag: &str| deploy(container("recorder").image(format!("acme/recorder:{tag}")));
/// let layers = |hotfix| image("2.3").overlay(image(hotfix).restrict(label("site").eq("lyon")));
/// let devices = [Facts::of("cam-1", [("site", "lyon")])?, Facts::of("cam-2", [("site", "paris")])?];
/// let columns = Columns::of(&Inventory::new(devices, Coverage::Complete)?)?;
/// let rows = affected(&layers("2.3.1"), &layers("2.3.2"), &columns);
/// assert_eq!(rows.iter().map(|row| columns.id(row)).collect::<Vec<_>>(), ["cam-1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn affected(old: &Fleet, new: &Fleet, columns: &Columns) -> RowSet {
    let none = RowSet::none(columns.len());
    let Some(delta) = delta(old, new) else { return none };
    let all = columns.all();
    let pending = columns.holding(&delta.guard, &all);
    if pending.is_empty() {
        return none;
    }
    let Some(places) = delta.places else {
        let mut found = none;
        compare(old, new, columns, (&pending, &Scope::Everywhere), &mut found);
        return found;
    };
    let speaking = |fleet| speaking(fleet, &places);
    let mut search =
        Search { columns, old: speaking(old), new: speaking(new), pending, found: none };
    if delta.of_members {
        let members = |fleet| crate::explain::members(&Evaluator::new(fleet));
        search.differ(&members(old), &members(new));
    }
    for places in places.chunk_by(|(a, _), (b, _)| a.resource() == b.resource()) {
        search.resource(places);
    }
    search.found
}

/// The rows of the devices for which `old` and `new` may resolve to different outcomes: those that
/// are [`affected`], and those of which a label is unknown that either fleet tests or mentions.
#[must_use]
pub fn affected_or_unknown(old: &Fleet, new: &Fleet, columns: &Columns) -> RowSet {
    let mut rows = affected(old, new, columns);
    let all = columns.all();
    for fleet in [old, new].map(Evaluator::new) {
        let mut asked = fleet.mentioned();
        let tests = fleet.selectors().iter().flat_map(Selector::atoms);
        asked.extend(tests.filter_map(|test| test.key().cloned()));
        columns.with_unknown(&asked, &all).iter().for_each(|row| rows.insert(row));
    }
    rows
}

/// A search among the rows where two fleets may differ.
struct Search<'a> {
    columns: &'a Columns,
    old: Dag,
    new: Dag,
    /// The rows of which nothing was found yet.
    pending: RowSet,
    found: RowSet,
}

impl Search<'_> {
    /// Finds the rows on which exactly one of `old` and `new` holds.
    fn differ(&mut self, old: &Selector, new: &Selector) {
        if old.same_shape(new) {
            return;
        }
        let old = self.columns.holding(old, &self.pending);
        let new = self.columns.holding(new, &self.pending);
        for (at, found) in self.found.words.iter_mut().enumerate() {
            *found |= old.word(at) ^ new.word(at);
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.pending.words.iter_mut().zip(&self.found.words).for_each(|(left, found)| {
            *left &= !found;
        });
    }

    /// Finds the rows that differ at `places`, all of one resource.
    fn resource(&mut self, places: &[Place]) {
        let Some((first, _)) = places.first() else { return };
        let root = Path::root(first.resource().clone());
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for (path, whole) in places {
            if *whole || !only_objects(&self.old, path) || !only_objects(&self.new, path) {
                entries.push((path.fields(), *whole));
                continue;
            }
            // What is claimed here is `Object`, so only whether it is claimed may differ.
            let at_root = |claimed: Vec<Selector>| claimed.last().cloned();
            let of = |dag: &Dag| at_root(claimed(dag, path)).unwrap_or_else(Selector::none);
            let (old, new) = (of(&self.old), of(&self.new));
            self.differ(&old, &new);
        }
        if entries.is_empty() || self.pending.is_empty() {
            return;
        }
        let cut = |dag: &Dag| cut(dag, &root, &entries).unwrap_or_else(Fleet::empty);
        let (old, new) = (cut(&self.old), cut(&self.new));
        let scope = Scope::At(root.resource(), &entries);
        compare(&old, &new, self.columns, (&self.pending, &scope), &mut self.found);
        self.settle();
    }
}
