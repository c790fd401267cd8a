//! Reading and writing an inventory that its owner keeps in a bucket.
//!
//! Who writes it says `partial` first, if nothing was written since it was read; each batch after that
//! is stored only if that is still the last that was said, and so is `complete` in the end. So of two
//! that write, one ends alone, and a bucket that says `complete` holds what one of them listed.

use async_nats::jetstream;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, LastRawMessageErrorKind, Stream};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use escadre_algebra::{Coverage, Inventory};
use escadre_interpreter::inventory::{ReadInventory, ReadOptions};

use super::open::{N_HEADER_BYTES, Options, found, made};
use super::pull::Entry;
use super::read::Failed;
use super::request::{Attempts, Trouble, store};
use super::whole::{Asked, Until, whole};
use super::write::unsent;
use crate::asserted::{COVERAGE, InventoryError, Values, coverage, decode, encode, foreign};
use crate::error::{ServerError, ServerErrorKind};
use crate::names::subject;

/// How often it is begun again when another wrote the bucket since it was read.
const N_TAKES: usize = 10;
/// The header of `_coverage` that names who said it.
const WRITER: &str = "Escadre-Writer";

/// What [`write_inventory`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many devices the bucket lists now.
    pub n_listed: usize,
    /// How many of them are new or have other labels.
    pub n_written: usize,
    /// How many are not listed any more.
    pub n_removed: usize,
}

/// The inventory that the bucket `bucket` lists, all of it as of one moment.
///
/// It is partial where the bucket says so, where that drops old entries by itself, and where
/// `options` say so. Costs O(n log n).
///
/// # Errors
/// There is no such bucket, the server does not answer within the patience of the usual
/// [`Options`], or a key holds no device.
pub async fn read_inventory(
    client: &Client,
    bucket: &str,
    options: &ReadOptions,
) -> Result<ReadInventory, InventoryError> {
    let held = Held::read(client, bucket).await?;
    let mut options = options.clone();
    if is_forgetful(&held.info.config) {
        options = options.coverage(Coverage::Partial);
    }
    decode(bucket, &held.values, &options)
}

/// Has the bucket of `options` list the devices of `inventory`, and no others if that is complete.
///
/// Only what differs is written. From the first write to the last the bucket says that it is
/// partial, so that nothing is removed on the word of one that is half written, and so it stays where
/// this is killed; writing it again goes on.
///
/// # Errors
/// The bucket is no inventory, drops entries by itself, or is written by another program; a device is
/// too large for a message; the server refuses, or does not answer in time.
pub async fn write_inventory(
    client: &Client,
    options: &Options,
    inventory: &Inventory,
) -> Result<Listed, InventoryError> {
    let wanted = encode(inventory);
    let n_max = client.server_info().max_payload.saturating_sub(N_HEADER_BYTES).max(1);
    if let Some((key, value)) = wanted.iter().find(|(_, value)| value.len() > n_max) {
        let (key, n_bytes) = (key.clone(), value.len());
        return Err(InventoryError::TooLarge { key, n_bytes, n_max });
    }
    let bucket = &options.bucket;
    for _ in 0..N_TAKES {
        let held = match Held::read(client, bucket).await {
            Err(error) if options.create && *error.kind() == ServerErrorKind::NoBucket => {
                made(client, options).await?;
                continue;
            }
            held => held?,
        };
        if let Some(key) = foreign(&held.values) {
            let (bucket, key) = (bucket.clone(), key.to_owned());
            return Err(InventoryError::Foreign { bucket, key });
        }
        if is_forgetful(&held.info.config) {
            return Err(InventoryError::Forgetful { bucket: bucket.clone() });
        }
        let (due, listed) = due(&held.values, &wanted, inventory.coverage());
        let end = coverage(inventory.coverage());
        let said = held.values.get(COVERAGE);
        if due.is_empty() && said.is_some_and(|said| said == end.as_bytes()) {
            return Ok(listed);
        }
        // It takes batches, on as many servers as are asked for.
        made(client, options).await?;
        let writer = Writer::new(client, options).await?;
        if let Some(sequence) = writer.take(&held).await? {
            writer.put(&due, sequence).await?;
            writer.end(end, sequence).await?;
            return Ok(listed);
        }
    }
    Err(InventoryError::Raced { bucket: bucket.clone() })
}

/// A key, and its new value if it is not deleted.
type Due<'a> = (&'a str, Option<&'a [u8]>);

/// What is to be written: what is new before what is old goes.
fn due<'a>(there: &'a Values, wanted: &'a Values, of: Coverage) -> (Vec<Due<'a>>, Listed) {
    let changed = wanted.iter().filter(|(key, value)| there.get(*key) != Some(*value));
    let mut due: Vec<Due<'_>> = changed.map(|(key, value)| (&**key, Some(&value[..]))).collect();
    let n_written = due.len();
    let others = there.keys().filter(|key| *key != COVERAGE && !wanted.contains_key(*key));
    let others: Vec<&str> = others.map(String::as_str).collect();
    let n_kept = if of == Coverage::Complete { 0 } else { others.len() };
    if of == Coverage::Complete {
        due.extend(others.into_iter().map(|key| (key, None)));
    }
    let n_removed = due.len() - n_written;
    (due, Listed { n_listed: wanted.len() + n_kept, n_written, n_removed })
}

/// Whether a bucket may drop a device that nobody removed.
fn is_forgetful(config: &Config) -> bool {
    let has_limit = config.max_messages > 0 || config.max_bytes > 0;
    !config.max_age.is_zero() || config.discard == DiscardPolicy::Old && has_limit
}

/// What a bucket holds at one sequence.
struct Held {
    values: Values,
    /// Where `_coverage` was stored last; 0 if nowhere.
    said: u64,
    info: Info,
}

impl Held {
    async fn read(client: &Client, bucket: &str) -> Result<Self, ServerError> {
        let options = Options { bucket: bucket.to_owned(), ..Options::default() };
        found(client, &options).await?;
        let mut attempts = Attempts::new(&options, "reading the inventory");
        loop {
            match Self::try_read(client, bucket, attempts.n).await {
                Ok(Some(held)) => return Ok(held),
                Ok(None) => return Err(ServerError::new(bucket, ServerErrorKind::Restless)),
                Err(error) => attempts.pause_after(&error).await?,
            }
        }
    }

    async fn try_read(
        client: &Client,
        bucket: &str,
        n_failed: usize,
    ) -> Result<Option<Self>, Failed> {
        let context = jetstream::new(client.clone());
        let stream = context.get_stream_no_info(format!("KV_{bucket}")).await?;
        let (mut values, mut said) = (Values::new(), 0);
        let mut read = |_, entry: Entry<'_>| {
            if entry.key == COVERAGE {
                said = entry.sequence;
            }
            match entry.bytes {
                Some(bytes) => drop(values.insert(entry.key.to_owned(), bytes.to_vec())),
                None => drop(values.remove(entry.key)),
            }
        };
        let asked = Asked { bucket, until: Until::Still, n_failed, what: "reading the inventory" };
        let info = whole(client, &stream, asked, &mut read).await?;
        Ok(info.map(|info| Self { values, said, info }))
    }
}

/// Who writes a bucket.
struct Writer<'a> {
    client: &'a Client,
    options: &'a Options,
    stream: Stream<()>,
    /// Names it.
    name: String,
}

impl<'a> Writer<'a> {
    async fn new(client: &'a Client, options: &'a Options) -> Result<Self, ServerError> {
        let context = jetstream::new(client.clone());
        let stream = context.get_stream_no_info(format!("KV_{}", options.bucket)).await;
        let stream = stream.map_err(|error| {
            let kind = ServerErrorKind::Unreachable { doing: "finding the bucket" };
            ServerError::caused(&options.bucket, kind, error)
        })?;
        let inbox = client.new_inbox();
        let name = inbox.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Self { client, options, stream, name })
    }

    /// Says `partial`, if nothing was written since `held` was read; where that is stored.
    async fn take(&self, held: &Held) -> Result<Option<u64>, InventoryError> {
        let mut headers = HeaderMap::new();
        let last = held.info.state.last_sequence;
        headers.insert("Nats-Expected-Last-Sequence", last.to_string());
        headers.insert("Nats-Expected-Last-Subject-Sequence", held.said.to_string());
        self.say(coverage(Coverage::Partial), headers).await
    }

    /// Says `end`, if nobody said anything since `sequence`.
    async fn end(&self, end: &'static str, sequence: u64) -> Result<(), InventoryError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
        match self.say(end, headers).await? {
            Some(_) => Ok(()),
            None => Err(InventoryError::Raced { bucket: self.options.bucket.clone() }),
        }
    }

    /// Stores `_coverage` if `headers` say what is so; where, or `None` if they do not.
    async fn say(
        &self,
        said: &'static str,
        mut headers: HeaderMap,
    ) -> Result<Option<u64>, InventoryError> {
        headers.insert(WRITER, &*self.name);
        let mut attempts = Attempts::new(self.options, "writing the coverage");
        loop {
            let subject = subject(&self.options.bucket, COVERAGE);
            let value = Bytes::from_static(said.as_bytes());
            match store(self.client, subject, headers.clone(), value).await {
                Ok(sequence) => return Ok(Some(sequence)),
                // An attempt whose answer was lost may be what is there.
                Err(Trouble::Conflict) => {
                    let last = self.last().await?;
                    let ours = last.filter(|(_, by, text)| *by == self.name && text == said);
                    return Ok(ours.map(|(sequence, ..)| sequence));
                }
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Unready(why)) => attempts.pause_unready(why).await?,
                Err(Trouble::NoStream) => attempts.pause_unless_gone(&self.stream).await?,
                Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
            }
        }
    }

    /// What was said last: where it is stored, by whom, and what.
    async fn last(&self) -> Result<Option<(u64, String, String)>, InventoryError> {
        let mut attempts = Attempts::new(self.options, "reading the coverage");
        let subject = subject(&self.options.bucket, COVERAGE);
        loop {
            match self.stream.get_last_raw_message_by_subject(&subject).await {
                Ok(message) => {
                    let by = message.headers.get(WRITER).map(ToString::to_string);
                    let text = String::from_utf8_lossy(&message.payload).into_owned();
                    return Ok(Some((message.sequence, by.unwrap_or_default(), text)));
                }
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                    return Ok(None);
                }
                Err(error) => attempts.pause_after(&error.into()).await?,
            }
        }
    }

    /// Stores what is due, batch by batch, while `_coverage` is what was stored at `sequence`.
    ///
    /// Trying again is safe where it is unknown whether a batch was stored: while nobody else says
    /// anything the same keys only get the same values again.
    async fn put(&self, due: &[Due<'_>], sequence: u64) -> Result<(), InventoryError> {
        let mut n_tried = 0_usize;
        for batch in due.chunks(self.options.n_batch.clamp(2, 1000)) {
            let mut attempts = Attempts::new(self.options, "writing devices");
            loop {
                n_tried += 1;
                let id = format!("{}-{n_tried}", self.name);
                match self.try_put(batch, &id, sequence).await {
                    Ok(()) => break,
                    Err(Trouble::Conflict) => {
                        if self.last().await?.is_none_or(|(last, ..)| last != sequence) {
                            let bucket = self.options.bucket.clone();
                            return Err(InventoryError::Raced { bucket });
                        }
                        attempts.pause("what was said was not seen").await?;
                    }
                    Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                    Err(Trouble::Unready(why)) => attempts.pause_unready(why).await?,
                    Err(Trouble::NoStream) => attempts.pause_unless_gone(&self.stream).await?,
                    Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
                }
            }
        }
        Ok(())
    }

    /// One attempt at one batch, which is stored all or not at all.
    async fn try_put(&self, batch: &[Due<'_>], id: &str, sequence: u64) -> Result<(), Trouble> {
        for (i, (key, value)) in batch.iter().enumerate() {
            let mut headers = HeaderMap::new();
            if value.is_none() {
                headers.insert("KV-Operation", "DEL");
            }
            headers.insert("Nats-Batch-Id", id);
            headers.insert("Nats-Batch-Sequence", (i + 1).to_string());
            if i == 0 {
                headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
                let said = subject(&self.options.bucket, COVERAGE);
                headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", said);
            }
            let subject = subject(&self.options.bucket, key);
            let value = value.map(Bytes::copy_from_slice).unwrap_or_default();
            if i + 1 == batch.len() {
                headers.insert("Nats-Batch-Commit", "1");
                return store(self.client, subject, headers, value).await.map(|_| ());
            }
            let sent = self.client.publish_with_headers(subject, headers, value).await;
            sent.map_err(|error| unsent(&error))?;
        }
        Ok(())
    }

    fn lasting(&self, kind: ServerErrorKind) -> InventoryError {
        ServerError::new(&self.options.bucket, kind).into()
    }
}
