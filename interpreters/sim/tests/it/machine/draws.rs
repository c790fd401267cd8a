//! What faults hit, computed as `docs/simulator.md` says: from the seed, the device and the time alone.
//!
//! It is written apart from the simulator's own, so that neither can change unseen: a run must be
//! the same on every machine and in every version.

use escadre_sim::{Faults, Rate};

/// How many ticks what reaches a device stays as it is.
const WINDOW: u64 = 60;

/// What goes wrong, in whole percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) seed: u64,
    pub(super) offline: u32,
    pub(super) partition: u32,
    pub(super) slow: u32,
    pub(super) failing_pulls: u32,
    pub(super) lost_writes: u32,
    pub(super) refused_writes: u32,
    pub(super) crash_after: Option<u64>,
}

impl Wrong {
    /// As the simulator takes it.
    pub(super) fn faults(&self) -> Faults {
        let rate = |percent: u32| Rate::from_millionths(percent * 10_000);
        Faults {
            seed: self.seed,
            offline: rate(self.offline),
            partition: rate(self.partition),
            slow: rate(self.slow),
            failing_pulls: rate(self.failing_pulls),
            lost_writes: rate(self.lost_writes),
            refused_writes: rate(self.refused_writes),
            crash_after: self.crash_after,
        }
    }

    pub(super) fn is_offline(&self, device: &str, tick: u64) -> bool {
        hits(self.offline, draw(self.seed, 1, device, tick / WINDOW))
    }

    /// Devices stand on a ring; each window cuts off an arc that begins somewhere else.
    pub(super) fn is_cut_off(&self, device: &str, tick: u64) -> bool {
        let place = draw(self.seed, 2, device, 0);
        let begin = draw(self.seed, 3, "", tick / WINDOW);
        hits(self.partition, place.wrapping_sub(begin))
    }

    pub(super) fn pull_is_slow(&self, device: &str, resource: &str, state: u64) -> bool {
        hits(self.slow, draw(self.seed, 4, &format!("{device} {resource}"), state))
    }

    pub(super) fn pull_fails(&self, device: &str, resource: &str, tick: u64) -> bool {
        hits(self.failing_pulls, draw(self.seed, 5, &format!("{device} {resource}"), tick))
    }

    pub(super) fn write_is_lost(&self, device: &str, generation: u64) -> bool {
        hits(self.lost_writes, draw(self.seed, 6, device, generation))
    }

    pub(super) fn write_is_refused(&self, device: &str, generation: u64) -> bool {
        hits(self.refused_writes, draw(self.seed, 7, device, generation))
    }
}

/// What another writer draws about one device.
pub(super) fn drift(seed: u64, device: &str, number: u64) -> u64 {
    draw(seed, 8, device, number)
}

fn hits(percent: u32, drawn: u64) -> bool {
    ((u128::from(drawn) * 100) >> 64) < u128::from(percent)
}

/// FNV-1a over the seed, what is drawn, a number and a name; then the finaliser of SplitMix64.
fn draw(seed: u64, what: u64, name: &str, number: u64) -> u64 {
    let mut bytes = Vec::new();
    for part in [seed, what, number] {
        bytes.extend(part.to_le_bytes());
    }
    bytes.extend(name.bytes());
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let mut x = bytes.iter().fold(0xcbf2_9ce4_8422_2325, fnv).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
