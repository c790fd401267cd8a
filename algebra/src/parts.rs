//! What a fleet says of each resource, by the few selectors that decide it.
//!
//! Note [Parts] Operators are pointwise in the path, and a patch asks for nothing but the root of
//! the same resource. So what a member is told of one resource depends only on the selectors of
//! the nodes above that resource's deployments, and on those that decide who is a member of the
//! second operands of ∩ and ∖ there. Devices of many different answers are of few kinds for each
//! resource, and what those get is computed once a kind.

use std::collections::BTreeMap;

use crate::claims::Claims;
use crate::denote::{Evaluator, combine};
use crate::fleet::{Fleet, Op};
use crate::map::{Map, Set};
use crate::names::ResourceName;
use crate::selector::View;

/// The nodes of all parts are at most so many times those of the fleet.
const MAX_SHARE: usize = 32;
/// Kinds by up to so many selectors are looked up in a table of all; by fewer, where resources are
/// so many that their tables would be large together.
const MAX_DIRECT: usize = 12;
const MAX_DIRECT_OF_MANY: usize = 6;
const MANY_RESOURCES: usize = 256;

/// Stands in a table for a kind that was not met.
const UNMET: u32 = u32::MAX;

/// A fleet by resource; `T` is what is made of the claims of each kind of device.
pub(crate) struct Parts<'a, T> {
    evaluator: &'a Evaluator,
    /// Whether every device is a member.
    always: bool,
    // INVARIANT: in the order of the resources.
    parts: Vec<Part<T>>,
}

/// What is said of one resource.
struct Part<T> {
    resource: ResourceName,
    /// The nodes that claim something of it somewhere.
    // INVARIANT: operands come before what uses them; the last is the root.
    nodes: Vec<Node>,
    /// The answers of the selectors that decide what is claimed, in the order of the selectors.
    runs: Vec<Run>,
    n_words: usize,
    /// Whether it matters who is a member of some operand.
    asks_members: bool,
    /// The number of each kind, by its packed answers.
    direct: Vec<u32>,
    others: Map<Box<[u64]>, u32>,
    /// What was made of each kind.
    made: Vec<T>,
}

/// Selectors that follow each other: where their answers are, and where they are packed.
struct Run {
    from: usize,
    shift: u32,
    mask: u64,
    to: usize,
    to_shift: u32,
}

/// A node that claims something of one resource somewhere.
struct Node {
    /// Where it is in the fleet.
    at: usize,
    /// Those of its operands that claim something: which operands they are, and their nodes here.
    operands: Vec<(usize, usize)>,
    /// How often the nodes here use it.
    n_uses: usize,
}

/// For each node the nodes whose claims are made of its own, and as which operand.
type Users = Vec<Vec<(usize, usize)>>;

impl<'a, T> Parts<'a, T> {
    /// The parts of a fleet. Costs O(nodes of all parts); `None` if these are too many.
    pub(crate) fn of(evaluator: &'a Evaluator) -> Option<Self> {
        let dag = evaluator.dag();
        let mut users: Users = vec![Vec::new(); dag.len()];
        let mut deployed: BTreeMap<&ResourceName, Vec<usize>> = BTreeMap::new();
        for (at, (fleet, of)) in dag.nodes.iter().zip(dag.operands.iter()).enumerate() {
            let (claiming, _) = claiming(fleet, of);
            for (which, &operand) in claiming.iter().enumerate() {
                users[operand].push((at, which));
            }
            if let Op::Deploy(deploy) = &fleet.0.op {
                deployed.entry(&deploy.resource).or_default().push(at);
            }
        }
        let mut n_left = MAX_SHARE * dag.len();
        let is_many = deployed.len() > MANY_RESOURCES;
        let max_direct = if is_many { MAX_DIRECT_OF_MANY } else { MAX_DIRECT };
        let mut parts = Vec::with_capacity(deployed.len());
        for (resource, deployed) in deployed {
            let nodes = above(deployed, &users, &mut n_left)?;
            // What is only an operand of membership is claimed nowhere.
            if nodes.last().is_some_and(|last| last.at == dag.root()) {
                parts.push(Part::of(evaluator, (resource, nodes), max_direct, &mut n_left)?);
            }
        }
        let always = matches!(crate::explain::members(evaluator).view(), View::All);
        Some(Self { evaluator, always, parts })
    }

    /// The resources that are claimed somewhere, in order.
    pub(crate) fn resources(&self) -> impl ExactSizeIterator<Item = &ResourceName> {
        self.parts.iter().map(|part| &part.resource)
    }

    /// What was made of kind `number` of the resource at `at`.
    pub(crate) fn get(&self, at: usize, number: u32) -> Option<&T> {
        self.parts.get(at)?.made.get(number as usize)
    }

    /// What was made, for each resource by the numbers of its kinds.
    pub(crate) fn into_made(self) -> Vec<Vec<T>> {
        self.parts.into_iter().map(|part| part.made).collect()
    }

    /// Whether a device with `answers` is a member. Costs O(nodes), or nothing where all are.
    pub(crate) fn is_member(&self, answers: &[u64]) -> bool {
        let members = || self.evaluator.members(answers).last().copied();
        self.always || members().unwrap_or(false)
    }

    /// Adds to `numbers` the kind that a member with `answers` is of, for each resource; `make`
    /// is told the claims of a kind that was not met before. Costs O(selectors of all parts).
    pub(crate) fn numbers(
        &mut self,
        answers: &[u64],
        make: &mut impl FnMut(&ResourceName, Option<Claims<()>>) -> T,
        numbers: &mut Vec<u32>,
    ) {
        let mut packed = Vec::new();
        for part in &mut self.parts {
            // Most parts are looked up in a table, by one word.
            let at = part.runs.iter().fold(0, |at, run| at | run.of(answers));
            let direct = usize::try_from(at).ok().and_then(|at| part.direct.get(at));
            if let Some(&number) = direct.filter(|number| **number != UNMET) {
                numbers.push(number);
                continue;
            }
            part.pack(answers, &mut packed);
            let number = part.number(&packed).unwrap_or_else(|| {
                let claims = part.claims(self.evaluator, answers);
                part.add(&packed, make(&part.resource, claims))
            });
            numbers.push(number);
        }
    }
}

impl Run {
    /// These answers, where they are packed.
    #[inline]
    fn of(&self, answers: &[u64]) -> u64 {
        answers.get(self.from).map_or(0, |word| (word >> self.shift & self.mask) << self.to_shift)
    }
}

impl<T> Part<T> {
    fn of(
        evaluator: &Evaluator,
        (resource, nodes): (&ResourceName, Vec<Node>),
        max_direct: usize,
        n_left: &mut usize,
    ) -> Option<Self> {
        let dag = evaluator.dag();
        let mut selectors: Vec<usize> = Vec::new();
        let mut asks_members = false;
        for node in &nodes {
            let (_, asked) = claiming(&dag.nodes[node.at], &dag.operands[node.at]);
            asks_members |= !asked.is_empty();
            let asked = below(asked, evaluator, n_left)?;
            let selecting = asked.into_iter().chain([node.at]);
            selectors.extend(selecting.filter_map(|at| evaluator.selector_of(at)));
        }
        selectors.sort_unstable();
        selectors.dedup();
        let direct = if selectors.len() <= max_direct { 1 << selectors.len() } else { 0 };
        let (direct, others, made) = (vec![UNMET; direct], Map::default(), Vec::new());
        let resource = resource.clone();
        let (runs, n_words) = (runs(&selectors), selectors.len().div_ceil(64));
        Some(Self { resource, nodes, runs, n_words, asks_members, direct, others, made })
    }

    /// The answers to the selectors that matter here, one bit after the other.
    #[inline]
    fn pack(&self, answers: &[u64], packed: &mut Vec<u64>) {
        packed.clear();
        packed.resize(self.n_words, 0);
        for run in &self.runs {
            packed[run.to] |= run.of(answers);
        }
    }

    fn number(&self, packed: &[u64]) -> Option<u32> {
        let [direct, others] = match self.place(packed) {
            Some(at) => [self.direct.get(at), None],
            None => [None, self.others.get(packed)],
        };
        direct.or(others).copied().filter(|&number| number != UNMET)
    }

    /// Where a kind is in the table of all, if there is one.
    fn place(&self, packed: &[u64]) -> Option<usize> {
        let at = || usize::try_from(packed.first().copied().unwrap_or(0)).ok();
        if self.direct.is_empty() { None } else { at() }
    }

    /// The number of a new kind. There are fewer kinds than devices, so fewer than 2³².
    fn add(&mut self, packed: &[u64], made: T) -> u32 {
        let number = u32::try_from(self.made.len()).unwrap_or(UNMET);
        match self.place(packed).and_then(|at| self.direct.get_mut(at)) {
            Some(slot) => *slot = number,
            None => drop(self.others.insert(packed.into(), number)),
        }
        self.made.push(made);
        number
    }

    /// What is claimed of this resource on devices with `answers`, words not instantiated.
    fn claims(&self, evaluator: &Evaluator, answers: &[u64]) -> Option<Claims<()>> {
        let dag = evaluator.dag();
        let members = if self.asks_members { evaluator.members(answers) } else { Vec::new() };
        let is_member = |node: usize| members.get(node) == Some(&true);
        let mut claims: Vec<Option<Claims<()>>> = Vec::with_capacity(self.nodes.len());
        let mut n_left: Vec<usize> = self.nodes.iter().map(|node| node.n_uses).collect();
        for node in &self.nodes {
            let (fleet, of) = (&dag.nodes[node.at], &dag.operands[node.at]);
            // The last use takes the claims, so that it may change them in place.
            let mut operands = node.operands.iter().map(|&(which, at)| {
                n_left[at] -= 1;
                (which, if n_left[at] == 0 { claims[at].take() } else { claims[at].clone() })
            });
            let op = &fleet.0.op;
            let passes = match op {
                Op::Restrict(_) => evaluator.holds(node.at, answers),
                Op::Within => is_member(of[1]),
                Op::Without => !is_member(of[1]),
                _ => true,
            };
            let chosen = usize::from(!evaluator.holds(node.at, answers));
            let given: Vec<Claims<()>> = match op {
                Op::Choose(_) => {
                    let chosen = operands.filter(|(which, _)| *which == chosen);
                    chosen.filter_map(|(_, claims)| claims).collect()
                }
                // Without a base there is nothing to patch or to mask.
                Op::Patch | Op::Mask => match operands.next() {
                    Some((0, Some(base))) => {
                        let with = operands.next().and_then(|(_, claims)| claims);
                        std::iter::once(base).chain(with).collect()
                    }
                    _ => {
                        operands.for_each(drop);
                        Vec::new()
                    }
                },
                _ => operands.filter_map(|(_, claims)| claims).collect(),
            };
            let claimed = matches!(op, Op::Deploy(_)) || passes && !given.is_empty();
            claims.push(claimed.then(|| {
                combine((node.at, fleet), &mut given.into_iter(), true, &mut |_, _, _| {})
            }));
        }
        claims.pop().flatten().filter(|claims| !claims.is_empty())
    }
}

/// The runs of `selectors`, which are sorted; none goes over the end of a word.
#[expect(clippy::cast_possible_truncation, reason = "places in a word")]
fn runs(selectors: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for (to, &selector) in selectors.iter().enumerate() {
        let (from, to, bit) = (selector / 64, to / 64, to % 64);
        match runs.last_mut() {
            Some(run)
                if before.is_some_and(|before| before + 1 == selector)
                    && (run.from, run.to) == (from, to) =>
            {
                run.mask = run.mask << 1 | 1;
            }
            _ => {
                let (shift, to_shift) = ((selector % 64) as u32, bit as u32);
                runs.push(Run { from, shift, mask: 1, to, to_shift });
            }
        }
        before = Some(selector);
    }
    runs
}

/// The operands whose claims `fleet` makes its own of, and those of which it asks for the members.
fn claiming<'o>(fleet: &Fleet, of: &'o [usize]) -> (&'o [usize], &'o [usize]) {
    match fleet.0.op {
        Op::Within | Op::Without => of.split_at(1),
        _ => (of, &[]),
    }
}

/// The nodes above `deployed` and these; `None` if they use each other more than `n_left` times.
fn above(deployed: Vec<usize>, users: &Users, n_left: &mut usize) -> Option<Vec<Node>> {
    let mut open = deployed;
    let mut met: Set<usize> = Set::default();
    while let Some(node) = open.pop() {
        if met.insert(node) {
            *n_left = n_left.checked_sub(1 + users[node].len())?;
            open.extend(users[node].iter().map(|(user, _)| user));
        }
    }
    let mut met: Vec<usize> = met.into_iter().collect();
    met.sort_unstable();
    let new = |&at: &usize| Node { at, operands: Vec::new(), n_uses: users[at].len() };
    let mut nodes: Vec<Node> = met.iter().map(new).collect();
    for (here, &at) in met.iter().enumerate() {
        for &(user, which) in &users[at] {
            if let Ok(user) = met.binary_search(&user) {
                nodes[user].operands.push((which, here));
            }
        }
    }
    nodes.iter_mut().for_each(|node| node.operands.sort_unstable());
    Some(nodes)
}

/// The nodes below `nodes` and these; `None` if they are more than `n_left`.
fn below(nodes: &[usize], evaluator: &Evaluator, n_left: &mut usize) -> Option<Set<usize>> {
    let mut open = nodes.to_vec();
    let mut met: Set<usize> = Set::default();
    while let Some(node) = open.pop() {
        if met.insert(node) {
            let of = &evaluator.dag().operands[node];
            *n_left = n_left.checked_sub(1 + of.len())?;
            open.extend_from_slice(of);
        }
    }
    Some(met)
}
