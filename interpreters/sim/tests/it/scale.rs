//! Many devices: nothing may be quadratic. The times are printed, for `--nocapture`.

use std::time::Instant;

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Resource, deploy, device_id, label, text,
};
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_sim::{Open, Simulator, wait};

use crate::support::{held, plan, resolve, turn};

fn world(n_devices: usize) -> (Inventory, Fleet) {
    let devices = (0..n_devices).map(|i| {
        let zone = format!("zone-{}", i % 40);
        Facts::of(&format!("station-{i:06}"), [("zone", zone.as_str())]).unwrap()
    });
    let resource = |name: &str| {
        (0..9).fold(Resource::new(name).set("zone", label("zone")), |resource, i| {
            resource.set(&format!("field-{i}"), i64::from(i))
        })
    };
    let own = Resource::new("own").set("host", text("host-") + device_id());
    let fleet =
        deploy(resource("one")) | deploy(resource("two")) | deploy(resource("three")) | deploy(own);
    (Inventory::new(devices, Coverage::Complete).unwrap(), fleet)
}

#[test]
fn many_devices_are_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    // Without optimisation fewer devices show the same.
    let n_devices = if cfg!(debug_assertions) { 2_000 } else { 22_311 };
    let (inventory, fleet) = world(n_devices);
    let start = Instant::now();
    let wanted = resolve(&fleet, &inventory);
    println!("resolve {:?}", start.elapsed());
    let mut sim = Simulator::open(folder.path(), Open::default()).unwrap();
    let start = Instant::now();
    let first = plan(&mut sim, &wanted);
    println!("plan {:?}", start.elapsed());
    let start = Instant::now();
    crate::support::apply_plan(&mut sim, &first, &wanted, false).unwrap();
    println!("apply {:?}", start.elapsed());
    let start = Instant::now();
    sim.step(std::time::Duration::from_secs(60)).unwrap();
    println!("step {:?}", start.elapsed());
    drop(sim);
    let start = Instant::now();
    let mut sim = Simulator::open(folder.path(), Open::reading()).unwrap();
    println!("open {:?}", start.elapsed());
    let start = Instant::now();
    let seen = wait(sim.observe()).unwrap();
    println!("observe {:?}", start.elapsed());
    let start = Instant::now();
    let snapshot = sim.lift(&seen.state).unwrap();
    println!("lift {:?}, {} states", start.elapsed(), seen.state.n_states());
    let length = std::fs::metadata(folder.path().join("world.redb")).unwrap().len();
    println!("file {} KiB", length / 1024);
    assert_eq!(seen.state.n_states(), 40 + n_devices);
    assert_eq!(snapshot, Snapshot::wanted(&wanted));
    drop(sim);
    let mut sim = Simulator::open(folder.path(), Open::default()).unwrap();
    let wanted = resolve(&Fleet::empty(), &inventory);
    turn(&mut sim, &wanted).unwrap();
    assert!(held(&mut sim).is_empty());
}
