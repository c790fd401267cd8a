//! From the state of a pod to the template of a DaemonSet.
//!
//! A device's id reaches a container as a variable, [`ID_VARIABLE`], from the field `spec.nodeName`
//! of its pod; Kubernetes itself fills it in where it expands variables. So a pod that mentions the
//! id is one object for all devices.

use escadre_algebra::pod_spec;
use escadre_interpreter::inventory::is_own_label;
use serde_json::{Map, Value as Json, json};

use crate::error::LowerErrorKind;

/// The variable that has the device's id.
pub(crate) const ID_VARIABLE: &str = "ESCADRE_DEVICE_ID";
/// What stands for the device's id in the state of a variant; a valid id itself.
pub(crate) const ID: &str = "$(ESCADRE_DEVICE_ID)";

/// The lists of containers of a PodSpec.
pub(crate) const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// The PodSpec of the rendered pod `state`, in which [`ID`] stands for the device's id.
pub(crate) fn spec(state: &Json) -> Result<Json, LowerErrorKind> {
    let wrong = |error: escadre_algebra::SpecError| LowerErrorKind::Spec {
        field: error.path().to_owned(),
        why: error.message().to_owned(),
    };
    let mut spec = pod_spec(state).map_err(wrong)?;
    if spec.get("restartPolicy").is_some_and(|policy| policy != "Always") {
        let why = "pods of a DaemonSet restart always".to_owned();
        return Err(LowerErrorKind::Spec { field: "restartPolicy".to_owned(), why });
    }
    own_selector(&spec)?;
    for list in CONTAINERS {
        for container in items(spec.get_mut(list)) {
            tell_id(container);
        }
    }
    match place_of_id(&spec) {
        Some(field) => Err(LowerErrorKind::PerDevice { field }),
        None => Ok(spec),
    }
}

/// Refuses a node selector that leaves no room for the label that selects this pod.
fn own_selector(spec: &Json) -> Result<(), LowerErrorKind> {
    let why = match spec.get("nodeSelector") {
        None => return Ok(()),
        Some(Json::Object(labels)) => match labels.keys().find(|key| is_own_label(key)) {
            None => return Ok(()),
            Some(key) => format!("the label `{key}` says which variant a node has"),
        },
        Some(_) => "labels and their values are expected".to_owned(),
    };
    Err(LowerErrorKind::Spec { field: "nodeSelector".to_owned(), why })
}

/// The entries of a list that are objects.
pub(crate) fn items(list: Option<&mut Json>) -> impl Iterator<Item = &mut Map<String, Json>> {
    list.and_then(Json::as_array_mut).into_iter().flatten().filter_map(Json::as_object_mut)
}

/// Has Kubernetes fill in the device's id in `container` where it can; those places are hidden
/// from [`place_of_id`] by the mark that Kubernetes reads.
pub(crate) fn tell_id(container: &mut Map<String, Json>) {
    let mut is_told = false;
    for variable in items(container.get_mut("env")) {
        match variable.get("value") {
            Some(Json::String(value)) if value == ID => {
                variable.remove("value");
                variable.insert("valueFrom".to_owned(), id_source());
            }
            Some(Json::String(value)) if value.contains(ID) => is_told = true,
            _ => {}
        }
    }
    for list in ["command", "args"] {
        let texts = container.get(list).and_then(Json::as_array);
        is_told |= texts.into_iter().flatten().any(mentions_id);
    }
    for mount in items(container.get_mut("volumeMounts")) {
        if mount.get("subPath").is_some_and(mentions_id)
            && let Some(path) = mount.remove("subPath")
        {
            mount.insert("subPathExpr".to_owned(), path);
        }
        is_told |= mount.get("subPathExpr").is_some_and(mentions_id);
    }
    let first = container.get("env").and_then(|variables| variables.get(0)?.get("name")?.as_str());
    if !is_told || first == Some(ID_VARIABLE) {
        return;
    }
    let variable = json!({"name": ID_VARIABLE, "valueFrom": id_source()});
    match container.get_mut("env").and_then(Json::as_array_mut) {
        // Others may mention it, so it comes first.
        Some(variables) => variables.insert(0, variable),
        None => drop(container.insert("env".to_owned(), json!([variable]))),
    }
}

fn id_source() -> Json {
    json!({"fieldRef": {"fieldPath": "spec.nodeName"}})
}

fn mentions_id(text: &Json) -> bool {
    text.as_str().is_some_and(|text| text.contains(ID))
}

/// The first place of `spec` that mentions the id where Kubernetes does not fill it in.
fn place_of_id(spec: &Json) -> Option<String> {
    let mut waiting = vec![(String::new(), spec)];
    while let Some((path, value)) = waiting.pop() {
        match value {
            Json::String(text) if mentions_id_wrongly(&path, text) => return Some(path),
            Json::Array(list) => {
                waiting.extend(list.iter().enumerate().map(|(i, v)| (format!("{path}[{i}]"), v)));
            }
            Json::Object(fields) => {
                let below = |name: &String| match path.is_empty() {
                    true => name.clone(),
                    false => format!("{path}.{name}"),
                };
                if let Some(name) = fields.keys().find(|name| name.contains(ID)) {
                    return Some(below(name));
                }
                waiting.extend(fields.iter().map(|(name, value)| (below(name), value)));
            }
            _ => {}
        }
    }
    None
}

/// Whether `text` at `path` mentions the id, and Kubernetes would not fill it in.
fn mentions_id_wrongly(path: &str, text: &str) -> bool {
    if !text.contains(ID) {
        return false;
    }
    // A `$` before it would be read as the escape of a mention.
    if text.contains(&format!("${ID}")) {
        return true;
    }
    let Some(rest) = CONTAINERS.iter().find_map(|list| path.strip_prefix(list)) else {
        return true;
    };
    // `[3].env[0].value` → `.env[0].value`
    let field = rest.split_once(']').map_or("", |(_, field)| field);
    let is_item = |of: &str| field.strip_prefix(of).is_some_and(|at| at.starts_with('['));
    let is_in = |of: &str, end: &str| is_item(of) && field.ends_with(end);
    !(is_item(".command")
        || is_item(".args")
        || (is_in(".env", "].value"))
        || (is_in(".volumeMounts", "].subPathExpr")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(container: &Json) -> Result<Json, LowerErrorKind> {
        let state = json!({"kind": "Pod", "containers": {"c": container}});
        spec(&state).map(|spec| spec["containers"][0].clone())
    }

    #[test]
    fn an_id_alone_is_a_field_of_the_pod() {
        let told = told(&json!({"env": {"HOST": {"value": ID}}}));
        let env =
            json!([{"name": "HOST", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]);
        assert_eq!(told.map(|container| container["env"].clone()), Ok(env));
    }

    #[test]
    fn an_id_inside_a_text_is_a_variable_that_comes_first() {
        let url = format!("rtsp://{ID}/");
        let told = told(&json!({"args": {"1": [url]}, "env": {"A": {"value": "1"}}}));
        let names = told.map(|container| container["env"][0]["name"].clone());
        assert_eq!(names, Ok(json!(ID_VARIABLE)));
    }

    #[test]
    fn an_id_elsewhere_is_refused_with_its_field() {
        let field = |container: &Json| match told(container) {
            Err(LowerErrorKind::PerDevice { field }) => field,
            other => format!("{other:?}"),
        };
        assert_eq!(field(&json!({"image": format!("acme/{ID}:1")})), "containers[0].image");
        assert_eq!(field(&json!({"command": [format!("${ID}")]})), "containers[0].command[0]");
    }
}
