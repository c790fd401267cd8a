//! Parts of a fleet that mean nothing, or nothing to this version.

use escadre_algebra::Fleet;

use super::error::Failure;

/// What to do about operators that this version does not know.
pub(crate) const UPGRADE: &str = "upgrade escadre: a newer version wrote this fleet, with an operator that this one does not know";

/// `fleet`, if this version knows what everything in it means.
pub(crate) fn understood(fleet: &Fleet) -> Result<(), Failure> {
    understood_as("the fleet", fleet)
}

/// `fleet`, which readers know as `name`, if this version knows what everything in it means.
pub(crate) fn understood_as(name: &str, fleet: &Fleet) -> Result<(), Failure> {
    let problems = fleet.problems();
    match problems.iter().find(|problem| !problem.is_foreign()).or(problems.first()) {
        None => Ok(()),
        Some(problem) => Err(Failure::new(format!("{name} has an invalid part: {problem}"))
            .help(if problem.is_foreign() { UPGRADE } else { "correct it where it was written" })),
    }
}

/// `fleet`, if a file can carry it: what this version does not know is carried unchanged.
pub(crate) fn carried(fleet: &Fleet) -> Result<(), Failure> {
    match fleet.problems().iter().find(|problem| !problem.is_foreign()) {
        None => Ok(()),
        Some(problem) => Err(Failure::new(format!("the fleet has an invalid part: {problem}"))
            .help("correct it: a file could not say what was meant")),
    }
}
