//! Reading a cluster, page by page.

use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, Digest, Value};
use escadre_interpreter::{Ended, named_content};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Kube;
use super::request::{Attempts, Call, METADATA_LIST, Trouble, ask, lasting, send};
use crate::error::{ServerError, ServerErrorKind};
use crate::manifest::Kind;
use crate::names::{DOMAIN, MANAGER};
use crate::pods::Pod;
use crate::status::Seen;
use crate::world::{Anomaly, Lease, Meta, Node, NodeMeta, Stored, World};

/// How many objects one page has.
const N_PAGE: usize = 500;
/// How often a list is begun anew whose pages are gone.
const N_LISTS: usize = 5;

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default)]
    metadata: PageMeta,
    /// Null where there are none, in some forms of lists.
    #[serde(default)]
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
struct PageMeta {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// An object of which the metadata is read.
#[derive(Deserialize)]
struct Item {
    metadata: Meta,
    #[serde(default)]
    status: Status,
}

/// A node.
#[derive(Deserialize)]
struct NodeItem {
    metadata: NodeMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    desired_number_scheduled: i64,
}

/// What the cluster holds now.
pub(super) async fn world(target: &Kube) -> Result<World, ServerError> {
    let mut world = World { lease: lease(target).await?, ..World::default() };
    objects(target, &mut world).await?;
    let namespace = &target.options.namespace;
    // Names of nodes are ids, all of them.
    let node = |NodeItem { metadata }: NodeItem| {
        let (id, anomalies) = (DeviceId::parse(&metadata.name).ok()?, metadata.anomalies());
        Some(((id, Node::of(metadata, namespace)), anomalies))
    };
    let (nodes, told): (Vec<_>, Vec<_>) = nodes(target, &node).await?.into_iter().flatten().unzip();
    world.add_nodes(nodes);
    // The nodes of another fleet are that fleet's.
    let is_theirs = |it: &Anomaly| {
        let id = it.what.strip_prefix("Node ").and_then(|name| world.nodes.get(name));
        id.is_some_and(Node::is_theirs)
    };
    let told: Vec<_> = told.into_iter().flatten().filter(|it| !is_theirs(it)).collect();
    world.anomalies.extend(told);
    world.anomalies.sort();
    Ok(world)
}

/// The nodes of the cluster, of each of which `read` keeps something.
pub(super) async fn nodes<T: DeserializeOwned, U>(
    target: &Kube,
    read: &(dyn Fn(T) -> U + Sync),
) -> Result<Vec<U>, ServerError> {
    let call = Call::get("/api/v1/nodes?".to_owned()).accept(METADATA_LIST);
    let mut nodes = Vec::new();
    list(target, "listing nodes", &call, &mut nodes, read).await?;
    Ok(nodes)
}

/// Reads the objects of variants into `world`.
pub(super) async fn objects(target: &Kube, world: &mut World) -> Result<(), ServerError> {
    for kind in Kind::ALL {
        let path = kind.path(&target.options.namespace);
        let own = format!("labelSelector=app.kubernetes.io%2Fmanaged-by%3D{MANAGER}");
        let mut call = Call::get(format!("{path}?{own}"));
        if kind == Kind::ConfigMap {
            call = call.accept(METADATA_LIST);
        }
        let mut items = Vec::new();
        list(target, "listing objects", &call, &mut items, &|item: Item| item).await?;
        for Item { metadata, status } in items {
            world.add(kind, metadata, status.desired_number_scheduled);
        }
    }
    Ok(())
}

/// The pods of the fleet.
pub(super) async fn pods(target: &Kube) -> Result<Vec<Seen>, ServerError> {
    let namespace = &target.options.namespace;
    let own = format!("labelSelector=app.kubernetes.io%2Fmanaged-by%3D{MANAGER}");
    let call = Call::get(format!("/api/v1/namespaces/{namespace}/pods?{own}"));
    let mut pods = Vec::new();
    list(target, "listing pods", &call, &mut pods, &|pod: Pod| Seen::of(&pod)).await?;
    Ok(pods.into_iter().flatten().collect())
}

/// Reads all pages of a list, what `read` makes of each item; from the beginning where the next
/// page is gone.
async fn list<T: DeserializeOwned, U>(
    target: &Kube,
    doing: &'static str,
    first: &Call,
    items: &mut Vec<U>,
    read: &(dyn Fn(T) -> U + Sync),
) -> Result<(), ServerError> {
    for _ in 0..N_LISTS {
        items.clear();
        if pages(target, doing, first, items, read).await? {
            return Ok(());
        }
    }
    Err(ServerError::new(&target.place, ServerErrorKind::Restless))
}

/// Whether all pages were there.
async fn pages<T: DeserializeOwned, U>(
    target: &Kube,
    doing: &'static str,
    first: &Call,
    items: &mut Vec<U>,
    read: &(dyn Fn(T) -> U + Sync),
) -> Result<bool, ServerError> {
    let mut attempts = Attempts::new(target, doing);
    let mut next: Option<String> = None;
    loop {
        let from = next.as_deref().map(|token| format!("&continue={token}")).unwrap_or_default();
        let path = format!("{}&limit={N_PAGE}{from}", first.path);
        let call = Call::get(path).accept(first.accept);
        match send::<Page<T>>(target, &call).await {
            Ok(page) => {
                items.extend(page.items.into_iter().flatten().map(read));
                match page.metadata.next.filter(|token| !token.is_empty()) {
                    Some(token) => next = Some(token),
                    None => return Ok(true),
                }
            }
            Err(Trouble::Told { code: 410, .. }) => return Ok(false),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(trouble) => return Err(lasting(target, doing, trouble)),
        }
    }
}

/// The data of a ConfigMap.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Data {
    data: BTreeMap<String, String>,
    binary_data: BTreeMap<String, String>,
}

/// The content named `digest`, if an object holds it.
pub(super) async fn content(target: &Kube, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
    let mut world = World::default();
    objects(target, &mut world).await?;
    let named = Value::text(digest.to_string());
    let names = |stored: &&Stored| {
        let state = stored.state.as_ref();
        let content = state.and_then(|state| named_content(state));
        content.is_some_and(|(_, value)| *value == named)
    };
    let Some(stored) = world.objects.values().find(names) else { return Ok(None) };
    let path = format!("{}/{}", stored.kind.path(&target.options.namespace), stored.meta.name);
    let data: Option<Data> = ask(target, "reading a content", &Call::get(path)).await?;
    let data = data.unwrap_or_default();
    let plain = data.data.into_values().map(String::into_bytes);
    let mut all = plain.chain(data.binary_data.values().filter_map(|text| {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()
    }));
    Ok(all.find(|bytes| Digest::of(bytes) == digest))
}

/// A lease, as far as it is read.
#[derive(Deserialize)]
pub(super) struct LeaseItem {
    metadata: Meta,
    #[serde(default)]
    spec: LeaseSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LeaseSpec {
    holder_identity: Option<String>,
    lease_duration_seconds: Option<u64>,
    lease_transitions: Option<i64>,
}

impl From<LeaseItem> for Lease {
    fn from(LeaseItem { metadata, spec }: LeaseItem) -> Self {
        let ended = match metadata.annotations.get(&format!("{DOMAIN}/ended")).map(String::as_str) {
            Some("done") => Some(Ended::Done),
            Some(_) => Some(Ended::InProgress),
            None => None,
        };
        Self {
            uid: metadata.uid,
            resource_version: metadata.resource_version,
            holder: spec.holder_identity.unwrap_or_default(),
            transitions: spec.lease_transitions.unwrap_or(0),
            ended,
            seconds: spec.lease_duration_seconds.unwrap_or(0),
        }
    }
}

/// The lease, if there is one.
pub(super) async fn lease(target: &Kube) -> Result<Option<Lease>, ServerError> {
    let call = Call::get(super::lease::path(target, ""));
    let found: Option<LeaseItem> = ask(target, "reading the lease", &call).await?;
    Ok(found.map(Lease::from))
}
