//! Sampling: an equation tried on random whole fleets through `denote`.
//!
//! Unlike the decision procedure, this knows nothing of why equations hold: the fleets are nested
//! resources with texts that depend on the device, built by all combinators, on several devices.

use escadre_algebra::{Facts, Fleet, PathSet, Selector};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::assignment::Assignment;
use crate::condition::{Condition, Sets};
use crate::formula::MAX_ATOMS;
use crate::strategies::{Orphans, PathSets, Schema};
use crate::term::{Equation, MAX_FLEETS, bits};
use crate::trial::{Disagreement, Trial};

/// How an equation is sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How many assignments are tried.
    pub n_cases: u32,
    /// The number from which all randomness comes: the same gives the same assignments.
    pub seed: u64,
    /// How many simpler values are tried once some fail.
    pub n_shrinks: u32,
    /// The world of the devices, selectors and fleets.
    pub schema: Schema,
}

impl Sampling {
    /// What runs a test on random values from this number on, and shrinks what fails.
    pub(crate) fn runner(&self) -> TestRunner {
        let config = Config {
            cases: self.n_cases,
            failure_persistence: None,
            max_shrink_iters: self.n_shrinks,
            ..Config::default()
        };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
    }
}

impl Default for Sampling {
    /// 256 assignments over a world of three labels and two resources.
    fn default() -> Self {
        let labels =
            [("role", &["camera", "gateway"][..]), ("site", &["a", "b"]), ("n", &["1", "2"])];
        let schema = labels.iter().fold(Schema::default(), |schema, (key, values)| {
            // The keys are label keys, so none is rejected.
            schema.clone().asserted(key, values.iter().copied()).unwrap_or(schema)
        });
        Self { n_cases: 256, seed: 1, n_shrinks: 4096, schema }
    }
}

/// Whether both sides of `equation` are the same fleet on random values of its names.
///
/// What is found is shrunk to something readable.
///
/// ```
/// use escadre_laws::{Condition, Equation, Sampling, sample};
/// let equation: Equation = "a overlay b = b overlay a".parse()?;
/// let trial = sample(&equation, &Condition::default(), &Sampling::default());
/// println!("{}", trial.disagreement().unwrap());
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
pub fn sample(equation: &Equation, condition: &Condition, sampling: &Sampling) -> Trial {
    let mut runner = sampling.runner();
    let values = assignment(equation, condition, &sampling.schema);
    let devices = vec(sampling.schema.facts(), 1..4);
    let outcome = runner.run(&(values, devices), |(values, devices)| {
        match values.difference(equation, &devices) {
            None => Ok(()),
            Some(_) => Err(TestCaseError::fail("the sides differ")),
        }
    });
    trial(equation, sampling, outcome)
}

/// What came of running `sampling` on `equation`.
fn trial(
    equation: &Equation,
    sampling: &Sampling,
    outcome: Result<(), TestError<(Assignment, Vec<Facts>)>>,
) -> Trial {
    let n_tried = usize::try_from(sampling.n_cases).unwrap_or(usize::MAX);
    let (values, devices) = match outcome {
        Ok(()) => return Trial::Agree { n_tried },
        Err(TestError::Abort(reason)) => return Trial::GivenUp { reason: reason.to_string() },
        Err(TestError::Fail(_, found)) => found,
    };
    match values.difference(equation, &devices) {
        None => Trial::GivenUp { reason: "the sides differed once, and not again".to_owned() },
        Some(difference) => {
            let equation = equation.clone();
            Trial::Differ(Box::new(Disagreement { equation, values, difference }))
        }
    }
}

/// Random values for the names of `equation` that satisfy `condition`.
fn assignment(
    equation: &Equation,
    condition: &Condition,
    schema: &Schema,
) -> BoxedStrategy<Assignment> {
    let names = equation.names();
    let complement = equation.has_complement();
    let fleet = |i: usize| -> BoxedStrategy<Fleet> {
        if bits(names.fleets).all(|named| named != i) {
            return Just(Fleet::empty()).boxed();
        }
        let excluded = condition.orphan_free >> i & 1 == 1;
        schema.fleet_where(if excluded { Orphans::Excluded } else { Orphans::Allowed })
    };
    let selector = |k: usize| -> BoxedStrategy<Selector> {
        if names.selectors >> k & 1 == 0 {
            Just(Selector::none()).boxed()
        } else {
            schema.selector()
        }
    };
    let paths = |k: usize| -> BoxedStrategy<PathSet> {
        let kind = match condition.sets[k] {
            _ if names.paths >> k & 1 == 0 => return Just(PathSet::none()).boxed(),
            _ if complement => PathSets::Whole,
            Sets::Whole => PathSets::Whole,
            Sets::Subtrees => PathSets::Subtrees,
            Sets::All => PathSets::All,
        };
        schema.paths_where(kind)
    };
    let fleets: [BoxedStrategy<Fleet>; MAX_FLEETS] = std::array::from_fn(fleet);
    let selectors: [BoxedStrategy<Selector>; MAX_ATOMS] = std::array::from_fn(selector);
    let sets: [BoxedStrategy<PathSet>; MAX_ATOMS] = std::array::from_fn(paths);
    let resources = schema.whole_resources();
    (fleets, selectors, sets)
        .prop_map(move |(fleets, selectors, paths)| Assignment {
            fleets,
            selectors,
            paths,
            resources: resources.clone(),
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::TestError;

    use super::{Assignment, Sampling, trial};

    #[test]
    fn what_is_broken_off_agrees_with_nothing_and_differs_from_nothing() {
        let equation = "a = a".parse().unwrap();
        let outcomes = [
            TestError::Abort("too many local rejects".into()),
            TestError::Fail("the sides differ".into(), (Assignment::default(), Vec::new())),
        ];
        for outcome in outcomes {
            let trial = trial(&equation, &Sampling::default(), Err(outcome));
            assert!(!trial.agrees() && trial.disagreement().is_none(), "{trial}");
        }
        assert!(trial(&equation, &Sampling::default(), Ok(())).agrees());
    }
}
