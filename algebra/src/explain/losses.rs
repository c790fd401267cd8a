//! What patch, mask, forget and keep leave out on one device.

use std::collections::BTreeSet;

use super::summary::{MAX_RESOURCES, claims_at, reads};
use crate::annotation::Annotation;
use crate::claims::Claims;
use crate::fleet::Op;
use crate::names::{Field, ResourceName};
use crate::path::Path;
use crate::path_set::PathSet;
use crate::tree::Tree;
use crate::value::Value;

/// The resources of which `op` leaves out claims at `path` (or anywhere), given the claims of its
/// operands. Costs what `op` costs.
pub(super) fn losses<A: Annotation>(
    op: &Op,
    ours: &Claims<A>,
    theirs: Option<&Claims<A>>,
    path: Option<&Path>,
) -> BTreeSet<ResourceName> {
    match (op, theirs) {
        (Op::Patch, Some(theirs)) => {
            let missing = theirs.roots.iter().filter(|(name, tree)| {
                let there = ours.roots.get(*name).is_some_and(|tree| !tree.own.is_empty());
                !there && reads(path, name, tree)
            });
            missing.map(|(name, _)| name.clone()).take(MAX_RESOURCES).collect()
        }
        (Op::Mask, Some(theirs)) => {
            let fields = path.map_or(&[][..], Path::fields);
            let hidden = theirs.roots.iter().filter(|(name, mask)| {
                let wanted = path.is_none_or(|path| path.resource() == *name);
                wanted && ours.roots.get(*name).is_some_and(|tree| hides(tree, mask, fields))
            });
            hidden.map(|(name, _)| name.clone()).take(MAX_RESOURCES).collect()
        }
        (Op::Forget(paths), _) => forgotten(paths, ours, path),
        (Op::Keep(paths), _) if !paths.is_everything() => {
            let fields = path.map_or(&[][..], Path::fields);
            let dropped = ours.roots.iter().filter(|(name, tree)| {
                path.is_none_or(|path| path.resource() == *name)
                    && drops(tree, &paths.of_resource(name), fields)
            });
            dropped.map(|(name, _)| name.clone()).take(MAX_RESOURCES).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn forgotten<A: Annotation>(
    paths: &PathSet,
    ours: &Claims<A>,
    path: Option<&Path>,
) -> BTreeSet<ResourceName> {
    if paths.is_everything() {
        let all = ours.roots.iter().filter(|(name, tree)| reads(path, name, tree));
        return all.map(|(name, _)| name.clone()).take(MAX_RESOURCES).collect();
    }
    let claimed = paths.subtrees().chain(paths.points()).filter_map(|forgotten| {
        let at = match path {
            Some(path) if forgotten.is_above(path) => path,
            Some(path) if !path.is_above(forgotten) => return None,
            _ => forgotten,
        };
        let tree = ours.roots.get(at.resource())?;
        claims_at(tree, at.fields()).then(|| at.resource().clone())
    });
    claimed.take(MAX_RESOURCES).collect()
}

/// Whether something claimed at `at` or below is not among the `kept` (single paths and whole subtrees).
fn drops<A: Annotation>(tree: &Tree<A>, kept: &[(&[Field], bool)], at: &[Field]) -> bool {
    if kept.iter().any(|(fields, whole)| fields.is_empty() && *whole) {
        return false;
    }
    if kept.is_empty() {
        return claims_at(tree, at);
    }
    let inside = |field: &Field| -> Vec<(&[Field], bool)> {
        let inside = kept.iter().filter(|(fields, _)| fields.first() == Some(field));
        inside.map(|(fields, whole)| (&fields[1..], *whole)).collect()
    };
    match at {
        [field, rest @ ..] => match tree.children.get(field) {
            Some(child) => drops(child, &inside(field), rest),
            None => tree.below.is_some() && inside(field).is_empty(),
        },
        [] => tree.children.iter().any(|(field, child)| drops(child, &inside(field), &[])),
    }
}

/// Whether `mask` claims a path at `at` or below that `tree` claims too, objects in both aside.
fn hides<A: Annotation>(tree: &Tree<A>, mask: &Tree<A>, at: &[Field]) -> bool {
    if let [field, rest @ ..] = at {
        return match (tree.children.get(field), mask.children.get(field)) {
            (Some(tree), Some(mask)) => hides(tree, mask, rest),
            (Some(tree), None) => mask.below.is_some() && claims_at(tree, rest),
            (None, Some(mask)) => tree.below.is_some() && claims_at(mask, rest),
            (None, None) => tree.below.is_some() && mask.below.is_some(),
        };
    }
    let says = |tree: &Tree<A>| tree.own.iter().any(|(value, _)| *value != Value::Object);
    let both = !tree.own.is_empty() && !mask.own.is_empty();
    let mut children = mask.children.iter();
    (both && (says(tree) || says(mask)))
        || (mask.below.is_some() && !tree.children.is_empty())
        || children.any(|(field, mask)| {
            tree.children.get(field).is_some_and(|tree| hides(tree, mask, &[]))
        })
}
