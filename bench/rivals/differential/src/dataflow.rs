//! What each device gets, kept up while layers change.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use differential_dataflow::input::InputSession;
use serde_json::Value;
use timely::dataflow::operators::probe::Handle;
use timely::worker::Worker;

use crate::Error;
use crate::table::{Atom, EVERY, Key, Table};

/// What one fleet took, and the rows that each edit changes.
pub(crate) struct Answer {
    pub(crate) set_up_s: f64,
    pub(crate) edits_s: Vec<f64>,
    pub(crate) changed: Vec<Vec<u32>>,
}

/// A layer as the dataflow knows it: its rank, the field that it sets, the value's number, and its
/// place among the conditions.
type Layer = (u16, u8, u8, u32);

/// What a layer demands beside the key that found the device. Devices do not change here, so it is
/// looked up instead of joined: in the rival's favour.
type Rest = Rc<RefCell<Vec<Vec<Atom>>>>;

/// A dataflow that runs.
struct Running<'a> {
    worker: &'a mut Worker,
    table: &'a Table,
    fields: Vec<(&'a Value, &'a Value)>,
    devices: InputSession<u32, (Key, u32), i32>,
    layers: InputSession<u32, (Key, Layer), i32>,
    probe: Handle<u32>,
    rest: Rest,
    /// The rows whose output changed since it was last taken.
    changed: Rc<RefCell<Vec<u32>>>,
}

pub(crate) fn run(table: &Arc<Table>, fleet: &Value, n_runs: usize) -> Result<Answer, Error> {
    let (table, fleet) = (Arc::clone(table), fleet.clone());
    let answer = timely::execute_directly(move |worker| {
        Running::new(worker, &table, &fleet).answer(&fleet, n_runs).map_err(|e| e.to_string())
    });
    Ok(answer?)
}

impl<'a> Running<'a> {
    fn new(worker: &'a mut Worker, table: &'a Arc<Table>, fleet: &'a Value) -> Self {
        let rest: Rest = Rest::default();
        let changed = Rc::new(RefCell::new(Vec::new()));
        let (mut devices, mut layers) = (InputSession::new(), InputSession::new());
        let probe = worker.dataflow(|scope| {
            let rows = devices.to_collection(scope).arrange_by_key();
            let layers = layers.to_collection(scope).arrange_by_key();
            let (rest, table) = (Rc::clone(&rest), Arc::clone(table));
            let claims =
                rows.join_core(layers, move |_, &row, &(rank, field, value, rest_at): &Layer| {
                    let facts = &table.rows[row as usize];
                    let holds =
                        rest.borrow()[rest_at as usize].iter().all(|atom| atom.holds_on(facts));
                    holds.then_some(((row, field), (rank, value)))
                });
            // Claims come sorted: the last is of the highest rank.
            let won = claims.reduce(|_, claims, won| {
                won.extend(claims.last().map(|((_, value), _)| (*value, 1_i32)));
            });
            let changed = Rc::clone(&changed);
            let seen = won.inspect(move |(((row, _), _), time, _)| {
                // The first answer is not a change.
                if *time > 0 {
                    changed.borrow_mut().push(*row);
                }
            });
            seen.probe().0
        });
        let fields = fields(fleet);
        Self { worker, table, fields, devices, layers, probe, rest, changed }
    }

    fn answer(mut self, fleet: &Value, n_runs: usize) -> Result<Answer, Error> {
        let old = list(&fleet["layers"]);
        let start = Instant::now();
        for row in 0..self.table.rows.len() {
            for key in self.table.keys(row) {
                self.devices.update((key, u32::try_from(row)?), 1);
            }
        }
        for (rank, layer) in old.iter().enumerate() {
            self.tell(layer, rank, 1)?;
        }
        self.step();
        let set_up_s = start.elapsed().as_secs_f64();
        let mut answer = Answer { set_up_s, edits_s: Vec::new(), changed: Vec::new() };
        for edit in list(&fleet["edits"]) {
            let new = list(&edit["layers"]);
            let mut least = f64::INFINITY;
            let mut rows = BTreeSet::new();
            for _ in 0..n_runs {
                let start = Instant::now();
                self.replace(&old, &new)?;
                least = least.min(start.elapsed().as_secs_f64());
                rows = self.changed.take().into_iter().collect();
                self.replace(&new, &old)?;
                self.changed.take();
            }
            answer.edits_s.push(least);
            answer.changed.push(rows.into_iter().collect());
        }
        Ok(answer)
    }

    /// Takes back the layers that are gone, and tells those that are new.
    fn replace(&mut self, old: &[&Value], new: &[&Value]) -> Result<(), Error> {
        for (from, to, diff) in [(old, new, -1), (new, old, 1)] {
            for (rank, layer) in from.iter().enumerate().filter(|(_, layer)| !to.contains(layer)) {
                self.tell(layer, rank, diff)?;
            }
        }
        self.step();
        Ok(())
    }

    fn tell(&mut self, layer: &Value, rank: usize, diff: i32) -> Result<(), Error> {
        let mut atoms = self.table.atoms(&layer["if"])?.into_iter();
        let first = atoms.next();
        let atoms: Vec<Atom> = atoms.collect();
        let mut rest = self.rest.borrow_mut();
        let at = rest.iter().position(|known| *known == atoms).unwrap_or(rest.len());
        if at == rest.len() {
            rest.push(atoms);
        }
        let name = (&layer["resource"], &layer["field"]);
        let field = self.fields.iter().position(|field| *field == name).ok_or("no such field")?;
        let code = layer["code"].as_u64().ok_or("no code")?;
        let told =
            (u16::try_from(rank)?, u8::try_from(field)?, u8::try_from(code)?, u32::try_from(at)?);
        match first {
            None => self.layers.update((EVERY, told), diff),
            Some(atom) => atom.keys().for_each(|key| self.layers.update((key, told), diff)),
        }
        Ok(())
    }

    /// Runs until everything that was told is answered.
    fn step(&mut self) {
        let next = *self.layers.time() + 1;
        self.devices.advance_to(next);
        self.layers.advance_to(next);
        self.devices.flush();
        self.layers.flush();
        let probe = &self.probe;
        self.worker.step_while(|| probe.less_than(&next));
    }
}

fn list(of: &Value) -> Vec<&Value> {
    of.as_array().into_iter().flatten().collect()
}

/// Each field that some layer sets.
fn fields(fleet: &Value) -> Vec<(&Value, &Value)> {
    let mut fields = Vec::new();
    for layer in list(&fleet["layers"]) {
        let field = (&layer["resource"], &layer["field"]);
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}
