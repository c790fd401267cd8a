//! Pods as they come and go: whether a node ever has two of a resource that replaces its pods.

use std::collections::BTreeMap;
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
    /// Two pods of different variants that one node had at one time, in words.
    pub(crate) beside: BTreeMap<[String; 2], String>,
    /// Two of one variant: its DaemonSet's controller made a pod twice, as it does where the API
    /// server goes before it answers.
    pub(crate) twice: BTreeMap<[String; 2], String>,
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
#[serde(rename_all = "camelCase")]
struct Meta {
    name: String,
    uid: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
}

impl Pod {
    fn variant(&self) -> Option<&str> {
        self.metadata.labels.get("escadre.github.io/variant").map(String::as_str)
    }

    fn told(&self) -> String {
        let Meta { name, creation_timestamp, deletion_timestamp, .. } = &self.metadata;
        let at = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
        format!("{name} (made {}, to end {})", at(creation_timestamp), at(deletion_timestamp))
    }
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
    let mut pods: BTreeMap<String, Pod> =
        list.items.into_iter().map(|pod| (pod.metadata.uid.clone(), pod)).collect();
    look(&pods, seen);
    let since = list.metadata.resource_version;
    let path = format!("{path}&watch=true&resourceVersion={since}");
    let request = Request::get(path).body(Vec::new())?;
    let mut events = pin!(client.request_events::<Pod>(request).await?);
    while let Some(event) = events.try_next().await? {
        match event {
            WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                pods.insert(pod.metadata.uid.clone(), pod);
            }
            WatchEvent::Deleted(pod) => drop(pods.remove(&pod.metadata.uid)),
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(error) => return Err(error.message.clone().into()),
        }
        look(&pods, seen);
    }
    Ok(())
}

fn look(pods: &BTreeMap<String, Pod>, seen: &Mutex<Seen>) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.n_events += 1;
    let mut met: BTreeMap<&str, &Pod> = BTreeMap::new();
    // A pod that no node has yet is beside none.
    for pod in pods.values().filter(|pod| !pod.spec.node_name.is_empty()) {
        let Some(other) = met.insert(&pod.spec.node_name, pod) else { continue };
        let is_one = pod.variant() == other.variant();
        let known = if is_one { &mut seen.twice } else { &mut seen.beside };
        let told = || format!("{}: {} and {}", pod.spec.node_name, other.told(), pod.told());
        known.entry([other, pod].map(|pod| pod.metadata.uid.clone())).or_insert_with(told);
    }
}
