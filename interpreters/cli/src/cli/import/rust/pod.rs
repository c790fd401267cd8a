//! The setters of a pod.

use serde_json::Value as Json;

use super::container::pairs;
use super::layout::{Argument, Chain};
use super::literal;
use super::said::{Said, plain};

/// Writes the calls for what `said` says of a pod beside its containers; what has no setter is left.
pub(crate) fn setters(said: &mut Said, chain: &mut Chain) {
    for name in said.keys(&["volumes"]) {
        volume(said, &name, chain);
    }
    for name in said.keys(&["tolerations"]) {
        toleration(said, &name, chain);
    }
    for key in said.keys(&["nodeSelector"]) {
        if let Some(value) = said.text(&["nodeSelector", &key]) {
            chain.call("node_selector", vec![plain(literal::text(&key)), plain(value)]);
        }
    }
    let affinity = said.take(&["affinity"], |json| json.is_object().then(|| json.clone()));
    if let Some(affinity) = affinity {
        chain.call("affinity", vec![Argument::JsonRef(affinity)]);
    }
    for (field, setter) in [
        ("hostNetwork", "host_network"),
        ("hostPID", "host_pid"),
        ("hostIPC", "host_ipc"),
        ("automountServiceAccountToken", "automount_service_account_token"),
    ] {
        if let Some(value) = said.bool(&[field]) {
            chain.call(setter, vec![plain(value)]);
        }
    }
    for (field, setter) in [
        ("dnsPolicy", "dns_policy"),
        ("serviceAccountName", "service_account_name"),
        ("priorityClassName", "priority_class_name"),
        ("restartPolicy", "restart_policy"),
    ] {
        if let Some(text) = said.text(&[field]) {
            chain.call(setter, vec![plain(text)]);
        }
    }
    if let Some(seconds) = said.integer::<u32>(&["terminationGracePeriodSeconds"]) {
        chain.call("termination_grace_period_seconds", vec![plain(seconds.to_string())]);
    }
    // An empty one stays: `pod_security` sets fields of it.
    let security = said.take(&["securityContext"], |json| {
        json.as_object().filter(|fields| !fields.is_empty()).cloned()
    });
    if let Some(security) = security {
        Said::new(security).set_rest("pod_security", chain);
    }
}

fn volume(said: &mut Said, name: &str, chain: &mut Chain) {
    let Some(mut part) = said.part(&["volumes", name]) else { return };
    if let Some((mut volume, source)) = source(&mut part) {
        if source == "hostPath"
            && let Some(kind) = part.text(&[source, "type"])
        {
            volume.call("kind", vec![plain(kind)]);
        }
        let items = part.take(&[source, "items"], |json| pairs(json, "key", "path"));
        for (key, path) in items.unwrap_or_default() {
            volume.call("item", vec![plain(key), plain(path)]);
        }
        if let Some(mode) = part.integer::<u32>(&[source, "defaultMode"]) {
            volume.call("default_mode", vec![plain(format!("0o{mode:o}"))]);
        }
        if part.yes(&[source, "optional"]) {
            volume.call("optional", vec![]);
        }
        for (field, setter) in [("medium", "medium"), ("sizeLimit", "size_limit")] {
            if let Some(text) = part.text(&[source, field]) {
                volume.call(setter, vec![plain(text)]);
            }
        }
        chain.call("volume", vec![plain(literal::text(name)), Argument::Chain(volume)]);
    }
    said.put_back(&["volumes", name], part);
}

/// What a volume holds, and the field that says it.
fn source(part: &mut Said) -> Option<(Chain, &'static str)> {
    let of = |constructor: &str, argument: String| {
        Chain::new(format!("Volume::{constructor}({argument})"))
    };
    for (field, name, constructor) in [
        ("hostPath", "path", "host_path"),
        ("configMap", "name", "config_map"),
        ("secret", "secretName", "secret"),
    ] {
        if let Some(text) = part.text(&[field, name]) {
            return Some((of(constructor, text), field));
        }
    }
    let sources = part
        .take(&["projected", "sources"], |json| json.is_array().then(|| literal::json(json, 12)));
    if let Some(sources) = sources {
        return Some((of("projected", format!("&json!({sources})")), "projected"));
    }
    let fields = part.get(&["emptyDir"])?.as_object()?;
    if fields.is_empty() {
        part.take(&["emptyDir"], |_| Some(()));
    }
    Some((of("empty_dir", String::new()), "emptyDir"))
}

fn toleration(said: &mut Said, name: &str, chain: &mut Chain) {
    let Some(mut part) = said.part(&["tolerations", name]) else { return };
    if let Some(mut toleration) = tolerated(&mut part) {
        if let Some(effect) = part.text(&["effect"]) {
            toleration.call("effect", vec![plain(effect)]);
        }
        if let Some(seconds) = part.integer::<i64>(&["tolerationSeconds"]) {
            toleration.call("seconds", vec![plain(seconds.to_string())]);
        }
        chain.call("toleration", vec![Argument::Chain(toleration)]);
    }
    said.put_back(&["tolerations", name], part);
}

/// The taint; only with the operator that the setter writes, which is one where none is said.
fn tolerated(part: &mut Said) -> Option<Chain> {
    let is_text = |name: &str| part.get(&[name]).is_none_or(Json::is_string);
    if !["key", "value", "effect"].into_iter().all(is_text) {
        return None;
    }
    let has = |name: &str| part.get(&[name]).is_some();
    let operator = if has("value") { "Equal" } else { "Exists" };
    if part.get(&["operator"]).and_then(Json::as_str) != Some(operator)
        || has("value") && !has("key")
    {
        return None;
    }
    part.text(&["operator"]);
    let head = match (part.text(&["key"]), part.text(&["value"])) {
        (Some(key), Some(value)) => format!("Toleration::equal({key}, {value})"),
        (Some(key), None) => format!("Toleration::key({key})"),
        _ => "Toleration::everything()".to_owned(),
    };
    Some(Chain::new(head))
}
