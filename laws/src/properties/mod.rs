//! Properties of the meaning that are no equations between fleets: each with a check on random
//! values of its own, whose failure shows the smallest ones that were found.

mod buckets;
mod fleets;
mod knowledge;
mod rendering;
mod selectors;
mod texts;

use std::fmt;

use escadre_algebra::{Claims, Facts, Fleet, denote};
use proptest::strategy::Strategy;
use proptest::test_runner::{TestCaseError, TestError};

use crate::catalogue::Property;
use crate::sample::Sampling;
use crate::trial::{device, picture};

/// Values of which a property does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The property's name.
    pub property: &'static str,
    /// The values, and what is wrong with them.
    pub found: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} do not hold:\n{}", self.property, self.found)
    }
}

impl std::error::Error for Broken {}

/// What a check of one case says: nothing, or the values and what is wrong.
type Case = Result<(), String>;

/// Tries `property` on random values; what is found is shrunk to something readable.
///
/// ```
/// use escadre_laws::{Sampling, catalogue, sample_property};
/// let property = catalogue().properties.iter().find(|p| p.id == "merge_patches").unwrap();
/// assert_eq!(sample_property(property, &Sampling::default()), Ok(()));
/// ```
///
/// # Errors
/// [`Broken`] shows the values of which it does not hold.
pub fn sample_property(property: &Property, sampling: &Sampling) -> Result<(), Broken> {
    let broken = |found| Broken { property: property.name, found };
    let check = check(property.id).ok_or_else(|| broken("nothing checks it".to_owned()))?;
    check(sampling).map_err(broken)
}

fn check(id: &str) -> Option<fn(&Sampling) -> Case> {
    Some(match id {
        "determined_answers" => knowledge::determined_answers,
        "undetermined_answers" => knowledge::undetermined_answers,
        "answers_kept" => knowledge::answers_kept,
        "determined_configurations" => knowledge::determined_configurations,
        "boolean_selectors" => selectors::boolean_selectors,
        "label_tests" => selectors::label_tests,
        "kubernetes_selectors" => selectors::kubernetes_selectors,
        "first_devices" => buckets::first_devices,
        "touching_buckets" => buckets::touching_buckets,
        "bucket_spaces" => buckets::bucket_spaces,
        "text_substitution" => texts::text_substitution,
        "label_defaults" => texts::label_defaults,
        "field_order" => fleets::field_order,
        "many_operands" => fleets::many_operands,
        "path_readings" => fleets::path_readings,
        "patched_resources" => fleets::patched_resources,
        "reading_back" => fleets::reading_back,
        "rollout_once" => fleets::rollout_once,
        "rendering" => rendering::rendering,
        "merge_patches" => rendering::merge_patches,
        "dependency_order" => rendering::dependency_order,
        _ => return None,
    })
}

/// Tries `case` on random values, and shrinks those of which it does not hold.
fn for_all<S: Strategy>(sampling: &Sampling, values: &S, case: impl Fn(&S::Value) -> Case) -> Case {
    let outcome = sampling.runner().run(values, |value| case(&value).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(reason.to_string()),
        Err(TestError::Fail(reason, value)) => {
            Err(case(&value).err().unwrap_or_else(|| reason.to_string()))
        }
    }
}

/// That `left` and `right` mean the same on a device.
fn same_meaning(facts: &Facts, left: &Fleet, right: &Fleet) -> Case {
    let (left, right) = (denote::<()>(left, facts), denote::<()>(right, facts));
    if left == right { Ok(()) } else { Err(differ(facts, left.as_ref(), right.as_ref())) }
}

fn differ(facts: &Facts, left: Option<&Claims>, right: Option<&Claims>) -> String {
    let (left, right) = (picture(left), picture(right));
    format!("  on {}\n  left:  {left}\n  right: {right}", device(facts))
}
