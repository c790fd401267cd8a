//! Generated inputs: the same for the same seed, on every machine and in every version of the suite's format.

use escadre_algebra::{
    Authored, Coverage, Facts, Fleet, Resource, Selector, Value, choose, deploy, device_id, label,
    text,
};

use super::{Input, N_DEVICES, device, listed};

/// `n` inputs from `seed`.
///
/// # Errors
/// One of them does not resolve, which a test of the suite rules out.
pub(crate) fn generated(seed: u64, n: usize) -> Result<Vec<Input>, String> {
    let mut random = Random(seed);
    (0..n).map(|i| input(&format!("generated {i} of seed {seed}"), &mut random)).collect()
}

/// SplitMix64: 64 bits after another.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or(0)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn input(name: &str, random: &mut Random) -> Result<Input, String> {
    let before = fleet(random);
    // Often a small change, as updates are.
    let after = match random.below(3) {
        0 => fleet(random),
        1 => before.clone().overlay(layer(random)),
        _ => before.clone().patch(layer(random)),
    };
    let (first, then) = (inventory(random)?, inventory(random)?);
    Input::new(name, (&before, &first), (&after, &then))
}

fn inventory(random: &mut Random) -> Result<escadre_algebra::Inventory, String> {
    let mut devices: Vec<Result<Facts, String>> = Vec::new();
    for i in 0..N_DEVICES {
        let facts = device(i);
        match random.below(12) {
            0 => {}
            1 => devices.push(facts?.with_unknown("ring").map_err(|error| error.to_string())),
            _ => devices.push(facts),
        }
    }
    listed(devices, Coverage::Complete)
}

/// Layers over each other: an overlay never conflicts.
fn fleet(random: &mut Random) -> Fleet {
    let n_layers = 1 + random.below(4);
    let fleet = Fleet::overlay_all((0..n_layers).map(|_| layer(random)));
    match random.below(6) {
        0 => fleet.without(Fleet::devices(selector(random))),
        1 => fleet.forget(random.of(&["r0.a", "r1", "r2.b.c"])),
        2 => choose(selector(random), fleet, layer(random)),
        _ => fleet,
    }
}

fn layer(random: &mut Random) -> Fleet {
    let fleet = match random.below(8) {
        0 => Fleet::all(),
        1 => deploy(Resource::removed(random.of(&["r0", "r1"]))),
        _ => deploy(resource(random)),
    };
    if random.below(3) == 0 { fleet } else { fleet.restrict(selector(random)) }
}

fn resource(random: &mut Random) -> Resource {
    let mut resource = Resource::new(random.of(&["r0", "r1", "r2", "r3"]));
    for _ in 0..random.below(5) {
        let field = random.of(&["a", "b", "b.c", "b.d", "c.d.e", "note"]);
        resource = resource.set(field, value(random));
    }
    resource
}

fn value(random: &mut Random) -> Authored {
    match random.below(10) {
        0 => Value::Unset.into(),
        1 => Value::Object.into(),
        2 => random.of(&[true, false]).into(),
        3 => random.of(&[0_i64, 1, -1, i64::MAX]).into(),
        4 => random.of(&[0.5_f64, 1.0, -1e300]).into(),
        5 => random.of(&["", "1", "true", "two words"]).into(),
        6 => (text("at ") + label("site")).into(),
        7 => device_id().into(),
        8 => Authored::list([random.of(&[1, 2]), 3]),
        _ => Authored::list(["x", random.of(&["y", "z"])]),
    }
}

fn selector(random: &mut Random) -> Selector {
    let selector = match random.below(5) {
        0 => label("role").eq("camera"),
        1 => label("site").is_in(["a", random.of(&["b", "c"])]),
        2 => label("ring").eq(random.of(&["1", "2"])),
        3 => device_id().is_in(["d000", "d001", random.of(&["d005", "d007"])]),
        _ => label("ring").exists(),
    };
    if random.below(4) == 0 { !selector } else { selector }
}
