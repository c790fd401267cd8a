//! Why a group of devices gets what it gets, computed for one of them.

use std::borrow::Cow;
use std::collections::HashMap;

use escadre_algebra::{
    ExplainedField, Facts, Field, Path, Resolved, ResourceName, Source, Sources, Unreached, Value,
};

use super::value::short;
use super::words;
use crate::plan::Group;

/// What decided the fields of one group: the explanation of its first listed device.
pub(super) struct Reasons<'a> {
    facts: Option<Cow<'a, Facts>>,
    unreached: Vec<Unreached>,
    fields: HashMap<Path, ExplainedField>,
}

impl<'a> Reasons<'a> {
    /// Costs one explanation, whatever the number of devices and fields.
    pub(super) fn of(group: &Group, resolved: &'a Resolved) -> Self {
        let listed = |id| resolved.inventory().device(id);
        let facts = group.devices.iter().find_map(|id| listed(id.as_str()));
        let why = facts.as_deref().map(|facts| resolved.fleet().explain(facts, None));
        let (fields, unreached) = why.map(|why| (why.fields, why.unreached)).unwrap_or_default();
        let fields = fields.into_iter().map(|field| (field.path.clone(), field)).collect();
        Self { facts, unreached, fields }
    }

    /// The device that was asked, if one is listed.
    pub(super) fn witness(&self) -> Option<&Facts> {
        self.facts.as_deref()
    }

    /// Who decided the value of a field.
    pub(super) fn source(&self, resource: &ResourceName, fields: &[Field]) -> Option<String> {
        let field = self.fields.get(&words::path(resource, fields)?)?;
        by(&field.candidates.first()?.sources)
    }

    /// Why a resource is not wanted: who removed it, or the layer that does not reach the device.
    pub(super) fn gone(&self, resource: &ResourceName) -> Option<String> {
        let root = self.fields.get(&Path::root(resource.clone()));
        let removed = root.and_then(|field| field.candidates.first());
        if let Some(removed) = removed.filter(|candidate| candidate.value == Value::Unset) {
            return by(&removed.sources).map(|by| format!("removed at {by}"));
        }
        // That a patch has nothing to patch follows from the condition that keeps the rest away.
        let stopped = self.unreached.iter().filter(|part| part.resources.contains(resource));
        match stopped.min_by_key(|part| only_patches(part)) {
            Some(stopped) => Some(unreached(stopped)),
            None if root.is_none() => {
                self.facts.as_ref().map(|_| "nothing in the fleet claims it".to_owned())
            }
            None => None,
        }
    }

    /// `value` on the witness, if it mentions the device: `e.g. "rtsp://paris" on cam-1`.
    pub(super) fn instance(&self, value: &Value, limit: usize) -> Option<String> {
        let facts = self.facts.as_deref().filter(|_| !value.is_constant())?;
        Some(format!("e.g. {} on {}", short(&value.instantiate(facts), limit), facts.id()))
    }
}

/// Whether a part does not reach a device for being a patch of what the device does not have.
fn only_patches(part: &Unreached) -> bool {
    let patches = ["patches members only", "patches resources that are there"];
    part.reasons.iter().all(|reason| patches.iter().any(|why| reason.starts_with(why)))
}

/// The writers of a value: the first, and how many more there are.
pub(super) fn by(sources: &Sources) -> Option<String> {
    let first = sources.all().first()?;
    match sources.all().len() - 1 {
        0 => Some(first.to_string()),
        n => Some(format!("{first} and {n} more")),
    }
}

/// A part that does not reach a device: the tests that failed, and where it was written.
pub(super) fn unreached(part: &Unreached) -> String {
    const MAX_TESTS: usize = 2;
    let source = Source { origin: part.origin.clone(), layers: part.layers.clone() };
    let mut tests = part.reasons.iter().take(MAX_TESTS).cloned().collect::<Vec<_>>().join("; ");
    if part.reasons.len() > MAX_TESTS {
        tests.push_str(&format!("; and {} more", part.reasons.len() - MAX_TESTS));
    }
    format!("{tests}, {source}")
}
