//! Sets of paths, as analyses read them.

use escadre_algebra::analysis::Analysis;
use escadre_algebra::{Claims, Facts, Fleet, Path, PathSet, Resource, denote, deploy};

/// Single paths and whole subtrees, above, at, below and beside what a fleet claims.
fn path_sets() -> Vec<PathSet> {
    let texts = ["a", "a.w", "a.w.t", "a.x", "a.x.s", "a.x.y", "b", "b.x.t", "c"];
    let paths = texts.map(|text| text.parse::<Path>().unwrap());
    let one = paths.iter().flat_map(|p| [PathSet::point(p.clone()), PathSet::subtree(p.clone())]);
    let both = PathSet::point(paths[5].clone()).union(&PathSet::subtree(paths[6].clone()));
    one.chain([both, PathSet::none(), PathSet::all()]).collect()
}

#[test]
fn what_is_forgotten_and_kept_is_the_same_to_an_analysis_iff_it_is_to_a_device() {
    let a = Resource::new("a").set("w", 1).set("x.y", 2).set("x.z", 3);
    let all = deploy(a) | deploy(Resource::new("b").set("x", 4));
    let sets = path_sets();
    let forgot = sets.iter().map(|p| all.clone().forget(p.clone()));
    let fleets: Vec<Fleet> =
        forgot.chain(sets.iter().map(|p| all.clone().keep(p.clone()))).collect();
    let device = Facts::of("d", []).unwrap();
    let mut firsts: Vec<(&Fleet, Option<Claims>)> = Vec::new();
    let mut analysis = Analysis::of(&fleets);
    for f in &fleets {
        let claims = denote::<()>(f, &device);
        for (first, theirs) in &firsts {
            let answer = analysis.equivalent(f, first);
            assert_eq!(answer.is_proven(), claims == *theirs, "{f:?} and {first:?}: {answer:?}");
        }
        if firsts.iter().all(|(_, theirs)| claims != *theirs) {
            firsts.push((f, claims));
        }
    }
    assert!(firsts.len() > 20, "{} meanings", firsts.len());
}
