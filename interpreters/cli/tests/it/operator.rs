//! The operator as a process: installed with what it prints, killed, succeeded, and stopped.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::cluster::Cluster;
use crate::program::{ESCADRE, command, escadre, fixtures, stderr, stdout};

const FLEET: &str = "/apis/escadre.github.io/v1alpha1/namespaces/default/fleets/cameras";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases/escadre-operator";
const ARGUMENTS: [&str; 7] =
    ["operator", "--own-namespace", "default", "--leadership", "2", "--lease", "1"];

/// An operator; it ends with this value.
struct Process(Child);

impl Process {
    fn start(cluster: &Cluster) -> Self {
        let mut command = command(Path::new(ESCADRE), &ARGUMENTS);
        command.env("KUBECONFIG", cluster.kubeconfig()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Asks it to end, and waits until it has: its exit code.
    fn terminate(&mut self) -> Option<i32> {
        let kill = ["-c", &format!("kill -TERM {}", self.0.id())];
        assert!(std::process::Command::new("sh").args(kill).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(seen) = seen() {
            return seen;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The object, once it is ready for the version of its specification that stands.
fn ready(cluster: &Cluster) -> Json {
    until("the object is ready", || {
        let object = cluster.get(FLEET);
        let status = &object["status"];
        let is_ready = status["conditions"][0]["status"] == "True";
        let is_new = status["observedGeneration"] == object["metadata"]["generation"];
        (is_ready && is_new).then_some(object)
    })
}

fn holder(cluster: &Cluster) -> String {
    cluster.get(LEASE)["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
}

fn listed(arguments: &[&str]) -> Vec<Json> {
    let list: Json = serde_json::from_str(&stdout(&escadre(arguments))).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn install(cluster: &Cluster) {
    for definition in listed(&["operator", "crd", "--format", "json"]) {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        cluster.make(path, &definition);
    }
    let rights = ["operator", "rbac", "--own-namespace", "default", "--user", "escadre"];
    for object in listed(&[&rights[..], &["--format", "json"]].concat()) {
        let kind = object["kind"].as_str().unwrap().to_lowercase();
        let namespace = object["metadata"].get("namespace").and_then(Json::as_str);
        let below = namespace.map(|it| format!("namespaces/{it}/")).unwrap_or_default();
        cluster.make(&format!("/apis/rbac.authorization.k8s.io/v1/{below}{kind}s"), &object);
    }
    let fleets = "/apis/escadre.github.io/v1alpha1/fleets";
    until("the rights are in force", || {
        (cluster.status(fleets) == 200 && cluster.status(LEASE) == 404).then_some(())
    });
}

#[test]
fn an_operator_that_is_killed_is_succeeded_and_one_that_is_stopped_leaves_the_lease() {
    let cluster = Cluster::start();
    let once = |code: i32| {
        let mut command = command(Path::new(ESCADRE), &[&ARGUMENTS[..], &["--once"]].concat());
        let output = command.env("KUBECONFIG", cluster.kubeconfig()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        if code == 0 { stdout(&output) } else { stderr(&output) }
    };
    let missing = once(1);
    assert!(missing.contains("escadre operator"), "{missing}");
    install(&cluster);
    assert_eq!(once(0), "");
    cluster.add_node("cam-1", &json!({"role": "camera", "site": "lyon", "firmware": "1.9"}));
    let fleet = |name: &str| {
        let text = std::fs::read_to_string(fixtures().join(name)).unwrap();
        json!({"inline": serde_json::from_str::<Json>(&text).unwrap()})
    };
    let object = json!({
        "apiVersion": "escadre.github.io/v1alpha1", "kind": "Fleet",
        "metadata": {"name": "cameras"}, "spec": {"fleet": fleet("older.lock"), "intervalSeconds": 1},
    });
    cluster.make(FLEET.trim_end_matches("/cameras"), &object);
    let mut first = Process::start(&cluster);
    ready(&cluster);
    let leader = holder(&cluster);
    let mut second = Process::start(&cluster);
    first.0.kill().unwrap();
    let killed = Instant::now();
    cluster.edit(FLEET, &json!({"spec": {"fleet": fleet("fleet.lock")}}));
    let object = ready(&cluster);
    println!("succeeded {:.1} s after kill -9", killed.elapsed().as_secs_f64());
    assert_eq!(object["status"]["lastApplied"]["fleet"], object["status"]["fleet"]);
    assert_ne!(holder(&cluster), leader);
    assert_eq!(second.terminate(), Some(0));
    assert_eq!(holder(&cluster), "");
    let told = once(0);
    assert!(told.starts_with("default/cameras: InSync: 1 device holds the fleet "), "{told}");
}
