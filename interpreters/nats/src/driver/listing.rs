//! Reading and writing an inventory that its owner keeps in a bucket.

use async_nats::jetstream::{self, stream::Stream};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use escadre_algebra::{Coverage, Inventory};
use escadre_interpreter::inventory::{ReadInventory, ReadOptions};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::open::{Options, made};
use super::pull::{Puller, last_entries};
use super::read::Failed;
use super::reports::is_missing;
use super::request::{Attempts, Trouble, store};
use crate::asserted::{COVERAGE, InventoryError, Values, coverage, decode, encode};
use crate::error::{ServerError, ServerErrorKind};
use crate::names::subject;

/// How many devices are written at once.
const N_IN_FLIGHT: usize = 256;

/// What [`write_inventory`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many devices are new or have other labels.
    pub n_written: usize,
    /// How many are not listed any more.
    pub n_removed: usize,
}

/// The inventory that the bucket `bucket` lists; what says that it is partial, or `options`, makes it so.
///
/// Devices that are written meanwhile are read as they were or as they are. Costs O(n log n).
///
/// # Errors
/// There is no such bucket, the server does not answer within the patience of the usual
/// [`Options`], or a key holds no device.
pub async fn read_inventory(
    client: &Client,
    bucket: &str,
    options: &ReadOptions,
) -> Result<ReadInventory, InventoryError> {
    let (values, _) = values(client, bucket).await?;
    decode(bucket, &values, options)
}

/// Has the bucket of `options` list the devices of `inventory`, and no others if that is complete.
///
/// Only what differs is written. From the first write to the last the bucket says that it is
/// partial, so that nothing is removed on the word of one that is half written, and so it stays where
/// this is killed; writing it again goes on.
///
/// # Errors
/// The server refuses or does not answer in time, or another program wrote the bucket meanwhile.
pub async fn write_inventory(
    client: &Client,
    options: &Options,
    inventory: &Inventory,
) -> Result<Listed, InventoryError> {
    made(client, options).await?;
    let (there, sequence) = values(client, &options.bucket).await?;
    let wanted = encode(inventory);
    let changed = wanted.iter().filter(|(key, value)| there.get(*key) != Some(*value));
    let changed: Vec<(&str, Option<&Vec<u8>>)> =
        changed.map(|(key, value)| (&**key, Some(value))).collect();
    let gone = there.keys().filter(|key| *key != COVERAGE && !wanted.contains_key(*key));
    let gone: Vec<(&str, Option<&Vec<u8>>)> = match inventory.coverage() {
        Coverage::Complete => gone.map(|key| (&**key, None)).collect(),
        Coverage::Partial => Vec::new(),
    };
    let listed = Listed { n_written: changed.len(), n_removed: gone.len() };
    let end = coverage(inventory.coverage());
    let is_said = there.get(COVERAGE).is_some_and(|said| said == end.as_bytes());
    if listed == Listed::default() && is_said {
        return Ok(listed);
    }
    let writer = Writer { client, options };
    let sequence = writer.say(coverage(Coverage::Partial), sequence).await?;
    // What is new is there before what is old is gone.
    for entries in [changed, gone] {
        let writing = entries.into_iter().map(|(key, value)| writer.put(key, value));
        stream::iter(writing).buffer_unordered(N_IN_FLIGHT).try_collect::<()>().await?;
    }
    writer.say(end, sequence).await?;
    Ok(listed)
}

struct Writer<'a> {
    client: &'a Client,
    options: &'a Options,
}

impl Writer<'_> {
    /// Writes `_coverage`, if it is still what was stored at `before`; where it is stored now.
    async fn say(&self, said: &'static str, before: u64) -> Result<u64, InventoryError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", before.to_string());
        let mut attempts = Attempts::new(self.options, "writing the coverage");
        loop {
            let subject = subject(&self.options.bucket, COVERAGE);
            let value = Bytes::from_static(said.as_bytes());
            match store(self.client, subject, headers.clone(), value).await {
                Ok(sequence) => return Ok(sequence),
                // An answer that was lost looks the same; then it is run again.
                Err(Trouble::Conflict) => {
                    return Err(InventoryError::Raced { bucket: self.options.bucket.clone() });
                }
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
            }
        }
    }

    /// Writes one device, or deletes its key.
    async fn put(&self, key: &str, value: Option<&Vec<u8>>) -> Result<(), InventoryError> {
        let mut headers = HeaderMap::new();
        if value.is_none() {
            headers.insert("KV-Operation", "DEL");
        }
        let value = value.map_or_else(Bytes::new, |value| Bytes::from(value.clone()));
        let mut attempts = Attempts::new(self.options, "writing devices");
        loop {
            let subject = subject(&self.options.bucket, key);
            match store(self.client, subject, headers.clone(), value.clone()).await {
                Ok(_) => return Ok(()),
                Err(Trouble::Conflict) => attempts.pause("another wrote it").await?,
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(Trouble::Lasting(kind)) => return Err(self.lasting(kind)),
            }
        }
    }

    fn lasting(&self, kind: ServerErrorKind) -> InventoryError {
        ServerError::new(&self.options.bucket, kind).into()
    }
}

/// The values of `bucket`, and where its coverage is stored (0: nowhere).
async fn values(client: &Client, bucket: &str) -> Result<(Values, u64), ServerError> {
    let options = Options { bucket: bucket.to_owned(), ..Options::default() };
    let mut attempts = Attempts::new(&options, "reading the inventory");
    loop {
        match try_values(client, bucket, attempts.n).await {
            Ok(values) => return Ok(values),
            Err(error) if is_missing(&error) => {
                return Err(ServerError::new(bucket, ServerErrorKind::NoBucket));
            }
            Err(error) => attempts.pause(&error.to_string()).await?,
        }
    }
}

async fn try_values(
    client: &Client,
    bucket: &str,
    n_failed: usize,
) -> Result<(Values, u64), Failed> {
    let context = jetstream::new(client.clone());
    let stream: Stream<()> = context.get_stream_no_info(format!("KV_{bucket}")).await?;
    let consumer = last_entries(client, &stream, subject(bucket, ">")).await?;
    let prefix = subject(bucket, "");
    let mut puller = Puller::of(client, &consumer, n_failed).await?;
    let (mut values, mut sequence) = (Values::new(), 0);
    while let Some(pulled) = puller.next().await? {
        let entry = pulled.entry(&prefix);
        if entry.key == COVERAGE {
            sequence = entry.sequence;
        }
        match entry.bytes {
            Some(bytes) => drop(values.insert(entry.key.to_owned(), bytes.to_vec())),
            None => drop(values.remove(entry.key)),
        }
    }
    // The server forgets it in a while, should this fail.
    let _ = stream.delete_consumer(&consumer.cached_info().name).await;
    Ok((values, sequence))
}
