//! Rounds: controllers are started, something is killed, and what is left is looked at.

use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use escadre_nats::{Address, Nats, connect};
use escadre_testbed::Delays;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::audit::Audit;
use crate::auditor::Auditor;
use crate::controllers::{End, is_any_running, start, wait};
use crate::devices::Devices;
use crate::figures::Figures;
use crate::reader::{Watch, forgotten, held, lost, n_mixed};
use crate::versions::{N_VERSIONS, Versions};
use crate::victims::{Bucket, Victims, leader, make};
use crate::writes::Writes;
use crate::{Outcome, Settings};

/// How long what a server sent before it died may take until it was read.
const DRAINED: Duration = Duration::from_millis(20);
/// How long a cluster may have no leader.
const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(2);

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    Controller,
    Server,
    Leader,
}

/// At which write: the so manieth that was sent to the bucket, or the one that is stored at this sequence.
#[derive(Clone, Copy)]
enum At {
    Sent(u64),
    Stored(u64),
}

/// A bucket, the fleets that are applied to it, and all who look at it.
pub(crate) struct Field<'a> {
    settings: &'a Settings,
    runtime: &'a Runtime,
    folder: TempDir,
    address: Address,
    bucket: Bucket,
    victims: Victims,
    versions: Arc<Versions>,
    context: jetstream::Context,
    reader: Nats,
    auditor: Auditor,
    devices: Devices,
    writes: Writes,
    draws: Delays,
    /// How many messages an apply sends that nobody disturbs.
    n_usual: u64,
}

impl<'a> Field<'a> {
    /// The bucket with the first version applied to it.
    pub(crate) fn new(
        settings: &'a Settings,
        runtime: &'a Runtime,
        victims: Victims,
        bucket: Bucket,
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let versions = Arc::new(Versions::write(folder.path())?);
        let address = victims.address(bucket);
        let address: Address = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let draws = Delays::of_seed(settings.seed);
        let (context, reader, auditor, devices, writes) = runtime.block_on(async {
            let client = connect(&address, &|_| None).await.map_err(|error| error.to_string())?;
            let context = jetstream::new(client.clone());
            if bucket == Bucket::OfHistory {
                make(&context, &address).await?;
            }
            let reader = Nats::open(client.clone(), address.options(true)).await;
            let reader = reader.map_err(|error| error.to_string())?;
            let audit = Audit::new(Arc::clone(&versions));
            let auditor = Auditor::of(&context, address.bucket(), audit).await?;
            let devices = Devices::follow(&reader, &address, &versions).await?;
            let writes = Writes::of(&client, address.bucket()).await?;
            Ok::<_, String>((context, reader, auditor, devices, writes))
        })?;
        let mut field = Self {
            settings,
            runtime,
            folder,
            address,
            bucket,
            victims,
            versions,
            context,
            reader,
            auditor,
            devices,
            writes,
            draws,
            n_usual: 0,
        };
        field.converge(0)?;
        field.n_usual = field.writes.n();
        Ok(field)
    }

    /// What was killed, and what all who looked have counted.
    pub(crate) fn end(self, figures: &mut Figures) -> Victims {
        let tally = self.auditor.audit().tally;
        figures.add(tally, self.devices.heard(), self.bucket == Bucket::OfHistory);
        self.victims
    }

    /// Rounds until `n` kills have hit: a controller that was quicker than its killer shows nothing.
    pub(crate) fn rounds(&mut self, kill: Kill, n: usize, figures: &mut Figures) -> Outcome {
        let (mut n_hits, mut number) = (0, 0);
        // A short run is a look at the script: as much as CI has time for.
        let most = if self.settings.is_short() { 2 * n } else { 4 * n + 10 };
        while n_hits < n && number < most {
            let is_hit = self.round(kill, number, figures)?;
            n_hits += usize::from(is_hit);
            figures.n_hits[kill as usize] += usize::from(is_hit);
            figures.n_rounds[kill as usize] += 1;
            number += 1;
            // A full run takes half an hour.
            if is_hit && n_hits % n.div_ceil(10) == 0 {
                println!("{kill:?}: {n_hits} of {n} kills have hit, in {number} rounds");
            }
        }
        Ok(())
    }

    /// One round; whether the kill hit.
    fn round(&mut self, kill: Kill, number: usize, figures: &mut Figures) -> Outcome<bool> {
        let (version, other) = ((number + 1) % N_VERSIONS, (number + 2) % N_VERSIONS);
        let is_race = number % 3 == 2;
        figures.n_races += usize::from(is_race);
        let leader = match kill {
            Kill::Leader => Some(self.leader()?),
            Kill::Controller | Kill::Server => None,
        };
        let watch = number % 4 == 1;
        let watch = watch.then(|| {
            let _within = self.runtime.enter();
            Watch::begin(&self.reader, &self.versions)
        });
        let (n_sent, n_stored) = (self.writes.n(), self.auditor.audit().seen());
        let mut controllers = vec![(version, self.start(version)?)];
        if is_race {
            controllers.push((other, self.start(other)?));
        }
        let nth = 1 + (self.draws.share() * self.n_usual as f64) as u64;
        // A batch is sent long before it is stored, so half of the draws are among the writes that are stored:
        // without the last batch of about five, after which nothing is left to be killed.
        let at = match number % 2 {
            0 => At::Sent(n_sent + nth),
            _ => At::Stored(n_stored + nth * 4 / 5),
        };
        self.reach(at, &mut controllers);
        let mut is_hit = self.kill(kill, leader, &mut controllers)?;
        // Devices die, too.
        if kill != Kill::Controller || number % 8 == 3 {
            self.devices.restart();
        }
        let mut ended = Vec::new();
        for (version, mut controller) in controllers {
            let end = wait(&mut controller)?;
            is_hit |= end == End::Killed;
            ended.push((version, end));
        }
        if let Some(watch) = watch {
            let (n_looks, n_mixed) = self.runtime.block_on(watch.end())?;
            figures.n_looks += n_looks;
            figures.n_mixed += n_mixed;
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
        Ok(is_hit)
    }

    /// Kills; whether a server was hit that an apply was writing to.
    fn kill(
        &mut self,
        kill: Kill,
        leader: Option<String>,
        controllers: &mut [(usize, Child)],
    ) -> Outcome<bool> {
        if kill != Kill::Controller {
            return self.kill_server(leader, controllers);
        }
        for (_, controller) in controllers {
            // It may have ended already.
            let _ = controller.kill();
        }
        Ok(false)
    }

    fn start(&self, version: usize) -> Outcome<Child> {
        let address = self.address.to_string();
        start(&self.settings.escadre, self.folder.path(), &address, version)
    }

    /// Waits until the write `at` is there, or all controllers have ended.
    fn reach(&mut self, at: At, controllers: &mut [(usize, Child)]) {
        let (writes, auditor) = (&mut self.writes, &mut self.auditor);
        while is_any_running(controllers) {
            let reached = async {
                match at {
                    At::Sent(n) => tokio::time::timeout(PAUSE, writes.reach(n)).await,
                    At::Stored(n) => tokio::time::timeout(PAUSE, auditor.stored(n)).await,
                }
            };
            if self.runtime.block_on(reached).is_ok() {
                return;
            }
        }
    }

    /// Looks at what a round left.
    fn look(&mut self, ended: &[(usize, End)], figures: &mut Figures) -> Outcome {
        // The server may still store what the dead had sent: both must have come to the same.
        let (world, held) = loop {
            let (world, held) = self.runtime.block_on(held(&mut self.reader))?;
            self.runtime.block_on(self.auditor.reach(world.sequence()))?;
            if self.auditor.audit().seen() == world.sequence() {
                break (world, held);
            }
        };
        figures.n_looks += 1;
        figures.n_mixed += n_mixed(&world, &held, &self.versions);
        figures.n_between += usize::from(!self.versions.is_whole(&held));
        let lost = lost(&held, ended, &self.versions);
        if let Some(id) = lost.first() {
            let n = lost.len();
            println!("{n} devices lost an acknowledged configuration, `{id}` first: {ended:?}");
            figures.n_lost += 1;
        }
        for told in std::mem::take(&mut self.auditor.audit().told) {
            println!("{told}");
        }
        let forgotten = forgotten(&world, &held, &self.auditor.audit());
        if let Some(id) = forgotten.first() {
            println!("{} devices lost what had been stored, `{id}` first", forgotten.len());
            figures.n_forgotten += 1;
        }
        Ok(())
    }

    /// Applies `version` without a kill: that is all it takes, whatever was left.
    fn converge(&mut self, version: usize) -> Outcome {
        let mut controller = self.start(version)?;
        if wait(&mut controller)? != End::Done {
            return Err("an apply that nobody disturbed failed".to_owned());
        }
        let (world, held) = self.runtime.block_on(held(&mut self.reader))?;
        self.runtime.block_on(self.auditor.reach(world.sequence()))?;
        if self.versions.wanted(version) != Some(&held) {
            return Err("an apply that nobody disturbed left something else".to_owned());
        }
        self.runtime.block_on(self.devices.settle(&self.versions, version))
    }

    /// Kills the server, or the one named `leader`, and starts it again; whether an apply was writing.
    fn kill_server(
        &mut self,
        leader: Option<String>,
        controllers: &mut [(usize, Child)],
    ) -> Outcome<bool> {
        let server = self.victims.server(leader)?;
        server.kill();
        let is_running = is_any_running(controllers);
        // The fence that the audit knows then is the last of which anybody could hear.
        std::thread::sleep(DRAINED);
        let is_hit = is_running && self.auditor.audit().is_in_progress();
        server.restart().map_err(|error| error.to_string())?;
        Ok(is_hit)
    }

    /// The name of the server that leads the bucket's stream.
    fn leader(&self) -> Outcome<String> {
        let begin = Instant::now();
        loop {
            let found = self.runtime.block_on(leader(&self.context, self.address.bucket()));
            if found.is_ok() || begin.elapsed() > DEADLINE {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
    }
}
