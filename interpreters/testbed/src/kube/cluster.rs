//! One control plane.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::flags::{Component, MAX_ETCDS, Ports, Setup, write_keys};
use super::probe::Prober;
use super::program::{PROGRAM, STAGES, kubernetes};
use super::users::{ADMIN, Users};
use crate::error::TestbedError;
use crate::health::{Probe, end_of, get, is_healthy, wait_for};
use crate::ports::with_free_ports;
use crate::supervisor::Supervised;
use crate::tls::Certificates;

/// How long a component may take to be ready: all five at once load two cores for seconds.
const WITHIN: Duration = Duration::from_secs(120);

/// How a control plane is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeOptions {
    /// More flags of the API server, such as `--max-requests-inflight=10`; they win over its own.
    pub api_server_flags: Vec<String>,
    /// Whether the controllers, the scheduler and kwok run; without them there are etcd and the API
    /// server only, and no node or pod gets anywhere.
    pub controllers: bool,
    /// How many members etcd has, 1 to 3: with three it outlives the end of one of them.
    pub n_etcds: usize,
    /// The nodes whose kubelets are users, named `system:node:NODE`.
    pub kubelets: Vec<String>,
}

impl Default for KubeOptions {
    /// Everything runs, and no kubelet is a user.
    fn default() -> Self {
        Self { api_server_flags: Vec::new(), controllers: true, n_etcds: 1, kubelets: Vec::new() }
    }
}

/// A Kubernetes control plane on free loopback ports, in a folder of its own; it ends with this value.
///
/// Its nodes and pods are objects that kwok takes through their lives. The API server authorizes by
/// Node and RBAC, and NodeRestriction is on. Its users are `admin`, who may do anything,
/// `escadre`, who may do what `admin` allows it, and the kubelets that
/// [`KubeOptions::kubelets`] names.
#[derive(Debug)]
pub struct KubeCluster {
    // Dropped before the folder, which they write to; see `Component` for the order among them.
    processes: BTreeMap<Component, Supervised>,
    program: PathBuf,
    setup: Setup,
    dir: TempDir,
}

impl KubeCluster {
    /// A control plane as it is by default.
    ///
    /// # Errors
    /// It cannot be built, or is not ready in time.
    pub fn start() -> Result<Self, TestbedError> {
        Self::start_with(&KubeOptions::default())
    }

    /// A control plane with `options`.
    ///
    /// # Errors
    /// It cannot be built, is not ready in time, or a kubelet's node has no possible name.
    pub fn start_with(options: &KubeOptions) -> Result<Self, TestbedError> {
        let home = kubernetes()?;
        with_free_ports(|| {
            let mut cluster = Self::prepare(&home, options, Ports::free()?)?;
            cluster.restart_etcd()?;
            cluster.restart_api_server()?;
            if options.controllers {
                cluster.start_controllers()?;
            }
            Ok(cluster)
        })
    }

    /// A control plane of which nothing runs yet.
    fn prepare(home: &Path, options: &KubeOptions, ports: Ports) -> Result<Self, TestbedError> {
        let dir = tempfile::tempdir().map_err(TestbedError::io(Path::new("a temporary folder")))?;
        let folder = dir.path().to_owned();
        let certificates = Certificates::make()?;
        write_keys(&folder)?;
        let authority = certificates.authority();
        let users = Users::write(&folder, &options.kubelets, &url(ports.api_server), &authority)?;
        let api_server_flags = options.api_server_flags.clone();
        let (stages, n_etcds) = (home.join(STAGES), options.n_etcds.clamp(1, MAX_ETCDS));
        let setup = Setup { folder, ports, certificates, users, n_etcds, api_server_flags, stages };
        Ok(Self { processes: BTreeMap::new(), program: home.join(PROGRAM), setup, dir })
    }

    fn start_controllers(&mut self) -> Result<(), TestbedError> {
        let Ports { controller_manager, scheduler, .. } = self.setup.ports;
        self.run(Component::ControllerManager)?;
        self.run(Component::Scheduler)?;
        self.run(Component::Kwok)?;
        let healthz = |port| format!("{}/healthz", url(port));
        // Without the account no pod can be made; the controllers make it.
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        let account = format!("{}{account}", self.url());
        self.wait_for_urls(Component::Scheduler, &[healthz(scheduler)])?;
        self.wait_for_urls(Component::ControllerManager, &[healthz(controller_manager), account])
    }

    /// Where the API server is.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.setup.ports.api_server)
    }

    /// The kubeconfig of a user, with a context named `testbed`.
    ///
    /// # Errors
    /// The cluster was started without this user.
    pub fn kubeconfig(&self, user: &str) -> Result<PathBuf, TestbedError> {
        self.setup.users.kubeconfig(user)
    }

    /// The HTTP status that a user gets for a GET of `path`, such as `/api/v1/nodes`.
    ///
    /// # Errors
    /// The cluster was started without this user, or there is no answer.
    pub fn status(&self, user: &str, path: &str) -> Result<u16, TestbedError> {
        self.prober(user)?.status(&format!("{}{path}", self.url()))
    }

    /// The folder of the cluster's files, a log of each component among them (`kwok.log`).
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Kills the API server as `kill -9` does.
    pub fn kill_api_server(&mut self) {
        self.kill(Component::ApiServer);
    }

    /// Starts the API server again, on the same port and the same etcd, and waits until it is ready.
    ///
    /// The controllers, the scheduler and kwok outlive it and connect again on their own, the later
    /// the longer it was away: after 20 s without it, a new pod took 45 s to run.
    ///
    /// # Errors
    /// It is not ready in time, as without etcd.
    pub fn restart_api_server(&mut self) -> Result<(), TestbedError> {
        self.kill_api_server();
        self.run(Component::ApiServer)?;
        self.wait_for_api_server()
    }

    /// Kills etcd as `kill -9` does; what it acknowledged is not lost.
    pub fn kill_etcd(&mut self) {
        (0..self.setup.n_etcds).for_each(|member| self.kill(Component::Etcd(member)));
    }

    /// Kills the member of etcd that leads the others, if one does; which one.
    pub fn kill_etcd_leader(&mut self) -> Option<usize> {
        let leads = |port: &u16| {
            let metrics = get(*port, "/metrics").unwrap_or_default();
            metrics.lines().any(|line| line == "etcd_server_is_leader 1")
        };
        let leader = self.setup.ports.etcd.iter().take(self.setup.n_etcds).position(leads)?;
        self.kill(Component::Etcd(leader));
        Some(leader)
    }

    /// Starts etcd again, on the same ports and the same files, those members that do not run, and
    /// waits until it is ready, and the API server too if that runs: it tries again every few seconds.
    ///
    /// # Errors
    /// They are not ready in time.
    pub fn restart_etcd(&mut self) -> Result<(), TestbedError> {
        let members = (0..self.setup.n_etcds).map(Component::Etcd);
        let down: Vec<_> = members.filter(|it| !self.processes.contains_key(it)).collect();
        for member in down {
            self.run(member)?;
        }
        for member in 0..self.setup.n_etcds {
            let port = self.setup.ports.etcd[member];
            self.wait(Component::Etcd(member), || match is_healthy(port, "/health") {
                Ok(()) => Probe::Ready,
                Err(missing) => Probe::NotYet(missing),
            })?;
        }
        if self.processes.contains_key(&Component::ApiServer) {
            self.wait_for_api_server()?;
        }
        Ok(())
    }

    fn wait_for_api_server(&mut self) -> Result<(), TestbedError> {
        let at = |path: &str| format!("{}{path}", self.url());
        // Readiness is of some seconds ago; the namespace is read from etcd now.
        let urls = [at("/readyz"), at("/api/v1/namespaces/default")];
        self.wait_for_urls(Component::ApiServer, &urls)
    }

    fn run(&mut self, component: Component) -> Result<(), TestbedError> {
        let arguments = self.setup.arguments(component)?;
        let process = Supervised::start(&self.program, &arguments, &self.log_path(component));
        self.processes.insert(component, process.map_err(TestbedError::io(&self.program))?);
        Ok(())
    }

    fn kill(&mut self, component: Component) {
        self.processes.remove(&component);
    }

    /// Waits until all of `urls` answer `admin` with 200.
    fn wait_for_urls(&mut self, component: Component, urls: &[String]) -> Result<(), TestbedError> {
        let mut asking = self.prober(ADMIN)?.ask(WITHIN, urls)?;
        self.wait(component, || asking.found())
    }

    /// Waits until `probe` finds `component` ready, unless any of the processes ends before.
    fn wait(
        &mut self,
        component: Component,
        mut probe: impl FnMut() -> Probe,
    ) -> Result<(), TestbedError> {
        let ended = || "it ended by itself".to_owned();
        let log = self.log_path(component);
        // The probe ends by itself after `WITHIN`, and then knows better what is missing.
        let deadline = WITHIN + Duration::from_secs(10);
        let waited = wait_for(component.name(), &log, deadline, || match self.ended() {
            Some(_) => Probe::Never(ended()),
            None => probe(),
        });
        match (waited, self.ended()) {
            (Err(TestbedError::NotReady { waited_ms, .. }), Some(component)) => {
                let log = end_of(&self.log_path(component));
                let program = component.name().to_owned();
                Err(TestbedError::NotReady { program, waited_ms, missing: ended(), log })
            }
            (waited, _) => waited,
        }
    }

    /// A component that ended by itself.
    fn ended(&mut self) -> Option<Component> {
        let mut processes = self.processes.iter_mut();
        processes.find_map(|(component, process)| process.has_ended().then_some(*component))
    }

    fn prober(&self, user: &str) -> Result<Prober, TestbedError> {
        Ok(Prober {
            program: self.program.clone(),
            authority: self.setup.certificates.authority(),
            token: self.setup.users.token(user)?,
        })
    }

    fn log_path(&self, component: Component) -> PathBuf {
        self.dir.path().join(format!("{}.log", component.log()))
    }
}

fn url(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}
