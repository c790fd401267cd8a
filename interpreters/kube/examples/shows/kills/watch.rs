//! Pods as they come and go: whether a node ever has two of a resource that replaces its pods.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use http::{Method, Request};
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::task::JoinHandle;

use crate::bed::{NAMESPACE, Outcome, send};

/// After how long it is tried again where the API server is away.
const PAUSE: Duration = Duration::from_millis(100);

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// How many events told of pods.
    pub(crate) n_events: usize,
    /// The nodes that had two pods of the resource at one time.
    pub(crate) doubled: BTreeSet<String>,
}

/// Looks at each event of the pods of one resource, until it is dropped.
pub(crate) struct Watch {
    seen: Arc<Mutex<Seen>>,
    watching: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

#[derive(Clone, Deserialize)]
struct Pod {
    metadata: Meta,
    spec: Spec,
}

#[derive(Clone, Deserialize)]
struct Meta {
    uid: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    node_name: String,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    items: Vec<Pod>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
}

impl Watch {
    pub(crate) fn start(client: Client, resource: &'static str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let told = Arc::clone(&seen);
        let watching = tokio::spawn(async move {
            loop {
                // An API server that is away is one that was killed.
                let _ = watch(&client, resource, &told).await;
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { seen, watching }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Looks at the pods there are, and at each event from then on, as long as the server tells them.
async fn watch(client: &Client, resource: &str, seen: &Mutex<Seen>) -> Outcome {
    let of = format!("labelSelector=app.kubernetes.io%2Fname%3D{resource}");
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods?{of}");
    let list: List = send(client, Method::GET, &path, &Json::Null).await?;
    // Pods that are told to end are there until they are gone.
    let mut nodes: BTreeMap<String, String> =
        list.items.into_iter().map(|pod| (pod.metadata.uid, pod.spec.node_name)).collect();
    look(&nodes, seen);
    let since = list.metadata.resource_version;
    let path = format!("{path}&watch=true&resourceVersion={since}");
    let request = Request::get(path).body(Vec::new())?;
    let mut events = pin!(client.request_events::<Pod>(request).await?);
    while let Some(event) = events.try_next().await? {
        match event {
            WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                nodes.insert(pod.metadata.uid, pod.spec.node_name);
            }
            WatchEvent::Deleted(pod) => drop(nodes.remove(&pod.metadata.uid)),
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(error) => return Err(error.message.clone().into()),
        }
        look(&nodes, seen);
    }
    Ok(())
}

fn look(nodes: &BTreeMap<String, String>, seen: &Mutex<Seen>) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.n_events += 1;
    let mut met = BTreeSet::new();
    // A pod that no node has yet is beside none.
    for node in nodes.values().filter(|node| !node.is_empty()) {
        if !met.insert(node) {
            seen.doubled.insert(node.clone());
        }
    }
}
