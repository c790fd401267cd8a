//! The model of another writer, who changes members as a seed draws.

use std::sync::Arc;

use escadre_algebra::{Decimal, DeviceId, ResourceName, ResourceState, Value};

use super::draws;
use super::expected::{Expected, Hit, Outcome};
use super::world::{Resources, Told, World};

/// Another writer changes `n` members of `world`.
pub(super) fn drift(world: &mut World, seed: u64, n: usize) -> Expected {
    let mut ids: Vec<DeviceId> = world.members.keys().cloned().collect();
    ids.sort_by_key(|id| draws::drift(seed, id.as_str(), 0));
    ids.truncate(n);
    ids.sort();
    let mut hits = Vec::new();
    let mut n_removed = 0;
    for id in &ids {
        let mut resources = world.members[id].resources.clone();
        let hit = change(&mut resources, &|k| draws::drift(seed, id.as_str(), k));
        n_removed += u64::from(hit == Hit::DriftNoMember);
        world.write(id, (hit != Hit::DriftNoMember).then_some(&resources));
        hits.push(hit);
    }
    if !ids.is_empty() {
        world.n_writes += 1;
        world.history.push(Told {
            by_drift: true,
            generation: world.generation,
            n_written: ids.len() as u64,
            n_removed,
            n_lost: 0,
            n_refused: 0,
            is_done: true,
        });
    }
    Expected { outcome: Outcome::Drifted(ids), hits }
}

/// Half lose the value of a field to another, a quarter a resource, an eighth gain one that nobody
/// asked for, an eighth are no members any more. Who has no resource gains one instead of losing.
fn change(resources: &mut Resources, random: &dyn Fn(u64) -> u64) -> Hit {
    let pick = |k: u64, n: usize| (random(k) % n as u64) as usize;
    let victim =
        |resources: &Resources| resources.keys().nth(pick(2, resources.len())).cloned().unwrap();
    match random(1) % 8 {
        7 => Hit::DriftNoMember,
        0..4 if !resources.is_empty() => {
            let name = victim(resources);
            let state = &resources[&name];
            let at = pick(3, state.leaves().len());
            let leaves = state.leaves().iter().enumerate();
            let leaves = leaves.map(|(i, (fields, value))| {
                (fields.to_vec(), if i == at { other(value) } else { value.clone() })
            });
            let state = ResourceState::from_leaves(leaves).unwrap();
            resources.insert(name, Arc::new(state));
            Hit::DriftField
        }
        4 | 5 if !resources.is_empty() => {
            resources.remove(&victim(resources));
            Hit::DriftRemoved
        }
        _ => {
            let mut names = (4..).map(|k| format!("drift-{:08x}", random(k) >> 32));
            let name = names.find(|name| resources.keys().all(|held| held.as_str() != name));
            let name = ResourceName::parse(&name.unwrap()).unwrap();
            let state = ResourceState::from_json(&serde_json::json!({"writer": "sim:drift"}));
            resources.insert(name, Arc::new(state.unwrap()));
            Hit::DriftForeign
        }
    }
}

/// Another value than `value`, of its kind where there is one.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(is) => Value::Bool(!is),
        Value::Integer(n) => Value::Integer(n.checked_add(1).unwrap_or(0)),
        Value::Decimal(x) => {
            Value::Decimal(Decimal::new(if x.get() == 0.5 { 1.5 } else { 0.5 }).unwrap())
        }
        Value::Text(word) => match word.as_literal() {
            Some(text) => Value::text(format!("{text}-drift")),
            None => Value::text("drift"),
        },
        Value::Object | Value::Unset | Value::List(_) => Value::text("drift"),
    }
}
