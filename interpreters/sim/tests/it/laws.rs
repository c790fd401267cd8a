//! The laws in the documentation of `Interpreter`.

use std::collections::BTreeSet;

use escadre_algebra::{Coverage, Digest, Fleet, Resource, config_file, deploy, device_id, label};
use escadre_interpreter::{Consent, Interpreter, Progress, Refused, Silent, Snapshot};
use escadre_sim::{ApplyError, Ended, Faults, Simulator, wait};

use crate::support::{
    apply_plan, fleet, held, inventory, memory, partial, plan, resolve, revision, turn,
};

#[test]
fn what_is_lifted_after_apply_is_what_was_wanted() {
    let mut world = memory();
    let wanted = resolve(&fleet(1), &inventory(10));
    let applied = turn(&mut world, &wanted).unwrap();
    assert_eq!((applied.n_written, applied.n_removed), (10, 0));
    assert_eq!(held(&mut world), Snapshot::wanted(&wanted));
}

#[test]
fn normalise_is_the_identity() {
    let world = memory();
    let wanted = Snapshot::wanted(&resolve(&fleet(1), &inventory(4)));
    for (_, configuration) in wanted.iter() {
        for (name, state) in configuration.resources() {
            assert_eq!(world.normalise(name, state).as_ref(), Some(state));
        }
    }
}

#[test]
fn the_second_plan_is_empty_and_applying_it_writes_nothing() {
    let mut world = memory();
    let wanted = resolve(&fleet(1), &inventory(10));
    turn(&mut world, &wanted).unwrap();
    let (before, history) = (revision(&mut world), world.history().unwrap());
    let second = plan(&mut world, &wanted);
    assert!(second.is_empty());
    let applied = apply_plan(&mut world, &second, &wanted, false).unwrap();
    assert_eq!(applied.n_written, 0);
    assert_eq!(revision(&mut world), before);
    assert_eq!(world.history().unwrap(), history);
}

#[test]
fn a_device_without_a_change_is_not_touched() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(10))).unwrap();
    turn(&mut world, &resolve(&fleet(2), &inventory(10))).unwrap();
    let seen = wait(world.observe()).unwrap().state;
    // Only cameras have the resource that changed.
    assert_eq!(seen.generation("d000"), Some(2));
    assert_eq!(seen.generation("d001"), Some(1));
}

#[test]
fn a_stale_plan_is_refused_before_the_first_write() {
    let mut world = memory();
    let (one, two) = (resolve(&fleet(1), &inventory(10)), resolve(&fleet(2), &inventory(10)));
    let stale = plan(&mut world, &one);
    turn(&mut world, &two).unwrap();
    let before = (revision(&mut world), held(&mut world), world.fence().unwrap());
    let error = apply_plan(&mut world, &stale, &one, false).unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)), "{error}");
    assert!(error.help().unwrap().contains("plan again"));
    assert_eq!((revision(&mut world), held(&mut world), world.fence().unwrap()), before);
    // Objects of another fleet are not what the plan was made for.
    let plan = plan(&mut world, &one);
    assert!(matches!(apply_plan(&mut world, &plan, &two, false), Err(ApplyError::Stale(_))));
}

/// Another controller that takes the fence after the first batch.
struct Rival(Simulator, bool);

impl Progress for Rival {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, _: usize) {
        if !self.1 {
            self.1 = true;
            turn(&mut self.0, &resolve(&fleet(9), &inventory(600))).unwrap();
        }
    }
    fn note(&mut self, _: &str) {}
}

#[test]
fn an_apply_stops_at_its_first_write_after_another_took_the_fence() {
    let mut world = memory();
    let wanted = resolve(&fleet(1), &inventory(600));
    let plan = plan(&mut world, &wanted);
    let objects = world.lower(&wanted).unwrap();
    let mut rival = Rival(world.clone(), false);
    let error =
        wait(world.apply(&plan, &objects, &Consent::default(), false, &mut rival)).unwrap_err();
    assert!(matches!(error, ApplyError::Fenced { ours: 1, theirs: 2, n_done: 256 }), "{error}");
    assert_eq!(held(&mut world), Snapshot::wanted(&resolve(&fleet(9), &inventory(600))));
}

#[test]
fn many_members_leave_only_with_consent() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(10))).unwrap();
    let fewer = resolve(&fleet(1).restrict(label("role").eq("camera")), &inventory(10));
    let (plan, objects) = (plan(&mut world, &fewer), world.lower(&fewer).unwrap());
    let before = revision(&mut world);
    let error =
        wait(world.apply(&plan, &objects, &Consent::default(), false, &mut Silent)).unwrap_err();
    assert!(matches!(error, ApplyError::Refused(Refused::Shrink { n_removed: 5, .. })), "{error}");
    assert_eq!(revision(&mut world), before);
    let keep = Consent { keep_removed: true, ..Consent::default() };
    wait(world.apply(&plan, &objects, &keep, false, &mut Silent)).unwrap();
    assert_eq!((held(&mut world).len(), revision(&mut world)), (10, before));
    assert_eq!(apply_plan(&mut world, &plan, &fewer, false).unwrap().n_removed, 5);
    assert_eq!(held(&mut world), Snapshot::wanted(&fewer));
}

#[test]
fn nothing_is_pruned_on_the_word_of_a_partial_inventory() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(10))).unwrap();
    // Devices that are not listed are left alone.
    assert!(plan(&mut world, &resolve(&fleet(1), &partial(5, Coverage::Partial))).is_empty());
    // A listed one that leaves needs a complete inventory.
    let without = fleet(1).restrict(!device_id().is_in(["d000"]));
    let wanted = resolve(&without, &partial(10, Coverage::Partial));
    let error = turn(&mut world, &wanted).unwrap_err();
    assert!(matches!(error, ApplyError::Refused(Refused::PruneOnPartial { .. })), "{error}");
    assert_eq!(held(&mut world).len(), 10);
}

#[test]
fn crashed_after_any_device_the_world_holds_whole_devices_and_converges() {
    let inventory = inventory(12);
    let before = Snapshot::wanted(&resolve(&fleet(1), &inventory));
    let wanted = resolve(&fleet(2), &inventory);
    let after = Snapshot::wanted(&wanted);
    let n_changes = 6;
    for n in 0..=n_changes {
        let mut world = memory();
        turn(&mut world, &resolve(&fleet(1), &inventory)).unwrap();
        world.set_faults(Faults { crash_after: Some(n), ..Faults::default() });
        let error = turn(&mut world, &wanted).unwrap_err();
        assert!(matches!(error, ApplyError::Crashed { n_done } if n_done as u64 == n), "{error}");
        let ended = world.fence().unwrap().unwrap().ended;
        assert_eq!(ended == Ended::Done, n == n_changes, "crashed after {n}");
        let now = held(&mut world);
        let mut n_new = 0;
        for (id, configuration) in now.iter() {
            let new = after.get(id.as_str()).unwrap();
            assert!(configuration == new || configuration == before.get(id.as_str()).unwrap());
            n_new += u64::from(
                configuration == new && configuration != before.get(id.as_str()).unwrap(),
            );
        }
        assert_eq!(n_new, n);
        world.set_faults(Faults::default());
        let applied = turn(&mut world, &wanted).unwrap();
        assert_eq!(applied.n_written as u64, n_changes - n);
        assert_eq!(held(&mut world), after);
    }
}

#[test]
fn a_member_with_nothing_is_no_non_member() {
    let mut world = memory();
    let bare = resolve(&Fleet::devices(label("role").eq("camera")), &inventory(4));
    turn(&mut world, &bare).unwrap();
    let now = held(&mut world);
    assert_eq!(now.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["d000", "d002"]);
    assert!(now.get("d000").unwrap().resources().is_empty());
    assert!(plan(&mut world, &bare).is_empty());
    assert_eq!(turn(&mut world, &resolve(&Fleet::empty(), &inventory(4))).unwrap().n_removed, 2);
    assert!(held(&mut world).is_empty());
}

#[test]
fn a_dry_run_tells_what_apply_does_and_writes_nothing() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(600))).unwrap();
    let wanted = resolve(&fleet(2).restrict(!label("site").eq("c")), &inventory(600));
    let faults = "seed=3,refused-writes=5%,lost-writes=5%".parse().unwrap();
    world.set_faults(faults);
    let plan = plan(&mut world, &wanted);
    let before =
        (revision(&mut world), held(&mut world), world.fence().unwrap(), world.history().unwrap());
    let mut dry = apply_plan(&mut world, &plan, &wanted, true).unwrap();
    let now =
        (revision(&mut world), held(&mut world), world.fence().unwrap(), world.history().unwrap());
    assert_eq!(now, before);
    assert_eq!(dry.revision.take().unwrap().to_string(), before.0);
    let mut wet = apply_plan(&mut world, &plan, &wanted, false).unwrap();
    assert!(wet.revision.take().is_some_and(|after| after.to_string() != before.0));
    assert_eq!(dry, wet);
    assert!(!wet.failed.is_empty());
}

#[test]
fn contents_are_delivered_kept_while_named_and_then_forgotten() {
    let mut world = memory();
    let file = |bytes: &[u8]| deploy(config_file("model").path("/model").content(bytes));
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    turn(&mut world, &resolve(&file(b"one"), &inventory(3))).unwrap();
    assert_eq!(world.content(one).unwrap().as_deref(), Some(&b"one"[..]));
    turn(&mut world, &resolve(&file(b"two"), &inventory(3))).unwrap();
    assert_eq!(world.content(one).unwrap(), None);
    assert_eq!(world.content(two).unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(wait(world.observe()).unwrap().state.n_states(), 1);
}

#[test]
fn content_that_the_fleet_does_not_carry_is_refused_by_lower() {
    let world = memory();
    let file = config_file("model").path("/model").digest(Digest::of(b"elsewhere"), 9);
    let error = world.lower(&resolve(&deploy(file), &inventory(3))).unwrap_err();
    assert_eq!(
        (error.resource().as_str(), error.field(), error.device().as_str()),
        ("model", "content.digest", "d000")
    );
    assert!(error.to_string().contains("sha256:") && error.help().is_some());
}

#[test]
fn resources_that_are_equal_are_stored_once() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(30))).unwrap();
    // One message; one recorder a site.
    assert_eq!(wait(world.observe()).unwrap().state.n_states(), 4);
}

#[test]
fn a_world_is_held_by_plans_of_any_fleet() {
    let mut world = memory();
    for (version, n) in [(1, 3), (2, 9), (2, 2), (3, 0), (1, 5)] {
        let wanted = resolve(&fleet(version), &inventory(n));
        turn(&mut world, &wanted).unwrap();
        assert_eq!(held(&mut world), Snapshot::wanted(&wanted));
        let lifted = held(&mut world).fleet();
        assert_eq!(Snapshot::wanted(&resolve(&lifted, &inventory(n))), Snapshot::wanted(&wanted));
    }
}

#[test]
fn equal_histories_have_equal_revisions_and_others_have_others() {
    let mut revisions = BTreeSet::new();
    for (version, n) in [(1, 3), (2, 3), (1, 4)] {
        let [mut a, mut b] = [memory(), memory()];
        let wanted = resolve(&fleet(version), &inventory(n));
        turn(&mut a, &wanted).unwrap();
        turn(&mut b, &wanted).unwrap();
        assert_eq!(revision(&mut a), revision(&mut b));
        assert!(revisions.insert(revision(&mut a)));
    }
    let resource = Resource::new("motd").set("text", "hello");
    turn(&mut memory(), &resolve(&deploy(resource), &inventory(1))).unwrap();
}
