//! What others change is told with their names, planned and repaired.

use std::time::Duration;

use escadre_algebra::{Coverage, Fleet, Inventory, Resolved, config_file, container, deploy};
use escadre_kube::{Kube, Options};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, plan, resolved, run, send};
use escadre_interpreter::Interpreter;

const NODES: [(&str, &str); 3] = [("n1", ""), ("n2", ""), ("n3", "")];

fn fleet() -> Fleet {
    let recorder = container("recorder").image("acme/recorder:1").env("SITE", "paris");
    deploy(recorder) | deploy(config_file("motd").path("/etc/motd").text("hello\n"))
}

/// A fleet that is applied, and the paths of its objects: a DaemonSet and a ConfigMap.
async fn applied(cluster: &mut Cluster) -> (Kube, Resolved, [String; 2]) {
    let resolved = resolved(&fleet(), &NODES);
    let mut target = cluster.fresh(resolved.inventory(), Options::default()).await;
    apply(&mut target, &resolved).await;
    let world = target.observe().await.unwrap().state;
    let variants = world.variants("n1");
    let name = |resource: &str| {
        let (name, variant) = variants.iter().find(|(name, _)| name.as_str() == resource).unwrap();
        format!("{name}-{variant}")
    };
    let namespace = target.namespace();
    let paths = [
        format!("/apis/apps/v1/namespaces/{namespace}/daemonsets/{}", name("recorder")),
        format!("/api/v1/namespaces/{namespace}/configmaps/{}", name("motd")),
    ];
    (target, resolved, paths)
}

/// The plan finds `resource` missing on all nodes, an apply repairs that, and the next plan is empty.
async fn is_repaired(target: &mut Kube, resolved: &Resolved, resource: &str) {
    let found = plan(target, resolved).await;
    let changed: Vec<_> = found.changes().iter().map(|change| change.device.as_str()).collect();
    assert_eq!(changed, NODES.map(|(id, _)| id));
    for change in found.changes() {
        let names: Vec<_> = change.resources.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, [resource]);
    }
    apply(target, resolved).await;
    let seen = target.observe().await.unwrap().state;
    assert_eq!(seen.anomalies(), []);
    assert!(plan(target, resolved).await.is_empty());
}

/// What makes no sense, in words.
async fn anomalies(target: &mut Kube) -> Vec<String> {
    let seen = target.observe().await.unwrap().state;
    seen.anomalies().iter().map(ToString::to_string).collect()
}

fn image(daemon_set: &Json) -> &str {
    daemon_set["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap()
}

#[test]
fn an_edited_image_is_told_with_who_edited_it_and_repaired() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, [path, _]) = applied(&mut cluster).await;
        let place = "/spec/template/spec/containers/0/image";
        let edit = json!([{"op": "replace", "path": place, "value": "evil/recorder:6"}]);
        cluster.ask(Method::PATCH, &format!("{path}?fieldManager=kubectl-edit"), &edit).await;
        let told = anomalies(&mut target).await;
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("DaemonSet recorder-"), "{told:?}");
        assert!(told[0].contains("its spec was changed by `kubectl-edit` at 2"), "{told:?}");
        is_repaired(&mut target, &resolved, "recorder").await;
        let there = cluster.ask(Method::GET, &path, &json!({})).await;
        assert_eq!(image(&there), "acme/recorder:1");
    });
}

#[test]
fn a_field_that_is_added_is_repaired_too() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, [path, _]) = applied(&mut cluster).await;
        // Nothing of what was written is changed: only what was not said.
        let edit = json!([{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}]);
        cluster.ask(Method::PATCH, &format!("{path}?fieldManager=kubectl-edit"), &edit).await;
        assert_eq!(anomalies(&mut target).await.len(), 1);
        is_repaired(&mut target, &resolved, "recorder").await;
        let there = cluster.ask(Method::GET, &path, &json!({})).await;
        assert_eq!(there["spec"]["template"]["spec"].get("hostNetwork"), None);
    });
}

#[test]
fn objects_that_somebody_deleted_are_made_again() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, paths) = applied(&mut cluster).await;
        for (path, resource) in paths.iter().zip(["recorder", "motd"]) {
            cluster.ask(Method::DELETE, path, &json!({})).await;
            is_repaired(&mut target, &resolved, resource).await;
            cluster.ask(Method::GET, path, &json!({})).await;
        }
    });
}

#[test]
fn a_tampered_description_is_told_and_repaired() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, paths) = applied(&mut cluster).await;
        let place = "/metadata/annotations/escadre.github.io~1state";
        for (path, resource) in paths.iter().zip(["recorder", "motd"]) {
            for (state, why) in [
                (r#"{"kind":"Pod"}"#, "what it holds is not what its name says"),
                ("{", "what it holds is no JSON"),
            ] {
                let edit = json!([{"op": "replace", "path": place, "value": state}]);
                cluster.ask(Method::PATCH, path, &edit).await;
                let told = anomalies(&mut target).await;
                assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
                is_repaired(&mut target, &resolved, resource).await;
            }
        }
    });
}

#[test]
fn an_object_that_others_write_all_the_time_is_repaired_all_the_same() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, [path, _]) = applied(&mut cluster).await;
        let edit = json!([{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}]);
        cluster.ask(Method::PATCH, &path, &edit).await;
        let (admin, beaten) = (cluster.admin.clone(), path.clone());
        let beating = tokio::spawn(async move {
            for i in 0_u64.. {
                let place = "/metadata/annotations/example.org~1beat";
                let beat = json!([{"op": "add", "path": place, "value": i.to_string()}]);
                // Whether it is taken is of no account.
                let _ = send(&admin, Method::PATCH, &beaten, &beat).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        is_repaired(&mut target, &resolved, "recorder").await;
        beating.abort();
    });
}

#[test]
fn an_object_of_others_that_bears_this_projects_label_is_told_and_left_alone() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, _) = applied(&mut cluster).await;
        let maps = format!("/api/v1/namespaces/{}/configmaps", target.namespace());
        let labels = json!({"app.kubernetes.io/managed-by": "escadre"});
        let theirs = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "labels": labels},
        });
        cluster.ask(Method::POST, &maps, &theirs).await;
        let told = anomalies(&mut target).await;
        assert!(told.len() == 1 && told[0].contains("theirs"), "{told:?}");
        let nobody = Fleet::empty().resolve(resolved.inventory()).unwrap();
        apply(&mut target, &nobody).await;
        let left = cluster.ask(Method::GET, &maps, &json!({})).await;
        let names: Vec<_> = left["items"].as_array().unwrap().iter().collect();
        let is_ours = |map: &&&Json| map["metadata"]["labels"]["app.kubernetes.io/name"] == "motd";
        assert_eq!(names.iter().filter(is_ours).count(), 0);
        assert!(names.iter().any(|map| map["metadata"]["name"] == "theirs"), "{names:?}");
    });
}

#[test]
fn an_empty_plan_of_a_partial_inventory_writes_nothing_and_leaves_what_is_unused() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, _) = applied(&mut cluster).await;
        let devices = resolved.inventory().devices().to_vec();
        let partial = Inventory::new(devices, Coverage::Partial).unwrap();
        let next = deploy(container("recorder").image("acme/recorder:2"));
        let next = next.resolve(&partial).unwrap();
        apply(&mut target, &next).await;
        let n_written = cluster.written().len();
        let seen = target.observe().await.unwrap();
        assert!(!target.is_settled(&seen.state, Coverage::Complete));
        let again = plan(&mut target, &next).await;
        assert!(again.is_empty());
        apply(&mut target, &next).await;
        assert_eq!(cluster.written().len(), n_written);
    });
}
