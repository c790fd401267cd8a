//! What the API server itself refuses, on dry runs too.

use http::Method;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, object, run, send};

/// What the server says where it refuses, which is the same whether or not the run is dry.
async fn refused(bed: &Bed, method: Method, path: &str, body: &Json, why: &str) -> String {
    let mut said = String::new();
    for query in ["?dryRun=All", ""] {
        let answer = send(&bed.admin, method.clone(), &format!("{path}{query}"), body).await;
        match answer {
            Err(kube::Error::Api(status)) if status.code == 422 => {
                assert!(status.message.contains(why), "`{why}` is not in: {}", status.message);
                said = status.message.clone();
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    said
}

#[test]
fn the_server_refuses_objects_against_the_rules_on_dry_runs_too() {
    run(async {
        let bed = Bed::new().await;
        let entry = json!({"name": "locks", "key": "fleet.lock"});
        let fleet = json!({"configMapRef": entry});
        let nats = |address: &str| json!({"nats": {"address": address}});
        let both = json!({"inline": {}, "configMapRef": entry});
        let wrong = [
            (json!({}), "spec.fleet: Required value"),
            (json!({"fleet": {}}), "exactly one of `inline` and `configMapRef`"),
            (json!({"fleet": both}), "exactly one of `inline` and `configMapRef`"),
            (json!({"fleet": fleet, "intervalSeconds": 0}), "greater than or equal to 1"),
            (json!({"fleet": fleet, "intervalSeconds": 86_401}), "less than or equal to 86400"),
            (
                json!({"fleet": fleet, "consent": {"maxShrinkPercent": 101}}),
                "less than or equal to 100",
            ),
            (json!({"fleet": fleet, "inventory": {"partial": true}}), "`partial` is said of a"),
            (json!({"fleet": fleet, "target": nats("nats://user:password@a:1/b")}), "should match"),
            (json!({"fleet": fleet, "target": nats("http://a:1/b")}), "should match"),
        ];
        for (spec, why) in &wrong {
            let said =
                refused(&bed, Method::POST, &bed.fleets(), &object("cameras", spec), why).await;
            println!("422: {said}");
        }
        let here = json!({"fleet": fleet});
        bed.make("here", &here).await;
        bed.make("there", &json!({"fleet": fleet, "target": nats("nats://a:1/b")})).await;
        let never = "the target never changes";
        for (name, target) in
            [("here", nats("nats://a:1/b")), ("there", nats("nats://a:1/c")), ("there", Json::Null)]
        {
            let path = format!("{}/{name}", bed.fleets());
            let body = json!({"spec": {"target": target}});
            refused(&bed, Method::PATCH, &path, &body, never).await;
        }
        // A target that is null is none, and stays the cluster.
        bed.make("null", &json!({"fleet": fleet, "target": {"nats": null}})).await;
        let body = json!({"spec": {"target": nats("nats://a:1/b")}});
        refused(&bed, Method::PATCH, &format!("{}/null", bed.fleets()), &body, never).await;
        let null = object("cameras", &json!({"fleet": {"inline": null, "configMapRef": null}}));
        let why = "exactly one of `inline` and `configMapRef`";
        refused(&bed, Method::POST, &bed.fleets(), &null, why).await;
        // What is no target may change.
        let secret = json!({"nats": {"credentialsSecretRef": {"name": "nats"}}});
        bed.edit("there", &json!({"target": secret, "suspend": true})).await;
    });
}
