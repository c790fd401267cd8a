//! Deploying: from a resource as it was written to the fleet that claims it everywhere.

use std::sync::Arc;

use crate::digest::Digest;
use crate::fleet::{Deployed, Fleet, Leaf, Op};
use crate::names::{Field, LabelKey, ResourceName};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::resource::{Entry, Kind, Resource};
use crate::selector::{Selector, label};
use crate::text::Text;
use crate::value::Value;

/// Every device is a member, and claims `resource`.
///
/// Flattening claims each field that was said, and `Object` at every node above one; defaults are
/// never claims. A text with a default ([`label_or`](crate::label_or)) is claimed by two parts of
/// the fleet, one where the label exists and one where it does not.
#[track_caller]
#[must_use]
pub fn deploy(resource: impl Into<Resource>) -> Fleet {
    let origin = Origin::caller();
    let parts = resource.into().into_parts();
    let mut problems = parts.problems;
    let segments = segments(parts.entries, &mut problems);
    let mut layers = Vec::new();
    if let Some(name) = parts.name {
        let contents = parts.contents.into_iter().collect();
        let builder = Builder { name, contents, origin: origin.clone() };
        layers.push(builder.fleet(segments));
    }
    for problem in problems {
        let at = problem.origin().clone();
        layers.push(Fleet::node(Op::Invalid(problem), Vec::new(), at));
    }
    one_or(layers, Op::Union, &origin)
}

/// The only one of `fleets`, or `op` of them.
fn one_or(mut fleets: Vec<Fleet>, op: Op, origin: &Origin) -> Fleet {
    match fleets.pop() {
        Some(only) if fleets.is_empty() => only,
        last => {
            fleets.extend(last);
            Fleet::node(op, fleets, origin.clone())
        }
    }
}

type Conditions = Vec<(LabelKey, bool)>;

/// Fields that do not touch each other, so that their order does not matter.
#[derive(Default)]
struct Segment {
    plain: Vec<Leaf>,
    conditional: Vec<(Conditions, Leaf)>,
}

/// The fields in order, in as few segments as say the same: what is set later lies over what was set before.
fn segments(entries: Vec<Entry>, problems: &mut Vec<Problem>) -> Vec<Segment> {
    let mut segments = vec![Segment::default()];
    for Entry { fields, value, origin } in entries {
        let leaf = |value| Leaf { fields: fields.clone(), value, origin: origin.clone() };
        match value.0 {
            Kind::Value(value) => add_plain(&mut segments, leaf(value)),
            Kind::Invalid(_) => {}
            Kind::Text(text) => match readings(&text, &origin) {
                Err(problem) => problems.push(problem),
                Ok(readings) => {
                    let leaves = readings.into_iter().map(|(c, value)| (c, leaf(value))).collect();
                    add_conditional(&mut segments, &fields, leaves);
                }
            },
        }
    }
    segments
}

fn readings(text: &Text, origin: &Origin) -> Result<Vec<(Conditions, Value)>, Problem> {
    let readings = text.readings().ok_or_else(|| {
        let message = "a text has more than 64 readings: too many labels with defaults";
        Problem::new(&message, origin.clone())
    })?;
    Ok(readings.into_iter().map(|r| (r.conditions, Value::Text(r.word))).collect())
}

fn touch(a: &[Field], b: &[Field]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// The last segment, or a new one where the last is `taken`.
fn segment(segments: &mut Vec<Segment>, taken: impl Fn(&Segment) -> bool) -> Option<&mut Segment> {
    if segments.last().is_none_or(taken) {
        segments.push(Segment::default());
    }
    segments.last_mut()
}

fn add_plain(segments: &mut Vec<Segment>, leaf: Leaf) {
    let above = |conditional: &Leaf| {
        // An object above a conditional field leaves it as it is.
        leaf.value == Value::Object
            && conditional.fields.len() > leaf.fields.len()
            && conditional.fields.starts_with(&leaf.fields)
    };
    let taken = |segment: &Segment| {
        let mut conditional = segment.conditional.iter();
        conditional.any(|(_, c)| touch(&c.fields, &leaf.fields) && !above(c))
    };
    if let Some(segment) = segment(segments, taken) {
        segment.plain.push(leaf);
    }
}

fn add_conditional(
    segments: &mut Vec<Segment>,
    fields: &[Field],
    mut leaves: Vec<(Conditions, Leaf)>,
) {
    if let [(_, _)] = &leaves[..] {
        // One reading holds everywhere.
        return leaves.drain(..).for_each(|(_, leaf)| add_plain(segments, leaf));
    }
    let taken = |segment: &Segment| {
        let below_leaf = |p: &Leaf| {
            p.value != Value::Object
                && p.fields.len() < fields.len()
                && fields.starts_with(&p.fields)
        };
        segment.conditional.iter().any(|(_, c)| touch(&c.fields, fields))
            || segment.plain.iter().any(below_leaf)
    };
    if let Some(segment) = segment(segments, taken) {
        segment.plain.retain(|leaf| !leaf.fields.starts_with(fields));
        segment.conditional.append(&mut leaves);
    }
}

struct Builder {
    name: ResourceName,
    contents: Vec<(Digest, Arc<[u8]>)>,
    origin: Origin,
}

impl Builder {
    fn fleet(mut self, segments: Vec<Segment>) -> Fleet {
        let layers = segments.into_iter().map(|segment| {
            // A field that a conditional one replaced may have been the only one.
            let mut parts = match segment.plain {
                plain if plain.is_empty() => {
                    vec![Fleet::node(Op::All, Vec::new(), self.origin.clone())]
                }
                plain => vec![self.deployed(plain)],
            };
            for (conditions, leaf) in segment.conditional {
                let restrict = Op::Restrict(condition(&conditions));
                let deployed = self.deployed(vec![leaf]);
                parts.push(Fleet::node(restrict, vec![deployed], self.origin.clone()));
            }
            one_or(parts, Op::Union, &self.origin)
        });
        let layers = layers.collect();
        one_or(layers, Op::Overlay, &self.origin)
    }

    /// The claims of `leaves`; the first carries the contents.
    fn deployed(&mut self, leaves: Vec<Leaf>) -> Fleet {
        let contents = std::mem::take(&mut self.contents);
        let deployed = Deployed::new(self.name.clone(), leaves, contents);
        Fleet::node(Op::Deploy(deployed.into()), Vec::new(), self.origin.clone())
    }
}

fn condition(conditions: &[(LabelKey, bool)]) -> Selector {
    Selector::all_of(conditions.iter().map(|(key, exists)| {
        let key = label(key.as_str());
        if *exists { key.exists() } else { key.absent() }
    }))
}
