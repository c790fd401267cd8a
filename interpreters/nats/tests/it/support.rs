//! Fleets, inventories, one turn of the crank, and what is logged meanwhile.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resolved, Resource, deploy, label};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan, Silent, Snapshot};
use escadre_nats::{ApplyError, Nats, Options};

/// The output of `future`, driven by several threads.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// The output of `future`, which must come soon, however long the patience is.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap()
}

/// Devices `d000`…, in three sites.
pub(crate) fn inventory(n: usize) -> Inventory {
    let devices =
        (0..n).map(|i| Facts::of(&format!("d{i:03}"), [("site", ["a", "b", "c"][i % 3])]).unwrap());
    Inventory::new(devices, Coverage::Complete).unwrap()
}

/// Two resources for everyone, one of them with a text of its own for each site.
pub(crate) fn fleet(version: i64) -> Fleet {
    let recorder = Resource::new("recorder").set("version", version).set("site", label("site"));
    deploy(recorder) | deploy(Resource::new("motd").set("text", format!("hello {version}")))
}

pub(crate) fn resolve(fleet: &Fleet, inventory: &Inventory) -> Resolved {
    fleet.resolve(inventory).unwrap()
}

pub(crate) async fn client(url: &str) -> async_nats::Client {
    let servers: Vec<async_nats::ServerAddr> =
        url.split(',').map(|url| url.parse().unwrap()).collect();
    async_nats::connect(servers).await.unwrap()
}

pub(crate) async fn open(url: &str, bucket: &str) -> Nats {
    let options = Options { bucket: bucket.to_owned(), ..Options::default() };
    Nats::open(client(url).await, options).await.unwrap()
}

pub(crate) async fn held(target: &mut Nats) -> Snapshot {
    let seen = target.observe().await.unwrap();
    target.lift(&seen.state).unwrap()
}

pub(crate) async fn plan(target: &mut Nats, resolved: &Resolved) -> Plan {
    let seen = target.observe().await.unwrap();
    target.plan(resolved, &target.lift(&seen.state).unwrap(), &seen.revision)
}

pub(crate) async fn apply(
    target: &mut Nats,
    plan: &Plan,
    resolved: &Resolved,
) -> Result<Applied, ApplyError> {
    let objects = target.lower(resolved).unwrap();
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    target.apply(plan, &objects, &consent, false, &mut Silent).await
}

/// Plans and applies.
pub(crate) async fn turn(target: &mut Nats, resolved: &Resolved) -> Result<Applied, ApplyError> {
    let plan = plan(target, resolved).await;
    apply(target, &plan, resolved).await
}

/// What was logged by all tests of this process.
pub(crate) static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .init();
    log
});

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Whether one line has all of `words`.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        text.lines().any(|line| words.iter().all(|word| line.contains(word)))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
