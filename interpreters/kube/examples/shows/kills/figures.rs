//! What is counted, and what counts: mixed, doubled, orphaned and lost.

use std::collections::BTreeMap;
use std::time::Duration;

use escadre_interpreter::Snapshot;
use escadre_kube::World;

use super::{N_NODES, Outcome, node};
use crate::pods::Pod;

/// What was counted.
#[derive(Default)]
pub(crate) struct Figures {
    /// Kills of controllers, and of API servers.
    pub(crate) n_rounds: [usize; 2],
    pub(crate) n_races: usize,
    /// How controllers ended, by [`End`].
    pub(crate) n_ended: [usize; 3],
    /// Kills that left some nodes written and some not.
    pub(crate) n_between: usize,
    /// The longest that the control plane took to settle.
    pub(crate) longest: Duration,
    pub(crate) n_mixed: usize,
    pub(crate) n_doubled: usize,
    pub(crate) n_beside: usize,
    pub(crate) n_unsettled: usize,
    pub(crate) n_lost: usize,
    pub(crate) n_orphaned: usize,
    pub(crate) n_diverged: usize,
}

impl Figures {
    /// What must not happen, and how often it did.
    fn wrong(&self) -> [(&'static str, usize); 7] {
        [
            ("nodes seen mixed, or with what makes no sense", self.n_mixed),
            ("nodes with two pods of one resource", self.n_doubled),
            ("times that a node had two variants of what replaces its pods", self.n_beside),
            ("rounds whose pods never were those of the labels", self.n_unsettled),
            ("acknowledged applies lost", self.n_lost),
            ("objects of no node after an apply", self.n_orphaned),
            ("rounds that did not converge", self.n_diverged),
        ]
    }

    pub(crate) fn n_wrong(&self) -> usize {
        self.wrong().iter().map(|(_, n)| n).sum()
    }

    pub(crate) fn tell(&self) -> Outcome {
        let [controllers, servers] = self.n_rounds;
        if controllers + servers > 0 {
            let [done, failed, killed] = self.n_ended;
            println!(
                "rounds: {controllers} kills of controllers, {servers} of API servers; {} of them races of two controllers",
                self.n_races
            );
            println!(
                "controllers killed before they ended: {killed}, ended: {done}, failed: {failed}; rounds that ended between nodes: {}",
                self.n_between
            );
            println!("the longest that pods took to be those of the labels: {:.1?}", self.longest);
            for (what, n) in self.wrong() {
                println!("{what}: {n}");
            }
        }
        match self.n_wrong() {
            0 => Ok(()),
            n => Err(format!("{n} things that must not happen did").into()),
        }
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

/// How many nodes have what no version gives them, or what makes no sense.
pub(crate) fn n_mixed(world: &World, held: &Snapshot, wanted: &[Snapshot]) -> usize {
    let is_mixed = |id: &str, configuration| {
        !wanted.iter().any(|wanted| wanted.get(id) == Some(configuration))
    };
    let n = held.iter().filter(|(id, configuration)| is_mixed(id.as_str(), configuration)).count();
    n + world.anomalies().len()
}

/// How many times a node has two pods of one resource, of one variant or two.
pub(crate) fn n_doubled(pods: &[Pod]) -> usize {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| !pod.node.is_empty()) {
        *counts.entry((&pod.node, &pod.resource)).or_default() += 1;
    }
    counts.values().filter(|n| **n > 1).count()
}

/// The nodes that lost what a controller of this round had said was written.
///
/// Such a controller wrote every node; any other of the round may have written some of them
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
    (0..N_NODES).map(node).filter(|id| is_lost(id)).collect()
}
