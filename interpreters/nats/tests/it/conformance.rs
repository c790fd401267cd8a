//! The conformance suite: a bucket keeps the whole contract, on one server and on three.

use std::collections::BTreeMap;

use async_nats::jetstream;
use escadre_algebra::{DeviceId, Digest, Fleet, Inventory, config_file, deploy};
use escadre_interpreter::Interpreter;
use escadre_laws::conformance::{Bench, Hook, Options, Trouble, cases, run};
use escadre_nats::{Key, Nats, Options as BucketOptions};
use escadre_testbed::{NatsCluster, NatsServer};

use crate::support;

/// Makes buckets of their own on one server, or on the three of a cluster.
struct Buckets {
    url: String,
    replicas: usize,
    n_made: usize,
}

/// How many messages a batch has here: small, so that an apply has many.
const N_BATCH: usize = 18;

impl Buckets {
    fn new(url: String, replicas: usize) -> Self {
        Self { url, replicas, n_made: 0 }
    }

    async fn open(&self, bucket: String) -> Result<Nats, Trouble> {
        let (replicas, n_batch) = (self.replicas, N_BATCH);
        // One batch at a time: what a controller sent before it died is stored when it is dead.
        let options =
            BucketOptions { bucket, replicas, n_batch, window: 1, ..BucketOptions::default() };
        Ok(Nats::open(support::client(&self.url).await, options).await?)
    }
}

impl Bench for Buckets {
    type I = Nats;

    fn offers(&self) -> &'static [Hook] {
        use Hook::{Contents, Drift, Drive, Kills, SecondController, Stamps, Writes};
        &[SecondController, Kills, Drift, Stamps, Writes, Drive, Contents]
    }

    async fn fresh(&mut self, _: &Inventory) -> Result<Nats, Trouble> {
        self.n_made += 1;
        self.open(format!("conformance-{}", self.n_made)).await
    }

    async fn reopen(&mut self, first: &Nats) -> Result<Nats, Trouble> {
        self.open(first.bucket().to_owned()).await
    }

    async fn kill_after(
        &mut self,
        target: &mut Nats,
        n_writes: Option<usize>,
    ) -> Result<(), Trouble> {
        target.die_after(n_writes.map(|n| n as u64));
        Ok(())
    }

    async fn drift(&mut self, target: &mut Nats, n: usize) -> Result<Vec<DeviceId>, Trouble> {
        let client = support::client(&self.url).await;
        let store = jetstream::new(client).get_key_value(target.bucket()).await?;
        let held = support::held(target).await;
        let mut drifted = Vec::new();
        for (i, (device, configuration)) in held.iter().take(n).enumerate() {
            let names = configuration.resources().keys();
            let first = names.into_iter().next().cloned();
            let first = first.map(|name| Key::Resource(device.clone(), name).to_string());
            match (i % 3, first) {
                (0, Some(key)) => drop(store.put(key, r#"{"writer":"another"}"#.into()).await?),
                (1, Some(key)) => store.delete(key).await?,
                _ => store.delete(Key::Manifest(device.clone()).to_string()).await?,
            }
            drifted.push(device.clone());
        }
        Ok(drifted)
    }

    async fn stamps(&mut self, target: &mut Nats) -> Result<BTreeMap<DeviceId, String>, Trouble> {
        let world = target.observe().await?.state;
        let members = target.lift(&world)?;
        let stamp = |id: &DeviceId| world.device_sequence(id.as_str()).unwrap_or(0).to_string();
        Ok(members.iter().map(|(id, _)| (id.clone(), stamp(id))).collect())
    }

    async fn writes(&mut self, target: &mut Nats) -> Result<u64, Trouble> {
        Ok(target.observe().await?.state.sequence())
    }

    async fn content(
        &mut self,
        target: &mut Nats,
        digest: Digest,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(target.content(digest).await?)
    }

    fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
        Some(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future)))
    }

    fn inexpressible(&self) -> Option<Fleet> {
        Some(deploy(config_file("model").path("/model").digest(Digest::of(b"elsewhere"), 9)))
    }

    fn n_batch(&self) -> usize {
        // A device has two resources and a manifest.
        N_BATCH / 3
    }
}

fn keeps_the_whole_contract(mut buckets: Buckets, max_inputs: usize) {
    let options = Options { max_inputs, ..Options::default() };
    let report = support::run(run(&mut buckets, &options)).unwrap();
    println!("{report}");
    assert_eq!((report.failures().count(), report.n_not_run()), (0, 0), "{report}");
    assert_eq!(report.n_passed(), cases::<Buckets>().len());
    assert!(report.refused().is_empty(), "{report}");
}

#[test]
fn a_bucket_on_one_server_keeps_the_whole_contract() {
    let server = NatsServer::start().unwrap();
    keeps_the_whole_contract(Buckets::new(server.url(), 1), 8);
}

#[test]
fn a_bucket_on_three_servers_keeps_the_whole_contract() {
    let cluster = NatsCluster::start().unwrap();
    keeps_the_whole_contract(Buckets::new(cluster.url(), 3), 3);
}
