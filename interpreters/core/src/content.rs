//! Contents that resources name by their digest.

use escadre_algebra::{ResourceState, Value};

/// The field by which a file or blob names content that the target must have, with its value.
///
/// A blob with a `source` is fetched from there, so it names none. Costs O(1).
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory, Outcome, config_file, deploy};
/// use escadre_interpreter::named_content;
/// let fleet = deploy(config_file("motd").path("/etc/motd").content("hello"));
/// let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
/// let resolved = fleet.resolve(&inventory)?;
/// let Some((_, Outcome::Member(member))) = resolved.iter().next() else { panic!() };
/// let state = member.configuration.resources().values().next().unwrap();
/// assert_eq!(named_content(state).map(|(field, _)| field), Some("content.digest"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn named_content(state: &ResourceState) -> Option<(&'static str, &Value)> {
    let is = |kind: &str| state.get(&["kind"]) == Some(&Value::text(kind));
    if is("ConfigFile") {
        return state.get(&["content", "digest"]).map(|value| ("content.digest", value));
    }
    if is("Blob") && state.get(&["source"]).is_none() {
        return state.get(&["digest"]).map(|value| ("digest", value));
    }
    None
}
