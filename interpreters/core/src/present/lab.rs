//! The smallest lab for programs.

use escadre_algebra::Facts;
use escadre_algebra::analysis::Setup;
use serde_json::{Value as Json, json};

use super::difference::facts_json;
use super::place;

/// Each configuration of a lab: the devices that get it, and the one that stands for them, if any.
///
/// ```
/// use escadre_algebra::analysis::Analysis;
/// use escadre_algebra::{Resource, deploy, label};
/// use escadre_interpreter::present::lab_json;
/// let fleet = deploy(Resource::new("motd").set("text", "hello")).restrict(label("role").eq("pc"));
/// let setups = Analysis::of([&fleet]).smallest_lab(&fleet, 10)?;
/// let lab = lab_json(&[(&setups[0], setups[0].example.as_ref())]);
/// assert_eq!(lab["configurations"][0]["region"], "role = pc");
/// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
/// ```
#[must_use]
pub fn lab_json(configurations: &[(&Setup, Option<&Facts>)]) -> Json {
    let configurations = configurations.iter().map(|(setup, device)| {
        json!({
            "region": place::selector(&setup.region).0,
            "device": device.map(facts_json),
        })
    });
    json!({
        "escadre": "lab",
        "version": 1,
        "configurations": configurations.collect::<Vec<_>>(),
    })
}
