//! The pods are exactly those that are wanted, an edit touches no other node, and requests are few.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Mount, Resolved, Volume, choose, config_file, container,
    deploy, label,
};
use escadre_interpreter::{Silent, Snapshot};
use escadre_kube::{Kube, Options};

use crate::bed::{Bed, Done, Outcome, apply};
use crate::pods::{Pod, runs, wanted_runs};

const N_SITES: usize = 5;
const N_ROLES: usize = 6;
/// What every node has; one of them is a file.
const N_COMMON: usize = 9;
/// One resource a site, one a role, and those that all have.
const N_RESOURCES: usize = N_SITES + N_ROLES + N_COMMON;
const N_CONFIGURATIONS: usize = N_SITES * N_ROLES;
/// How long the control plane may take to make or end all pods.
const WITHIN: Duration = Duration::from_secs(240);
const LOOK: Duration = Duration::from_millis(250);
/// The lease is taken and ended.
const N_LEASE: usize = 2;
/// Some 5 s pass between two renewals, at a lease of 15 s.
const RENEWAL: Duration = Duration::from_secs(5);

pub(crate) async fn play(n_nodes: usize, n_changed: usize) -> Outcome {
    let inventory = inventory(n_nodes, n_changed)?;
    let (first, second) = (fleet("1").resolve(&inventory)?, fleet("2").resolve(&inventory)?);
    let configurations = configurations(&first);
    println!("{n_nodes} nodes, {N_RESOURCES} resources, {configurations} configurations");
    if (configurations, n_resources(&first)) != (N_CONFIGURATIONS, N_RESOURCES) {
        return Err(format!("{N_CONFIGURATIONS} configurations were meant").into());
    }
    let mut bed = Bed::start(&[], true).await?;
    bed.add_nodes(&inventory).await?;
    let mut target = bed.controller(&Options::default());

    bed.requests()?;
    let done = apply(&mut target, &first, &mut Silent).await?;
    account(&mut bed, &done, &BTreeSet::new(), &first)?;
    let before = settle(&bed, &first).await?;

    let done = apply(&mut target, &second, &mut Silent).await?;
    if done.applied.n_written != n_changed {
        return Err(format!("the edit wrote {} nodes", done.applied.n_written).into());
    }
    account(&mut bed, &done, &objects(&first), &second)?;
    let after = settle(&bed, &second).await?;
    compare(&before, &after, &done)?;
    empty(&mut bed, &mut target, &second).await
}

/// Nodes of 5 sites and 6 roles, all combinations; the first `n_changed` are canaries.
fn inventory(n_nodes: usize, n_changed: usize) -> Outcome<Inventory> {
    let device = |i: usize| {
        let (site, role) = (format!("s{}", i % N_SITES), format!("r{}", i / N_SITES % N_ROLES));
        let batch = if i < n_changed { "canary" } else { "rest" };
        let labels = [("site", site.as_str()), ("role", role.as_str()), ("batch", batch)];
        Facts::of(&format!("node-{i:04}"), labels)
    };
    let devices = (0..n_nodes).map(device).collect::<Result<Vec<_>, _>>()?;
    Ok(Inventory::new(devices, Coverage::Complete)?)
}

/// The fleet, of which the canaries have the version `canary` of one resource.
fn fleet(canary: &str) -> Fleet {
    let of = |name: String, version: &str| container(&name).image(format!("acme/{name}:{version}"));
    let of_label = |key: &'static str, n: usize| {
        (0..n).map(move |i| {
            let value = format!("{}{i}", &key[..1]);
            deploy(of(format!("{key}-{i}"), "1")).restrict(label(key).eq(&value))
        })
    };
    let motd = config_file("motd").path("/etc/motd").text("hello\n");
    let shown = of("common-0".to_owned(), "1").volume("motd", Volume::config_map("motd"));
    let common = (2..N_COMMON - 1).map(|i| deploy(of(format!("common-{i}"), "1")));
    let first = common.chain([
        deploy(motd),
        deploy(shown.mount("/etc/show", Mount::of("motd"))),
        choose(
            label("batch").eq("canary"),
            deploy(of("common-1".to_owned(), canary)),
            deploy(of("common-1".to_owned(), "1")),
        ),
    ]);
    Fleet::union_all(first.chain(of_label("site", N_SITES)).chain(of_label("role", N_ROLES)))
}

/// How many distinct configurations there are.
fn configurations(resolved: &Resolved) -> usize {
    let wanted = Snapshot::wanted(resolved);
    wanted.iter().map(|(_, it)| it.digest()).collect::<BTreeSet<_>>().len()
}

fn n_resources(resolved: &Resolved) -> usize {
    objects(resolved).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len()
}

/// The distinct resources in distinct states: an object each.
fn objects(resolved: &Resolved) -> BTreeSet<(String, String)> {
    let wanted = Snapshot::wanted(resolved);
    let all = wanted.iter().flat_map(|(_, it)| it.resources().iter());
    all.map(|(name, state)| (name.to_string(), state.digest().to_string())).collect()
}

/// Waits until the pods are those that are wanted, exactly, and none twice.
async fn settle(bed: &Bed, resolved: &Resolved) -> Outcome<Vec<Pod>> {
    let wanted = wanted_runs(&Snapshot::wanted(resolved));
    let begin = Instant::now();
    loop {
        // What controllers count is cheap to read: a list of all pods holds them up.
        if bed.n_scheduled().await? != wanted.len() && begin.elapsed() < WITHIN {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let pods = bed.pods().await?;
        let runs = runs(&pods);
        if runs == wanted && pods.len() == wanted.len() {
            println!("  pods: {}, exactly those wanted {:.1?} after", pods.len(), begin.elapsed());
            return Ok(pods);
        }
        if begin.elapsed() > WITHIN {
            let (more, less) = (runs.difference(&wanted), wanted.difference(&runs));
            let (n_more, n_less) = (more.clone().count(), less.clone().count());
            let some = more.chain(less).next();
            let n = pods.len();
            return Err(format!(
                "{n} pods, {n_more} not wanted and {n_less} missing, {some:?} first"
            )
            .into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Tells the requests of an apply: writes are changed nodes, new objects and a constant.
fn account(
    bed: &mut Bed,
    done: &Done,
    old: &BTreeSet<(String, String)>,
    new: &Resolved,
) -> Outcome {
    let requests = bed.requests()?;
    let (n_written, n_read) = requests.n_written_and_read();
    let n_nodes = done.plan.changes().len();
    let n_new = objects(new).difference(old).count();
    let n_deleted = requests.count(&["delete"], &["daemonsets", "configmaps"]);
    let n_lease = requests.count(&["create", "update"], &["leases"]);
    println!(
        "apply: {:.2?}, {n_written} writes = {n_nodes} changed nodes + {n_new} new objects + {n_deleted} deletes + {n_lease} of the lease; {n_read} reads",
        done.took
    );
    let constant = n_written.checked_sub(n_nodes + n_new + n_deleted);
    let bound = N_LEASE + (done.took.as_secs_f64() / RENEWAL.as_secs_f64()).ceil() as usize;
    match constant {
        Some(n) if n <= bound => Ok(()),
        _ => Err(format!("the constant is {constant:?}, not at most {bound}").into()),
    }
}

/// On nodes that the edit does not change, every pod is the one that was there.
fn compare(before: &[Pod], after: &[Pod], done: &Done) -> Outcome {
    let changed: BTreeSet<&str> =
        done.plan.changes().iter().map(|change| change.device.as_str()).collect();
    let others = |pods: &[Pod]| -> BTreeMap<String, Pod> {
        let pods = pods.iter().filter(|pod| !changed.contains(pod.node.as_str()));
        pods.map(|pod| (pod.uid.clone(), pod.clone())).collect()
    };
    let (before_others, after_others) = (others(before), others(after));
    let uids: BTreeSet<&str> = before.iter().map(|pod| pod.uid.as_str()).collect();
    let n_new = after.iter().filter(|pod| !uids.contains(pod.uid.as_str())).count();
    println!(
        "  pods of the {} changed nodes that are new: {n_new}; pods of other nodes: {}, with another uid: {}",
        changed.len(),
        before_others.len(),
        before_others.keys().filter(|uid| !after_others.contains_key(*uid)).count()
    );
    if before_others != after_others {
        return Err("pods of nodes that the edit does not change were touched".into());
    }
    if n_new == changed.len() { Ok(()) } else { Err("one pod a changed node was meant".into()) }
}

/// Applying again writes nothing.
async fn empty(bed: &mut Bed, target: &mut Kube, resolved: &Resolved) -> Outcome {
    bed.requests()?;
    let done = apply(target, resolved, &mut Silent).await?;
    let (n_written, n_read) = bed.requests()?.n_written_and_read();
    println!("again: {} changes, {n_written} writes, {n_read} reads", done.plan.changes().len());
    if n_written == 0 { Ok(()) } else { Err("an apply without changes wrote".into()) }
}
