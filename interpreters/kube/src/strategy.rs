//! How the pods of a variant give way to those of another on one node.
//!
//! | strategy | how |
//! |---|---|
//! | none | the label changes; the old pod is deleted and the new one made at once |
//! | `replace` | a second label holds the new pod back until the old one is gone; nor may it stand beside one of another variant (anti-affinity) |
//! | `prepull` | the node gets the label of a pull first, for a pod that has the images as volumes; once that is ready, as `replace` |
//! | `surge` | a second label keeps the old pod until the new one is ready |
//!
//! In each, one write of the node says what it holds.

use escadre_algebra::{ResourceName, ResourceState, UpdateStrategy, Value};
use serde_json::{Value as Json, json};

use crate::error::LowerErrorKind;
use crate::names::{
    DOMAIN, MANAGER, Variant, hold_label, keep_label, member_label, pull_label, resource_label,
};

/// The label of a node that topologies go by.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// The lists of containers of a PodSpec.
const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// The strategy of a pod in `state`, if it names one.
pub(crate) fn strategy(state: &ResourceState) -> Option<UpdateStrategy> {
    match state.get(&["strategy"]) {
        Some(Value::Text(word)) => word.as_literal()?.parse().ok(),
        _ => None,
    }
}

/// The strategy of the rendered pod `state` whose PodSpec is `spec`; refuses what cannot be done.
pub(crate) fn check(state: &ResourceState, spec: &Json) -> Result<(), LowerErrorKind> {
    let wrong =
        |why: &str| Err(LowerErrorKind::Spec { field: "strategy".to_owned(), why: why.to_owned() });
    match (state.get(&["strategy"]), strategy(state)) {
        (None, _) | (_, Some(UpdateStrategy::Replace | UpdateStrategy::Prepull)) => Ok(()),
        (_, Some(UpdateStrategy::Surge)) => match shared(spec) {
            None => Ok(()),
            Some(what) => wrong(&format!("two pods cannot run side by side with {what}")),
        },
        (Some(_), None) => wrong("a strategy is `replace`, `surge` or `prepull`"),
    }
}

/// What the pods of `spec` on one node share so that two of them would be in each other's way.
fn shared(spec: &Json) -> Option<&'static str> {
    if spec["hostNetwork"] == true {
        return Some("the node's network (`hostNetwork`)");
    }
    let containers: Vec<&Json> = CONTAINERS.iter().flat_map(|list| items(&spec[*list])).collect();
    let has_port = |port: &Json| port.get("hostPort").is_some_and(|port| *port != 0);
    if containers.iter().any(|container| items(&container["ports"]).any(has_port)) {
        return Some("a port of the node (`hostPort`)");
    }
    let on_host = |volume: &&Json| volume.get("hostPath").is_some();
    let on_host: Vec<&Json> = items(&spec["volumes"]).filter(on_host).map(|v| &v["name"]).collect();
    let writes = |mount: &Json| mount["readOnly"] != true && on_host.contains(&&mount["name"]);
    let writes = containers.iter().any(|container| items(&container["volumeMounts"]).any(writes));
    writes.then_some("a path of the node that they write (`hostPath` mounted without `readOnly`)")
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

/// Puts the pods of `spec` on the nodes that have `variant` of `resource`.
pub(crate) fn place(
    spec: &mut Json,
    strategy: Option<UpdateStrategy>,
    resource: &ResourceName,
    variant: &Variant,
) {
    match strategy {
        Some(UpdateStrategy::Surge) => {
            let keys = [resource_label(resource), keep_label(resource)];
            let has = |key| json!({"key": key, "operator": "In", "values": [variant.as_str()]});
            one_of(spec, &keys.map(has));
        }
        None => select(spec, &resource_label(resource), variant),
        Some(UpdateStrategy::Replace | UpdateStrategy::Prepull) => {
            select(spec, &resource_label(resource), variant);
            one_of(spec, &[json!({"key": hold_label(resource), "operator": "DoesNotExist"})]);
            // CHOICE: schedulers go by what they last heard. One whose API server was away may bind
            // a pod that was deleted meanwhile, which this keeps off.
            apart(spec, resource, variant);
        }
    }
}

/// Puts the pods of `spec` on members of the fleet in `namespace` only: another fleet of the cluster
/// may have the same variant of a resource of this name, on nodes of its own.
pub(crate) fn among(spec: &mut Json, namespace: &str) {
    spec["nodeSelector"][member_label()] = namespace.into();
}

/// Selects the nodes whose label `key` is `variant`.
fn select(spec: &mut Json, key: &str, variant: &Variant) {
    spec["nodeSelector"][key] = variant.as_str().into();
}

/// Selects the nodes of whose labels one of `expressions` holds.
fn one_of(spec: &mut Json, expressions: &[Json]) {
    let affinity = &mut spec["affinity"]["nodeAffinity"];
    let required = &mut affinity["requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = match required["nodeSelectorTerms"].take() {
        Json::Array(terms) if !terms.is_empty() => terms,
        _ => vec![json!({})],
    };
    let mut both = Vec::new();
    for term in &terms {
        for ours in expressions {
            let mut term = term.clone();
            match term["matchExpressions"].as_array_mut() {
                Some(own) => own.push(ours.clone()),
                None => term["matchExpressions"] = json!([ours]),
            }
            both.push(term);
        }
    }
    required["nodeSelectorTerms"] = both.into();
}

/// Keeps the pods of `spec` off nodes that have a pod of another variant of `resource`.
fn apart(spec: &mut Json, resource: &ResourceName, variant: &Variant) {
    let term = json!({
        "labelSelector": {
            "matchLabels": {
                "app.kubernetes.io/managed-by": MANAGER,
                "app.kubernetes.io/name": resource.as_str(),
            },
            "matchExpressions": [{
                "key": format!("{DOMAIN}/variant"), "operator": "NotIn", "values": [variant.as_str()],
            }],
        },
        "topologyKey": HOSTNAME,
    });
    let affinity = &mut spec["affinity"]["podAntiAffinity"];
    let required = &mut affinity["requiredDuringSchedulingIgnoredDuringExecution"];
    match required.as_array_mut() {
        Some(terms) => terms.push(term),
        None => *required = json!([term]),
    }
}

/// The fields of a pod that say where it may run, and with whose rights its images are pulled.
const OF_PULLING: [&str; 6] = [
    "affinity",
    "imagePullSecrets",
    "nodeSelector",
    "runtimeClassName",
    "serviceAccountName",
    "tolerations",
];

/// The PodSpec that has the images of `spec` pulled, on the nodes that have the label of the pull:
/// they are volumes of a pod that does nothing, whose image is `pause`.
pub(crate) fn pull(spec: &Json, resource: &ResourceName, variant: &Variant, pause: &str) -> Json {
    let containers = CONTAINERS.iter().flat_map(|list| items(&spec[*list]));
    let mut images: Vec<&Json> = containers.map(|container| &container["image"]).collect();
    images.retain(|image| image.is_string());
    let mut known = std::collections::BTreeSet::new();
    images.retain(|image| known.insert(image.as_str()));
    let volume = |(i, image): (usize, &&Json)| {
        let source = json!({"reference": image, "pullPolicy": "IfNotPresent"});
        json!({"name": format!("image-{i}"), "image": source})
    };
    let volumes: Vec<Json> = images.iter().enumerate().map(volume).collect();
    let mut pull = json!({
        "automountServiceAccountToken": false,
        "containers": [{"name": "pull", "image": pause}],
        "terminationGracePeriodSeconds": 0,
        "volumes": volumes,
    });
    for field in OF_PULLING.iter().filter(|field| spec.get(**field).is_some()) {
        pull[*field] = spec[*field].clone();
    }
    select(&mut pull, &pull_label(resource), variant);
    pull
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(strategy: &str, spec: &Json) -> Option<String> {
        let state = ResourceState::from_json(&json!({"kind": "Pod", "strategy": strategy}));
        match check(&state.ok()?, spec) {
            Err(LowerErrorKind::Spec { field, why }) if field == "strategy" => Some(why),
            _ => None,
        }
    }

    #[test]
    fn pods_that_would_be_in_each_others_way_do_not_surge() {
        let mount = |read_only: bool| {
            json!({
                "containers": [{"name": "c", "volumeMounts": [
                    {"name": "d", "mountPath": "/d", "readOnly": read_only}]}],
                "volumes": [{"name": "d", "hostPath": {"path": "/d"}}],
            })
        };
        let port = json!({"containers": [{"ports": [{"containerPort": 80, "hostPort": 80}]}]});
        for (spec, part) in [
            (json!({"hostNetwork": true}), "hostNetwork"),
            (port, "hostPort"),
            (mount(false), "hostPath"),
        ] {
            assert!(refused("surge", &spec).is_some_and(|why| why.contains(part)), "{part}");
            assert_eq!(refused("replace", &spec), None);
        }
        assert_eq!(refused("surge", &mount(true)), None);
    }

    #[test]
    fn a_strategy_that_there_is_not_is_refused() {
        assert!(refused("rolling", &json!({})).is_some_and(|why| why.contains("`surge`")));
    }

    #[test]
    fn the_users_own_affinity_holds_beside_that_of_a_strategy() {
        let resource = ResourceName::parse("web").unwrap();
        let state = ResourceState::from_json(&json!({"kind": "Pod"})).unwrap();
        let variant = Variant::of(&resource, &state, &[]);
        let own = json!({"key": "zone", "operator": "Exists"});
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let placed = |strategy| {
            let terms = json!([{"matchExpressions": [own]}]);
            let mut spec =
                json!({"affinity": {"nodeAffinity": {required: {"nodeSelectorTerms": terms}}}});
            place(&mut spec, Some(strategy), &resource, &variant);
            spec["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"].clone()
        };
        let has = |key| json!({"key": key, "operator": "In", "values": [variant.as_str()]});
        let labels = [resource_label(&resource), keep_label(&resource)];
        let terms = labels.map(|key| json!({"matchExpressions": [own, has(key)]}));
        assert_eq!(placed(UpdateStrategy::Surge), json!(terms));
        let free = json!({"key": hold_label(&resource), "operator": "DoesNotExist"});
        for strategy in [UpdateStrategy::Replace, UpdateStrategy::Prepull] {
            assert_eq!(placed(strategy), json!([{"matchExpressions": [own, free]}]));
        }
    }
}
