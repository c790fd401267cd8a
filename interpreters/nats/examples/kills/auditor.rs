//! Who reads for the audit: every message of the bucket's stream, whatever is killed meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::jetstream::{self, Message, stream::Stream};
use async_nats::{HeaderMap, HeaderValue};
use futures_util::StreamExt;
use tokio::sync::watch;

use crate::Outcome;
use crate::audit::{Audit, Entry, Place};

/// How many messages are asked for at once, and how long the server waits for the first.
const N_BATCH: usize = 10_000;
const PATIENCE: Duration = Duration::from_millis(200);
/// How long a server that does not answer is left alone.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it may lag behind a bucket that nobody writes.
const DEADLINE: Duration = Duration::from_secs(60);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// An audit that goes on by itself.
pub(crate) struct Auditor {
    audit: Arc<Mutex<Audit>>,
    seen: watch::Receiver<u64>,
}

impl Auditor {
    /// Audits the bucket named `bucket`; to be called on the runtime.
    pub(crate) async fn of(
        context: &jetstream::Context,
        bucket: &str,
        audit: Audit,
    ) -> Outcome<Self> {
        let stream = context.get_stream(format!("KV_{bucket}")).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let (audit, prefix) = (Arc::new(Mutex::new(audit)), format!("$KV.{bucket}."));
        let (tell, seen) = watch::channel(0);
        let reading = Reading { stream, prefix, audit: Arc::clone(&audit), tell };
        tokio::spawn(async move {
            while !reading.tell.is_closed() {
                // A server that is gone is asked again for what is still to be read.
                let _ = reading.run().await;
                tokio::time::sleep(PAUSE).await;
            }
        });
        Ok(Self { audit, seen })
    }

    /// The audit, as far as it is.
    pub(crate) fn audit(&self) -> MutexGuard<'_, Audit> {
        self.audit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the message at `sequence` was read, however long it takes.
    pub(crate) async fn stored(&mut self, sequence: u64) {
        if self.seen.wait_for(|seen| *seen >= sequence).await.is_err() {
            // Where nobody reads any more, the controllers end first.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the message at `sequence` was read, in time.
    pub(crate) async fn reach(&mut self, sequence: u64) -> Outcome {
        let reached = self.seen.wait_for(|seen| *seen >= sequence);
        match tokio::time::timeout(DEADLINE, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => {
                Err(format!("the audit did not come to {sequence} within {} s", DEADLINE.as_secs()))
            }
        }
    }
}

struct Reading {
    stream: Stream,
    prefix: String,
    audit: Arc<Mutex<Audit>>,
    tell: watch::Sender<u64>,
}

impl Reading {
    /// Reads what comes with one consumer, until it misses something or is gone.
    async fn run(&self) -> Result<(), Failed> {
        let next = self.audit().seen() + 1;
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let mut consumer: Consumer<pull::Config> = self.stream.create_consumer(config).await?;
        // Whatever is missing before the first that comes was replaced until now.
        let mut until = Some(self.stream.get_info().await?.state.last_sequence);
        loop {
            let mut messages =
                consumer.batch().max_messages(N_BATCH).expires(PATIENCE).messages().await?;
            let mut is_idle = true;
            while let Some(message) = messages.next().await {
                let is_next = self.read(&message?, until.take())?;
                if !is_next {
                    return Ok(());
                }
                is_idle = false;
            }
            // One that died with its server says nothing, nor does one on a server that lags behind.
            if is_idle {
                consumer.info().await?;
                if self.stream.get_info().await?.state.last_sequence > self.audit().seen() {
                    return Ok(());
                }
            }
            if self.tell.is_closed() {
                return Ok(());
            }
        }
    }

    /// Reads one message; `false` if others before it did not come, though they may be there.
    fn read(&self, message: &Message, until: Option<u64>) -> Result<bool, Failed> {
        let sequence = message.info()?.stream_sequence;
        let mut audit = self.audit();
        if sequence != audit.seen() + 1 {
            let Some(until) = until else { return Ok(false) };
            audit.miss(sequence, until.max(sequence));
        }
        let header = |name: &str| text(message.headers.as_ref(), name);
        let number = header("Nats-Batch-Sequence").and_then(|number| number.parse().ok());
        let batch = header("Nats-Batch-Id").zip(number).map(|(id, number)| Place {
            id,
            number,
            is_last: header("Nats-Batch-Commit").is_some(),
        });
        let key = message.subject.strip_prefix(&self.prefix).unwrap_or(&message.subject);
        let is_there = header("KV-Operation").is_none();
        let bytes = is_there.then_some(&message.payload[..]);
        audit.read(&Entry { sequence, key, bytes, batch });
        self.tell.send_replace(sequence);
        Ok(true)
    }

    fn audit(&self) -> MutexGuard<'_, Audit> {
        self.audit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text<'a>(headers: Option<&'a HeaderMap>, name: &str) -> Option<&'a str> {
    headers?.get(name).map(HeaderValue::as_str)
}
