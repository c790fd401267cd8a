//! The conformance suite: a cluster keeps the whole contract, for an ordinary user.

use std::collections::BTreeMap;
use std::time::Duration;

use escadre_algebra::{DeviceId, Digest, Fleet, Inventory, container, deploy, device_id, text};
use escadre_kube::{Kube, Options, member_label, resource_label};
use escadre_laws::conformance::{self, Bench, Hook, Trouble, cases};
use http::Method;
use serde_json::json;

use crate::cluster::{Cluster, held, run};

/// How many nodes are written between two words to the progress: few, so that takeovers fall between.
const N_CHUNK: usize = 3;

fn options(namespace: &str) -> Options {
    Options {
        namespace: namespace.to_owned(),
        n_chunk: N_CHUNK,
        lease: Duration::from_secs(1),
        ..Options::default()
    }
}

impl Bench for Cluster {
    type I = Kube;

    fn offers(&self) -> &'static [Hook] {
        use Hook::{Contents, Drift, Drive, Kills, SecondController, Stamps, Writes};
        match is_quick() {
            false => &[SecondController, Kills, Drift, Stamps, Writes, Drive, Contents],
            true => &[SecondController, Drift, Stamps, Writes, Drive, Contents],
        }
    }

    async fn fresh(&mut self, devices: &Inventory) -> Result<Kube, Trouble> {
        Ok(Self::fresh(self, devices, options("")).await)
    }

    async fn reopen(&mut self, first: &Kube) -> Result<Kube, Trouble> {
        Ok(self.controller(options(first.namespace())))
    }

    async fn kill_after(
        &mut self,
        target: &mut Kube,
        n_writes: Option<usize>,
    ) -> Result<(), Trouble> {
        target.die_after(n_writes.map(|n| n as u64));
        Ok(())
    }

    async fn drift(&mut self, target: &mut Kube, n: usize) -> Result<Vec<DeviceId>, Trouble> {
        let held = held(target).await;
        let mut drifted = Vec::new();
        for (i, (device, configuration)) in held.iter().take(n).enumerate() {
            let first = configuration.resources().keys().next().map(resource_label);
            let labels = match (i % 3, first) {
                (0, Some(label)) => json!({label: null}),
                (1, Some(label)) => json!({label: "another"}),
                _ => json!({member_label(): null}),
            };
            let path = format!("/api/v1/nodes/{device}");
            self.ask(Method::PATCH, &path, &json!({"metadata": {"labels": labels}})).await;
            drifted.push(device.clone());
        }
        Ok(drifted)
    }

    async fn stamps(&mut self, target: &mut Kube) -> Result<BTreeMap<DeviceId, String>, Trouble> {
        let mut n_writes: BTreeMap<String, usize> = BTreeMap::new();
        for (_, resource, name) in self.written() {
            if resource == "nodes" {
                *n_writes.entry(name.clone()).or_default() += 1;
            }
        }
        let stamp = |id: &DeviceId| n_writes.get(id.as_str()).copied().unwrap_or(0).to_string();
        Ok(held(target).await.iter().map(|(id, _)| (id.clone(), stamp(id))).collect())
    }

    async fn writes(&mut self, _: &mut Kube) -> Result<u64, Trouble> {
        Ok(self.written().len() as u64)
    }

    async fn content(
        &mut self,
        target: &mut Kube,
        digest: Digest,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(target.content(digest).await?)
    }

    fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
        Some(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future)))
    }

    fn inexpressible(&self) -> Option<Fleet> {
        Some(deploy(container("web").image(text("acme/") + device_id() + ":1")))
    }

    fn n_batch(&self) -> usize {
        N_CHUNK
    }
}

/// Whether a quick look is asked for: one input a case, and no kills, which take most of the time.
fn is_quick() -> bool {
    std::env::var_os("ESCADRE_KUBE_QUICK").is_some()
}

#[test]
fn a_cluster_keeps_the_whole_contract_for_an_ordinary_user() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let max_inputs = if is_quick() { 1 } else { 4 };
        let options = conformance::Options { max_inputs, ..conformance::Options::default() };
        let report = conformance::run(&mut cluster, &options).await.unwrap();
        println!("{report}");
        assert_eq!(report.failures().count(), 0, "{report}");
        assert!(report.n_not_run() == 0 || is_quick(), "{report}");
        assert_eq!(report.n_passed() + report.n_not_run(), cases::<Cluster>().len());
        for refused in report.refused() {
            assert!(
                refused.why.contains("mentions the device's id"),
                "{}: {}",
                refused.name,
                refused.why
            );
        }
    });
}
