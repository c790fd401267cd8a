//! The setters of a container.

use escadre_algebra::order_key_cmp;
use serde_json::Value as Json;

use super::layout::{Argument, Chain};
use super::literal;
use super::said::{Said, plain};

/// Writes the calls for what `said` says of a container; what has no setter is left in it.
pub(crate) fn setters(said: &mut Said, chain: &mut Chain) {
    for (field, setter) in [("image", "image"), ("imagePullPolicy", "image_pull_policy")] {
        text(said, &[field], setter, chain);
    }
    if let Some(command) = said.texts(&["command"]) {
        chain.call("command", vec![command]);
    }
    arguments(said, chain);
    text(said, &["workingDir"], "working_dir", chain);
    env_from(said, chain);
    variables(said, chain);
    ports(said, chain);
    mounts(said, chain);
    for (field, setter) in [("requests", "request"), ("limits", "limit")] {
        for resource in said.keys(&["resources", field]) {
            if let Some(amount) = said.text(&["resources", field, &resource]) {
                chain.call(setter, vec![plain(literal::text(&resource)), plain(amount)]);
            }
        }
    }
    for (field, setter) in [
        ("livenessProbe", "liveness"),
        ("readinessProbe", "readiness"),
        ("startupProbe", "startup"),
    ] {
        probe(said, field, setter, chain);
    }
    for (field, setter) in [("postStart", "post_start"), ("preStop", "pre_stop")] {
        if let Some(command) = said.texts(&["lifecycle", field, "exec", "command"]) {
            chain.call(setter, vec![command]);
        }
    }
    text(said, &["terminationMessagePolicy"], "termination_message_policy", chain);
    security(said, chain);
}

fn text(said: &mut Said, path: &[&str], setter: &'static str, chain: &mut Chain) {
    if let Some(text) = said.text(path) {
        chain.call(setter, vec![plain(text)]);
    }
}

fn arguments(said: &mut Said, chain: &mut Chain) {
    let mut keys = said.keys(&["args"]);
    keys.sort_by(|a, b| order_key_cmp(a, b));
    for key in keys {
        if let Some(segment) = said.texts(&["args", &key]) {
            chain.call("arg", vec![plain(literal::text(&key)), segment]);
        }
    }
}

/// All sources or none: they are one list.
fn env_from(said: &mut Said, chain: &mut Chain) {
    let sources = said.take(&["envFrom"], |json| {
        let items = json.as_array().filter(|items| !items.is_empty())?;
        items.iter().map(env_source).collect::<Option<Vec<String>>>()
    });
    if let Some(sources) = sources {
        chain.call("env_from", vec![Argument::List(sources)]);
    }
}

fn env_source(item: &Json) -> Option<String> {
    let mut item = Said::new(item.as_object()?.clone());
    let prefix = item.text(&["prefix"]);
    let (constructor, field) = match item.get(&["configMapRef"]) {
        Some(_) => ("config_map", "configMapRef"),
        None => ("secret", "secretRef"),
    };
    let name = item.text(&[field, "name"])?;
    let mut source = format!("EnvFrom::{constructor}({name})");
    if let Some(prefix) = prefix {
        source.push_str(&format!(".prefix({prefix})"));
    }
    if item.yes(&[field, "optional"]) {
        source.push_str(".optional()");
    }
    item.is_empty().then_some(source)
}

fn variables(said: &mut Said, chain: &mut Chain) {
    let order = |said: &Said, name: &String| {
        said.get(&["env", name, "order"]).and_then(Json::as_i64).unwrap_or(i64::MAX)
    };
    let mut names = said.keys(&["env"]);
    names.sort_by_key(|name| order(said, name));
    for name in names {
        let literal = plain(literal::text(&name));
        if let Some(value) = variable(said, &name) {
            chain.call("env", vec![literal.clone(), Argument::Chain(value)]);
        }
        if let Some(order) = said.integer::<i64>(&["env", &name, "order"]) {
            chain.call("env_order", vec![literal, plain(order.to_string())]);
        }
    }
}

fn variable(said: &mut Said, name: &str) -> Option<Chain> {
    if let Some(text) = said.text(&["env", name, "value"]) {
        return Some(Chain::new(text));
    }
    let from = ["env", name, "valueFrom"];
    let at = |source, field| [&from[..], &[source, field]].concat();
    if let Some(path) = said.text(&at("fieldRef", "fieldPath")) {
        return Some(Chain::new(format!("field_ref({path})")));
    }
    let is_text = |said: &Said, path: &[&str]| said.get(path).is_some_and(Json::is_string);
    let map = "configMapKeyRef";
    let mut value = if is_text(said, &at(map, "name")) && is_text(said, &at(map, "key")) {
        let (map, key) = (said.text(&at(map, "name"))?, said.text(&at(map, "key"))?);
        Chain::new(format!("config_map_key({map}, {key})"))
    } else {
        let resource = said.text(&at("resourceFieldRef", "resource"))?;
        let mut value = Chain::new(format!("resource_field_ref({resource})"));
        if let Some(divisor) = said.text(&at("resourceFieldRef", "divisor")) {
            value.call("divisor", vec![plain(divisor)]);
        }
        return Some(value);
    };
    if said.yes(&at(map, "optional")) {
        value.call("optional", vec![]);
    }
    Some(value)
}

fn ports(said: &mut Said, chain: &mut Chain) {
    let mut keys = said.keys(&["ports"]);
    keys.sort_by(|a, b| order_key_cmp(a, b));
    for key in keys {
        let Some((number, protocol)) = key.split_once('/') else { continue };
        // The setter writes the key anew, so it must be written as the setter writes it.
        let Some(port) = number.parse::<u16>().ok().filter(|n| n.to_string() == number) else {
            continue;
        };
        let setter = match protocol {
            "TCP" => "port",
            "UDP" => "udp_port",
            _ => continue,
        };
        let Some(name) = said.text(&["ports", &key, "name"]) else { continue };
        let mut arguments = vec![plain(name), plain(port.to_string())];
        let host = ["ports", &key, "hostPort"];
        match (protocol == "TCP").then(|| said.integer::<u16>(&host)).flatten() {
            Some(host) => {
                arguments.push(plain(host.to_string()));
                chain.call("host_port", arguments);
            }
            None => chain.call(setter, arguments),
        }
    }
}

fn mounts(said: &mut Said, chain: &mut Chain) {
    for path in said.keys(&["volumeMounts"]) {
        let at = |field| ["volumeMounts", path.as_str(), field];
        let Some(name) = said.text(&at("name")) else { continue };
        let mut mount = Chain::new(format!("Mount::of({name})"));
        if said.yes(&at("readOnly")) {
            mount.call("read_only", vec![]);
        }
        for (field, setter) in [
            ("subPath", "sub_path"),
            ("subPathExpr", "sub_path_expr"),
            ("mountPropagation", "propagation"),
        ] {
            text(said, &at(field), setter, &mut mount);
        }
        let mount = if mount.calls.is_empty() { plain(name) } else { Argument::Chain(mount) };
        chain.call("mount", vec![plain(literal::text(&path)), mount]);
    }
}

fn probe(said: &mut Said, field: &'static str, setter: &'static str, chain: &mut Chain) {
    let Some(mut part) = said.part(&[field]) else { return };
    if let Some(mut probe) = probed(&mut part) {
        text(&mut part, &["httpGet", "host"], "host", &mut probe);
        text(&mut part, &["httpGet", "scheme"], "scheme", &mut probe);
        for (name, value) in headers(&mut part) {
            probe.call("header", vec![plain(name), plain(value)]);
        }
        for (field, setter) in [
            ("initialDelaySeconds", "initial_delay_seconds"),
            ("periodSeconds", "period_seconds"),
            ("timeoutSeconds", "timeout_seconds"),
            ("failureThreshold", "failure_threshold"),
            ("successThreshold", "success_threshold"),
        ] {
            if let Some(n) = part.integer::<u32>(&[field]) {
                probe.call(setter, vec![plain(n.to_string())]);
            }
        }
        chain.call(setter, vec![Argument::Chain(probe)]);
    }
    said.put_back(&[field], part);
}

/// What is asked of the container.
fn probed(part: &mut Said) -> Option<Chain> {
    let port = |json: &Json| match json {
        Json::String(name) => Some(literal::text(name)),
        port => port.as_i64().map(literal::integer),
    };
    if part.get(&["httpGet", "path"]).is_some_and(Json::is_string)
        && let Some(port) = part.take(&["httpGet", "port"], port)
    {
        let path = part.text(&["httpGet", "path"])?;
        return Some(Chain::new(format!("Probe::http({path}, {port})")));
    }
    if let Some(port) = part.take(&["tcpSocket", "port"], port) {
        return Some(Chain::new(format!("Probe::tcp({port})")));
    }
    if let Some(port) = part.integer::<u16>(&["grpc", "port"]) {
        return Some(Chain::new(format!("Probe::grpc({port})")));
    }
    match part.texts(&["exec", "command"])? {
        Argument::List(items) => Some(Chain::new(format!("Probe::exec([{}])", items.join(", ")))),
        _ => None,
    }
}

/// All headers or none: they are one list.
fn headers(part: &mut Said) -> Vec<(String, String)> {
    let headers = part.take(&["httpGet", "httpHeaders"], |json| pairs(json, "name", "value"));
    headers.unwrap_or_default()
}

/// A list of records of two texts, as literals.
pub(crate) fn pairs(json: &Json, first: &str, second: &str) -> Option<Vec<(String, String)>> {
    let items = json.as_array().filter(|items| !items.is_empty())?;
    let pair = |item: &Json| {
        let fields = item.as_object().filter(|fields| fields.len() == 2)?;
        let text = |name: &str| fields.get(name)?.as_str().map(literal::text);
        Some((text(first)?, text(second)?))
    };
    items.iter().map(pair).collect()
}

fn security(said: &mut Said, chain: &mut Chain) {
    let at = |field| ["securityContext", field];
    for (field, setter) in [
        ("privileged", "privileged"),
        ("allowPrivilegeEscalation", "allow_privilege_escalation"),
        ("readOnlyRootFilesystem", "read_only_root"),
        ("runAsNonRoot", "run_as_non_root"),
    ] {
        if let Some(value) = said.bool(&at(field)) {
            chain.call(setter, vec![plain(value)]);
        }
    }
    for (field, setter) in [("runAsUser", "run_as_user"), ("runAsGroup", "run_as_group")] {
        if let Some(id) = said.integer::<i64>(&at(field)) {
            chain.call(setter, vec![plain(id.to_string())]);
        }
    }
    for (field, setter) in [("add", "add_capabilities"), ("drop", "drop_capabilities")] {
        if let Some(names) = said.texts(&["securityContext", "capabilities", field]) {
            chain.call(setter, vec![names]);
        }
    }
}
