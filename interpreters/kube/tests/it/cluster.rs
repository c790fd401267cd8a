//! A cluster with nodes, the rights of an ordinary user, and an account of what it wrote.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resolved};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan, Progress, Silent};
use escadre_kube::rbac::{Subject, rbac};
use escadre_kube::{ApplyError, Kube, Options};
use escadre_testbed::{KubeCluster, KubeOptions};
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// What the API server writes down: requests of the ordinary user that write, as they come in.
const AUDIT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [ResponseStarted, ResponseComplete, Panic]
rules:
- level: Metadata
  users: [escadre]
  verbs: [create, update, patch, delete]
- level: None
";

/// The output of `future`, driven by several threads.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// A control plane, seen by its administrator.
pub(crate) struct Cluster {
    pub(crate) server: KubeCluster,
    pub(crate) admin: Client,
    user: Client,
    audit: PathBuf,
    n_read: u64,
    written: Vec<(String, String, String)>,
    n_made: usize,
    _folder: TempDir,
}

impl Cluster {
    pub(crate) async fn start(kubelets: &[&str]) -> Self {
        let kubelets = kubelets.iter().map(|name| (*name).to_owned()).collect();
        Self::start_with(KubeOptions { kubelets, ..KubeOptions::default() }).await
    }

    pub(crate) async fn start_with(mut options: KubeOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (policy, audit) = (folder.path().join("policy.yaml"), folder.path().join("audit.log"));
        std::fs::write(&policy, AUDIT).unwrap();
        std::fs::write(&audit, "").unwrap();
        options.api_server_flags.extend([
            format!("--audit-policy-file={}", policy.display()),
            format!("--audit-log-path={}", audit.display()),
        ]);
        let server = KubeCluster::start_with(&options).unwrap();
        let admin = client(&server, "admin").await;
        let user = client(&server, "escadre").await;
        Self {
            server,
            admin,
            user,
            audit,
            n_read: 0,
            written: Vec::new(),
            n_made: 0,
            _folder: folder,
        }
    }

    /// What the administrator is answered.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Json) -> Json {
        let answer = send(&self.admin, method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A namespace of its own, in which the ordinary user has the rights that are printed.
    pub(crate) async fn namespace(&mut self) -> String {
        self.n_made += 1;
        let name = format!("fleet-{}", self.n_made);
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.ask(Method::POST, "/api/v1/namespaces", &body).await;
        for object in rbac(&name, &Subject::User("escadre".to_owned())) {
            let kind = object["kind"].as_str().unwrap().to_lowercase();
            let object_name = object["metadata"]["name"].as_str().unwrap();
            let below = match object["metadata"].get("namespace") {
                Some(_) => format!("namespaces/{name}/{kind}s"),
                None => format!("{kind}s"),
            };
            let path = format!(
                "/apis/rbac.authorization.k8s.io/v1/{below}/{object_name}?fieldManager=admin&force=true"
            );
            self.ask(Method::PATCH, &path, &object).await;
        }
        // Rights are in force once the API server has seen them itself.
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/{name}/leases/escadre");
        until("the rights are in force", async || {
            match send(&self.user, Method::GET, &path, &json!({})).await {
                Err(kube::Error::Api(status)) => status.code == 404,
                _ => false,
            }
        })
        .await;
        name
    }

    /// A controller of an empty fleet, as the ordinary user, in a cluster that has these nodes only.
    pub(crate) async fn fresh(&mut self, devices: &Inventory, options: Options) -> Kube {
        if self.n_made > 0 {
            let old = format!("fleet-{}", self.n_made);
            for path in [
                format!("/apis/apps/v1/namespaces/{old}/daemonsets"),
                format!("/api/v1/namespaces/{old}/configmaps"),
                "/api/v1/nodes".to_owned(),
            ] {
                self.ask(Method::DELETE, &path, &json!({})).await;
            }
        }
        for facts in devices.devices() {
            let labels: BTreeMap<&str, &str> = facts
                .labels()
                .iter()
                .filter_map(|label| Some((label.key.as_str(), label.value.as_deref()?)))
                .collect();
            self.add_node(facts.id().as_str(), &labels).await;
        }
        let namespace = self.namespace().await;
        self.controller(Options { namespace, ..options })
    }

    /// A controller, as the ordinary user.
    pub(crate) fn controller(&self, options: Options) -> Kube {
        Kube::new(self.user.clone(), "kube:testbed", options)
    }

    pub(crate) async fn add_node(&self, name: &str, labels: &BTreeMap<&str, &str>) {
        let body = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        });
        self.ask(Method::POST, "/api/v1/nodes", &body).await;
    }

    /// The requests of the ordinary user that wrote, dry runs apart: verb, resource and name.
    pub(crate) fn written(&mut self) -> &[(String, String, String)] {
        let mut log = File::open(&self.audit).unwrap();
        log.seek(SeekFrom::Start(self.n_read)).unwrap();
        let mut lines = String::new();
        log.read_to_string(&mut lines).unwrap();
        // A line may be half written.
        let lines = &lines[..lines.rfind('\n').map_or(0, |at| at + 1)];
        self.n_read += lines.len() as u64;
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        for line in lines.lines() {
            let event: Json = serde_json::from_str(line).unwrap();
            if !text(&event["requestURI"]).contains("dryRun") {
                let about = &event["objectRef"];
                let write = (text(&event["verb"]), text(&about["resource"]), text(&about["name"]));
                self.written.push(write);
            }
        }
        &self.written
    }
}

/// Asks again and again until `is_so` says that it is.
pub(crate) async fn until(what: &str, is_so: impl AsyncFnMut() -> bool) {
    assert!(comes(is_so).await, "not within a minute: {what}");
}

/// Asks again and again until `is_so` says that it is; whether it did within a minute.
pub(crate) async fn comes(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !is_so().await {
        if begin.elapsed() > Duration::from_secs(60) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

/// A client of `server` for a user.
pub(crate) async fn client(server: &KubeCluster, user: &str) -> Client {
    let file = Kubeconfig::read_from(server.kubeconfig(user).unwrap()).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

pub(crate) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    body: &Json,
) -> Result<Json, kube::Error> {
    let content_type = match method {
        Method::PATCH if body.is_array() => "application/json-patch+json",
        Method::PATCH if path.contains("fieldManager") => "application/apply-patch+yaml",
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    let body = if method == Method::GET { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("Content-Type", content_type);
    client.request(request.body(body).unwrap()).await
}

/// Who holds what, by the labels of the nodes.
pub(crate) async fn held(target: &mut Kube) -> escadre_interpreter::Snapshot {
    let seen = target.observe().await.unwrap();
    target.lift(&seen.state).unwrap()
}

/// `fleet` on nodes of which each has the label `site`, if it is not empty.
pub(crate) fn resolved(fleet: &Fleet, sites: &[(&str, &str)]) -> Resolved {
    let device = |(id, site): &(&str, &str)| {
        let labels = [("site", *site)].into_iter().filter(|(_, site)| !site.is_empty());
        Facts::of(id, labels.collect::<Vec<_>>()).unwrap()
    };
    let inventory = Inventory::new(sites.iter().map(device), Coverage::Complete).unwrap();
    fleet.resolve(&inventory).unwrap()
}

/// What is to be done.
pub(crate) async fn plan(target: &mut Kube, resolved: &Resolved) -> Plan {
    let seen = target.observe().await.unwrap();
    target.plan(resolved, &target.lift(&seen.state).unwrap(), &seen.revision)
}

/// Plans and applies `resolved`.
pub(crate) async fn try_apply(
    target: &mut Kube,
    resolved: &Resolved,
    progress: &mut (dyn Progress + Send),
) -> Result<Applied, ApplyError> {
    let plan = plan(target, resolved).await;
    let objects = target.lower(resolved).unwrap();
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    target.apply(&plan, &objects, &consent, false, progress).await
}

/// Plans and applies `resolved`, on all nodes.
pub(crate) async fn apply(target: &mut Kube, resolved: &Resolved) -> Applied {
    let applied = try_apply(target, resolved, &mut Silent).await.unwrap();
    assert_eq!(applied.failed, []);
    applied
}
