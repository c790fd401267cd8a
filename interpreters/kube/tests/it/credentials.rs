//! Who a controller is: credentials that a program gives, and credentials that expire.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use escadre_algebra::{Fleet, container, deploy};
use escadre_interpreter::{Progress, Silent, Snapshot};
use escadre_kube::{ApplyError, Kube, Options, ServerErrorKind};
use escadre_testbed::KubeOptions;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use serde_json::json;

use crate::cluster::{Cluster, held, resolved, run, try_apply};

const NODES: [(&str, &str); 2] = [("n1", ""), ("n2", "")];

fn fleet() -> Fleet {
    deploy(container("recorder").image("acme/recorder:1"))
}

#[test]
fn a_program_that_gives_credentials_is_run_as_kubectl_runs_it() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&fleet(), &NODES);
        let namespace = cluster.fresh(wanted.inventory(), Options::default()).await;
        let namespace = namespace.namespace().to_owned();
        let path = cluster.server.kubeconfig("escadre").unwrap();
        let mut file = Kubeconfig::read_from(path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("credentials");
        let user = file.auth_infos[0].auth_info.as_mut().unwrap();
        let token = serde_json::to_value(&*user).unwrap()["token"].clone();
        user.token = None;
        let given = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"token": token},
        });
        std::fs::write(&program, format!("#!/bin/sh\necho '{given}'\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let exec = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": program,
            "interactiveMode": "Never",
        });
        user.exec = Some(serde_json::from_value(exec).unwrap());
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
        let client = Client::try_from(config).unwrap();
        let options = Options { namespace, ..Options::default() };
        let mut target = Kube::new(client, "kube:testbed", options);
        assert_eq!(try_apply(&mut target, &wanted, &mut Silent).await.unwrap().n_written, 2);
    });
}

/// An authority that an API server may trust, and the file of its certificate.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "people");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// Credentials of `user` that are good until `end`.
    fn credentials(&self, user: &str, end: SystemTime) -> AuthInfo {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, user);
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        params.not_after = end.into();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        AuthInfo {
            client_certificate_data: Some(STANDARD.encode(certificate)),
            client_key_data: Some(STANDARD.encode(key.serialize_pem()).into()),
            ..AuthInfo::default()
        }
    }
}

/// Once so many nodes are written, waits until `end` is over.
struct Overtime {
    n: usize,
    end: SystemTime,
}

impl Progress for Overtime {
    fn begin(&mut self, _: usize) {}

    fn advance(&mut self, n_done: usize) {
        let begin = Instant::now();
        while n_done == self.n && SystemTime::now() <= self.end {
            assert!(begin.elapsed() < Duration::from_secs(60));
            std::thread::yield_now();
        }
    }

    fn note(&mut self, _: &str) {}
}

#[test]
fn credentials_that_expire_during_an_apply_end_it_and_the_next_one_goes_on() {
    run(async {
        let authority = Authority::new();
        let flag = format!("--client-ca-file={}", authority.file.path().display());
        let options = KubeOptions { api_server_flags: vec![flag], ..KubeOptions::default() };
        let mut cluster = Cluster::start_with(options).await;
        let names: Vec<String> = (0..20).map(|i| format!("n{i:02}")).collect();
        let nodes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let wanted = resolved(&fleet(), &nodes);
        let lease = Duration::from_secs(3);
        let options = Options { n_in_flight: 1, n_chunk: 1, lease, ..Options::default() };
        let mut next = cluster.fresh(wanted.inventory(), options.clone()).await;

        let mut file =
            Kubeconfig::read_from(cluster.server.kubeconfig("escadre").unwrap()).unwrap();
        // Certificates count whole seconds.
        let end = SystemTime::now() + Duration::from_secs(20);
        file.auth_infos[0].auth_info = Some(authority.credentials("escadre", end));
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        let client = Client::try_from(config.unwrap()).unwrap();
        let options = Options { namespace: next.namespace().to_owned(), ..options };
        let mut target = Kube::new(client, "kube:testbed", options);
        let mut progress = Overtime { n: 5, end: end + Duration::from_secs(1) };
        let error = try_apply(&mut target, &wanted, &mut progress).await.unwrap_err();
        let ApplyError::Server(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.kind(), ServerErrorKind::Unknown { .. }), "{error:?}");
        assert!(error.help().unwrap().contains("have expired"), "{error:?}");

        // What was written is whole, and somebody who is known finishes it, once the lease has run out.
        let there = held(&mut next).await;
        let (n_there, whole) = (there.len(), Snapshot::wanted(&wanted));
        assert_eq!(n_there, 5);
        assert!(there.iter().all(|(id, it)| whole.get(id.as_str()) == Some(it)));
        let applied = try_apply(&mut next, &wanted, &mut Silent).await.unwrap();
        assert_eq!((applied.n_written, applied.failed), (15, Vec::new()));
        assert_eq!(held(&mut next).await, whole);
    });
}
