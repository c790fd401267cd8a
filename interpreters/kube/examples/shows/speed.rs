//! How fast nodes are written, beside what a plain client does on the same connection; how much
//! memory that takes; and what happens where the API server lets few requests in.
//!
//! *Raw writes* are a JSON patch a node that adds one label where a `test` finds the node to be the one that was
//! meant, with as many in flight, and the same answer asked for: the metadata.
//! Nothing but etcd and the API server runs, so that nobody who watches nodes takes part.

use std::time::{Duration, Instant};

use escadre_algebra::{Coverage, Facts, Inventory, Resolved, container, deploy};
use escadre_interpreter::{Interpreter, Progress, Silent};
use escadre_kube::{Kube, Options};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Method, Request};
use kube::Client;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, Outcome, apply, held};

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// How often each of the two is done, in turn, either first as often as the other.
const N_ROUNDS: usize = 8;
/// What planning and applying may take a node at the peak: what is held of it, its change and its
/// patch are some 1 KiB; twice that is room for what the allocator keeps.
const MAX_BYTES: f64 = 2048.0;
/// What the requests in flight, the connections and the pages of lists take, however many nodes there are.
const BASE: u64 = 8 << 20;
/// The API server that lets few in: it answers 429 at once, where priority and fairness would let
/// requests wait.
const FEW: [&str; 3] = [
    "--enable-priority-and-fairness=false",
    "--max-requests-inflight=8",
    "--max-mutating-requests-inflight=4",
];

pub(crate) async fn play(n_nodes: usize) -> Outcome {
    let resolved =
        (0..=N_ROUNDS).map(|v| resolved(n_nodes, v)).collect::<Outcome<Vec<Resolved>>>()?;
    let bed = Bed::start(&[], false).await?;
    if let Some(first) = resolved.first() {
        bed.add_nodes(first.inventory()).await?;
    }
    let usual = rates(&bed, &resolved).await?;
    drop(bed);
    throttled(&resolved, n_nodes, usual).await
}

/// The nodes, each with another image in each version.
fn resolved(n_nodes: usize, version: usize) -> Outcome<Resolved> {
    let devices = (0..n_nodes).map(|i| Facts::of(&format!("node-{i:05}"), []));
    let inventory = Inventory::new(devices.collect::<Result<Vec<_>, _>>()?, Coverage::Complete)?;
    let fleet = deploy(container("recorder").image(format!("acme/recorder:{version}")));
    Ok(fleet.resolve(&inventory)?)
}

/// Nodes a second, raw and by apply, in turn; how long an apply takes.
async fn rates(bed: &Bed, resolved: &[Resolved]) -> Outcome<Duration> {
    let [first, rest @ ..] = resolved else { return Err("there are no versions".into()) };
    let n_nodes = first.inventory().len();
    let mut target = bed.controller(&Options::default());
    let n_in_flight = Options::default().n_in_flight;
    let before = peak()?;
    apply(&mut target, first, &mut Silent).await?;
    let uids = uids(bed, n_nodes).await?;
    let (mut raw, mut applied, mut observed) = (Vec::new(), Vec::new(), Vec::new());
    for (round, resolved) in rest.iter().enumerate() {
        let is_raw_first = round % 2 == 0;
        if is_raw_first {
            raw.push(raw_write(&bed.user, &uids, n_in_flight, round).await?);
        }
        let begin = Instant::now();
        held(&mut target).await?;
        observed.push(begin.elapsed());
        let done = apply(&mut target, resolved, &mut Silent).await?;
        if done.applied.n_written != n_nodes || !done.applied.failed.is_empty() {
            return Err(format!("an apply wrote {} nodes", done.applied.n_written).into());
        }
        applied.push(done.took);
        if !is_raw_first {
            raw.push(raw_write(&bed.user, &uids, n_in_flight, round).await?);
        }
        println!("round {round}: raw {:.2?}, apply {:.2?}", raw[round], done.took);
    }
    let per_second = |took: Duration| n_nodes as f64 / took.as_secs_f64();
    // Of rounds side by side: a server that is slow for a while is slow for both.
    let mut ratios: Vec<f64> =
        raw.iter().zip(&applied).map(|(raw, of)| raw.as_secs_f64() / of.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let (low, high) = (ratios[(N_ROUNDS - 1) / 2], ratios[N_ROUNDS / 2]);
    let (ratio, took) = ((low + high) / 2.0, median(applied));
    println!("  nodes   apply/s    raw/s  observe/s  ratio (least, median, most)");
    println!(
        "{n_nodes:>7} {:>9.0} {:>8.0} {:>10.0}  {:.2} {ratio:.2} {:.2}",
        per_second(took),
        per_second(median(raw)),
        per_second(median(observed)),
        ratios[0],
        ratios[N_ROUNDS - 1],
    );
    memory(n_nodes, before, peak()?)?;
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    let at = times.len() / 2;
    let (low, high) = (times.get((times.len() - 1) / 2), times.get(at));
    (low.copied().unwrap_or_default() + high.copied().unwrap_or_default()) / 2
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    name: String,
    uid: String,
}

/// The nodes and their uids.
async fn uids(bed: &Bed, n_nodes: usize) -> Outcome<Vec<(String, String)>> {
    let list: List = bed.ask(Method::GET, "/api/v1/nodes", &Json::Null).await?;
    let uids: Vec<_> =
        list.items.into_iter().map(|it| (it.metadata.name, it.metadata.uid)).collect();
    if uids.len() == n_nodes {
        Ok(uids)
    } else {
        Err("the nodes are not those that were made".into())
    }
}

/// Adds a label to each node; how long that took.
async fn raw_write(
    client: &Client,
    uids: &[(String, String)],
    n_in_flight: usize,
    round: usize,
) -> Outcome<Duration> {
    let begin = Instant::now();
    let mut writing = Vec::with_capacity(uids.len());
    for (name, uid) in uids {
        writing.push(async move {
            let patch = json!([
                {"op": "test", "path": "/metadata/uid", "value": uid},
                {"op": "add", "path": "/metadata/labels/raw", "value": round.to_string()},
            ]);
            let request = Request::builder()
                .method(Method::PATCH)
                .uri(format!("/api/v1/nodes/{name}?fieldManager=raw"))
                .header("Accept", METADATA)
                .header("Content-Type", "application/json-patch+json")
                .body(patch.to_string().into_bytes())?;
            client.request::<Item>(request).await.map_err(Into::into)
        });
    }
    let writing = stream::iter(writing).buffer_unordered(n_in_flight);
    writing.try_for_each(async |_| Outcome::Ok(())).await?;
    Ok(begin.elapsed())
}

/// The peak of this process's memory, in bytes.
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("there is no VmHWM")?;
    Ok(kib.parse::<u64>()? << 10)
}

fn memory(n_nodes: usize, before: u64, after: u64) -> Outcome {
    let grown = after.saturating_sub(before);
    let a_node = grown.saturating_sub(BASE) as f64 / n_nodes as f64;
    println!(
        "memory: {} MiB at the peak, {} MiB before; {:.0} bytes a node, {a_node:.0} without {} MiB for requests and pages",
        after >> 20,
        before >> 20,
        grown as f64 / n_nodes as f64,
        BASE >> 20,
    );
    if a_node <= MAX_BYTES {
        Ok(())
    } else {
        Err(format!("more than {MAX_BYTES} bytes a node").into())
    }
}

/// Notes, as they are told.
#[derive(Default)]
struct Notes(Vec<String>);

impl Progress for Notes {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, _: usize) {}
    fn note(&mut self, message: &str) {
        self.0.push(message.to_owned());
    }
}

/// An API server that lets few requests in: it takes longer, and ends the same.
async fn throttled(resolved: &[Resolved], n_nodes: usize, usual: Duration) -> Outcome {
    let (Some(first), Some(second)) = (resolved.first(), resolved.get(1)) else {
        return Err("there are no versions".into());
    };
    let mut bed = Bed::start(&FEW, false).await?;
    bed.add_nodes(first.inventory()).await?;
    let mut target: Kube = bed.controller(&Options::default());
    let mut notes = Notes::default();
    apply(&mut target, first, &mut Silent).await?;
    bed.requests()?;
    let done = apply(&mut target, second, &mut notes).await?;
    let n_patches = bed.requests()?.count(&["patch"], &["nodes"]);
    let n_retried = n_patches.saturating_sub(n_nodes);
    println!(
        "throttled: {:.2?} instead of {usual:.2?}, {n_retried} patches tried again, {} notes, such as: {}",
        done.took,
        notes.0.len(),
        notes.0.first().map_or("none", String::as_str)
    );
    let again = target.observe().await?;
    let plan = target.plan(second, &target.lift(&again.state)?, &again.revision);
    match (plan.is_empty() && done.took > usual, n_retried, notes.0.is_empty()) {
        (true, 1.., false) => Ok(()),
        _ => Err(
            "it did not end the same, was no slower, nothing was tried again, or nothing was told"
                .into(),
        ),
    }
}
