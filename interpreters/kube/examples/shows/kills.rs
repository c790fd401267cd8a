//! Kills controllers and API servers with the signal 9 while a fleet is applied, and looks at what
//! is left.
//!
//! The controllers are processes, this program again. In every third round two of them race. After
//! each round the DaemonSet controller settles and pods are counted; then an apply that nobody
//! disturbs has to end as if nothing had happened.

mod figures;
mod watch;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Mount, Resolved, UpdateStrategy, Volume, config_file,
    container, deploy, label,
};
use escadre_interpreter::{Interpreter, Silent, Snapshot};
use escadre_kube::{Kube, Options, World};
use escadre_testbed::Delays;
use http::Method;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::bed::{Bed, NAMESPACE, Outcome, apply, client, until};
use crate::pods::{runs, wanted_runs};
use figures::{End, Figures, lost, n_doubled, n_mixed};
use watch::Watch;

const N_NODES: usize = 40;
/// The fleets that controllers apply in turn; the odd ones leave out a site.
const N_VERSIONS: usize = 4;
/// How many rounds there are at most, for each controller that is to be killed.
const N_TRIES: usize = 3;
/// After how many rounds it is told how many there were.
const N_TOLD: usize = 25;
/// How long one controller may take, and the control plane to settle.
const WITHIN: Duration = Duration::from_secs(180);

/// One controller: what it applies is its version of the fleet.
pub(crate) async fn control(version: usize, kubeconfig: &str) -> Outcome {
    let mut target = Kube::new(client(Path::new(kubeconfig)).await?, "kube:testbed", options());
    let done = apply(&mut target, &resolved(version)?, &mut Silent).await?;
    match done.applied.failed.first() {
        None => Ok(()),
        Some((id, why)) => Err(format!("{id}: {why}").into()),
    }
}

fn options() -> Options {
    // Few in flight, so that more of the time of an apply is between nodes.
    let (n_in_flight, lease) = (2, Duration::from_secs(1));
    Options { namespace: NAMESPACE.to_owned(), n_in_flight, lease, ..Options::default() }
}

fn node(i: usize) -> String {
    format!("node-{i:02}")
}

fn resolved(version: usize) -> Outcome<Resolved> {
    // Pods that replace others keep off nodes by their `kubernetes.io/hostname`.
    let device = |i: usize| {
        let site = ("site", ["a", "b", "c"][i % 3]);
        Facts::of(&node(i), [site, ("kubernetes.io/hostname", node(i).as_str())])
    };
    let devices = (0..N_NODES).map(device).collect::<Result<Vec<_>, _>>()?;
    Ok(fleet(version).resolve(&Inventory::new(devices, Coverage::Complete)?)?)
}

/// The resource of which no node may ever have two pods.
const REPLACES: &str = "exporter";

/// A pod and a file that it mounts say which version they are of; so does a pod of its own.
fn fleet(version: usize) -> Fleet {
    let image = |name: &str| format!("acme/{name}:{version}");
    let recorder = container("recorder").image(image("recorder")).env("SITE", label("site"));
    let recorder = recorder.volume("motd", Volume::config_map("motd"));
    let fleet = deploy(recorder.mount("/etc/motd", Mount::of("motd")))
        | deploy(config_file("motd").path("/etc/motd").text(format!("hello {version}\n")))
        | deploy(container(REPLACES).image(image(REPLACES)).strategy(UpdateStrategy::Replace));
    if version % 2 == 1 { fleet.restrict(!label("site").eq("c")) } else { fleet }
}

/// Kills so many controllers, and API servers.
pub(crate) async fn play([n_controllers, n_servers]: [usize; 2], seed: u64) -> Outcome {
    println!("{N_NODES} nodes, seed {seed} (set ESCADRE_SEED to repeat)");
    let mut field = Field::new(seed).await?;
    let mut figures = Figures::default();
    let watch = Watch::start(field.bed.admin.clone(), REPLACES);
    // Some controllers end before they are killed: those do not count.
    let mut round = 0;
    while figures.n_ended[End::Killed as usize] < n_controllers {
        field.round(Kill::Controller, round, &mut figures).await?;
        round += 1;
        figures.n_beside = watch.seen().beside.len();
        if round % N_TOLD == 0 {
            let n_killed = figures.n_ended[End::Killed as usize];
            println!("{round} rounds, {n_killed} killed, {} things wrong", figures.n_wrong());
        }
        if round > N_TRIES * n_controllers {
            return Err("most controllers end before they are killed".into());
        }
    }
    for round in 0..n_servers {
        field.round(Kill::Server, round, &mut figures).await?;
        figures.n_beside = watch.seen().beside.len();
        println!("{} API servers killed, {} things wrong", round + 1, figures.n_wrong());
    }
    let seen = watch.seen();
    println!("events of pods that replace others: {}", seen.n_events);
    if seen.n_events <= n_controllers {
        return Err("hardly any pod was seen to come or go".into());
    }
    println!("times that a DaemonSet had two pods on a node: {}", seen.twice.len());
    seen.beside.values().for_each(|told| println!("two variants on {told}"));
    figures.n_beside = seen.beside.len();
    figures.tell()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kill {
    Controller,
    Server,
}

/// A cluster, the fleets that are applied to it, and who looks.
struct Field {
    bed: Bed,
    reader: Kube,
    wanted: Vec<Snapshot>,
    delays: Delays,
    usual: Duration,
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    name: String,
}

impl Field {
    async fn new(seed: u64) -> Outcome<Self> {
        let versions = (0..N_VERSIONS).map(resolved).collect::<Outcome<Vec<_>>>()?;
        let bed = Bed::start(&[], true).await?;
        if let Some(first) = versions.first() {
            bed.add_nodes(first.inventory()).await?;
        }
        let reader = bed.controller(&options());
        let wanted = versions.iter().map(Snapshot::wanted).collect();
        let (delays, usual) = (Delays::of_seed(seed), Duration::ZERO);
        let mut field = Self { bed, reader, wanted, delays, usual };
        let mut figures = Figures::default();
        field.converge(0, &mut figures).await?;
        field.converge(1, &mut figures).await?;
        match figures.tell() {
            Ok(()) => Ok(field),
            Err(_) => Err("it did not even begin".into()),
        }
    }

    async fn round(&mut self, kill: Kill, number: usize, figures: &mut Figures) -> Outcome {
        figures.n_rounds[kill as usize] += 1;
        let (version, other) = ((number + 2) % N_VERSIONS, (number + 3) % N_VERSIONS);
        let mut controllers = vec![(version, self.start(version)?)];
        if number % 3 == 2 {
            figures.n_races += 1;
            controllers.push((other, self.start(other)?));
        }
        tokio::time::sleep(self.usual.mul_f64(1.1 * self.delays.share())).await;
        match kill {
            Kill::Controller => {
                for (_, controller) in &mut controllers {
                    // It may have ended already.
                    let _ = controller.kill();
                }
            }
            Kill::Server => self.bed.server.restart_api_server()?,
        }
        let mut ended = Vec::new();
        for (version, mut controller) in controllers {
            let end = wait(&mut controller).await?;
            figures.n_ended[end as usize] += 1;
            ended.push((version, end));
        }
        self.look(&ended, figures).await?;
        self.converge(version, figures).await
    }

    /// Looks at what a round left, once the DaemonSet controller has settled.
    async fn look(&mut self, ended: &[(usize, End)], figures: &mut Figures) -> Outcome {
        // What no node has taken may wait for an apply to tell its controller: nobody else does.
        figures.n_doubled += self.settle(false, figures).await?;
        let (world, held) = self.held().await?;
        figures.n_mixed += n_mixed(&world, &held, &self.wanted);
        figures.n_between += usize::from(!self.wanted.contains(&held));
        let lost = lost(&held, ended, &self.wanted);
        if let Some(id) = lost.first() {
            let n = lost.len();
            println!("{n} nodes lost an acknowledged configuration, `{id}` first: {ended:?}");
            figures.n_lost += 1;
        }
        Ok(())
    }

    /// Waits until exactly the pods live that the labels of the nodes ask for; how many nodes
    /// had two of one resource even then.
    async fn settle(&mut self, all: bool, figures: &mut Figures) -> Outcome<usize> {
        let mut pods = Vec::new();
        let settled = until("the pods are those of the labels", WITHIN, async || {
            let (world, _) = held(&mut self.reader).await?;
            let asked = self.asked(&world).await?;
            pods = self.bed.pods().await?;
            pods.retain(|pod| all || !pod.node.is_empty());
            let live = pods.iter().map(|pod| (pod.node.clone(), pod.variant.clone()));
            Ok(live.collect::<BTreeSet<_>>() == asked && pods.len() == asked.len())
        });
        let settled = settled.await;
        match settled {
            Ok(took) => figures.longest = figures.longest.max(took),
            Err(error) => {
                println!("{error}");
                figures.n_unsettled += 1;
            }
        }
        Ok(n_doubled(&pods))
    }

    /// The pods that the labels of the nodes ask for: a node and a variant each.
    async fn asked(&self, world: &World) -> Outcome<BTreeSet<(String, String)>> {
        let names: BTreeSet<String> = self.names("apps/v1", "daemonsets").await?;
        let mut asked = BTreeSet::new();
        for node in (0..N_NODES).map(node) {
            let held_back = world.held_back(&node);
            for (resource, variant) in world.variants(&node) {
                let is_asked = !held_back.contains_key(&resource);
                if is_asked && names.contains(&format!("{resource}-{variant}")) {
                    asked.insert((node.clone(), variant.to_string()));
                }
            }
        }
        Ok(asked)
    }

    /// The names of the objects of the fleet.
    async fn names(&self, group: &str, kind: &str) -> Outcome<BTreeSet<String>> {
        let root = if group == "v1" { "api" } else { "apis" };
        let path = format!(
            "/{root}/{group}/namespaces/{NAMESPACE}/{kind}?labelSelector=app.kubernetes.io/managed-by%3Descadre"
        );
        let list: List = self.bed.ask(Method::GET, &path, &Json::Null).await?;
        Ok(list.items.into_iter().map(|item| item.metadata.name).collect())
    }

    /// Applies `version` without a kill: that is all it takes, whatever was left.
    async fn converge(&mut self, version: usize, figures: &mut Figures) -> Outcome {
        let begin = Instant::now();
        let mut controller = self.start(version)?;
        let end = wait(&mut controller).await?;
        // How long an apply takes depends on what else the machine does.
        self.usual = if self.usual.is_zero() {
            begin.elapsed()
        } else {
            (self.usual * 3 + begin.elapsed()) / 4
        };
        if end != End::Done {
            println!("an apply of version {version} that nobody disturbed failed");
            figures.n_diverged += 1;
            return Ok(());
        }
        let (world, held) = self.held().await?;
        if self.wanted.get(version) != Some(&held) {
            println!("an apply of version {version} that nobody disturbed left something else");
            figures.n_diverged += 1;
        }
        let mut names = self.names("apps/v1", "daemonsets").await?;
        names.extend(self.names("v1", "configmaps").await?);
        for node in (0..N_NODES).map(node) {
            for (resource, variant) in world.variants(&node) {
                names.remove(&format!("{resource}-{variant}"));
            }
        }
        if let Some(name) = names.first() {
            println!("{} objects are of no node, `{name}` first", names.len());
            figures.n_orphaned += names.len();
        }
        figures.n_doubled += self.settle(true, figures).await?;
        let is_wanted = self.wanted.get(version).map(wanted_runs);
        figures.n_diverged += usize::from(is_wanted != Some(runs(&self.bed.pods().await?)));
        Ok(())
    }

    fn start(&self, version: usize) -> Outcome<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("apply").arg(version.to_string());
        command.arg(self.bed.server.kubeconfig("escadre")?);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    async fn held(&mut self) -> Outcome<(std::sync::Arc<World>, Snapshot)> {
        held(&mut self.reader).await
    }
}

async fn held(reader: &mut Kube) -> Outcome<(std::sync::Arc<World>, Snapshot)> {
    let world = reader.observe().await?.state;
    let held = reader.lift(&world)?;
    Ok((world, held))
}

/// Waits until a controller ends.
async fn wait(controller: &mut Child) -> Outcome<End> {
    let begin = Instant::now();
    loop {
        if let Some(status) = controller.try_wait()? {
            return Ok(match status.code() {
                None => End::Killed,
                Some(0) => End::Done,
                Some(_) => End::Failed,
            });
        }
        if begin.elapsed() > WITHIN {
            let _ = controller.kill();
            return Err(format!("a controller did not end within {} s", WITHIN.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
