//! From a text to the plan that it stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{Coverage, DeviceId, Digest, ResourceName, ResourceState};
use serde::Deserialize;

use super::json::state_from_json;
use super::{
    ChangeDocument, Counts, CoverageName, KindName, PLAN_VERSION, PlanDocument, PlanFileError,
    ResourceDocument,
};
use crate::interpreter::Revision;
use crate::plan::{Change, ChangeKind, Plan, PlanParts, ResourceChange, Summary};

/// What every version of the form has.
#[derive(Deserialize)]
struct Header {
    escadre: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
}

type States = BTreeMap<String, Arc<ResourceState>>;

impl PlanDocument {
    /// The document that `text` spells, whole and as it was made.
    ///
    /// # Errors
    /// [`PlanFileError`] for what is no plan, another version, and a plan that was edited.
    pub fn from_text(text: &str) -> Result<Self, PlanFileError> {
        let malformed = |message: String| PlanFileError::Malformed { message };
        let header: Header = serde_json::from_str(text).map_err(|e| malformed(e.to_string()))?;
        match header.escadre.as_ref().map(serde_json::Value::as_str) {
            Some(Some("plan")) => {}
            Some(Some(other)) => return Err(malformed(format!("it says that it is a `{other}`"))),
            _ => return Err(malformed("it does not say `\"escadre\": \"plan\"`".to_owned())),
        }
        match &header.version {
            Some(version) if *version == PLAN_VERSION => {}
            Some(version) => return Err(PlanFileError::Version { found: version.to_string() }),
            None => return Err(malformed("it has no `version`".to_owned())),
        }
        let mut document: Self =
            serde_json::from_str(text).map_err(|e| malformed(e.to_string()))?;
        let found = document.content_digest();
        if document.digest != found.to_string() {
            let stated = document.digest.parse::<Digest>().map(|digest| digest.short());
            let stated = stated.unwrap_or_else(|_| "nothing".to_owned());
            return Err(PlanFileError::Edited { stated, found: found.short() });
        }
        Ok(document)
    }

    /// The plan that this document stores.
    ///
    /// # Errors
    /// [`PlanFileError::Invalid`] says which part makes no sense.
    pub fn plan(self) -> Result<Plan, PlanFileError> {
        let states: Result<States, PlanFileError> = self.states.iter().map(state).collect();
        let states = states?;
        let changes = self.changes.iter().map(|c| change(c, &states));
        let changes: Vec<Change> = changes.collect::<Result<_, _>>()?;
        if let Some(twice) = changes.windows(2).find(|w| w[0].device >= w[1].device) {
            let message = "each device stands there once, in the order of the ids";
            return Err(PlanFileError::invalid(format!("device `{}`", twice[1].device), &message));
        }
        let digest = |name: &str, text: &str| {
            text.parse::<Digest>().map_err(|e| PlanFileError::invalid(format!("`{name}`"), &e))
        };
        Ok(Plan::from_parts(PlanParts {
            fleet: digest("fleet", &self.fleet)?,
            inventory: digest("inventory", &self.inventory)?,
            target: self.target,
            base: Revision(self.base.revision.into()),
            coverage: match self.coverage {
                CoverageName::Complete => Coverage::Complete,
                CoverageName::Partial => Coverage::Partial,
            },
            summary: summary(&self.summary)?,
            n_members: number("members_before", self.members_before)?,
            changes,
        }))
    }
}

fn number(name: &str, n: u64) -> Result<usize, PlanFileError> {
    usize::try_from(n).map_err(|e| PlanFileError::invalid(format!("`{name}`"), &e))
}

fn summary(counts: &Counts) -> Result<Summary, PlanFileError> {
    Ok(Summary {
        added: number("summary.added", counts.added)?,
        changed: number("summary.changed", counts.changed)?,
        removed: number("summary.removed", counts.removed)?,
        unchanged: number("summary.unchanged", counts.unchanged)?,
        undetermined: number("summary.undetermined", counts.undetermined)?,
    })
}

fn state(
    (key, json): (&String, &serde_json::Value),
) -> Result<(String, Arc<ResourceState>), PlanFileError> {
    let at = || format!("state `{}`", key.chars().take(80).collect::<String>());
    let state = state_from_json(json).map_err(|message| PlanFileError::invalid(at(), &message))?;
    Ok((key.clone(), Arc::new(state)))
}

fn change(change: &ChangeDocument, states: &States) -> Result<Change, PlanFileError> {
    let at = || format!("device `{}`", change.device.chars().take(80).collect::<String>());
    let device =
        DeviceId::parse(&change.device).map_err(|e| PlanFileError::invalid("a device", &e))?;
    let resources = change.resources.iter().map(|r| resource(r, states));
    let resources: Result<Vec<_>, String> = resources.collect();
    let resources = resources.map_err(|message| PlanFileError::invalid(at(), &message))?;
    let kind = match change.kind {
        KindName::Added => ChangeKind::Added,
        KindName::Changed => ChangeKind::Changed,
        KindName::Removed => ChangeKind::Removed,
    };
    Ok(Change { device, kind, resources })
}

fn resource(change: &ResourceDocument, states: &States) -> Result<ResourceChange, String> {
    let state = |key: &Option<String>| match key {
        None => Ok(None),
        Some(key) => match states.get(key) {
            Some(state) => Ok(Some(Arc::clone(state))),
            None => Err(format!("the state `{key}` of `{}` is not stored", change.name)),
        },
    };
    Ok(ResourceChange {
        name: ResourceName::parse(&change.name).map_err(|e| e.to_string())?,
        before: state(&change.before)?,
        after: state(&change.after)?,
        written: state(&change.written)?,
    })
}
