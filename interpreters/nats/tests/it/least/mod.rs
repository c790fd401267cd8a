//! Permissions are the least: without any one of them something that a user must do fails.

mod controller;
mod device;

use std::time::Duration;

use async_nats::Client;
use escadre_nats::jwt::Account;
use escadre_nats::permissions::{Grants, User, server_config};
use escadre_testbed::{NatsServer, Options as Start};
use nkeys::KeyPair;

use crate::attempts::{Forbidden, Known, connect};
use crate::operator_mode::operator_mode;
use crate::support::run;

/// What users are to fail at who lack one grant, by a part of it.
type Expected = [(&'static str, &'static [&'static str])];

/// A user who lacks one grant, or none.
struct Lesser {
    key: KeyPair,
    grants: Grants,
    without: Option<String>,
}

/// A user with all of `grants`, then one for each that lacks it; `of` makes them for the user of a number.
fn lessers(of: impl Fn(usize) -> Grants) -> Vec<Lesser> {
    let all = of(0);
    let n = all.publish.len() + all.subscribe.len();
    let lesser = |number: usize| {
        let mut grants = of(number);
        let n_publish = grants.publish.len();
        let without = match number.checked_sub(1) {
            None => None,
            Some(at) if at < n_publish => Some(grants.publish.remove(at)),
            Some(at) => Some(grants.subscribe.remove(at - n_publish)),
        };
        Lesser { key: KeyPair::new_user(), grants, without }
    };
    (0..=n).map(lesser).collect()
}

/// A server where `lessers` may do what they are granted, and a client that may do everything.
async fn serve(lessers: &[Lesser]) -> (NatsServer, Client) {
    let all = KeyPair::new_user();
    let everything = vec![">".to_owned()];
    let everything = Grants { publish: everything.clone(), subscribe: everything };
    let mut users = vec![User { nkey: all.public_key(), grants: everything }];
    users.extend(
        lessers.iter().map(|it| User { nkey: it.key.public_key(), grants: it.grants.clone() }),
    );
    let start = Start { config: server_config(&users), ..Start::default() };
    let server = NatsServer::start_with(&start).unwrap();
    let (client, _) = connect(&server.url(), Known::Key(&all), "_INBOX").await;
    (server, client)
}

/// Whoever has all fails at nothing; whoever lacks one fails at what `expected` says of it, and each is said of.
fn check(lessers: &[Lesser], failed: &[Vec<&'static str>], expected: &Expected) {
    for (lesser, failed) in lessers.iter().zip(failed) {
        println!("without {:?}: {failed:?}", lesser.without);
    }
    assert_eq!(lessers.len(), expected.len() + 1);
    for (lesser, failed) in lessers.iter().zip(failed) {
        let Some(without) = &lesser.without else {
            assert!(failed.is_empty(), "{failed:?}");
            continue;
        };
        let mut said = expected.iter().filter(|(part, _)| without.starts_with(part));
        let said = said.next().map(|(_, steps)| *steps);
        assert_eq!(said, Some(&**failed), "without {without}");
    }
}

/// `step` unless `done`.
fn unless(done: bool, step: &'static str) -> Option<&'static str> {
    (!done).then_some(step)
}

/// The output of `future`, if it comes in a few seconds and is as `is_done` asks for.
async fn did<T>(future: impl Future<Output = T>, is_done: impl FnOnce(T) -> bool) -> bool {
    tokio::time::timeout(Duration::from_secs(15), future).await.is_ok_and(is_done)
}

#[test]
fn whoever_is_granted_nothing_may_do_nothing_by_a_configuration_and_by_a_jwt() {
    let user = KeyPair::new_user();
    let nobody = || User { nkey: user.public_key(), grants: Grants::default() };
    let start = |config: String| NatsServer::start_with(&Start { config, ..Start::default() });
    run(async {
        let server = start(server_config(&[nobody()])).unwrap();
        let (client, mut denials) = connect(&server.url(), Known::Key(&user), "_INBOX").await;
        Forbidden::everything().is_denied(&client, &mut denials).await;
        let account = KeyPair::new_account();
        let server = start(operator_mode(&account, &KeyPair::new_account())).unwrap();
        let signer = Account::new(&account.seed().unwrap(), None).unwrap();
        let jwt = signer.sign(&nobody(), "nobody", 1_700_000_000).unwrap();
        let (client, mut denials) = connect(&server.url(), Known::Jwt(&user, &jwt), "_INBOX").await;
        Forbidden::everything().is_denied(&client, &mut denials).await;
    });
}
