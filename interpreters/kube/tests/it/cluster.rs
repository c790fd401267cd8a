//! A cluster with nodes, the rights of an ordinary user, and an account of what it wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use escadre_algebra::Inventory;
use escadre_interpreter::Interpreter;
use escadre_kube::rbac::{Subject, rbac};
use escadre_kube::{Kube, Options};
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
    audit: PathBuf,
    n_made: usize,
    _folder: TempDir,
}

impl Cluster {
    pub(crate) async fn start(kubelets: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (policy, audit) = (folder.path().join("policy.yaml"), folder.path().join("audit.log"));
        std::fs::write(&policy, AUDIT).unwrap();
        std::fs::write(&audit, "").unwrap();
        let options = KubeOptions {
            api_server_flags: vec![
                format!("--audit-policy-file={}", policy.display()),
                format!("--audit-log-path={}", audit.display()),
            ],
            kubelets: kubelets.iter().map(|name| (*name).to_owned()).collect(),
            ..KubeOptions::default()
        };
        let server = KubeCluster::start_with(&options).unwrap();
        let admin = client(&server, "admin").await;
        Self { server, admin, audit, n_made: 0, _folder: folder }
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
                .filter_map(|label| Some((label.key().as_str(), label.value()?)))
                .collect();
            self.add_node(facts.id().as_str(), &labels).await;
        }
        let namespace = self.namespace().await;
        self.controller(Options { namespace, ..options }).await
    }

    /// A controller, as the ordinary user.
    pub(crate) async fn controller(&self, options: Options) -> Kube {
        Kube::new(client(&self.server, "escadre").await, "kube:testbed", options)
    }

    pub(crate) async fn add_node(&self, name: &str, labels: &BTreeMap<&str, &str>) {
        let body = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        });
        self.ask(Method::POST, "/api/v1/nodes", &body).await;
    }

    /// The requests of the ordinary user that wrote, dry runs apart: verb, resource and name.
    pub(crate) fn writes(&self) -> Vec<(String, String, String)> {
        let log = std::fs::read_to_string(&self.audit).unwrap();
        let events = log.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let written = events.filter(|event| {
            !event["requestURI"].as_str().unwrap_or_default().contains("dryRun")
        });
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let write = |event: Json| {
            let about = &event["objectRef"];
            (text(&event["verb"]), text(&about["resource"]), text(&about["name"]))
        };
        written.map(write).collect()
    }
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
