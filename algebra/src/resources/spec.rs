//! PodSpecs: the way in and the way out.

use serde_json::Value as Json;

use super::record::{Leaves, flatten};
use super::spec_error::SpecError;
use super::{to_lists, to_maps};

/// The leaves of the pod that `spec` describes, and the places of its nulls.
pub(super) fn leaves(spec: &Json) -> Result<(Leaves, Vec<String>), SpecError> {
    let (maps, dropped) = to_maps::pod(spec)?;
    let leaves = flatten(&maps).map_err(|e| SpecError::new(e.path(), e.message()))?;
    Ok((leaves, dropped))
}

/// The Kubernetes PodSpec of a rendered pod, given as its JSON object.
///
/// Maps under merge keys become lists again. Entries stand in the order that they claim, then by
/// their keys (see [`order_key_cmp`](crate::order_key_cmp)); variables that claim no order stand
/// before those that do, unless they mention others. The segments of `args` are put together in
/// the order of their keys. `kind`, `after`, `strategy` and `order` are removed, and a reference to a secret
/// becomes a `secretKeyRef`, which has no place for the version.
///
/// # Errors
/// [`SpecError`] names the place of a null, of a value of the wrong kind, and of a variable or
/// volume with two sources.
///
/// ```
/// use escadre_algebra::pod_spec;
/// let rendered = serde_json::json!({
///     "kind": "Pod",
///     "containers": {"web": {"args": {"50-b": ["-b"], "7-a": ["-a"]}, "ports": {"80/TCP": {"name": "http"}}}}
/// });
/// let spec = serde_json::json!({
///     "containers": [{"name": "web", "args": ["-a", "-b"], "ports": [{"containerPort": 80, "name": "http"}]}]
/// });
/// assert_eq!(pod_spec(&rendered)?, spec);
/// # Ok::<(), escadre_algebra::SpecError>(())
/// ```
pub fn pod_spec(rendered: &Json) -> Result<Json, SpecError> {
    to_lists::pod(rendered)
}
