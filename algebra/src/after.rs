//! Dependencies between the resources of one device.
//!
//! A resource is `after` the resources that its field `after` names (`after.NAME = true`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graphmap::DiGraphMap;

use crate::configuration::ResourceState;
use crate::names::ResourceName;
use crate::value::Value;

/// Why the resources of a device have no order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AfterError {
    /// `resource` is after `target`, which the device does not have.
    UnknownTarget { resource: ResourceName, target: String },
    /// Each of these is after the next, and the last after the first.
    Cycle(Vec<ResourceName>),
}

/// The names that `state` is after.
pub(crate) fn targets(state: &ResourceState) -> Vec<&str> {
    let after = state.children(&["after"]).into_iter();
    after.filter(|target| state.get(&["after", target]) == Some(&Value::Bool(true))).collect()
}

/// The names in an order where each comes behind those that it is after; by name otherwise.
/// Costs O((resources + dependencies) · log resources).
pub(crate) fn order(
    resources: &BTreeMap<ResourceName, Arc<ResourceState>>,
) -> Result<Vec<ResourceName>, AfterError> {
    let names: Vec<&ResourceName> = resources.keys().collect();
    let position = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (at, (name, state)) in resources.iter().enumerate() {
        graph.add_node(at);
        for target in targets(state) {
            let Some(before) = position(target) else {
                return Err(AfterError::UnknownTarget {
                    resource: name.clone(),
                    target: target.to_owned(),
                });
            };
            graph.add_edge(before, at, ());
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
    if order.len() == names.len() { Ok(order) } else { Err(cycle(&graph, &names)) }
}

/// One cycle, from its first resource by name.
fn cycle(graph: &DiGraphMap<usize, ()>, names: &[&ResourceName]) -> AfterError {
    let components = petgraph::algo::tarjan_scc(graph);
    let cyclic = |c: &Vec<usize>| c.len() > 1 || graph.contains_edge(c[0], c[0]);
    let mut component =
        components.into_iter().filter(cyclic).min_by_key(|c| c.iter().min().copied());
    let inside: BTreeSet<usize> = component.take().unwrap_or_default().into_iter().collect();
    let Some(&start) = inside.first() else { return AfterError::Cycle(Vec::new()) };
    // Walk against the edges ("is after") inside the component until a resource comes again.
    let mut walked = vec![start];
    loop {
        let at = walked[walked.len() - 1];
        let before = graph.neighbors_directed(at, petgraph::Direction::Incoming);
        let Some(next) = before.filter(|n| inside.contains(n)).min() else { break };
        if let Some(first) = walked.iter().position(|&w| w == next) {
            walked.drain(..first);
            break;
        }
        walked.push(next);
    }
    AfterError::Cycle(walked.into_iter().map(|at| names[at].clone()).collect())
}
