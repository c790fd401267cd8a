//! Finding a bucket, or making it.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::context::{
    CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind, RequestError,
    RequestErrorKind,
};
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info};
use async_nats::jetstream::{self, ErrorCode};
use escadre_algebra::Digester;

use super::Nats;
use super::request::Attempts;
use crate::error::{NEEDED, ServerError, ServerErrorKind};
use crate::lower::Limits;
use crate::permissions::Buckets;

/// The bucket of a fleet, unless another is named.
pub(crate) const DESIRED_STATE: &str = "desired-state";
/// The most messages that a server takes in one atomic batch.
pub(super) const MAX_BATCH: usize = 1000;
/// What headers may take of a message's payload.
pub(super) const N_HEADER_BYTES: usize = 1024;

/// Which bucket, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The bucket's name: letters, digits, `-` and `_`.
    pub bucket: String,
    /// Whether it is made where it does not exist, and its stream made to take atomic batches.
    pub create: bool,
    /// How many servers hold it; a bucket with another number is refused.
    pub replicas: usize,
    /// How many messages one batch has at most, up to 1 000.
    pub n_batch: usize,
    /// How many batches are written at once.
    pub window: usize,
    /// How long a server that does not answer is asked again.
    pub patience: Duration,
}

impl Default for Options {
    /// The bucket `desired-state` on one server, made where it does not exist.
    fn default() -> Self {
        Self {
            bucket: DESIRED_STATE.to_owned(),
            create: true,
            replicas: 1,
            n_batch: MAX_BATCH,
            window: 8,
            patience: Duration::from_secs(30),
        }
    }
}

impl Nats {
    /// The controller of the fleet in the bucket of `options`, on the server of `client`.
    ///
    /// # Errors
    /// The server is too old or has no JetStream, or the bucket is not as it is asked for.
    pub async fn open(client: Client, options: Options) -> Result<Self, ServerError> {
        let refused = |kind| ServerError::new(&options.bucket, kind);
        check_version(&client, &options.bucket)?;
        let info = client.server_info();
        if !is_bucket_name(&options.bucket) {
            let why = "a name has only letters, digits, `-` and `_`".to_owned();
            return Err(refused(ServerErrorKind::Refused { doing: "naming the bucket", why }));
        }
        let context = jetstream::new(client.clone());
        let found = stream(&context, &options).await?;
        check(&found, &options)?;
        let stream = context.get_stream_no_info(&found.config.name).await.map_err(|error| {
            let kind = ServerErrorKind::Unreachable { doing: "finding the bucket" };
            ServerError::caused(&options.bucket, kind, error)
        })?;
        let created = found.created.unix_timestamp_nanos().to_le_bytes();
        let stamp = Digester::new("escadre/nats/bucket/1").piece(&created).finish().short();
        let limits = Limits {
            n_bytes: info.max_payload.saturating_sub(N_HEADER_BYTES).max(1),
            n_messages: options.n_batch.clamp(2, MAX_BATCH),
        };
        let place = format!("nats:{}:{}/{}", info.host, info.port, options.bucket);
        let keeps_history = found.config.max_messages_per_subject != 1;
        let (last, die_after) = (None, None);
        Ok(Self { client, stream, options, place, stamp, limits, keeps_history, last, die_after })
    }
}

/// Makes the buckets that devices report to, on `replicas` servers, where they are missing.
///
/// # Errors
/// The server refuses, or does not answer in time.
pub async fn make_report_buckets(
    client: &Client,
    buckets: &Buckets,
    replicas: usize,
) -> Result<(), ServerError> {
    for bucket in [&buckets.state, &buckets.heartbeat, &buckets.info] {
        made(client, &Options { bucket: bucket.clone(), replicas, ..Options::default() }).await?;
    }
    Ok(())
}

/// Makes the bucket of `options` where it is missing.
pub(super) async fn made(client: &Client, options: &Options) -> Result<(), ServerError> {
    check_version(client, &options.bucket)?;
    check(&stream(&jetstream::new(client.clone()), options).await?, options)
}

/// Whether the server of `client` is new enough.
fn check_version(client: &Client, bucket: &str) -> Result<(), ServerError> {
    let (major, minor, patch) = NEEDED;
    if client.is_server_compatible(major, minor, patch) {
        return Ok(());
    }
    let found = client.server_info().version;
    Err(ServerError::new(bucket, ServerErrorKind::TooOld { found }))
}

/// Whether `name` is a bucket's.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(is_part)
}

/// What the bucket of `options` is, which is there already.
pub(super) async fn found(client: &Client, options: &Options) -> Result<Info, ServerError> {
    if !is_bucket_name(&options.bucket) {
        let why = "a name has only letters, digits, `-` and `_`".to_owned();
        let kind = ServerErrorKind::Refused { doing: "naming the bucket", why };
        return Err(ServerError::new(&options.bucket, kind));
    }
    let options = Options { create: false, ..options.clone() };
    stream(&jetstream::new(client.clone()), &options).await
}

/// The bucket's stream, which is made if that is asked for; a cluster that has no leader yet, or has
/// just lost a server, is asked again.
async fn stream(context: &jetstream::Context, options: &Options) -> Result<Info, ServerError> {
    let mut attempts = Attempts::new(options, "finding the bucket");
    loop {
        match find(context, options).await {
            Err(Failure { passing: true, error }) => {
                if let Err(unreachable) = attempts.pause(&told(&error)).await {
                    // Where it is only the making that nobody answers, this user may not do it.
                    let is_refused = matches!(
                        error.kind(),
                        ServerErrorKind::Refused { .. } | ServerErrorKind::TooFewServers { .. }
                    );
                    return Err(if is_refused { error } else { unreachable });
                }
            }
            Err(Failure { passing: false, error }) => return Err(error),
            Ok(found) => return Ok(found),
        }
    }
}

/// A bucket was not found or made.
struct Failure {
    /// Whether it may work when tried again.
    passing: bool,
    error: ServerError,
}

/// One attempt at [`stream`].
async fn find(context: &jetstream::Context, options: &Options) -> Result<Info, Failure> {
    let name = format!("KV_{}", options.bucket);
    match context.get_stream(&name).await {
        Ok(found) if found.cached_info().config.allow_atomic_publish || !options.create => {
            Ok(found.cached_info().clone())
        }
        Ok(found) => {
            let config =
                Config { allow_atomic_publish: true, ..found.cached_info().config.clone() };
            let updated = context.update_stream(config).await;
            updated.map_err(|error| not_made("letting the bucket take batches", options, error))
        }
        Err(error) if options.create && is_missing(&error) => {
            let made = context.create_stream(config(name, options)).await;
            let made = made.map_err(|error| not_made("making the bucket", options, error))?;
            Ok(made.cached_info().clone())
        }
        Err(error) => {
            let passing = match error.kind() {
                GetStreamErrorKind::JetStream(error) => is_passing(&error),
                kind => kind == GetStreamErrorKind::Request && !has_no_responders(&error),
            };
            Err(Failure { passing, error: not_found(options, error) })
        }
    }
}

fn not_made(doing: &'static str, options: &Options, error: CreateStreamError) -> Failure {
    let passing = match error.kind() {
        CreateStreamErrorKind::JetStream(error) => is_passing(&error),
        // What was made meanwhile is found by the next attempt.
        kind => kind == CreateStreamErrorKind::TimedOut,
    };
    let why = error.to_string();
    let kind = match error.kind() {
        CreateStreamErrorKind::JetStream(error) if are_too_few(&error) => {
            ServerErrorKind::TooFewServers { wanted: options.replicas, why }
        }
        _ => ServerErrorKind::Refused { doing, why },
    };
    Failure { passing, error: ServerError::caused(&options.bucket, kind, error) }
}

/// Whether a cluster says that it cannot just now: no leader, or a server that it has lost sight of.
fn is_passing(error: &jetstream::Error) -> bool {
    let code = error.error_code();
    code == ErrorCode::CLUSTER_NOT_AVAILABLE
        || code == ErrorCode::CLUSTER_NOT_LEADER
        || code == ErrorCode::CLUSTER_INCOMPLETE
        || code == ErrorCode::CLUSTER_NO_PEERS && error.to_string().contains("offline")
}

/// Whether there are fewer servers than replicas: only one, or a cluster that has no more.
fn are_too_few(error: &jetstream::Error) -> bool {
    let code = error.error_code();
    code == ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED || code == ErrorCode::CLUSTER_NO_PEERS
}

/// What an error says, with its cause.
fn told(error: &ServerError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The stream of a bucket as NATS tools make it, with atomic batches.
fn config(name: String, options: &Options) -> Config {
    Config {
        name,
        subjects: vec![format!("$KV.{}.>", options.bucket)],
        max_messages_per_subject: 1,
        max_messages: -1,
        max_bytes: -1,
        max_message_size: -1,
        discard: DiscardPolicy::New,
        allow_direct: true,
        allow_rollup: true,
        deny_delete: true,
        num_replicas: options.replicas,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

fn is_missing(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// Whether nobody takes requests to JetStream at all.
fn has_no_responders(error: &GetStreamError) -> bool {
    let source = std::error::Error::source(error);
    let request = source.and_then(|source| source.downcast_ref::<RequestError>());
    request.is_some_and(|request| request.kind() == RequestErrorKind::NoResponders)
}

fn not_found(options: &Options, error: GetStreamError) -> ServerError {
    let kind = match error.kind() {
        _ if is_missing(&error) => ServerErrorKind::NoBucket,
        GetStreamErrorKind::JetStream(error)
            if error.error_code() == ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT
                || error.error_code() == ErrorCode::JETSTREAM_NOT_ENABLED =>
        {
            ServerErrorKind::NoJetStream
        }
        _ if has_no_responders(&error) => ServerErrorKind::NoJetStream,
        _ => ServerErrorKind::Unreachable { doing: "finding the bucket" },
    };
    ServerError::caused(&options.bucket, kind, error)
}

/// Whether the stream is as it is asked for.
fn check(found: &Info, options: &Options) -> Result<(), ServerError> {
    let refused = |kind| Err(ServerError::new(&options.bucket, kind));
    if !found.config.allow_atomic_publish {
        return refused(ServerErrorKind::NotAtomic);
    }
    if found.config.num_replicas != options.replicas {
        let (found, wanted) = (found.config.num_replicas, options.replicas);
        return refused(ServerErrorKind::Replicas { found, wanted });
    }
    Ok(())
}
