//! Writing objects and nodes, each request with its own precondition.

use escadre_interpreter::Stale;
use http::Method;
use serde_json::{Value as Json, json};

use super::Kube;
use super::lease::Held;
use super::own;
use super::request::{Attempts, Call, METADATA, Trouble, denied_by, lasting, send};
use crate::error::ServerError;
use crate::foreign::{Foreign, ForeignObject};
use crate::manifest::{Kind, Manifest};
use crate::names::MANAGER;
use crate::work::{Due, Relabel};
use crate::world::{Meta, Node, NodeMeta};

/// Why something was not written.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another has the lease.
    Fenced {
        /// Its name; empty if nobody has it.
        theirs: String,
    },
    /// Somebody wrote since the plan was made.
    Stale(Stale),
    /// An object is another's.
    Foreign(Foreign),
    Died,
    Server(ServerError),
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<Stale> for Failure {
    fn from(stale: Stale) -> Self {
        Self::Stale(stale)
    }
}

/// The answer to a write, as far as it is read.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Written {
    pub(super) metadata: Meta,
}

/// The answer to a write of a node.
#[derive(Debug, serde::Deserialize)]
struct WrittenNode {
    metadata: NodeMeta,
}

/// The query of a write: who writes, and whether it is a dry run.
pub(super) fn query(held: &Held<'_>) -> String {
    let dry_run = if held.dry_run { "&dryRun=All" } else { "" };
    format!("?fieldManager={MANAGER}{dry_run}")
}

/// Writes an object: makes it where it is not there, and replaces it where it is not as it was written.
///
/// What stands in its place may be written meanwhile, its status by its controller above all; then
/// it is looked at again. Its name says what it holds, so that whoever writes it writes the same.
pub(super) async fn object(target: &Kube, due: &Due, held: &Held<'_>) -> Result<(), Failure> {
    let manifest = &due.manifest;
    let namespace = &target.options.namespace;
    let path = format!("{}/{}", manifest.kind().path(namespace), manifest.name());
    let mut attempts = Attempts::new(target, "replacing an object");
    let mut there = due.there.clone();
    if let (true, Some(meta)) = (due.is_foreign, &there) {
        there = own::adopt(target, (manifest, meta), &path, held).await?;
        if held.dry_run {
            return Ok(());
        }
    }
    while let Some(meta) = &there {
        if replace(target, (manifest, meta), &path, held).await? {
            return Ok(());
        }
        attempts.pause("it is written by others too").await?;
        let call = Call::get(path.clone()).accept(METADATA);
        let found: Option<Written> =
            super::request::ask(target, "reading an object", &call).await?;
        there = found.map(|found| found.metadata);
    }
    let object = manifest.object(namespace, 1);
    let call = Call::apply(format!("{path}{}", query(held)), &object).accept(METADATA);
    write(target, ("making an object", manifest), &call, held).await?;
    Ok(())
}

/// Replaces the object `there` by `manifest`; whether nobody wrote it meanwhile.
async fn replace(
    target: &Kube,
    (manifest, there): (&Manifest, &Meta),
    path: &str,
    held: &Held<'_>,
) -> Result<bool, Failure> {
    let namespace = &target.options.namespace;
    // The server counts one version more, unless what it is replaced by is what it was.
    let mut generation = there.generation + 1;
    let mut version = there.resource_version.clone();
    for _ in 0..2 {
        let body = replacement(manifest, namespace, generation, &version);
        let call = Call::with(Method::PUT, format!("{path}{}", query(held)), &body);
        let call = call.accept(METADATA);
        let Some(written) = write(target, ("replacing an object", manifest), &call, held).await?
        else {
            return Ok(false);
        };
        if manifest.kind() == Kind::ConfigMap || written.generation == generation {
            break;
        }
        (generation, version) = (written.generation, written.resource_version);
    }
    Ok(true)
}

fn replacement(manifest: &Manifest, namespace: &str, generation: i64, version: &str) -> Json {
    let mut object = manifest.object(namespace, generation);
    object["metadata"]["resourceVersion"] = version.into();
    object
}

/// What was written; `None` where what `call` replaces was written since it was seen.
async fn write(
    target: &Kube,
    (doing, manifest): (&'static str, &Manifest),
    call: &Call,
    held: &Held<'_>,
) -> Result<Option<Meta>, Failure> {
    let mut attempts = Attempts::new(target, doing);
    loop {
        held.keep().await?;
        match send::<Written>(target, call).await {
            Ok(written) => return Ok(Some(written.metadata)),
            Err(Trouble::Told { code: 409, .. }) if call.method == Method::PUT => return Ok(None),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            // Others made it since it was looked for.
            Err(Trouble::Owned(owners)) => {
                let object = ForeignObject::new(manifest.kind(), &manifest.name(), owners);
                return Err(Failure::Foreign(Foreign::new(vec![object])));
            }
            Err(trouble) => return Err(lasting(target, doing, trouble).into()),
        }
    }
}

/// How the write of one node ended.
#[derive(Debug)]
pub(super) enum Relabelled {
    Done,
    /// It was not taken, for this reason.
    Not(String),
}

/// Relabels a node in one request, if it is as it was seen.
pub(super) async fn node(
    target: &Kube,
    relabel: &Relabel,
    held: &Held<'_>,
) -> Result<Relabelled, Failure> {
    let patch = match &relabel.patch {
        Ok(patch) => patch,
        Err(why) => return Ok(Relabelled::Not(why.clone())),
    };
    if patch.is_empty() {
        return Ok(Relabelled::Done);
    }
    let path = format!("/api/v1/nodes/{}", relabel.device);
    let call = Call::json_patch(format!("{path}{}", query(held)), patch).accept(METADATA);
    let doing = "relabelling a node";
    let mut attempts = Attempts::new(target, doing);
    loop {
        held.keep().await?;
        match send::<WrittenNode>(target, &call).await {
            Ok(_) => return Ok(Relabelled::Done),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(Trouble::Told { code: 404, .. }) => {
                return Ok(Relabelled::Not("the node is gone".to_owned()));
            }
            // A policy may be of this node alone.
            Err(Trouble::Told { why, .. }) if denied_by(&why).is_some() => {
                let by = denied_by(&why).unwrap_or_default();
                return Ok(Relabelled::Not(format!("`{by}` denies it: {why}")));
            }
            // A test of the patch failed, or a write of the node was lost to another.
            Err(Trouble::Told { code: 422 | 409, why }) => {
                return look(target, relabel, &path, why).await;
            }
            Err(trouble) => return Err(lasting(target, doing, trouble).into()),
        }
    }
}

/// Why a patch was not taken: it may be there already, of an attempt whose answer was lost.
async fn look(
    target: &Kube,
    relabel: &Relabel,
    path: &str,
    why: String,
) -> Result<Relabelled, Failure> {
    let call = Call::get(path.to_owned()).accept(METADATA);
    let there: Option<WrittenNode> = super::request::ask(target, "reading a node", &call).await?;
    let Some(there) = there else {
        return Ok(Relabelled::Not("the node is gone".to_owned()));
    };
    let there = Node::of(there.metadata, &target.options.namespace);
    if there.labels == relabel.after {
        return Ok(Relabelled::Done);
    }
    Ok(Relabelled::Not(format!("its labels are not as they were seen: {why}")))
}

/// Deletes an object if it is still the one that was seen; whether it is gone.
pub(super) async fn delete(
    target: &Kube,
    (kind, meta): (Kind, &Meta),
    held: &Held<'_>,
) -> Result<bool, Failure> {
    let path = format!("{}/{}", kind.path(&target.options.namespace), meta.name);
    // Options in the body take the place of those in the query; the query is for who reads logs.
    let (dry_run, of_body) = match held.dry_run {
        true => ("?dryRun=All", json!(["All"])),
        false => ("", json!([])),
    };
    let body = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": meta.uid, "resourceVersion": meta.resource_version},
        "dryRun": of_body,
    });
    let call = Call::with(Method::DELETE, format!("{path}{dry_run}"), &body);
    let mut attempts = Attempts::new(target, "deleting an object");
    loop {
        held.keep().await?;
        match send::<Json>(target, &call).await {
            Ok(_) | Err(Trouble::Told { code: 404, .. }) => return Ok(true),
            // It changed meanwhile: it is looked at again.
            Err(Trouble::Told { code: 409, .. }) => return Ok(false),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(trouble) => return Err(lasting(target, "deleting an object", trouble).into()),
        }
    }
}
