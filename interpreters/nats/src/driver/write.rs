//! Writing under a fence: batches that are stored all or not at all.

use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::HeaderMap;
use async_nats::client::{PublishError, PublishErrorKind};
use bytes::Bytes;
use escadre_interpreter::Ended;

use super::Nats;
use super::read;
use super::request::{Attempts, Trouble, store};
use crate::error::{ServerError, ServerErrorKind};
use crate::forms::Fence;
use crate::lower::{Message, encode};
use crate::names::Key;

/// Who has the fence, and writes.
pub(super) struct Writer<'a> {
    target: &'a Nats,
    fence: Fence,
    /// The sequence of the fence: every write expects it to be there still.
    sequence: u64,
    dry_run: bool,
    /// How many messages are left until the controller dies.
    left: Option<AtomicU64>,
    next_batch: AtomicU64,
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

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl<'a> Writer<'a> {
    /// Takes the fence with `fence`, if the bucket's last sequence is still `base`.
    pub(super) async fn take(
        target: &'a Nats,
        fence: Fence,
        (base, before): (u64, u64),
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let mut writer = Self {
            target,
            fence,
            sequence: base + 1,
            dry_run,
            left: target.die_after.map(AtomicU64::new),
            next_batch: AtomicU64::new(0),
        };
        if dry_run {
            return Ok(writer);
        }
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Sequence", base.to_string());
        // So that replicas refuse writes under the fence before from the moment this is proposed.
        headers.insert("Nats-Expected-Last-Subject-Sequence", before.to_string());
        match writer.put_fence(&headers).await? {
            Some(sequence) => writer.sequence = sequence,
            None => return Err(Failure::Stale),
        }
        Ok(writer)
    }

    /// Stores the fence if `headers` say what is so; its sequence, or `None` if they do not.
    async fn put_fence(&self, headers: &HeaderMap) -> Result<Option<u64>, Failure> {
        let mut attempts = Attempts::new(&self.target.options, "writing the fence");
        loop {
            self.live()?;
            let (subject, value) = (self.target.subject(Key::Fence), encode(&self.fence));
            match store(&self.target.client, subject, headers.clone(), value).await {
                Ok(sequence) => return Ok(Some(sequence)),
                Err(Trouble::Conflict) => {
                    // An attempt whose answer was lost may be what is there.
                    return Ok(self
                        .there()
                        .await?
                        .filter(|(_, fence)| *fence == self.fence)
                        .map(|(s, _)| s));
                }
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Unready(why)) => attempts.pause_unready(why).await?,
                Err(Trouble::NoStream) => attempts.pause_unless_gone(&self.target.stream).await?,
                Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
            }
        }
    }

    /// The fence that is there, with its sequence.
    async fn there(&self) -> Result<Option<(u64, Fence)>, ServerError> {
        let last = read::last(self.target, &Key::Fence).await?;
        Ok(last.and_then(|(sequence, bytes)| Some((sequence, Fence::decode(&bytes).ok()?))))
    }

    /// Stores `messages` all or not at all; not if another has the fence.
    ///
    /// Trying again is safe where it is unknown whether they were stored: under an unmoved fence
    /// the same keys only get the same values again.
    pub(super) async fn put(&self, messages: &[Message]) -> Result<(), Failure> {
        if self.dry_run || messages.is_empty() {
            return Ok(());
        }
        let mut attempts = Attempts::new(&self.target.options, "writing devices");
        loop {
            match self.try_put(messages).await? {
                Ok(()) => return Ok(()),
                Err(Trouble::Conflict) => {
                    let there = self.there().await?;
                    if there.as_ref().is_none_or(|(sequence, _)| *sequence != self.sequence) {
                        let theirs = there.map_or(0, |(_, fence)| fence.generation);
                        return Err(Failure::Fenced { theirs });
                    }
                    attempts.pause("the fence was not seen").await?;
                }
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Unready(why)) => attempts.pause_unready(why).await?,
                Err(Trouble::NoStream) => attempts.pause_unless_gone(&self.target.stream).await?,
                Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
            }
        }
    }

    /// One attempt; the outer error is of this controller.
    async fn try_put(&self, messages: &[Message]) -> Result<Result<(), Trouble>, Failure> {
        let number = self.next_batch.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", self.fence.writer);
        for (i, message) in messages.iter().enumerate() {
            self.live()?;
            let (subject, value, mut headers) = self.message(message);
            headers.insert("Nats-Batch-Id", id.as_str());
            headers.insert("Nats-Batch-Sequence", (i + 1).to_string());
            if i == 0 {
                headers.insert("Nats-Expected-Last-Subject-Sequence", self.sequence.to_string());
                let fence = self.target.subject(Key::Fence);
                headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", fence);
            }
            if i + 1 == messages.len() {
                headers.insert("Nats-Batch-Commit", "1");
                return Ok(store(&self.target.client, subject, headers, value).await.map(|_| ()));
            }
            let sent = self.target.client.publish_with_headers(subject, headers, value).await;
            if let Err(error) = sent {
                return Ok(Err(unsent(&error)));
            }
        }
        Ok(Ok(()))
    }

    fn message(&self, message: &Message) -> (String, Bytes, HeaderMap) {
        let mut headers = HeaderMap::new();
        if message.value.is_none() {
            headers.insert("KV-Operation", "DEL");
        }
        let value = message.value.clone().unwrap_or_default();
        (self.target.subject(&message.key), value, headers)
    }

    /// Says that this apply has ended: from then on nobody writes under its fence. The last sequence.
    pub(super) async fn end(mut self) -> Result<u64, Failure> {
        if self.dry_run {
            return Ok(self.sequence - 1);
        }
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", self.sequence.to_string());
        self.fence.ended = Ended::Done;
        match self.put_fence(&headers).await? {
            Some(sequence) => Ok(sequence),
            None => {
                let theirs = self.there().await?.map_or(0, |(_, fence)| fence.generation);
                Err(Failure::Fenced { theirs })
            }
        }
    }

    /// Counts one more message, unless the controller is to die before it.
    fn live(&self) -> Result<(), Failure> {
        let Some(left) = &self.left else { return Ok(()) };
        let lived = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        lived.map(|_| ()).map_err(|_| Failure::Died)
    }

    fn lasting(&self, kind: ServerErrorKind) -> Failure {
        Failure::Server(ServerError::new(self.target.bucket(), kind))
    }
}

/// Why a message was not sent at all.
pub(super) fn unsent(error: &PublishError) -> Trouble {
    let why = error.to_string();
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::InvalidSubject => {
            Trouble::Lasting(ServerErrorKind::Refused { doing: "writing", why })
        }
        _ => Trouble::Passing(why),
    }
}
