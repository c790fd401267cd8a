//! Dependencies between the resources of one device.
//!
//! A resource is `after` the resources that its field `after` names (`after.NAME = true`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::Direction::Incoming;
use petgraph::graphmap::DiGraphMap;

use crate::configuration::ResourceState;
use crate::names::{Field, ResourceName};
use crate::value::Value;

/// What is wrong with the dependencies of a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AfterError {
    /// `resource` is after `target`, which the device does not have.
    UnknownTarget { resource: ResourceName, target: Field },
    /// What `resource` says below `after` (or there) is not `NAME = true`.
    NotTrue { resource: ResourceName, fields: Arc<[Field]>, value: Value },
    /// Each of these is after the next, and the last after the first; the first by name comes first.
    Cycle(Vec<ResourceName>),
}

/// A field of a rendered resource and its value.
type Leaf = (Arc<[Field]>, Value);

/// The names that `state` is after, and the fields of `after` that name nothing.
fn targets(state: &ResourceState) -> (Vec<&Field>, Vec<Leaf>) {
    let (mut targets, mut others) = (Vec::new(), Vec::new());
    for (fields, value) in state.below(&["after"]) {
        match (&fields[1..], value) {
            ([target], Value::Bool(true)) => targets.push(target),
            // Nothing said below `after` is no dependency.
            ([], Value::Object) => {}
            _ => others.push((Arc::clone(fields), value.clone())),
        }
    }
    (targets, others)
}

/// The names in an order where each comes behind those that it is after, by name otherwise, and
/// all that is wrong. What is in a cycle, or behind one, comes last, by name.
/// Costs O((resources + dependencies) · log resources).
pub(crate) fn order(
    resources: &BTreeMap<ResourceName, Arc<ResourceState>>,
) -> (Vec<ResourceName>, Vec<AfterError>) {
    let names: Vec<&ResourceName> = resources.keys().collect();
    if resources.values().all(|state| state.below(&["after"]).is_empty()) {
        return (names.into_iter().cloned().collect(), Vec::new());
    }
    let position = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok();
    let mut errors = Vec::new();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (at, (name, state)) in resources.iter().enumerate() {
        graph.add_node(at);
        let (targets, others) = targets(state);
        let not_true =
            |(fields, value)| AfterError::NotTrue { resource: name.clone(), fields, value };
        errors.extend(others.into_iter().map(not_true));
        for target in targets {
            match position(target.as_str()) {
                Some(before) if mutant!(AfterReversed) => drop(graph.add_edge(at, before, ())),
                Some(before) => drop(graph.add_edge(before, at, ())),
                None => errors.push(AfterError::UnknownTarget {
                    resource: name.clone(),
                    target: target.clone(),
                }),
            }
        }
    }
    let mut n_before: Vec<usize> = vec![0; names.len()];
    graph.all_edges().for_each(|(_, at, ())| n_before[at] += 1);
    let mut ready: BTreeSet<usize> = (0..names.len()).filter(|&at| n_before[at] == 0).collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(at) = ready.pop_first() {
        order.push(names[at].clone());
        for next in graph.neighbors(at) {
            n_before[next] -= 1;
            if n_before[next] == 0 {
                ready.insert(next);
            }
        }
    }
    let stuck: Vec<usize> = (0..names.len()).filter(|&at| n_before[at] > 0).collect();
    errors.extend(cycles(&graph, &stuck, &names));
    order.extend(stuck.into_iter().map(|at| names[at].clone()));
    (order, errors)
}

/// Cycles among the `stuck` resources: each of these is behind a cycle, and walking against the
/// dependencies, always to the first by name, ends in one. Each cycle found is told once.
fn cycles(
    graph: &DiGraphMap<usize, ()>,
    stuck: &[usize],
    names: &[&ResourceName],
) -> Vec<AfterError> {
    let is_stuck = |at: &usize| stuck.binary_search(at).is_ok();
    // In which walk each resource was met first, and as which step.
    let mut met: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut cycles = Vec::new();
    for (walk, &start) in stuck.iter().enumerate() {
        let mut walked = Vec::new();
        let mut at = start;
        while !met.contains_key(&at) {
            met.insert(at, (walk, walked.len()));
            walked.push(at);
            let before = graph.neighbors_directed(at, Incoming).filter(is_stuck).min();
            let Some(before) = before else { break };
            at = before;
        }
        let first = met.get(&at).filter(|(in_walk, _)| *in_walk == walk);
        if let Some((_, step)) = first {
            let mut cycle = walked.split_off(*step);
            let least = cycle.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(i, _)| i);
            cycle.rotate_left(least);
            cycles.push(AfterError::Cycle(cycle.into_iter().map(|at| names[at].clone()).collect()));
        }
    }
    cycles
}
