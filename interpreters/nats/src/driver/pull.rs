//! Pulling what a consumer has, without a pause between batches.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::{self, BatchConfig};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use async_nats::{Client, HeaderMap, Message, StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};

use super::read::Failed;

/// How many entries are asked for at once, at most and at least.
const N_BATCH: (usize, usize) = (10_000, 16);
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
    /// The batches that were asked for: their numbers, and how many entries they may still bring.
    open: VecDeque<(u64, usize)>,
    n_asked: u64,
    /// Whether a batch ended because there was no more.
    is_dry: bool,
    /// The number of the last entry among those of the consumer.
    last: u64,
}

impl<'a> Puller<'a> {
    /// After `n_failed` attempts less is asked for at once: a reader that is too slow has lost some.
    pub(super) async fn of(
        client: &Client,
        consumer: &'a Consumer<pull::Config>,
        n_failed: usize,
    ) -> Result<Self, Failed> {
        let inbox = client.new_inbox();
        let n_batch = (N_BATCH.0 >> n_failed.min(16)).max(N_BATCH.1);
        let messages = client.subscribe(format!("{inbox}.*")).await?;
        let open = VecDeque::with_capacity(N_OPEN);
        Ok(Self { consumer, inbox, messages, n_batch, open, n_asked: 0, is_dry: false, last: 0 })
    }

    /// The next entry; `None` where there are no more now, and then those that came since.
    pub(super) async fn next(&mut self) -> Result<Option<Pulled>, Failed> {
        loop {
            while !self.is_dry && self.open.len() < N_OPEN {
                self.ask().await?;
            }
            if self.open.is_empty() {
                self.is_dry = false;
                return Ok(None);
            }
            let message = self.arrived().await?;
            match message.status {
                None => return self.entry(message).map(Some),
                Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => {
                    let number = message.subject.rsplit('.').next().and_then(|n| n.parse().ok());
                    self.open.retain(|(open, _)| Some(*open) != number);
                    self.is_dry = true;
                }
                Some(StatusCode::IDLE_HEARTBEAT) => {}
                Some(status) => {
                    let why = message.description.unwrap_or_default();
                    return Err(format!("the server ended the batch: {status} {why}").into());
                }
            }
        }
    }

    async fn ask(&mut self) -> Result<(), Failed> {
        let batch = BatchConfig { batch: self.n_batch, no_wait: true, ..BatchConfig::default() };
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

/// Where a message stands, as the subject for its acknowledgement tells.
///
/// async-nats tells the same, with a date of each, in a time that is a tenth of that of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// In the stream.
    sequence: u64,
    /// Among the messages of the consumer.
    number: u64,
    stored_ns: u64,
}

impl Place {
    /// `$JS.ACK.[DOMAIN.ACCOUNT.]STREAM.CONSUMER.DELIVERED.SEQUENCE.NUMBER.TIME.PENDING[.TOKEN]`
    fn parse(reply: &str) -> Option<Self> {
        let n_tokens = reply.strip_prefix("$JS.ACK.")?.split('.').count();
        let before = if n_tokens == 7 { 5 } else { 7 };
        let mut tokens = reply.split('.').skip(before);
        let mut number = || tokens.next()?.parse().ok();
        Some(Self { sequence: number()?, number: number()?, stored_ns: number()? })
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

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_read_from_both_forms_of_reply() {
        let place = Some(Place { sequence: 100, number: 7, stored_ns: 1_700_000_000_123_456_789 });
        let tail = "KV_desired.escadre-1.3.100.7.1700000000123456789.42";
        assert_eq!(Place::parse(&format!("$JS.ACK.{tail}")), place);
        assert_eq!(Place::parse(&format!("$JS.ACK._.szMpdrwD.{tail}")), place);
        assert_eq!(Place::parse(&format!("$JS.ACK.hub.szMpdrwD.{tail}.token")), place);
    }

    #[test]
    fn a_reply_that_tells_no_place_is_none() {
        for reply in ["", "$JS.ACK.", "_INBOX.a.b", "$JS.ACK.s.c.1.x.2.3.4", "$JS.ACK.s.c.1.2"] {
            assert_eq!(Place::parse(reply), None, "{reply}");
        }
    }
}
