//! Servers without JetStream, and too few of them.

use std::time::Duration;

use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::permissions::Buckets;
use escadre_nats::{
    InventoryError, Nats, Options, ServerError, ServerErrorKind, make_report_buckets,
    read_inventory, write_inventory,
};
use escadre_testbed::{NatsServer, Options as Start};

use crate::support::{client, inventory, run, soon};

/// What each operation that may be the first on a server ends with.
async fn firsts(client: &async_nats::Client, options: &Options) -> Vec<ServerError> {
    let opened = Nats::open(client.clone(), options.clone()).await.map(drop);
    let looked = Options { create: false, ..options.clone() };
    let looked = Nats::open(client.clone(), looked).await.map(drop);
    let made = make_report_buckets(client, &Buckets::default(), options.replicas).await;
    let listed = write_inventory(client, options, &inventory(2)).await.map(drop);
    let InventoryError::Server(listed) = listed.unwrap_err() else { panic!("it is listed") };
    [opened, looked, made].map(Result::unwrap_err).into_iter().chain([listed]).collect()
}

#[test]
fn servers_and_accounts_without_jetstream_are_told_with_what_to_do() {
    let without = Start { without_jetstream: true, ..Start::default() };
    let users = "accounts { A { users: [{ user: ada, password: right }] } }\nno_auth_user: ada";
    let account = Start { config: users.to_owned(), ..Start::default() };
    for start in [without, account] {
        let server = NatsServer::start_with(&start).unwrap();
        run(async {
            let client = client(&server.url()).await;
            for error in soon(firsts(&client, &Options::default())).await {
                assert_eq!(*error.kind(), ServerErrorKind::NoJetStream, "{error}");
                assert!(error.help().unwrap().contains("-js"), "{error}");
            }
            let reading = ReadOptions::default();
            let read = read_inventory(&client, "inventory", &reading);
            let InventoryError::Server(error) = soon(read).await.unwrap_err() else {
                panic!("it is read")
            };
            assert_eq!(*error.kind(), ServerErrorKind::NoJetStream, "{error}");
        });
    }
}

#[test]
fn three_replicas_on_one_server_are_told_with_what_to_do() {
    let server = NatsServer::start().unwrap();
    run(async {
        let patience = Duration::from_secs(2);
        let options = Options { replicas: 3, patience, ..Options::default() };
        let client = client(&server.url()).await;
        for (at, error) in soon(firsts(&client, &options)).await.into_iter().enumerate() {
            if at == 1 {
                assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
                continue;
            }
            let kind = error.kind();
            assert!(matches!(kind, ServerErrorKind::TooFewServers { wanted: 3, .. }), "{error}");
            assert!(error.help().unwrap().contains("replicas=1"), "{error}");
        }
    });
}
