//! Random fleets, selectors and facts over a small universe, so that parts meet.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use escadre_algebra::{
    Authored, Decimal, Facts, Field, Fleet, Item, LabelKey, List, Part, Path, PathSet, Record,
    Resource, Selector, Value, Word, bucket, choose, deploy, device_id, label, label_or, semver,
    text,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Labels that exist, and one that no device has.
const LABELS: [&str; 4] = ["role", "site", "n", "gone"];
const VALUES: [&str; 5] = ["a", "b", "3", "2.1", ""];
const IDS: [&str; 4] = ["d1", "d2", "00FAY", "capteur-é"];
const RESOURCES: [&str; 3] = ["web", "db", "x-1"];
const FIELDS: [&str; 6] = ["x", "y", "z.w", "$text", "$rest", "a \"b\""];

fn one_of<T: Copy + std::fmt::Debug + 'static>(items: &'static [T]) -> BoxedStrategy<T> {
    proptest::sample::select(items).boxed()
}

/// A device whose labels are known or absent.
pub(crate) fn arb_facts() -> BoxedStrategy<Facts> {
    let labels = btree_map(one_of(&LABELS[..3]), one_of(&VALUES), 0..4);
    (one_of(&IDS), labels).prop_map(|(id, labels)| Facts::of(id, labels).unwrap()).boxed()
}

fn arb_test() -> BoxedStrategy<Selector> {
    let key = || one_of(&LABELS).prop_map(label);
    prop_oneof![
        Just(Selector::all()),
        Just(Selector::none()),
        key().prop_map(|k| k.exists()),
        (key(), one_of(&VALUES)).prop_map(|(k, v)| k.eq(v)),
        (key(), vec(one_of(&VALUES), 0..4)).prop_map(|(k, vs)| k.is_in(vs)),
        (key(), -4..4_i64).prop_map(|(k, n)| k.ge(n)),
        (key(), 0..4_i64).prop_map(|(k, n)| k.lt(n)),
        key().prop_map(|k| k.gt(semver("2.0.1-rc.1"))),
        vec(one_of(&IDS), 1..3).prop_map(|ids| device_id().is_in(ids)),
        (0..60_u32, 60..100_u32).prop_map(|(low, high)| bucket("salt 1").from_to(low, high)),
        (any::<u64>(), any::<u64>())
            .prop_map(|(a, b)| bucket("s").interval(a.min(b), Some(a.max(b)))),
    ]
    .boxed()
}

/// A selector without problems.
pub(crate) fn arb_selector() -> BoxedStrategy<Selector> {
    let inner = |s: BoxedStrategy<Selector>| {
        prop_oneof![
            s.clone().prop_map(|s| !s),
            vec(s.clone(), 0..4).prop_map(Selector::all_of),
            vec(s, 0..4).prop_map(Selector::any_of),
        ]
        .boxed()
    };
    arb_test().prop_recursive(4, 24, 4, inner).boxed()
}

fn arb_word() -> BoxedStrategy<Word> {
    let part = prop_oneof![
        "[ -~é\n\"\\\\]{0,4}".prop_map(|s| Part::Literal(Arc::from(s))),
        one_of(&LABELS).prop_map(|k| Part::Label(LabelKey::parse(k).unwrap())),
        Just(Part::DeviceId),
    ];
    vec(part, 0..4).prop_map(Word::from_parts).boxed()
}

fn arb_scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        (0..2_i64).prop_map(Value::Integer),
        any::<f64>().prop_filter_map("finite", Decimal::new).prop_map(Value::Decimal),
        Just(Value::Decimal(Decimal::new(1.0).unwrap())),
        one_of(&VALUES).prop_map(Value::text),
        arb_word().prop_map(Value::Text),
    ]
    .boxed()
}

fn arb_item() -> BoxedStrategy<Item> {
    let inner = |item: BoxedStrategy<Item>| {
        let named = btree_map(one_of(&FIELDS), item.clone(), 0..3);
        prop_oneof![
            vec(item, 0..3).prop_map(|items| Item::Value(Value::List(List::new(items).unwrap()))),
            named.prop_map(|fields| {
                let fields = fields.into_iter().map(|(k, v)| (Field::parse(k).unwrap(), v));
                Item::Record(Record::new(fields.collect()).unwrap())
            }),
        ]
        .boxed()
    };
    arb_scalar().prop_map(Item::Value).boxed().prop_recursive(3, 8, 3, inner).boxed()
}

/// A value of any kind.
pub(crate) fn arb_value() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => arb_scalar(),
        1 => Just(Value::Unset),
        1 => Just(Value::Object),
        1 => vec(arb_item(), 0..3).prop_map(|items| Value::List(List::new(items).unwrap())),
    ]
    .boxed()
}

fn arb_fields() -> BoxedStrategy<Vec<Field>> {
    let parse = |names: Vec<&str>| names.iter().map(|n| Field::parse(n).unwrap()).collect();
    vec(one_of(&["x", "y", "z", "$text", "$rest", "a \"b\"", "$"]), 0..4).prop_map(parse).boxed()
}

/// A resource: fields set in any order, over and below each other.
pub(crate) fn arb_resource() -> BoxedStrategy<Resource> {
    let value = prop_oneof![
        8 => arb_value().prop_map(Authored::from),
        1 => (one_of(&LABELS), one_of(&VALUES))
            .prop_map(|(k, v)| Authored::from(text("at ") + label_or(k, v))),
    ];
    (one_of(&RESOURCES), vec((arb_fields(), value), 0..5), any::<bool>())
        .prop_map(|(name, fields, carries)| {
            let mut resource = Resource::new(name);
            for (at, value) in fields {
                resource.put(at, value);
            }
            if carries {
                resource.carry(b"content".as_slice());
                resource.carry([0xff, 0x00].as_slice());
            }
            resource
        })
        .boxed()
}

/// A set of paths.
pub(crate) fn arb_path_set() -> BoxedStrategy<PathSet> {
    let path = (one_of(&RESOURCES), arb_fields())
        .prop_map(|(name, fields)| Path::new(name.try_into().unwrap(), fields).unwrap());
    let one = prop_oneof![
        1 => Just(PathSet::all()),
        4 => path.clone().prop_map(PathSet::subtree),
        4 => path.prop_map(PathSet::point),
    ];
    vec(one, 0..3)
        .prop_map(|sets| sets.iter().fold(PathSet::none(), |all, one| all.union(one)))
        .boxed()
}

/// A fleet over all combinators, nested up to `depth` deep, without problems.
pub(crate) fn arb_fleet(depth: u32) -> BoxedStrategy<Fleet> {
    let leaf = prop_oneof![
        1 => Just(Fleet::empty()),
        1 => Just(Fleet::all()),
        6 => arb_resource().prop_map(deploy),
    ];
    leaf.boxed().prop_recursive(depth, 24, 3, |f| combined(&f)).boxed()
}

fn combined(f: &BoxedStrategy<Fleet>) -> BoxedStrategy<Fleet> {
    let pair = || (f.clone(), f.clone());
    let any_of = || vec(f.clone(), 0..4);
    prop_oneof![
        pair().prop_map(|(f, g)| f | g),
        any_of().prop_map(Fleet::union_all),
        pair().prop_map(|(f, g)| f.overlay(g)),
        any_of().prop_map(Fleet::overlay_all),
        pair().prop_map(|(f, g)| f.patch(g)),
        pair().prop_map(|(f, g)| f.mask(g)),
        pair().prop_map(|(f, g)| f.within(g)),
        pair().prop_map(|(f, g)| f.without(g)),
        (f.clone(), arb_selector()).prop_map(|(f, s)| f.restrict(s)),
        (pair(), arb_selector()).prop_map(|((f, g), s)| choose(s, f, g)),
        (f.clone(), arb_path_set()).prop_map(|(f, p)| f.forget(p)),
        (f.clone(), arb_path_set()).prop_map(|(f, p)| f.keep(p)),
        (f.clone(), "[a-z \"]{1,5}").prop_map(|(f, name)| f.named(name)),
        f.clone().prop_map(|f| f.clone() | f),
    ]
    .boxed()
}
