//! One operator at a time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, Running, inline, run, started, until};

/// The applies of both operators, in the order in which they began.
type Applies = Arc<Mutex<Vec<(&'static str, Instant)>>>;

fn watched(bed: &Bed, name: &'static str, applies: &Applies) -> Running {
    let applies = Arc::clone(applies);
    started(bed.operator().before_apply(move || {
        applies.lock().unwrap().push((name, Instant::now()));
        Box::pin(std::future::ready(()))
    }))
}

async fn holder(bed: &Bed) -> String {
    let leases = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", bed.namespace);
    let listed = bed.ask(Method::GET, &leases, &Json::Null).await;
    let leases = listed["items"].as_array().unwrap().iter();
    let lease = leases.into_iter().find(|it| it["metadata"]["name"] == "escadre-operator");
    let holder = lease.and_then(|lease| lease["spec"]["holderIdentity"].as_str());
    holder.unwrap_or_default().to_owned()
}

#[test]
fn a_leader_that_is_killed_is_succeeded_and_two_never_write_at_once() {
    run(async {
        let bed = Bed::new().await;
        bed.node("n1").await;
        let applies = Applies::default();
        let spec =
            |version: &str| json!({"fleet": inline(&bed.recorder(version)), "intervalSeconds": 1});
        bed.make("cameras", &spec("1")).await;
        let first = watched(&bed, "first", &applies);
        bed.told("cameras", "InSync").await;
        let leader = holder(&bed).await;
        let second = watched(&bed, "second", &applies);
        for version in ["2", "3", "4"] {
            bed.edit("cameras", &spec(version)).await;
            bed.told("cameras", "InSync").await;
        }
        assert_eq!(holder(&bed).await, leader);
        first.kill().await;
        let killed = Instant::now();
        bed.edit("cameras", &spec("5")).await;
        bed.told("cameras", "InSync").await;
        assert_ne!(holder(&bed).await, leader);
        let seen = applies.lock().unwrap().clone();
        let by = |name| seen.iter().filter(move |(by, _)| *by == name).map(|(_, at)| *at);
        assert!(by("first").count() >= 4 && by("second").count() >= 1, "{seen:?}");
        assert!(
            by("first").all(|at| at < killed) && by("second").all(|at| at > killed),
            "{seen:?}"
        );
        println!(
            "succeeded {:.1} s after the kill",
            (by("second").next().unwrap() - killed).as_secs_f64()
        );
        second.stop().await;
        until("nobody leads", async || holder(&bed).await.is_empty()).await;
    });
}

#[test]
fn a_leader_that_cannot_renew_stops_before_another_may_begin() {
    run(async {
        let bed = Bed::new().await;
        bed.node("n1").await;
        let applies = Applies::default();
        let spec =
            |version: &str| json!({"fleet": inline(&bed.recorder(version)), "intervalSeconds": 1});
        bed.make("cameras", &spec("1")).await;
        let first = watched(&bed, "first", &applies);
        bed.told("cameras", "InSync").await;
        // Somebody takes the lease from it, as one does who has seen it run out.
        let path = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{}/leases/escadre-operator",
            bed.namespace
        );
        let taken = json!({"spec": {"holderIdentity": "another", "leaseDurationSeconds": 3}});
        bed.ask(Method::PATCH, &path, &taken).await;
        let taken = Instant::now();
        // Its next renewal is due within a sixth of two seconds; from then on it does nothing.
        let quiet = taken + Duration::from_millis(1_500);
        until("the time has passed", async || Instant::now() > quiet).await;
        bed.edit("cameras", &spec("2")).await;
        // It leads again once the other has not renewed for as long as it said.
        bed.told("cameras", "InSync").await;
        let seen = applies.lock().unwrap().clone();
        let between =
            seen.iter().filter(|(_, at)| *at > quiet && *at < taken + Duration::from_secs(3));
        assert_eq!(between.count(), 0, "{seen:?}");
        first.stop().await;
    });
}
