//! Writing one node: its steps one after the other, each with its own precondition.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::Kube;
use super::lease::Held;
use super::request::{Attempts, Call, METADATA, Trouble, ask, denied_by, lasting, send};
use super::write::{Failure, query};
use crate::names::MANAGER;
use crate::pods::{Pod, Pods};
use crate::steps::{Step, Until, Wait};
use crate::work::{Labels, Relabel};
use crate::world::{Node, NodeMeta};

/// How often the pods of a node are looked at: at first, and in the long run.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The answer to a write of a node.
#[derive(Debug, Deserialize)]
struct WrittenNode {
    metadata: NodeMeta,
}

/// How far the write of one node came.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The labels that it surely has, if any were written.
    pub(super) labels: Option<Arc<Labels>>,
    /// Whether it holds what it is to hold.
    pub(super) is_held: bool,
    /// Why not all steps were taken.
    pub(super) trouble: Option<Unfinished>,
}

/// Why not all steps of a node were taken.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// It is not as it was seen, or gone.
    Refused(String),
    /// Its pods are not as far as they were to be.
    Unready(String),
}

/// Relabels a node step by step, if it is as it was seen.
pub(super) async fn node(
    target: &Kube,
    relabel: &Relabel,
    held: &Held<'_>,
) -> Result<Reached, Failure> {
    let mut reached = Reached::default();
    let steps = match &relabel.steps {
        Ok(steps) => steps,
        Err(why) => {
            return Ok(Reached { trouble: Some(Unfinished::Refused(why.clone())), ..reached });
        }
    };
    // Nodes that need no step hold what they are to hold.
    reached.is_held = steps.is_empty();
    // A dry run leaves the node as it is, so that only its first step can be tried.
    let n_steps = if held.dry_run { 1 } else { steps.len() };
    for step in steps.iter().take(n_steps) {
        if !step.patch.is_empty()
            && let Some(why) = patch(target, relabel, step, held).await?
        {
            reached.trouble = Some(Unfinished::Refused(why));
            return Ok(reached);
        }
        reached.labels = Some(Arc::clone(&step.labels));
        reached.is_held |= step.is_held || held.dry_run;
        if !held.dry_run
            && let Some(why) = wait(target, relabel, step, held).await?
        {
            reached.trouble = Some(Unfinished::Unready(why));
            return Ok(reached);
        }
    }
    Ok(reached)
}

/// Takes one step; why it was not taken, if it was not.
async fn patch(
    target: &Kube,
    relabel: &Relabel,
    step: &Step,
    held: &Held<'_>,
) -> Result<Option<String>, Failure> {
    let path = format!("/api/v1/nodes/{}", relabel.device);
    let call = Call::json_patch(format!("{path}{}", query(held)), &step.patch).accept(METADATA);
    let doing = "relabelling a node";
    let mut attempts = Attempts::new(target, doing);
    loop {
        held.keep().await?;
        match send::<WrittenNode>(target, &call).await {
            Ok(_) => return Ok(None),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(Trouble::Told { code: 404, .. }) => return Ok(Some("the node is gone".to_owned())),
            // A policy may be of this node alone.
            Err(Trouble::Told { why, .. }) if denied_by(&why).is_some() => {
                let by = denied_by(&why).unwrap_or_default();
                return Ok(Some(format!("`{by}` denies it: {why}")));
            }
            // A test of the patch failed, or a write of the node was lost to another.
            Err(Trouble::Told { code: code @ (422 | 409), why }) => {
                let there = look(target, &path).await?;
                let Some(there) = there else { return Ok(Some("the node is gone".to_owned())) };
                if there.labels == step.labels {
                    return Ok(None);
                }
                // Others wrote it faster than the API server tries again: where that was a label of
                // ours, the next answer is that a test failed.
                if code == 409 {
                    attempts.pause(&why).await?;
                    continue;
                }
                return Ok(Some(format!("its labels are not as they were seen: {why}")));
            }
            Err(trouble) => return Err(lasting(target, doing, trouble).into()),
        }
    }
}

/// The node as it is now: what a step writes may be there already, of an attempt whose answer was
/// lost.
async fn look(target: &Kube, path: &str) -> Result<Option<Node>, Failure> {
    let call = Call::get(path.to_owned()).accept(METADATA);
    let there: Option<WrittenNode> = ask(target, "reading a node", &call).await?;
    Ok(there.map(|there| Node::of(there.metadata, &target.options.namespace)))
}

/// Waits until what `step` asks for is so; what is missing, if that takes too long.
async fn wait(
    target: &Kube,
    relabel: &Relabel,
    step: &Step,
    held: &Held<'_>,
) -> Result<Option<String>, Failure> {
    if step.waits.is_empty() {
        return Ok(None);
    }
    let (node, namespace) = (&relabel.device, &target.options.namespace);
    // What is ready may be told late, but not what is gone: a pod that was just bound is there.
    let is_late = step.waits.iter().all(|wait| wait.until != Until::Gone);
    let path = format!(
        "/api/v1/namespaces/{namespace}/pods?{}fieldSelector=spec.nodeName%3D{node}\
         &labelSelector=app.kubernetes.io%2Fmanaged-by%3D{MANAGER}",
        if is_late { "resourceVersion=0&" } else { "" }
    );
    let end = Instant::now() + target.options.pods;
    let mut pause = LOOKS.0;
    loop {
        held.renew().await?;
        let pods: Option<Pods> =
            ask(target, "reading the pods of a node", &Call::get(path.clone())).await?;
        let pods = pods.map(Pods::into_items).unwrap_or_default();
        let missing = step.waits.iter().find_map(|it| Some((it.until, missing(it, &pods)?)));
        let Some((until, why)) = missing else { return Ok(None) };
        if Instant::now() >= end {
            let s = target.options.pods.as_secs();
            return Ok(Some(match until {
                Until::Pulled => format!("its images are not there within {s} s: {why}"),
                Until::Ready => format!(
                    "the old pods are kept beside the new ones, which are not ready within {s} s: {why}"
                ),
                Until::Gone => format!(
                    "the new pods are held back until the old ones are gone, which they are not \
                     within {s} s: {why}"
                ),
            }));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// What is missing of what `wait` asks for, on a node that has `pods`.
fn missing(wait: &Wait, pods: &[Pod]) -> Option<String> {
    if wait.until == Until::Gone {
        let is_other = |pod: &&Pod| {
            let is_of = pod.resource().as_ref() == Some(&wait.resource);
            is_of && pod.variant().is_some_and(|it| it != wait.variant) && !pod.is_over()
        };
        return pods.iter().find(is_other).map(|pod| format!("{} is there", pod.name()));
    }
    // One that was told to end is of the last time that the node had this variant.
    let is_new = |pod: &&Pod| {
        let of = if wait.until == Until::Pulled { pod.pulls() } else { pod.variant() };
        of.as_ref() == Some(&wait.variant) && !pod.is_ending()
    };
    let new = pods.iter().find(is_new);
    let is_followed = pods.iter().any(|pod| pod.variant().as_ref() == Some(&wait.before));
    match new {
        Some(pod) if pod.is_ready() => None,
        Some(pod) => Some(pod.why()),
        // Where the old pod does not run either, the cluster has reasons of its own.
        None if !is_followed => None,
        None => Some(format!("`{}` has no pod yet", wait.resource)),
    }
}

#[cfg(test)]
mod tests {
    use escadre_algebra::{ResourceName, ResourceState};
    use serde_json::json;

    use super::*;
    use crate::names::Variant;

    #[test]
    fn a_pod_that_was_told_to_end_is_not_the_one_that_is_waited_for() {
        let resource = ResourceName::parse("web").unwrap();
        let [variant, before] = ["2", "1"].map(|image| {
            let state = json!({"kind": "Pod", "image": image});
            Variant::of(&resource, &ResourceState::from_json(&state).unwrap(), &[])
        });
        let pod = |variant: &Variant, ending: Option<&str>| -> Pod {
            let labels = json!({"escadre.github.io/variant": variant.as_str()});
            let ready = json!([{"type": "Ready", "status": "True"}]);
            let metadata = json!({"name": "p", "labels": labels, "deletionTimestamp": ending});
            serde_json::from_value(json!({"metadata": metadata, "status": {"conditions": ready}}))
                .unwrap()
        };
        let wait = Wait {
            resource: resource.clone(),
            variant: variant.clone(),
            before: before.clone(),
            until: Until::Ready,
        };
        let old = || pod(&before, None);
        let ending = Some("2026-01-01T00:00:00Z");
        assert!(missing(&wait, &[old(), pod(&variant, ending)]).is_some());
        assert_eq!(missing(&wait, &[old(), pod(&variant, ending), pod(&variant, None)]), None);
    }
}
