//! The equations of the algebra, sampled on whole fleets through `denote`.
//!
//! Each test is named by what its equations say. The equations that do not hold are here too,
//! with the smallest counterexample.

use escadre_algebra::{Facts, Fleet, PathSet, Selector, choose, denote, label};
use proptest::prelude::*;

use crate::tree::tree;

/// The devices of a small world: every combination of two labels.
fn world() -> Vec<Facts> {
    let labels: [&[(&str, &str)]; 4] =
        [&[], &[("s", "1")], &[("t", "1")], &[("s", "1"), ("t", "1")]];
    labels.iter().map(|labels| Facts::of("d", labels.iter().copied()).unwrap()).collect()
}

fn s() -> Selector {
    label("s").exists()
}

fn t() -> Selector {
    label("t").exists()
}

/// A tree, a tree restricted, or a choice between two.
fn fleet() -> impl Strategy<Value = Fleet> {
    prop_oneof![
        tree(),
        tree().prop_map(|f| f.restrict(s())),
        (tree(), tree()).prop_map(|(f, g)| choose(t(), f, g)),
        (tree(), tree()).prop_map(|(f, g)| f.restrict(!s()).overlay(g.restrict(t()))),
    ]
}

fn paths() -> impl Strategy<Value = PathSet> {
    let one = prop::sample::select(crate::tree::universe()).prop_map(PathSet::subtree);
    prop::collection::vec(one, 0..3)
        .prop_map(|sets| sets.iter().fold(PathSet::none(), |a, b| a.union(b)))
}

fn agree(left: &Fleet, right: &Fleet) -> Result<(), TestCaseError> {
    for d in world() {
        let (l, r) = (denote::<()>(left, &d), denote::<()>(right, &d));
        prop_assert!(l == r, "on {:?}:\nleft:\n{:?}\nright:\n{:?}", d.labels(), l, r);
    }
    Ok(())
}

/// `laws! { name(a, b): left = right, …; }` samples each equation.
macro_rules! laws {
    ($($name:ident($($v:ident),*): $($left:expr => $right:expr),+;)*) => {
        proptest! {$(
            #[test]
            fn $name($($v in fleet()),*) {
                $(let $v = || $v.clone();)*
                $(agree(&$left, &$right)?;)+
            }
        )*}
    };
}

/// The empty fleet.
fn zero() -> Fleet {
    Fleet::empty()
}

laws! {
    union_is_associative(a, b, c): a().union(b()).union(c()) => a().union(b().union(c()));
    union_is_commutative(a, b): a().union(b()) => b().union(a());
    union_is_idempotent_and_has_a_unit(a): a().union(a()) => a(), a().union(zero()) => a();
    overlay_is_associative(a, b, c): a().overlay(b()).overlay(c()) => a().overlay(b().overlay(c()));
    overlay_has_a_unit(a): zero().overlay(a()) => a(), a().overlay(zero()) => a();
    overlay_is_a_right_regular_band(a, b): a().overlay(a()) => a(), a().overlay(b()).overlay(a()) => b().overlay(a());
    overlay_distributes_over_union_on_the_left(a, b, c):
        a().union(b()).overlay(c()) => a().overlay(c()).union(b().overlay(c()));
    overlaying_a_union_keeps_both(a, b, c):
        a().overlay(b().union(c())) => a().overlay(b()).overlay(c()).union(b()).union(c());
    union_absorbs_overlay(a, b):
        a().union(a().overlay(b())) => a().union(b()), a().overlay(a().union(b())) => a().union(b()),
        a().union(b()).overlay(b()) => a().overlay(b()), a().overlay(b()).union(b().overlay(a())) => a().union(b());
    restrict_is_an_action_of_selectors(a):
        a().restrict(Selector::all()) => a(), a().restrict(Selector::none()) => zero(),
        a().restrict(t()).restrict(s()) => a().restrict(s() & t()),
        a().restrict(s() | t()) => a().restrict(s()).union(a().restrict(t())),
        a().restrict(s() | t()) => a().restrict(s()).overlay(a().restrict(t())),
        a().restrict(s()).union(a().restrict(!s())) => a();
    restrict_distributes(a, b):
        a().union(b()).restrict(s()) => a().restrict(s()).union(b().restrict(s())),
        a().overlay(b()).restrict(s()) => a().restrict(s()).overlay(b().restrict(s())),
        a().overlay(b().restrict(s())) => a().overlay(b()).restrict(s()).union(a().restrict(!s())),
        a().restrict(s()).overlay(b()) => a().overlay(b()).restrict(s()).union(b().restrict(!s())),
        a().restrict(s()).overlay(b().restrict(!s())) => a().restrict(s()).union(b().restrict(!s())),
        choose(s(), a(), b()) => a().restrict(s()).union(b().restrict(!s()));
    within_and_without_divide(a, f):
        a().within(f()).union(a().without(f())) => a(), a().within(a()) => a(), a().without(a()) => zero(),
        a().within(f()) => a().without(a().without(f()));
    within_and_without_of_unions(a, f, g):
        a().without(f().union(g())) => a().without(f()).without(g()),
        a().without(f().overlay(g())) => a().without(f()).without(g()),
        a().within(f().union(g())) => a().within(f()).union(a().within(g())),
        a().within(f()).within(g()) => a().within(f().within(g())),
        a().within(f().without(g())) => a().within(f()).without(g()),
        a().without(f().without(g())) => a().without(f()).union(a().within(g())),
        a().without(f().within(g())) => a().without(f()).union(a().without(g()));
    within_and_without_of_overlays(a, b):
        a().overlay(b()).without(a()) => b().without(a()),
        a().overlay(b()).within(b()) => a().within(b()).overlay(b()),
        a().overlay(b()) => a().without(b()).union(a().within(b()).overlay(b()));
    mask_subtracts(a, b, c):
        a().overlay(b()) => a().mask(b()).union(b()),
        a().mask(b().union(c())) => a().mask(b()).mask(c()), a().mask(b().overlay(c())) => a().mask(b()).mask(c()),
        a().mask(b()).mask(c()) => a().mask(c()).mask(b()),
        a().union(b()).mask(c()) => a().mask(c()).union(b().mask(c())),
        a().overlay(b()).mask(c()) => a().mask(c()).overlay(b().mask(c())),
        a().mask(zero()) => a(), zero().mask(a()) => zero(), a().mask(a()) => a().forget(PathSet::all()),
        a() => a().mask(b()).union(a().mask(a().mask(b()))),
        a().mask(b().mask(c())) => a().mask(b()).union(a().mask(a().mask(c())));
    patch_changes_what_is_there(a, b, c):
        a().patch(zero()) => a(), zero().patch(a()) => zero(), a().patch(Fleet::all()) => a(), a().patch(a()) => a(),
        a().patch(b()).patch(b()) => a().patch(b()), a().patch(b()).patch(c()) => a().patch(b().overlay(c())),
        a().patch(b()).overlay(b()) => a().overlay(b());
    patch_distributes(a, b, c):
        a().union(b()).patch(c()) => a().patch(c()).union(b().patch(c())),
        a().overlay(b()).patch(c()) => a().patch(c()).overlay(b().patch(c())),
        a().overlay(b()) => a().patch(b()).union(a().overlay(b())),
        a().patch(b()).restrict(s()) => a().restrict(s()).patch(b()),
        a().patch(b().restrict(s())) => a().patch(b()).restrict(s()).union(a().restrict(!s())),
        a().patch(b().within(a())) => a().patch(b()), a().patch(b()).within(c()) => a().within(c()).patch(b()),
        a().patch(b()).without(c()) => a().without(c()).patch(b());
    names_mean_nothing(a, b):
        a().named("x").union(b().named("y")).named("z") => a().union(b()),
        Fleet::overlay_all([a(), b(), a()]) => a().overlay(b()).overlay(a()), Fleet::union_all([]) => zero();
}

proptest! {
    #[test]
    fn forget_and_keep_are_complementary(a in fleet(), b in fleet(), p in paths(), q in paths()) {
        let (f, g) = (|p: &PathSet| a.clone().forget(p.clone()), |p: &PathSet| a.clone().keep(p.clone()));
        agree(&f(&PathSet::none()), &a)?;
        agree(&f(&p).forget(q.clone()), &f(&p.union(&q)))?;
        agree(&f(&p.intersection(&q)), &f(&p).union(f(&q)))?;
        agree(&g(&p).union(f(&p)), &a)?;
        agree(&f(&PathSet::all()), &Fleet::all().within(a.clone()))?;
        agree(&a.clone().union(b.clone()).forget(p.clone()), &f(&p).union(b.clone().forget(p.clone())))?;
        agree(&a.clone().overlay(b.clone()).keep(p.clone()), &g(&p).overlay(b.clone().keep(p.clone())))?;
        agree(&a.clone().within(b.clone().forget(p.clone())), &a.clone().within(b.clone()))?;
    }

    #[test]
    fn what_is_kept_and_what_is_forgotten_do_not_meet(a in fleet(), b in fleet(), whole in 0usize..3) {
        // The equation wants a set of paths that is closed both ways: whole resources.
        let p = ["a", "b"].iter().take(whole).fold(PathSet::none(), |p, r| p.union(&PathSet::under(r).unwrap()));
        let (kept, rest) = (a.clone().keep(p.clone()), b.clone().forget(p.clone()));
        agree(&kept.clone().overlay(rest.clone()), &kept.clone().union(rest))?;
        let forgotten = a.clone().union(a.clone().overlay(b.clone())).forget(p.clone());
        agree(&a.clone().forget(p.clone()).union(a.overlay(b).forget(p)), &forgotten)?;
        agree(&kept.clone().forget(PathSet::all()).union(kept.clone()), &kept)?;
    }
}

/// Checks that two fleets differ on a device without labels.
fn differ(left: &Fleet, right: &Fleet) {
    let d = Facts::of("d", []).unwrap();
    assert!(
        denote::<()>(left, &d) != denote::<()>(right, &d),
        "the smallest counterexample agrees"
    );
}

fn p(value: i64) -> Fleet {
    escadre_algebra::deploy(escadre_algebra::Resource::new("a").set("p", value))
}

#[test]
fn the_equations_that_do_not_hold_have_their_smallest_counterexamples() {
    let all = Fleet::all;
    differ(&p(1).overlay(p(2)), &p(2).overlay(p(1)));
    differ(&p(1).overlay(p(2)).overlay(p(1)), &p(1).overlay(p(2)));
    differ(&p(1).overlay(zero().union(p(2))), &p(1).overlay(zero()).union(p(1).overlay(p(2))));
    differ(&p(1).union(p(2).overlay(zero())), &p(1).union(p(2)).overlay(p(1).union(zero())));
    differ(&zero().union(zero().overlay(all())), &zero());
    differ(&zero().union(all()), &zero());
    differ(&all().overlay(p(1)).restrict(Selector::none()), &zero().overlay(p(1)));
    differ(&p(1).overlay(all()).within(all()), &all());
    differ(&all().within(p(1)), &p(1).within(all()));
    differ(&all().forget(PathSet::all()), &zero());
    differ(&all().mask(all()), &zero());
    differ(&zero().patch(all()), &zero().overlay(all()));
    differ(&all().patch(p(1)), &all().overlay(p(1)));
    let root = escadre_algebra::deploy(escadre_algebra::Resource::new("a"));
    differ(&root.clone().patch(zero()).patch(p(3)), &root.patch(zero().patch(p(3))));
}
