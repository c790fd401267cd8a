//! The conformance suite: the simulator keeps the whole contract.

use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, Digest, Fleet, Inventory, config_file, deploy};
use escadre_interpreter::Interpreter;
use escadre_laws::conformance::{Bench, Hook, Options, Trouble, cases, run};
use escadre_sim::{Faults, Simulator, wait};

/// Makes worlds in memory.
#[derive(Default)]
struct Worlds {
    n_made: u64,
}

impl Bench for Worlds {
    type I = Simulator;

    fn offers(&self) -> &'static [Hook] {
        use Hook::{Contents, Drift, Drive, Kills, SecondController, Stamps, Writes};
        &[SecondController, Kills, Drift, Stamps, Writes, Drive, Contents]
    }

    async fn fresh(&mut self, _: &Inventory) -> Result<Simulator, Trouble> {
        self.n_made += 1;
        Ok(Simulator::in_memory(&format!("conformance-{}", self.n_made), self.n_made)?)
    }

    async fn reopen(&mut self, first: &Simulator) -> Result<Simulator, Trouble> {
        Ok(first.clone().with_faults(Faults::default()))
    }

    async fn kill_after(
        &mut self,
        target: &mut Simulator,
        n_writes: Option<usize>,
    ) -> Result<(), Trouble> {
        let crash_after = n_writes.map(|n| n as u64);
        target.set_faults(Faults { crash_after, ..Faults::default() });
        Ok(())
    }

    async fn drift(&mut self, target: &mut Simulator, n: usize) -> Result<Vec<DeviceId>, Trouble> {
        let drifts = target.inject_drift(self.n_made, n)?;
        Ok(drifts.into_iter().map(|drift| drift.device).collect())
    }

    async fn stamps(
        &mut self,
        target: &mut Simulator,
    ) -> Result<BTreeMap<DeviceId, String>, Trouble> {
        let world = target.observe().await?.state;
        let members = target.lift(&world)?;
        let stamp = |id: &DeviceId| world.generation(id.as_str()).unwrap_or(0).to_string();
        Ok(members.iter().map(|(id, _)| (id.clone(), stamp(id))).collect())
    }

    async fn writes(&mut self, target: &mut Simulator) -> Result<u64, Trouble> {
        Ok(target.history()?.iter().map(|entry| 1 + entry.n_written).sum())
    }

    async fn content(
        &mut self,
        target: &mut Simulator,
        digest: Digest,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(target.content(digest)?)
    }

    fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
        Some(wait(future))
    }

    fn inexpressible(&self) -> Option<Fleet> {
        Some(deploy(config_file("model").path("/model").digest(Digest::of(b"elsewhere"), 9)))
    }

    fn n_batch(&self) -> usize {
        256
    }
}

#[test]
fn the_simulator_keeps_the_whole_contract() {
    let report = wait(run(&mut Worlds::default(), &Options::default())).unwrap();
    println!("{report}");
    assert_eq!((report.failures().count(), report.n_not_run()), (0, 0), "{report}");
    assert_eq!(report.n_passed(), cases::<Worlds>().len());
    assert!(report.refused().is_empty(), "{report}");
}
