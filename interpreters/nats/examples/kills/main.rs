//! Kills controllers, servers and leaders with the signal 9 while a fleet is applied, and looks at
//! what is left: `cargo xtask show nats 2` runs it.
//!
//! The controllers are processes, `escadre apply`. In every third round two of them race. After each
//! round, and in some of them all the time, a reader that follows the manifests looks at every device.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod figures;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use escadre_algebra::{Coverage, EncodeOptions, Facts, Fleet, Inventory, Resource, deploy, label};
use escadre_interpreter::{Interpreter, Snapshot, inventory::write_jsonl};
use escadre_nats::{Address, Nats, World, connect};
use escadre_testbed::{Delays, NatsCluster, NatsServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::figures::{End, Figures, lost, n_mixed, n_stale};

type Outcome<T = ()> = Result<T, String>;

/// Several batches of messages, so that a kill can land between two.
const N_DEVICES: usize = 1_500;
/// The fleets that controllers apply in turn; the odd ones leave out a site.
const N_VERSIONS: usize = 4;
/// How long one controller may take.
const DEADLINE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("FAILED: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What is run: the program, how often what is killed, and the seed of the delays.
struct Settings {
    escadre: PathBuf,
    n_controllers: usize,
    n_servers: usize,
    n_leaders: usize,
    seed: u64,
}

impl Settings {
    fn of_arguments() -> Outcome<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [escadre, rest @ ..] = &arguments[..] else {
            return Err("usage: kills ESCADRE CONTROLLERS SERVERS LEADERS SEED".to_owned());
        };
        let number = |at: usize| -> Outcome<u64> {
            let text =
                rest.get(at).ok_or("usage: kills ESCADRE CONTROLLERS SERVERS LEADERS SEED")?;
            text.parse().map_err(|_| format!("`{text}` is no number"))
        };
        let count = |at| number(at).and_then(|n| usize::try_from(n).map_err(|e| e.to_string()));
        let (n_controllers, n_servers, n_leaders) = (count(0)?, count(1)?, count(2)?);
        Ok(Self { escadre: escadre.into(), n_controllers, n_servers, n_leaders, seed: number(3)? })
    }
}

fn play() -> Outcome {
    let settings = Settings::of_arguments()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    println!("{N_DEVICES} devices, seed {}", settings.seed);
    let mut figures = Figures::default();
    let server = NatsServer::start().map_err(|error| error.to_string())?;
    let address = format!("{}/fleet", server.url());
    let mut field = Field::new(&settings, &runtime, address, Victims::One(server))?;
    for round in 0..settings.n_controllers {
        field.round(Kill::Controller, round, &mut figures)?;
    }
    for round in 0..settings.n_servers {
        field.round(Kill::Server, round, &mut figures)?;
    }
    drop(field);
    if settings.n_leaders > 0 {
        let cluster = NatsCluster::start().map_err(|error| error.to_string())?;
        let servers = cluster.url().replace("nats://", "");
        let address = format!("nats://{servers}/fleet?replicas=3");
        let mut field = Field::new(&settings, &runtime, address, Victims::Three(cluster))?;
        for round in 0..settings.n_leaders {
            field.round(Kill::Leader, round, &mut figures)?;
        }
    }
    figures.tell(&settings)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kill {
    Controller,
    Server,
    Leader,
}

/// The servers that may be killed.
enum Victims {
    One(NatsServer),
    Three(NatsCluster),
}

/// A bucket, the fleets that are applied to it, and a reader.
struct Field<'a> {
    settings: &'a Settings,
    runtime: &'a Runtime,
    folder: TempDir,
    address: String,
    victims: Victims,
    wanted: Arc<Vec<Snapshot>>,
    reader: Nats,
    delays: Delays,
    usual: Duration,
}

impl<'a> Field<'a> {
    fn new(
        settings: &'a Settings,
        runtime: &'a Runtime,
        address: String,
        victims: Victims,
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let inventory = inventory()?;
        let path = folder.path().join("devices.jsonl");
        let file = File::create(path).map_err(|error| error.to_string())?;
        write_jsonl(&inventory, file).map_err(|error| error.to_string())?;
        let mut wanted = Vec::new();
        for version in 0..N_VERSIONS {
            let fleet = fleet(version);
            let bytes =
                fleet.encode(&EncodeOptions::default()).map_err(|error| error.to_string())?;
            let path = folder.path().join(format!("{version}.lock"));
            std::fs::write(path, bytes).map_err(|error| error.to_string())?;
            let resolved = fleet.resolve(&inventory).map_err(|error| error.to_string())?;
            wanted.push(Snapshot::wanted(&resolved));
        }
        let reader = runtime.block_on(open(&address))?;
        let (delays, usual) = (Delays::of_seed(settings.seed), Duration::ZERO);
        let wanted = Arc::new(wanted);
        let mut field =
            Self { settings, runtime, folder, address, victims, wanted, reader, delays, usual };
        let begin = Instant::now();
        field.converge(0)?;
        field.usual = begin.elapsed();
        Ok(field)
    }

    /// One round: controllers are started, something is killed, and what is left is looked at.
    fn round(&mut self, kill: Kill, number: usize, figures: &mut Figures) -> Outcome {
        figures.n_rounds[kill as usize] += 1;
        let (version, other) = ((number + 1) % N_VERSIONS, (number + 2) % N_VERSIONS);
        let is_race = number % 3 == 2;
        figures.n_races += usize::from(is_race);
        let mut controllers = vec![(version, self.start(version)?)];
        if is_race {
            controllers.push((other, self.start(other)?));
        }
        let watch = (number % 4 == 1).then(|| self.watch());
        std::thread::sleep(self.usual.mul_f64(1.1 * self.delays.share()));
        if kill == Kill::Controller {
            for (_, controller) in &mut controllers {
                // It may have ended already.
                let _ = controller.kill();
            }
        } else {
            self.kill_server()?;
        }
        let mut ended = Vec::new();
        for (version, mut controller) in controllers {
            let end = wait(&mut controller)?;
            figures.n_killed += usize::from(end == End::Killed);
            ended.push((version, end));
        }
        if let Some(watch) = watch {
            let (n_looks, n_mixed) = watch.end();
            (figures.n_looks, figures.n_mixed) =
                (figures.n_looks + n_looks, figures.n_mixed + n_mixed);
        }
        self.look(&ended, figures)?;
        // Every fifth controller is killed on what another left.
        if !number.is_multiple_of(5) || kill != Kill::Controller {
            match self.converge(version) {
                Ok(()) => figures.n_converged += 1,
                Err(why) => {
                    println!("round {number}: {why}");
                    figures.n_diverged += 1;
                }
            }
        }
        Ok(())
    }

    /// Looks at what a round left.
    fn look(&mut self, ended: &[(usize, End)], figures: &mut Figures) -> Outcome {
        let (world, held) = self.runtime.block_on(held(&mut self.reader))?;
        figures.n_looks += 1;
        figures.n_mixed += n_mixed(&world, &held, &self.wanted);
        figures.n_stale += n_stale(&world, &held);
        let is_whole = |version: usize| self.wanted.get(version) == Some(&held);
        figures.n_between += usize::from(!(0..N_VERSIONS).any(is_whole));
        let lost = lost(&held, ended, &self.wanted);
        if let Some(id) = lost.first() {
            let n = lost.len();
            println!("{n} devices lost an acknowledged configuration, `{id}` first: {ended:?}");
            figures.n_lost += 1;
        }
        Ok(())
    }

    fn start(&self, version: usize) -> Outcome<Child> {
        let mut command = Command::new(&self.settings.escadre);
        command.current_dir(self.folder.path()).arg("-f").arg(format!("{version}.lock"));
        command.args(["apply", "-i", "devices.jsonl", "--yes", "--quiet", "--accept-shrink"]);
        command.args(["--target", &self.address]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map_err(|error| format!("{}: {error}", self.settings.escadre.display()))
    }

    /// Applies `version` without a kill: that is all it takes, whatever was left.
    fn converge(&mut self, version: usize) -> Outcome {
        let mut controller = self.start(version)?;
        if wait(&mut controller)? != End::Done {
            return Err("an apply that nobody disturbed failed".to_owned());
        }
        let (_, held) = self.runtime.block_on(held(&mut self.reader))?;
        if self.wanted.get(version) == Some(&held) {
            return Ok(());
        }
        Err("an apply that nobody disturbed left something else".to_owned())
    }

    /// Kills the server, or the leader of the bucket's stream, and starts it again.
    fn kill_server(&mut self) -> Outcome {
        let leader = self.runtime.block_on(leader(&self.address));
        let server = match &mut self.victims {
            Victims::One(server) => server,
            Victims::Three(cluster) => {
                let name = leader?;
                let at = name.strip_prefix('n').and_then(|at| at.parse::<usize>().ok());
                let server = at.and_then(|at| cluster.servers().get_mut(at));
                server.ok_or_else(|| format!("the leader `{name}` is none of the servers"))?
            }
        };
        server.restart().map_err(|error| error.to_string())
    }

    /// Looks at all devices again and again, until it is told to end.
    fn watch(&self) -> Watch {
        let (mut reader, wanted) = (self.reader.clone(), Arc::clone(&self.wanted));
        let watch = Watch::default();
        let inner = watch.clone();
        self.runtime.spawn(async move {
            while !inner.ended.load(Ordering::Relaxed) {
                if let Ok((world, held)) = held(&mut reader).await {
                    inner.n_looks.fetch_add(1, Ordering::Relaxed);
                    inner.n_mixed.fetch_add(n_mixed(&world, &held, &wanted), Ordering::Relaxed);
                }
            }
        });
        watch
    }
}

/// A reader at work.
#[derive(Clone, Default)]
struct Watch {
    ended: Arc<AtomicBool>,
    n_looks: Arc<AtomicU64>,
    n_mixed: Arc<AtomicU64>,
}

impl Watch {
    fn end(self) -> (u64, u64) {
        self.ended.store(true, Ordering::Relaxed);
        (self.n_looks.load(Ordering::Relaxed), self.n_mixed.load(Ordering::Relaxed))
    }
}

async fn open(address: &str) -> Outcome<Nats> {
    let address: Address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let client = connect(&address, &|_| None).await.map_err(|error| error.to_string())?;
    Nats::open(client, address.options(true)).await.map_err(|error| error.to_string())
}

async fn held(reader: &mut Nats) -> Outcome<(Arc<World>, Snapshot)> {
    let world = reader.observe().await.map_err(|error| error.to_string())?.state;
    let held = reader.lift(&world).map_err(|error| error.to_string())?;
    Ok((world, held))
}

/// The name of the server that leads the bucket's stream.
async fn leader(address: &str) -> Outcome<String> {
    let address: Address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let client = connect(&address, &|_| None).await.map_err(|error| error.to_string())?;
    let context = async_nats::jetstream::new(client);
    let stream = context.get_stream(format!("KV_{}", address.bucket())).await;
    let stream = stream.map_err(|error| error.to_string())?;
    let cluster = stream.cached_info().cluster.as_ref();
    cluster.and_then(|cluster| cluster.leader.clone()).ok_or("the stream has no leader".to_owned())
}

/// Waits until a controller ends.
fn wait(controller: &mut Child) -> Outcome<End> {
    let begin = Instant::now();
    loop {
        if let Some(status) = controller.try_wait().map_err(|error| error.to_string())? {
            return Ok(match status.code() {
                None => End::Killed,
                Some(0) => End::Done,
                Some(_) => End::Failed,
            });
        }
        if begin.elapsed() > DEADLINE {
            let _ = controller.kill();
            return Err(format!("a controller did not end within {} s", DEADLINE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn device_id(i: usize) -> String {
    format!("d{i:04}")
}

fn inventory() -> Outcome<Inventory> {
    let device = |i: usize| Facts::of(&device_id(i), [("site", ["a", "b", "c"][i % 3])]);
    let devices = (0..N_DEVICES).map(device).collect::<Result<Vec<_>, _>>();
    let devices = devices.map_err(|error| error.to_string())?;
    Inventory::new(devices, Coverage::Complete).map_err(|error| error.to_string())
}

/// Two resources that say which version they are of.
fn fleet(version: usize) -> Fleet {
    let recorder = Resource::new("recorder").set("release", version.to_string());
    let motd =
        Resource::new("motd").set("text", format!("hello {version}")).set("site", label("site"));
    let fleet = deploy(recorder) | deploy(motd);
    if version % 2 == 1 { fleet.restrict(!label("site").eq("c")) } else { fleet }
}
