//! A fleet cut down to what it says at a few paths of one resource, and comparing that.

use std::sync::Arc;

use super::touch::Place;
use crate::claims::Claims;
use crate::dag::Dag;
use crate::denote::Evaluator;
use crate::facts::Facts;
use crate::fleet::{Deployed, Fleet, Op};
use crate::names::{Field, ResourceName};
use crate::path::Path;
use crate::selector::{Selector, View};
use crate::tree::Tree;
use crate::value::Value;

/// Fields of one resource, and whether everything below them is meant too.
pub(super) type Entry<'a> = (&'a [Field], bool);

/// The nodes of `fleet` by which [`claimed`], [`only_objects`] and [`cut`] are the same at `places` as by all.
///
/// Operands of ∪ and ⊕ that say nothing there do not matter, unless a patch asks for the roots around it.
pub(super) fn speaking(fleet: &Fleet, places: &[Place]) -> Dag {
    let some = Dag::of_some(fleet, |operand| may_speak(operand, places));
    let has_patch = some.nodes.iter().any(|fleet| matches!(fleet.0.op, Op::Patch));
    if has_patch { Dag::of(fleet) } else { some }
}

/// Whether `fleet` may claim something at `places`; without looking below operators of several operands.
fn may_speak(mut fleet: &Fleet, places: &[Place]) -> bool {
    loop {
        match (&fleet.0.op, &fleet.0.of[..]) {
            (Op::Deploy(deployed), _) => {
                return places.iter().any(|(path, whole)| {
                    deployed.resource == *path.resource()
                        && speaks(&deployed.claims, (path.fields(), *whole))
                });
            }
            (Op::Empty | Op::All | Op::Invalid(_) | Op::Foreign(_), _) => return false,
            (_, [inner]) => fleet = inner,
            _ => return true,
        }
    }
}

/// For each node of `dag`, the devices on which it claims something at `path`. Costs O(nodes).
pub(super) fn claimed(dag: &Dag, path: &Path) -> Vec<Selector> {
    let root = Path::root(path.resource().clone());
    let roots = if root == *path { None } else { Some(claimed(dag, &root)) };
    let mut claimed: Vec<Selector> = Vec::with_capacity(dag.len());
    for (fleet, of) in dag.nodes.iter().zip(dag.operands.iter()) {
        let at = |n: usize| claimed[of[n]].clone();
        let here = match &fleet.0.op {
            Op::Empty | Op::All | Op::Invalid(_) | Op::Foreign(_) => Selector::none(),
            Op::Deploy(deployed) => constant(claims_at(deployed, path)),
            Op::Union | Op::Overlay => any(of.iter().map(|&of| claimed[of].clone())),
            Op::Patch => match &roots {
                None => at(0),
                Some(roots) => any([at(0), all([roots[of[0]].clone(), at(1)])]),
            },
            Op::Mask => all([at(0), !at(1)]),
            Op::Within => all([at(0), members(&fleet.0.of[1])]),
            Op::Without => all([at(0), !members(&fleet.0.of[1])]),
            Op::Restrict(s) => all([s.clone(), at(0)]),
            Op::Choose(s) => any([all([s.clone(), at(0)]), all([!s.clone(), at(1)])]),
            Op::Forget(paths) if paths.drops(path) => Selector::none(),
            Op::Keep(paths) if !paths.retains(path) => Selector::none(),
            Op::Forget(_) | Op::Keep(_) | Op::Named(_) => at(0),
        };
        claimed.push(here);
    }
    claimed
}

/// Whether nobody claims anything but `Object` at `path`.
pub(super) fn only_objects(dag: &Dag, path: &Path) -> bool {
    dag.nodes.iter().all(|fleet| match &fleet.0.op {
        Op::Deploy(deployed) if deployed.resource == *path.resource() => {
            let own = at_fields(&deployed.claims, path.fields());
            own.is_none_or(|own| own.iter().all(|(value, ())| *value == Value::Object))
        }
        _ => true,
    })
}

/// The fleet that claims the same at `entries` of `resource`, and there only needs to be looked
/// at; `None` if nothing is claimed there. Not a member and a member without claims are one.
///
/// Operators are pointwise in the path, except that a patch asks for the root, so it becomes an
/// overlay of what is restricted to where the root is claimed.
pub(super) fn cut(dag: &Dag, root: &Path, entries: &[Entry<'_>]) -> Option<Fleet> {
    let has_patch = dag.nodes.iter().any(|fleet| matches!(fleet.0.op, Op::Patch));
    let roots = if has_patch { claimed(dag, root) } else { Vec::new() };
    let mut done: Vec<Option<Fleet>> = Vec::with_capacity(dag.len());
    for (fleet, of) in dag.nodes.iter().zip(dag.operands.iter()) {
        let make = |op: Op, of: Vec<Fleet>| Fleet::node(op, of, fleet.0.origin.clone());
        let at = |n: usize| done[of[n]].clone();
        let here = match &fleet.0.op {
            Op::Empty | Op::All | Op::Invalid(_) | Op::Foreign(_) => None,
            Op::Deploy(deployed) => {
                let speaks = deployed.resource == *root.resource()
                    && entries.iter().any(|entry| speaks(&deployed.claims, *entry));
                speaks.then(|| fleet.clone())
            }
            Op::Union | Op::Overlay => {
                let mut left: Vec<Fleet> = of.iter().filter_map(|&of| done[of].clone()).collect();
                match (left.len(), left.pop()) {
                    (_, None) => None,
                    (1, Some(only)) => Some(only),
                    (_, Some(last)) => {
                        left.push(last);
                        Some(make(fleet.0.op.clone(), left))
                    }
                }
            }
            Op::Patch => {
                let with = at(1).map(|with| restrict(with, roots[of[0]].clone()));
                match (at(0), with) {
                    (Some(base), Some(with)) => Some(make(Op::Overlay, vec![base, with])),
                    (base, with) => base.or(with),
                }
            }
            Op::Mask => match (at(0), at(1)) {
                (Some(base), Some(with)) => Some(make(Op::Mask, vec![base, with])),
                (base, _) => base,
            },
            Op::Within => at(0).map(|base| restrict(base, members(&fleet.0.of[1]))),
            Op::Without => at(0).map(|base| restrict(base, !members(&fleet.0.of[1]))),
            Op::Restrict(s) => at(0).map(|base| restrict(base, s.clone())),
            Op::Choose(s) => match (at(0), at(1)) {
                (Some(a), Some(b)) => Some(make(Op::Choose(s.clone()), vec![a, b])),
                (a, b) => {
                    a.map(|a| restrict(a, s.clone())).or_else(|| b.map(|b| restrict(b, !s.clone())))
                }
            },
            Op::Forget(_) | Op::Keep(_) => at(0).map(|base| make(fleet.0.op.clone(), vec![base])),
            Op::Named(_) => at(0),
        };
        done.push(here);
    }
    done.pop().flatten()
}

fn restrict(fleet: Fleet, selector: Selector) -> Fleet {
    if matches!(selector.view(), View::All) { fleet } else { fleet.restrict(selector) }
}

fn members(fleet: &Fleet) -> Selector {
    crate::explain::members(&Evaluator::new(fleet))
}

/// Whether `tree` has candidates at `entry`.
fn speaks(tree: &Tree<()>, (fields, whole): Entry<'_>) -> bool {
    if whole {
        subtree(tree, fields).is_none_or(|tree| !tree.is_nothing())
    } else {
        at_fields(tree, fields).is_some_and(|own| !own.is_empty())
    }
}

fn claims_at(deployed: &Deployed, path: &Path) -> bool {
    deployed.resource == *path.resource()
        && at_fields(&deployed.claims, path.fields()).is_some_and(|own| !own.is_empty())
}

/// The candidates of `tree` at `fields`; `None` if nothing is claimed there.
fn at_fields<'a>(tree: &'a Tree<()>, fields: &[Field]) -> Option<&'a [(Value, ())]> {
    let mut tree = tree;
    for field in fields {
        match tree.children.get(field) {
            Some(child) => tree = child,
            None => return tree.below.map(|()| &UNSET[..]),
        }
    }
    Some(&tree.own)
}

/// The listed subtree of `tree` at `fields`; `None` if what is there is not listed, but said above.
fn subtree<'a>(tree: &'a Tree<()>, fields: &[Field]) -> Option<&'a Tree<()>> {
    let mut tree = tree;
    for field in fields {
        match tree.children.get(field) {
            Some(child) => tree = child,
            None if tree.below.is_some() => return None,
            None => return Some(&NOTHING),
        }
    }
    Some(tree)
}

static UNSET: [(Value, ()); 1] = [(Value::Unset, ())];
static NOTHING: Tree<()> =
    Tree { own: Vec::new(), below: None, children: std::collections::BTreeMap::new() };

fn constant(holds: bool) -> Selector {
    if holds { Selector::all() } else { Selector::none() }
}

/// The conjunction; ⊥ if one part is.
fn all(parts: impl IntoIterator<Item = Selector>) -> Selector {
    let parts: Vec<Selector> = parts.into_iter().collect();
    if parts.iter().any(|part| matches!(part.view(), View::None)) {
        return Selector::none();
    }
    Selector::all_of(parts)
}

/// The disjunction; ⊤ if one part is.
fn any(parts: impl IntoIterator<Item = Selector>) -> Selector {
    let parts: Vec<Selector> = parts.into_iter().collect();
    if parts.iter().any(|part| matches!(part.view(), View::All)) {
        return Selector::all();
    }
    Selector::any_of(parts)
}

/// Where claims are compared.
pub(super) enum Scope<'a> {
    Everywhere,
    At(&'a ResourceName, &'a [Entry<'a>]),
}

/// What is known of the devices with the same answers.
pub(super) enum Verdict {
    Same,
    Differ,
    /// Words decide, device by device.
    Words(Option<Claims<()>>, Option<Claims<()>>),
}

impl Scope<'_> {
    pub(super) fn verdict(&self, old: Option<Claims<()>>, new: Option<Claims<()>>) -> Verdict {
        if self.same(old.as_ref(), new.as_ref()) {
            return Verdict::Same;
        }
        let varies = |claims: &Option<Claims<()>>| {
            claims.as_ref().is_some_and(|claims| self.trees(claims).iter().any(|t| varies(t)))
        };
        if varies(&old) || varies(&new) { Verdict::Words(old, new) } else { Verdict::Differ }
    }

    /// Whether both claim the same here; at some paths, no claims are as not being a member.
    pub(super) fn same(&self, old: Option<&Claims<()>>, new: Option<&Claims<()>>) -> bool {
        let Self::At(_, entries) = self else { return old == new };
        let trees = |claims: Option<&Claims<()>>| match claims {
            Some(claims) => self.trees(claims),
            None => entries.iter().map(|_| Arc::new(Tree::nothing())).collect(),
        };
        let pairs = trees(old).into_iter().zip(trees(new)).zip(*entries);
        let mut pairs = pairs.map(|((old, new), (_, whole))| (old, new, *whole));
        pairs.all(
            |(old, new, whole)| {
                if whole { old.same_claims(&new) } else { old.own == new.own }
            },
        )
    }

    /// The subtrees that are compared.
    fn trees(&self, claims: &Claims<()>) -> Vec<Arc<Tree<()>>> {
        match self {
            Self::Everywhere => claims.roots.values().cloned().collect(),
            Self::At(resource, entries) => {
                let root = claims.roots.get(*resource).cloned();
                let root = root.unwrap_or_else(|| Arc::new(Tree::nothing()));
                let at = |(fields, _): &Entry<'_>| {
                    fields.iter().fold(Arc::clone(&root), |tree, field| tree.child(field))
                };
                entries.iter().map(at).collect()
            }
        }
    }

    /// The claims on one device.
    pub(super) fn on(&self, claims: &Claims<()>, facts: &Facts) -> Claims<()> {
        match self {
            Self::Everywhere => claims.instantiate(facts),
            Self::At(resource, _) => {
                let root = claims.roots.get_key_value(*resource);
                let roots = root.map(|(name, tree)| (name.clone(), Arc::clone(tree)));
                Claims { roots: roots.into_iter().collect() }.instantiate(facts)
            }
        }
    }
}

/// Whether some value is not the same on every device.
fn varies(tree: &Tree<()>) -> bool {
    let mut found = false;
    tree.walk(&mut Vec::new(), &mut |_, node| {
        found |= node.own.iter().any(|(value, ())| !value.is_constant());
        !found
    });
    found
}
