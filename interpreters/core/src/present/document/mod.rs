//! Plans as JSON: what `plan --format json` prints and `plan --out` stores.

mod decode;
mod encode;
mod error;
mod groups;
mod hash;
mod json;
mod view;

use std::collections::BTreeMap;

use escadre_algebra::Digest;
use serde::{Deserialize, Serialize};

pub use encode::{StoredPlan, document};
pub use error::PlanFileError;
pub(super) use groups::groups_json;

use crate::plan::Plan;

/// The version of the form that is written.
pub const PLAN_VERSION: u32 = 1;

/// A plan as JSON, in version 1 of its form: whole, and with a digest of its own content.
///
/// A plan is written as one by [`document`], which does not hold it in memory.
/// Law: `document(&plan).to_text()` read back with [`PlanDocument::from_text`] is `plan`, with the
/// same groups. `docs/plan.md` explains each key.
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
/// use escadre_interpreter::present::{PlanDocument, document};
/// use escadre_interpreter::{Desired, Plan, Revision, Snapshot};
/// let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
/// let resolved = deploy(Resource::new("motd").set("text", "hello")).resolve(&inventory)?;
/// let desired = Desired { resolved: &resolved, normalise: &|_, state| Some(state.clone()) };
/// let plan = Plan::new("nothing", &Revision("0".into()), &Snapshot::empty(), &desired);
/// let stored = document(&plan).to_text();
/// assert_eq!(PlanDocument::from_text(&stored)?.plan()?, plan);
/// assert!(PlanDocument::from_text(&stored.replace("hello", "hullo")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Escadre plan, version 1"))]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// What this is: `plan`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "plan")))]
    escadre: String,
    /// The version of this form: 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = 1)))]
    version: u32,
    /// The target, in words.
    target: String,
    /// The state of the target that the plan was made for.
    base: Base,
    /// The digest of the fleet that is wanted.
    fleet: String,
    /// The digest of the inventory.
    inventory: String,
    /// Whether the inventory lists every device.
    coverage: CoverageName,
    /// How many devices have which fate.
    summary: Counts,
    /// How many members the target has before.
    members_before: u64,
    /// The changes grouped by what changes, for reading; those on most devices first.
    groups: Vec<GroupDocument>,
    /// What changes on each device, in the order of the ids.
    changes: Vec<ChangeDocument>,
    /// Each state that `changes` names, by its digest.
    states: BTreeMap<String, serde_json::Value>,
    /// The digest of everything above.
    digest: String,
}

/// The state of a target that a plan was made for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Base {
    /// The target's revision; a plan is stale once the target has another.
    revision: String,
}

/// Whether an inventory lists every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum CoverageName {
    Complete,
    Partial,
}

/// How many devices have which fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Counts {
    /// They become members.
    added: u64,
    /// They stay members, and something of theirs changes.
    changed: u64,
    /// They stop being members.
    removed: u64,
    /// They are as they are wanted.
    unchanged: u64,
    /// They are left alone, since something is unknown.
    undetermined: u64,
}

/// What happens to a device or to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum KindName {
    Added,
    Changed,
    Removed,
}

/// The devices on which the same changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct GroupDocument {
    /// What happens to their membership.
    kind: KindName,
    /// Their ids, in order.
    devices: Vec<String>,
    /// What changes, resource by resource.
    resources: Vec<SubjectDocument>,
}

/// What changes of one resource on every device of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SubjectDocument {
    /// The resource's name.
    name: String,
    /// Whether it is added, changed or removed.
    kind: KindName,
    /// The fields that change; empty where the whole resource goes.
    fields: Vec<FieldDocument>,
}

/// What changes of one field on every device of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct FieldDocument {
    /// The field, as a path is spelled.
    path: String,
    /// The values that are held, the most frequent first, at most ten of them.
    before: Vec<HeldDocument>,
    /// How many different values are held.
    different: u64,
    /// The value that is wanted, as it was written; null if the field goes.
    after: serde_json::Value,
}

/// A value that is held, and on how many devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct HeldDocument {
    /// The value; null if the field is not there.
    value: serde_json::Value,
    /// On how many devices of the group.
    devices: u64,
}

/// What changes on one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ChangeDocument {
    /// The device's id.
    device: String,
    /// What happens to its membership.
    kind: KindName,
    /// The resources that change, in the order of their names.
    resources: Vec<ResourceDocument>,
}

/// What changes of one resource on one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ResourceDocument {
    /// The resource's name.
    name: String,
    /// Whether it is added, changed or removed.
    kind: KindName,
    /// What is held: the key of a state; null if it is not there.
    before: Option<String>,
    /// What is wanted: the key of a state; null if it goes.
    after: Option<String>,
    /// What is wanted as it was written, where texts mention labels: the key of a state.
    written: Option<String>,
}

impl PlanDocument {
    /// The digest of the content.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The digest of everything but `digest` itself, however the JSON is laid out.
    fn content_digest(&mut self) -> Digest {
        let stated = std::mem::take(&mut self.digest);
        let digest = hash::content(self);
        self.digest = stated;
        digest
    }
}

/// The JSON Schema of a stored plan.
#[cfg(feature = "schema")]
#[must_use]
pub fn plan_schema() -> serde_json::Value {
    schemars::schema_for!(PlanDocument).to_value()
}

/// `base` as a document has it.
pub(super) fn base_json(plan: &Plan) -> serde_json::Value {
    serde_json::json!({ "revision": plan.base().to_string() })
}

/// `summary` as a document has it.
pub(super) fn summary_json(plan: &Plan) -> serde_json::Value {
    serde_json::to_value(encode::counts(plan)).unwrap_or_default()
}
