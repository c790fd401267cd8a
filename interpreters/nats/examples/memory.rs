//! How much memory reading and writing a bucket takes, in bytes a key: `cargo xtask show nats 3` runs it.
//!
//! Each row is a process of its own, which observes a bucket that another filled, five times, and then applies a
//! change to all of its devices. *Contents* are parts of large files, which a controller reads past: what they take
//! is what is on its way at once.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::process::{Command, ExitCode};

use async_nats::Client;
use escadre_algebra::{Coverage, Digest, Facts, Fleet, Inventory, Resolved, Resource, deploy};
use escadre_interpreter::{Consent, Interpreter, Silent};
use escadre_nats::{Nats, Options};
use escadre_testbed::NatsServer;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// How many resources a device has; its manifest is one more key.
const N_RESOURCES: usize = 3;
/// How often the bucket is observed.
const N_ROUNDS: usize = 5;
/// The parts of contents that are read past, and the bytes of each.
const CONTENTS: (usize, usize) = (800, 500_000);
/// By how much a larger bucket may take more a key than a smaller, and the last round more than the first.
const MAX_GROWTH: f64 = 1.15;
/// How many bytes more all the same: what is on its way, and what an allocator keeps.
const SLACK: f64 = 64.0 * 1_048_576.0;
/// How many MiB more than an empty bucket reading past contents may take.
const MAX_CONTENTS: f64 = 96.0;

/// The one that the program `escadre` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|runtime| match &arguments[..] {
        [url, n_devices] if url.starts_with("nats://") => {
            runtime.block_on(measured(url, n_devices.parse()?))
        }
        sizes => {
            let sizes: Result<Vec<usize>, _> = sizes.iter().map(|n| n.parse()).collect();
            runtime.block_on(play(&sizes?))
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a process told of itself, in bytes: its peak before it read anything, after the first look, after the last,
/// and after it wrote.
type Peaks = [f64; 4];

async fn play(sizes: &[usize]) -> Outcome {
    println!("     keys  observed, B/key  five times, B/key  written, B/key");
    let mut rows = Vec::new();
    for &n_keys in sizes {
        let server = NatsServer::start()?;
        let n_devices = n_keys / (N_RESOURCES + 1);
        let mut bucket =
            Nats::open(async_nats::connect(server.url()).await?, Options::default()).await?;
        apply(&mut bucket, &resolved(n_devices, 0)?).await?;
        let [none, first, last, written] = child(&server.url(), n_devices)?;
        let each = |peak: f64| (peak - none) / n_keys as f64;
        let row = [each(first), each(last), each(written)];
        println!("{n_keys:>9} {:>16.0} {:>18.0} {:>15.0}", row[0], row[1], row[2]);
        rows.push((n_keys, row));
    }
    let mut short = Vec::new();
    for (n_keys, [first, last, _]) in &rows {
        if *last > first * MAX_GROWTH + SLACK / *n_keys as f64 {
            short.push(format!(
                "{n_keys} keys: {last:.0} B a key after {N_ROUNDS} looks, {first:.0} after one"
            ));
        }
    }
    for pair in rows.windows(2) {
        let [(less, few), (more, many)] = pair else { continue };
        for (what, at) in [("observing", 0), ("writing", 2)] {
            if many[at] > few[at] * MAX_GROWTH + SLACK / *more as f64 {
                short.push(format!(
                    "{what} {more} keys: {:.0} B a key, of {less} {:.0}",
                    many[at], few[at]
                ));
            }
        }
    }
    let (read, mib) = past_contents().await?;
    println!("contents of {read:.0} MiB, read past: {mib:.0} MiB more than a bucket without");
    if mib > MAX_CONTENTS {
        short.push(format!("contents: {mib:.0} MiB more, not {MAX_CONTENTS}"));
    }
    if short.is_empty() { Ok(()) } else { Err(short.join("\n").into()) }
}

/// How many MiB contents are, and take.
async fn past_contents() -> Outcome<(f64, f64)> {
    let (n_parts, n_bytes) = CONTENTS;
    let server = NatsServer::start()?;
    let client = async_nats::connect(server.url()).await?;
    let mut bucket = Nats::open(client.clone(), Options::default()).await?;
    apply(&mut bucket, &resolved(10, 0)?).await?;
    let [none, before, ..] = child(&server.url(), 10)?;
    put_parts(&client, n_parts, n_bytes).await?;
    let [without, first, ..] = child(&server.url(), 10)?;
    let more = (first - without) - (before - none);
    Ok(((n_parts * n_bytes) as f64 / 1_048_576.0, more / 1_048_576.0))
}

async fn put_parts(client: &Client, n_parts: usize, n_bytes: usize) -> Outcome {
    let digest = Digest::of(b"a large file").to_string().replace("sha256:", "");
    let context = async_nats::jetstream::new(client.clone());
    for i in 0..n_parts {
        let part = vec![u8::try_from(i % 251)?; n_bytes];
        let subject = format!("$KV.desired-state._content.{digest}.{i}");
        context.publish(subject, part.into()).await?.await?;
    }
    Ok(())
}

/// What another process that looks at `n_devices` tells.
fn child(url: &str, n_devices: usize) -> Outcome<Peaks> {
    let this = std::env::current_exe()?;
    let output = Command::new(this).args([url, &n_devices.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let peaks: Vec<f64> = said.split_whitespace().filter_map(|peak| peak.parse().ok()).collect();
    peaks.try_into().map_err(|_| format!("it told no peaks: {said}").into())
}

/// Observes and writes the bucket on `url`, and prints its peaks.
async fn measured(url: &str, n_devices: usize) -> Outcome {
    let mut bucket = Nats::open(async_nats::connect(url).await?, Options::default()).await?;
    let mut peaks = vec![peak()?];
    for round in 0..N_ROUNDS {
        bucket.observe().await?;
        if round == 0 || round + 1 == N_ROUNDS {
            peaks.push(peak()?);
        }
    }
    apply(&mut bucket, &resolved(n_devices, 1)?).await?;
    peaks.push(peak()?);
    let peaks: Vec<String> = peaks.iter().map(u64::to_string).collect();
    println!("{}", peaks.join(" "));
    Ok(())
}

/// The most memory that this process ever had, in bytes.
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("there is no VmHWM")?;
    Ok(kib.parse::<u64>()? * 1024)
}

async fn apply(bucket: &mut Nats, resolved: &Resolved) -> Outcome {
    let seen = bucket.observe().await?;
    let plan = bucket.plan(resolved, &bucket.lift(&seen.state)?, &seen.revision);
    let objects = bucket.lower(resolved)?;
    bucket.apply(&plan, &objects, &Consent::default(), false, &mut Silent).await?;
    Ok(())
}

/// Each device has texts of its own.
fn resolved(n_devices: usize, version: usize) -> Outcome<Resolved> {
    let devices = (0..n_devices).map(|i| Facts::of(&format!("device-{i:06}"), []));
    let inventory = Inventory::new(devices.collect::<Result<Vec<_>, _>>()?, Coverage::Complete)?;
    let resource = |i: usize| {
        let named = Resource::new(&format!("r{i}")).set("version", version.to_string());
        deploy(named.set("device", escadre_algebra::device_id()))
    };
    Ok(Fleet::union_all((0..N_RESOURCES).map(resource)).resolve(&inventory)?)
}
