//! Reading a bucket.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::jetstream::stream::{LastRawMessageErrorKind, State, Stream};
use async_nats::{Client, HeaderMap};
use escadre_algebra::Digest;
use futures_util::StreamExt;

use super::Nats;
use super::request::Attempts;
use crate::error::{ServerError, ServerErrorKind};
use crate::lift::Reader;
use crate::names::Key;
use crate::world::World;

/// How many entries are asked for at once; what is on its way is bounded by it.
const N_BATCH: usize = 5_000;
/// How long the next entry is waited for; then all is read again.
const SILENCE: Duration = Duration::from_secs(10);
/// After so many entries it is told how far it is.
const N_TOLD: usize = 100_000;
/// How often a bucket may be written while it is read.
const N_ROUNDS: usize = 1_000;

/// What the bucket holds at one sequence.
pub(super) async fn world(target: &Nats) -> Result<World, ServerError> {
    let mut attempts = Attempts::new(&target.options, "reading the bucket");
    loop {
        match try_world(target).await {
            Ok(Some(world)) => return Ok(world),
            Ok(None) => {
                return Err(ServerError::new(target.bucket(), ServerErrorKind::Restless));
            }
            Err(error) => attempts.pause(&error.to_string()).await?,
        }
    }
}

/// The bucket's last sequence.
pub(super) async fn sequence(target: &Nats) -> Result<u64, ServerError> {
    let mut attempts = Attempts::new(&target.options, "asking for the revision");
    loop {
        match target.stream.get_info().await {
            Ok(info) => return Ok(info.state.last_sequence),
            Err(error) => attempts.pause(&error.to_string()).await?,
        }
    }
}

pub(super) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Reads the last entry of each key, and what is written meanwhile, until the bucket stands still.
/// `None` if it does not.
async fn try_world(target: &Nats) -> Result<Option<World>, Failed> {
    let consumer = last_entries(&target.client, &target.stream, target.subject(">")).await?;
    let prefix = target.subject("");
    let mut reader = Reader::default();
    let mut before: Option<State> = None;
    let mut done = None;
    let mut n_read = 0_usize;
    for _ in 0..N_ROUNDS {
        let mut read = |entry: Entry<'_>| {
            reader.read(entry.key, entry.sequence, entry.bytes);
            n_read += 1;
            if n_read.is_multiple_of(N_TOLD) {
                tracing::info!(keys = n_read, "reading the bucket");
            }
        };
        while fetch(&consumer, &prefix, &mut read).await? > 0 {}
        let now = target.stream.get_info().await?.state;
        if is_all(&reader, &now, before.as_ref()) {
            done = Some(now.last_sequence);
            break;
        }
        before = Some(now);
    }
    // The server forgets it in a while, should this fail.
    let _ = target.stream.delete_consumer(&consumer.cached_info().name).await;
    Ok(done.map(|sequence| reader.finish(sequence)))
}

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

/// Whether what was read is what the stream held when it told `now`.
///
/// It is if the last entry was read. That may be gone, however (purged); then it is if nothing
/// happened in a whole round and every key was read. A replica that lags behind never passes.
fn is_all(reader: &Reader, now: &State, before: Option<&State>) -> bool {
    let still = before.is_some_and(|before| before.last_sequence == now.last_sequence);
    reader.sequence == now.last_sequence || (still && reader.n_keys() == now.subjects_count)
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

/// Reads the entries that are there, a batch at most; how many there were.
pub(super) async fn fetch(
    consumer: &Consumer<pull::Config>,
    prefix: &str,
    read: &mut (dyn FnMut(Entry<'_>) + Send),
) -> Result<usize, Failed> {
    let mut messages = consumer.fetch().max_messages(N_BATCH).messages().await?;
    let mut n = 0;
    // A server that dies before it answers never ends the batch.
    while let Some(message) = tokio::time::timeout(SILENCE, messages.next()).await? {
        let message = message?;
        let info = message.info()?;
        let (sequence, stored_ns) = (info.stream_sequence, info.published.unix_timestamp_nanos());
        let key = message.subject.strip_prefix(prefix).unwrap_or(&message.subject);
        let bytes = (!is_deletion(message.headers.as_ref())).then_some(&message.payload[..]);
        read(Entry { key, sequence, stored_ns, bytes });
        n += 1;
    }
    Ok(n)
}

/// Whether an entry with these headers says that its key is deleted.
pub(crate) fn is_deletion(headers: Option<&HeaderMap>) -> bool {
    let Some(headers) = headers else { return false };
    let operation = headers.get("KV-Operation").map(|value| value.as_str().to_owned());
    headers.get("Nats-Marker-Reason").is_some()
        || operation.is_some_and(|operation| operation == "DEL" || operation == "PURGE")
}

/// The last entry of `key` with its sequence, as the stream's leader has it; `None` if it is deleted.
pub(super) async fn last(target: &Nats, key: &Key) -> Result<Option<(u64, Vec<u8>)>, ServerError> {
    let mut attempts = Attempts::new(&target.options, "reading a key");
    let subject = target.subject(key);
    loop {
        match target.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) if is_deletion(Some(&message.headers)) => return Ok(None),
            Ok(message) => return Ok(Some((message.sequence, message.payload.to_vec()))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                return Ok(None);
            }
            Err(error) => attempts.pause(&error.to_string()).await?,
        }
    }
}

/// The content named `digest`, if all of it is there.
pub(super) async fn content(target: &Nats, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
    crate::content::content(digest, async |key| last(target, &key).await).await
}
