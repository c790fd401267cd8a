//! Whose the objects are that stand where the fleet's are to be.

use futures_util::StreamExt;
use futures_util::stream;

use super::Kube;
use super::lease::Held;
use super::request::{Attempts, Call, METADATA, Trouble, ask, lasting, send};
use super::write::{Failure, Written, delete, query};
use crate::error::{ApplyError, ServerError};
use crate::foreign::{Foreign, ForeignObject, is_ours, owners};
use crate::manifest::{Kind, Manifest};
use crate::work::Due;
use crate::world::Meta;

/// Looks at what stands in the places of `due`, of which others may have made some.
///
/// # Errors
/// Some are of others, and they are not to be taken over (`adopt`).
pub(super) async fn look(target: &Kube, due: &mut [Due], adopt: bool) -> Result<(), ApplyError> {
    let namespace = &target.options.namespace;
    let missing = due.iter_mut().filter(|due| due.there.is_none());
    let looking: Vec<_> = missing
        .map(async |due| {
            let name = due.manifest.name();
            let path = format!("{}/{name}", due.manifest.kind().path(namespace));
            due.there = there(target, &path).await?;
            due.is_foreign = due.there.as_ref().is_some_and(|meta| !is_ours(meta));
            Ok::<_, ServerError>(())
        })
        .collect();
    let looking = stream::iter(looking).buffer_unordered(target.options.n_in_flight.max(1));
    let looked: Vec<_> = looking.collect().await;
    looked.into_iter().collect::<Result<(), _>>()?;
    let theirs = due.iter().filter(|due| due.is_foreign).filter_map(|due| {
        let owners = owners(due.there.as_ref()?);
        Some(ForeignObject::new(due.manifest.kind(), &due.manifest.name(), owners))
    });
    let theirs: Vec<_> = theirs.collect();
    if adopt || theirs.is_empty() {
        return Ok(());
    }
    Err(Foreign::new(theirs).into())
}

async fn there(target: &Kube, path: &str) -> Result<Option<Meta>, ServerError> {
    let call = Call::get(path.to_owned()).accept(METADATA);
    let found: Option<Written> = ask(target, "reading an object", &call).await?;
    Ok(found.map(|found| found.metadata))
}

/// Takes over the object `there` of others, if it is still that one. Gives what is to be replaced
/// by `manifest` then; nothing, if it was deleted.
///
/// A DaemonSet becomes this project's by an apply that takes all its fields, so that its pods stay
/// where they are as they should be. What that cannot change, as all of an immutable ConfigMap, is
/// deleted.
pub(super) async fn adopt(
    target: &Kube,
    (manifest, there): (&Manifest, &Meta),
    path: &str,
    held: &Held<'_>,
) -> Result<Option<Meta>, Failure> {
    let doing = "taking over an object";
    target.note(format!("`{} {}` is taken over", manifest.kind().name(), there.name));
    let mut attempts = Attempts::new(target, doing);
    if manifest.kind() == Kind::DaemonSet {
        // What others wrote beside it is left by this: of no generation, it is as written only
        // once it was replaced.
        let mut object = manifest.object(&target.options.namespace, 0);
        object["metadata"]["uid"] = there.uid.as_str().into();
        let call = Call::apply(format!("{path}{}&force=true", query(held)), &object);
        let call = call.accept(METADATA);
        loop {
            held.keep().await?;
            match send::<Written>(target, &call).await {
                Ok(written) => return Ok(Some(written.metadata)),
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Told { code: 422, .. }) => break,
                Err(trouble) => return Err(lasting(target, doing, trouble).into()),
            }
        }
    }
    let mut there = there.clone();
    while !delete(target, (manifest.kind(), &there), held).await? {
        attempts.pause("it is written by others too").await?;
        match self::there(target, path).await? {
            Some(now) => there = now,
            None => break,
        }
    }
    Ok(None)
}
