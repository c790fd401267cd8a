//! The devices that an edit affects.

use super::Columns;
use super::compare::compare;
use super::compiled::Expr;
use super::cut::{Entry, Scope, claimed, cut, only_objects, speaking};
use super::delta::delta;
use super::rows::{Known, RowSet, Rows};
use super::touch::Place;
use crate::dag::Dag;
use crate::denote::Evaluator;
use crate::fleet::{Fleet, Op};
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
    let mut found = RowSet::none(columns.len());
    let Some(delta) = delta(old, new) else { return found };
    let guard = Expr::of(&delta.guard, columns);
    if matches!(guard, Expr::Const(false)) {
        return found;
    }
    let known = Known::where_holds(&delta.guard, &guard);
    let pending = Rows::Where(guard);
    let Some(places) = delta.places else {
        compare(old, new, columns, (&pending, &known, &Scope::Everywhere), &mut found);
        return found;
    };
    let speaking = |fleet| speaking(fleet, &places);
    let (old_dag, new_dag) = (speaking(old), speaking(new));
    let mut search =
        Search { columns, known, old: old_dag, new: new_dag, pending, is_behind: false, found };
    if delta.of_members && !(everybody(old) && everybody(new)) {
        let members = |fleet| crate::explain::members(&Evaluator::new(fleet));
        search.differ(&members(old), &members(new));
    }
    for places in places.chunk_by(|(a, _), (b, _)| a.resource() == b.resource()) {
        search.resource(places);
    }
    search.found
}

/// Whether it is easily seen that every device is a member of `fleet`.
fn everybody(fleet: &Fleet) -> bool {
    let mut open = vec![fleet];
    let mut n_left = MAX_LOOKED_AT;
    while let Some(fleet) = open.pop() {
        let Some(left) = n_left.checked_sub(fleet.0.of.len() + 1) else { return false };
        n_left = left;
        match &fleet.0.op {
            Op::All | Op::Deploy(_) => return true,
            // One operand is enough; those that come first are more often for all.
            Op::Union | Op::Overlay => open.extend(fleet.0.of.iter().rev()),
            Op::Patch | Op::Mask | Op::Forget(_) | Op::Keep(_) | Op::Named(_) => {
                open.extend(fleet.0.of.first());
            }
            _ => {}
        }
    }
    false
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

/// So many nodes are looked at before members are worked out.
const MAX_LOOKED_AT: usize = 1 << 12;

/// A search among the rows where two fleets may differ.
struct Search<'a> {
    columns: &'a Columns,
    /// What holds on all rows that were pending at first.
    known: Known,
    old: Dag,
    new: Dag,
    /// The rows of which nothing was found yet, unless `is_behind`.
    pending: Rows,
    /// Whether rows that were found are still among the pending ones.
    is_behind: bool,
    found: RowSet,
}

impl Search<'_> {
    /// Finds the rows on which exactly one of `old` and `new` holds.
    fn differ(&mut self, old: &Selector, new: &Selector) {
        if old.same_shape(new) {
            return;
        }
        let columns = self.columns;
        let pending = self.settled().set(columns);
        let old = self.columns.holding(old, &pending);
        let new = self.columns.holding(new, &pending);
        for (at, found) in self.found.words.iter_mut().enumerate() {
            *found |= old.word(at) ^ new.word(at);
        }
        self.is_behind = true;
    }

    /// The pending rows without those that were found.
    fn settled(&mut self) -> &Rows {
        if std::mem::take(&mut self.is_behind) {
            let mut rows = self.pending.set(self.columns);
            rows.words.iter_mut().zip(&self.found.words).for_each(|(left, found)| *left &= !found);
            self.pending = Rows::These(rows);
        }
        &self.pending
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
        if entries.is_empty() {
            return;
        }
        self.settled();
        let cut = |dag: &Dag| cut(dag, &root, &entries).unwrap_or_else(Fleet::empty);
        let (old, new) = (cut(&self.old), cut(&self.new));
        let scope = Scope::At(root.resource(), &entries);
        let rows = (&self.pending, &self.known, &scope);
        compare(&old, &new, self.columns, rows, &mut self.found);
        self.is_behind = true;
    }
}
