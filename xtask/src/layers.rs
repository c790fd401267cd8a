//! The architecture's invariants about who may depend on whom, checked on `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Outcome;
use crate::workspace::Workspace;

/// For each member, the members it may use outside tests. A member that is not here is refused.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("escadre-algebra", &[]),
    ("escadre-laws", &["escadre-algebra", "escadre-interpreter"]),
    ("escadre-interpreter", &["escadre-algebra"]),
    ("escadre-sim", &["escadre-algebra", "escadre-interpreter"]),
    ("escadre-nats", &["escadre-algebra", "escadre-interpreter"]),
    ("escadre-kube", &["escadre-algebra", "escadre-interpreter"]),
    (
        "escadre-operator",
        &["escadre-algebra", "escadre-interpreter", "escadre-kube", "escadre-nats"],
    ),
    (
        "escadre",
        &[
            "escadre-algebra",
            "escadre-interpreter",
            "escadre-kube",
            "escadre-laws",
            "escadre-nats",
            "escadre-operator",
            "escadre-sim",
        ],
    ),
    ("escadre-testbed", &[]),
    ("escadre-examples", &["escadre", "escadre-algebra", "escadre-testbed"]),
    ("escadre-bench", &["escadre-algebra"]),
    ("xtask", &["escadre", "escadre-algebra", "escadre-interpreter", "escadre-testbed"]),
];

/// What the algebra may not reach, even through others: it does no I/O and knows no target.
const NEVER_IN_ALGEBRA: [&str; 4] = ["tokio", "kube", "async-nats", "mio"];

/// Package name → the names it uses outside tests.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Checks the members of the workspace.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let (members, uses) = graph(&workspace.metadata);
    let mut problems = problems(&members, &uses);
    let reached = reach("escadre-algebra", &uses);
    for name in NEVER_IN_ALGEBRA.iter().filter(|name| reached.contains(**name)) {
        problems.push(format!("escadre-algebra reaches {name}"));
    }
    println!("{} members", members.len());
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn problems(members: &BTreeSet<String>, uses: &Uses) -> Vec<String> {
    let mut problems = Vec::new();
    for member in members {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| name == member) else {
            problems
                .push(format!("{member} has no place in ARCHITECTURE.md yet: add it to layers.rs"));
            continue;
        };
        let used = uses.get(member).into_iter().flatten().filter(|name| members.contains(*name));
        for name in used.filter(|name| !allowed.contains(&name.as_str())) {
            problems.push(format!("{member} depends on {name}"));
        }
    }
    problems
}

fn graph(metadata: &Value) -> (BTreeSet<String>, Uses) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let name = |id: &Value| names.get(&text(id)).cloned().unwrap_or_default();
    let members = list(&metadata["workspace_members"]).iter().map(name).collect();
    let mut uses = Uses::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let used = uses.entry(name(&node["id"])).or_default();
        for edge in list(&node["deps"]) {
            if list(&edge["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                used.insert(name(&edge["pkg"]));
            }
        }
    }
    (members, uses)
}

/// Everything that `start` uses, directly or not.
fn reach(start: &str, uses: &Uses) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next = vec![start.to_owned()];
    while let Some(name) = next.pop() {
        for used in uses.get(&name).into_iter().flatten() {
            if seen.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{graph, problems, reach};
    use serde_json::json;

    #[test]
    fn an_interpreter_on_another_is_refused_and_a_test_dependency_is_not() {
        let metadata = json!({
            "packages": [
                {"id": "s", "name": "escadre-sim"}, {"id": "k", "name": "escadre-kube"},
                {"id": "t", "name": "tokio"}],
            "workspace_members": ["s", "k"],
            "resolve": {"nodes": [
                {"id": "s", "deps": [{"pkg": "k", "dep_kinds": [{"kind": null}]}]},
                {"id": "k", "deps": [
                    {"pkg": "s", "dep_kinds": [{"kind": "dev"}]},
                    {"pkg": "t", "dep_kinds": [{"kind": null}]}]}]}
        });
        let (members, uses) = graph(&metadata);
        assert_eq!(problems(&members, &uses), ["escadre-sim depends on escadre-kube"]);
        assert!(reach("escadre-sim", &uses).contains("tokio"));
    }
}
