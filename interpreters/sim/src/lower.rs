//! From resolved fleets to what the simulator holds.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, Digest, Outcome, Resolved, Value};
use escadre_interpreter::named_content;

use crate::error::LowerError;

/// What a world is to hold: a resolved fleet, with the contents that its resources name by digest.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(crate) resolved: Resolved,
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
}

/// The objects for `resolved`. Costs O(devices + distinct configurations · claims).
///
/// The simulator holds every resource as it is; only a content that nobody can deliver is refused.
pub(crate) fn lower(resolved: &Resolved) -> Result<Objects, LowerError> {
    let contents = resolved.fleet().contents();
    let mut seen: HashSet<*const Configuration> = HashSet::new();
    for (row, outcome) in resolved.outcomes().enumerate() {
        let Outcome::Member(member) = outcome else { continue };
        if !seen.insert(Arc::as_ptr(&member.configuration)) {
            continue;
        }
        let Some(facts) = resolved.inventory().facts(row) else { continue };
        for (name, state) in member.configuration.resources() {
            let Some((field, value)) = named_content(state) else { continue };
            let Value::Text(word) = value.instantiate(&facts) else { continue };
            let digest = word.as_literal().unwrap_or_default();
            let found = digest.parse().is_ok_and(|digest: Digest| contents.contains_key(&digest));
            if !found {
                return Err(LowerError::new(name, field, facts.id(), digest));
            }
            if !value.is_constant() {
                // The other devices of this configuration may name other contents.
                seen.remove(&Arc::as_ptr(&member.configuration));
            }
        }
    }
    Ok(Objects { resolved: resolved.clone(), contents })
}

/// The digests that `json` mentions anywhere: those of contents that must be kept.
pub(crate) fn mentioned_digests(json: &[u8]) -> Vec<Digest> {
    const MARK: &[u8] = b"sha256:";
    let length = MARK.len() + 64;
    let windows = json.windows(length).filter(|window| window.starts_with(MARK));
    windows.filter_map(|window| std::str::from_utf8(window).ok()?.parse().ok()).collect()
}
