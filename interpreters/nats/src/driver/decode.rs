//! Decoding what was pulled, entry by entry.

use super::pull::{Entry, Pulled};
use super::read::Failed;
use crate::lift::Reader;
use crate::world::World;

/// Decodes messages in the order in which they come.
///
/// It does so between two messages, on the thread that pulls: on one of its own it would not be quicker,
/// since the server is what is waited for, and messages that change threads are cold there.
pub(super) struct Decoder {
    prefix: String,
    reader: Reader,
}

/// What was decoded so far.
pub(super) struct Told {
    /// The last entry's sequence.
    pub(super) sequence: u64,
    /// How many keys there were, if that was asked.
    pub(super) n_keys: Option<u64>,
}

impl Decoder {
    /// Of messages whose subjects begin with `prefix`.
    pub(super) fn of(prefix: String) -> Self {
        Self { prefix, reader: Reader::default() }
    }

    pub(super) fn read(&mut self, pulled: &Pulled) {
        let Entry { key, sequence, bytes, .. } = pulled.entry(&self.prefix);
        self.reader.read(key, sequence, bytes);
    }

    /// What was decoded; `keys` says whether they are to be counted.
    pub(super) fn told(&mut self, keys: bool) -> Told {
        let n_keys = keys.then(|| self.reader.n_keys());
        Told { sequence: self.reader.sequence, n_keys }
    }

    /// What the bucket holds, as of the sequence `sequence`.
    pub(super) async fn finish(self, sequence: u64) -> Result<World, Failed> {
        // Of a million keys that takes a while, in which other tasks are to go on.
        Ok(tokio::task::spawn_blocking(move || self.reader.finish(sequence)).await?)
    }
}
