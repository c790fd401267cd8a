//! Another writer.

use std::fmt;
use std::sync::Arc;

use escadre_algebra::{Decimal, DeviceId, Field, ResourceName, ResourceState, Value};
use escadre_interpreter::Ended;

use super::Simulator;
use super::store::Tables;
use crate::error::StoreError;
use crate::fault::{Draw, Faults, draw};
use crate::world::{Entry, Head, Resources};

/// The writer's name in the history.
const WRITER: &str = "sim:drift";

/// What another writer did to one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The device.
    pub device: DeviceId,
    /// What was done.
    pub kind: DriftKind,
}

/// What another writer does to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriftKind {
    /// A field has another value.
    Field {
        /// The resource.
        resource: ResourceName,
        /// The field's names below the resource.
        fields: Arc<[Field]>,
        /// The value before.
        before: Value,
        /// The value now.
        after: Value,
    },
    /// A resource is gone.
    Removed(ResourceName),
    /// A resource is there that nobody asked for.
    Foreign(ResourceName),
    /// The device is no member any more.
    NoMember,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.device)?;
        match &self.kind {
            DriftKind::Field { resource, fields, before, after } => {
                write!(f, "{resource}")?;
                fields.iter().try_for_each(|field| write!(f, ".{field}"))?;
                write!(f, " changed from {before} to {after}")
            }
            DriftKind::Removed(resource) => write!(f, "{resource} removed"),
            DriftKind::Foreign(resource) => write!(f, "{resource} added"),
            DriftKind::NoMember => f.write_str("membership removed"),
        }
    }
}

impl Simulator {
    /// Lets another writer change `n` members, or all if there are fewer; `seed` decides which and how.
    ///
    /// Each is changed so that the next plan shows it. It is one write of the world, by `sim:drift`.
    ///
    /// # Errors
    /// The store fails; then nothing is changed.
    pub fn inject_drift(&mut self, seed: u64, n: usize) -> Result<Vec<Drift>, StoreError> {
        let faults = self.faults;
        self.store.write(|tables, head| {
            let mut members = tables.members()?;
            members.sort_by_cached_key(|id| draw(seed, Draw::Drift, id, 0));
            members.truncate(n);
            members.sort();
            if members.is_empty() {
                return Ok(Vec::new());
            }
            let generation = tables.fence()?.map_or(0, |fence| fence.generation);
            let mut written = head.write().piece(b"drift");
            let mut drifts = Vec::with_capacity(members.len());
            for id in &members {
                let device = DeviceId::parse(id).map_err(|e| StoreError::corrupt("written", &e))?;
                let mut resources = tables.resources(id)?.unwrap_or_default();
                let kind =
                    change(tables, head, &mut resources, &|k| draw(seed, Draw::Drift, id, k))?;
                written.add(id.as_bytes());
                if kind == DriftKind::NoMember {
                    tables.remove_member(id)?;
                    written.add(&[]);
                } else {
                    written.add(&tables.set_resources(id, generation, &resources)?);
                }
                drifts.push(Drift { device, kind });
            }
            head.bump(written);
            let entry = entry(head, generation, &drifts, &faults);
            tables.set_entry(head.next_entry, &entry)?;
            head.next_entry += 1;
            Ok(drifts)
        })
    }
}

fn entry(head: &Head, generation: u64, drifts: &[Drift], faults: &Faults) -> Entry {
    let n_removed = drifts.iter().filter(|drift| drift.kind == DriftKind::NoMember).count();
    Entry {
        at_ms: head.clock_ms,
        writer: WRITER.to_owned(),
        generation,
        fleet: None,
        n_written: drifts.len() as u64,
        n_removed: n_removed as u64,
        n_lost: 0,
        n_refused: 0,
        faults: (*faults != Faults::default()).then(|| faults.to_string()),
        ended: Ended::Done,
    }
}

/// Changes `resources` in the way that `random` draws, and says how.
fn change(
    tables: &mut Tables<'_>,
    head: &mut Head,
    resources: &mut Resources,
    random: &dyn Fn(u64) -> u64,
) -> Result<DriftKind, StoreError> {
    let pick = |k: u64, n: usize| usize::try_from(random(k) % n.max(1) as u64).unwrap_or(0);
    let parse =
        |name: &str| ResourceName::parse(name).map_err(|e| StoreError::corrupt("written", &e));
    let victim =
        resources.iter().nth(pick(2, resources.len())).map(|(name, state)| (name.clone(), *state));
    match (random(1) % 8, victim) {
        (0..4, Some((name, number))) => {
            let resource = parse(&name)?;
            let state = tables.state(number)?;
            let at = pick(3, state.leaves().len());
            let Some((fields, before)) = state.leaves().get(at).cloned() else {
                return Err(StoreError::corrupt("states", &"a resource has no field"));
            };
            let after = other(&before);
            let leaves = state.leaves().iter().enumerate();
            let leaves = leaves.map(|(i, (fields, value))| {
                (fields.to_vec(), if i == at { after.clone() } else { value.clone() })
            });
            let state = ResourceState::from_leaves(leaves)
                .ok_or_else(|| StoreError::corrupt("states", &"its fields overlap"))?;
            resources.insert(name, tables.number(head, &state)?);
            Ok(DriftKind::Field { resource, fields, before, after })
        }
        (4 | 5, Some((name, _))) => {
            resources.remove(&name);
            Ok(DriftKind::Removed(parse(&name)?))
        }
        (7, _) => Ok(DriftKind::NoMember),
        _ => {
            let name = (0..).map(|k| format!("drift-{:08x}", random(4 + k) >> 32));
            let name =
                name.into_iter().find(|name| !resources.contains_key(name)).unwrap_or_default();
            let json = serde_json::json!({"writer": WRITER});
            let state =
                ResourceState::from_json(&json).map_err(|e| StoreError::corrupt("states", &e))?;
            resources.insert(name.clone(), tables.number(head, &state)?);
            Ok(DriftKind::Foreign(parse(&name)?))
        }
    }
}

/// Another value than `value`, of its kind where there is one.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::Bool(!b),
        Value::Integer(n) => Value::Integer(n.checked_add(1).unwrap_or(0)),
        Value::Decimal(x) => {
            let other = if x.get() == 0.5 { 1.5 } else { 0.5 };
            Decimal::new(other).map_or(Value::Bool(true), Value::Decimal)
        }
        Value::Text(word) => match word.as_literal() {
            Some(text) => Value::text(format!("{text}-drift")),
            None => Value::text("drift"),
        },
        Value::Object | Value::Unset | Value::List(_) => Value::text("drift"),
    }
}
