//! A NATS bucket as a target, on a real server.

use std::fs;
use std::path::Path;
use std::process::Output;

use escadre_testbed::{NatsServer, Options};
use nkeys::KeyPair;

use crate::program::{ESCADRE, command, stderr, stdout};

/// What the binary does with `arguments`, where `variables` say who it is.
fn escadre_as(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command(Path::new(ESCADRE), arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// As `escadre_as`, of everybody, and it must end with `code`; what it printed and said.
fn ends(code: i32, arguments: &[&str]) -> String {
    let output = escadre_as(arguments, &[]);
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

#[test]
fn a_fleet_is_planned_applied_and_mended_in_a_bucket() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/fleet-a", server.url());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("next.plan");
    let plan_file = file.to_str().unwrap();
    let on = ["-i", "devices.jsonl", "--target", &target];
    let with = |words: &[&'static str]| [words, &on].concat();
    let missing = ends(1, &with(&["plan"]));
    assert!(missing.contains("escadre nats init"), "{missing}");
    assert!(ends(0, &["nats", "init", &target]).contains("are ready"));
    let planned =
        ends(2, &[&with(&["plan", "--detailed-exitcode"])[..], &["--out", plan_file]].concat());
    assert!(planned.contains("Carry it out with"), "{planned}");
    assert!(planned.contains(&format!("--target {target}")), "{planned}");
    assert!(ends(0, &with(&["apply", "--dry-run"])).contains("would be written"));
    let applied = [&with(&["apply", "--yes"])[..], &[plan_file]].concat();
    assert!(ends(0, &applied).contains("Applied to nats:"));
    assert!(ends(1, &applied).contains("stale"));
    ends(0, &with(&["plan", "--detailed-exitcode"]));
    ends(0, &with(&["drift", "--detailed-exitcode"]));
    // Another fleet, another bucket: `apply` makes it.
    let other = format!("{}/fleet-b", server.url());
    ends(0, &["apply", "--yes", "-i", "devices.jsonl", "--target", &other]);
    let older = ["plan", "-f", "older.lock", "-i", "devices.jsonl", "--target", &other];
    assert!(ends(0, &older).contains("changed"));
    let injected = ends(1, &[&with(&["drift"])[..], &["--inject", "1"]].concat());
    assert!(injected.contains("only a simulated world"), "{injected}");
    let faulty = ends(1, &[&with(&["apply", "--yes"])[..], &["--faults", "seed=1"]].concat());
    assert!(faulty.contains("only the simulator"), "{faulty}");
}

#[test]
fn the_permissions_that_are_printed_are_enough_and_no_secret_is_shown() {
    let keys = [(); 3].map(|()| KeyPair::new_user());
    let [controller, first, second] = &keys;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let device = |id: &str, key: &KeyPair| {
        format!(
            "{{\"id\":\"{id}\",\"labels\":{{\"role\":\"camera\",\"site\":\"lyon\",\"nkey\":\"{}\"}}}}\n",
            key.public_key()
        )
    };
    let listed = device("cam-1", first) + &device("cam-2", second);
    fs::write(path("keyed.jsonl"), listed).unwrap();
    fs::write(path("user.nk"), controller.seed().unwrap()).unwrap();
    let inventory = path("keyed.jsonl");
    let asking =
        ["nats", "permissions", "-i", &inventory, "--controller", &controller.public_key()];
    let printed = escadre_as(&asking, &[]);
    assert!(printed.status.success(), "{}", stderr(&printed));
    let options = Options { config: stdout(&printed), ..Options::default() };
    let server = NatsServer::start_with(&options).unwrap();
    let target = format!("{}/desired-state", server.url());
    let (nobody, seed) = (path("nobody.nk"), path("user.nk"));
    fs::write(&nobody, KeyPair::new_user().seed().unwrap()).unwrap();
    let apply = ["apply", "--yes", "-i", &inventory, "--target", &target];
    for (variables, why) in [(vec![], "NATS_CREDS"), (vec![("NATS_NKEY", &*nobody)], "NATS_NKEY")] {
        let denied = escadre_as(&apply, &variables);
        assert_eq!(denied.status.code(), Some(1));
        assert!(stderr(&denied).contains(why), "{}", stderr(&denied));
    }
    let me = [("NATS_NKEY", &*seed), ("ESCADRE_LOG", "trace")];
    let mut said = String::new();
    for arguments in [&["nats", "init", &*target][..], &apply, &["nats", "status", &target]] {
        let output = escadre_as(arguments, &me);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        said.push_str(&stdout(&output));
        said.push_str(&stderr(&output));
    }
    assert!(!said.contains(&controller.seed().unwrap()));
    assert!(said.contains("members"), "{said}");
    let json = escadre_as(&["nats", "status", &target, "--format", "json"], &me);
    let status: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(status["devices"][0]["standing"], "behind");
}

#[test]
fn labels_that_devices_report_are_joined_and_unknown_while_nobody_answers() {
    let server = NatsServer::start().unwrap();
    let infos = format!("{}/device-info", server.url());
    ends(0, &["nats", "init", &format!("{}/fleet", server.url())]);
    let asking = |address: &str| {
        let asking = ["select", "told", "-i", "devices.jsonl", "--count", "--device-info", address];
        asking.map(str::to_owned)
    };
    let ends = |code, asking: [String; 7]| ends(code, &asking.each_ref().map(String::as_str));
    let select = |address: &str| ends(0, asking(address));
    // No device told its labels yet, so nobody knows.
    assert!(select(&infos).contains("more may be selected"), "{}", select(&infos));
    assert!(select(&server.url()).contains("more may be selected"));
    let nowhere = ends(1, asking(&infos.replace("device-info", "nowhere")));
    assert!(nowhere.contains("`nowhere`: it does not exist"), "{nowhere}");
    drop(server);
    // Nobody answers: whether a device has the label is unknown, and said to be.
    let unknown = select(&infos);
    assert!(unknown.contains("what devices report is unknown"), "{unknown}");
}

#[test]
fn an_account_signs_for_each_user_and_its_seed_is_not_shown() {
    let [account, user, device] =
        [KeyPair::new_account(), KeyPair::new_user(), KeyPair::new_user()];
    let folder = tempfile::tempdir().unwrap();
    let (inventory, seed) = (folder.path().join("keyed.jsonl"), folder.path().join("account.nk"));
    let labels = format!("\"role\":\"camera\",\"site\":\"a\",\"nkey\":\"{}\"", device.public_key());
    fs::write(&inventory, format!("{{\"id\":\"cam-1\",\"labels\":{{{labels}}}}}\n")).unwrap();
    fs::write(&seed, account.seed().unwrap()).unwrap();
    let (inventory, controller) = (inventory.to_str().unwrap(), user.public_key());
    let asking =
        ["nats", "permissions", "-i", inventory, "--controller", &controller, "--format", "jwt"];
    let unsigned = escadre_as(&asking, &[]);
    assert!(stderr(&unsigned).contains("NATS_ACCOUNT_NKEY is not set"), "{}", stderr(&unsigned));
    let signed = escadre_as(&asking, &[("NATS_ACCOUNT_NKEY", seed.to_str().unwrap())]);
    let printed = stdout(&signed);
    assert!(signed.status.success(), "{}", stderr(&signed));
    let users: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(users.len(), 2);
    assert_eq!((&users[0]["user"], &users[1]["user"]), (&"controller".into(), &"cam-1".into()));
    assert!(!printed.contains(&account.seed().unwrap()));
    // A user's seed is none of an account.
    fs::write(&seed, user.seed().unwrap()).unwrap();
    let refused = escadre_as(&asking, &[("NATS_ACCOUNT_NKEY", seed.to_str().unwrap())]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!stderr(&refused).contains(&user.seed().unwrap()));
}

#[test]
fn a_device_without_a_key_and_a_key_that_is_none_are_named() {
    let none = ends(1, &["nats", "permissions", "-i", "devices.jsonl"]);
    assert!(none.contains("have no label `nkey`, such as `"), "{none}");
    let subjects = ends(0, &["nats", "permissions", "-i", "devices.jsonl", "--format", "json"]);
    assert!(subjects.contains("$KV.desired-state."), "{subjects}");
    // It may be a seed, so it is not shown.
    let secret = KeyPair::new_user().seed().unwrap();
    let asking = ["nats", "permissions", "-i", "devices.jsonl", "--controller", &secret];
    let refused = ends(1, &asking);
    assert!(refused.contains("is no public nkey"), "{refused}");
    assert!(!refused.contains(&secret));
}

#[test]
fn an_address_with_a_password_is_refused_without_showing_it() {
    let target = "nats://ada:s3cret@127.0.0.1:4222/fleet-a";
    let option = format!("--target={target}");
    for arguments in [&["nats", "init", target][..], &["plan", "-i", "devices.jsonl", &option]] {
        let refused = ends(1, arguments);
        assert!(refused.contains("come from the environment"), "{refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn an_inventory_that_is_kept_in_a_bucket_is_read_wherever_one_is() {
    let server = NatsServer::start().unwrap();
    let bucket = format!("{}/inventory", server.url());
    let missing = ends(1, &["inventory", &bucket]);
    assert!(missing.contains("`inventory`: it does not exist"), "{missing}");
    let asserting = ["nats", "assert", "-i", "devices.jsonl", &*bucket];
    assert!(ends(0, &asserting).contains("lists 6 devices (complete): 6 written, 0 removed"));
    assert!(ends(0, &asserting).contains("0 written, 0 removed"));
    let select = |inventory| ends(0, &["select", "", "-i", inventory]);
    assert_eq!(select(&bucket), select("devices.jsonl"));
    // The usual bucket.
    assert_eq!(select(&server.url()), select("devices.jsonl"));
    let target = format!("{}/fleet-a", server.url());
    ends(0, &["apply", "--yes", "-i", &bucket, "--target", &target]);
    let planned = ends(0, &["plan", "--detailed-exitcode", "-i", &bucket, "--target", &target]);
    assert!(planned.contains("inventory of 6 devices (complete)"), "{planned}");
    let credentials = ends(1, &["inventory", "nats://user:secret@127.0.0.1:1/inventory"]);
    assert!(credentials.contains("an address has no credentials"), "{credentials}");
}
