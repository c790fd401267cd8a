//! Mutations: small changes of a fleet, to ask whether any property would notice.

use crate::dag::Dag;
use crate::fleet::{Fleet, Op};
use crate::origin::Origin;

use super::{Analysis, Answer, TooLarge};

/// One small change of a fleet, as a slip of the pen would make it.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What was changed, in words.
    pub what: String,
    /// Where it was written.
    pub origin: Origin,
    /// The changed fleet.
    pub fleet: Fleet,
}

/// Every fleet that differs from `fleet` by one slip: an operand lost, two neighbours exchanged, a
/// condition lost or negated, `union` for `overlay` and back. Each costs O(nodes).
///
/// ```
/// use escadre_algebra::analysis::mutations;
/// use escadre_algebra::{Fleet, label};
/// let cameras = Fleet::devices(label("role").eq("camera"));
/// let all: Vec<String> = mutations(&cameras).map(|m| m.what).collect();
/// assert_eq!(all, ["the condition `role = camera` negated", "the condition `role = camera` lost"]);
/// ```
pub fn mutations(fleet: &Fleet) -> impl Iterator<Item = Mutation> {
    let dag = Dag::of(fleet);
    let slips: Vec<(usize, Slip)> = (0..dag.len())
        .flat_map(|at| slips(&dag, at).into_iter().map(move |slip| (at, slip)))
        .collect();
    slips.into_iter().map(move |(at, slip)| Mutation {
        what: slip.to_string(),
        origin: dag.nodes[at].0.origin.clone(),
        fleet: with(&dag, at, slip.apply(&dag.nodes[at])),
    })
}

/// One way of getting a node wrong.
enum Slip {
    Lost(usize, &'static str),
    Exchanged(usize),
    ConditionLost(String),
    ConditionNegated(String),
    Overlaid,
    United,
    Skipped(&'static str),
}

impl std::fmt::Display for Slip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost(i, op) => write!(f, "operand {} of the {op} lost", i + 1),
            Self::Exchanged(i) => write!(f, "layers {} and {} exchanged", i + 1, i + 2),
            Self::ConditionLost(s) => write!(f, "the condition `{s}` lost"),
            Self::ConditionNegated(s) => write!(f, "the condition `{s}` negated"),
            Self::Overlaid => f.write_str("an overlay in place of the union"),
            Self::United => f.write_str("a union in place of the overlay"),
            Self::Skipped(op) => write!(f, "the {op} lost"),
        }
    }
}

fn slips(dag: &Dag, at: usize) -> Vec<Slip> {
    let node = &dag.nodes[at].0;
    let n = node.of.len();
    let lost = |op: &'static str| (0..n).map(move |i| Slip::Lost(i, op));
    match &node.op {
        Op::Union => lost("union").chain((n > 1).then_some(Slip::Overlaid)).collect(),
        Op::Overlay => {
            let exchanged = (0..n.saturating_sub(1)).map(Slip::Exchanged);
            lost("overlay").chain(exchanged).chain((n > 1).then_some(Slip::United)).collect()
        }
        Op::Patch => (1..n).map(|i| Slip::Lost(i, "patch")).collect(),
        Op::Mask => vec![Slip::Skipped("mask")],
        Op::Within => vec![Slip::Skipped("within")],
        Op::Without => vec![Slip::Skipped("without")],
        Op::Forget(_) => vec![Slip::Skipped("forget")],
        Op::Keep(_) => vec![Slip::Skipped("keep")],
        Op::Restrict(s) => {
            vec![Slip::ConditionNegated(s.to_string()), Slip::ConditionLost(s.to_string())]
        }
        Op::Choose(s) => vec![Slip::ConditionNegated(s.to_string())],
        Op::Empty | Op::All | Op::Deploy(_) | Op::Named(_) | Op::Invalid(_) | Op::Foreign(_) => {
            Vec::new()
        }
    }
}

impl Slip {
    /// The operator and operands of `fleet`, got wrong.
    fn apply(&self, fleet: &Fleet) -> Fleet {
        let node = &fleet.0;
        let (mut op, mut of) = (node.op.clone(), node.of.clone());
        match (self, &node.op) {
            (Self::Lost(i, _), _) => drop(of.remove(*i)),
            (Self::Exchanged(i), _) => of.swap(*i, i + 1),
            (Self::Overlaid, _) => op = Op::Overlay,
            (Self::United, _) => op = Op::Union,
            (Self::ConditionNegated(_), Op::Restrict(s)) => op = Op::Restrict(!s.clone()),
            (Self::ConditionNegated(_), Op::Choose(s)) => op = Op::Choose(!s.clone()),
            (Self::ConditionNegated(_), _) => {}
            (Self::ConditionLost(_) | Self::Skipped(_), _) => {
                return of.into_iter().next().unwrap_or_else(Fleet::empty);
            }
        }
        if matches!(op, Op::Patch) && of.len() == 1 {
            return of.into_iter().next().unwrap_or_else(Fleet::empty);
        }
        Fleet::node(op, of, node.origin.clone())
    }
}

/// The fleet of `dag`, with `new` in place of the node `at`.
fn with(dag: &Dag, at: usize, new: Fleet) -> Fleet {
    let mut now: Vec<Fleet> = dag.nodes[..at].to_vec();
    now.push(new);
    for (node, operands) in dag.nodes.iter().zip(dag.operands.iter()).skip(at + 1) {
        let same =
            operands.iter().all(|&operand| now[operand].address() == dag.nodes[operand].address());
        now.push(if same {
            node.clone()
        } else {
            let of = operands.iter().map(|&operand| now[operand].clone()).collect();
            Fleet::node(node.0.op.clone(), of, node.0.origin.clone())
        });
    }
    now.pop().unwrap_or_else(Fleet::empty)
}

impl Analysis {
    /// The mutations of `fleet` that change it on some device and that no property notices.
    ///
    /// `notices` says whether the properties fail on a fleet. Costs an equivalence and the
    /// properties for each mutation.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Fleet, label};
    /// let camera = label("role").eq("camera");
    /// let cameras = Fleet::devices(camera.clone());
    /// // "Every camera is a member" does not notice that others are, too.
    /// let notices = |f: &Fleet| !Analysis::of([f]).covers(f, &camera).is_proven();
    /// let unnoticed = Analysis::of([&cameras]).unnoticed(&cameras, notices)?;
    /// assert_eq!(unnoticed[0].what, "the condition `role = camera` lost");
    /// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
    /// ```
    pub fn unnoticed(
        &mut self,
        fleet: &Fleet,
        mut notices: impl FnMut(&Fleet) -> bool,
    ) -> Result<Vec<Mutation>, TooLarge> {
        let mut unnoticed = Vec::new();
        for mutation in mutations(fleet) {
            // An analysis of its own, so that mutations do not pile up in this one.
            let mut pair = Self::of([fleet, &mutation.fleet])
                .assuming(self.assumptions.clone())
                .with_budget(self.budget);
            match pair.equivalent(fleet, &mutation.fleet) {
                Answer::Proven => {}
                Answer::Undecided(too_large) => return Err(too_large),
                Answer::Refuted(_) if notices(&mutation.fleet) => {}
                Answer::Refuted(_) => unnoticed.push(mutation),
            }
        }
        Ok(unnoticed)
    }
}
