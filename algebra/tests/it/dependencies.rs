//! Dependencies between resources: their order, and all that is wrong with them.

use escadre_algebra::{Finding, Fleet, Outcome, Resource, deploy, label};

use crate::resolve::{facts, inventory};

#[test]
fn resources_come_up_behind_what_they_are_after() {
    let resource = |name: &str, after: &[&str]| {
        let start = Resource::new(name).set("x", 1);
        deploy(after.iter().fold(start, |r, target| r.set(&format!("after.{target}"), true)))
    };
    let fleet =
        resource("a", &["c"]) | resource("b", &[]) | resource("c", &["d"]) | resource("d", &[]);
    let resolved = fleet.resolve(&inventory([facts("d", &[])])).unwrap();
    let Some(Outcome::Member(member)) = resolved.outcome("d") else { panic!("not a member") };
    let order: Vec<&str> =
        member.configuration.order().iter().map(escadre_algebra::ResourceName::as_str).collect();
    assert_eq!(order, ["b", "d", "c", "a"]);
    let cyclic = fleet | resource("d", &["a"]).restrict(label("x").exists());
    assert!(cyclic.resolve(&inventory([facts("d", &[])])).is_ok());
    let unresolved = cyclic.resolve(&inventory([facts("e", &[("x", "")])])).unwrap_err();
    match unresolved.findings() {
        [Finding::Cycle { resources, sources, on }] => {
            let names: Vec<&str> =
                resources.iter().map(escadre_algebra::ResourceName::as_str).collect();
            assert_eq!((names, on.witness.as_str()), (vec!["a", "c", "d"], "e"));
            assert!(!sources.all().is_empty());
        }
        other => panic!("a cycle was expected: {other:?}"),
    }
}

#[test]
fn every_bad_dependency_is_told_and_by_whom() {
    let fleet = Fleet::union_all([
        deploy(Resource::new("a").set("after.x", true).set("after.y", true)),
        deploy(Resource::new("b").set("after", "a")),
        deploy(Resource::new("c").set("after.c", true)),
        deploy(Resource::new("e").set("after.f", true)),
        deploy(Resource::new("f").set("after.e", true).set("after.a", "yes")),
    ]);
    let unresolved = fleet.resolve(&inventory([facts("d", &[])])).unwrap_err();
    let mut told: Vec<String> = unresolved
        .findings()
        .iter()
        .map(|finding| match finding {
            Finding::UnknownDependency { resource, target, sources, .. } => {
                assert_eq!(sources.all().len(), 1);
                format!("{resource} after {target}")
            }
            Finding::BadDependency { path, .. } => path.to_string(),
            Finding::Cycle { resources, .. } => format!("{resources:?}"),
            other => panic!("{other}"),
        })
        .collect();
    told.sort();
    let cycles = [r#"["c"]"#, r#"["e", "f"]"#];
    assert_eq!(told, [cycles[0], cycles[1], "a after x", "a after y", "b.after", "f.after.a"]);
}

#[test]
fn a_cycle_of_thousands_is_found_on_a_small_stack() {
    let run = || {
        let name = |i: usize| format!("r{:05}", i % 3000);
        let all = (0..3000)
            .map(|i| deploy(Resource::new(&name(i)).set(&format!("after.{}", name(i + 1)), true)));
        let unresolved = Fleet::union_all(all).resolve(&inventory([facts("d", &[])])).unwrap_err();
        assert!(
            matches!(unresolved.findings(), [Finding::Cycle { resources, .. }] if resources.len() == 3000)
        );
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}
