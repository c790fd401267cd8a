//! Digests of expressions: of a node from its operator and its operands' digests.
//!
//! Names, origins and sharing do not enter. The pieces are wire format: they never change.

use std::collections::HashMap;

use super::json::{Json, line};
use super::{claims, encode};
use crate::dag::Dag;
use crate::digest::{Digest, Digester};
use crate::fleet::{Fleet, Op};
use crate::selector::{Selector, View};

impl Fleet {
    /// The digest of this expression. Costs O(nodes + claims).
    ///
    /// Expressions of one digest mean the same; names, origins and sharing do not change it.
    /// The converse does not hold: expressions of different digests may mean the same.
    ///
    /// ```
    /// use escadre_algebra::{Fleet, Resource, deploy, label};
    /// let f = deploy(Resource::new("motd").set("text", "hello"));
    /// assert_eq!(f.clone().named("greeting").digest(), f.digest());
    /// assert_ne!(f.clone().restrict(label("role").exists()).digest(), f.digest());
    /// ```
    #[must_use]
    pub fn digest(&self) -> Digest {
        let dag = Dag::of(self);
        let mut selectors = HashMap::new();
        let mut digests: Vec<Digest> = Vec::with_capacity(dag.len());
        for (fleet, operands) in dag.nodes.iter().zip(dag.operands.iter()) {
            let of = operands.iter().map(|&at| digests[at]);
            digests.push(node(&fleet.0.op, of, &mut selectors));
        }
        digests[dag.root()]
    }
}

fn node(
    op: &Op,
    mut of: impl Iterator<Item = Digest>,
    selectors: &mut HashMap<usize, Digest>,
) -> Digest {
    let mut digester = Digester::new("escadre/fleet/v1").piece(op.name().as_bytes());
    match op {
        Op::Named(_) => {
            if let Some(only) = of.next() {
                return only;
            }
        }
        Op::Deploy(deployed) => {
            digester.add(deployed.resource.as_str().as_bytes());
            digester.add(text(&claims::to_json(&deployed.claims)).as_bytes());
            let mut contents: Vec<Digest> = deployed.contents.iter().map(|c| c.0).collect();
            contents.sort_unstable();
            contents.dedup();
            contents.iter().for_each(|digest| digester.add(digest.as_bytes()));
        }
        Op::Restrict(s) | Op::Choose(s) => digester.add(selector(s, selectors).as_bytes()),
        Op::Forget(paths) | Op::Keep(paths) => {
            digester.add(line(&encode::paths(paths)).unwrap_or_default().as_bytes());
        }
        Op::Invalid(problem) => digester.add(problem.message().as_bytes()),
        Op::Foreign(foreign) => {
            let body = foreign.body.iter().map(|(k, v)| (k.clone(), Json::from(v)));
            digester.add(text(&Json::Object(body.collect())).as_bytes());
        }
        Op::Empty
        | Op::All
        | Op::Union
        | Op::Overlay
        | Op::Patch
        | Op::Mask
        | Op::Within
        | Op::Without => {}
    }
    of.for_each(|operand| digester.add(operand.as_bytes()));
    digester.finish()
}

fn text(json: &Json) -> String {
    line(json).unwrap_or_default()
}

/// The digest of `selector`; `known` holds those of nodes by address. Does not recurse.
fn selector(selector: &Selector, known: &mut HashMap<usize, Digest>) -> Digest {
    let mut open = vec![(selector, false)];
    while let Some((node, parts_done)) = open.pop() {
        if known.contains_key(&node.address()) {
            continue;
        }
        let view = node.view();
        if !parts_done && !view.children().is_empty() {
            open.push((node, true));
            open.extend(view.children().iter().map(|part| (part, false)));
            continue;
        }
        let digester = Digester::new("escadre/selector/v1");
        let mut digester = match view {
            View::All => digester.piece(b"true"),
            View::None => digester.piece(b"false"),
            View::Test(test) => digester.piece(b"test").piece(test.to_string().as_bytes()),
            View::Not(_) => digester.piece(b"not"),
            View::And(_) => digester.piece(b"all"),
            View::Or(_) => digester.piece(b"any"),
            View::Invalid(problem) => {
                digester.piece(b"invalid").piece(problem.message().as_bytes())
            }
        };
        for part in view.children() {
            if let Some(digest) = known.get(&part.address()) {
                digester.add(digest.as_bytes());
            }
        }
        known.insert(node.address(), digester.finish());
    }
    known.get(&selector.address()).copied().unwrap_or_else(|| Digest::of(b""))
}
