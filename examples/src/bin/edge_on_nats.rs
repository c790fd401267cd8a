//! A fleet on NATS in one command: a server, 300 devices that follow it, a change, and what they run.
//!
//! Without arguments it plays the whole story on a real `nats-server`, which it installs once and
//! starts on a free port. With arguments it is the program that you would write.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use escadre::interpreter::Interpreter as _;
use escadre::nats::device::{Device, Report, Told};
use escadre::nats::permissions::Buckets;
use escadre::nats::status::{Standing, Status};
use escadre::nats::{Address, Nats, connect, connect_device};
use escadre::{DeviceId, Fleet, container, deploy, label};
use escadre_examples::cameras::{SITES, cameras};
use escadre_examples::stage::{self, Hidden, StageError};
use escadre_testbed::NatsServer;

const FOLDER: &str = "target/edge-on-nats";
/// The servers come from NATS_URL, as for other NATS tools.
const TARGET: &str = "nats:///desired-state";
/// What this example reads for the release that one site tries.
const TRIED: &str = "TRIED_RELEASE";
/// How long devices may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        return escadre::cli::run(fleet());
    }
    stage::end(play())
}

/// The cameras' fleet; one site tries another release of the recorder.
fn fleet() -> Fleet {
    let Ok(release) = std::env::var(TRIED) else { return cameras(&SITES) };
    let image = format!("ghcr.io/acme/recorder:{release}");
    let tried = deploy(container("recorder").image(image)).restrict(label("site").eq("site-0008"));
    cameras(&SITES).patch(tried.named("tried"))
}

fn play() -> Result<(), StageError> {
    let server = NatsServer::start().map_err(|error| stage::told(&error))?;
    let devices = escadre::inventory::sample::stations(300, 7);
    let inventory = format!("{FOLDER}/inventory.jsonl");
    stage::write_inventory(&devices, Path::new(&inventory))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| stage::told(&error))?;
    let on = ["-i", &inventory, "--target", TARGET];
    let run = |words: &[&str], tried: Option<&str>| {
        let (url, port) = (server.url(), port(&server.url()));
        let hidden = Hidden { variables: &[("NATS_URL", &url)], text: &port, shown: ":4222/" };
        let shown = tried.map(|release| (TRIED, release));
        stage::run_hiding("edge_on_nats", words, shown, &hidden)
    };
    stage::say("A server runs, on a free port that is shown as 4222; NATS_URL names it.")?;
    run(&["nats", "init", TARGET], None)?;
    run(&[&["apply", "--yes", "--quiet"][..], &on].concat(), None)?;
    let controller = Controller { url: server.url() };
    let status = runtime.block_on(controller.admit_all())?;
    stage::say(&format!(
        "\n{} devices are admitted, and begin to follow their keys.",
        status.devices.len()
    ))?;
    for id in status.devices.keys() {
        runtime.spawn(follow(server.url(), id.clone()));
    }
    runtime.block_on(controller.wait())?;
    run(&["nats", "status", TARGET], None)?;
    stage::say("\nOne site tries another release. What would that change?")?;
    let tried = Some("2.4.0-rc1");
    run(&[&["plan"][..], &on].concat(), tried)?;
    run(&[&["apply", "--yes", "--quiet"][..], &on].concat(), tried)?;
    runtime.block_on(controller.wait())?;
    stage::say("\nThe devices of that site run it.")?;
    run(&["nats", "status", TARGET], None)?;
    run(&[&["plan"][..], &on].concat(), tried)
}

/// How the port of `url` stands in names of targets.
fn port(url: &str) -> String {
    format!(":{}/", url.rsplit(':').next().unwrap_or_default())
}

/// Looks after the fleet.
struct Controller {
    url: String,
}

impl Controller {
    async fn look(&self) -> Result<(Nats, Status), StageError> {
        let address: Address = TARGET.parse().map_err(|error| stage::told(&error))?;
        let url = |name: &str| (name == "NATS_URL").then(|| self.url.clone());
        let client = connect(&address, &url).await.map_err(|error| stage::told(&error))?;
        let bucket = Nats::open(client, address.options(false)).await;
        let mut bucket = bucket.map_err(|error| stage::told(&error))?;
        let seen = bucket.observe().await.map_err(|error| stage::told(&error))?;
        let status = bucket.status(&seen.state, &Buckets::default()).await;
        Ok((bucket, status.map_err(|error| stage::told(&error))?))
    }

    /// Lets every member follow its keys.
    async fn admit_all(&self) -> Result<Status, StageError> {
        let (bucket, status) = self.look().await?;
        let members: Vec<DeviceId> = status.devices.keys().cloned().collect();
        bucket.admit(&members).await.map_err(|error| stage::told(&error))?;
        Ok(status)
    }

    /// Waits until all members run what is wanted.
    async fn wait(&self) -> Result<(), StageError> {
        let begin = Instant::now();
        loop {
            let (_, status) = self.look().await?;
            if status.count(Standing::UpToDate) == status.devices.len() {
                return Ok(());
            }
            if begin.elapsed() > PATIENCE {
                let late = status.count(Standing::Behind);
                return Err(stage::told(&format!("{late} devices are late")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What runs on a device: it takes every configuration that is wanted of it, and says so.
async fn follow(url: String, id: DeviceId) {
    let name = id.to_string();
    if let Err(error) = device(&url, id).await {
        stage::complain(&format!("{name}: {error}"));
    }
}

async fn device(url: &str, id: DeviceId) -> Result<(), StageError> {
    let address: Address = TARGET.parse().map_err(|error| stage::told(&error))?;
    let url = |name: &str| (name == "NATS_URL").then(|| url.to_owned());
    let client = connect_device(&address, &id, &url).await.map_err(|error| stage::told(&error))?;
    let device = Device::connect(client, id, Buckets::default(), 0).await;
    let mut device = device.map_err(|error| stage::told(&error))?;
    loop {
        match device.next().await.map_err(|error| stage::told(&error))? {
            // A real device would run it, and tell afterwards.
            Told::Wanted(wanted) => {
                let report = Report::new(wanted.generation, None);
                device.report(&report).await.map_err(|error| stage::told(&error))?;
                device.beat().await.map_err(|error| stage::told(&error))?;
            }
            Told::Left => return Ok(()),
            Told::Refused(anomaly) => {
                return Err(stage::told(&format!("{}: {}", anomaly.key, anomaly.why)));
            }
        }
    }
}
