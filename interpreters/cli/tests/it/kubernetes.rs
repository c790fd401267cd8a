//! A Kubernetes cluster as a target and as an inventory, on a real control plane.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, DAEMON_SETS, LEASE, until};
use crate::program::{ESCADRE, command, escadre, stderr, stdout};

const ON: [&str; 4] = ["-i", "kube:testbed", "--target", "kube:testbed?lease=1"];

/// What the binary prints and says, with the contexts of `kubeconfig`; it must end with `code`.
fn ends(code: i32, kubeconfig: &Path, arguments: &[&str]) -> String {
    let mut command = command(Path::new(ESCADRE), arguments);
    let output = command.env("KUBECONFIG", kubeconfig).output().unwrap();
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

fn assert_tells(told: &str, all: &[&str]) {
    for text in all {
        assert!(told.contains(text), "`{text}` is not in: {told}");
    }
}

#[test]
fn a_fleet_is_planned_applied_and_mended_in_a_cluster_with_the_rights_that_are_printed() {
    let cluster = Cluster::start();
    cluster.add_node("cam-1", &json!({"role": "camera", "site": "lyon"}));
    cluster.add_node("cam-2", &json!({"role": "camera", "site": "oslo", "firmware": "2.4.0"}));
    cluster.add_node("gate-1", &json!({"role": "gateway", "site": "lyon"}));
    cluster.add_node("pc-7", &json!({"role": "desk"}));
    nobody_without_rights_is_told_anything(&cluster);
    let rights = escadre(&["kube", "rbac", "--user", "escadre", "--format", "json"]);
    cluster.grant(&serde_json::from_str(&stdout(&rights)).unwrap());
    nodes_are_an_inventory_like_any_other(&cluster);
    a_plan_is_carried_out_once(&cluster);
    the_status_says_which_pods_are_not_as_they_should(&cluster);
    what_others_change_is_drift_and_mended(&cluster);
    what_others_made_is_taken_over_where_that_is_said(&cluster);
    what_a_killed_apply_left_behind_is_tidied_up_unasked(&cluster);
}

fn nobody_without_rights_is_told_anything(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    for arguments in
        [&["inventory", "kube:"][..], &["plan", "-i", "devices.jsonl", "--target", "kube:testbed"]]
    {
        let denied = ends(1, &kubeconfig, arguments);
        assert_tells(&denied, &["the rights are not enough", "`escadre kube rbac` prints"]);
    }
    let unknown = ends(1, &kubeconfig, &["select", "role", "-i", "kube:prod"]);
    assert_tells(&unknown, &["no context `prod`, but `testbed`", "kubectl config get-contexts"]);
}

fn nodes_are_an_inventory_like_any_other(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let ends = |arguments: &[&str]| ends(0, &kubeconfig, arguments);
    let summary = ends(&["inventory", "kube:"]);
    assert_tells(&summary, &["4 devices (complete)", "firmware", "camera (2)"]);
    assert_tells(&ends(&["inventory", "-i", "kube:testbed", "--partial"]), &["(partial"]);
    let listed = cluster.get("/api/v1/nodes").to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nodes.json");
    fs::write(&file, listed).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(summary, ends(&["inventory", "--inventory-format", "kubernetes", file]));
    let select = |inventory| ends(&["select", "role in (camera, desk)", "-i", inventory]);
    assert_eq!(select("kube:"), "cam-1\ncam-2\npc-7\n");
    assert_eq!(select("kube:"), select(file));
    assert_tells(&ends(&["render", "-i", "kube:", "cam-2"]), &["acme/recorder:2.3.1"]);
    assert_tells(&ends(&["diff", "older.lock", "-i", "kube:"]), &["cam-1"]);
}

fn a_plan_is_carried_out_once(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let ends = |code, words: &[&str]| ends(code, &kubeconfig, &[words, &ON].concat());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("next.plan");
    let file = file.to_str().unwrap();
    let planned = ends(2, &["plan", "--detailed-exitcode", "--out", file]);
    let next = "apply -i kube:testbed --target 'kube:testbed?lease=1'";
    assert_tells(&planned, &["kube:testbed?namespace=default", "3 added, 0 changed", next]);
    let missing = ends(1, &["apply"]);
    assert_tells(&missing, &["nobody can be asked"]);
    assert_tells(&ends(0, &["apply", "--dry-run"]), &["3 devices would be written"]);
    assert!(cluster.is_untouched());
    let elsewhere = ["apply", "--yes", file, "-i", "kube:", "--target", "kube:?namespace=other"];
    let elsewhere = self::ends(1, &kubeconfig, &elsewhere);
    assert!(!elsewhere.contains("Applied"), "{elsewhere}");
    let applied = ends(0, &["apply", "--yes", file]);
    assert_tells(&applied, &["Applied to kube:testbed?namespace=default: 3 devices written"]);
    assert!(!cluster.is_untouched());
    ends(0, &["plan", "--detailed-exitcode"]);
    assert_tells(&ends(0, &["drift", "--detailed-exitcode"]), &["No drift: 3 members"]);
    let again = ends(0, &["apply"]);
    assert!(!again.contains("Applied"), "{again}");
    assert_tells(&ends(0, &["explain", "cam-1"]), &["all of that is held"]);
    // What Escadre itself writes on nodes is no label of a device.
    let summary = self::ends(0, &kubeconfig, &["inventory", "kube:"]);
    assert!(!summary.contains("escadre"), "{summary}");
}

fn the_status_says_which_pods_are_not_as_they_should(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let status = ["kube", "status", "kube:testbed", "--detailed-exitcode"];
    let pods = "/api/v1/namespaces/default/pods";
    let done = ["3 members: 3 up to date, 0 behind, 0 in trouble"];
    until("all pods are ready", || {
        let output = command(Path::new(ESCADRE), &status).env("KUBECONFIG", &kubeconfig).output();
        output.unwrap().status.code() == Some(0)
    });
    let told = ends(0, &kubeconfig, &status);
    assert_tells(&told, &done);
    assert_tells(&told, &["RESOURCE", "OBJECT", "NODES   PODS   READY", "recorder-"]);
    let list = cluster.get(pods);
    let of = |node: &str| {
        let mut all = list["items"].as_array().unwrap().iter();
        let pod = all.find(|pod| pod["spec"]["nodeName"] == node).unwrap();
        pod["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let (broken, gone) = (of("cam-1"), of("cam-2"));
    let waiting = json!({"reason": "ImagePullBackOff", "message": "no such image"});
    let name = broken.split('-').next().unwrap();
    cluster.edit(
        &format!("{pods}/{broken}/status"),
        &json!({"status": {
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [{
                "name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": waiting},
            }],
        }}),
    );
    let told = ends(2, &kubeconfig, &status);
    let why = format!("`cam-1`: {broken}: ImagePullBackOff no such image");
    assert_tells(&told, &["3 members: 2 up to date, 0 behind, 1 in trouble", &why]);
    let json = ends(0, &kubeconfig, &["kube", "status", "kube:testbed", "--format", "json"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    let device = &json["devices"].as_array().unwrap()[0];
    assert_eq!(device["device"], "cam-1");
    assert_eq!(device["standing"], "troubled");
    assert!(json["objects"].as_array().unwrap().iter().any(|it| it["ready"] != it["nodes"]));
    // The controller of DaemonSets makes others in their stead.
    for pod in [&broken, &gone] {
        cluster.delete(&format!("{pods}/{pod}?gracePeriodSeconds=0"));
    }
    until("all pods are ready", || {
        let output = command(Path::new(ESCADRE), &status).env("KUBECONFIG", &kubeconfig).output();
        output.unwrap().status.code() == Some(0)
    });
}

fn what_others_change_is_drift_and_mended(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let ends = |code, words: &[&str]| ends(code, &kubeconfig, &[words, &ON].concat());
    let detailed = |command| ends(2, &[command, "--detailed-exitcode"]);
    let mended = || {
        ends(0, &["apply", "--yes"]);
        let drift = ends(0, &["drift", "--detailed-exitcode"]);
        assert!(!drift.contains("note:"), "{drift}");
    };
    let recorder = "escadre.node-restriction.kubernetes.io/recorder";
    cluster.edit("/api/v1/nodes/cam-1", &json!({"metadata": {"labels": {recorder: null}}}));
    assert_tells(&detailed("drift"), &["1 device differs: cam-1", "recorder"]);
    assert_tells(&ends(0, &["explain", "cam-1"]), &["expected, found nothing"]);
    mended();
    // A desk becomes a gateway.
    cluster.edit("/api/v1/nodes/pc-7", &json!({"metadata": {"labels": {"role": "gateway"}}}));
    assert_tells(&detailed("drift"), &["1 device is missing: pc-7"]);
    mended();
    let sets = cluster.get(DAEMON_SETS);
    let image = |set: &Json| set["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    let set = sets["items"].as_array().unwrap();
    let set = set.iter().find(|set| image(set) == "ghcr.io/acme/recorder:2.3").unwrap();
    let (name, container) = (set["metadata"]["name"].as_str().unwrap(), "recorder");
    let containers = json!([{"name": container, "image": "evil:1"}]);
    let path = format!("{DAEMON_SETS}/{name}");
    cluster.edit(&path, &json!({"spec": {"template": {"spec": {"containers": containers}}}}));
    let drift = detailed("drift");
    let note = format!("note: `DaemonSet {name}`: its spec was changed by `kubectl-edit` at ");
    assert_tells(&drift, &["1 device differs: cam-1", &note]);
    assert_tells(&detailed("plan"), &["0 added, 1 changed, 0 removed"]);
    mended();
    assert_eq!(image(&cluster.get(&path)), "ghcr.io/acme/recorder:2.3");
}

fn what_others_made_is_taken_over_where_that_is_said(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let ends = |code, words: &[&str]| ends(code, &kubeconfig, &[words, &ON].concat());
    let sets = cluster.get(DAEMON_SETS);
    let name = sets["items"][0]["metadata"]["name"].as_str().unwrap();
    cluster.restore(&format!("{DAEMON_SETS}/{name}"));
    let told = ends(2, &["drift", "--detailed-exitcode"]);
    assert_tells(&told, &["it was not made by this project, but by `backup`"]);
    let refused = ends(1, &["apply", "--yes"]);
    assert_tells(&refused, &[&format!("`DaemonSet {name}`, of which `backup` owns"), "`--adopt`"]);
    assert_tells(&ends(0, &["apply", "--yes", "--adopt"]), &["is taken over"]);
    ends(0, &["drift", "--detailed-exitcode"]);
}

fn what_a_killed_apply_left_behind_is_tidied_up_unasked(cluster: &Cluster) {
    let kubeconfig = cluster.kubeconfig();
    let ends = |code, words: &[&str]| ends(code, &kubeconfig, &[words, &ON].concat());
    let ended = "escadre.github.io/ended";
    // As a controller leaves it that is killed after its last write.
    cluster.edit(LEASE, &json!({"metadata": {"annotations": {ended: "in-progress"}}}));
    let is_ended = || cluster.get(LEASE)["metadata"]["annotations"][ended] == "done";
    ends(0, &["plan", "--detailed-exitcode"]);
    let dry = ends(0, &["apply", "--dry-run"]);
    assert_tells(&dry, &["the last apply did not end", "it would be tidied up", "0 devices would"]);
    assert!(!is_ended());
    assert_tells(&ends(0, &["apply"]), &["tidying up", "Applied to kube:testbed"]);
    assert!(is_ended());
    let settled = ends(0, &["apply"]);
    assert!(!settled.contains("tidying up"), "{settled}");
}

#[test]
fn what_names_no_cluster_is_an_error_that_says_what_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let no_config = ends(1, &file, &["inventory", "kube:"]);
    assert_tells(&no_config, &["there is no kubeconfig", "KUBECONFIG"]);
    let empty =
        json!({"apiVersion": "v1", "kind": "Config", "contexts": [], "clusters": [], "users": []});
    fs::write(&file, empty.to_string()).unwrap();
    let none = ends(1, &file, &["drift", "-i", "devices.jsonl", "--target", "kube:prod"]);
    assert_tells(&none, &["the kubeconfig has no context `prod`", "kubectl config get-contexts"]);
    let option = ends(1, &file, &["inventory", "kube:prod?name=x"]);
    assert_tells(
        &option,
        &["`kube:prod?name=x` is no cluster", "`name=x` is no option", "./kube:"],
    );
    let target = ["plan", "-i", "devices.jsonl", "--target", "kube:prod?namespace=Fleet"];
    assert_tells(&ends(1, &file, &target), &["`namespace=Fleet` is no option"]);
}

#[test]
fn the_rights_are_yaml_documents_or_one_list_for_a_user_or_an_account() {
    let printed = stdout(&escadre(&["kube", "rbac", "--namespace", "fleet"]));
    assert_eq!(printed.matches("---\n").count(), 4);
    let list = ["kube", "rbac", "--namespace", "fleet", "--format", "json"];
    let list: Json = serde_json::from_str(&stdout(&escadre(&list))).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("v1"), &json!("List")));
    let subject = json!({"kind": "ServiceAccount", "name": "escadre", "namespace": "fleet"});
    assert_eq!(list["items"][3]["subjects"][0], subject);
    let both = escadre(&["kube", "rbac", "--user", "ann", "--service-account", "bot"]);
    assert!(stderr(&both).contains("cannot be used with"), "{}", stderr(&both));
    let bad = escadre(&["kube", "rbac", "--namespace", "Fleet"]);
    assert_eq!(bad.status.code(), Some(1));
}
