//! Expressions: the fleets of one analysis in one table, equal ones once.
//!
//! Note [Equal expressions] Two expressions with the same operator, operands and guard are one
//! entry, wherever they were written, so what two fleets have in common is analysed once. Guards
//! are compared as diagrams, resources by their claims, and layer names are passed over. A chain
//! of unions, or of overlays, that nothing else shares is one entry with many operands.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Ref, Slot};
use super::chain::{Built, absorbed, chain};
use super::guard::Guards;
use super::layers::{Layer, layer};
use super::space::Space;
use super::users::Users;
use crate::dag::Dag;
use crate::fleet::{self, Fleet};
use crate::map::{Entry, Map, Set};
use crate::names::ResourceName;
use crate::path_set::PathSet;
use crate::tree::Tree;

/// The number of an expression. Operands have smaller ones.
pub(super) type ExprId = u32;

/// What an expression does with its operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Expr {
    Empty,
    All,
    Deploy(Slot),
    Union(Vec<ExprId>),
    Overlay(Vec<ExprId>),
    Patch(ExprId, ExprId),
    Mask(ExprId, ExprId),
    Within(ExprId, ExprId),
    Without(ExprId, ExprId),
    Restrict(Ref, ExprId),
    Choose(Ref, ExprId, ExprId),
    Forget(usize, ExprId),
    Keep(usize, ExprId),
}

impl Expr {
    pub(super) fn operands(&self) -> Vec<ExprId> {
        let mut operands = Vec::new();
        self.each_operand(|operand| operands.push(operand));
        operands
    }

    fn each_operand(&self, visit: impl FnMut(ExprId)) {
        match self {
            Self::Empty | Self::All | Self::Deploy(_) => {}
            Self::Union(of) | Self::Overlay(of) => of.iter().copied().for_each(visit),
            Self::Patch(a, b) | Self::Mask(a, b) | Self::Within(a, b) | Self::Without(a, b) => {
                [*a, *b].into_iter().for_each(visit);
            }
            Self::Choose(_, a, b) => [*a, *b].into_iter().for_each(visit),
            Self::Restrict(_, a) | Self::Forget(_, a) | Self::Keep(_, a) => {
                [*a].into_iter().for_each(visit);
            }
        }
    }
}

impl Expr {
    /// This expression with `new` in place of `old`.
    pub(super) fn with_operand(&self, old: ExprId, new: ExprId) -> Self {
        let mut expr = self.clone();
        let put = |at: &mut ExprId| {
            if *at == old {
                *at = new;
            }
        };
        match &mut expr {
            Self::Empty | Self::All | Self::Deploy(_) => {}
            Self::Union(of) | Self::Overlay(of) => of.iter_mut().for_each(put),
            Self::Patch(a, b) | Self::Mask(a, b) | Self::Within(a, b) | Self::Without(a, b) => {
                [a, b].into_iter().for_each(put);
            }
            Self::Choose(_, a, b) => [a, b].into_iter().for_each(put),
            Self::Restrict(_, a) | Self::Forget(_, a) | Self::Keep(_, a) => put(a),
        }
        expr
    }
}

/// One deployed resource: the claims of a slot.
#[derive(Clone)]
pub(super) struct Deployment {
    pub(super) resource: ResourceName,
    pub(super) claims: Arc<Tree<()>>,
    hash: u64,
}

impl PartialEq for Deployment {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.resource == other.resource
            && self.claims.same_claims(&other.claims)
    }
}

impl Eq for Deployment {}

impl Hash for Deployment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// All expressions of an analysis.
#[derive(Default)]
pub(super) struct Expressions {
    nodes: Vec<Expr>,
    known: Map<Expr, ExprId>,
    users: Users,
    deployments: Vec<Deployment>,
    slot_of: Map<Deployment, Slot>,
    path_sets: Vec<PathSet>,
    /// The membership of each expression, as far as it was asked for.
    pub(super) members: Map<ExprId, Ref>,
    /// Where each operand of an overlay lies in it.
    positions: Map<ExprId, Map<ExprId, Vec<u32>>>,
    /// Who wrote the operands of unions, overlays and patches, in order.
    layers: Vec<(ExprId, ExprId, Fleet)>,
}

impl Expressions {
    pub(super) fn get(&self, at: ExprId) -> &Expr {
        &self.nodes[at as usize]
    }

    /// The expressions that have `at` among their operands, the last one first.
    pub(super) fn users(&self, at: ExprId) -> impl Iterator<Item = ExprId> {
        self.users.of(at)
    }

    pub(super) fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    pub(super) fn path_sets(&self) -> &[PathSet] {
        &self.path_sets
    }

    /// The expression that deploys `slot`, if there is one.
    pub(super) fn deploy(&self, slot: Slot) -> Option<ExprId> {
        self.known.get(&Expr::Deploy(slot)).copied()
    }

    /// Those operands of the overlay `at` that are among `some`, in its order.
    pub(super) fn in_order(&mut self, at: ExprId, some: &[ExprId]) -> Vec<ExprId> {
        let Expr::Overlay(operands) = &self.nodes[at as usize] else { return some.to_vec() };
        let positions = self.positions.entry(at).or_insert_with(|| {
            let mut positions: Map<ExprId, Vec<u32>> = Map::default();
            for (position, operand) in (0..).zip(operands) {
                positions.entry(*operand).or_default().push(position);
            }
            positions
        });
        let mut found: Vec<u32> =
            some.iter().filter_map(|of| positions.get(of)).flatten().copied().collect();
        found.sort_unstable();
        found.into_iter().map(|position| operands[position as usize]).collect()
    }

    /// The expressions that `roots` are made of, themselves among them, each once.
    pub(super) fn below(&self, roots: impl IntoIterator<Item = ExprId>) -> Vec<ExprId> {
        let mut seen: Set<ExprId> = Set::default();
        let mut open: Vec<ExprId> = roots.into_iter().collect();
        let mut below = Vec::new();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                below.push(at);
                self.get(at).each_operand(|operand| open.push(operand));
            }
        }
        below
    }

    /// The layers of the expressions that `root` is made of, each once.
    pub(super) fn layers_below(&self, root: ExprId) -> Vec<(ExprId, ExprId, Layer)> {
        let below: Set<ExprId> = self.below([root]).into_iter().collect();
        let mut seen = Set::default();
        let own = self
            .layers
            .iter()
            .filter(|(user, operand, _)| below.contains(user) && seen.insert((*user, *operand)));
        own.map(|(user, operand, fleet)| (*user, *operand, layer(fleet))).collect()
    }

    /// Adds an expression whose operands are here.
    pub(super) fn add_expr(&mut self, expr: Expr) -> ExprId {
        self.intern(expr)
    }

    fn intern(&mut self, expr: Expr) -> ExprId {
        match self.known.entry(expr) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => {
                let at = ExprId::try_from(self.nodes.len()).unwrap_or(ExprId::MAX);
                let expr = slot.key().clone();
                expr.each_operand(|operand| self.users.add(operand, at));
                self.nodes.push(expr);
                self.users.grow();
                *slot.insert(at)
            }
        }
    }

    /// The expression of a fleet. Costs its nodes, and what its guards cost.
    pub(super) fn add(
        &mut self,
        dag: &Dag,
        guards: &mut Guards,
        space: &Space,
        arena: &mut Arena,
    ) -> Result<ExprId, TooLarge> {
        let absorbed = absorbed(dag);
        let mut built: Vec<Built> = Vec::with_capacity(dag.len());
        self.nodes.reserve(dag.len());
        self.known.reserve(dag.len());
        for (at, node) in dag.nodes.iter().enumerate() {
            arena.spend(1)?;
            let of = &dag.operands[at];
            let expr = match &node.0.op {
                fleet::Op::Union | fleet::Op::Overlay => {
                    let operands = chain(&mut built, of, &absorbed);
                    if absorbed[at] {
                        built.push(Built::Chain(operands));
                        continue;
                    }
                    let ids = operands.iter().map(|(id, _)| *id).collect();
                    let user = self.nary(&node.0.op, ids);
                    self.note_layers(user, operands, dag);
                    built.push(Built::One(user));
                    continue;
                }
                op => self.plain(op, of, &built, |s, arena| guards.of(s, space, arena), arena)?,
            };
            if matches!(&node.0.op, fleet::Op::Patch) {
                let operands = of.iter().map(|at| (built[*at].id(), *at)).collect();
                self.note_layers(expr, operands, dag);
            }
            built.push(Built::One(expr));
        }
        Ok(built.last().map_or_else(|| self.intern(Expr::Empty), Built::id))
    }

    fn note_layers(&mut self, user: ExprId, operands: Vec<(ExprId, usize)>, dag: &Dag) {
        for (operand, at) in operands {
            if operand != user {
                self.layers.push((user, operand, dag.nodes[at].clone()));
            }
        }
    }

    fn nary(&mut self, op: &fleet::Op, mut operands: Vec<ExprId>) -> ExprId {
        let overlay = matches!(op, fleet::Op::Overlay);
        let empty = self.known.get(&Expr::Empty).copied();
        operands.retain(|operand| Some(*operand) != empty);
        if overlay {
            operands.dedup();
        } else {
            operands.sort_unstable();
            operands.dedup();
        }
        match operands[..] {
            [] => self.intern(Expr::Empty),
            [only] => only,
            _ if overlay => self.intern(Expr::Overlay(operands)),
            _ => self.intern(Expr::Union(operands)),
        }
    }

    fn plain(
        &mut self,
        op: &fleet::Op,
        of: &[usize],
        built: &[Built],
        mut guard: impl FnMut(&crate::Selector, &mut Arena) -> Result<Ref, TooLarge>,
        arena: &mut Arena,
    ) -> Result<ExprId, TooLarge> {
        let operand = |i: usize| of.get(i).map_or(0, |at| built[*at].id());
        let pairs = |make: fn(ExprId, ExprId) -> Expr, this: &mut Self| {
            let mut result = operand(0);
            for i in 1..of.len() {
                result = this.intern(make(result, operand(i)));
            }
            result
        };
        let expr = match op {
            fleet::Op::Empty | fleet::Op::Invalid(_) | fleet::Op::Foreign(_) => Expr::Empty,
            fleet::Op::Union | fleet::Op::Overlay => Expr::Empty,
            fleet::Op::All => Expr::All,
            fleet::Op::Named(_) => return Ok(operand(0)),
            fleet::Op::Deploy(deployed) => Expr::Deploy(self.slot(deployed)),
            fleet::Op::Patch => return Ok(pairs(Expr::Patch, self)),
            fleet::Op::Mask => return Ok(pairs(Expr::Mask, self)),
            fleet::Op::Within => Expr::Within(operand(0), operand(1)),
            fleet::Op::Without => Expr::Without(operand(0), operand(1)),
            fleet::Op::Restrict(selector) => match guard(selector, arena)? {
                Ref::TRUE => return Ok(operand(0)),
                Ref::EMPTY => Expr::Empty,
                guard => Expr::Restrict(guard, operand(0)),
            },
            fleet::Op::Choose(selector) => match guard(selector, arena)? {
                Ref::TRUE => return Ok(operand(0)),
                Ref::EMPTY => return Ok(operand(1)),
                guard => Expr::Choose(guard, operand(0), operand(1)),
            },
            fleet::Op::Forget(paths) => Expr::Forget(self.path_set(paths), operand(0)),
            fleet::Op::Keep(paths) => Expr::Keep(self.path_set(paths), operand(0)),
        };
        Ok(self.intern(expr))
    }

    fn path_set(&mut self, paths: &PathSet) -> usize {
        let known = self.path_sets.iter().position(|p| p == paths);
        known.unwrap_or_else(|| {
            self.path_sets.push(paths.clone());
            self.path_sets.len() - 1
        })
    }

    fn slot(&mut self, deployed: &fleet::Deployed) -> Slot {
        let next = Slot::try_from(self.deployments.len()).unwrap_or(Slot::MAX);
        let deployment = Deployment {
            resource: deployed.resource.clone(),
            claims: Arc::clone(&deployed.claims),
            hash: deployed.hash,
        };
        match self.slot_of.entry(deployment) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => {
                self.deployments.push(slot.key().clone());
                slot.insert(next);
                next
            }
        }
    }
}
