//! What fleets are made of, and what is made of them.

use escadre_algebra::{
    Claims, EncodeOptions, Fleet, Path, PathSet, Resource, ResourceName, Selector, choose, denote,
    deploy,
};
use proptest::collection::vec;

use super::{Case, differ, for_all, same_meaning};
use crate::sample::Sampling;
use crate::strategies::fields;
use crate::trial::device;

pub(super) fn field_order(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let entries = vec((fields(), schema.value()), 0..6);
    for_all(sampling, &(entries, schema.facts()), |(entries, facts)| {
        let mut whole = Resource::new("web");
        let mut layers = vec![deploy(Resource::new("web"))];
        for (fields, value) in entries {
            whole.put(fields.clone(), value.clone());
            let mut one = Resource::new("web");
            one.put(fields.clone(), value.clone());
            layers.push(deploy(one));
        }
        let layered = layers.into_iter().fold(Fleet::empty(), Fleet::overlay);
        same_meaning(facts, &deploy(whole), &layered)
    })
}

pub(super) fn many_operands(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(vec(schema.fleet(), 0..5), schema.facts()), |(fleets, facts)| {
        let fleets = || fleets.iter().cloned();
        let unions = fleets().fold(Fleet::empty(), Fleet::union);
        same_meaning(facts, &Fleet::union_all(fleets()), &unions)?;
        let overlays = fleets().fold(Fleet::empty(), Fleet::overlay);
        same_meaning(facts, &Fleet::overlay_all(fleets()), &overlays)
    })
}

/// Whether an entry of `paths` is above `path` or there; its subtrees are also where it begins.
fn reaches(paths: &PathSet, path: &Path) -> bool {
    paths.is_everything() || paths.subtrees().chain(paths.points()).any(|p| p.is_above(path))
}

pub(super) fn path_readings(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let values = (schema.fleet(), schema.paths(), schema.facts());
    for_all(sampling, &values, |(fleet, paths, facts)| {
        let whole = denote::<()>(fleet, facts);
        let forgotten = denote::<()>(&fleet.clone().forget(paths.clone()), facts);
        let kept = denote::<()>(&fleet.clone().keep(paths.clone()), facts);
        let listed = whole.as_ref().map(Claims::listed).unwrap_or_default();
        let at = |claims: &Option<Claims>, path: &Path| {
            claims.as_ref().map(|claims| claims.at(path)).unwrap_or_default()
        };
        let is_kept = |path: &Path| {
            let mut entries = paths.subtrees().chain(paths.points());
            paths.contains(path) || entries.any(|entry| path.is_above(entry))
        };
        let agree = listed.iter().all(|(path, candidates)| {
            let left = if reaches(paths, path) { &[][..] } else { candidates };
            let taken = if is_kept(path) { candidates } else { &[][..] };
            let joined = paths.union(&PathSet::point(path.clone()));
            at(&forgotten, path) == left && at(&kept, path) == taken && joined.contains(path)
        });
        if agree && whole.is_some() == forgotten.is_some() && whole.is_some() == kept.is_some() {
            return Ok(());
        }
        let parts = differ(facts, forgotten.as_ref(), kept.as_ref());
        let whole = crate::trial::picture(whole.as_ref());
        Err(format!("  of {whole}\n  forgotten (left) and kept (right) are {paths:?}\n{parts}"))
    })
}

pub(super) fn patched_resources(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(schema.fleet(), schema.fleet(), schema.facts()), |(base, patch, facts)| {
        let before = denote::<()>(base, facts);
        let after = denote::<()>(&base.clone().patch(patch.clone()), facts);
        let resources = |claims: &Option<Claims>| -> Vec<ResourceName> {
            claims.iter().flat_map(Claims::resources).cloned().collect()
        };
        if before.is_some() == after.is_some() && resources(&before) == resources(&after) {
            return Ok(());
        }
        Err(format!(
            "  before (left) and after (right)\n{}",
            differ(facts, before.as_ref(), after.as_ref())
        ))
    })
}

pub(super) fn reading_back(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(schema.fleet(), schema.paths(), schema.facts()), |(f, paths, facts)| {
        let fleet = &f.clone().keep(paths.clone()).union(f.clone().forget(paths.clone()));
        let written = fleet.encode(&EncodeOptions::default()).map_err(|e| e.to_string())?;
        let read = Fleet::decode(written.as_bytes()).map_err(|e| format!("  {e}\n{written}"))?;
        same_meaning(facts, fleet, &read).map_err(|found| format!("{found}\n{written}"))
    })
}

pub(super) fn rollout_once(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let values = (vec(schema.selector(), 0..4), schema.fleet(), schema.fleet(), schema.facts());
    for_all(sampling, &values, |(waves, old, new, facts)| {
        let (before, after) = (denote::<()>(old, facts), denote::<()>(new, facts));
        let mut has_changed = false;
        for n_released in 0..=waves.len() {
            let released = waves[..n_released].iter().cloned();
            let state = choose(Selector::any_of(released), new.clone(), old.clone());
            let found = denote::<()>(&state, facts);
            has_changed |= n_released > 0 && waves[n_released - 1].matches(facts) == Some(true);
            let expected = if has_changed { &after } else { &before };
            if found != *expected {
                let parts = differ(facts, found.as_ref(), expected.as_ref());
                let wave = waves.get(n_released.wrapping_sub(1));
                let wave = wave.map(ToString::to_string).unwrap_or_default();
                let on = device(facts);
                return Err(format!("  after {n_released} waves ({wave}) on {on}\n{parts}"));
            }
        }
        Ok(())
    })
}
