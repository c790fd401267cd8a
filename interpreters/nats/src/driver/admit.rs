//! The consumers by which devices follow their keys.
//!
//! The controller makes them: a device that could make consumers could have the server deliver to
//! any subject.

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::jetstream::stream::ConsumerErrorKind;
use escadre_algebra::DeviceId;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::Nats;
use crate::error::{ServerError, ServerErrorKind};
use crate::names::device_token;
use crate::permissions::consumer_name;

/// How many are made at once.
const N_AT_ONCE: usize = 64;
/// The server's number for a consumer that is not there.
const NOT_FOUND: u64 = 10_014;

pub(super) async fn admit(target: &Nats, devices: &[DeviceId]) -> Result<(), ServerError> {
    let made = stream::iter(devices).map(|device| admit_one(target, device));
    made.buffer_unordered(N_AT_ONCE).try_collect().await
}

async fn admit_one(target: &Nats, device: &DeviceId) -> Result<(), ServerError> {
    let token = device_token(device);
    let name = consumer_name(&token);
    let config = pull::Config {
        name: Some(name.clone()),
        durable_name: Some(name),
        // What was there before is read by the device when it connects.
        deliver_policy: DeliverPolicy::New,
        // What was delivered into a broken connection is delivered again.
        ack_policy: AckPolicy::Explicit,
        filter_subject: target.subject(format_args!("{token}.>")),
        ..pull::Config::default()
    };
    let made: Result<Consumer<pull::Config>, _> = target.stream.create_consumer(config).await;
    made.map(|_| ()).map_err(|error| {
        let why = error.to_string();
        let kind = ServerErrorKind::Refused { doing: "admitting a device", why };
        ServerError::caused(target.bucket(), kind, error)
    })
}

/// How many of `devices` were admitted until now.
pub(super) async fn dismiss(target: &Nats, devices: &[DeviceId]) -> Result<usize, ServerError> {
    let gone = stream::iter(devices).map(|device| dismiss_one(target, device));
    let gone = gone.buffer_unordered(N_AT_ONCE);
    gone.try_fold(0, async |n, was_there| Ok(n + usize::from(was_there))).await
}

async fn dismiss_one(target: &Nats, device: &DeviceId) -> Result<bool, ServerError> {
    let name = consumer_name(&device_token(device));
    match target.stream.delete_consumer(&name).await {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            ConsumerErrorKind::JetStream(refusal) if refusal.error_code().0 == NOT_FOUND => {
                Ok(false)
            }
            _ => {
                let kind = ServerErrorKind::Unreachable { doing: "dismissing a device" };
                Err(ServerError::caused(target.bucket(), kind, error))
            }
        },
    }
}
