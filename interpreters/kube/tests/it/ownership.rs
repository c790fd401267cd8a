//! Whose objects are: what others made is told with its owners, and taken over only where that is said.

use std::collections::BTreeMap;

use escadre_algebra::{Fleet, Resolved, config_file, container, deploy};
use escadre_interpreter::{Applied, Consent, Interpreter, Silent, Snapshot};
use escadre_kube::{ApplyError, Foreign, Kube, Options, resource_label};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, held, plan, resolved, run, send};

const NODES: [(&str, &str); 2] = [("n1", ""), ("n2", "")];

fn fleet() -> Fleet {
    deploy(container("recorder").image("acme/recorder:1"))
        | deploy(config_file("motd").path("/etc/motd").text("hello\n"))
}

/// The paths of the objects of `fleet` in a cluster that has never had it, by resource.
async fn places(cluster: &mut Cluster) -> (Kube, Resolved, BTreeMap<String, String>) {
    let resolved = resolved(&fleet(), &NODES);
    let mut target = cluster.fresh(resolved.inventory(), Options::default()).await;
    // Names are of contents, so what was there once tells what will be there.
    apply(&mut target, &resolved).await;
    let variants = target.observe().await.unwrap().state.variants("n1");
    let namespace = target.namespace();
    let path = |resource: &str| match resource {
        "recorder" => format!("/apis/apps/v1/namespaces/{namespace}/daemonsets"),
        _ => format!("/api/v1/namespaces/{namespace}/configmaps"),
    };
    let mut places = BTreeMap::new();
    for (name, variant) in &variants {
        places.insert(name.to_string(), format!("{}/{name}-{variant}", path(name.as_str())));
    }
    let nobody = Fleet::empty().resolve(resolved.inventory()).unwrap();
    apply(&mut target, &nobody).await;
    (target, resolved, places)
}

/// Makes `object` at `path`, as `kubectl-create` does.
async fn make(cluster: &Cluster, path: &str, mut object: Json) {
    let (list, name) = path.rsplit_once('/').unwrap();
    object["metadata"]["name"] = name.into();
    cluster.ask(Method::POST, &format!("{list}?fieldManager=kubectl-create"), &object).await;
}

async fn with(target: &mut Kube, resolved: &Resolved, adopt: bool) -> Result<Applied, ApplyError> {
    let plan = plan(target, resolved).await;
    let objects = target.lower(resolved).unwrap();
    let consent = Consent { adopt, ..Consent::default() };
    target.apply(&plan, &objects, &consent, false, &mut Silent).await
}

/// Why `resolved` was not applied; nothing was written.
async fn refused(cluster: &mut Cluster, target: &mut Kube, resolved: &Resolved) -> Foreign {
    let n_before = cluster.written().len();
    let error = with(target, resolved, false).await.unwrap_err();
    let ApplyError::Foreign(foreign) = error else { panic!("{error:?}") };
    assert_eq!(cluster.written()[n_before..], []);
    foreign
}

/// What others made is taken over: it is what the fleet says, and nobody is told of any more.
async fn adopted(target: &mut Kube, resolved: &Resolved) {
    assert_eq!(with(target, resolved, true).await.unwrap().failed, []);
    assert_eq!(held(target).await, Snapshot::wanted(resolved));
    let seen = target.observe().await.unwrap().state;
    assert_eq!(seen.anomalies(), []);
    assert!(plan(target, resolved).await.is_empty());
    assert_eq!(with(target, resolved, false).await.unwrap().n_written, 0);
}

#[test]
fn a_config_map_of_others_is_refused_with_its_owner_and_taken_over_where_that_is_said() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, places) = places(&mut cluster).await;
        let path = &places["motd"];
        let theirs = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "immutable": true,
            "data": {"motd": "theirs", "extra": "x"},
        });
        make(&cluster, path, theirs).await;
        let foreign = refused(&mut cluster, &mut target, &resolved).await;
        let name = path.rsplit_once('/').unwrap().1;
        assert_eq!(
            foreign.to_string(),
            format!(
                "what others made stands where the fleet's own is to be: `ConfigMap {name}`, \
                 of which `kubectl-create` owns data.extra, data.motd, immutable"
            )
        );
        assert!(foreign.help().contains("--adopt"));
        adopted(&mut target, &resolved).await;
        let there = cluster.ask(Method::GET, path, &json!({})).await;
        assert_eq!(there["data"], json!({"motd": "hello\n"}));
    });
}

/// The DaemonSet of the fleet, as a backup has it: nobody remembers who wrote it, and `edit` was done to it.
async fn restored(
    cluster: &Cluster,
    target: &mut Kube,
    resolved: &Resolved,
    path: &str,
    edit: fn(&mut Json),
) {
    apply(target, resolved).await;
    let mut copy = cluster.ask(Method::GET, path, &json!({})).await;
    for field in ["managedFields", "uid", "resourceVersion", "creationTimestamp", "generation"] {
        copy["metadata"].as_object_mut().unwrap().remove(field);
    }
    cluster.ask(Method::DELETE, path, &json!({})).await;
    edit(&mut copy);
    make(cluster, path, copy).await;
}

#[test]
fn a_daemon_set_of_others_holds_nothing_whatever_it_says_and_is_taken_over_with_all_its_fields() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, places) = places(&mut cluster).await;
        let path = &places["recorder"];
        // All that this project reads of it is as it would write it; what runs is another thing.
        restored(&cluster, &mut target, &resolved, path, |set| {
            set["spec"]["template"]["spec"]["hostNetwork"] = true.into();
            set["spec"]["template"]["spec"]["containers"][0]["image"] = "evil/recorder:6".into();
        })
        .await;
        let seen = target.observe().await.unwrap().state;
        let told: Vec<String> = seen.anomalies().iter().map(ToString::to_string).collect();
        assert!(
            told.len() == 1
                && told[0].ends_with("not made by this project, but by `kubectl-create`"),
            "{told:?}"
        );
        assert_eq!(plan(&mut target, &resolved).await.changes().len(), NODES.len());
        let foreign = refused(&mut cluster, &mut target, &resolved).await;
        assert_eq!(foreign.objects().len(), 1);
        let owner = &foreign.objects()[0].owners()[0];
        assert!(
            owner.manager == "kubectl-create" && owner.fields.contains(&"spec.template".to_owned()),
            "{owner:?}"
        );
        let before = cluster.ask(Method::GET, path, &json!({})).await;
        adopted(&mut target, &resolved).await;
        let after = cluster.ask(Method::GET, path, &json!({})).await;
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
        let spec = &after["spec"]["template"]["spec"];
        assert_eq!(spec["containers"][0]["image"], "acme/recorder:1");
        assert_eq!(spec.get("hostNetwork"), None);
    });
}

#[test]
fn a_daemon_set_of_others_that_cannot_be_changed_is_made_anew() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, places) = places(&mut cluster).await;
        let labels = json!({"app": "theirs"});
        let theirs = json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "c", "image": "theirs:1"}]},
                },
            },
        });
        make(&cluster, &places["recorder"], theirs).await;
        refused(&mut cluster, &mut target, &resolved).await;
        adopted(&mut target, &resolved).await;
    });
}

#[test]
fn a_dry_run_says_that_objects_are_of_others_and_takes_nothing_over() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, places) = places(&mut cluster).await;
        let theirs =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"a": "b"}});
        make(&cluster, &places["motd"], theirs).await;
        let n_before = cluster.written().len();
        let found = plan(&mut target, &resolved).await;
        let objects = target.lower(&resolved).unwrap();
        for adopt in [false, true] {
            let consent = Consent { adopt, ..Consent::default() };
            let tried = target.apply(&found, &objects, &consent, true, &mut Silent).await;
            assert_eq!(tried.is_ok(), adopt, "{tried:?}");
        }
        assert_eq!(cluster.written()[n_before..], []);
        let there = cluster.ask(Method::GET, &places["motd"], &json!({})).await;
        assert_eq!(there["data"], json!({"a": "b"}));
    });
}

#[test]
fn who_applies_over_an_object_of_the_fleet_is_refused_by_the_server_which_names_its_owner() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, places) = places(&mut cluster).await;
        apply(&mut target, &resolved).await;
        let theirs = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"labels": {"app.kubernetes.io/name": "theirs"}},
        });
        let path = format!("{}?fieldManager=theirs", places["motd"]);
        let refused = send(&cluster.admin, Method::PATCH, &path, &theirs).await;
        let Err(kube::Error::Api(status)) = refused else { panic!("{refused:?}") };
        let causes = &status.details.as_ref().unwrap().causes;
        assert_eq!((status.code, causes[0].reason.as_str()), (409, "FieldManagerConflict"));
        assert_eq!(causes[0].message, "conflict with \"escadre\"");
        assert_eq!(causes[0].field, ".metadata.labels.app.kubernetes.io/name");
    });
}

#[test]
fn a_label_of_ours_that_others_wrote_is_told_with_who_did_and_written_again() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (mut target, resolved, _) = places(&mut cluster).await;
        apply(&mut target, &resolved).await;
        let label = resource_label(&"recorder".try_into().unwrap());
        // The kubelets of this cluster have the server forget who wrote what, until somebody applies.
        let rack =
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"labels": {"rack": "7"}}});
        cluster.ask(Method::PATCH, "/api/v1/nodes/n2?fieldManager=racks", &rack).await;
        let path = "/api/v1/nodes/n2?fieldManager=kubectl-label";
        let edit = json!([{
            "op": "replace",
            "path": format!("/metadata/labels/{}", label.replace('/', "~1")),
            "value": "a".repeat(20),
        }]);
        cluster.ask(Method::PATCH, path, &edit).await;
        let seen = target.observe().await.unwrap().state;
        let told: Vec<String> = seen.anomalies().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1);
        let begin = format!("Node n2: its label `{label}` was written by `kubectl-label` at 2");
        assert!(told[0].starts_with(&begin), "{told:?}");
        // It is drift like any other, so nobody is asked.
        adopted(&mut target, &resolved).await;
    });
}
