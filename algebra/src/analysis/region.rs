//! Regions: sets of classes, said as selectors.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::arena::{Arena, Ref};
use super::space::{Class, Dimension, Space, Var};
use super::walk::{Choice, Trail};
use crate::selector::{Bound, Comparison, Partition, Selector, Test};

/// The selector that holds in the region of `trail`.
pub(super) fn of_trail(trail: &Trail, space: &Space) -> Selector {
    Selector::all_of(trail.iter().map(|(var, choice)| match choice {
        Choice::Class(class) => of_classes(*var, &[*class], space),
        Choice::AllBut(classes) => !of_classes(*var, classes, space),
        Choice::Member(class, i) => {
            let id = space.ids().members(*class).and_then(|members| members.get(*i));
            id.map_or_else(Selector::none, |id| Selector::test(Test::Id(Arc::from([id.clone()]))))
        }
    }))
}

/// The selector that holds where `guard` does. Costs its nodes.
pub(super) fn of_guard(guard: Ref, space: &Space, arena: &Arena) -> Selector {
    let mut known: HashMap<Ref, Selector> =
        HashMap::from([(Ref::EMPTY, Selector::none()), (Ref::TRUE, Selector::all())]);
    for (at, node) in arena.postorder(guard, |_| true) {
        let mut groups: BTreeMap<Ref, Vec<Class>> = BTreeMap::new();
        for (class, child) in node.listed.iter() {
            groups.entry(*child).or_default().push(*class);
        }
        let listed: Vec<Class> = node.listed.iter().map(|(class, _)| *class).collect();
        let mut parts: Vec<Selector> = Vec::new();
        for (child, classes) in groups.iter().filter(|(child, _)| **child != Ref::EMPTY) {
            parts.push(Selector::all_of([
                of_classes(node.var, classes, space),
                known[child].clone(),
            ]));
        }
        if node.otherwise != Ref::EMPTY {
            let rest = !of_classes(node.var, &listed, space);
            parts.push(Selector::all_of([rest, known[&node.otherwise].clone()]));
        }
        known.insert(at, Selector::any_of(parts));
    }
    known.remove(&guard).unwrap_or_else(Selector::none)
}

/// The selector that holds in `classes` of `var`, which nodes list: none of them is `otherwise`.
pub(super) fn of_classes(var: Var, classes: &[Class], space: &Space) -> Selector {
    match space.dimension(var) {
        Dimension::Id(ids) => {
            let members = classes.iter().filter_map(|class| ids.members(*class)).flatten();
            Selector::test(Test::Id(members.cloned().collect()))
        }
        Dimension::Bucket(bucket) => Selector::any_of(classes.iter().map(|class| {
            let (start, end) = bucket.interval(*class);
            Selector::test(Test::Bucket { salt: bucket.salt.clone(), start, end })
        })),
        Dimension::Label(key, partition) => {
            let n_explicit = partition.explicit().len();
            let (named, others): (Vec<&Class>, Vec<&Class>) =
                classes.iter().partition(|class| class.index() < n_explicit);
            let values = named.iter().filter_map(|class| partition.explicit().nth(class.index()));
            let values = values.cloned().collect();
            let mut parts = vec![Selector::test(Test::In { key: key.clone(), values })];
            for class in others {
                parts.push(of_label_class(key, partition, class.index()));
            }
            Selector::any_of(parts)
        }
    }
}

/// The selector of a class of a label that is no explicit string.
fn of_label_class(key: &crate::LabelKey, partition: &Partition, class: usize) -> Selector {
    if class + 1 == partition.n_classes() {
        return !Selector::test(Test::Exists { key: key.clone() });
    }
    let (low, high) = partition.bounds(class);
    let compare = |op: Comparison, bound: Bound| {
        Selector::test(Test::Compare { key: key.clone(), op, bound })
    };
    let low = low.map(|bound| compare(Comparison::Ge, bound));
    let high = high.map(|bound| compare(Comparison::Lt, bound));
    let interval = Selector::all_of(low.into_iter().chain(high));
    let holds = |value: &str| interval.atoms().iter().all(|test| test.holds_of_label(Some(value)));
    let named = partition.explicit().filter(|value| holds(value)).cloned().collect();
    Selector::all_of([
        interval.clone(),
        !Selector::test(Test::In { key: key.clone(), values: named }),
    ])
}
