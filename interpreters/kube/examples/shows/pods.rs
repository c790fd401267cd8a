//! Pods as the API server lists them, and as a fleet wants them.

use std::collections::{BTreeMap, BTreeSet};

use escadre_interpreter::Snapshot;
use http::Method;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::bed::{Bed, NAMESPACE, Outcome};

/// How many pods one page has.
const N_PAGE: usize = 2_000;

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Item {
    metadata: Meta,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    uid: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    node_name: String,
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    image: String,
}

/// A pod that is not being deleted; one that no node has yet is on the node ``.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pod {
    pub(crate) node: String,
    pub(crate) resource: String,
    pub(crate) image: String,
    pub(crate) variant: String,
    pub(crate) uid: String,
}

/// A node, a resource that it runs, and the image.
pub(crate) type Run = (String, String, String);

impl Bed {
    /// How many pods there are, as the DaemonSet controller counts those of each DaemonSet.
    pub(crate) async fn n_scheduled(&self) -> Outcome<usize> {
        let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets");
        let list: Json = self.ask(Method::GET, &path, &Json::Null).await?;
        let counts = list["items"].as_array().into_iter().flatten();
        let counts = counts.map(|it| it["status"]["currentNumberScheduled"].as_u64().unwrap_or(0));
        Ok(usize::try_from(counts.sum::<u64>())?)
    }

    /// The pods of the fleet.
    pub(crate) async fn pods(&self) -> Outcome<Vec<Pod>> {
        let (mut pods, mut next) = (Vec::new(), String::new());
        loop {
            let path =
                format!("/api/v1/namespaces/{NAMESPACE}/pods?limit={N_PAGE}&continue={next}");
            let list: List = self.ask(Method::GET, &path, &Json::Null).await?;
            let items = list.items.into_iter();
            pods.extend(items.filter(|item| item.metadata.deletion_timestamp.is_none()).map(pod));
            next = list.metadata.next;
            if next.is_empty() {
                return Ok(pods);
            }
        }
    }
}

fn pod(Item { mut metadata, spec }: Item) -> Pod {
    let mut label = |key: &str| metadata.labels.remove(key).unwrap_or_default();
    let images: Vec<String> = spec.containers.into_iter().map(|it| it.image).collect();
    Pod {
        node: spec.node_name,
        resource: label("app.kubernetes.io/name"),
        image: images.join(","),
        variant: label("escadre.github.io/variant"),
        uid: metadata.uid,
    }
}

/// What `pods` run; with a pod that is twice there only once.
pub(crate) fn runs(pods: &[Pod]) -> BTreeSet<Run> {
    let run = |pod: &Pod| (pod.node.clone(), pod.resource.clone(), pod.image.clone());
    pods.iter().map(run).collect()
}

/// What `wanted` has running, pod by pod: read from the states themselves.
pub(crate) fn wanted_runs(wanted: &Snapshot) -> BTreeSet<Run> {
    let mut runs = BTreeSet::new();
    for (id, configuration) in wanted.iter() {
        for (name, state) in configuration.resources() {
            let state = state.to_json();
            if state["kind"] == "Pod" {
                let containers = state["containers"].as_object().into_iter().flatten();
                let images = containers.map(|(_, it)| it["image"].as_str().unwrap_or_default());
                let images = images.collect::<Vec<_>>().join(",");
                runs.insert((id.to_string(), name.to_string(), images));
            }
        }
    }
    runs
}
