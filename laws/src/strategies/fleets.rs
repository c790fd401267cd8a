//! Fleets over a schema, as programs of a few steps, so that parts are shared.

use escadre_algebra::{
    Authored, Field, Fleet, Path, PathSet, Resource, Selector, Value, choose, deploy, device_id,
    label, text,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::strategies::Schema;

/// The fields that resources have, at each level.
const FIELDS: [&str; 2] = ["x", "y"];

/// What one step does with fleets that were made before.
#[derive(Clone, Debug)]
enum Step {
    Union,
    Overlay,
    Patch,
    Mask,
    Within,
    Without,
    Restrict(Selector),
    Choose(Selector),
    Forget(PathSet),
    Keep(PathSet),
}

/// Which fleets a strategy makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orphans {
    /// All.
    Allowed,
    /// Those in which a resource's root is claimed wherever something below it is.
    Excluded,
}

/// Which sets of paths a strategy makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathSets {
    All,
    Subtrees,
    Whole,
}

impl Schema {
    /// A fleet over this world's resources and labels, by all combinators, with shared parts.
    pub fn fleet(&self) -> BoxedStrategy<Fleet> {
        self.fleet_where(Orphans::Allowed)
    }

    /// A set of paths of this world's resources: subtrees, and single paths.
    pub fn paths(&self) -> BoxedStrategy<PathSet> {
        self.paths_where(PathSets::All)
    }

    /// Note [Sharing] A fleet is the last of a list: first some resources, then steps, each of two
    /// earlier fleets counted from the end, the first of them one of the last two. Operands are shared whenever a number comes twice, the
    /// depth grows with the steps, and a shorter list is a simpler fleet.
    pub(crate) fn fleet_where(&self, orphans: Orphans) -> BoxedStrategy<Fleet> {
        let steps = vec((self.step(orphans), any::<Index>(), any::<Index>()), 0..8);
        (vec(self.leaf(), 1..5), steps)
            .prop_map(|(mut made, steps)| {
                for (step, first, second) in steps {
                    let back = |at: Index, n: usize| made[made.len() - 1 - at.index(n)].clone();
                    let (recent, any) = (made.len().min(2), made.len());
                    let next = apply(step, back(first, recent), back(second, any));
                    made.push(next);
                }
                made.pop().unwrap_or_else(Fleet::empty)
            })
            .boxed()
    }

    fn leaf(&self) -> BoxedStrategy<Fleet> {
        let deployed = self.resource().prop_map(deploy);
        prop_oneof![1 => Just(Fleet::empty()), 1 => Just(Fleet::all()), 8 => deployed].boxed()
    }

    fn resource(&self) -> BoxedStrategy<Resource> {
        let entries = vec((fields(), self.value()), 0..6);
        (self.resource_name(), entries)
            .prop_map(|(name, entries)| {
                let mut resource = Resource::new(&name);
                entries.into_iter().for_each(|(fields, value)| resource.put(fields, value));
                resource
            })
            .boxed()
    }

    fn resource_name(&self) -> BoxedStrategy<String> {
        let names: Vec<String> = self.resources.iter().map(ToString::to_string).collect();
        if names.is_empty() { Just("web".to_owned()).boxed() } else { select(names).boxed() }
    }

    /// A value of a field as it is written.
    pub(crate) fn value(&self) -> BoxedStrategy<Authored> {
        let plain = prop_oneof![
            6 => (0..3_i64).prop_map(Authored::from),
            1 => Just(Authored::from(Value::Unset)),
            1 => Just(Authored::from(Value::Object)),
            1 => Just(Authored::from(text("on ") + device_id())),
        ];
        let keys: Vec<_> = self.labels.iter().map(|label| label.key.clone()).collect();
        if keys.is_empty() {
            return plain.boxed();
        }
        let word = select(keys).prop_map(|key| Authored::from(text("at ") + label(&key)));
        prop_oneof![6 => plain, 2 => word].boxed()
    }

    pub(crate) fn paths_where(&self, kind: PathSets) -> BoxedStrategy<PathSet> {
        let fields = if kind == PathSets::Whole { Just(Vec::new()).boxed() } else { fields() };
        let one = (self.resource_name(), fields, any::<bool>());
        let one = one.prop_filter_map("a path", move |(name, fields, point)| {
            let path = Path::new(name.as_str().try_into().ok()?, fields).ok()?;
            let point = point && kind == PathSets::All;
            Some(if point { PathSet::point(path) } else { PathSet::subtree(path) })
        });
        vec(one, 0..3).prop_map(PathSet::union_all).boxed()
    }

    fn step(&self, orphans: Orphans) -> BoxedStrategy<Step> {
        let (s, p) = (self.selector(), self.paths());
        let masks = u32::from(orphans == Orphans::Allowed);
        let last = if masks == 1 { Step::Mask } else { Step::Overlay };
        prop_oneof![
            8 => Just(Step::Union),
            5 => Just(Step::Overlay),
            3 => Just(Step::Patch),
            1 => Just(last),
            1 => Just(Step::Within),
            1 => Just(Step::Without),
            2 => s.clone().prop_map(Step::Restrict),
            1 => s.prop_map(Step::Choose),
            1 => p.clone().prop_map(Step::Forget),
            1 => p.prop_map(Step::Keep),
        ]
        .boxed()
    }
}

/// The fields of a path below a resource's root.
pub(crate) fn fields() -> BoxedStrategy<Vec<Field>> {
    let field = select(&FIELDS[..]).prop_filter_map("a field", |name| Field::parse(name).ok());
    // Short paths, so that fleets meet; some deep ones, so that subtrees do.
    prop_oneof![4 => vec(field.clone(), 1..=1), 2 => vec(field.clone(), 2..=2), 1 => vec(field, 0..5)]
        .boxed()
}

fn apply(step: Step, first: Fleet, second: Fleet) -> Fleet {
    match step {
        Step::Union => first.union(second),
        Step::Overlay => first.overlay(second),
        Step::Patch => first.patch(second),
        Step::Mask => first.mask(second),
        Step::Within => first.within(second),
        Step::Without => first.without(second),
        Step::Restrict(s) => first.restrict(s),
        Step::Choose(s) => choose(s, first, second),
        Step::Forget(p) => first.forget(p),
        Step::Keep(p) => first.keep(p),
    }
}
