//! Running the suite.

use escadre_interpreter::Interpreter;

use super::bench::{Bench, Hook, Trouble};
use super::case::Case;
use super::checks::cases;
use super::failure::Stop;
use super::inputs::{self, Input};
use super::report::{Entry, RefusedInput, Report, Verdict};
use super::stand::Stand;

/// What a run tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed of the generated inputs; the report tells it.
    pub seed: u64,
    /// How many inputs are generated, beside the fixed ones.
    pub n_generated: usize,
    /// How many inputs a case tries at most, where a target is slow; each case begins at another one.
    pub max_inputs: usize,
    /// The names of the cases to run; all, if there is none.
    pub only: Vec<String>,
}

impl Default for Options {
    /// All cases on all inputs, twelve of them generated, of the seed 1.
    fn default() -> Self {
        Self { seed: 1, n_generated: 12, max_inputs: usize::MAX, only: Vec::new() }
    }
}

/// What became of every case on the targets of `bench`.
///
/// Every check begins with an empty target of its own, so a failure says nothing of other cases.
///
/// # Errors
/// The bench makes no target at all.
pub async fn run<B: Bench>(bench: &mut B, options: &Options) -> Result<Report, Trouble> {
    let Options { seed, n_generated, max_inputs, .. } = *options;
    let mut all = inputs::fixed().map_err(Trouble::new)?;
    all.extend(inputs::generated(seed, n_generated).map_err(Trouble::new)?);
    let probe = bench.fresh(&inputs::all_devices().map_err(Trouble::new)?).await?;
    let (inputs, refused) = expressible(&probe, all);
    let offers = offers(bench, &probe);
    let target = probe.target();
    drop(probe);
    let mut entries = Vec::new();
    let is_asked = |name: &str| options.only.is_empty() || options.only.iter().any(|n| n == name);
    for (i, case) in cases::<B>().into_iter().enumerate().filter(|(_, case)| is_asked(case.name)) {
        let begin = i.checked_rem(inputs.len()).unwrap_or(0);
        let own = inputs[begin..].iter().chain(&inputs[..begin]).take(max_inputs).cloned();
        let verdict = verdict(&case, bench, &own.collect::<Vec<_>>(), &offers).await;
        entries.push(Entry { name: case.name, law: case.law, verdict });
    }
    Ok(Report { target, seed, n_inputs: inputs.len(), refused, entries })
}

/// The inputs that `target` can express, and the others with the reason.
fn expressible<I: Interpreter>(target: &I, all: Vec<Input>) -> (Vec<Input>, Vec<RefusedInput>) {
    let (mut inputs, mut refused) = (Vec::new(), Vec::new());
    for input in all {
        let lowered = target.lower(&input.before).and_then(|_| target.lower(&input.after));
        match lowered {
            Ok(_) => inputs.push(input),
            Err(error) => {
                refused.push(RefusedInput { name: input.name, why: error.to_string() });
            }
        }
    }
    (inputs, refused)
}

/// What the bench offers, with what the interpreter declares.
fn offers<B: Bench>(bench: &B, target: &B::I) -> Vec<Hook> {
    let mut offers = bench.offers().to_vec();
    let capabilities = target.capabilities();
    offers.extend(capabilities.membership_marker.then_some(Hook::MembershipMarker));
    offers.extend(capabilities.fenced.then_some(Hook::Fence));
    offers.extend(capabilities.exact.then_some(Hook::Exact));
    offers.extend(bench.inexpressible().is_some().then_some(Hook::Inexpressible));
    offers
}

async fn verdict<B: Bench>(
    case: &Case<B>,
    bench: &mut B,
    inputs: &[Input],
    offers: &[Hook],
) -> Verdict {
    let missing: Vec<String> =
        case.needs.iter().filter(|hook| !offers.contains(hook)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        return Verdict::NotRun { reason: missing.join("; ") };
    }
    match (case.check)(Stand { bench, inputs }).await {
        Ok(0) => Verdict::NotRun { reason: "the target can express none of the inputs".to_owned() },
        Ok(n_tried) => Verdict::Passed { n_tried },
        Err(Stop::Failed(failure)) => Verdict::Failed(failure),
        Err(Stop::NotRun(reason)) => Verdict::NotRun { reason },
    }
}
