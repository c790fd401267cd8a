//! Looking at an object whenever something may have changed, and telling what was found.

use std::sync::Arc;
use std::time::Duration;

use escadre_algebra::Digest;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::runtime::events::{Event, EventType};
use kube::{Api, Resource, ResourceExt};
use serde_json::json;

use crate::look::{Context, Look};
use crate::object::FleetObject;
use crate::status::FleetStatus;
use crate::verdict::{Found, Reason, Verdict, cut};

/// After how long it is tried again where a server failed.
const SOON: Duration = Duration::from_secs(10);
/// After how long it is tried again where only the plan was old.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Who writes the status.
const MANAGER: &str = "escadre-operator";

/// An object was not looked at, or what was found could not be told.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ReconcileError(#[from] Box<kube::Error>);

impl From<kube::Error> for ReconcileError {
    fn from(error: kube::Error) -> Self {
        Self(Box::new(error))
    }
}

/// Looks at `object` as it is now, and says when to look again.
pub(crate) async fn reconcile(
    object: Arc<FleetObject>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let found = look_and_tell(&object, &context).await?;
    let Some((object, found)) = found else { return Ok(Action::await_change()) };
    let interval = u64::try_from(object.spec.interval_seconds).unwrap_or(60).max(1);
    let interval = Duration::from_secs(interval);
    let is_inline = object.spec.fleet.inline.is_some();
    Ok(match found.verdict.reason {
        Reason::Stale => Action::requeue(AT_ONCE),
        reason if reason.is_passing() => Action::requeue(SOON.min(interval)),
        // Nothing but another object helps.
        Reason::InvalidFleet if is_inline => Action::await_change(),
        _ => Action::requeue(interval),
    })
}

/// Looks at `object` as it is now, unless it is gone, and tells what was found.
pub(crate) async fn look_and_tell(
    object: &FleetObject,
    context: &Context,
) -> Result<Option<(FleetObject, Found)>, kube::Error> {
    let namespace = object.namespace().unwrap_or_default();
    let fleets: Api<FleetObject> = Api::namespaced(context.client.clone(), &namespace);
    // What a watch has brought may be old.
    let Some(object) = fleets.get_opt(&object.name_any()).await? else { return Ok(None) };
    if object.metadata.deletion_timestamp.is_some() {
        return Ok(None);
    }
    let found = Look::new(context, &object).run().await;
    let Verdict { reason, message } = &found.verdict;
    let (name, reason_name) = (object.name_any(), reason.name());
    match object.status.as_ref().is_some_and(|status| status.tells(&found.verdict)) {
        true => tracing::debug!(namespace, name, reason = reason_name, what = message, "as before"),
        false => tracing::info!(namespace, name, reason = reason_name, what = message, "looked"),
    }
    // The next look follows at once, and tells what there is then.
    if *reason != Reason::Stale {
        tell(&fleets, context, &object, &found).await?;
    }
    Ok(Some((object, found)))
}

/// Writes the status, and an event where something was applied or what is told is new.
async fn tell(
    fleets: &Api<FleetObject>,
    context: &Context,
    object: &FleetObject,
    found: &Found,
) -> Result<(), kube::Error> {
    let before = object.status.clone().unwrap_or_default();
    let after = before.after(found, object.metadata.generation, Timestamp::now());
    if after != before {
        write(fleets, object, &after).await?;
    }
    if let Some(applied) = found.told() {
        let note = cut(&format!("{applied}\n{}", found.shown));
        publish(context, object, ("Applied", &note), EventType::Normal).await;
    }
    let is_told = found.applied.is_some() && found.verdict.reason == Reason::InSync;
    if !is_told && !before.tells(&found.verdict) {
        let Verdict { reason, message } = &found.verdict;
        let kind = if reason.is_warning() { EventType::Warning } else { EventType::Normal };
        let shown = if *reason == Reason::Suspended { found.shown.as_str() } else { "" };
        let note = cut(&format!("{message}\n{shown}"));
        publish(context, object, (reason.name(), &note), kind).await;
    }
    Ok(())
}

/// Writes `status`, if the object is the one that was looked at.
async fn write(
    fleets: &Api<FleetObject>,
    object: &FleetObject,
    status: &FleetStatus,
) -> Result<(), kube::Error> {
    let metadata = json!({
        "uid": object.metadata.uid,
        "resourceVersion": object.metadata.resource_version,
    });
    let patch = Patch::Merge(json!({"metadata": metadata, "status": status}));
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match fleets.patch_status(&object.name_any(), &params, &patch).await {
        Ok(_) => Ok(()),
        // It changed or is gone; the watch tells it, and it is looked at again.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Publishes an event about `object`: the same one again is counted.
async fn publish(
    context: &Context,
    object: &FleetObject,
    (reason, note): (&str, &str),
    type_: EventType,
) {
    // The recorder tells events apart by their action, and not by what they say.
    let action = format!("Look-{}", Digest::of(note.as_bytes()).short());
    let (reason, note) = (reason.to_owned(), Some(note.to_owned()));
    let event = Event { type_, reason, note, action, secondary: None };
    let published = context.recorder.publish(&event, &object.object_ref(&())).await;
    if let Err(error) = published {
        // What cannot be told there is in the status.
        tracing::warn!(%error, "an event was not published");
    }
}

/// Looks again after a while.
#[expect(clippy::needless_pass_by_value, reason = "the controller passes it so")]
pub(crate) fn after_error(
    object: Arc<FleetObject>,
    error: &ReconcileError,
    _: Arc<Context>,
) -> Action {
    tracing::warn!(name = object.name_any(), %error, "not looked at");
    Action::requeue(SOON)
}
