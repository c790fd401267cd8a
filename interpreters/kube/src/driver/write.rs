//! Writing objects and nodes, each request with its own precondition.

use escadre_interpreter::Stale;
use http::Method;
use serde_json::{Value as Json, json};

use super::Kube;
use super::lease::Held;
use super::own;
use super::request::{Attempts, Call, METADATA, Trouble, lasting, send};
use crate::error::ServerError;
use crate::foreign::{Foreign, ForeignObject};
use crate::manifest::{Kind, Manifest};
use crate::names::{DOMAIN, MANAGER};
use crate::work::Due;
use crate::world::Meta;

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

/// Has the controller of the DaemonSet `meta` look at it again: it does so on any change.
///
/// It is not told that a node which has none of its pods stopped asking for one, so that pods which
/// no node could take yet would wait for ever.
pub(super) async fn nudge(target: &Kube, meta: &Meta, held: &Held<'_>) -> Result<(), Failure> {
    let path = format!("{}/{}", Kind::DaemonSet.path(&target.options.namespace), meta.name);
    let test = |path: &str, value: &str| json!({"op": "test", "path": path, "value": value});
    let annotations = format!("/metadata/annotations/{DOMAIN}~1nudged");
    let patch = json!([
        test("/metadata/uid", &meta.uid),
        {"op": "add", "path": annotations, "value": meta.resource_version},
    ]);
    let call = Call::json_patch(format!("{path}{}", query(held)), &patch.to_string());
    let call = call.accept(METADATA);
    let doing = "having a DaemonSet looked at again";
    let mut attempts = Attempts::new(target, doing);
    loop {
        held.keep().await?;
        match send::<Written>(target, &call).await {
            // Whoever changed or deleted it has it looked at, too.
            Ok(_) | Err(Trouble::Told { code: 404 | 409 | 422, .. }) => return Ok(()),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(trouble) => return Err(lasting(target, doing, trouble).into()),
        }
    }
}
