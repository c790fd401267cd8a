//! What is counted, and how much of it there must be.

use crate::audit::Tally;
use crate::devices::Heard;
use crate::{Outcome, Settings};

/// What was counted.
#[derive(Default)]
pub(crate) struct Figures {
    /// Of controllers, servers and leaders.
    pub(crate) n_rounds: [usize; 3],
    /// Those in which what was killed was writing, or was being written to.
    pub(crate) n_hits: [usize; 3],
    pub(crate) n_races: usize,
    /// Rounds that left some devices written and some not.
    pub(crate) n_between: usize,
    pub(crate) n_looks: u64,
    pub(crate) n_mixed: u64,
    /// Rounds that lost what a controller had said, and those that lost what had been stored.
    pub(crate) n_lost: usize,
    pub(crate) n_forgotten: usize,
    pub(crate) n_converged: usize,
    pub(crate) n_diverged: usize,
    tally: Tally,
    /// Messages that were missed though their bucket keeps them.
    n_missed_of_history: u64,
    heard: Heard,
}

impl Figures {
    /// What was counted in both.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for kill in 0..self.n_rounds.len() {
            self.n_rounds[kill] += other.n_rounds[kill];
            self.n_hits[kill] += other.n_hits[kill];
        }
        self.n_races += other.n_races;
        self.n_between += other.n_between;
        self.n_looks += other.n_looks;
        self.n_mixed += other.n_mixed;
        self.n_lost += other.n_lost;
        self.n_forgotten += other.n_forgotten;
        self.n_converged += other.n_converged;
        self.n_diverged += other.n_diverged;
        self.tally = self.tally.and(other.tally);
        self.n_missed_of_history += other.n_missed_of_history;
        self.heard = self.heard.and(other.heard);
        self
    }

    /// Adds what the audit and the devices of one bucket counted.
    pub(crate) fn add(&mut self, tally: Tally, heard: Heard, keeps_history: bool) {
        self.n_missed_of_history += if keeps_history { tally.n_missed } else { 0 };
        self.tally = self.tally.and(tally);
        self.heard = self.heard.and(heard);
    }

    pub(crate) fn tell(&self, settings: &Settings) -> Outcome {
        let ([controllers, servers, leaders], [controllers_hit, servers_hit, leaders_hit]) =
            (self.n_rounds, self.n_hits);
        println!("controllers killed while they wrote: {controllers_hit} in {controllers} rounds");
        println!("servers killed while an apply wrote: {servers_hit} in {servers} rounds");
        println!("leaders killed while an apply wrote: {leaders_hit} in {leaders} rounds");
        println!("races of two controllers: {}", self.n_races);
        println!("rounds that ended between devices: {}", self.n_between);
        let Tally { n_messages, n_manifests, n_taken, n_ended, .. } = self.tally;
        println!(
            "audited: {n_messages} messages, {n_manifests} manifests, {n_taken} takings of the fence, {n_ended} ends"
        );
        println!(
            "not audited: {} replaced before they were read, {} beside them not judged",
            self.tally.n_missed, self.tally.n_blurred
        );
        let Heard { n_connected, n_wanted, n_left, n_refused, .. } = self.heard;
        println!(
            "devices that follow: connected {n_connected} times, told {n_wanted} configurations, {n_left} times to leave, {n_refused} refusals"
        );
        println!("looks of readers that follow manifests: {}", self.n_looks);
        let mut n_wrong = 0;
        for (what, n) in self.wrong() {
            println!("{what}: {n}");
            n_wrong += n;
        }
        println!("rounds that converged: {}", self.n_converged);
        if n_wrong > 0 {
            return Err(format!("{n_wrong} things that must not happen did"));
        }
        self.is_enough(settings)
    }

    /// What must not happen.
    fn wrong(&self) -> [(&'static str, u64); 10] {
        [
            ("devices seen mixed by readers", self.n_mixed),
            ("devices that were to run what is mixed", self.heard.n_mixed),
            ("devices that went back to an older generation", self.heard.n_back),
            ("manifests stored without what they name", self.tally.n_mixed),
            ("batches stored in parts", self.tally.n_torn),
            ("acknowledged applies lost", self.n_lost as u64 + self.tally.n_short),
            ("stored writes lost", self.n_forgotten as u64),
            ("writes by a controller whose fence was taken", self.tally.n_stale),
            ("messages missed though they were kept", self.n_missed_of_history),
            ("rounds that did not converge", self.n_diverged as u64),
        ]
    }

    /// Whether what was to be looked at was there: kills that hit nothing would show nothing.
    fn is_enough(&self, settings: &Settings) -> Outcome {
        if settings.is_short() {
            let is_shown = self.n_converged > 0 && self.n_looks > 0;
            return if is_shown {
                Ok(())
            } else {
                Err("nothing converged, or nobody looked".to_owned())
            };
        }
        let n_rounds = self.n_rounds.iter().sum::<usize>();
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let [controllers, servers, leaders] = self.n_hits;
        let n_read = count(self.tally.n_messages - self.tally.n_blurred);
        let least = [
            ("controllers killed while they wrote", controllers, settings.n_controllers),
            ("servers killed while an apply wrote", servers, settings.n_servers),
            ("leaders killed while an apply wrote", leaders, settings.n_leaders),
            ("rounds that ended between devices", self.n_between, settings.n_controllers / 20),
            ("rounds that converged", self.n_converged, n_rounds * 3 / 4),
            ("races", self.n_races, n_rounds * 3 / 10),
            ("looks", count(self.n_looks), n_rounds),
            ("applies that ended", count(self.tally.n_ended), n_rounds * 3 / 4),
            ("messages judged", n_read, count(self.tally.n_messages) / 100 * 75),
            ("configurations told to devices", count(self.heard.n_wanted), n_rounds),
        ];
        for (what, n, least) in least {
            if n < least {
                return Err(format!("{n} {what}, and at least {least} were to be"));
            }
        }
        Ok(())
    }
}
