//! What devices get resource by resource is what `denote` says, whatever form a fleet has.

use escadre_algebra::{
    Columns, Coverage, Facts, Fleet, Inventory, Resource, choose, denote, deploy, evaluate, label,
};

fn devices(n: usize) -> Columns {
    let device = |i: usize| {
        let (a, b) = (format!("{}", i % 10), format!("{}", i * 7 % 13));
        Facts::of(&format!("d{i:04}"), [("a", &*a), ("b", &*b)]).unwrap()
    };
    Columns::of(&Inventory::new((0..n).map(device), Coverage::Complete).unwrap()).unwrap()
}

fn set(resource: usize, text: &str) -> Fleet {
    deploy(Resource::new(&format!("r{resource}")).set("text", text))
}

/// Panics unless each device gets what `denote` says, also resource by resource.
#[track_caller]
fn check(fleet: &Fleet, columns: &Columns) {
    let evaluation = evaluate(fleet, columns);
    for row in 0..columns.len() {
        let class = evaluation.class(row).unwrap();
        let said = denote::<()>(fleet, &columns.facts(row).unwrap());
        assert_eq!(evaluation.claims(class), said.as_ref(), "row {row}");
        let by_resource: String =
            evaluation.resources(class).map(|(_, claims)| claims.to_string()).collect();
        assert_eq!(by_resource, said.unwrap_or_default().to_string(), "row {row}");
    }
}

#[test]
fn one_resource_of_more_selectors_than_a_word_has_bits() {
    let layer = |i: usize| {
        let selector = label("a").eq(format!("{}", i % 10)) & label("b").ge((i % 13) as i64);
        set(0, &format!("layer {i}")).restrict(selector | label("c").eq(format!("{i}")))
    };
    check(&Fleet::overlay_all((0..150).map(layer)), &devices(130));
}

#[test]
fn many_resources_with_a_few_selectors_each() {
    let layers = (0..300).flat_map(|i| {
        let is = |key: &str, n: usize| label(key).eq(format!("{n}"));
        [set(i, "all").restrict(is("a", i % 10)), set(i, "some").restrict(is("b", i % 13))]
            .into_iter()
            .chain((0..8).map(move |j| set(i, &format!("{j}")).restrict(is("b", (i * j) % 40))))
    });
    check(&Fleet::overlay_all(layers), &devices(130));
}

#[test]
fn operands_that_are_shared_or_only_asked_for_their_members() {
    let a = |n: usize| label("a").eq(format!("{n}"));
    let shared = set(0, "base").restrict(!a(3)) | set(1, "base").restrict(a(1) | a(3));
    let asked = set(2, "asked").restrict(a(1)) | set(0, "asked").restrict(a(4));
    let within = shared.clone().within(asked.clone());
    let without = (shared.clone() | set(3, "more")).without(asked.clone());
    let chosen = choose(a(5), shared.clone(), without.clone());
    let patched = chosen.clone().patch(asked.clone()).mask(shared.clone().restrict(a(6)));
    let fleets = [
        within.clone(),
        without.clone(),
        chosen.clone(),
        patched.clone(),
        patched.clone().overlay(shared.clone()).overlay(shared.clone()),
        within.overlay(chosen.forget("r1.text")).named("all") | patched.keep("r0"),
        set(7, "nothing below").patch(asked.clone()).mask(set(7, "x")),
        without.within(asked.clone().without(shared)),
        asked.mask(Fleet::empty()),
    ];
    for fleet in fleets {
        check(&fleet, &devices(60));
    }
}

#[test]
fn fleets_of_very_many_parts_are_evaluated_class_by_class() {
    let layer =
        |i: usize| set(i % 90, &format!("{i}")).restrict(label("a").eq(format!("{}", i % 9)));
    let fleet =
        (0..900).map(layer).fold(set(0, "base"), |fleet, layer| fleet.overlay(layer).named("n"));
    check(&fleet, &devices(30));
}

#[test]
fn a_class_that_an_update_brings_is_told_by_resource_too() {
    let columns = devices(30);
    let fleet = set(0, "seven").restrict(label("a").eq("7")).overlay(set(1, "all"))
        | set(2, "new").restrict(label("a").eq("new"));
    let mut evaluation = evaluate(&fleet, &columns);
    assert_eq!(evaluation.resources(0).count(), 1);
    let facts = Facts::of("d0000", [("a", "new")]).unwrap();
    let class = evaluation.update(0, &facts).unwrap().after;
    let by_resource: String =
        evaluation.resources(class).map(|(_, claims)| claims.to_string()).collect();
    assert_eq!(by_resource, denote::<()>(&fleet, &facts).unwrap().to_string());
}
