//! Deploying: from a resource as it was written to the fleet that claims it everywhere.

use crate::fleet::{Deployed, Fleet, Leaf, Op};
use crate::names::LabelKey;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::resource::{Entry, Kind, Resource};
use crate::selector::{Selector, label};
use crate::value::Value;

/// Every device is a member, and claims `resource`.
///
/// Flattening claims each field that was said, and `Object` at every node above one; defaults are
/// never claims. A text with a default ([`label_or`](crate::label_or)) is claimed by two parts of
/// the fleet, one where the label exists and one where it does not.
#[track_caller]
pub fn deploy(resource: impl Into<Resource>) -> Fleet {
    let origin = Origin::caller();
    let parts = resource.into().into_parts();
    let mut problems = parts.problems;
    let (plain, conditional) = split(parts.entries, &mut problems);
    let mut layers = Vec::new();
    if let Some(name) = parts.name {
        let node = |leaves, contents| {
            let deployed = Deployed::new(name.clone(), leaves, contents);
            Fleet::node(Op::Deploy(deployed.into()), Vec::new(), origin.clone())
        };
        layers.push(node(plain, parts.contents.into_iter().collect()));
        for (conditions, leaf) in conditional {
            let restrict = Op::Restrict(condition(&conditions));
            layers.push(Fleet::node(restrict, vec![node(vec![leaf], Vec::new())], origin.clone()));
        }
    }
    for problem in problems {
        let at = problem.origin().clone();
        layers.push(Fleet::node(Op::Invalid(problem), Vec::new(), at));
    }
    match layers.pop() {
        Some(only) if layers.is_empty() => only,
        Some(last) => {
            layers.push(last);
            Fleet::node(Op::Union, layers, origin)
        }
        None => Fleet::node(Op::All, Vec::new(), origin),
    }
}

type Conditional = (Vec<(LabelKey, bool)>, Leaf);

/// The leaves that are claimed everywhere, and those under conditions. A path that is set again later is dropped.
fn split(entries: Vec<Entry>, problems: &mut Vec<Problem>) -> (Vec<Leaf>, Vec<Conditional>) {
    let mut plain = Vec::new();
    let mut conditional: Vec<Conditional> = Vec::new();
    for Entry { fields, value, origin } in entries {
        conditional.retain(|(_, leaf)| !leaf.fields.starts_with(&fields));
        let leaf = |value| Leaf { fields: fields.clone(), value, origin: origin.clone() };
        match value.0 {
            Kind::Value(value) => plain.push(leaf(value)),
            Kind::Invalid(_) => {}
            Kind::Text(text) => match text.readings() {
                None => {
                    let message = "a text has more than 64 readings: too many labels with defaults";
                    problems.push(Problem::new(&message, origin.clone()));
                }
                Some(readings) => {
                    let conditions = readings.len() > 1;
                    if conditions {
                        plain.retain(|leaf: &Leaf| !leaf.fields.starts_with(&fields));
                    }
                    for reading in readings {
                        let leaf = leaf(Value::Text(reading.word));
                        if conditions {
                            conditional.push((reading.conditions, leaf));
                        } else {
                            plain.push(leaf);
                        }
                    }
                }
            },
        }
    }
    (plain, conditional)
}

fn condition(conditions: &[(LabelKey, bool)]) -> Selector {
    Selector::all_of(conditions.iter().map(|(key, exists)| {
        let key = label(key.as_str());
        if *exists { key.exists() } else { key.absent() }
    }))
}
