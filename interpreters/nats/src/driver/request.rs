//! One message to a bucket's stream, and what the server answers.

use std::error::Error;
use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::jetstream::stream::{
    ConsumerError, ConsumerErrorKind, RawMessageError, RawMessageErrorKind, Stream,
};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, HeaderMap, Request};
use bytes::Bytes;
use tokio::time::Instant;

use super::Options;
use super::read::Failed;
use crate::answers::{Answer, Refusal};
use crate::error::{ServerError, ServerErrorKind};

/// How long one answer is waited for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses between attempts: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));
/// How long it may fail before that is told, and how often it is told then: on a cluster that one or two
/// attempts fail is an everyday thing.
const TOLD: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// Why a message was not stored.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What it expected of a sequence is not so: somebody else wrote.
    Conflict,
    /// It may work when tried again; whether it was stored is unknown.
    Passing(String),
    /// The server answers that it did not store it, and may when it is tried again.
    Unready(String),
    /// Nobody takes it: the stream is gone, or its servers are just now.
    NoStream,
    /// It will not work when tried again.
    Lasting(ServerErrorKind),
}

/// Stores a message, or the batch that it ends; the sequence that it got.
pub(super) async fn store(
    client: &Client,
    subject: String,
    headers: HeaderMap,
    value: Bytes,
) -> Result<u64, Trouble> {
    let request = Request::new().headers(headers).payload(value).timeout(Some(TIMEOUT));
    let sent = client.send_request(subject, request);
    // While there is no connection, sending waits too.
    let answer = match tokio::time::timeout(2 * TIMEOUT, sent).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            return Err(match error.kind() {
                RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
                    let why = error.to_string();
                    Trouble::Lasting(ServerErrorKind::Refused { doing: "writing", why })
                }
                RequestErrorKind::NoResponders => Trouble::NoStream,
                _ => Trouble::Passing(error.to_string()),
            });
        }
        Err(_) => return Err(Trouble::Passing("there is no connection".to_owned())),
    };
    let answer = Answer::decode(&answer.payload).map_err(Trouble::Passing)?;
    answer.error.map_or(Ok(answer.sequence), |refusal| Err(trouble(refusal)))
}

/// What a refusal means; the numbers are the server's `err_code`s.
fn trouble(refusal: Refusal) -> Trouble {
    let Refusal { status, code, description: why } = refusal;
    match code {
        // Wrong last sequence, compared.
        10_071 => Trouble::Conflict,
        // The same, not compared, since another write of that key is on its way; a batch of which
        // a message was lost; too many open batches.
        10_164 | 10_176 | 10_210 => Trouble::Unready(why),
        // The store failed; no resources, storage or memory left.
        10_077 | 10_023 | 10_002 | 10_047 | 10_028 => {
            Trouble::Lasting(ServerErrorKind::Full { why })
        }
        _ if status == 503 => Trouble::Unready(why),
        _ => Trouble::Lasting(ServerErrorKind::Refused { doing: "writing", why }),
    }
}

/// Attempts, further and further apart, until the patience ends.
pub(super) struct Attempts<'a> {
    options: &'a Options,
    doing: &'static str,
    end: Instant,
    pause: Duration,
    /// When it is told next that it does not work yet.
    tell: Instant,
    pub(super) n: usize,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(options: &'a Options, doing: &'static str) -> Self {
        let now = Instant::now();
        let (end, tell) = (now + options.patience, now + TOLD.0);
        Self { options, doing, end, pause: PAUSES.0, tell, n: 0 }
    }

    /// Waits before the next attempt, and tells of it where it has failed for a while.
    ///
    /// # Errors
    /// The patience has ended; `why` is what the last attempt told.
    pub(super) async fn pause(&mut self, why: &str) -> Result<(), ServerError> {
        let doing = self.doing;
        self.pause_or(why, || ServerErrorKind::Unreachable { doing }).await
    }

    /// As [`Self::pause`], of what the server said that it does not store just now.
    ///
    /// # Errors
    /// The patience has ended.
    pub(super) async fn pause_unready(&mut self, why: String) -> Result<(), ServerError> {
        self.pause_or(&why, || ServerErrorKind::Unstored { why: why.clone() }).await
    }

    async fn pause_or(
        &mut self,
        why: &str,
        kind: impl FnOnce() -> ServerErrorKind,
    ) -> Result<(), ServerError> {
        let now = Instant::now();
        if now >= self.end {
            return Err(ServerError::caused(&self.options.bucket, kind(), why));
        }
        self.n += 1;
        if self.tell <= now {
            let left = (self.end - now).as_secs();
            let Options { bucket, .. } = self.options;
            let doing = self.doing;
            tracing::warn!("the bucket `{bucket}`: {doing}: {why}; trying again for {left} s");
            self.tell = now + TOLD.1;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
        Ok(())
    }

    /// As [`Self::pause`], of what failed because of `error`: a stream that is gone is not waited for.
    ///
    /// # Errors
    /// There is no such stream, or the patience has ended.
    pub(super) async fn pause_after(&mut self, error: &Failed) -> Result<(), ServerError> {
        if is_missing(error) {
            return Err(ServerError::new(&self.options.bucket, ServerErrorKind::NoBucket));
        }
        self.pause(&error.to_string()).await
    }

    /// As [`Self::pause`], of a message to `stream` that nobody took.
    ///
    /// # Errors
    /// There is no such stream, or the patience has ended.
    pub(super) async fn pause_unless_gone<I>(
        &mut self,
        stream: &Stream<I>,
    ) -> Result<(), ServerError> {
        match stream.get_info().await {
            Ok(_) => self.pause("nobody took the message").await,
            Err(error) => self.pause_after(&error.into()).await,
        }
    }
}

/// Whether the server says that there is no such stream.
pub(super) fn is_missing(error: &Failed) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(&**error);
    while let Some(error) = next {
        if refusal(error) == Some(ErrorCode::STREAM_NOT_FOUND) {
            return true;
        }
        next = error.source();
    }
    false
}

/// The number of what the server refuses, in whichever error of the client it is.
fn refusal(error: &(dyn Error + 'static)) -> Option<ErrorCode> {
    if let Some(error) = error.downcast_ref::<jetstream::Error>() {
        return Some(error.error_code());
    }
    let refusal = match error.downcast_ref::<ConsumerError>().map(ConsumerError::kind) {
        Some(ConsumerErrorKind::JetStream(refusal)) => refusal,
        _ => match error.downcast_ref::<RawMessageError>().map(RawMessageError::kind) {
            Some(RawMessageErrorKind::JetStream(refusal)) => refusal,
            _ => return None,
        },
    };
    Some(refusal.error_code())
}
