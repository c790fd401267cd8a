//! What a `Fleet` object says: the types that its schema is derived from.

#![expect(unreachable_pub, reason = "the derived schema repeats each type within a function")]
#![expect(clippy::duplicated_attributes, reason = "several columns have the same type")]

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::{CustomResource, CustomResourceExt, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::status::FleetStatus;

/// What is wanted: which fleet, on which devices, on which target.
#[derive(Clone, Debug, PartialEq, CustomResource, KubeSchema, Serialize, Deserialize)]
#[kube(
    group = "escadre.github.io",
    version = "v1alpha1",
    kind = "Fleet",
    root = "FleetObject",
    namespaced,
    status = "FleetStatus",
    derive = "PartialEq",
    doc = "A fleet, and the target on which the operator carries it out",
    category = "escadre",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the target holds what the fleet says"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Devices", type_ = "integer", json_path = ".status.counts.devices"),
    printcolumn(
        name = "Changes",
        type_ = "integer",
        json_path = ".status.counts.changes",
        description = "How many devices are not as they are wanted"
    ),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend"),
    printcolumn(name = "Fleet", type_ = "string", json_path = ".status.shortFleet"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new(
        "(has(self.target) && has(self.target.nats)) == (has(oldSelf.target) && has(oldSelf.target.nats))"
    ).message("the target never changes: make another object for another target")
)]
pub struct FleetSpec {
    /// The fleet, in its wire form.
    pub fleet: FleetSource,
    /// Which devices there are; the nodes of this cluster if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventorySource>,
    /// Where the fleet is carried out; in this cluster, in the namespace of this object, if nothing
    /// is said. It never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Whether to plan and tell, but to apply nothing.
    #[serde(default)]
    pub suspend: bool,
    /// What is agreed to beyond the fleet itself.
    #[serde(default)]
    pub consent: ConsentSpec,
    /// How often the target is looked at when nothing seems to change, in seconds.
    #[serde(default = "interval")]
    #[schemars(range(min = 1, max = 86_400))]
    pub interval_seconds: i64,
}

fn interval() -> i64 {
    60
}

/// Where the wire form of the fleet is.
#[derive(Clone, Debug, Default, PartialEq, KubeSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.inline) != has(self.configMapRef)")
        .message("exactly one of `inline` and `configMapRef`")
)]
pub struct FleetSource {
    /// The content of a `fleet.lock`, as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_object")]
    pub inline: Option<Json>,
    /// An entry of a ConfigMap of this namespace that holds a `fleet.lock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<Entry>,
}

/// Where the inventory comes from.
#[derive(Clone, Debug, Default, PartialEq, KubeSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!(has(self.partial) && self.partial) || has(self.configMapRef)")
        .message("`partial` is said of a `configMapRef`: the cluster lists all of its nodes")
)]
pub struct InventorySource {
    /// An entry of a ConfigMap of this namespace that holds an inventory: JSON Lines, CSV, or nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<Entry>,
    /// Whether it may miss devices: nothing is removed on its word.
    #[serde(default)]
    pub partial: bool,
}

/// An entry of a ConfigMap or a Secret of the namespace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The object's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The entry, such as `fleet.lock`.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// Where a fleet is carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// A NATS bucket, from which devices take what they are to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nats: Option<NatsTarget>,
}

/// A NATS bucket.
#[derive(Clone, Debug, PartialEq, KubeSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.address == oldSelf.address")
        .message("the target never changes: make another object for another target")
)]
pub struct NatsTarget {
    /// The servers and the bucket, such as `nats://nats.nats:4222/desired-state?replicas=3`.
    #[schemars(length(max = 1024), regex(pattern = "^(nats|tls)://[^@/?]+(/[^@]*)?$"))]
    pub address: String,
    /// A Secret of this namespace that says who the operator is there, under the names of the
    /// command line's variables: `NATS_CREDS` or `NATS_NKEY` (the content of such a file),
    /// `NATS_TOKEN`, or `NATS_USER` and `NATS_PASSWORD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_secret_ref: Option<SecretName>,
}

/// A Secret of the namespace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecretName {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// What is agreed to beyond the fleet itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentSpec {
    /// How many members of a hundred may leave at once.
    #[serde(default = "max_shrink")]
    #[schemars(range(min = 0, max = 100))]
    pub max_shrink_percent: i64,
    /// Whether to leave alone the members that would be removed.
    #[serde(default)]
    pub keep_removed: bool,
    /// Whether to take over what others made where the fleet's own objects are to be.
    #[serde(default)]
    pub adopt: bool,
    /// Members that may leave, however many they are: a digest, as `status.leaving` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub accept_shrink: Option<String>,
}

fn max_shrink() -> i64 {
    20
}

impl Default for ConsentSpec {
    fn default() -> Self {
        Self {
            max_shrink_percent: max_shrink(),
            keep_removed: false,
            adopt: false,
            accept_shrink: None,
        }
    }
}

/// An object whose fields are not the API server's business: the decoder knows more of them.
fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

impl FleetSpec {
    /// The NATS bucket, if that is the target.
    pub(crate) fn nats(&self) -> Option<&NatsTarget> {
        self.target.as_ref()?.nats.as_ref()
    }
}

/// The definition of `Fleet` objects, as `kubectl apply -f -` takes it.
///
/// ```
/// let definition = serde_json::to_value(escadre_operator::definition()).unwrap_or_default();
/// assert_eq!(definition["metadata"]["name"], "fleets.escadre.github.io");
/// ```
#[must_use]
pub fn definition() -> CustomResourceDefinition {
    let mut definition = FleetObject::crd();
    let schemas = definition.spec.versions.iter_mut().filter_map(|it| it.schema.as_mut());
    for schema in schemas.filter_map(|schema| schema.open_api_v3_schema.as_mut()) {
        without_null(schema);
    }
    definition
}

/// Takes back that a field may be null: the API server drops such fields then, so that there is one
/// way to leave a field out, and `has` of a rule tells it.
fn without_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.properties.iter_mut().flat_map(BTreeMap::values_mut).for_each(without_null);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        without_null(items);
    }
}
