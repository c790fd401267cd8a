//! Reading a bucket.

use std::sync::Arc;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, State, Stream};
use escadre_algebra::Digest;
use futures_util::future::join;

use super::Nats;
use super::decode::{Decoder, Told};
use super::pull::{Puller, is_deletion, last_entries};
use super::request::Attempts;
use super::whole::{N_ROUNDS, N_STILL, STUCK};
use crate::error::{ServerError, ServerErrorKind};
use crate::names::Key;
use crate::world::World;

/// What the bucket holds at one sequence; what is known from `before` is forgotten meanwhile.
pub(super) async fn world(target: &Nats, before: Option<Arc<World>>) -> Result<World, ServerError> {
    tokio::task::spawn_blocking(|| drop(before));
    let mut attempts = Attempts::new(&target.options, "reading the bucket");
    loop {
        match try_world(target, attempts.n).await {
            Ok(Some(world)) => return Ok(world),
            Ok(None) => {
                return Err(ServerError::new(target.bucket(), ServerErrorKind::Restless));
            }
            Err(error) => attempts.pause_after(&error).await?,
        }
    }
}

/// The bucket's last sequence.
pub(super) async fn sequence(target: &Nats) -> Result<u64, ServerError> {
    let mut attempts = Attempts::new(&target.options, "asking for the revision");
    loop {
        match target.stream.get_info().await {
            Ok(info) => return Ok(info.state.last_sequence),
            Err(error) => attempts.pause_after(&error.into()).await?,
        }
    }
}

pub(super) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Reads the last entry of each key, and what is written meanwhile, until the bucket stands still.
/// `None` if it does not.
async fn try_world(target: &Nats, n_failed: usize) -> Result<Option<World>, Failed> {
    let consumer = last_entries(&target.client, &target.stream, target.subject(">")).await?;
    let how = (n_failed, target.keeps_history);
    let mut puller = Puller::of(&target.client, &consumer, how, "reading the bucket").await?;
    let mut decoder = Decoder::of(target.subject(""));
    let mut before: Option<State> = None;
    let (mut last, mut n_still) = (None, 0);
    for _ in 0..N_ROUNDS {
        while let Some(pulled) = puller.next().await? {
            decoder.read(&pulled);
        }
        let now = target.stream.get_info().await?.state;
        let still = before.is_some_and(|before| before.last_sequence == now.last_sequence);
        if is_all(&decoder.told(still), &now) {
            last = Some(now.last_sequence);
            break;
        }
        n_still = if still { n_still + 1 } else { 0 };
        if n_still == N_STILL {
            return Err(STUCK.into());
        }
        before = Some(now);
    }
    // The server forgets it in a while, should this fail.
    let forgotten = target.stream.delete_consumer(&consumer.cached_info().name);
    let finished = async {
        match last {
            Some(sequence) => decoder.finish(sequence).await.map(Some),
            None => Ok(None),
        }
    };
    join(finished, forgotten).await.0
}

/// Whether what was read is what the stream held when it told `now`.
///
/// It is if the last entry was read. That may be gone, however (purged); then it is if nothing
/// happened in a whole round (then `read` counts keys) and every key was read. A replica that lags
/// behind never passes.
fn is_all(read: &Told, now: &State) -> bool {
    read.sequence == now.last_sequence || read.n_keys == Some(now.subjects_count)
}

/// The last entry of `key` with its sequence, as the stream's leader has it; `None` if it is deleted.
pub(super) async fn last(target: &Nats, key: &Key) -> Result<Option<(u64, Vec<u8>)>, ServerError> {
    let attempts = Attempts::new(&target.options, "reading a key");
    let message = last_message(&target.stream, &target.subject(key), attempts).await?;
    let message = message.filter(|message| !is_deletion(Some(&message.headers)));
    Ok(message.map(|message| (message.sequence, message.payload.to_vec())))
}

/// The last message of `subject`, as the stream's leader has it; `None` if there is none.
pub(super) async fn last_message(
    stream: &Stream<()>,
    subject: &str,
    mut attempts: Attempts<'_>,
) -> Result<Option<StreamMessage>, ServerError> {
    loop {
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => return Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                return Ok(None);
            }
            Err(error) => attempts.pause_after(&error.into()).await?,
        }
    }
}

/// The content named `digest`, if all of it is there.
pub(super) async fn content(target: &Nats, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
    crate::content::content(digest, async |key| last(target, &key).await).await
}
