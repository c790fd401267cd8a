//! An algebra of fleets: what should run on which device, as a value.

// First, since its macro marks the places that a mutant changes.
#[cfg(feature = "mutants")]
#[doc(hidden)]
#[macro_use]
pub mod mutant;
#[cfg(not(feature = "mutants"))]
#[macro_use]
mod mutant;

mod after;
pub mod analysis;
mod annotation;
mod canonical;
mod claims;
mod columns;
mod configuration;
mod dag;
mod decimal;
mod denote;
mod deploy;
mod deployed;
mod digest;
mod explain;
mod facts;
mod fleet;
mod from_json;
mod graph;
mod into_path_set;
mod invalid_fleet;
mod inventory;
mod inventory_digest;
mod map;
mod names;
mod origin;
mod parts;
mod path;
mod path_set;
mod problem;
mod resolve;
mod resource;
mod resources;
mod selector;
mod text;
mod to_text;
mod tree;
mod value;
mod version;
mod wire;
mod word;

pub use annotation::{Annotation, History, Source, Sources};
pub use claims::Claims;
pub use columns::{
    Codes, Column, Columns, ColumnsBuilder, ColumnsError, Evaluation, Matches, RowSet, Update,
    affected, affected_or_unknown, evaluate,
};
pub use configuration::{Configuration, ResourceState};
pub use denote::denote;
pub use deploy::deploy;
pub use digest::{Digest, DigestError, Digester};
pub use explain::{ExplainedField, ExplainedValue, Explanation, Unreached};
pub use facts::{Attestation, Facts, Knowledge, Label};
pub use fleet::{Fleet, IntoPathSet, InvalidFleet, choose};
pub use from_json::StateError;
pub use graph::{Graph, MAX_DRAWN};
pub use inventory::{Coverage, DuplicateDevice, Inventory};
pub use names::{DeviceId, Field, LabelKey, NameError, ResourceName};
pub use origin::Origin;
pub use path::{MAX_FIELDS, Path, PathError};
pub use path_set::PathSet;
pub use problem::Problem;
pub use resolve::{Devices, Finding, Member, Outcome, Resolved, Unresolved};
pub use resource::{Authored, Resource};
pub use resources::{
    Blob, ConfigFile, Container, EnvFrom, EnvValue, Mount, OneContainer, Pod, Probe, RecordError,
    SecretRef, SpecError, Toleration, UpdateStrategy, UpdateStrategyError, Volume, blob,
    config_file, config_map_key, container, field_ref, for_each_config_map, opaque, order_key_cmp,
    pod, pod_spec, record, resource_field_ref, secret, try_record,
};
pub use selector::{
    Bound, BoundInput, BucketRef, COMPLETION_BUDGET, Comparison, Completion, DeviceIdRef, LabelRef,
    Partition, Percent, Selector, SelectorError, Test, VersionError, View, bucket, bucket_point,
    device_id, kubernetes, label, percent, semver, try_label, try_semver,
};
pub use text::{Text, label_or, text};
pub use value::{Decimal, Item, List, ListError, Record, Value};
pub use version::Version;
#[cfg(feature = "schema")]
pub use wire::schema;
pub use wire::{DecodeError, EncodeError, EncodeOptions, Limits, VERSION};
pub use word::{Part, Word};
