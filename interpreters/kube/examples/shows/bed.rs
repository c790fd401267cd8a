//! A cluster with nodes, the rights of an ordinary user, and an account of what that user asked.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use escadre_algebra::{Inventory, Resolved};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan, Progress, Snapshot};
use escadre_kube::rbac::{Subject, rbac};
use escadre_kube::{Kube, Options};
use escadre_testbed::{KubeCluster, KubeOptions};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Where the objects of the fleet are.
pub(crate) const NAMESPACE: &str = "fleet";
/// The ordinary user.
const USER: &str = "escadre";
/// How many nodes are made at once.
const N_AT_ONCE: usize = 32;
/// How often a condition is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// What the API server writes down: all requests of the ordinary user, as they come in.
const AUDIT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [ResponseStarted, ResponseComplete, Panic]
rules:
- level: Metadata
  users: [escadre]
- level: None
";

/// A control plane, and who asks it.
pub(crate) struct Bed {
    pub(crate) server: KubeCluster,
    pub(crate) admin: Client,
    pub(crate) user: Client,
    audit: PathBuf,
    n_read: u64,
    _folder: TempDir,
}

impl Bed {
    /// A control plane with the flags `flags` of the API server; without controllers nothing makes pods.
    pub(crate) async fn start(flags: &[&str], controllers: bool) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let (policy, audit) = (folder.path().join("policy.yaml"), folder.path().join("audit.log"));
        std::fs::write(&policy, AUDIT)?;
        std::fs::write(&audit, "")?;
        let mut api_server_flags = vec![
            format!("--audit-policy-file={}", policy.display()),
            format!("--audit-log-path={}", audit.display()),
        ];
        api_server_flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let options = KubeOptions { api_server_flags, controllers, ..KubeOptions::default() };
        let server = KubeCluster::start_with(&options)?;
        let admin = client(&server.kubeconfig("admin")?).await?;
        let user = client(&server.kubeconfig(USER)?).await?;
        let bed = Self { server, admin, user, audit, n_read: 0, _folder: folder };
        bed.give_rights().await?;
        Ok(bed)
    }

    /// Makes the namespace, and gives the ordinary user the rights there that the crate prints.
    async fn give_rights(&self) -> Outcome {
        let body =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        let _: Json = self.ask(Method::POST, "/api/v1/namespaces", &body).await?;
        for object in rbac(NAMESPACE, &Subject::User(USER.to_owned())) {
            let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let below = match object["metadata"].get("namespace") {
                Some(_) => format!("namespaces/{NAMESPACE}/{kind}s"),
                None => format!("{kind}s"),
            };
            let path = format!(
                "/apis/rbac.authorization.k8s.io/v1/{below}/{name}?fieldManager=admin&force=true"
            );
            let _: Json = self.ask(Method::PATCH, &path, &object).await?;
        }
        // Rights are in force once the API server has seen them itself.
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/escadre");
        until("the rights are in force", Duration::from_secs(60), async || {
            let answer = send::<Json>(&self.user, Method::GET, &path, &Json::Null).await;
            Ok(matches!(answer, Err(kube::Error::Api(status)) if status.code == 404))
        })
        .await?;
        Ok(())
    }

    /// What the administrator is answered.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Json,
    ) -> Outcome<T> {
        let answer = send(&self.admin, method, path, body).await;
        answer.map_err(|error| format!("{path}: {error}").into())
    }

    /// Makes a node of each device.
    pub(crate) async fn add_nodes(&self, inventory: &Inventory) -> Outcome {
        let making = inventory.devices().iter().map(|facts| {
            let labels = facts.labels().iter();
            let labels: BTreeMap<&str, &str> = labels
                .filter_map(|label| Some((label.key.as_str(), label.value.as_deref()?)))
                .collect();
            let metadata = json!({"name": facts.id().as_str(), "labels": labels});
            let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata});
            async move { self.ask::<Json>(Method::POST, "/api/v1/nodes", &body).await.map(drop) }
        });
        let making = stream::iter(making.collect::<Vec<_>>()).buffer_unordered(N_AT_ONCE);
        making.try_collect().await
    }

    /// A controller, as the ordinary user.
    pub(crate) fn controller(&self, options: &Options) -> Kube {
        let options = Options { namespace: NAMESPACE.to_owned(), ..options.clone() };
        Kube::new(self.user.clone(), "kube:testbed", options)
    }

    /// The requests of the ordinary user since the last call, by verb and resource.
    pub(crate) fn requests(&mut self) -> Outcome<Requests> {
        let mut log = File::open(&self.audit)?;
        log.seek(SeekFrom::Start(self.n_read))?;
        let mut lines = String::new();
        log.read_to_string(&mut lines)?;
        // A line may be half written.
        let lines = &lines[..lines.rfind('\n').map_or(0, |at| at + 1)];
        self.n_read += lines.len() as u64;
        let mut requests = Requests::default();
        for line in lines.lines() {
            let event: Json = serde_json::from_str(line)?;
            let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
            let key = (text(&event["verb"]), text(&event["objectRef"]["resource"]));
            *requests.0.entry(key).or_default() += 1;
        }
        Ok(requests)
    }
}

/// How many requests there were, by verb and resource.
#[derive(Debug, Default)]
pub(crate) struct Requests(BTreeMap<(String, String), usize>);

impl Requests {
    /// How many had one of these verbs, and were about one of these resources.
    pub(crate) fn count(&self, verbs: &[&str], resources: &[&str]) -> usize {
        let of = |(verb, resource): &(String, String)| {
            verbs.contains(&verb.as_str()) && resources.contains(&resource.as_str())
        };
        self.0.iter().filter(|(key, _)| of(key)).map(|(_, n)| n).sum()
    }

    /// How many wrote, and how many read.
    pub(crate) fn n_written_and_read(&self) -> (usize, usize) {
        let reads = |verb: &str| matches!(verb, "get" | "list" | "watch");
        let read = self.0.iter().filter(|((verb, _), _)| reads(verb)).map(|(_, n)| n).sum();
        (self.0.values().sum::<usize>() - read, read)
    }
}

/// A plan and how it was applied.
pub(crate) struct Done {
    pub(crate) plan: Plan,
    pub(crate) applied: Applied,
    /// How long the apply took, without the plan.
    pub(crate) took: Duration,
}

/// What the cluster holds.
pub(crate) async fn held(target: &mut Kube) -> Outcome<Snapshot> {
    let seen = target.observe().await?;
    Ok(target.lift(&seen.state)?)
}

/// Plans and applies `resolved`, however many members leave.
pub(crate) async fn apply(
    target: &mut Kube,
    resolved: &Resolved,
    progress: &mut (dyn Progress + Send),
) -> Outcome<Done> {
    let seen = target.observe().await?;
    let plan = target.plan(resolved, &target.lift(&seen.state)?, &seen.revision);
    let objects = target.lower(resolved)?;
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    let begin = Instant::now();
    let applied = target.apply(&plan, &objects, &consent, false, progress).await?;
    Ok(Done { plan, applied, took: begin.elapsed() })
}

/// Asks again and again until `is_so` says that it is; how long that took.
pub(crate) async fn until(
    what: &str,
    within: Duration,
    mut is_so: impl AsyncFnMut() -> Outcome<bool>,
) -> Outcome<Duration> {
    let begin = Instant::now();
    while !is_so().await? {
        if begin.elapsed() > within {
            return Err(format!("not within {} s: {what}", within.as_secs()).into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(begin.elapsed())
}

/// A client for the user of a kubeconfig, which tries nothing twice.
pub(crate) async fn client(kubeconfig: &Path) -> Outcome<Client> {
    let file = Kubeconfig::read_from(kubeconfig)?;
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

/// What `client` is answered.
pub(crate) async fn send<T: DeserializeOwned>(
    client: &Client,
    method: Method,
    path: &str,
    body: &Json,
) -> Result<T, kube::Error> {
    let content_type = match method {
        Method::PATCH if body.is_array() => "application/json-patch+json",
        Method::PATCH if path.contains("fieldManager") => "application/apply-patch+yaml",
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    let body = if method == Method::GET { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("Content-Type", content_type);
    client.request(request.body(body).map_err(kube::Error::HttpError)?).await
}
