//! Guards: selectors as diagrams.

use super::answer::TooLarge;
use super::arena::{Arena, Op, Ref};
use super::space::{BucketSpace, Class, Dimension, Space, Var};
use crate::map::Map;
use crate::selector::{Partition, Selector, Test, View};

/// The guards of the selectors seen so far, by address.
///
/// Note [Addresses] An analysis keeps the fleets and selectors that it was made of alive, so an
/// address stands for one selector as long as the analysis lives.
#[derive(Default)]
pub(super) struct Guards {
    known: Map<usize, Ref>,
}

impl Guards {
    /// The guard that holds where `selector` does. Costs a visit of each node that is new.
    pub(super) fn of(
        &mut self,
        selector: &Selector,
        space: &Space,
        arena: &mut Arena,
    ) -> Result<Ref, TooLarge> {
        if let Some(known) = self.known.get(&selector.address()) {
            return Ok(*known);
        }
        for node in selector.postorder() {
            if self.known.contains_key(&node.address()) {
                continue;
            }
            let guard = match node.view() {
                View::All => Ref::TRUE,
                View::None | View::Invalid(_) => Ref::EMPTY,
                View::Test(test) => test_guard(test, space, arena)?,
                View::Not(inner) => {
                    let inner = self.part(inner);
                    arena.not(inner)?
                }
                View::And(parts) => {
                    let parts = parts.iter().map(|part| self.part(part)).collect();
                    arena.reduce(Op::And, parts, Ref::TRUE)?
                }
                View::Or(parts) => {
                    let parts = parts.iter().map(|part| self.part(part)).collect();
                    arena.reduce(Op::Or, parts, Ref::EMPTY)?
                }
            };
            self.known.insert(node.address(), guard);
        }
        Ok(self.part(selector))
    }

    fn part(&self, part: &Selector) -> Ref {
        // Parts come before what they are parts of, so they are known.
        self.known.get(&part.address()).copied().unwrap_or(Ref::EMPTY)
    }
}

/// The guard of one test.
fn test_guard(test: &Test, space: &Space, arena: &mut Arena) -> Result<Ref, TooLarge> {
    match test {
        Test::Exists { key } | Test::In { key, .. } | Test::Compare { key, .. } => {
            let Some(var) = space.label(key.as_str()) else { return Ok(Ref::EMPTY) };
            let Dimension::Label(_, partition) = space.dimension(var) else {
                return Ok(Ref::EMPTY);
            };
            label_guard(test, (var, partition), space, arena)
        }
        Test::Id(ids) => {
            let classes = space.ids().classes_of(ids);
            let listed = classes.iter().map(|class| (*class, Ref::TRUE)).collect();
            arena.make(Var::ID, listed, Ref::EMPTY)
        }
        Test::Bucket { salt, .. } => {
            let bucket = space.buckets().find(|(_, bucket)| bucket.salt == *salt);
            bucket.map_or(Ok(Ref::EMPTY), |(var, bucket)| {
                bucket_guard(test, (var, bucket), space, arena)
            })
        }
    }
}

fn guard(holds: bool) -> Ref {
    if holds { Ref::TRUE } else { Ref::EMPTY }
}

/// The guard of a test of a bucket: decided on each class of named ids, else by their points.
fn bucket_guard(
    test: &Test,
    (var, bucket): (Var, &BucketSpace),
    space: &Space,
    arena: &mut Arena,
) -> Result<Ref, TooLarge> {
    let Test::Bucket { start, end, .. } = test else { return Ok(Ref::EMPTY) };
    let holds = |class: Class| {
        let (first, _) = bucket.interval(class);
        guard(*start <= first && end.is_none_or(|end| first < end))
    };
    let otherwise = space.otherwise(var);
    let listed = space.classes(var).into_iter().filter(|class| *class != otherwise);
    let listed = listed.map(|class| (class, holds(class))).collect();
    let others = arena.make(var, listed, holds(otherwise))?;
    let ids = space.ids();
    let listed = space.classes(Var::ID).into_iter().filter_map(|class| {
        let first = ids.members(class)?.first()?;
        Some((class, guard(test.holds_of_id(first))))
    });
    let listed = listed.collect();
    arena.make(Var::ID, listed, others)
}

fn label_guard(
    test: &Test,
    (var, partition): (Var, &Partition),
    space: &Space,
    arena: &mut Arena,
) -> Result<Ref, TooLarge> {
    let absent = Class::new(partition.n_classes() - 1);
    match test {
        // Only the strings that it names differ from the rest.
        Test::In { values, .. } => {
            let classes = values.iter().filter_map(|value| space.class_of_value(var, value));
            let listed = classes.map(|class| (class, Ref::TRUE)).collect();
            arena.make(var, listed, Ref::EMPTY)
        }
        Test::Exists { .. } => arena.make(var, vec![(absent, Ref::EMPTY)], Ref::TRUE),
        _ => {
            let holds = partition.members().into_iter().map(|(class, member)| {
                (Class::new(class), guard(test.holds_of_label(member.as_deref())))
            });
            // A comparison is false of strings that are no numbers, which `otherwise` is.
            arena.make(var, holds.collect(), Ref::EMPTY)
        }
    }
}
