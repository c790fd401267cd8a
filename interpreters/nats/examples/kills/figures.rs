//! What is counted, and what counts: mixed, lost and stale.

use escadre_interpreter::Snapshot;
use escadre_nats::World;

use crate::{N_DEVICES, Outcome, Settings, device_id};

/// What was counted.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) n_rounds: [usize; 3],
    pub(crate) n_races: usize,
    pub(crate) n_killed: usize,
    /// Kills that left some devices written and some not.
    pub(crate) n_between: usize,
    pub(crate) n_looks: u64,
    pub(crate) n_mixed: u64,
    pub(crate) n_lost: usize,
    pub(crate) n_stale: usize,
    pub(crate) n_converged: usize,
    pub(crate) n_diverged: usize,
}

impl Figures {
    pub(crate) fn tell(&self, settings: &Settings) -> Outcome {
        let [controllers, servers, leaders] = self.n_rounds;
        println!(
            "rounds: {controllers} kills of controllers, {servers} of servers, {leaders} of leaders; {} of them races of two controllers",
            self.n_races
        );
        println!(
            "controllers killed before they ended: {}, between devices: {}",
            self.n_killed, self.n_between
        );
        println!("looks of readers that follow manifests: {}", self.n_looks);
        println!("devices seen mixed: {}", self.n_mixed);
        println!("acknowledged applies lost: {}", self.n_lost);
        println!("writes by a controller whose fence was taken: {}", self.n_stale);
        println!("rounds that converged: {}, that did not: {}", self.n_converged, self.n_diverged);
        let wrong = self.n_mixed + (self.n_lost + self.n_stale + self.n_diverged) as u64;
        if wrong > 0 {
            return Err(format!("{wrong} things that must not happen did"));
        }
        self.is_enough(settings)
    }

    /// Whether what was to be looked at was there: kills that hit nothing would show nothing.
    fn is_enough(&self, settings: &Settings) -> Outcome {
        let n_rounds = self.n_rounds.iter().sum::<usize>();
        let least = [
            ("rounds", n_rounds, settings.n_controllers + settings.n_servers + settings.n_leaders),
            ("controllers killed before they ended", self.n_killed, settings.n_controllers / 4),
            ("kills between devices", self.n_between, settings.n_controllers / 20),
            ("rounds that converged", self.n_converged, n_rounds * 3 / 4),
            ("races", self.n_races, n_rounds / 4),
        ];
        for (what, n, least) in least {
            if n < least {
                return Err(format!("{n} {what}, and at least {least} were to be"));
            }
        }
        if self.n_looks < n_rounds as u64 {
            return Err(format!("{} looks at {n_rounds} rounds", self.n_looks));
        }
        Ok(())
    }
}

/// How the process of a controller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the code 0: it said that all of its fleet is written.
    Done,
    Failed,
    Killed,
}

/// How many devices have what no version gives them, or what makes no sense.
pub(crate) fn n_mixed(world: &World, held: &Snapshot, wanted: &[Snapshot]) -> u64 {
    let is_mixed = |id: &str, configuration| {
        !wanted.iter().any(|wanted| wanted.get(id) == Some(configuration))
    };
    let n = held.iter().filter(|(id, configuration)| is_mixed(id.as_str(), configuration)).count();
    (n + world.anomalies().len()) as u64
}

/// The devices that lost what a controller of this round had said was written.
///
/// Such a controller wrote every device; any other of the round may have written some of them
/// since, ended or not, but nothing older may be back. Where all were done, what is held is whole.
pub(crate) fn lost(held: &Snapshot, ended: &[(usize, End)], wanted: &[Snapshot]) -> Vec<String> {
    if !ended.iter().any(|(_, end)| *end == End::Done) {
        return Vec::new();
    }
    let all_done = ended.iter().all(|(_, end)| *end == End::Done);
    let allowed: Vec<&Snapshot> = ended.iter().filter_map(|(v, _)| wanted.get(*v)).collect();
    if all_done && allowed.contains(&held) {
        return Vec::new();
    }
    let is_lost = |id: &str| {
        let found = held.get(id);
        all_done || !allowed.iter().any(|snapshot| snapshot.get(id) == found)
    };
    (0..N_DEVICES).map(device_id).filter(|id| is_lost(id)).collect()
}

/// How many devices were written after the fence was taken by who had an older one.
pub(crate) fn n_stale(world: &World, held: &Snapshot) -> usize {
    let Some(fence) = world.fence() else { return 0 };
    let is_stale = |id: &str| {
        let generation = world.generation(id).unwrap_or(0);
        generation < fence.generation && world.device_sequence(id).unwrap_or(0) > fence.generation
    };
    held.iter().filter(|(id, _)| is_stale(id.as_str())).count()
}
