//! The denotation: what a fleet says of one device.
//!
//! It is kept slow and obvious, since it is the oracle for everything else. Membership is decided
//! for every node, operands first; then it is decided, from the root down, which nodes' claims
//! are needed; then those are computed, operands first. Each node is visited once, however often
//! it is shared, and nothing recurses on the depth of the expression.
//!
//! No operator looks at the *values* of its operands' claims, so words are carried as they are
//! and instantiated last; and two devices that answer every selector of a fleet alike have the
//! same claims up to that instantiation (see [`Evaluator::answers`]).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::annotation::Annotation;
use crate::claims::Claims;
use crate::dag::Dag;
use crate::facts::Facts;
use crate::fleet::{Fleet, Op};
use crate::names::{LabelKey, ResourceName};
use crate::problem::Problem;
use crate::selector::Selector;

/// ⟦fleet⟧(facts): `None` if the device is no member, else what is claimed, with words instantiated.
///
/// Unknown labels are read as absent: the meaning is that of this one completion. [`Fleet::resolve`](crate::Fleet::resolve)
/// treats unknown labels as such. Parts that are invalid mean [`Fleet::empty`]. Costs O(nodes + claims).
///
/// ```
/// use escadre_algebra::{Facts, Fleet, Resource, Sources, denote, deploy};
/// let f = deploy(Resource::new("motd").set("text", "hello"));
/// let d = Facts::of("d", [])?;
/// assert_eq!(denote::<()>(&f, &d).unwrap().to_string(), "motd: {}\nmotd.text: \"hello\"\n");
/// let written = &denote::<Sources>(&f, &d).unwrap().at(&"motd.text".parse()?)[0].1;
/// assert_eq!(written.all().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn denote<A: Annotation>(fleet: &Fleet, facts: &Facts) -> Option<Claims<A>> {
    let evaluator = Evaluator::new(fleet);
    evaluator.evaluate(&evaluator.answers(facts)).map(|claims| claims.instantiate(facts))
}

/// A fleet made ready to be denoted on many devices.
pub(crate) struct Evaluator {
    dag: Dag,
    /// The different selectors, and for each node the position of its own.
    selectors: Vec<Selector>,
    selector_of: Vec<Option<usize>>,
}

/// Which of a fleet's selectors hold, a bit each.
pub(crate) type Answers = Box<[u64]>;

impl Evaluator {
    pub(crate) fn new(fleet: &Fleet) -> Self {
        let dag = Dag::of(fleet);
        let mut selectors = Vec::new();
        let mut positions = HashMap::new();
        let selector_of = dag.nodes.iter().map(|fleet| match &fleet.0.op {
            Op::Restrict(s) | Op::Choose(s) => {
                Some(*positions.entry(s.address()).or_insert_with(|| {
                    selectors.push(s.clone());
                    selectors.len() - 1
                }))
            }
            _ => None,
        });
        let selector_of = selector_of.collect();
        Self { dag, selectors, selector_of }
    }

    /// The same, with the selectors of one resource behind each other: their answers are then looked
    /// at together (see Note [Parts]).
    pub(crate) fn by_resource(mut self) -> Self {
        let mut resources: Vec<Option<&ResourceName>> = Vec::with_capacity(self.dag.len());
        let mut of_selector = vec![None; self.selectors.len()];
        for (at, fleet) in self.dag.nodes.iter().enumerate() {
            let resource = match &fleet.0.op {
                Op::Deploy(deployed) => Some(&deployed.resource),
                _ => self.dag.operands[at].first().and_then(|&first| resources[first]),
            };
            if let Some(selector) = self.selector_of[at] {
                of_selector[selector] = of_selector[selector].or(resource);
            }
            resources.push(resource);
        }
        let mut order: Vec<usize> = (0..self.selectors.len()).collect();
        order.sort_by_key(|&selector| of_selector[selector]);
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &selector)| places[selector] = place);
        self.selectors = order.iter().map(|&selector| self.selectors[selector].clone()).collect();
        self.selector_of.iter_mut().flatten().for_each(|selector| *selector = places[*selector]);
        self
    }

    pub(crate) fn dag(&self) -> &Dag {
        &self.dag
    }

    pub(crate) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// The labels that texts of the fleet mention.
    pub(crate) fn mentioned(&self) -> BTreeSet<LabelKey> {
        let deployed = self.dag.nodes.iter().filter_map(|fleet| match &fleet.0.op {
            Op::Deploy(deployed) => Some(deployed),
            _ => None,
        });
        deployed.flat_map(|deployed| &deployed.labels).cloned().collect()
    }

    /// Which selectors hold on `facts`, unknown labels read as absent. Costs O(selectors).
    pub(crate) fn answers(&self, facts: &Facts) -> Answers {
        let mut answers = vec![0u64; self.selectors.len().div_ceil(64)];
        for (i, selector) in self.selectors.iter().enumerate() {
            answers[i / 64] |= u64::from(selector.holds_on(facts)) << (i % 64);
        }
        answers.into()
    }

    /// The position of the selector of node `at`, if it has one.
    pub(crate) fn selector_of(&self, at: usize) -> Option<usize> {
        self.selector_of[at]
    }

    /// Whether the selector of node `at` holds.
    pub(crate) fn holds(&self, at: usize, answers: &[u64]) -> bool {
        self.selector_of(at).is_some_and(|s| answers[s / 64] >> (s % 64) & 1 == 1)
    }

    /// Whether node `at` chooses its first operand.
    fn chooses(&self, at: usize, answers: &[u64]) -> bool {
        let holds = self.holds(at, answers);
        if mutant!(ChooseSwapped) { !holds } else { holds }
    }

    /// For every node, whether a device with `answers` is a member.
    pub(crate) fn members(&self, answers: &[u64]) -> Vec<bool> {
        let mut members: Vec<bool> = Vec::with_capacity(self.dag.len());
        for (at, fleet) in self.dag.nodes.iter().enumerate() {
            let of = &self.dag.operands[at];
            let mistaken = self.mistaken_member(at, &members, answers);
            let member = mistaken.unwrap_or_else(|| match &fleet.0.op {
                Op::Empty | Op::Invalid(_) | Op::Foreign(_) => false,
                Op::All | Op::Deploy(_) => true,
                Op::Union | Op::Overlay => of.iter().any(|&f| members[f]),
                Op::Patch | Op::Mask | Op::Forget(_) | Op::Keep(_) | Op::Named(_) => members[of[0]],
                Op::Within => members[of[0]] && members[of[1]],
                Op::Without => members[of[0]] && !members[of[1]],
                Op::Restrict(_) => self.holds(at, answers) && members[of[0]],
                Op::Choose(_) => members[of[usize::from(!self.chooses(at, answers))]],
            });
            members.push(member);
        }
        members
    }

    /// Whether node `at` is a member under the mistake that is switched on, if it is about that.
    fn mistaken_member(&self, at: usize, members: &[bool], answers: &[u64]) -> Option<bool> {
        let of = &self.dag.operands[at];
        let first = of.first().is_some_and(|&f| members[f]);
        Some(match &self.dag.nodes[at].0.op {
            Op::Union if mutant!(UnionMembersAnd) => of.iter().all(|&f| members[f]),
            Op::Union if mutant!(UnionStartsFull) => true,
            Op::Overlay if mutant!(OverlayBaseMembers) => first,
            Op::Overlay if mutant!(OverlayStartsFull) => true,
            Op::Patch if mutant!(PatchAddsMembers) => first || members[of[1]],
            Op::Patch if mutant!(PatchNeedsMember) => first && members[of[1]],
            Op::Mask if mutant!(MaskNeedsMember) => first && members[of[1]],
            Op::Mask if mutant!(MaskLosesMembers) => first && !members[of[1]],
            Op::Mask if mutant!(MaskAddsMembers) => first || members[of[1]],
            Op::Within if mutant!(WithinEither) => first || members[of[1]],
            Op::Within if mutant!(WithinInverted) => first && !members[of[1]],
            Op::Without if mutant!(WithoutIgnored, WithoutBare) => first,
            Op::Without if mutant!(WithoutInverted) => first && members[of[1]],
            Op::Without if mutant!(WithoutSymmetric) => first != members[of[1]],
            Op::Without if mutant!(WithoutOther) => !first && members[of[1]],
            Op::Restrict(_) if mutant!(RestrictWrongSide) => !self.holds(at, answers) && first,
            Op::Restrict(_) if mutant!(RestrictBare, RestrictIgnored) => first,
            Op::Restrict(_) if mutant!(RestrictAddsMembers) => self.holds(at, answers),
            Op::Choose(_) if mutant!(ChooseFallsThrough) => {
                members[of[1]] || first && self.holds(at, answers)
            }
            Op::Forget(paths) if mutant!(ForgetLosesMembers) => first && !paths.is_everything(),
            Op::Forget(_) if mutant!(ForgetAddsMembers) => true,
            Op::Keep(_) if mutant!(KeepAddsMembers) => true,
            Op::Choose(_) if mutant!(ChooseLosesOtherwise) => self.holds(at, answers) && first,
            _ => return None,
        })
    }

    /// The operands whose claims node `at` needs, given who is a member.
    fn needs(&self, at: usize, members: &[bool], answers: &Answers) -> Vec<usize> {
        let of = &self.dag.operands[at];
        let mistaken = self.mistaken_needs(at, members, answers);
        let needed = mistaken.unwrap_or_else(|| match &self.dag.nodes[at].0.op {
            Op::Empty | Op::All | Op::Deploy(_) | Op::Invalid(_) | Op::Foreign(_) => &[],
            Op::Union | Op::Overlay | Op::Patch | Op::Mask => of,
            Op::Choose(_) if self.chooses(at, answers) => &of[..1],
            Op::Choose(_) => &of[1..],
            Op::Within
            | Op::Without
            | Op::Restrict(_)
            | Op::Forget(_)
            | Op::Keep(_)
            | Op::Named(_) => &of[..1],
        });
        needed.iter().copied().filter(|&operand| members[operand]).collect()
    }

    /// What node `at` needs under the mistake that is switched on, if it is about that.
    fn mistaken_needs(&self, at: usize, members: &[bool], answers: &Answers) -> Option<&[usize]> {
        let of = &self.dag.operands[at];
        Some(match &self.dag.nodes[at].0.op {
            Op::Within if mutant!(WithinOther) => &of[1..],
            Op::Without if mutant!(WithoutOther) => &of[1..],
            Op::Without if mutant!(WithoutBare) && members[of[1]] => &[],
            Op::Restrict(_) if mutant!(RestrictBare) && !self.holds(at, answers) => &[],
            Op::Choose(_) if mutant!(ChooseFallsThrough) && !members[of[0]] => &of[1..],
            _ => return None,
        })
    }

    /// The claims on a device with `answers`, words not instantiated.
    pub(crate) fn evaluate<A: Annotation>(&self, answers: &Answers) -> Option<Claims<A>> {
        self.evaluate_watched(answers, &mut |_, _, _| {})
    }

    /// As `evaluate`; `watch` is shown each reached node that may drop claims (patch, mask, forget,
    /// keep) with its position, the claims of its first operand, and those of its second.
    pub(crate) fn evaluate_watched<A: Annotation>(
        &self,
        answers: &Answers,
        watch: &mut Watch<'_, A>,
    ) -> Option<Claims<A>> {
        let members = self.members(answers);
        let root = self.dag.root();
        if !members[root] {
            return None;
        }
        let mut needs: Vec<Option<Vec<usize>>> = vec![None; self.dag.len()];
        let mut n_left = vec![0usize; self.dag.len()];
        n_left[root] = 1;
        for at in (0..=root).rev().filter(|&at| members[at]) {
            if n_left[at] > 0 {
                let needed = self.needs(at, &members, answers);
                needed.iter().for_each(|&operand| n_left[operand] += 1);
                needs[at] = Some(needed);
            }
        }
        let mut claims: Vec<Option<Claims<A>>> = vec![None; self.dag.len()];
        for (at, needed) in needs.into_iter().enumerate() {
            let Some(needed) = needed else { continue };
            let mut operands = needed.into_iter().map(|operand| {
                n_left[operand] -= 1;
                // The last use takes the claims, so that it may change them in place.
                let taken = if n_left[operand] == 0 {
                    claims[operand].take()
                } else {
                    claims[operand].clone()
                };
                taken.unwrap_or_default()
            });
            let has_first = self.needs_first(at, &members);
            let node = (at, &self.dag.nodes[at]);
            let result = combine(node, &mut operands, has_first, watch);
            claims[at] = Some(result);
        }
        claims[root].take()
    }

    /// Whether the first operand of node `at` is a member, and so among its needed operands.
    fn needs_first(&self, at: usize, members: &[bool]) -> bool {
        self.dag.operands[at].first().is_some_and(|&first| members[first])
    }

    /// What was written but means nothing, each once, in the order of the nodes.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut found: Vec<Problem> = Vec::new();
        for fleet in &self.dag.nodes {
            match &fleet.0.op {
                Op::Invalid(problem) => found.push(problem.clone()),
                Op::Foreign(foreign) => {
                    found.push(Problem::foreign(&foreign.name, fleet.0.origin.clone()));
                }
                _ => {}
            }
        }
        let used = self.selector_of.iter().flatten().map(|&selector| &self.selectors[selector]);
        found.extend(used.flat_map(Selector::problems));
        let mut seen = std::collections::HashSet::new();
        found.retain(|problem| seen.insert(problem.clone()));
        found
    }
}

/// Is shown a node's position, the claims of its first operand, and those of its second.
pub(crate) type Watch<'a, A> = dyn FnMut(usize, &Claims<A>, Option<&Claims<A>>) + 'a;

/// The claims of one node from those of its needed operands, in order.
pub(crate) fn combine<A: Annotation>(
    (at, fleet): (usize, &Fleet),
    operands: &mut dyn Iterator<Item = Claims<A>>,
    has_first: bool,
    watch: &mut Watch<'_, A>,
) -> Claims<A> {
    let op = &fleet.0.op;
    if let Op::Deploy(deployed) = op {
        return Claims::of(deployed.resource.clone(), deployed.annotated_as::<A>());
    }
    let Some(mut claims) = operands.next() else { return Claims::default() };
    match op {
        Op::Union if mutant!(UnionStops) => operands.take(1).for_each(|other| claims.union(other)),
        Op::Overlay if mutant!(OverlayStops) => {
            operands.take(1).for_each(|other| claims.overlay(other));
        }
        Op::Overlay if mutant!(OverlayWholeDevice) => claims = operands.last().unwrap_or(claims),
        Op::Union => operands.for_each(|other| claims.union(other)),
        Op::Overlay => operands.for_each(|other| claims.overlay(other)),
        Op::Patch if has_first => operands.for_each(|other| {
            watch(at, &claims, Some(&other));
            claims.patch(&other);
        }),
        Op::Mask if has_first => operands.for_each(|other| {
            watch(at, &claims, Some(&other));
            claims.mask(&other);
        }),
        Op::Forget(paths) => {
            watch(at, &claims, None);
            claims.forget(paths);
        }
        Op::Keep(paths) => {
            watch(at, &claims, None);
            claims.keep(paths);
        }
        Op::Named(name) if A::OBSERVES => {
            claims = claims.map(&mut |value, annotation: &A| {
                let mut annotation = annotation.clone();
                annotation.named(name);
                (value.clone(), annotation)
            });
        }
        _ => {}
    }
    claims
}

impl crate::fleet::Deployed {
    /// The claims with annotations of kind `A`; shared where those remember nothing.
    fn annotated_as<A: Annotation>(&self) -> Arc<crate::tree::Tree<A>> {
        let plain: &dyn std::any::Any = &self.claims;
        match plain.downcast_ref::<Arc<crate::tree::Tree<A>>>() {
            Some(shared) => Arc::clone(shared),
            None => self.annotated(),
        }
    }
}
