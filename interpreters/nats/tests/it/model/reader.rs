//! A reader that follows the manifest: it reads that, then what it names, each from any replica.

use super::state::State;
use super::{Protocol, Without};

impl Protocol {
    /// The reader reads one more piece, from any replica: each has something that was there once.
    pub(super) fn look(self, state: &State, next: &mut Vec<State>) -> Result<(), String> {
        let accepted = state.reader.accepted;
        for &(generation, device) in &state.past {
            let mut after = state.clone();
            match state.reader.manifest {
                None => {
                    let is_older = generation < accepted && self.without != Without::Generations;
                    if is_older || generation == accepted {
                        continue;
                    }
                    after.reader.manifest = Some((generation, device.manifest));
                }
                Some((generation, version)) => {
                    after.reader.manifest = None;
                    // What differs from what the manifest names is not accepted: all is read again.
                    if device.resource == version || self.without == Without::Digests {
                        if device.resource != version {
                            let found = (device.resource, version);
                            return Err(format!("resource and manifest {found:?} were accepted"));
                        }
                        if generation < accepted {
                            return Err(format!("{generation} was accepted after {accepted}"));
                        }
                        after.reader.accepted = generation;
                    }
                }
            }
            next.push(after);
        }
        Ok(())
    }
}
