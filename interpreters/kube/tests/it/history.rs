//! Pods, and all that happened to them, as the API server tells it.

use std::collections::BTreeMap;

use escadre_kube::Kube;
use http::{Method, Request};
use serde_json::{Value as Json, json};

use crate::cluster::Cluster;

/// A pod as an event tells it.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) node: String,
    /// The variant that it is of, or that it pulls the images of.
    pub(crate) of: (bool, String),
    pub(crate) is_ready: bool,
}

fn pod(object: &Json) -> Option<(String, Pod)> {
    let labels = &object["metadata"]["labels"];
    let label = |name: &str| labels[format!("escadre.github.io/{name}")].as_str();
    let variant = label("variant").map(|it| (false, it.to_owned()));
    let of = variant.or_else(|| label("pulls").map(|it| (true, it.to_owned())))?;
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let is_ready = { conditions }.any(|it| it["type"] == "Ready" && it["status"] == "True");
    let node = object["spec"]["nodeName"].as_str().unwrap_or_default().to_owned();
    let uid = object["metadata"]["uid"].as_str()?.to_owned();
    Some((uid, Pod { node, of, is_ready }))
}

/// The pods that there are, and the version of that list.
pub(crate) async fn pods(cluster: &Cluster, target: &Kube) -> (BTreeMap<String, Pod>, String) {
    let path = format!("/api/v1/namespaces/{}/pods", target.namespace());
    let list = cluster.ask(Method::GET, &path, &json!({})).await;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    (list["items"].as_array().unwrap().iter().filter_map(pod).collect(), version)
}

/// All states of the pods since `since`, one an event.
pub(crate) async fn history(
    cluster: &Cluster,
    target: &Kube,
    (mut now, since): (BTreeMap<String, Pod>, String),
) -> Vec<BTreeMap<String, Pod>> {
    let path = format!(
        "/api/v1/namespaces/{}/pods?watch=true&timeoutSeconds=1&resourceVersion={since}",
        target.namespace()
    );
    let request = Request::get(path).body(Vec::new()).unwrap();
    let events = cluster.admin.request_text(request).await.unwrap();
    let mut states = vec![now.clone()];
    for event in events.lines() {
        let event: Json = serde_json::from_str(event).unwrap();
        let Some((uid, pod)) = pod(&event["object"]) else { continue };
        match event["type"].as_str() {
            Some("DELETED") => drop(now.remove(&uid)),
            Some("ADDED" | "MODIFIED") => drop(now.insert(uid, pod)),
            other => panic!("an event of the type {other:?}"),
        }
        states.push(now.clone());
    }
    states
}
