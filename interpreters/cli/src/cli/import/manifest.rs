//! What a document is, and what becomes of it.

use serde_json::Value as Json;

use super::node::{Content, Node};
use super::read::Document;
use crate::cli::close;
use crate::cli::error::Failure;

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A pod, whose PodSpec stands at this path.
    Pod(&'static [&'static str]),
    /// A record of the entries of a ConfigMap.
    Record,
}

/// An object that is imported.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) document: Document,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) made: Made,
}

/// What an object is.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is imported.
    Imported(Manifest),
    /// It is left out: `KIND NAME`.
    Left(Document, String),
}

/// The PodSpec of what makes pods from a template.
const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// What is imported: group, version, kind.
const IMPORTED: [(&str, &str, Made); 4] = [
    ("apps/v1", "DaemonSet", Made::Pod(TEMPLATE)),
    ("apps/v1", "Deployment", Made::Pod(TEMPLATE)),
    ("v1", "Pod", Made::Pod(&["spec"])),
    ("v1", "ConfigMap", Made::Record),
];

/// Workloads that mean more than a pod on each device.
const REFUSED: [(&str, &str, &str); 5] = [
    ("apps", "StatefulSet", "its replicas have an identity and volumes of their own"),
    ("apps", "ReplicaSet", "a Deployment makes it: import that one"),
    ("", "ReplicationController", "a Deployment replaces it: import that one"),
    ("batch", "Job", "it ends, and a pod of a fleet does not"),
    ("batch", "CronJob", "it runs at times, and a pod of a fleet does so always"),
];

/// What `document` is; kinds in `skip` are left out.
pub(crate) fn classify(document: Document, skip: &[String]) -> Result<Found, Failure> {
    let root = &document.root;
    let Content::Map(_) = root.content else {
        return Err(document
            .wrong(root.place, "an object of Kubernetes is expected, with `apiVersion` and `kind`")
            .help("separate documents with a line `---`"));
    };
    let field = |name: &str| match root.get(name).map(|node| (node, node.text())) {
        Some((_, Some(text))) if !text.is_empty() => Ok(text.to_owned()),
        Some((node, _)) => Err(document.wrong(node.place, &format!("`{name}` is no text"))),
        None => Err(document.wrong(root.place, &format!("it has no `{name}`"))),
    };
    let needs = "an object of Kubernetes has `apiVersion`, `kind` and `metadata.name`";
    let api = field("apiVersion").map_err(|failure| failure.help(needs))?;
    let kind = field("kind").map_err(|failure| failure.help(needs))?;
    let meta = |name: &str| root.pointed(&["metadata", name]).and_then(Node::text);
    let name = meta("name").map(str::to_owned);
    let made = if skip.contains(&kind) { None } else { made(&document, &api, &kind)? };
    let Some(made) = made else {
        let left = left(&kind, name.as_deref());
        return Ok(Found::Left(document, left));
    };
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let place = root.get("metadata").map_or(root.place, |meta| meta.place);
        return Err(document.wrong(place, &format!("the {kind} has no text at `metadata.name`")).help(
            "a resource of a fleet is called so; a name that the server makes up (`generateName`) is none",
        ));
    };
    let namespace = meta("namespace").map(str::to_owned);
    Ok(Found::Imported(Manifest { kind, name, namespace, made, document }))
}

fn left(kind: &str, name: Option<&str>) -> String {
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

/// What becomes of a document of this kind; `None` where it is left out.
fn made(document: &Document, api: &str, kind: &str) -> Result<Option<Made>, Failure> {
    let place = document.root.get("kind").map_or(document.root.place, |kind| kind.place);
    let group = api.rsplit_once('/').map_or("", |(group, _)| group);
    if let Some((expected, _, made)) = IMPORTED.iter().find(|(_, known, _)| *known == kind) {
        if api == *expected {
            return Ok(Some(*made));
        }
        let of_kubernetes = expected.rsplit_once('/').map_or("", |(group, _)| group) == group;
        if of_kubernetes || group == "extensions" {
            let message = format!("a {kind} of `{api}` is not read: expected `{expected}`");
            return Err(document.wrong(place, &message).help(format!(
                "write `apiVersion: {expected}`, or leave it out: `--skip {kind}`"
            )));
        }
    }
    if let Some((_, _, why)) = REFUSED
        .iter()
        .find(|(of, known, _)| *known == kind && (*of == group || group == "extensions"))
    {
        return Err(document
            .wrong(place, &format!("a {kind} cannot be imported: {why}"))
            .help(format!("leave it out with `--skip {kind}`; it is then listed as dropped")));
    }
    let known = IMPORTED.iter().map(|(_, known, _)| *known);
    if (group.is_empty() || group == "apps")
        && !KNOWN.contains(&kind)
        && let Some(close) = close::suggestion(kind, known)
    {
        let message = format!("Kubernetes has no kind `{kind}` in `{api}`");
        return Err(document
            .wrong(place, &message)
            .help(format!("did you mean {close}? else leave it out: `--skip {kind}`")));
    }
    Ok(None)
}

/// Kinds of the groups `""` and `apps` that are no workloads.
const KNOWN: [&str; 14] = [
    "Binding",
    "ComponentStatus",
    "ControllerRevision",
    "Endpoints",
    "Event",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// A field that no part of the fleet says.
#[derive(Clone, Debug)]
pub(crate) struct Dropped {
    pub(crate) path: String,
    pub(crate) value: Json,
}

/// What the server writes into objects itself.
const OF_SERVER: [&str; 14] = [
    "status",
    "metadata.creationTimestamp",
    "metadata.deletionGracePeriodSeconds",
    "metadata.deletionTimestamp",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.selfLink",
    "metadata.uid",
    "metadata.annotations.deployment.kubernetes.io/revision",
    "metadata.annotations.deprecated.daemonset.template.generation",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt",
    "spec.template.metadata.creationTimestamp",
];

/// The fields of an object that are not taken, and the paths of those that are the server's own.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    pub(crate) dropped: Vec<Dropped>,
    pub(crate) of_server: Vec<String>,
}

impl Rest {
    /// What of `manifest` becomes no part of its resource.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let taken: Vec<Vec<&str>> = match manifest.made {
            Made::Pod(spec) => vec![spec.to_vec()],
            Made::Record => vec![vec!["data"], vec!["binaryData"]],
        };
        let own = [vec!["apiVersion"], vec!["kind"], vec!["metadata", "name"]];
        let taken: Vec<Vec<&str>> = taken.into_iter().chain(own).collect();
        let mut rest = Self::default();
        rest.walk(&manifest.document.root, &mut Vec::new(), &taken);
        rest
    }

    /// Recursion ends where nothing below is taken or the server's: at most four levels.
    fn walk<'n>(&mut self, node: &'n Node, at: &mut Vec<&'n str>, taken: &[Vec<&str>]) {
        let Content::Map(fields) = &node.content else { return };
        for (name, node) in fields {
            at.push(name);
            let path = at.join(".");
            if taken.iter().any(|taken| taken == at) {
                // It is imported.
            } else if OF_SERVER.contains(&path.as_str()) {
                self.of_server.push(path);
            } else if matches!(&node.content, Content::Map(_))
                && (taken.iter().any(|taken| taken.starts_with(at))
                    || name == "metadata"
                    || has_of_server(node, &path))
            {
                self.walk(node, at, taken);
            } else {
                self.dropped.push(Dropped { path, value: node.json() });
            }
            at.pop();
        }
    }
}

/// Whether the server wrote something below `path`.
fn has_of_server(node: &Node, path: &str) -> bool {
    let Content::Map(fields) = &node.content else { return false };
    fields.iter().any(|(name, _)| OF_SERVER.contains(&format!("{path}.{name}").as_str()))
}
