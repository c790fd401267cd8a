//! One message to a bucket's stream, and what the server answers.

use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap, Request};
use bytes::Bytes;
use serde::Deserialize;

use super::Options;
use crate::error::{ServerError, ServerErrorKind};

/// How long one answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses between attempts: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// Why a message was not stored.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What it expected of a sequence is not so: somebody else wrote.
    Conflict,
    /// It may work when tried again; whether it was stored is unknown.
    Passing(String),
    /// It will not work when tried again.
    Lasting(ServerErrorKind),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    seq: u64,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
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
                _ => Trouble::Passing(error.to_string()),
            });
        }
        Err(_) => return Err(Trouble::Passing("there is no connection".to_owned())),
    };
    let answer: Answer = serde_json::from_slice(&answer.payload)
        .map_err(|error| Trouble::Passing(format!("the answer is not understood: {error}")))?;
    answer.error.map_or(Ok(answer.seq), |refusal| Err(trouble(refusal)))
}

/// What a refusal means; the numbers are the server's `err_code`s.
fn trouble(refusal: Refusal) -> Trouble {
    let Refusal { code, err_code, description: why } = refusal;
    match err_code {
        // Wrong last sequence, compared.
        10_071 => Trouble::Conflict,
        // The same, not compared, since another write of that key is on its way; a batch of which
        // a message was lost; too many open batches.
        10_164 | 10_176 | 10_210 => Trouble::Passing(why),
        // The store failed; no resources, storage or memory left.
        10_077 | 10_023 | 10_002 | 10_047 | 10_028 => {
            Trouble::Lasting(ServerErrorKind::Full { why })
        }
        _ if code == 503 => Trouble::Passing(why),
        _ => Trouble::Lasting(ServerErrorKind::Refused { doing: "writing", why }),
    }
}

/// Attempts, further and further apart, until the patience ends.
pub(super) struct Attempts<'a> {
    options: &'a Options,
    doing: &'static str,
    end: tokio::time::Instant,
    pause: Duration,
    pub(super) n: usize,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(options: &'a Options, doing: &'static str) -> Self {
        let end = tokio::time::Instant::now() + options.patience;
        Self { options, doing, end, pause: PAUSES.0, n: 0 }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The patience has ended; `why` is what the last attempt told.
    pub(super) async fn pause(&mut self, why: &str) -> Result<(), ServerError> {
        if tokio::time::Instant::now() >= self.end {
            let kind = ServerErrorKind::Unreachable { doing: self.doing };
            return Err(ServerError::caused(&self.options.bucket, kind, why));
        }
        tracing::debug!(doing = self.doing, why, "trying again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.n += 1;
        Ok(())
    }
}
