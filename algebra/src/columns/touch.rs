//! At which paths something is said, or is said differently.

use crate::dag::Dag;
use crate::fleet::{Deployed, Fleet, Op};
use crate::map::Map;
use crate::names::{Field, ResourceName};
use crate::path::Path;
use crate::tree::Tree;

/// A path, and whether everything below it is meant too.
pub(super) type Place = (Path, bool);

/// The places where each fleet says something, by address of the fleet.
#[derive(Default)]
pub(super) struct Touched(Map<usize, Vec<Place>>);

impl Touched {
    /// The places at which `fleet` may claim something. Costs O(size) once.
    pub(super) fn by(&mut self, fleet: &Fleet) -> &[Place] {
        self.0.entry(fleet.address()).or_insert_with(|| {
            let mut places = Vec::new();
            for node in &Dag::of(fleet).nodes {
                if let Op::Deploy(deployed) = &node.0.op {
                    of_deployed(deployed, &mut places);
                }
            }
            places.sort();
            places.dedup();
            places
        })
    }
}

/// The places at which `deployed` claims something.
pub(super) fn of_deployed(deployed: &Deployed, places: &mut Vec<Place>) {
    deployed.claims.walk(&mut Vec::new(), &mut |fields, tree| {
        if !tree.own.is_empty() || tree.below.is_some() {
            let fields: Vec<Field> = fields.iter().copied().cloned().collect();
            place(&deployed.resource, &fields, tree.below.is_some(), places);
        }
        true
    });
}

/// The places at which two resources of one name claim different things.
pub(super) fn differing(
    resource: &ResourceName,
    old: &Tree<()>,
    new: &Tree<()>,
    fields: &mut Vec<Field>,
    places: &mut Vec<Place>,
) {
    let below = old.below.is_some() != new.below.is_some();
    if old.own != new.own || below {
        place(resource, fields, below, places);
    }
    let only_new = new.children.keys().filter(|field| !old.children.contains_key(*field));
    for field in old.children.keys().chain(only_new) {
        fields.push(field.clone());
        differing(resource, &old.child(field), &new.child(field), fields, places);
        fields.pop();
    }
}

fn place(resource: &ResourceName, fields: &[Field], whole: bool, places: &mut Vec<Place>) {
    places.extend(Path::new(resource.clone(), fields.to_vec()).ok().map(|path| (path, whole)));
}
