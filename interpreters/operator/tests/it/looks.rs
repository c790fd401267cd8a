//! What is applied, what is not, and what is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use escadre_algebra::Fleet;
use escadre_kube::resource_label;
use http::Method;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, inline, run, started, until};

/// A specification that is looked at again in an hour, or when something changes.
fn rarely(fleet: &Fleet) -> Json {
    json!({"fleet": inline(fleet), "intervalSeconds": 3_600})
}

fn variant(labels: &Json) -> Option<&str> {
    labels[resource_label(&"recorder".try_into().unwrap())].as_str()
}

#[test]
fn an_object_is_applied_and_an_edit_of_it_and_its_status_and_events_say_so() {
    run(async {
        let bed = Bed::new().await;
        let nodes = [bed.node("n1").await, bed.node("n2").await];
        bed.make("cameras", &rarely(&bed.recorder("1"))).await;
        let operator = bed.start();
        let status = bed.told("cameras", "InSync").await;
        let counts = status.counts.unwrap();
        assert_eq!((counts.members, counts.changes, counts.failed), (2, 0, 0));
        assert_eq!(status.fleet, Some(bed.recorder("1").digest().to_string()));
        let applied = status.last_applied.unwrap();
        assert_eq!((applied.written, applied.removed), (2, 0));
        assert_eq!(status.plan, Some(applied.plan));
        let first = bed.labels(&nodes[0]).await;
        assert!(
            variant(&first).is_some() && variant(&first) == variant(&bed.labels(&nodes[1]).await)
        );
        until("the apply is told", async || {
            let told = bed.events("cameras").await;
            told.iter().any(|(reason, note)| {
                reason == "Applied"
                    && note.starts_with("2 devices written, 0 of them removed; fleet ")
                    && note.contains("+ 2 devices are added")
                    && note.contains("tests/it/bed.rs:")
            })
        })
        .await;
        bed.edit("cameras", &rarely(&bed.recorder("2"))).await;
        let status = bed.told("cameras", "InSync").await;
        assert_eq!(status.fleet, Some(bed.recorder("2").digest().to_string()));
        assert_ne!(variant(&bed.labels(&nodes[0]).await), variant(&first));
        until("the edit is told", async || {
            let told = bed.events("cameras").await;
            told.iter().any(|(_, note)| note.contains("\"acme/recorder:1\" → \"acme/recorder:2\""))
        })
        .await;
        operator.stop().await;
        // Nothing happens any more, and the leadership is nobody's.
        let lease = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{}/leases/escadre-operator",
            bed.namespace
        );
        let lease = bed.ask(Method::GET, &lease, &Json::Null).await;
        assert_eq!(lease["spec"]["holderIdentity"].as_str().unwrap_or_default(), "");
    });
}

#[test]
fn a_suspended_object_says_what_it_would_do_and_is_applied_once_it_is_no_more() {
    run(async {
        let bed = Bed::new().await;
        let node = bed.node("n1").await;
        let mut spec = rarely(&bed.recorder("1"));
        spec["suspend"] = true.into();
        bed.make("cameras", &spec).await;
        let operator = bed.start();
        let status = bed.told("cameras", "Suspended").await;
        assert_eq!(status.counts.unwrap().changes, 1);
        assert_eq!(
            status.conditions[0].message,
            "1 added, 0 changed, 0 removed: nothing is applied"
        );
        assert_eq!(
            (status.conditions[2].kind.as_str(), status.conditions[2].status.as_str()),
            ("Suspended", "True")
        );
        assert!(status.plan.unwrap().starts_with("sha256:"));
        assert_eq!((status.last_applied, bed.labels(&node).await), (None, json!({})));
        bed.edit("cameras", &json!({"suspend": false})).await;
        bed.told("cameras", "InSync").await;
        assert!(variant(&bed.labels(&node).await).is_some());
        operator.stop().await;
    });
}

#[test]
fn an_object_that_is_changed_after_it_was_planned_is_not_applied_as_it_was() {
    run(async {
        let bed = Arc::new(Bed::new().await);
        let node = bed.node("n1").await;
        bed.make("cameras", &rarely(&bed.recorder("1"))).await;
        let is_first = Arc::new(AtomicBool::new(true));
        // Between the plan and the apply somebody suspends the object.
        let hook = {
            let bed = Arc::clone(&bed);
            move || -> futures_util::future::BoxFuture<'static, ()> {
                let bed = Arc::clone(&bed);
                let is_first = is_first.swap(false, Ordering::Relaxed);
                Box::pin(async move {
                    if is_first {
                        bed.edit("cameras", &json!({"suspend": true})).await;
                    }
                })
            }
        };
        let operator = started(bed.operator().before_apply(hook));
        let status = bed.told("cameras", "Suspended").await;
        assert_eq!((status.last_applied, bed.labels(&node).await), (None, json!({})));
        operator.stop().await;
    });
}

#[test]
fn a_wire_form_that_is_none_is_told_and_what_runs_is_left() {
    run(async {
        let bed = Bed::new().await;
        let node = bed.node("n1").await;
        bed.make("cameras", &rarely(&bed.recorder("1"))).await;
        let operator = bed.start();
        bed.told("cameras", "InSync").await;
        let before = bed.labels(&node).await;
        let mut forged = inline(&bed.recorder("2"));
        forged["inline"]["digest"] = inline(&bed.recorder("3"))["inline"]["digest"].clone();
        bed.edit("cameras", &json!({"fleet": forged})).await;
        let status = bed.told("cameras", "InvalidFleet").await;
        let told = &status.conditions[0].message;
        assert!(told.starts_with("this is no fleet: ") && told.contains("digest"), "{told}");
        assert_eq!(status.conditions[1].status, "True");
        assert_eq!(bed.labels(&node).await, before);
        until("it is told", async || {
            let told = bed.events("cameras").await;
            told.iter().any(|(reason, note)| reason == "InvalidFleet" && note.contains("digest"))
        })
        .await;
        operator.stop().await;
    });
}

#[test]
fn a_label_that_somebody_removes_comes_back_without_waiting_for_the_interval() {
    run(async {
        let bed = Bed::new().await;
        let node = bed.node("n1").await;
        bed.make("cameras", &rarely(&bed.recorder("1"))).await;
        let operator = bed.start();
        bed.told("cameras", "InSync").await;
        let before = bed.labels(&node).await;
        let label = resource_label(&"recorder".try_into().unwrap());
        let path = format!("/api/v1/nodes/{node}");
        bed.ask(Method::PATCH, &path, &json!({"metadata": {"labels": {label: null}}})).await;
        until("the label is back", async || bed.labels(&node).await == before).await;
        operator.stop().await;
    });
}

#[test]
fn members_leave_in_numbers_only_by_a_consent_that_names_them() {
    run(async {
        let bed = Bed::new().await;
        let node = bed.node("n1").await;
        bed.make("cameras", &rarely(&bed.recorder("1"))).await;
        let operator = bed.start();
        bed.told("cameras", "InSync").await;
        bed.edit("cameras", &rarely(&Fleet::empty())).await;
        let status = bed.told("cameras", "ConsentNeeded").await;
        let told = &status.conditions[0].message;
        assert!(told.starts_with("1 of 1 members would leave (such as `"), "{told}");
        let leaving = status.leaving.unwrap();
        assert!(told.contains(&leaving), "{told}");
        assert!(variant(&bed.labels(&node).await).is_some());
        let other = json!({"consent": {"acceptShrink": leaving.replace("sha256:", "sha256:f")}});
        bed.edit("cameras", &other).await;
        bed.told("cameras", "ConsentNeeded").await;
        bed.edit("cameras", &json!({"consent": {"acceptShrink": leaving}})).await;
        let status = bed.told("cameras", "InSync").await;
        assert_eq!(status.last_applied.unwrap().removed, 1);
        assert_eq!(bed.labels(&node).await, json!({}));
        operator.stop().await;
    });
}

#[test]
fn of_two_objects_for_one_namespace_the_younger_names_the_older() {
    run(async {
        let bed = Bed::new().await;
        let node = bed.node("n1").await;
        bed.make("b", &rarely(&bed.recorder("1"))).await;
        let older = inline(&bed.recorder("1"));
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "locks"},
            "data": {"fleet.lock": older["inline"].to_string()},
        });
        let maps = format!("/api/v1/namespaces/{}/configmaps", bed.namespace);
        bed.ask(Method::POST, &maps, &map).await;
        let operator = bed.start();
        bed.told("b", "InSync").await;
        let before = bed.labels(&node).await;
        let entry = json!({"name": "locks", "key": "fleet.lock"});
        let spec = json!({"fleet": {"configMapRef": entry}, "intervalSeconds": 1});
        // Times are whole seconds; of two with the same one the name decides.
        bed.make("c", &spec).await;
        let status = bed.told("c", "TargetTaken").await;
        let name = format!("`{}/b` has this target", bed.namespace);
        assert!(status.conditions[0].message.starts_with(&name), "{status:?}");
        // It leaves, what it wrote stays, and the younger has the same already.
        bed.ask(Method::DELETE, &format!("{}/b", bed.fleets()), &json!({})).await;
        let status = bed.told("c", "InSync").await;
        assert_eq!((status.last_applied, bed.labels(&node).await), (None, before));
        operator.stop().await;
    });
}
