//! Worlds in folders: locks, damage, kills.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use escadre_algebra::{Digest, Digester};
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_sim::{Open, OpenError, OpenErrorKind, Simulator, wait};

use crate::support::{fleet, held, inventory, plan, resolve, revision, turn};

fn error(dir: &Path, open: Open) -> OpenError {
    let error = Simulator::open(dir, open).unwrap_err();
    assert!(error.help().is_some());
    assert!(error.to_string().contains(&dir.display().to_string()), "{error}");
    error
}

#[test]
fn a_world_is_found_again_as_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("a/b");
    let wanted = resolve(&fleet(1), &inventory(10));
    let before = {
        let mut world = Simulator::open(&dir, Open::default()).unwrap();
        turn(&mut world, &wanted).unwrap();
        world.step(std::time::Duration::from_secs(3)).unwrap();
        (revision(&mut world), held(&mut world), world.status().unwrap(), world.history().unwrap())
    };
    for open in [Open::default(), Open::reading()] {
        let mut world = Simulator::open(&dir, open).unwrap();
        let now = (
            revision(&mut world),
            held(&mut world),
            world.status().unwrap(),
            world.history().unwrap(),
        );
        assert_eq!(now, before);
        assert!(plan(&mut world, &wanted).is_empty());
        assert_eq!(world.target(), format!("sim:{}", dir.display()));
    }
}

#[test]
fn reading_does_not_write_and_goes_on_beside_other_readers() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("world");
    // A world that does not exist reads as the empty one that `apply` would make.
    let wanted = resolve(&fleet(1), &inventory(3));
    let mut nothing = Simulator::open(&dir, Open::reading()).unwrap();
    let first = plan(&mut nothing, &wanted);
    assert!(!dir.exists());
    assert_eq!(error(&dir, Open::reading().existing()).kind(), OpenErrorKind::Missing);
    assert_eq!(error(&dir, Open::default().existing()).kind(), OpenErrorKind::Missing);
    assert!(turn(&mut nothing, &wanted).unwrap_err().to_string().contains("for reading only"));
    {
        let mut world = Simulator::open(&dir, Open::default()).unwrap();
        crate::support::apply_plan(&mut world, &first, &wanted, false).unwrap();
    }
    let bytes = std::fs::read(dir.join("world.redb")).unwrap();
    let mut readers = [(); 2].map(|()| Simulator::open(&dir, Open::reading()).unwrap());
    assert_eq!(held(&mut readers[0]), held(&mut readers[1]));
    assert!(
        readers[0].inject_drift(0, 1).is_err()
            && readers[0].step(std::time::Duration::ZERO).is_err()
    );
    assert!(bytes == std::fs::read(dir.join("world.redb")).unwrap());
}

#[test]
fn what_is_no_world_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("notes.txt"), "mine").unwrap();
    let file = foreign.join("notes.txt");
    for open in [Open::default(), Open::reading()] {
        assert_eq!(error(&foreign, open).kind(), OpenErrorKind::Foreign);
        assert_eq!(error(&file, open).kind(), OpenErrorKind::NotAFolder);
    }
    assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);
    // A database of another program.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    drop(redb::Database::create(other.join("world.redb")).unwrap());
    assert_eq!(error(&other, Open::default()).kind(), OpenErrorKind::Foreign);
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Simulator::open(folder.path(), Open::default()).unwrap());
    let database = redb::Database::open(folder.path().join("world.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: redb::TableDefinition<'_, &str, &[u8]> = redb::TableDefinition::new("escadre");
    transaction.open_table(table).unwrap().insert("format", &b"2"[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    for open in [Open::default(), Open::reading()] {
        let error = error(folder.path(), open);
        assert_eq!(error.kind(), OpenErrorKind::Newer(2));
        assert!(error.to_string().contains("format 2, but this version reads up to 1"));
    }
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.redb");
    {
        let mut world = Simulator::open(folder.path(), Open::default()).unwrap();
        turn(&mut world, &resolve(&fleet(1), &inventory(50))).unwrap();
    }
    let whole = std::fs::read(&path).unwrap();
    let mut damages: Vec<Vec<u8>> = vec![Vec::new(), b"text".to_vec(), whole[..100].to_vec()];
    damages.push(whole[..5000].to_vec());
    damages.push(whole[..whole.len() / 2].to_vec());
    damages.push([&[0; 64], &whole[64..]].concat());
    damages.push([&whole[..64], &vec![0xff; whole.len() - 64][..]].concat());
    for (i, bytes) in damages.into_iter().enumerate() {
        for open in [Open::default(), Open::reading()] {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(error(folder.path(), open).kind(), OpenErrorKind::Damaged, "damage {i}");
        }
    }
    // A flipped bit is found, or hits what nothing refers to.
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(mut world) = Simulator::open(folder.path(), Open::reading()) {
            assert_eq!(held(&mut world).len(), 50);
        }
    }
}

/// What the test binary does as a child: see `child`.
const ROLE: &str = "ESCADRE_SIM_TEST_ROLE";
const DIR: &str = "ESCADRE_SIM_TEST_DIR";

/// Not a test of its own: the body of the processes that the tests below start.
#[test]
fn child() {
    let (Ok(role), Ok(dir)) = (std::env::var(ROLE), std::env::var(DIR)) else { return };
    let mut world = Simulator::open(Path::new(&dir), Open::default()).unwrap();
    println!("\nopen");
    if role == "hold" {
        // Until the parent ends it.
        let _ = std::io::stdin().lines().next();
        return;
    }
    let wanted = resolve(&fleet(2), &inventory(3000));
    turn(&mut world, &wanted).unwrap();
    println!("\napplied");
}

fn start(role: &str, dir: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "folder::child", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim() != "open" {
        line.clear();
        assert!(
            output.read_line(&mut line).unwrap() > 0,
            "the child ended before it opened the world"
        );
    }
    (child, output)
}

#[test]
fn a_second_process_is_told_that_the_world_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _output) = start("hold", folder.path());
    for open in [Open::default(), Open::reading()] {
        let error = error(folder.path(), open);
        assert_eq!(error.kind(), OpenErrorKind::Locked);
        assert!(error.help().unwrap().contains("wait until the other process has ended"));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Simulator::open(folder.path(), Open::default()).unwrap();
}

#[test]
fn killed_at_random_moments_the_world_opens_and_converges() {
    let seed = std::env::var("ESCADRE_SIM_SEED").ok().and_then(|s| s.parse::<u64>().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("ESCADRE_SIM_SEED={seed}");
    let inventory = inventory(3000);
    let (old, new) = (resolve(&fleet(1), &inventory), resolve(&fleet(2), &inventory));
    let (before, after) = (Snapshot::wanted(&old), Snapshot::wanted(&new));
    let mut n_midway = 0;
    for round in 0..10_u64 {
        let folder = tempfile::tempdir().unwrap();
        turn(&mut Simulator::open(folder.path(), Open::default()).unwrap(), &old).unwrap();
        let digest =
            Digester::new("kill").piece(&seed.to_le_bytes()).piece(&round.to_le_bytes()).finish();
        kill_at_random(folder.path(), digest);
        // What is read without writing is the same as what is repaired.
        let read = held(&mut Simulator::open(folder.path(), Open::reading()).unwrap());
        let mut world = Simulator::open(folder.path(), Open::default()).unwrap();
        let now = held(&mut world);
        assert_eq!(read, now);
        assert_eq!(now.len(), 3000);
        let whole = |(id, c): (&escadre_algebra::DeviceId, _)| {
            Some(c) == before.get(id.as_str()) || Some(c) == after.get(id.as_str())
        };
        assert!(now.iter().all(whole));
        n_midway += usize::from(now != before && now != after);
        turn(&mut world, &new).unwrap();
        assert_eq!(held(&mut world), after);
        assert!(plan(&mut world, &new).is_empty());
    }
    println!("killed midway {n_midway} of 10 times");
}

/// Starts an apply and kills it once the file has changed a random number of times, or it has ended.
fn kill_at_random(dir: &Path, random: Digest) {
    let (mut child, output) = start("apply", dir);
    let path = dir.join("world.redb");
    let mut n_left = u32::from(random.as_bytes()[0]) % 8;
    let mut last = std::fs::metadata(&path).unwrap().modified().unwrap();
    while n_left > 0 && child.try_wait().unwrap().is_none() {
        let now = std::fs::metadata(&path).unwrap().modified().unwrap();
        n_left -= u32::from(now != last);
        last = now;
        std::thread::yield_now();
    }
    // On Unix this is kill -9.
    let _ = child.kill();
    child.wait().unwrap();
    drop(output);
}

#[test]
fn a_maker_that_was_killed_leaves_nothing_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("world.redb.1.new"), "half of a wor").unwrap();
    drop(Simulator::open(folder.path(), Open::default()).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let mut world = Simulator::open(folder.path(), Open::default()).unwrap();
    assert!(wait(world.observe()).unwrap().state.is_empty());
}
