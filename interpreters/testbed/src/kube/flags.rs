//! The components, and how each is started.

use std::path::{Path, PathBuf};

use rcgen::KeyPair;

use super::users::{ADMIN, Users, write_secret};
use crate::error::TestbedError;
use crate::ports::free_ports;
use crate::tls::Certificates;

/// A process of the control plane.
// INVARIANT: in the order in which they are stopped, a client before what it talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Component {
    Kwok,
    Scheduler,
    ControllerManager,
    ApiServer,
    /// A member of the storage, counted from 0.
    Etcd(usize),
}

impl Component {
    /// Its name, which is the program's first argument.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kwok => "kwok",
            Self::Scheduler => "kube-scheduler",
            Self::ControllerManager => "kube-controller-manager",
            Self::ApiServer => "kube-apiserver",
            Self::Etcd(_) => "etcd",
        }
    }

    /// The name of its log, without the ending.
    pub(crate) fn log(self) -> String {
        match self {
            Self::Etcd(member @ 1..) => format!("etcd-{member}"),
            _ => self.name().to_owned(),
        }
    }
}

/// How many members the storage may have.
pub(crate) const MAX_ETCDS: usize = 3;

/// The loopback ports of a control plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// Those of the storage's members.
    pub(crate) etcd: [u16; MAX_ETCDS],
    etcd_peer: [u16; MAX_ETCDS],
    pub(crate) api_server: u16,
    pub(crate) controller_manager: u16,
    pub(crate) scheduler: u16,
}

impl Ports {
    /// Ports that were free a moment ago.
    pub(crate) fn free() -> Result<Self, TestbedError> {
        let [a, b, c, d, e, f, api_server, controller_manager, scheduler] = free_ports()?;
        let (etcd, etcd_peer) = ([a, b, c], [d, e, f]);
        Ok(Self { etcd, etcd_peer, api_server, controller_manager, scheduler })
    }
}

/// What the flags of the components name.
#[derive(Debug)]
pub(crate) struct Setup {
    /// Where all files are.
    pub(crate) folder: PathBuf,
    pub(crate) ports: Ports,
    pub(crate) certificates: Certificates,
    pub(crate) users: Users,
    /// How many members the storage has.
    pub(crate) n_etcds: usize,
    /// More flags of the API server.
    pub(crate) api_server_flags: Vec<String>,
    /// The file of kwok's stages.
    pub(crate) stages: PathBuf,
}

impl Setup {
    /// The arguments that start a component.
    pub(crate) fn arguments(&self, component: Component) -> Result<Vec<String>, TestbedError> {
        let admin = format!("--kubeconfig={}", self.users.kubeconfig(ADMIN)?.display());
        let mut arguments = vec![component.name().to_owned()];
        arguments.extend(match component {
            Component::Etcd(member) => self.etcd(member),
            Component::ApiServer => self.api_server(),
            Component::ControllerManager => self.controller_manager(admin),
            Component::Scheduler => self.client(admin, self.ports.scheduler),
            Component::Kwok => self.kwok(admin),
        });
        Ok(arguments)
    }

    fn etcd(&self, member: usize) -> Vec<String> {
        let client = url(self.ports.etcd[member]);
        let peer = url(self.ports.etcd_peer[member]);
        let peers = self.ports.etcd_peer.iter().take(self.n_etcds).enumerate();
        let peers: Vec<_> = peers.map(|(i, port)| format!("etcd-{i}={}", url(*port))).collect();
        vec![
            format!("--name=etcd-{member}"),
            format!("--data-dir={}", self.file(&format!("etcd-{member}"))),
            // What is written outlives a killed process, though not the machine.
            "--unsafe-no-fsync".to_owned(),
            "--log-level=warn".to_owned(),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster={}", peers.join(",")),
        ]
    }

    fn api_server(&self) -> Vec<String> {
        let etcds = self.ports.etcd.iter().take(self.n_etcds).map(|port| url(*port));
        let mut flags = vec![
            format!("--etcd-servers={}", etcds.collect::<Vec<_>>().join(",")),
            format!("--secure-port={}", self.ports.api_server),
            "--advertise-address=127.0.0.1".to_owned(),
            // No Service leads to it: nothing runs inside of the cluster.
            "--endpoint-reconciler-type=none".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            format!("--token-auth-file={}", self.users.table().display()),
            "--authorization-mode=Node,RBAC".to_owned(),
            "--enable-admission-plugins=NodeRestriction".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", self.file(PUBLIC_KEY)),
            format!("--service-account-signing-key-file={}", self.file(PRIVATE_KEY)),
        ];
        flags.extend(self.serving());
        flags.extend(self.api_server_flags.iter().cloned());
        flags
    }

    fn controller_manager(&self, admin: String) -> Vec<String> {
        let mut flags = self.client(admin, self.ports.controller_manager);
        flags.extend([
            // Longer than the ten minutes after which kwok tells again that a node is ready.
            "--node-monitor-grace-period=1h".to_owned(),
            format!("--root-ca-file={}", self.certificates.authority().display()),
            format!("--service-account-private-key-file={}", self.file(PRIVATE_KEY)),
        ]);
        flags
    }

    /// What the controllers and the scheduler have in common.
    fn client(&self, admin: String, port: u16) -> Vec<String> {
        let mut flags = vec![
            admin,
            "--leader-elect=false".to_owned(),
            format!("--secure-port={port}"),
            // The defaults let a thousand pods wait for minutes.
            "--kube-api-qps=1000".to_owned(),
            "--kube-api-burst=1000".to_owned(),
        ];
        flags.extend(self.serving());
        flags
    }

    fn serving(&self) -> [String; 3] {
        let (certificate, key) = self.certificates.server();
        [
            "--bind-address=127.0.0.1".to_owned(),
            format!("--tls-cert-file={}", certificate.display()),
            format!("--tls-private-key-file={}", key.display()),
        ]
    }

    fn kwok(&self, admin: String) -> Vec<String> {
        vec![
            admin,
            format!("--config={}", self.stages.display()),
            "--manage-all-nodes".to_owned(),
            // CHOICE: no leases. Where a node is deleted and made again, kwok renews the lease of
            // the old one, which the garbage collector then deletes: the new node's pods do not run
            // until the next renewal.
            "--node-lease-duration-seconds=0".to_owned(),
        ]
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

const PRIVATE_KEY: &str = "service-accounts.key";
const PUBLIC_KEY: &str = "service-accounts.pub";

/// Writes the keys that sign and verify the tokens of service accounts.
pub(crate) fn write_keys(folder: &Path) -> Result<(), TestbedError> {
    let key = KeyPair::generate()
        .map_err(|error| TestbedError::Certificate { why: error.to_string() })?;
    write_secret(&folder.join(PRIVATE_KEY), &key.serialize_pem())?;
    write_secret(&folder.join(PUBLIC_KEY), &key.public_key_pem())
}
