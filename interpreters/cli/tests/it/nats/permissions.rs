//! What `escadre nats permissions` prints, tried.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use escadre_nats::connect;
use escadre_nats::device::Report;
use escadre_testbed::{NatsServer, Options};
use nkeys::KeyPair;
use serde_json::{Value, json};

use super::operator_mode::operator_mode;
use super::{DEADLINE, device, ends, escadre_as, lines, run, wanted};
use crate::program::{ESCADRE, command, stderr, stdout};

/// Files of an inventory whose two devices have keys, and of the seeds of its users.
struct Keyed {
    folder: tempfile::TempDir,
    controller: KeyPair,
    devices: [KeyPair; 2],
    administrator: KeyPair,
}

impl Keyed {
    fn new() -> Self {
        let [controller, first, second, administrator] = [(); 4].map(|()| KeyPair::new_user());
        let folder = tempfile::tempdir().unwrap();
        let devices = [first, second];
        let keyed = Self { folder, controller, devices, administrator };
        let listed = ["cam-1", "cam-2"].iter().zip(&keyed.devices).map(|(id, key)| {
            let labels = json!({"role": "camera", "site": "lyon", "nkey": key.public_key()});
            json!({"id": id, "labels": labels}).to_string() + "\n"
        });
        keyed.write("keyed.jsonl", &listed.collect::<String>());
        keyed
    }

    /// The path of the file `name`.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What `nats permissions` prints with `more`, where `variables` are set.
    fn printed(&self, more: &[&str], variables: &[(&str, &str)]) -> String {
        let (inventory, controller) = (self.path("keyed.jsonl"), self.controller.public_key());
        let asking = ["nats", "permissions", "-i", &inventory, "--controller", &controller];
        let printed = escadre_as(&[&asking[..], more].concat(), variables);
        assert!(printed.status.success(), "{}", stderr(&printed));
        stdout(&printed)
    }

    /// The users that `nats permissions --format jwt` prints.
    fn signed(&self, account: &KeyPair, more: &[&str]) -> Vec<Value> {
        self.write("account.nk", &account.seed().unwrap());
        let file = self.path("account.nk");
        let printed =
            self.printed(&[&["--format", "jwt"], more].concat(), &[("NATS_ACCOUNT_NKEY", &*file)]);
        assert!(!printed.contains(&account.seed().unwrap()));
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A server with the printed configuration, and an administrator who may do everything.
    fn server(&self, more: &[&str]) -> NatsServer {
        let administrator =
            format!("users = [\n    {{ nkey: {} }}", self.administrator.public_key());
        let config = self.printed(more, &[]).replacen("users = [", &administrator, 1);
        NatsServer::start_with(&Options { config, ..Options::default() }).unwrap()
    }
}

/// What is said while `arguments` are done, as the user whom `variable` says, to the end.
fn done(arguments: &[&str], variable: (&str, &str)) -> String {
    let output = escadre_as(arguments, &[variable, ("ESCADRE_LOG", "trace")]);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output) + &stderr(&output)
}

#[test]
fn the_permissions_that_are_printed_are_enough_and_no_secret_is_shown() {
    let keyed = Keyed::new();
    let server = keyed.server(&["--init"]);
    let (inventory, target) =
        (keyed.path("keyed.jsonl"), format!("{}/desired-state", server.url()));
    let apply = ["apply", "--yes", "-i", &inventory, "--target", &target];
    let nobody = KeyPair::new_user().seed().unwrap();
    for (variables, why) in [(vec![], "NATS_CREDS"), (vec![("NATS_NKEY", &*nobody)], "NATS_NKEY")] {
        let denied = escadre_as(&apply, &variables);
        assert_eq!(denied.status.code(), Some(1));
        assert!(stderr(&denied).contains(why), "{}", stderr(&denied));
    }
    keyed.write("user.nk", &keyed.controller.seed().unwrap());
    let seed = keyed.path("user.nk");
    let me = ("NATS_NKEY", &*seed);
    let mut said = String::new();
    for arguments in [&["nats", "init", &*target][..], &apply, &["nats", "status", &target]] {
        said.push_str(&done(arguments, me));
    }
    assert!(!said.contains(&keyed.controller.seed().unwrap()));
    assert!(said.contains("members"), "{said}");
    let json = escadre_as(&["nats", "status", &target, "--format", "json"], &[me]);
    let status: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(status["devices"][0]["standing"], "behind");
}

#[test]
fn a_device_with_the_printed_permissions_reads_its_own_configuration_and_no_other() {
    let keyed = Keyed::new();
    let server = keyed.server(&[]);
    let (inventory, url) = (keyed.path("keyed.jsonl"), server.url());
    let target = format!("{url}/desired-state");
    let seeds = [&keyed.administrator, &keyed.controller, &keyed.devices[0]];
    let [administrator, controller, first] = seeds.map(|key| key.seed().unwrap());
    done(&["nats", "init", &target], ("NATS_NKEY", &administrator));
    let me = ("NATS_NKEY", &*controller);
    done(&["apply", "--yes", "-i", &inventory, "--target", &target], me);
    done(&["nats", "admit", "-i", &inventory, &target], me);
    run(reads_only_its_own(&url, ("NATS_NKEY", &first)));
    let told = done(&["nats", "status", &target], me);
    assert!(told.contains("up to date          1"), "{told}");
    done(&["nats", "dismiss", &target, "cam-1"], me);
    assert!(run(device(&url, "desired-state", "cam-1", &[("NATS_NKEY", &first)])).is_err());
}

/// The device `cam-1`, whom `variable` says, is told what it is to run, and nothing of `cam-2`.
async fn reads_only_its_own(url: &str, variable: (&str, &str)) {
    let mut own = device(url, "desired-state", "cam-1", &[variable]).await.unwrap();
    let wanted = wanted(&mut own).await;
    assert!(!wanted.configuration.resources().is_empty());
    own.report(&Report::new(wanted.generation, None)).await.unwrap();
    own.beat().await.unwrap();
    assert!(device(url, "desired-state", "cam-2", &[variable]).await.is_err());
}

#[test]
fn a_controller_reads_the_inventory_of_the_bucket_that_is_named_and_writes_none_there() {
    let keyed = Keyed::new();
    let server = keyed.server(&["--inventory-bucket", "listed"]);
    let (inventory, url) = (keyed.path("keyed.jsonl"), server.url());
    let (target, listed) = (format!("{url}/desired-state"), format!("{url}/listed"));
    let [administrator, controller] =
        [&keyed.administrator, &keyed.controller].map(|key| key.seed().unwrap());
    let owner = ("NATS_NKEY", &*administrator);
    done(&["nats", "init", &target], owner);
    done(&["nats", "assert", "-i", &inventory, &listed], owner);
    let me = ("NATS_NKEY", &*controller);
    let planned = done(&["plan", "-i", &listed, "--target", &target], me);
    assert!(planned.contains("inventory of 2 devices (complete)"), "{planned}");
    run(async {
        let variable = |name: &str| (name == "NATS_NKEY").then(|| controller.clone());
        let client = connect(&url.parse().unwrap(), &variable).await.unwrap();
        for key in ["cam-1", "_coverage"] {
            client.publish(format!("$KV.listed.{key}"), "partial".into()).await.unwrap();
        }
        client.flush().await.unwrap();
    });
    let kept = done(&["nats", "assert", "-i", &inventory, &listed], owner);
    assert!(kept.contains("lists 2 devices (complete): 0 written, 0 removed"), "{kept}");
    // A name stands in the server's configuration: what is none gets an error.
    let odd = ["nats", "permissions", "-i", "devices.jsonl", "--inventory-bucket", "a\" b"];
    let refused = ends(1, &odd);
    assert!(refused.contains("is no bucket: a name has only letters"), "{refused}");
}

#[test]
fn what_the_server_denies_is_told_while_it_is_waited_for() {
    let keyed = Keyed::new();
    let server = keyed.server(&[]);
    let target = format!("{}/desired-state", server.url());
    let mut command = command(Path::new(ESCADRE), &["nats", "init", &target]);
    command.env("NATS_NKEY", keyed.controller.seed().unwrap());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said = lines(child.stderr.take().unwrap()).recv_timeout(DEADLINE).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.contains("$JS.API.STREAM.CREATE.KV_device-state"), "{said}");
}

#[test]
fn what_an_account_signs_as_printed_lets_in_a_controller_and_a_device_and_confines_them() {
    let keyed = Keyed::new();
    let (account, signing) = (KeyPair::new_account(), KeyPair::new_account());
    let config = operator_mode(&account, &signing);
    let server = NatsServer::start_with(&Options { config, ..Options::default() }).unwrap();
    let (url, target) = (server.url(), format!("{}/desired-state", server.url()));
    let credentials = |users: &[Value], n: usize, key: &KeyPair| {
        let jwt = users[n]["jwt"].as_str().unwrap();
        let seed = key.seed().unwrap();
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    };
    let founder = credentials(&keyed.signed(&account, &["--init"]), 0, &keyed.controller);
    done(&["nats", "init", &target], ("NATS_CREDS", &founder));
    let users = keyed.signed(&signing, &["--account", &account.public_key()]);
    let controller = credentials(&users, 0, &keyed.controller);
    let me = ("NATS_CREDS", &*controller);
    let inventory = keyed.path("keyed.jsonl");
    done(&["apply", "--yes", "-i", &inventory, "--target", &target], me);
    done(&["nats", "admit", "-i", &inventory, &target], me);
    let first = credentials(&users, 1, &keyed.devices[0]);
    run(reads_only_its_own(&url, ("NATS_CREDS", &first)));
}

#[test]
fn an_account_signs_for_each_user_and_what_is_no_account_is_refused_unseen() {
    let keyed = Keyed::new();
    let (inventory, seed) = (keyed.path("keyed.jsonl"), keyed.path("user.nk"));
    let asking = ["nats", "permissions", "-i", &inventory, "--format", "jwt"];
    let unsigned = escadre_as(&asking, &[]);
    assert!(stderr(&unsigned).contains("NATS_ACCOUNT_NKEY is not set"), "{}", stderr(&unsigned));
    let users = keyed.signed(&KeyPair::new_account(), &[]);
    let names: Vec<&Value> = users.iter().map(|user| &user["user"]).collect();
    assert_eq!(names, ["controller", "cam-1", "cam-2"]);
    // A user's seed is none of an account.
    let secret = keyed.controller.seed().unwrap();
    keyed.write("user.nk", &secret);
    let refused = escadre_as(&asking, &[("NATS_ACCOUNT_NKEY", &*seed)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!stderr(&refused).contains(&secret));
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
