//! What a user may build that could cost too much.

use std::time::{Duration, Instant};

use escadre_algebra::{
    Authored, Facts, Field, Fleet, Item, List, ListError, Path, PathSet, Record, Resource, Value,
    Word, denote, deploy,
};

/// Far above what these take, far below what they took when they were quadratic or worse.
const SOON: Duration = Duration::from_secs(20);

#[track_caller]
fn soon<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    result
}

#[test]
fn a_word_of_many_literals_is_made_in_linear_time() {
    let literal = || escadre_algebra::Part::Literal("a".into());
    let word = soon(|| Word::from_parts((0..640_000).map(|_| literal())));
    assert_eq!(word.as_literal().map(str::len), Some(640_000));
    let mixed = Word::from_parts([
        literal(),
        escadre_algebra::Part::Literal("".into()),
        escadre_algebra::Part::DeviceId,
        literal(),
        literal(),
    ]);
    assert_eq!(mixed.to_string(), "a{device_id()}aa");
    assert_eq!(mixed.parts().len(), 3);
}

#[test]
fn sharing_inside_lists_is_counted_as_it_is_written_out() {
    let mut list = List::new([Item::Value(Value::Integer(1))]).unwrap();
    let mut levels = 0;
    let error = loop {
        let item = Item::Value(Value::List(list.clone()));
        match List::new([item.clone(), item]) {
            Ok(longer) => list = longer,
            Err(error) => break error,
        }
        levels += 1;
    };
    assert_eq!((levels, error), (18, ListError::TooLarge));
    assert!(Value::List(list.clone()).is_constant());
    let item = Item::Value(Value::List(list));
    let record = [("a", item.clone()), ("b", item)];
    let record = record.map(|(name, item)| (Field::parse(name).unwrap(), item));
    assert_eq!(Record::new(record.into()), Err(ListError::TooLarge));
    let many = Authored::list(vec![0; 1_000_001]);
    assert!(deploy(Resource::new("r").set("x", many)).problems()[0].message().contains("items"));
}

#[test]
fn many_small_fleets_lie_below_or_beside_a_large_one() {
    let resources = || (0..4_000).map(|i| deploy(Resource::new(&format!("r{i}")).set("x", i)));
    let d = Facts::of("d", []).unwrap();
    let beside = soon(|| denote::<()>(&resources().fold(Fleet::empty(), |f, r| r | f), &d));
    let below = soon(|| denote::<()>(&resources().fold(Fleet::empty(), |f, r| r.overlay(f)), &d));
    let expected = denote::<()>(&Fleet::union_all(resources()), &d);
    assert_eq!(beside, expected);
    assert_eq!(below, expected);
}

#[test]
fn keeping_and_forgetting_many_paths_is_not_quadratic() {
    let name = |i: usize| format!("r{}.f{}", i % 200, i);
    let mut resources: Vec<Resource> = (0..200).map(|i| Resource::new(&format!("r{i}"))).collect();
    for i in 0..20_000 {
        resources[i % 200].put(vec![Field::parse(&format!("f{i}")).unwrap()], 1);
    }
    let f = Fleet::union_all(resources.into_iter().map(deploy));
    let paths = (0..20_000).filter(|i| i % 2 == 0).map(|i| Path::parse(&name(i)).unwrap());
    let paths = PathSet::of([], paths);
    let d = Facts::of("d", []).unwrap();
    let kept = soon(|| denote::<()>(&f.clone().keep(&paths), &d)).unwrap();
    let forgot = soon(|| denote::<()>(&f.forget(&paths), &d)).unwrap();
    // Half of the fields are kept, and the roots of the resources that have some.
    assert_eq!(kept.listed().len(), 10_000 + 100);
    assert_eq!(forgot.listed().len(), 10_000 + 200);
}
