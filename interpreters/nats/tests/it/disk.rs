//! Disks that take no more: files that the server may not let grow fail as those of a full disk.
//!
//! What nats-server 2.15.1 does is the same where `write` fails with "no space left on device" (tried on a file
//! system of 6 MB) and with "file too large", as here: it logs a critical write error and answers no write
//! to that stream any more, or says of a batch that it is incomplete, until it is started again. All else it
//! answers as before.

use std::time::Duration;

use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::{ApplyError, Nats, Options, ServerError, ServerErrorKind};
use escadre_testbed::NatsServer;

use crate::support::{client, fleet, held, inventory, resolve, run, soon, turn};

/// The bytes that a file may have: more than the log and what is there before, less than what is written.
const MAX_FILE: u64 = 256 << 10;

async fn hasty(url: &str) -> Nats {
    let (bucket, patience) = ("tight".to_owned(), Duration::from_secs(2));
    let options = Options { bucket, n_batch: 90, patience, ..Options::default() };
    Nats::open(client(url).await, options).await.unwrap()
}

fn is_told(error: &ServerError) {
    assert!(matches!(error.kind(), ServerErrorKind::Unstored { .. }), "{error}");
    assert!(error.to_string().contains("answers, and does not store"), "{error}");
    assert!(error.help().unwrap().contains("its disk"), "{error}");
}

#[test]
fn a_server_whose_disk_is_full_is_told_from_one_that_is_away_and_goes_on_once_there_is_room() {
    let mut server = NatsServer::start().unwrap();
    run(async {
        let before = resolve(&fleet(1), &inventory(30));
        turn(&mut hasty(&server.url()).await, &before).await.unwrap();
        server.limit_files(Some(MAX_FILE));
        server.restart().unwrap();
        let after = resolve(&fleet(2), &inventory(900));
        let mut target = hasty(&server.url()).await;
        // Once a batch is not stored, and once the fence is not.
        for _ in 0..2 {
            let Err(ApplyError::Server(error)) = soon(turn(&mut target, &after)).await else {
                panic!("it is stored")
            };
            is_told(&error);
            println!("{error}");
        }
        let log = server.log().unwrap();
        assert!(log.contains("critical write error"), "{log}");
        // What was stored is there, and each device is whole.
        let (old, new) = (Snapshot::wanted(&before), Snapshot::wanted(&after));
        let left = held(&mut target).await;
        for (id, found) in left.iter() {
            let is_either = [&old, &new].iter().any(|s| s.get(id.as_str()) == Some(found));
            assert!(is_either, "`{id}`");
        }
        assert!(left.iter().count() >= 30);
        server.limit_files(None);
        server.restart().unwrap();
        turn(&mut target, &after).await.unwrap();
        assert_eq!(held(&mut target).await, new);
        assert!(target.observe().await.unwrap().state.anomalies().is_empty());
    });
}
