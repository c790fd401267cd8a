//! Resources: typed records that claim only what was said.
//!
//! Every builder is a thin layer over [`Resource`](crate::Resource): each setter claims one field
//! and remembers the line that called it. Kubernetes' lists are maps here wherever they have a
//! merge key, so that an overlay can change one entry; see [`Pod::from_spec`] and [`pod_spec`].

mod config_file;
mod config_maps;
mod container;
mod env;
mod key;
mod opaque;
mod order_key;
mod place;
mod pod;
mod pod_setters;
mod probe;
mod record;
mod required;
mod secret;
mod serializer;
mod setters;
mod spec;
mod spec_error;
mod spec_table;
mod strategy;
mod to_lists;
mod to_maps;
mod toleration;
mod volume;

pub use config_file::{Blob, ConfigFile, blob, config_file};
pub use config_maps::for_each_config_map;
pub use container::Container;
pub use env::{EnvFrom, EnvValue, config_map_key, field_ref, resource_field_ref};
pub use opaque::opaque;
pub use order_key::order_key_cmp;
pub use pod::{OneContainer, Pod, container, pod};
pub use probe::Probe;
pub(crate) use record::authored;
pub use record::{RecordError, record, try_record};
pub(crate) use required::missing_required;
pub use secret::{SecretRef, secret};
pub use spec::pod_spec;
pub use spec_error::SpecError;
pub use strategy::{UpdateStrategy, UpdateStrategyError};
pub use toleration::Toleration;
pub use volume::{Mount, Volume};

use crate::names::Field;
use crate::resource::{Authored, Resource};

/// Claims `value` at `fields` of `resource`; a bad name is rejected.
#[track_caller]
fn put(resource: &mut Resource, fields: &[&str], value: impl Into<Authored>) {
    match fields.iter().map(|field| Field::parse(field)).collect() {
        Ok(fields) => resource.put(fields, value),
        Err(error) => reject::<crate::NameError>(resource, &error),
    }
}

#[track_caller]
fn reject<E: ToString>(resource: &mut Resource, error: &E) {
    resource.reject(error);
}

/// Claims what `part` says, below `at` of `resource`.
///
/// Each claim stands on the line that wrote it.
#[track_caller]
fn absorb(resource: &mut Resource, at: &[&str], part: Resource) {
    let at: Vec<Field> = match at.iter().map(|field| Field::parse(field)).collect::<Result<_, _>>()
    {
        Ok(at) => at,
        Err(error) => return resource.reject(&error),
    };
    resource.absorb(&at, part);
}

/// Fields that were said of a part of a resource, before their place is known.
#[derive(Clone, Debug, Default)]
struct Said(Vec<(Vec<String>, Authored)>);

impl Said {
    /// This, and `value` at `fields`. What was said before at the same fields is replaced.
    fn and(mut self, fields: &[&str], value: impl Into<Authored>) -> Self {
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        self.0.retain(|(said, _)| *said != fields);
        self.0.push((fields, value.into()));
        self
    }

    /// Claims all of it below `at`.
    #[track_caller]
    fn put(self, resource: &mut Resource, at: &[&str]) {
        for (fields, value) in self.0 {
            let path: Vec<&str> =
                at.iter().copied().chain(fields.iter().map(String::as_str)).collect();
            put(resource, &path, value);
        }
    }
}
