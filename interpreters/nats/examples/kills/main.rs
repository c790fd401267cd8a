//! Kills controllers, servers and leaders with the signal 9 while a fleet is applied, and looks at
//! what is left and at everything that was stored: `cargo xtask show nats 2` runs it.
//!
//! The controllers are processes, `escadre apply`; in every third round two of them race. What is killed is
//! killed at a write that is drawn. Four look at what comes of it, each in its own way: an audit reads every
//! message in the order in which it was stored; devices follow their keys with the library; a reader that
//! follows the manifests looks at every device, after each round and in some all the time; and an apply that
//! nobody disturbs must end in what it wants.
//!
//! Half of the servers and leaders are killed under a bucket that keeps its history, so that nothing that was
//! stored can be replaced before the audit comes back to it; all else has a bucket as `escadre nats init` makes it.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod audit;
mod auditor;
mod controllers;
mod devices;
mod field;
mod figures;
mod reader;
mod spoiled;
mod versions;
mod victims;
mod writes;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use escadre_testbed::{NatsCluster, NatsServer};
use tokio::runtime::Runtime;

use crate::field::{Field, Kill};
use crate::figures::Figures;
use crate::versions::{N_DEVICES, Versions};
use crate::victims::{Bucket, Victims};

type Outcome<T = ()> = Result<T, String>;

/// With fewer controllers nothing is shown but that the script works.
const N_SHORT: usize = 40;

const USAGE: &str = "usage: kills ESCADRE CONTROLLERS SERVERS LEADERS SEED";

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("FAILED: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What is run: the program, how often what is killed, and the seed of the draws.
struct Settings {
    escadre: PathBuf,
    n_controllers: usize,
    n_servers: usize,
    n_leaders: usize,
    seed: u64,
}

impl Settings {
    /// Whether this is a look at the script, as in CI, where what kills may be too slow to hit much.
    fn is_short(&self) -> bool {
        self.n_controllers < N_SHORT
    }

    fn of_arguments() -> Outcome<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [escadre, rest @ ..] = &arguments[..] else {
            return Err(USAGE.to_owned());
        };
        let number = |at: usize| -> Outcome<u64> {
            let text = rest.get(at).ok_or(USAGE)?;
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
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    println!("{N_DEVICES} devices, seed {}", settings.seed);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    spoiled::are_found(&Arc::new(Versions::write(folder.path())?))?;
    // A server that comes back is mostly waited for: meanwhile controllers are killed on another.
    let figures = std::thread::scope(|scope| {
        let servers = scope.spawn(|| servers(&settings, &runtime));
        let controllers = controllers(&settings, &runtime);
        let servers = servers.join().map_err(|_| "the killer of servers panicked".to_owned())?;
        Ok::<Figures, String>(controllers?.and(&servers?))
    });
    figures?.tell(&settings)
}

fn controllers(settings: &Settings, runtime: &Runtime) -> Outcome<Figures> {
    let mut figures = Figures::default();
    let server = NatsServer::start().map_err(|error| error.to_string())?;
    let mut field = Field::new(settings, runtime, Victims::One(server), Bucket::Made)?;
    field.rounds(Kill::Controller, settings.n_controllers, &mut figures)?;
    field.end(&mut figures);
    Ok(figures)
}

/// Half of the servers, and half of the leaders, are killed under each kind of bucket.
fn servers(settings: &Settings, runtime: &Runtime) -> Outcome<Figures> {
    let mut figures = Figures::default();
    let server = NatsServer::start().map_err(|error| error.to_string())?;
    let mut victims = Victims::One(server);
    for (kill, n) in [(Kill::Server, settings.n_servers), (Kill::Leader, settings.n_leaders)] {
        if kill == Kill::Leader && n > 0 {
            let cluster = NatsCluster::start().map_err(|error| error.to_string())?;
            victims = Victims::Three(cluster);
        }
        for (bucket, n) in [(Bucket::Made, n.div_ceil(2)), (Bucket::OfHistory, n / 2)] {
            if n > 0 {
                let mut field = Field::new(settings, runtime, victims, bucket)?;
                field.rounds(kill, n, &mut figures)?;
                victims = field.end(&mut figures);
            }
        }
    }
    Ok(figures)
}
