//! The demonstration agent, killed after each of its changes to the folder: what is in place is one whole
//! configuration at every one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use escadre_algebra::{DeviceId, Fleet, Resource, config_file, deploy};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Nats, make_report_buckets};
use escadre_testbed::NatsServer;

use crate::agent::{agent, tree};
use crate::support::{client, inventory, open, resolve, run, turn};

/// How long one run of the agent may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// The bytes of the file of `version`.
fn content(version: usize) -> Vec<u8> {
    format!("{version:06}").repeat(150_000).into_bytes()
}

/// Files of each kind, all of one version: a text, a content of several parts, none, and a resource.
fn files(version: usize) -> Fleet {
    let parts = (0..3).map(|i| {
        let name = format!("part-{i}");
        deploy(config_file(&name).path(format!("/etc/parts/{i}")).text(format!("{version}")))
    });
    deploy(config_file("model").path("/var/model").content(content(version)))
        | deploy(Resource::new("release").set("version", version.to_string()))
        | Fleet::union_all(parts)
}

type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// The device's folder.
struct Folder(PathBuf);

impl Folder {
    fn current(&self) -> Option<Tree> {
        let current = self.0.join("current");
        current.exists().then(|| tree(&current))
    }

    /// The name of the tree that is in place.
    fn target(&self) -> Option<PathBuf> {
        fs::read_link(self.0.join("current")).ok()
    }

    /// How many changes were made since the tree `old`, which had `n_old` entries, was alone: each entry that is
    /// new, each that has bytes, the link that was made, that it was put into place, each old entry that is gone.
    fn n_changes(&self, old: &Path, n_old: usize) -> usize {
        let switched = self.target().is_some_and(|target| target != old);
        let linked = switched || self.0.join("next").symlink_metadata().is_ok();
        let (mut n_made, mut n_left) = (0, 0);
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.file_name() {
                Some(name) if name == old => n_left += entries(&path).0,
                Some(name) if name == "current" || name == "next" => {}
                _ => {
                    let (n_entries, n_written) = entries(&path);
                    n_made += n_entries + n_written;
                }
            }
        }
        n_made + usize::from(linked) + usize::from(switched) + n_old.saturating_sub(n_left)
    }
}

/// How many entries there are below `path` and itself, and how many files of them have bytes; they may go meanwhile.
fn entries(path: &Path) -> (usize, usize) {
    let Ok(found) = path.symlink_metadata() else { return (0, 0) };
    if !found.is_dir() {
        return (1, usize::from(found.len() > 0));
    }
    let inner = fs::read_dir(path).into_iter().flatten().flatten();
    inner.map(|entry| entries(&entry.path())).fold((1, 0), |(n, m), (a, b)| (n + a, m + b))
}

/// Runs of the agent for one device.
struct Runs {
    url: String,
    folder: Folder,
}

impl Runs {
    fn start(&self, more: &[&str]) -> Child {
        let mut command = Command::new(agent());
        command.args([&*self.url, "d001", self.folder.0.to_str().unwrap()]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Kills a run as soon as it has made `at` changes, or all of them; how many it had made then.
    fn kill_at(&self, at: usize, old: &Path, n_old: usize) -> usize {
        let mut run = self.start(&["--once"]);
        let end = Instant::now() + DEADLINE;
        while self.folder.n_changes(old, n_old) < at && run.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the agent makes no change after {at}");
        }
        run.kill().unwrap();
        run.wait().unwrap();
        self.folder.n_changes(old, n_old)
    }

    /// Lets a run end; the tree that is in place then, and nothing beside it.
    fn end(&self) -> Tree {
        assert!(self.start(&["--once"]).wait().unwrap().success());
        assert_eq!(fs::read_dir(&self.folder.0).unwrap().count(), 2);
        self.folder.current().unwrap()
    }
}

async fn wants(target: &mut Nats, version: usize) {
    turn(target, &resolve(&files(version), &inventory(2))).await.unwrap();
}

#[test]
fn an_agent_killed_after_each_of_its_changes_leaves_the_old_or_the_new_configuration_whole() {
    let server = NatsServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let folder = Folder(scratch.path().join("device"));
    let runs = Runs { url: server.url(), folder };
    run(async {
        let mut target = open(&server.url(), "desired-state").await;
        let ours = client(&server.url()).await;
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        wants(&mut target, 0).await;
        target.admit(&[DeviceId::parse("d001").unwrap()]).await.unwrap();
        let mut before = runs.end();
        assert_eq!(before.len(), 5);
        let (mut killed_at, mut n_old_left, mut n_new_left) = (BTreeSet::new(), 0, 0);
        // Twice through all of them: a kill comes a little later than the change that it follows.
        let n_old = entries(&runs.folder.0.join(runs.folder.target().unwrap())).0;
        // What is made, then the link and its place, then what is removed.
        let n_all = n_old + before.len() + 2 + n_old;
        for version in 1..=2 * n_all {
            wants(&mut target, version).await;
            let old = runs.folder.target().unwrap();
            let made = runs.kill_at((version - 1) % n_all + 1, &old, n_old);
            let left = runs.folder.current().unwrap();
            let has_switched = runs.folder.target().unwrap() != old;
            let after = runs.end();
            let whole = if has_switched { &after } else { &before };
            assert!(left == *whole, "after {made} of {n_all} changes (version {version})");
            assert_eq!(after[Path::new("etc/parts/2")], version.to_string().into_bytes());
            assert!(after != before && after.len() == before.len());
            assert_eq!(after[Path::new("var/model")], content(version));
            killed_at.insert(made);
            n_old_left += usize::from(!has_switched);
            n_new_left += usize::from(has_switched);
            before = after;
        }
        println!("kills of an agent: {}, at {} of {n_all} changes", 2 * n_all, killed_at.len());
        println!("left whole: {n_old_left} old, {n_new_left} new configurations");
        assert!(n_old_left > 0 && n_new_left > 0 && killed_at.len() >= n_all / 3, "{killed_at:?}");
    });
}

#[test]
fn an_agent_killed_while_its_device_leaves_leaves_the_configuration_whole_or_none() {
    let server = NatsServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let runs = Runs { url: server.url(), folder: Folder(scratch.path().join("device")) };
    run(async {
        let mut target = open(&server.url(), "desired-state").await;
        let ours = client(&server.url()).await;
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        for at in 1..=8 {
            wants(&mut target, at).await;
            target.admit(&[DeviceId::parse("d001").unwrap()]).await.unwrap();
            let before = runs.end();
            let old = runs.folder.target().unwrap();
            let n_old = entries(&runs.folder.0.join(&old)).0;
            turn(&mut target, &resolve(&files(at), &inventory(1))).await.unwrap();
            runs.kill_at(at, &old, n_old);
            let left = runs.folder.current();
            assert!(left.is_none_or(|left| left == before), "after {at} changes");
        }
    });
}
