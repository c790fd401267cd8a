//! Writing under a guard: batches that are stored all or not at all, while one key stays as it was left.
//!
//! The guard is a key that a writer stores first, and that every batch expects where it was stored: once
//! another stores it again, nothing more is written. It is `_fence` of a fleet and `_coverage` of an inventory.

use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::client::{PublishError, PublishErrorKind};
use async_nats::header::{
    NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE,
    NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
};
use async_nats::jetstream::stream::Stream;
use async_nats::{Client, HeaderMap, HeaderName};
use bytes::Bytes;

use super::open::Options;
use super::read::last_message;
use super::request::{Attempts, TIMEOUT, Trouble, store};
use crate::error::{ServerError, ServerErrorKind};

/// Which subject's last sequence is expected, where it is not the message's own.
const EXPECTED_OF: HeaderName =
    HeaderName::from_static("Nats-Expected-Last-Subject-Sequence-Subject");
/// The header of a guard that names who stored it.
const WRITER: HeaderName = HeaderName::from_static("Escadre-Writer");
/// Says what became of a key of a bucket.
const OPERATION: HeaderName = HeaderName::from_static("KV-Operation");

/// Who writes a bucket while its guard stays as they left it.
pub(super) struct Guarded<'a> {
    pub(super) client: &'a Client,
    pub(super) stream: Stream<()>,
    pub(super) options: &'a Options,
    /// The subject of the guard.
    pub(super) guard: String,
    /// What is told of storing it.
    pub(super) doing: &'static str,
    /// Names the writer, unlike any other.
    pub(super) name: String,
    /// How many messages are left until the writer dies.
    pub(super) left: Option<AtomicU64>,
    pub(super) next_batch: AtomicU64,
}

/// What is so while nobody else wrote.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    /// The last sequence of the bucket, if that matters.
    pub(super) of_all: Option<u64>,
    /// Where the guard is stored; 0 if nowhere.
    pub(super) of_guard: u64,
}

/// Why a message was not stored.
#[derive(Debug)]
pub(super) enum Lost {
    /// Another wrote; what the guard says now, if it is there.
    Taken(Option<Vec<u8>>),
    /// As the tests of what is left ask for.
    Died,
    Server(ServerError),
}

impl From<ServerError> for Lost {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

/// A message of a batch: its subject, and the value if its key is not deleted.
pub(super) type Sent = (String, Option<Bytes>);

/// The guard as it is stored.
struct Last {
    sequence: u64,
    is_ours: bool,
    value: Vec<u8>,
}

impl Last {
    /// Whether nobody stored the guard, and nothing else matters.
    fn is_as(&self, expected: Expected) -> bool {
        expected.of_all.is_none() && self.sequence == expected.of_guard
    }
}

impl Guarded<'_> {
    /// Stores the guard, if what is `expected` is so; where.
    pub(super) async fn say(&self, value: &Bytes, expected: Expected) -> Result<u64, Lost> {
        let mut headers = HeaderMap::new();
        if let Some(sequence) = expected.of_all {
            headers.insert(NATS_EXPECTED_LAST_SEQUENCE, sequence.to_string());
        }
        // So that replicas refuse writes under the guard before from the moment this is proposed.
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.of_guard.to_string());
        headers.insert(WRITER, &*self.name);
        let mut attempts = Attempts::new(self.options, self.doing);
        loop {
            self.live()?;
            match store(self.client, self.guard.clone(), headers.clone(), value.clone()).await {
                Ok(sequence) => return Ok(sequence),
                Err(Trouble::Conflict) => {
                    match self.last().await? {
                        // An attempt whose answer was lost may be what is there.
                        Some(last) if last.is_ours && last.value == *value => {
                            return Ok(last.sequence);
                        }
                        Some(last) if last.is_as(expected) => {
                            attempts.pause("what was said was not seen").await?;
                        }
                        last => return Err(Lost::Taken(last.map(|last| last.value))),
                    }
                }
                Err(trouble) => self.pause(&mut attempts, trouble).await?,
            }
        }
    }

    /// Stores `messages` all or not at all, while the guard is what was stored at `at`.
    ///
    /// Trying again is safe where it is unknown whether they were stored: while nobody else stores the
    /// guard the same keys only get the same values again.
    pub(super) async fn put<M>(
        &self,
        messages: &[M],
        sent: impl Fn(&M) -> Sent,
        at: u64,
    ) -> Result<(), Lost> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut attempts = Attempts::new(self.options, "writing devices");
        loop {
            match self.try_put(messages, &sent, at).await? {
                Ok(()) => return Ok(()),
                Err(Trouble::Conflict) => {
                    let last = self.last().await?;
                    if last.as_ref().is_none_or(|last| last.sequence != at) {
                        return Err(Lost::Taken(last.map(|last| last.value)));
                    }
                    attempts.pause("what was said was not seen").await?;
                }
                Err(trouble) => self.pause(&mut attempts, trouble).await?,
            }
        }
    }

    /// One attempt; the outer error is of this writer.
    async fn try_put<M>(
        &self,
        messages: &[M],
        sent: impl Fn(&M) -> Sent,
        at: u64,
    ) -> Result<Result<(), Trouble>, Lost> {
        let number = self.next_batch.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", self.name);
        for (i, message) in messages.iter().enumerate() {
            self.live()?;
            let (subject, value) = sent(message);
            let mut headers = HeaderMap::new();
            if value.is_none() {
                headers.insert(OPERATION, "DEL");
            }
            headers.insert(NATS_BATCH_ID, &*id);
            headers.insert(NATS_BATCH_SEQUENCE, (i + 1).to_string());
            if i == 0 {
                headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, at.to_string());
                headers.insert(EXPECTED_OF, &*self.guard);
            }
            let value = value.unwrap_or_default();
            if i + 1 == messages.len() {
                headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
                return Ok(store(self.client, subject, headers, value).await.map(|_| ()));
            }
            let sent = self.client.publish_with_headers(subject, headers, value).await;
            if let Err(error) = sent {
                return Ok(Err(unsent(&error)));
            }
        }
        Ok(Ok(()))
    }

    /// Waits before the next attempt, unless trying again does not help.
    async fn pause(
        &self,
        attempts: &mut Attempts<'_>,
        trouble: Trouble,
    ) -> Result<(), ServerError> {
        match trouble {
            Trouble::Conflict => attempts.pause("another wrote at the same time").await,
            Trouble::Passing(why) => match attempts.pause(&why).await {
                // A server that cannot write to its disk answers everything but that.
                Err(_) if self.answers().await => {
                    let kind = ServerErrorKind::Unstored { why };
                    Err(ServerError::new(&self.options.bucket, kind))
                }
                paused => paused,
            },
            Trouble::Unready(why) => attempts.pause_unready(why).await,
            Trouble::NoStream => attempts.pause_unless_gone(&self.stream).await,
            Trouble::Lasting(kind) => Err(ServerError::new(&self.options.bucket, kind)),
        }
    }

    /// Whether the stream's leader answers what is no write.
    async fn answers(&self) -> bool {
        let asked = tokio::time::timeout(TIMEOUT, self.stream.get_info()).await;
        asked.is_ok_and(|info| info.is_ok())
    }

    /// The guard, as the stream's leader has it.
    async fn last(&self) -> Result<Option<Last>, ServerError> {
        let attempts = Attempts::new(self.options, "reading who writes");
        let message = last_message(&self.stream, &self.guard, attempts).await?;
        Ok(message.map(|message| Last {
            sequence: message.sequence,
            is_ours: message.headers.get(WRITER).is_some_and(|by| by.as_str() == self.name),
            value: message.payload.to_vec(),
        }))
    }

    /// Counts one more message, unless the writer is to die before it.
    fn live(&self) -> Result<(), Lost> {
        let Some(left) = &self.left else { return Ok(()) };
        let lived = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        lived.map(|_| ()).map_err(|_| Lost::Died)
    }
}

/// The last token of an inbox, which is unlike any other's.
pub(super) fn new_name(client: &Client) -> String {
    client.new_inbox().rsplit('.').next().unwrap_or_default().to_owned()
}

/// Why a message was not sent at all.
fn unsent(error: &PublishError) -> Trouble {
    let why = error.to_string();
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::InvalidSubject => {
            Trouble::Lasting(ServerErrorKind::Refused { doing: "writing", why })
        }
        _ => Trouble::Passing(why),
    }
}
