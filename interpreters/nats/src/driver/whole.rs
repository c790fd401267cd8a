//! Reading all that a bucket holds, while others write it.

use std::collections::HashSet;

use async_nats::Client;
use async_nats::jetstream::stream::{Info, State, Stream};

use super::pull::{Entry, Puller, last_entries};
use super::read::Failed;
use crate::names::subject;

/// How often a bucket may be written while it is read.
pub(super) const N_ROUNDS: usize = 1_000;

/// How often a bucket is asked that stands still, and whose entries do not come: the replica that has
/// the consumer may be stuck, and another consumer may be given to another.
pub(super) const N_STILL: usize = 100;
/// Why it is read again then.
pub(super) const STUCK: &str = "nothing is written, and yet not every entry comes";

/// Until when a bucket is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// All is read that was there when it was first asked: a bucket may be written all the time.
    Asked,
    /// The bucket stands still, so that what was read is what it holds at one sequence.
    Still,
}

/// What is read, and how.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) bucket: &'a str,
    pub(super) until: Until,
    /// How many attempts failed.
    pub(super) n_failed: usize,
    /// What is told while it goes on.
    pub(super) what: &'static str,
}

/// Calls `read` with the server's time and the last entry of each key, then with what is written
/// meanwhile, as long as `asked` says; what the stream is then, or `None` if it never comes to that.
///
/// A batch that ends does not say that there is no more: a replica that serves the consumer may lag
/// behind, and others may write meanwhile.
pub(super) async fn whole(
    client: &Client,
    stream: &Stream<()>,
    asked: Asked<'_>,
    read: &mut (dyn FnMut(i128, Entry<'_>) + Send),
) -> Result<Option<Info>, Failed> {
    let Asked { bucket, until, n_failed, what } = asked;
    let consumer = last_entries(client, stream, subject(bucket, ">")).await?;
    // The server made the consumer just now.
    let now_ns = consumer.cached_info().created.unix_timestamp_nanos();
    let prefix = subject(bucket, "");
    let keeps_history = stream.get_info().await?.config.max_messages_per_subject != 1;
    let mut puller = Puller::of(client, &consumer, (n_failed, keeps_history), what).await?;
    let (mut keys, mut sequence) = (HashSet::new(), 0);
    let mut before: Option<State> = None;
    let (mut found, mut n_still) = (None, 0);
    for _ in 0..N_ROUNDS {
        while let Some(pulled) = puller.next().await? {
            let entry = pulled.entry(&prefix);
            sequence = entry.sequence;
            if !keys.contains(entry.key) {
                keys.insert(Box::<str>::from(entry.key));
            }
            read(now_ns, entry);
        }
        let info = stream.get_info().await?;
        let now = info.state.clone();
        let still = before.as_ref().is_some_and(|before| before.last_sequence == now.last_sequence);
        let is_past = before.is_some_and(|before| before.last_sequence <= sequence);
        // The last entry may be gone: then all was read if nothing happened and each key is known.
        let all_keys = still && u64::try_from(keys.len()).is_ok_and(|n| n == now.subjects_count);
        if sequence == now.last_sequence || all_keys || until == Until::Asked && is_past {
            found = Some(info);
            break;
        }
        n_still = if still { n_still + 1 } else { 0 };
        if n_still == N_STILL {
            return Err(STUCK.into());
        }
        before = Some(now);
    }
    // The server forgets it in a while, should this fail.
    let _ = stream.delete_consumer(&consumer.cached_info().name).await;
    Ok(found)
}
