//! Pulling what a consumer has, without a pause between batches.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::{self, BatchConfig};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use async_nats::{Client, HeaderMap, Message, StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};

use super::looking::Looking;
use super::read::Failed;
use crate::answers::Place;

/// How many entries are asked for at once, at most and at least.
const N_BATCH: (usize, usize) = (10_000, 16);
/// How many bytes are asked for at once, at most and at least, unless one entry is larger: with all batches
/// that are on their way less than what a server lets a connection lag behind (64 MiB, unless told otherwise).
const N_BYTES: (usize, usize) = (8 << 20, 64 << 10);
/// No entry is larger: a server takes no message of more than 64 MiB.
const MAX_BYTES: usize = 128 << 20;
/// How many entries are asked for at once, at most, where a bucket keeps more than the last of each key: of such
/// a one the server passes over an entry that is more than the bytes that were asked for, so none are.
const N_OF_HISTORY: usize = 500;
/// How many batches are on their way: while one is read, the server sends the next.
const N_OPEN: usize = 2;
/// How long the next entry is waited for; then all is read again.
const SILENCE: Duration = Duration::from_secs(10);

/// A consumer of the last entry of each subject that `filter_subject` matches.
pub(super) async fn last_entries(
    client: &Client,
    stream: &Stream<()>,
    filter_subject: String,
) -> Result<Consumer<pull::Config>, Failed> {
    let inbox = client.new_inbox();
    let config = pull::Config {
        // A consumer without a name could not be confined by permissions.
        name: Some(format!("escadre-{}", inbox.rsplit('.').next().unwrap_or_default())),
        deliver_policy: DeliverPolicy::LastPerSubject,
        ack_policy: AckPolicy::None,
        filter_subject,
        memory_storage: true,
        num_replicas: 1,
        ..pull::Config::default()
    };
    Ok(stream.create_consumer(config).await?)
}

/// Pulls the entries of a consumer, `N_OPEN` batches of which are on their way at most: fewer than a
/// subscription usually holds before it drops any. Should some be lost all the same, that is an error.
pub(super) struct Puller<'a> {
    consumer: &'a Consumer<pull::Config>,
    inbox: String,
    messages: Subscriber,
    /// How many entries are asked for at once.
    n_batch: usize,
    /// How many bytes are asked for at once; 0 if that does not matter.
    n_bytes: usize,
    /// How many are, where the next entry is no larger.
    n_bytes_usual: usize,
    /// The batches that were asked for: their numbers, and how many entries they may still bring.
    open: VecDeque<(u64, usize)>,
    n_asked: u64,
    /// Whether a batch ended because there was no more.
    is_dry: bool,
    /// Whether the server takes no batch before another has ended, which brings all that there is.
    is_held: bool,
    /// The number of the last entry among those of the consumer.
    last: u64,
    looking: Looking,
}

impl<'a> Puller<'a> {
    /// After `n_failed` attempts less is asked for at once: a reader that is too slow has lost some.
    /// `keeps_history` says that the bucket keeps more than the last entry of each key; `what` is told while
    /// it goes on.
    pub(super) async fn of(
        client: &Client,
        consumer: &'a Consumer<pull::Config>,
        (n_failed, keeps_history): (usize, bool),
        what: &'static str,
    ) -> Result<Self, Failed> {
        let inbox = client.new_inbox();
        let (most, n_bytes) = match keeps_history {
            false => (N_BATCH.0, N_BYTES.0),
            true => (N_OF_HISTORY, 0),
        };
        let n_batch = (most >> n_failed.min(16)).max(N_BATCH.1);
        // What it lost may have been few large ones.
        let n_bytes = if n_bytes == 0 { 0 } else { (n_bytes >> n_failed.min(16)).max(N_BYTES.1) };
        let messages = client.subscribe(format!("{inbox}.*")).await?;
        let open = VecDeque::with_capacity(N_OPEN);
        Ok(Self {
            consumer,
            inbox,
            messages,
            n_batch,
            n_bytes,
            n_bytes_usual: n_bytes,
            open,
            n_asked: 0,
            is_dry: false,
            is_held: false,
            last: 0,
            looking: Looking::of(consumer.cached_info().num_pending, what),
        })
    }

    /// The next entry; `None` where there are no more now, and then those that came since.
    pub(super) async fn next(&mut self) -> Result<Option<Pulled>, Failed> {
        loop {
            while !self.is_dry && !self.is_held && self.open.len() < N_OPEN {
                self.ask().await?;
            }
            if self.open.is_empty() {
                self.is_held = false;
                if std::mem::take(&mut self.is_dry) {
                    return Ok(None);
                }
                continue;
            }
            let message = self.arrived().await?;
            let Some(status) = message.status else { return self.entry(message).map(Some) };
            let why = message.description.as_deref().unwrap_or_default();
            let number = message.subject.rsplit('.').next().and_then(|n| n.parse().ok());
            match (status, why) {
                (StatusCode::IDLE_HEARTBEAT, _) => {}
                (StatusCode::TIMEOUT, "Requests Pending") => self.is_held |= self.ended(number),
                (StatusCode::NOT_FOUND | StatusCode::TIMEOUT, _) => {
                    // Those before it have ended, too: one whose bytes were just what came is told of nowhere.
                    self.is_dry |= self.ended(number);
                    self.open.retain(|(open, _)| Some(*open) > number);
                }
                (_, "Batch Completed") => {
                    self.is_held &= !self.ended(number);
                }
                (_, "Message Size Exceeds MaxBytes") => {
                    self.is_held &= !self.ended(number);
                    self.widen(message.headers.as_ref());
                }
                _ => return Err(format!("the server ended the batch: {status} {why}").into()),
            }
        }
    }

    /// Asks for more bytes, where not even one entry of a batch came: the next is larger.
    fn widen(&mut self, headers: Option<&HeaderMap>) {
        let left = headers.and_then(|headers| headers.get("Nats-Pending-Messages"));
        if left.and_then(|left| left.as_str().parse().ok()) == Some(self.n_batch) {
            self.n_bytes = (self.n_bytes * 2).min(MAX_BYTES);
        }
    }

    /// Forgets the batch `number`, which brings no more; whether it was open.
    fn ended(&mut self, number: Option<u64>) -> bool {
        let at = self.open.iter().position(|(open, _)| Some(*open) == number);
        at.and_then(|at| self.open.remove(at)).is_some()
    }

    async fn ask(&mut self) -> Result<(), Failed> {
        let (batch, max_bytes) = (self.n_batch, self.n_bytes);
        let batch = BatchConfig { batch, max_bytes, no_wait: true, ..BatchConfig::default() };
        let inbox = format!("{}.{}", self.inbox, self.n_asked);
        self.consumer.request_batch(batch, inbox.into()).await?;
        self.open.push_back((self.n_asked, self.n_batch));
        self.n_asked += 1;
        Ok(())
    }

    /// The next message. A server that dies before it answers never sends one.
    async fn arrived(&mut self) -> Result<Message, Failed> {
        let message = match self.messages.next().now_or_never() {
            Some(message) => message,
            None => tokio::time::timeout(SILENCE, self.messages.next()).await?,
        };
        message.ok_or_else(|| "the connection was closed".into())
    }

    fn entry(&mut self, message: Message) -> Result<Pulled, Failed> {
        let place = message.reply.as_deref().and_then(Place::parse);
        let place = place.ok_or("a message tells no place in its stream")?;
        if place.number != self.last + 1 {
            return Err(format!("entries were lost after {}", self.last).into());
        }
        self.last = place.number;
        self.n_bytes = self.n_bytes.min(self.n_bytes_usual);
        self.looking.advance();
        if let Some((_, left)) = self.open.front_mut() {
            *left -= 1;
            if *left == 0 {
                self.open.pop_front();
            }
        }
        Ok(Pulled { message, place })
    }
}

/// One entry as it came.
pub(super) struct Pulled {
    message: Message,
    place: Place,
}

/// One entry of a bucket.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) sequence: u64,
    /// When the server stored it, in nanoseconds of its own clock.
    pub(super) stored_ns: i128,
    /// `None` where it says that the key is deleted.
    pub(super) bytes: Option<&'a [u8]>,
}

impl Pulled {
    /// The entry, whose subject begins with `prefix`.
    pub(super) fn entry(&self, prefix: &str) -> Entry<'_> {
        let Self { message, place } = self;
        let key = message.subject.strip_prefix(prefix).unwrap_or(&message.subject);
        let bytes = (!is_deletion(message.headers.as_ref())).then_some(&message.payload[..]);
        Entry { key, sequence: place.sequence, stored_ns: place.stored_ns.into(), bytes }
    }
}

/// Whether an entry with these headers says that its key is deleted.
pub(crate) fn is_deletion(headers: Option<&HeaderMap>) -> bool {
    let Some(headers) = headers else { return false };
    headers.iter().any(|(name, values)| match name.as_ref() {
        "Nats-Marker-Reason" => true,
        "KV-Operation" => {
            values.first().is_some_and(|value| matches!(value.as_str(), "DEL" | "PURGE"))
        }
        _ => false,
    })
}
