//! The demonstration agent, as a process: a folder has one whole configuration, however it is killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use escadre_algebra::{DeviceId, Fleet, Resource, config_file, deploy, label, text};
use escadre_interpreter::Interpreter;
use escadre_nats::permissions::Buckets;
use escadre_nats::status::Standing;
use escadre_nats::{Nats, make_report_buckets};
use escadre_testbed::NatsServer;

use crate::support::{client, inventory, open, resolve, run, turn};

/// The agent, which `cargo test` builds before it runs this.
pub(crate) fn agent() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let path = program.parent().and_then(Path::parent).unwrap().join("examples/agent");
    assert!(
        path.is_file(),
        "{} is missing: `cargo build -p escadre-nats --examples`",
        path.display()
    );
    path
}

/// Files of each kind, all of one version.
fn files(version: usize) -> Fleet {
    let content = format!("{version}").repeat(200_000);
    let motd = config_file("motd").path("/etc/motd").mode(0o640).text(text("of ") + label("site"));
    let model = config_file("model").path("/var/model").content(content);
    let many = (0..20).map(|i| {
        let name = format!("part-{i:02}");
        deploy(config_file(&name).path(format!("/etc/parts/{i:02}")).text(format!("{version}")))
    });
    deploy(motd)
        | deploy(model)
        | deploy(Resource::new("release").set("version", version.to_string()))
        | Fleet::union_all(many)
}

/// All files below `folder`.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    found
        .into_iter()
        .map(|(path, bytes)| (path.strip_prefix(folder).unwrap().into(), bytes))
        .collect()
}

async fn count(target: &mut Nats, standing: Standing) -> usize {
    let world = target.observe().await.unwrap().state;
    target.status(&world, &Buckets::default()).await.unwrap().count(standing)
}

#[test]
fn a_killed_agent_leaves_one_whole_configuration_and_goes_on_from_it() {
    let server = NatsServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("device");
    let start = |more: &[&str]| {
        let mut command = Command::new(agent());
        command.args([&*server.url(), "d001", folder.to_str().unwrap()]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    run(async {
        let mut target = open(&server.url(), "desired-state").await;
        let ours = client(&server.url()).await;
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        let mut trees: Vec<BTreeMap<PathBuf, Vec<u8>>> = Vec::new();
        for version in 1..=8_u64 {
            let resolved = resolve(&files(usize::try_from(version).unwrap()), &inventory(2));
            turn(&mut target, &resolved).await.unwrap();
            target.admit(&[DeviceId::parse("d001").unwrap()]).await.unwrap();
            // Killed somewhere on its way, it leaves the tree that was there before, or the new one.
            let mut killed = start(&[]);
            std::thread::park_timeout(Duration::from_millis(version * 6));
            killed.kill().unwrap();
            killed.wait().unwrap();
            let left = folder.join("current").exists().then(|| tree(&folder.join("current")));
            assert!(start(&["--once"]).wait().unwrap().success());
            let now = tree(&folder.join("current"));
            let is_whole = |left: &BTreeMap<_, _>| *left == now || trees.last() == Some(left);
            assert!(left.as_ref().is_none_or(is_whole), "version {version}");
            assert_eq!(now.len(), 23);
            assert_eq!(now[Path::new("etc/motd")], b"of b");
            assert_eq!(now[Path::new("var/model")].len(), 200_000);
            trees.push(now);
            assert_eq!(count(&mut target, Standing::UpToDate).await, 1);
        }
        // Only the tree that is in place is left, also where a run was killed before it tidied up;
        // and a device that leaves has none.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::create_dir_all(folder.join("1/etc")).unwrap();
        std::os::unix::fs::symlink("1", folder.join("next")).unwrap();
        assert!(start(&["--once"]).wait().unwrap().success());
        assert_eq!(tree(&folder.join("current")), trees[7]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        turn(&mut target, &resolve(&files(9), &inventory(1))).await.unwrap();
        let mut last = start(&[]);
        let end = Instant::now() + Duration::from_secs(20);
        while folder.join("current").exists() {
            assert!(Instant::now() < end, "the tree of a device that left is still there");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        last.kill().unwrap();
        last.wait().unwrap();
    });
}

#[test]
fn a_path_that_leads_out_of_the_folder_is_reported_and_not_written() {
    let server = NatsServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("device");
    run(async {
        let mut target = open(&server.url(), "desired-state").await;
        let ours = client(&server.url()).await;
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        let outside = config_file("evil").path("/../../outside").text("x");
        turn(&mut target, &resolve(&deploy(outside), &inventory(2))).await.unwrap();
        target.admit(&[DeviceId::parse("d001").unwrap()]).await.unwrap();
        let mut command = Command::new(agent());
        command.args([&*server.url(), "d001", folder.to_str().unwrap(), "--once"]);
        assert!(command.status().unwrap().success());
        assert!(!scratch.path().join("outside").exists());
        assert_eq!(count(&mut target, Standing::Troubled).await, 1);
    });
}
