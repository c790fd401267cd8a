//! A reader that looks at all devices, and follows their manifests: what a controller observes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::{Nats, World};
use tokio::task::JoinHandle;

use crate::Outcome;
use crate::audit::Audit;
use crate::controllers::End;
use crate::versions::{N_DEVICES, Versions, device_id};

/// What is there, and what it says.
pub(crate) async fn held(reader: &mut Nats) -> Outcome<(Arc<World>, Snapshot)> {
    let world = reader.observe().await.map_err(|error| error.to_string())?.state;
    let held = reader.lift(&world).map_err(|error| error.to_string())?;
    Ok((world, held))
}

/// How many devices have what no version gives them, or what makes no sense.
pub(crate) fn n_mixed(world: &World, held: &Snapshot, versions: &Versions) -> u64 {
    let n = held.iter().filter(|(id, held)| !versions.has(id.as_str(), held)).count();
    (n + world.anomalies().len()) as u64
}

/// The devices that lost what a controller of this round had said was written.
///
/// Such a controller wrote every device; any other of the round may have written some of them
/// since, ended or not, but nothing older may be back. Where all were done, what is held is whole.
pub(crate) fn lost(held: &Snapshot, ended: &[(usize, End)], versions: &Versions) -> Vec<String> {
    if !ended.iter().any(|(_, end)| *end == End::Done) {
        return Vec::new();
    }
    let all_done = ended.iter().all(|(_, end)| *end == End::Done);
    let allowed: Vec<&Snapshot> = ended.iter().filter_map(|(v, _)| versions.wanted(*v)).collect();
    if all_done && allowed.contains(&held) {
        return Vec::new();
    }
    let is_lost = |id: &str| {
        let found = held.get(id);
        all_done || !allowed.iter().any(|snapshot| snapshot.get(id) == found)
    };
    (0..N_DEVICES).map(device_id).filter(|id| is_lost(id)).collect()
}

/// The devices whose last stored write, as the audit has it, is not what is there.
///
/// The server acknowledges what it has stored, so what was acknowledged is among what the audit read.
pub(crate) fn forgotten(world: &World, held: &Snapshot, audit: &Audit) -> Vec<String> {
    let stored = held.iter().map(|(id, _)| (audit.manifest(id), id));
    let mut gone: Vec<String> = stored
        .filter(|(stored, id)| *stored != world.device_sequence(id.as_str()))
        .map(|(_, id)| id.to_string())
        .collect();
    gone.extend(
        audit.members().filter(|id| held.get(id.as_str()).is_none()).map(ToString::to_string),
    );
    gone
}

/// A reader that looks again and again.
pub(crate) struct Watch {
    ended: Arc<AtomicBool>,
    looking: JoinHandle<(u64, u64)>,
}

impl Watch {
    /// To be called on the runtime.
    pub(crate) fn begin(reader: &Nats, versions: &Arc<Versions>) -> Self {
        let (mut reader, versions) = (reader.clone(), Arc::clone(versions));
        let ended = Arc::new(AtomicBool::new(false));
        let is_told = Arc::clone(&ended);
        let looking = tokio::spawn(async move {
            let (mut n_looks, mut n) = (0, 0);
            while !is_told.load(Ordering::Relaxed) {
                // A server that is gone is asked again.
                if let Ok((world, held)) = held(&mut reader).await {
                    n_looks += 1;
                    n += n_mixed(&world, &held, &versions);
                }
            }
            (n_looks, n)
        });
        Self { ended, looking }
    }

    /// How often it looked, and how many devices it saw mixed.
    pub(crate) async fn end(self) -> Outcome<(u64, u64)> {
        self.ended.store(true, Ordering::Relaxed);
        self.looking.await.map_err(|error| error.to_string())
    }
}
