//! How fast fleets are written and read, beside what the same connection does without this crate:
//! `cargo xtask show nats 3` runs it.
//!
//! *Raw writes* are the same number of keys with values as long and the same headers: batches that are
//! stored all or not at all under the fence, as many at once. *Single writes*, for comparison, are
//! conditional on the fence each, with 1 024 acknowledgements awaited. *Raw reads* pull the last value of
//! each key of the same bucket, and look at none.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::collections::VecDeque;
use std::future::IntoFuture;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::{self, stream};
use async_nats::{Client, HeaderMap, Request};
use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resolved, Resource, deploy};
use escadre_interpreter::{Consent, Interpreter, Silent};
use escadre_nats::{Nats, Options};
use escadre_testbed::NatsServer;
use futures_util::StreamExt;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The bucket of the usual [`Options`].
const BUCKET: &str = "desired-state";
/// How many resources a device has; its manifest is one more key.
const N_RESOURCES: usize = 3;
/// About as long as what is written for a resource or a manifest.
const N_BYTES: usize = 300;
/// How many messages a batch has: the server takes no more.
const N_BATCH: usize = 1_000;
/// How many acknowledgements are awaited at once.
const N_AWAITED: usize = 1_024;
/// How many keys are written and read of each size, in all rounds, and in how many at least.
const N_KEYS: usize = 300_000;
const N_ROUNDS: usize = 5;
/// How many entries are pulled at once.
const N_PULLED: usize = 5_000;

/// The one that the program `escadre` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(play(&sizes))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn play(sizes: &[usize]) -> Outcome {
    println!("   keys   write/s   raw/s  ratio  single/s  ratio    read/s   raw/s  ratio");
    for &n_keys in sizes {
        let server = NatsServer::start()?;
        let client = async_nats::connect(server.url()).await?;
        // In turn, since what else the machine does slows down all; a short one is measured more often.
        let mut took: [Vec<Duration>; 5] = std::array::from_fn(|_| Vec::new());
        let mut bucket = Nats::open(client.clone(), Options::default()).await?;
        // What is built for tests is slow, and its figures are a look at the script.
        let n_more = if cfg!(debug_assertions) { 0 } else { N_KEYS / n_keys };
        for round in 0..n_more.max(N_ROUNDS) {
            let (write, n_written) = write(&mut bucket, n_keys, round).await?;
            let read = read(&mut bucket).await?;
            let raw_write = raw_write(&client, n_written, round).await?;
            let single_write = single_write(&client, n_written, round).await?;
            let raw_read = raw_read(&client, n_written).await?;
            let round = [write, raw_write, single_write, read, raw_read];
            took.iter_mut().zip(round).for_each(|(took, this)| took.push(this));
        }
        let [write, raw_write, single_write, read, raw_read] = &took;
        let per_second = |took: &[Duration]| {
            n_keys as f64 / middle(took.iter().map(Duration::as_secs_f64).collect())
        };
        println!(
            "{n_keys:>7} {:>9.0} {:>7.0} {:>6.2} {:>9.0} {:>6.2} {:>9.0} {:>7.0} {:>6.2}",
            per_second(write),
            per_second(raw_write),
            speed(write, raw_write),
            per_second(single_write),
            speed(write, single_write),
            per_second(read),
            per_second(raw_read),
            speed(read, raw_read),
        );
    }
    Ok(())
}

/// How fast `ours` is to `raw`: the middle of what it is in each round, so that a round that was
/// disturbed counts as one.
fn speed(ours: &[Duration], raw: &[Duration]) -> f64 {
    let rounds = ours.iter().zip(raw);
    middle(rounds.map(|(ours, raw)| raw.as_secs_f64() / ours.as_secs_f64()).collect())
}

fn middle(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Applies another version to all devices; how long that took, and how many keys it wrote.
async fn write(bucket: &mut Nats, n_keys: usize, version: usize) -> Outcome<(Duration, usize)> {
    let resolved = resolved(n_keys / (N_RESOURCES + 1), version)?;
    let seen = bucket.observe().await?;
    let plan = bucket.plan(&resolved, &bucket.lift(&seen.state)?, &seen.revision);
    let objects = bucket.lower(&resolved)?;
    let begin = Instant::now();
    let applied = bucket.apply(&plan, &objects, &Consent::default(), false, &mut Silent).await?;
    Ok((begin.elapsed(), applied.n_written * (N_RESOURCES + 1)))
}

async fn read(bucket: &mut Nats) -> Outcome<Duration> {
    let begin = Instant::now();
    bucket.observe().await?;
    Ok(begin.elapsed())
}

/// Each device has texts of its own.
fn resolved(n_devices: usize, version: usize) -> Outcome<Resolved> {
    let devices = (0..n_devices).map(|i| Facts::of(&format!("device-{i:06}"), []));
    let inventory = Inventory::new(devices.collect::<Result<Vec<_>, _>>()?, Coverage::Complete)?;
    let text = format!("{version} {}", "x".repeat(N_BYTES - 40));
    let resource = |i: usize| {
        let named = Resource::new(&format!("r{i}")).set("text", text.clone());
        deploy(named.set("device", escadre_algebra::device_id()))
    };
    Ok(Fleet::union_all((0..N_RESOURCES).map(resource)).resolve(&inventory)?)
}

/// The bucket of what is raw, and the sequence of its fence.
async fn raw_bucket(client: &Client) -> Outcome<(jetstream::Context, u64)> {
    let context = jetstream::new(client.clone());
    let config = stream::Config {
        name: "KV_raw".to_owned(),
        subjects: vec!["$KV.raw.>".to_owned()],
        max_messages_per_subject: 1,
        allow_direct: true,
        allow_atomic_publish: true,
        ..stream::Config::default()
    };
    context.get_or_create_stream(config).await?;
    let fence = context.publish("$KV.raw._fence", "".into()).await?.await?.sequence;
    Ok((context, fence))
}

fn raw_subject(i: usize) -> String {
    let (device, key) = (i / (N_RESOURCES + 1), i % (N_RESOURCES + 1));
    format!("$KV.raw.device-{device:06}.r{key}")
}

async fn raw_write(client: &Client, n_keys: usize, round: usize) -> Outcome<Duration> {
    let (_, fence) = raw_bucket(client).await?;
    let value = bytes::Bytes::from(round.to_string().repeat(N_BYTES));
    let begin = Instant::now();
    let keys: Vec<usize> = (0..n_keys).collect();
    let batches = keys.chunks(N_BATCH).enumerate();
    let batches = batches.map(|(number, keys)| raw_batch(client, fence, number, keys, &value));
    let mut stored = futures_util::stream::iter(batches).buffered(Options::default().window);
    while let Some(stored) = stored.next().await {
        stored?;
    }
    Ok(begin.elapsed())
}

async fn raw_batch(
    client: &Client,
    fence: u64,
    number: usize,
    keys: &[usize],
    value: &bytes::Bytes,
) -> Outcome {
    let id = format!("{}-{number}", client.new_inbox().rsplit('.').next().unwrap_or_default());
    for (at, &i) in keys.iter().enumerate() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Batch-Id", id.as_str());
        headers.insert("Nats-Batch-Sequence", (at + 1).to_string());
        if at == 0 {
            headers.insert("Nats-Expected-Last-Subject-Sequence", fence.to_string());
            headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", "$KV.raw._fence");
        }
        if at + 1 < keys.len() {
            client.publish_with_headers(raw_subject(i), headers, value.clone()).await?;
        } else {
            headers.insert("Nats-Batch-Commit", "1");
            let request = Request::new().headers(headers).payload(value.clone());
            let answer = client.send_request(raw_subject(i), request).await?;
            if answer.payload.windows(7).any(|part| part == b"\"error\"") {
                return Err(String::from_utf8_lossy(&answer.payload).into());
            }
        }
    }
    Ok(())
}

async fn single_write(client: &Client, n_keys: usize, round: usize) -> Outcome<Duration> {
    let (context, fence) = raw_bucket(client).await?;
    let value = bytes::Bytes::from(round.to_string().repeat(N_BYTES));
    let begin = Instant::now();
    let mut awaited = VecDeque::with_capacity(N_AWAITED);
    for i in 0..n_keys {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", fence.to_string());
        headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", "$KV.raw._fence");
        if awaited.len() == N_AWAITED
            && let Some(first) = awaited.pop_front()
        {
            IntoFuture::into_future(first).await?;
        }
        awaited
            .push_back(context.publish_with_headers(raw_subject(i), headers, value.clone()).await?);
    }
    for last in awaited {
        last.await?;
    }
    Ok(begin.elapsed())
}

async fn raw_read(client: &Client, n_keys: usize) -> Outcome<Duration> {
    let stream = jetstream::new(client.clone()).get_stream_no_info(format!("KV_{BUCKET}")).await?;
    let begin = Instant::now();
    let config = pull::Config {
        deliver_policy: DeliverPolicy::LastPerSubject,
        ack_policy: AckPolicy::None,
        filter_subject: format!("$KV.{BUCKET}.>"),
        memory_storage: true,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let mut n_read = 0;
    while n_read < n_keys {
        let mut messages = consumer.fetch().max_messages(N_PULLED).messages().await?;
        while let Some(message) = messages.next().await {
            message.map_err(|error| error.to_string())?;
            n_read += 1;
        }
    }
    let took = begin.elapsed();
    // The server would tell it of every write.
    stream.delete_consumer(&consumer.cached_info().name).await?;
    Ok(took)
}
