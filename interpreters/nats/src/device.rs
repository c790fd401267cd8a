//! The device's side: reading its own keys, with permissions for nothing else, and reporting.
//!
//! A device acts on a manifest only once every resource that it names is there with the digest
//! named, and never on one that is older than what it accepted.
//!
//! ```no_run
//! # async fn run(seed: String, accepted: u64) -> Result<(), Box<dyn std::error::Error>> {
//! use escadre_algebra::DeviceId;
//! use escadre_nats::device::{Device, Report, Told};
//! use escadre_nats::permissions::{Buckets, inbox_prefix};
//!
//! let id = DeviceId::parse("cam-1")?;
//! let user = async_nats::ConnectOptions::with_nkey(seed).custom_inbox_prefix(inbox_prefix(&id));
//! let client = user.connect("nats://127.0.0.1:4222").await?;
//! let mut device = Device::connect(client, id, Buckets::default(), accepted).await?;
//! loop {
//!     match device.next().await? {
//!         Told::Wanted(wanted) => device.report(&Report::new(wanted.generation, None)).await?,
//!         Told::Left => return Ok(()),
//!         Told::Refused(anomaly) => eprintln!("{}: {}", anomaly.key, anomaly.why),
//!     }
//! }
//! # }
//! ```

mod intake;

use std::collections::BTreeMap;

use async_nats::Client;
use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use async_nats::jetstream::{self, context::Context};
use bytes::Bytes;
use escadre_algebra::{DeviceId, Digest};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use crate::driver::is_deletion;
use crate::error::{ServerError, ServerErrorKind, Source};
use crate::forms::{FORMAT, Manifest};
use crate::info::Info;
use crate::lower::encode;
use crate::names::{Key, device_token, subject};
use crate::permissions::{Buckets, consumer_name};
pub use intake::{Intake, Told, Wanted};

/// A device that is connected to its fleet.
pub struct Device {
    context: Context,
    stream: Stream<()>,
    buckets: Buckets,
    id: DeviceId,
    prefix: String,
    messages: pull::Stream,
    intake: Intake,
    /// What was found when it connected.
    at_start: Option<Told>,
}

/// What a device tells of itself: the value of its key in the bucket of states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// A manifest that was made to arrive here is no report.
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of this form.
    pub version: u64,
    /// The generation that it runs.
    pub generation: u64,
    /// What keeps it from running what is wanted; `None` if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Report {
    /// The report that `generation` runs, or what keeps it from running.
    #[must_use]
    pub fn new(generation: u64, trouble: Option<String>) -> Self {
        Self { version: FORMAT, generation, trouble }
    }

    /// The report that `bytes` spell.
    ///
    /// # Errors
    /// Why they spell none of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        crate::forms::decode(bytes)
    }
}

/// That a device is alive: the value of its key in the bucket of heartbeats.
///
/// It names its device, since the server does not check where an answer goes: what one device may
/// read could be made to arrive under the key of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// The version of this form.
    pub version: u64,
    /// The token of the device, see [`device_token`].
    pub device: String,
}

impl Beat {
    /// The heartbeat of the device `id`.
    #[must_use]
    pub fn new(id: &DeviceId) -> Self {
        Self { version: FORMAT, device: device_token(id) }
    }

    /// The heartbeat that `bytes`, found under the key of the device `id`, spell.
    ///
    /// # Errors
    /// Why they spell none of this version, or another device's.
    pub fn decode(bytes: &[u8], id: &DeviceId) -> Result<Self, String> {
        let beat: Self = crate::forms::decode(bytes)?;
        if beat.device == device_token(id) {
            Ok(beat)
        } else {
            Err(format!("it is the heartbeat of `{}`", beat.device))
        }
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Device {
    /// The device `id`, which last accepted the generation `accepted` (0 if none).
    ///
    /// The controller must have admitted it ([`Nats::admit`](crate::Nats::admit)). The client's inbox
    /// prefix must be [`inbox_prefix`](crate::permissions::inbox_prefix) where permissions are
    /// those of [`permissions`](crate::permissions).
    ///
    /// # Errors
    /// The bucket cannot be read. With permissions, what is not allowed is not answered.
    pub async fn connect(
        client: Client,
        id: DeviceId,
        buckets: Buckets,
        accepted: u64,
    ) -> Result<Self, ServerError> {
        let context = jetstream::new(client);
        let failed = |doing, source: Source| {
            ServerError::caused(&buckets.desired, ServerErrorKind::Unreachable { doing }, source)
        };
        let stream_name = format!("KV_{}", buckets.desired);
        // Asking for the stream would tell every key of the bucket.
        let stream = context
            .get_stream_no_info(&stream_name)
            .await
            .map_err(|error| failed("finding the bucket", error.into()))?;
        let consumer: Consumer<pull::Config> = stream
            .get_consumer(&consumer_name(&device_token(&id)))
            .await
            .map_err(|error| failed("finding the device's consumer: is it admitted?", error))?;
        let messages = consumer
            .messages()
            .await
            .map_err(|error| failed("reading the device's keys", error.into()))?;
        let prefix = subject(&buckets.desired, "");
        let intake = Intake::new(id.clone(), accepted);
        let mut device =
            Self { context, stream, buckets, id, prefix, messages, intake, at_start: None };
        device.at_start = device.read_all(accepted).await?;
        Ok(device)
    }

    /// Reads the manifest and what it names, until the manifest is the same before and after.
    ///
    /// That it was deleted is told once more to a device that accepted one before: it may have died before
    /// it acted on that. That it is just not there says nothing; a replica may lag behind.
    async fn read_all(&mut self, accepted: u64) -> Result<Option<Told>, ServerError> {
        let key = Key::Manifest(self.id.clone());
        loop {
            let (sequence, bytes) = match self.entry(&key).await? {
                None => return Ok(None),
                Some((sequence, None)) => {
                    let has_left = 0 < accepted && accepted < sequence;
                    return Ok(has_left.then_some(Told::Left));
                }
                Some((sequence, Some(bytes))) => (sequence, bytes),
            };
            // A manifest that makes no sense names nothing.
            let manifest = Manifest::decode(&bytes, sequence).ok();
            let names = manifest.into_iter().flat_map(|manifest| manifest.resources.into_keys());
            for name in names {
                let key = Key::Resource(self.id.clone(), name);
                if let Some((sequence, bytes)) = self.last(&key).await? {
                    self.intake.read(&key.to_string(), sequence, Some(&bytes), false);
                }
            }
            if self.last(&key).await?.is_some_and(|(again, _)| again == sequence) {
                return Ok(self.intake.read(&key.to_string(), sequence, Some(&bytes), true));
            }
        }
    }

    /// Waits for the next thing to know: what is wanted, or why what is there is not acted on.
    ///
    /// # Errors
    /// The server is gone; connect again.
    pub async fn next(&mut self) -> Result<Told, ServerError> {
        if let Some(told) = self.at_start.take() {
            return Ok(told);
        }
        let gone = |source: Source| {
            let kind = ServerErrorKind::Unreachable { doing: "reading the device's keys" };
            ServerError::caused(&self.buckets.desired, kind, source)
        };
        loop {
            let message = self.messages.next().await;
            let message = message.ok_or_else(|| gone("the server ended it".into()))?;
            let message = message.map_err(|error| gone(error.into()))?;
            let info = message.info().map_err(&gone)?;
            let (sequence, is_last) = (info.stream_sequence, info.pending == 0);
            let key = message.subject.strip_prefix(&self.prefix).unwrap_or(&message.subject);
            let is_there = !is_deletion(message.headers.as_ref());
            let bytes = is_there.then_some(&message.payload);
            let told = self.intake.read(key, sequence, bytes, is_last);
            // What is not acknowledged comes again, and changes nothing then.
            message.ack().await.map_err(&gone)?;
            if let Some(told) = told {
                return Ok(told);
            }
        }
    }

    /// Tells what the device runs.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn report(&self, report: &Report) -> Result<(), ServerError> {
        self.put(&self.buckets.state, encode(report)).await
    }

    /// Tells that the device is alive; the server's time of it counts.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn beat(&self) -> Result<(), ServerError> {
        self.put(&self.buckets.heartbeat, encode(&Beat::new(&self.id))).await
    }

    /// Tells the device's own labels, all of them.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn tell(&self, labels: BTreeMap<String, String>) -> Result<(), ServerError> {
        self.put(&self.buckets.info, encode(&Info::new(&self.id, labels))).await
    }

    /// The content named `digest`, if it is there whole and this device may read it.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
        crate::content::content(digest, |key| async move { self.last(&key).await }).await
    }

    /// The last entry of `key` with its sequence; `None` if it is deleted.
    async fn last(&self, key: &Key) -> Result<Option<(u64, Bytes)>, ServerError> {
        let entry = self.entry(key).await?;
        Ok(entry.and_then(|(sequence, bytes)| Some((sequence, bytes?))))
    }

    /// The last entry of `key` with its sequence, and its bytes unless it says that the key is deleted.
    async fn entry(&self, key: &Key) -> Result<Option<(u64, Option<Bytes>)>, ServerError> {
        let kind = ServerErrorKind::Unreachable { doing: "reading a key" };
        let subject = subject(&self.buckets.desired, key);
        match self.stream.direct_get_last_for_subject(subject).await {
            Ok(message) => {
                let is_there = !is_deletion(Some(&message.headers));
                Ok(Some((message.sequence, is_there.then_some(message.payload))))
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(ServerError::caused(&self.buckets.desired, kind, error)),
        }
    }

    async fn put(&self, bucket: &str, value: Bytes) -> Result<(), ServerError> {
        let kind = ServerErrorKind::Unreachable { doing: "reporting" };
        let failed = |source| ServerError::caused(bucket, kind.clone(), source);
        let subject = subject(bucket, device_token(&self.id));
        let stored = self.context.publish(subject, value).await;
        let stored = stored.map_err(|error| failed(Box::new(error) as Box<_>))?;
        stored.await.map(|_| ()).map_err(|error| failed(Box::new(error) as Box<_>))
    }
}
