//! Writing a fleet under its fence.

use std::sync::atomic::AtomicU64;

use escadre_interpreter::Ended;

use super::Nats;
use super::guarded::{Expected, Guarded, Lost, Sent};
use crate::error::ServerError;
use crate::forms::Fence;
use crate::lower::{Message, encode};
use crate::names::Key;

/// Who has the fence, and writes.
pub(super) struct Writer<'a> {
    target: &'a Nats,
    guarded: Guarded<'a>,
    fence: Fence,
    /// The sequence of the fence: every write expects it to be there still.
    sequence: u64,
    dry_run: bool,
}

/// Why a batch was not stored.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another has the fence.
    Fenced {
        /// Its generation; 0 if the fence is gone or makes no sense.
        theirs: u64,
    },
    /// Somebody wrote since the plan was made.
    Stale,
    Died,
    Server(ServerError),
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Taken(said) => {
                let fence = said.and_then(|bytes| Fence::decode(&bytes).ok());
                Self::Fenced { theirs: fence.map_or(0, |fence| fence.generation) }
            }
            Lost::Died => Self::Died,
            Lost::Server(error) => Self::Server(error),
        }
    }
}

impl<'a> Writer<'a> {
    /// Takes the fence with `fence`, if the bucket's last sequence is still `base`, and that of the fence
    /// `before`.
    pub(super) async fn take(
        target: &'a Nats,
        fence: Fence,
        (base, before): (u64, u64),
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let guarded = Guarded {
            client: &target.client,
            stream: target.stream.clone(),
            options: &target.options,
            guard: target.subject(Key::Fence),
            doing: "writing the fence",
            name: fence.writer.clone(),
            left: target.die_after.map(AtomicU64::new),
            next_batch: AtomicU64::new(0),
        };
        let mut writer = Self { target, guarded, fence, sequence: base + 1, dry_run };
        if dry_run {
            return Ok(writer);
        }
        let expected = Expected { of_all: Some(base), of_guard: before };
        match writer.guarded.say(&encode(&writer.fence), expected).await {
            Ok(sequence) => writer.sequence = sequence,
            Err(Lost::Taken(_)) => return Err(Failure::Stale),
            Err(lost) => return Err(lost.into()),
        }
        Ok(writer)
    }

    /// Stores `messages` all or not at all; not if another has the fence.
    pub(super) async fn put(&self, messages: &[Message]) -> Result<(), Failure> {
        if self.dry_run {
            return Ok(());
        }
        let sent = |message: &Message| -> Sent {
            (self.target.subject(&message.key), message.value.clone())
        };
        Ok(self.guarded.put(messages, sent, self.sequence).await?)
    }

    /// Says that this apply has ended: from then on nobody writes under its fence. The last sequence.
    pub(super) async fn end(mut self) -> Result<u64, Failure> {
        if self.dry_run {
            return Ok(self.sequence - 1);
        }
        self.fence.ended = Ended::Done;
        let expected = Expected { of_all: None, of_guard: self.sequence };
        Ok(self.guarded.say(&encode(&self.fence), expected).await?)
    }
}
