//! Fleets, inventories, and one turn of the crank.

use escadre_algebra::{
    Coverage, Decimal, Facts, Fleet, Inventory, Resolved, Resource, Value, deploy, label,
};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan, Silent, Snapshot};
use escadre_sim::{ApplyError, Simulator, wait};

/// Devices `d000`…, every other one a camera, in three sites.
pub(crate) fn inventory(n: usize) -> Inventory {
    partial(n, Coverage::Complete)
}

pub(crate) fn partial(n: usize, coverage: Coverage) -> Inventory {
    let devices = (0..n).map(|i| {
        let role = if i % 2 == 0 { "camera" } else { "gateway" };
        Facts::of(&format!("d{i:03}"), [("role", role), ("site", ["a", "b", "c"][i % 3])]).unwrap()
    });
    Inventory::new(devices, coverage).unwrap()
}

/// A message for everyone, a recorder with per-device text for cameras, nothing but membership for all.
pub(crate) fn fleet(version: i64) -> Fleet {
    let mut recorder = Resource::new("recorder")
        .set("version", version)
        .set("site", label("site"))
        .set("after.motd", true)
        .set("on", true);
    let field = |name| escadre_algebra::Field::parse(name).unwrap();
    recorder.put(vec![field("ratio")], Value::Decimal(Decimal::new(0.1 + 0.2).unwrap()));
    let motd = deploy(Resource::new("motd").set("text", "hello"));
    Fleet::all() | motd | deploy(recorder).restrict(label("role").eq("camera"))
}

pub(crate) fn resolve(fleet: &Fleet, inventory: &Inventory) -> Resolved {
    fleet.resolve(inventory).unwrap()
}

pub(crate) fn held(world: &mut Simulator) -> Snapshot {
    let seen = wait(world.observe()).unwrap();
    world.lift(&seen.state).unwrap()
}

pub(crate) fn revision(world: &mut Simulator) -> String {
    wait(world.observe()).unwrap().revision.to_string()
}

pub(crate) fn plan(world: &mut Simulator, resolved: &Resolved) -> Plan {
    let seen = wait(world.observe()).unwrap();
    world.plan(resolved, &world.lift(&seen.state).unwrap(), &seen.revision)
}

pub(crate) fn apply_plan(
    world: &mut Simulator,
    plan: &Plan,
    resolved: &Resolved,
    dry_run: bool,
) -> Result<Applied, ApplyError> {
    let objects = world.lower(resolved).unwrap();
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    wait(world.apply(plan, &objects, &consent, dry_run, &mut Silent))
}

/// Plans and applies.
pub(crate) fn turn(world: &mut Simulator, resolved: &Resolved) -> Result<Applied, ApplyError> {
    let plan = plan(world, resolved);
    apply_plan(world, &plan, resolved, false)
}

pub(crate) fn memory() -> Simulator {
    Simulator::in_memory("test", 1).unwrap()
}
