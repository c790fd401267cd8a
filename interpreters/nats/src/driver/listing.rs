//! Reading and writing an inventory that its owner keeps in a bucket.
//!
//! Who writes it says `partial` first, if nothing was written since it was read; each batch after that
//! is stored only if that is still the last that was said, and so is `complete` in the end. So of two
//! that write, one ends alone, and a bucket that says `complete` holds what one of them listed.

use std::sync::atomic::AtomicU64;

use async_nats::Client;
use async_nats::jetstream;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info};
use bytes::Bytes;
use escadre_algebra::{Coverage, Inventory};
use escadre_interpreter::inventory::{ReadInventory, ReadOptions};

use super::guarded::{Expected, Guarded, Lost, Sent, new_name};
use super::open::{MAX_BATCH, N_HEADER_BYTES, Options, found, made};
use super::pull::Entry;
use super::read::Failed;
use super::request::Attempts;
use super::whole::{Asked, Until, whole};
use crate::asserted::{COVERAGE, InventoryError, Values, coverage, decode, encode, foreign};
use crate::error::{ServerError, ServerErrorKind};
use crate::names::subject;

/// How often it is begun again when another wrote the bucket since it was read.
const N_TAKES: usize = 10;

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
    write_inventory_until(client, options, inventory, None).await
}

/// As [`write_inventory`], which ends after `n_messages` messages as if it was killed there. For tests of what
/// it leaves behind.
///
/// # Errors
/// As of [`write_inventory`], and [`InventoryError::Died`].
pub async fn write_inventory_until(
    client: &Client,
    options: &Options,
    inventory: &Inventory,
    n_messages: Option<u64>,
) -> Result<Listed, InventoryError> {
    let wanted = encode(inventory);
    let n_max = client.server_info().max_payload.saturating_sub(N_HEADER_BYTES).max(1);
    if let Some((key, value)) = wanted.iter().find(|(_, value)| value.len() > n_max) {
        let (key, n_bytes) = (key.clone(), value.len());
        return Err(InventoryError::TooLarge { key, n_bytes, n_max });
    }
    let raced = || InventoryError::Raced { bucket: options.bucket.clone() };
    let end = coverage(inventory.coverage());
    for _ in 0..N_TAKES {
        let Some(held) = Held::to_write(client, options).await? else { continue };
        let (due, listed) = due(&held.values, &wanted, inventory.coverage());
        let said = held.values.get(COVERAGE);
        if due.is_empty() && said.is_some_and(|said| said == end.as_bytes()) {
            return Ok(listed);
        }
        // It takes batches, on as many servers as are asked for.
        made(client, options).await?;
        let writer = writer(client, options, n_messages).await?;
        match write(&writer, &held, &due, end).await {
            Ok(true) => return Ok(listed),
            Ok(false) => {}
            Err(Lost::Taken(_)) => return Err(raced()),
            Err(Lost::Died) => return Err(InventoryError::Died),
            Err(Lost::Server(error)) => return Err(error.into()),
        }
    }
    Err(raced())
}

/// Who writes the bucket of `options` under its `_coverage`.
async fn writer<'a>(
    client: &'a Client,
    options: &'a Options,
    n_messages: Option<u64>,
) -> Result<Guarded<'a>, ServerError> {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream_no_info(format!("KV_{}", options.bucket)).await;
    let stream = stream.map_err(|error| {
        let kind = ServerErrorKind::Unreachable { doing: "finding the bucket" };
        ServerError::caused(&options.bucket, kind, error)
    })?;
    Ok(Guarded {
        client,
        stream,
        options,
        guard: subject(&options.bucket, COVERAGE),
        doing: "writing the coverage",
        name: new_name(client),
        left: n_messages.map(AtomicU64::new),
        next_batch: AtomicU64::new(0),
    })
}

/// Says `partial`, stores what is due, and says `end`; false if another wrote since `held` was read.
async fn write(
    writer: &Guarded<'_>,
    held: &Held,
    due: &[Due<'_>],
    end: &'static str,
) -> Result<bool, Lost> {
    let begin = Bytes::from_static(coverage(Coverage::Partial).as_bytes());
    let last = held.info.state.last_sequence;
    let expected = Expected { of_all: Some(last), of_guard: held.said };
    let at = match writer.say(&begin, expected).await {
        Ok(at) => at,
        Err(Lost::Taken(_)) => return Ok(false),
        Err(lost) => return Err(lost),
    };
    let Options { bucket, n_batch, .. } = writer.options;
    let sent = |(key, value): &Due<'_>| -> Sent {
        (subject(bucket, key), value.map(Bytes::copy_from_slice))
    };
    for batch in due.chunks((*n_batch).clamp(2, MAX_BATCH)) {
        writer.put(batch, sent, at).await?;
    }
    let end = Bytes::from_static(end.as_bytes());
    writer.say(&end, Expected { of_all: None, of_guard: at }).await?;
    Ok(true)
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
    /// What the bucket of `options` holds, which may be written; `None` if it was made just now.
    async fn to_write(client: &Client, options: &Options) -> Result<Option<Self>, InventoryError> {
        let bucket = &options.bucket;
        let held = match Self::read(client, bucket).await {
            Err(error) if options.create && *error.kind() == ServerErrorKind::NoBucket => {
                made(client, options).await?;
                return Ok(None);
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
        Ok(Some(held))
    }

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
