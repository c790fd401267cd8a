//! Decoding what was pulled, on a thread of its own: it takes about as long as pulling.

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::pull::{Entry, Pulled};
use super::read::Failed;
use crate::lift::Reader;
use crate::world::World;

/// So many messages are handed over at once, or as many as have so many bytes.
const N_TOGETHER: (usize, usize) = (64, 128 << 10);
/// How often so many wait for the thread.
const N_WAITING: usize = 8;

/// Hands messages to the thread, which has decoded them in this order.
///
/// Only `N_WAITING + 2` times `N_TOGETHER` wait, in messages or in bytes and the last message of each: who hands
/// over more, waits.
pub(super) struct Decoder {
    work: mpsc::Sender<Work>,
    thread: JoinHandle<Option<World>>,
    together: Vec<Pulled>,
    /// The bytes of those.
    n_bytes: usize,
}

enum Work {
    Read(Vec<Pulled>),
    /// Tell the last sequence, and the number of keys if it is wanted.
    Tell {
        keys: bool,
        to: oneshot::Sender<Told>,
    },
    /// All was read; this is the bucket's last sequence.
    Finish(u64),
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
    pub(super) fn start(prefix: String) -> Self {
        let (work, to_do) = mpsc::channel(N_WAITING);
        let thread = tokio::task::spawn_blocking(move || run(&prefix, to_do));
        Self { work, thread, together: Vec::with_capacity(N_TOGETHER.0), n_bytes: 0 }
    }

    pub(super) async fn read(&mut self, pulled: Pulled) -> Result<(), Failed> {
        self.n_bytes += pulled.n_bytes();
        self.together.push(pulled);
        let is_enough = self.together.len() >= N_TOGETHER.0 || self.n_bytes >= N_TOGETHER.1;
        if is_enough { self.hand_over().await } else { Ok(()) }
    }

    async fn hand_over(&mut self) -> Result<(), Failed> {
        self.n_bytes = 0;
        let together = std::mem::replace(&mut self.together, Vec::with_capacity(N_TOGETHER.0));
        self.send(Work::Read(together)).await
    }

    /// What was decoded of all that was handed over.
    pub(super) async fn told(&mut self, keys: bool) -> Result<Told, Failed> {
        self.hand_over().await?;
        let (to, told) = oneshot::channel();
        self.send(Work::Tell { keys, to }).await?;
        match told.await {
            Ok(told) => Ok(told),
            Err(_) => Err(self.failed().await),
        }
    }

    /// What the bucket holds, as of the sequence `sequence`.
    pub(super) async fn finish(mut self, sequence: u64) -> Result<Option<World>, Failed> {
        self.hand_over().await?;
        self.send(Work::Finish(sequence)).await?;
        drop(self.work);
        Ok(self.thread.await?)
    }

    async fn send(&mut self, work: Work) -> Result<(), Failed> {
        match self.work.send(work).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failed().await),
        }
    }

    /// Why the thread takes no more.
    async fn failed(&mut self) -> Failed {
        match (&mut self.thread).await {
            Ok(_) => "decoding ended early".into(),
            Err(error) => error.into(),
        }
    }
}

/// The thread: what the bucket holds once it is told that all was read.
fn run(prefix: &str, mut to_do: mpsc::Receiver<Work>) -> Option<World> {
    let mut reader = Reader::default();
    while let Some(work) = to_do.blocking_recv() {
        match work {
            Work::Read(together) => {
                for pulled in together {
                    let Entry { key, sequence, bytes, .. } = pulled.entry(prefix);
                    reader.read(key, sequence, bytes);
                }
            }
            Work::Tell { keys, to } => {
                let n_keys = keys.then(|| reader.n_keys());
                // Who asked may have gone.
                let _ = to.send(Told { sequence: reader.sequence, n_keys });
            }
            Work::Finish(sequence) => return Some(reader.finish(sequence)),
        }
    }
    None
}
