//! Analyses of deep and widely shared fleets, and answers past the budget.

mod classes;
mod paths;

use escadre_algebra::analysis::{Analysis, Answer};
use escadre_algebra::{Facts, Fleet, Resource, Selector, deploy, device_id, label, text};

fn motd(text: &str) -> Fleet {
    deploy(Resource::new("motd").set("text", text))
}

/// Runs `test` on a stack of 256 KiB.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(test);
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn a_hundred_thousand_nested_combinators_are_analysed_on_a_small_stack() {
    on_a_small_stack(|| {
        let site = |i: usize| label("site").eq(format!("s{}", i % 7));
        let mut f = motd("hello");
        for i in 0..100_000 {
            f = match i % 4 {
                0 => f.restrict(!site(i) | site(i)),
                1 => f.patch(motd(if i % 8 == 1 { "hi" } else { "salut" }).restrict(site(i))),
                2 => f.forget("motd.other"),
                _ => f.named("layer"),
            };
        }
        let mut analysis = Analysis::of([&f]).with_budget(100_000_000);
        assert!(analysis.resolved(&f).is_proven());
        assert!(analysis.covers(&f, &Selector::all()).is_proven());
        assert!(analysis.equivalent(&f, &f.clone().named("again")).is_proven());
    });
}

#[test]
fn sixty_four_levels_of_sharing_stay_small() {
    let mut f = motd("hello");
    let mut g = motd("hello");
    for i in 0..64 {
        let odd = label("n").eq(format!("{i}"));
        f = f.clone().overlay(f.clone().restrict(odd.clone())).union(f);
        g = g.clone().union(g.restrict(odd));
    }
    let mut analysis = Analysis::of([&f, &g]);
    assert!(analysis.equivalent(&f, &g).is_proven());
    assert!(analysis.n_steps() < 100_000, "{} steps", analysis.n_steps());
}

#[test]
fn a_thousand_labels_are_no_recursion() {
    on_a_small_stack(|| {
        let all = Selector::any_of((0..1_000).map(|i| label(format!("l{i}")).exists()));
        let f = motd("hello").restrict(all.clone());
        let mut analysis = Analysis::of([&f]);
        assert!(analysis.covers(&f, &all).is_proven());
        let witness = analysis.covers(&f, &Selector::all());
        assert!(witness.witness().is_some_and(|w| w.facts.is_some()));
    });
}

#[test]
fn what_is_too_large_is_undecided_and_says_what_was_allowed() {
    // All labels a come before all labels b, so a diagram has to remember every one of them.
    let pairs = (0..40).map(|i| label(format!("a{i}")).eq("1") & label(format!("b{i}")).eq("1"));
    let f = motd("hello").restrict(Selector::any_of(pairs));
    let mut analysis = Analysis::of([&f]).with_budget(100_000);
    let Answer::Undecided(too_large) = analysis.covers(&f, &label("x").exists()) else {
        panic!("40 pairs are decided within the budget");
    };
    assert_eq!(too_large.budget, 100_000);
    assert!(too_large.to_string().contains("the budget of 100000 steps was spent"));
    // What needs no diagram of the whole is answered all the same, by the same analysis.
    assert!(analysis.equivalent(&f, &f.clone()).is_proven());
}

#[test]
fn words_that_coincide_somewhere_are_told_apart_elsewhere() {
    let site = deploy(Resource::new("web").set("site", text("") + label("site")));
    let paris = deploy(Resource::new("web").set("site", "paris"));
    let here = label("site").eq("paris");
    let mut analysis = Analysis::of([&site, &paris]);
    let answer = analysis.equivalent(&site, &paris);
    let facts = answer.witness().and_then(|w| w.facts.clone());
    assert!(facts.is_some_and(|facts| !here.holds_on(&facts)));
    let (a, b) = (site.restrict(here.clone()), paris.restrict(here));
    assert!(Analysis::of([&a, &b]).equivalent(&a, &b).is_proven());
}

#[test]
fn an_id_in_a_word_is_the_named_one_where_ids_are_named() {
    let own = deploy(Resource::new("web").set("name", text("") + device_id()));
    let named =
        |id: &str| deploy(Resource::new("web").set("name", id)).restrict(device_id().eq(id));
    let f = own.clone().restrict(device_id().is_in(["a", "b"]));
    let g = named("a") | named("b");
    assert!(Analysis::of([&f, &g]).equivalent(&f, &g).is_proven());
    let g = named("a") | named("b") | named("c");
    let answer = Analysis::of([&f, &g]).equivalent(&f, &g);
    let facts = answer.witness().and_then(|witness| witness.facts.as_ref());
    assert_eq!(facts.map(|facts: &Facts| facts.id().as_str()), Some("c"));
}

#[test]
fn the_order_of_very_many_layers_is_too_large_and_not_endless() {
    let layer = |i: usize| motd("hello").restrict(label("n").eq(format!("{i}")));
    let f = (0..1_000).fold(motd("hello"), |f, i| f.patch(layer(i)));
    let pairs = Analysis::of([&f]).with_budget(100_000).ordered_layers(&f);
    assert_eq!(pairs.map(|pairs| pairs.len()).unwrap_err().budget, 100_000);
}
