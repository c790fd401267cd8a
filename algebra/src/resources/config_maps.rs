//! Which ConfigMaps a pod mentions.

use serde_json::{Map, Value as Json};

/// The lists of containers of a PodSpec.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Calls `found` with the name of each ConfigMap that the Kubernetes PodSpec `spec` mentions: of its
/// volumes, and of what containers take variables from. It may write another name there.
///
/// What is no PodSpec mentions none. Costs O(size).
///
/// ```
/// use escadre_algebra::for_each_config_map;
/// let mut spec = serde_json::json!({
///     "volumes": [{"name": "etc", "configMap": {"name": "motd"}}],
///     "containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "settings"}}]}],
/// });
/// let mut names = Vec::new();
/// for_each_config_map(&mut spec, &mut |name| {
///     names.push(name.clone());
///     name.push_str("-2");
/// });
/// assert_eq!(names, ["motd", "settings"]);
/// assert_eq!(spec["volumes"][0]["configMap"]["name"], "motd-2");
/// ```
pub fn for_each_config_map(spec: &mut Json, found: &mut dyn FnMut(&mut String)) {
    let mut name = |holder: Option<&mut Json>| {
        if let Some(Json::String(name)) = holder.and_then(|holder| holder.get_mut("name")) {
            found(name);
        }
    };
    for volume in entries(spec.get_mut("volumes")) {
        name(volume.get_mut("configMap"));
        let sources = volume.get_mut("projected").and_then(|of| of.get_mut("sources"));
        for source in entries(sources) {
            name(source.get_mut("configMap"));
        }
    }
    for list in CONTAINERS {
        for container in entries(spec.get_mut(list)) {
            for variable in entries(container.get_mut("env")) {
                let source = variable.get_mut("valueFrom");
                name(source.and_then(|source| source.get_mut("configMapKeyRef")));
            }
            for source in entries(container.get_mut("envFrom")) {
                name(source.get_mut("configMapRef"));
            }
        }
    }
}

/// The entries of a list that are objects.
fn entries(list: Option<&mut Json>) -> impl Iterator<Item = &mut Map<String, Json>> {
    list.and_then(Json::as_array_mut).into_iter().flatten().filter_map(Json::as_object_mut)
}
