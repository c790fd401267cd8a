//! Opaque resources: fields that are passed through to one target.

use super::{put, record::put_record};
use crate::names::Field;
use crate::resource::Resource;

/// The record `fields`, for the target `target` alone, which takes it as it is.
///
/// ```
/// use escadre_algebra::{Facts, denote, deploy, opaque};
/// let quota = serde_json::json!({"spec": {"hard": {"pods": 4}}});
/// let f = deploy(opaque("quota", "kubernetes", &quota));
/// let claims = denote::<()>(&f, &Facts::of("d", [])?).unwrap();
/// assert_eq!(claims.at(&"quota.fields.spec.hard.pods".parse()?)[0].0.to_string(), "4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
#[must_use]
pub fn opaque(name: &str, target: &str, fields: &serde_json::Value) -> Resource {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "Opaque");
    if target.is_empty() {
        resource.reject(&"an opaque resource needs a target; it is empty");
    } else {
        put(&mut resource, &["target"], target);
    }
    match Field::parse("fields") {
        Ok(at) => put_record(&mut resource, &[at], fields),
        Err(error) => resource.reject(&error),
    }
    resource
}
