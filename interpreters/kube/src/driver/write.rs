//! Writing objects and nodes, each request with its own precondition.

use escadre_interpreter::Stale;
use http::Method;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::Kube;
use super::request::{Attempts, Call, METADATA, Trouble, lasting, send};
use crate::error::ServerError;
use crate::manifest::{Kind, Manifest};
use crate::names::MANAGER;
use crate::work::{Due, Relabel};
use crate::world::{Meta, Node};

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
struct Written {
    metadata: Meta,
}

/// What a write must keep to.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) dry_run: bool,
    /// No request is sent after it: another controller may have the lease by then.
    pub(super) end: Instant,
}

impl Terms {
    fn query(self) -> String {
        let dry_run = if self.dry_run { "&dryRun=All" } else { "" };
        format!("?fieldManager={MANAGER}{dry_run}")
    }

    fn check(self) -> Result<(), Failure> {
        match Instant::now() < self.end {
            true => Ok(()),
            false => Err(Failure::Fenced { theirs: String::new() }),
        }
    }
}

/// Writes an object: makes it where it is not there, and replaces it where it is not as it was written.
pub(super) async fn object(target: &Kube, due: &Due, terms: Terms) -> Result<(), Failure> {
    let manifest = &due.manifest;
    let namespace = &target.options.namespace;
    let path = format!("{}/{}", manifest.kind().path(namespace), manifest.name());
    let Some(there) = &due.there else {
        let call = Call::with(
            Method::PATCH,
            format!("{path}{}", terms.query()),
            &manifest.object(namespace, 1),
        );
        let call = call.content_type("application/apply-patch+yaml").accept(METADATA);
        write(target, "making an object", &call, terms).await?;
        return Ok(());
    };
    // The server counts one version more, unless what it is replaced by is what it was.
    let mut generation = there.generation + 1;
    let mut version = there.resource_version.clone();
    for _ in 0..2 {
        let body = replacement(manifest, namespace, generation, &version);
        let call = Call::with(Method::PUT, format!("{path}{}", terms.query()), &body);
        let written = write(target, "replacing an object", &call.accept(METADATA), terms).await?;
        if manifest.kind() == Kind::ConfigMap || written.generation == generation {
            break;
        }
        (generation, version) = (written.generation, written.resource_version);
    }
    Ok(())
}

fn replacement(manifest: &Manifest, namespace: &str, generation: i64, version: &str) -> Json {
    let mut object = manifest.object(namespace, generation);
    object["metadata"]["resourceVersion"] = version.into();
    object
}

async fn write(
    target: &Kube,
    doing: &'static str,
    call: &Call,
    terms: Terms,
) -> Result<Meta, Failure> {
    let mut attempts = Attempts::new(target, doing);
    loop {
        target.live()?;
        terms.check()?;
        match send::<Written>(target, call).await {
            Ok(written) => return Ok(written.metadata),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
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
    terms: Terms,
) -> Result<Relabelled, Failure> {
    let Some(patch) = &relabel.patch else {
        return Ok(Relabelled::Not("the cluster has no node of this name".to_owned()));
    };
    if patch.is_empty() {
        return Ok(Relabelled::Done);
    }
    let path = format!("/api/v1/nodes/{}", relabel.device);
    let call = Call::with(Method::PATCH, format!("{path}{}", terms.query()), &json!(patch));
    let call = call.content_type("application/json-patch+json").accept(METADATA);
    let doing = "relabelling a node";
    let mut attempts = Attempts::new(target, doing);
    loop {
        target.live()?;
        terms.check()?;
        match send::<Written>(target, &call).await {
            Ok(_) => return Ok(Relabelled::Done),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(Trouble::Told { code: 404, .. }) => {
                return Ok(Relabelled::Not("the node is gone".to_owned()));
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
    let there: Option<Written> = super::request::ask(target, "reading a node", &call).await?;
    let Some(there) = there else {
        return Ok(Relabelled::Not("the node is gone".to_owned()));
    };
    let there = Node::of(there.metadata);
    if *there.labels == relabel.after {
        return Ok(Relabelled::Done);
    }
    Ok(Relabelled::Not(format!("its labels are not as they were seen: {why}")))
}

/// Deletes an object if it is still the one that was seen; whether it is gone.
pub(super) async fn delete(
    target: &Kube,
    (kind, meta): (Kind, &Meta),
    terms: Terms,
) -> Result<bool, Failure> {
    let path = format!("{}/{}", kind.path(&target.options.namespace), meta.name);
    let dry_run = if terms.dry_run { json!(["All"]) } else { json!([]) };
    let body = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": meta.uid, "resourceVersion": meta.resource_version},
        "dryRun": dry_run,
    });
    let call = Call::with(Method::DELETE, path, &body);
    let mut attempts = Attempts::new(target, "deleting an object");
    loop {
        target.live()?;
        terms.check()?;
        match send::<Json>(target, &call).await {
            Ok(_) | Err(Trouble::Told { code: 404, .. }) => return Ok(true),
            // It changed meanwhile: it is looked at again.
            Err(Trouble::Told { code: 409, .. }) => return Ok(false),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(trouble) => return Err(lasting(target, "deleting an object", trouble).into()),
        }
    }
}
