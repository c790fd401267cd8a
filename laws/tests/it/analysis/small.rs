//! Every fleet of a small universe: two are equivalent iff they are the same on every device.

use std::collections::HashMap;

use escadre_algebra::analysis::Analysis;
use escadre_algebra::{
    Facts, Fleet, PathSet, Resource, Value, choose, denote, deploy, label, text,
};

/// All fleets of at most one operator over these leaves, and all overlays and unions of some of them.
fn universe() -> Vec<Fleet> {
    let web = || Resource::new("web");
    let leaves = [
        Fleet::empty(),
        Fleet::all(),
        deploy(web().set("x", 1)),
        deploy(web().set("x", 2)),
        deploy(web().set("x.y", 1)),
        deploy(web().set("x", Value::Unset)),
        deploy(web().set("x", text("") + label("k"))),
        deploy(web().set("x", "v")),
    ];
    let s = label("k").eq("v");
    let t = label("k").exists();
    let p = PathSet::under("web.x").unwrap();
    let point = PathSet::point("web.x".parse().unwrap());
    let mut all: Vec<Fleet> = leaves.to_vec();
    for f in &leaves {
        for selector in [&s, &t] {
            all.push(f.clone().restrict(selector.clone()));
            all.push(f.clone().restrict(!selector.clone()));
        }
        for paths in [&p, &point] {
            all.push(f.clone().forget(paths.clone()));
            all.push(f.clone().keep(paths.clone()));
        }
        for g in &leaves {
            let (f, g) = (|| f.clone(), || g.clone());
            all.push(f().union(g()));
            all.push(f().overlay(g()));
            all.push(f().patch(g()));
            all.push(f().mask(g()));
            all.push(f().within(g()));
            all.push(f().without(g()));
            all.push(choose(s.clone(), f(), g()));
            all.push(f().overlay(g().restrict(s.clone())));
            all.push(f().restrict(t.clone()).union(g().restrict(!s.clone())));
        }
    }
    all
}

#[test]
fn every_two_fleets_of_a_small_universe_are_told_apart_iff_a_device_does() {
    let fleets = universe();
    let devices = [
        Facts::of("d", []),
        Facts::of("d", [("k", "v")]),
        Facts::of("d", [("k", "w")]),
        Facts::of("d", [("k", "u")]),
    ]
    .map(Result::unwrap);
    // Fleets are grouped by what they say on every kind of device.
    let mut meanings: HashMap<String, Vec<&Fleet>> = HashMap::new();
    for fleet in &fleets {
        let said = devices.each_ref().map(|d| format!("{:?}", denote::<()>(fleet, d)));
        meanings.entry(said.join("\n")).or_default().push(fleet);
    }
    assert!(meanings.len() > 100, "{} meanings", meanings.len());
    let mut analysis = Analysis::of(&fleets);
    let firsts: Vec<&Fleet> = meanings.values().map(|same| same[0]).collect();
    for same in meanings.values() {
        for fleet in same {
            let answer = analysis.equivalent(same[0], fleet);
            assert!(answer.is_proven(), "{answer:?}: {:?} and {fleet:?}", same[0]);
        }
    }
    for (i, f) in firsts.iter().enumerate() {
        for g in &firsts[..i] {
            let answer = analysis.equivalent(f, g);
            let facts = answer.witness().and_then(|witness| witness.facts.as_ref());
            let facts = facts.unwrap_or_else(|| panic!("{answer:?}: {f:?} and {g:?}"));
            assert_ne!(denote::<()>(f, facts), denote::<()>(g, facts));
        }
    }
    assert_eq!(analysis.check_invariants(), Ok(()));
}
