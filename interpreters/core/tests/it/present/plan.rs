//! What a plan does with each device: every combination of what is held and what is wanted.

use std::sync::Arc;

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resource, ResourceState, deploy, label};
use escadre_interpreter::{Desired, Plan, Revision, Snapshot, Summary};

use super::{device, held, inventory, plan_of, resolve};

fn motd(text: &str) -> Fleet {
    deploy(Resource::new("motd").set("text", text))
}

fn web() -> Fleet {
    deploy(Resource::new("web").set("port", 80))
}

/// Every fate that is not zero, then each change: `changed=1 ~d +web ~motd`.
fn shown(plan: &Plan) -> String {
    let Summary { added, changed, removed, unchanged, undetermined } = plan.summary();
    let fates = [
        ("added", added),
        ("changed", changed),
        ("removed", removed),
        ("unchanged", unchanged),
        ("undetermined", undetermined),
    ];
    let mut words: Vec<String> =
        fates.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name}={n}")).collect();
    for change in plan.changes() {
        words.push(format!("{:?}:{}", change.kind, change.device).to_lowercase());
        words.extend(change.resources.iter().map(|r| match (&r.before, &r.after) {
            (None, _) => format!("+{}", r.name),
            (_, None) => format!("-{}", r.name),
            _ => format!("~{}", r.name),
        }));
    }
    words.join(" ")
}

fn snapshot(fleet: &Fleet) -> Snapshot {
    held(fleet, &inventory([device("d", &[])], Coverage::Complete))
}

fn check(wanted: &Fleet, facts: &Facts, held: &Snapshot, expect: [&str; 2]) {
    for (coverage, expect) in [Coverage::Complete, Coverage::Partial].into_iter().zip(expect) {
        let resolved = resolve(wanted, &inventory([facts.clone()], coverage));
        assert_eq!(shown(&plan_of(held, &resolved)), expect, "{coverage:?}");
    }
}

/// The same whether the inventory is complete or partial.
fn both(wanted: &Fleet, facts: &Facts, held: &Snapshot, expect: &str) {
    check(wanted, facts, held, [expect, expect]);
}

#[test]
fn a_listed_device_becomes_what_is_wanted() {
    let d = device("d", &[]);
    let (nothing, member) = (Snapshot::empty(), snapshot(&Fleet::all()));
    let (same, other) = (snapshot(&motd("a")), snapshot(&(motd("b") | web())));
    both(&Fleet::empty(), &d, &nothing, "unchanged=1");
    both(&Fleet::empty(), &d, &member, "removed=1 removed:d");
    both(&Fleet::empty(), &d, &other, "removed=1 removed:d -motd -web");
    both(&Fleet::all(), &d, &nothing, "added=1 added:d");
    both(&Fleet::all(), &d, &member, "unchanged=1");
    both(&Fleet::all(), &d, &same, "changed=1 changed:d -motd");
    both(&motd("a"), &d, &nothing, "added=1 added:d +motd");
    both(&motd("a"), &d, &member, "changed=1 changed:d +motd");
    both(&motd("a"), &d, &same, "unchanged=1");
    both(&motd("a"), &d, &other, "changed=1 changed:d ~motd -web");
}

#[test]
fn an_undetermined_member_is_left_alone() {
    let d = device("d", &["role=?"]);
    let fleet = motd("a").restrict(label("role").eq("camera"));
    for held in [Snapshot::empty(), snapshot(&Fleet::all()), snapshot(&web())] {
        both(&fleet, &d, &held, "undetermined=1");
    }
}

#[test]
fn an_undetermined_resource_is_left_alone() {
    let d = device("d", &["role=?"]);
    // A member for certain; `web` or not is undetermined, `motd` is determined.
    let fleet = motd("a") | web().restrict(label("role").eq("camera"));
    both(&fleet, &d, &Snapshot::empty(), "added=1 added:d +motd");
    both(&fleet, &d, &snapshot(&Fleet::all()), "changed=1 changed:d +motd");
    both(&fleet, &d, &snapshot(&motd("a")), "undetermined=1");
    both(&fleet, &d, &snapshot(&(motd("a") | web())), "undetermined=1");
    both(&fleet, &d, &snapshot(&(motd("b") | web())), "changed=1 changed:d ~motd");
    let changed = motd("a").overlay(motd("b").restrict(label("role").eq("camera")));
    both(&changed, &d, &Snapshot::empty(), "added=1 added:d");
    both(&changed, &d, &snapshot(&motd("c")), "undetermined=1");
    both(&changed, &d, &snapshot(&(motd("c") | web())), "changed=1 changed:d -web");
}

#[test]
fn an_unknown_label_that_decides_nothing_does_not_matter() {
    let d = device("d", &["role=?"]);
    let camera = label("role").eq("camera");
    let fleet = motd("a").restrict(camera.clone() | !camera);
    both(&fleet, &d, &Snapshot::empty(), "added=1 added:d +motd");
    both(&fleet, &d, &snapshot(&motd("a")), "unchanged=1");
}

#[test]
fn a_member_that_is_not_listed_goes_only_if_the_inventory_is_complete() {
    let other = device("e", &[]);
    let gone = snapshot(&web());
    let complete = "added=1 removed=1 removed:d -web added:e +motd";
    check(&motd("a"), &other, &gone, [complete, "added=1 undetermined=1 added:e +motd"]);
    let empty = Inventory::empty(Coverage::Partial);
    assert_eq!(shown(&plan_of(&gone, &resolve(&motd("a"), &empty))), "undetermined=1");
}

#[test]
fn what_the_target_cannot_hold_is_no_difference() {
    let erase_web = |name: &escadre_algebra::ResourceName, state: &Arc<ResourceState>| {
        (name.as_str() != "web").then(|| Arc::clone(state))
    };
    let d = inventory([device("d", &[])], Coverage::Complete);
    let resolved = resolve(&(motd("a") | web()), &d);
    let plan = |held: &Snapshot| {
        let desired = Desired { resolved: &resolved, normalise: &erase_web };
        shown(&Plan::new("t", &Revision("0".into()), held, &desired))
    };
    assert_eq!(plan(&Snapshot::empty()), "added=1 added:d +motd");
    assert_eq!(plan(&snapshot(&motd("a"))), "unchanged=1");
    assert_eq!(plan(&snapshot(&(motd("a") | web()))), "changed=1 changed:d -web");
}

#[test]
fn changes_stand_in_the_order_of_ids_and_counts_cover_everyone() {
    let ids = ["c", "a", "b"];
    let devices = inventory(ids.map(|id| device(id, &[])), Coverage::Complete);
    let stray = held(&web(), &inventory([device("aa", &[])], Coverage::Complete));
    let plan = plan_of(&stray, &resolve(&motd("x"), &devices));
    let order: Vec<&str> = plan.changes().iter().map(|c| c.device.as_str()).collect();
    assert_eq!(order, ["a", "aa", "b", "c"]);
    assert_eq!(shown(&plan).split(' ').take(2).collect::<Vec<_>>(), ["added=3", "removed=1"]);
}

#[test]
fn texts_do_not_split_groups() {
    let fleet = deploy(Resource::new("motd").set("text", label("site")));
    let sites = ["paris", "oslo", "rome"];
    let devices = sites.iter().map(|site| device(site, &[&format!("site={site}")]));
    let devices = inventory(devices, Coverage::Complete);
    let plan = plan_of(&held(&motd("old"), &devices), &resolve(&fleet, &devices));
    let groups = plan.groups();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].devices.len(), 3);
}
