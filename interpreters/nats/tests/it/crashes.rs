//! Servers that are killed while they are written to.

use std::sync::{Arc, Mutex};

use escadre_interpreter::{Consent, Interpreter, Progress, Snapshot};
use escadre_nats::{Nats, Options};
use escadre_testbed::NatsServer;

use crate::support::{client, fleet, held, inventory, plan, resolve, run, turn};

/// Kills the server (as `kill -9` does) once so many devices are written, and starts it again.
struct Killer {
    server: Arc<Mutex<NatsServer>>,
    at: usize,
    notes: Vec<String>,
}

impl Progress for Killer {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, n_done: usize) {
        if n_done >= self.at {
            self.at = usize::MAX;
            let server = Arc::clone(&self.server);
            // The writing goes on while it dies and comes back.
            tokio::task::spawn_blocking(move || server.lock().unwrap().restart().unwrap());
        }
    }
    fn note(&mut self, message: &str) {
        self.notes.push(message.to_owned());
    }
}

#[test]
fn an_apply_outlives_the_death_of_its_server_and_nothing_is_lost() {
    let server = NatsServer::start().unwrap();
    let url = server.url();
    let server = Arc::new(Mutex::new(server));
    run(async {
        let options = Options { n_batch: 30, window: 4, ..Options::default() };
        let mut target = Nats::open(client(&url).await, options).await.unwrap();
        for (version, at) in [(1, 1), (2, 150), (3, 290), (4, 40)] {
            let resolved = resolve(&fleet(version), &inventory(300));
            let planned = plan(&mut target, &resolved).await;
            let objects = target.lower(&resolved).unwrap();
            let mut killer = Killer { server: Arc::clone(&server), at, notes: Vec::new() };
            let consent = Consent::default();
            let applied =
                target.apply(&planned, &objects, &consent, false, &mut killer).await.unwrap();
            assert_eq!(applied.n_written, 300, "{:?}", killer.notes);
            assert_eq!(killer.at, usize::MAX);
            assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
        }
    });
}

#[test]
fn a_controller_killed_in_a_window_of_batches_leaves_whole_devices() {
    let server = NatsServer::start().unwrap();
    run(async {
        let options = Options { n_batch: 12, window: 4, ..Options::default() };
        let mut target = Nats::open(client(&server.url()).await, options.clone()).await.unwrap();
        turn(&mut target, &resolve(&fleet(1), &inventory(40))).await.unwrap();
        for (n_messages, version) in [1, 7, 13, 30, 50, 77, 90, 119].into_iter().zip(2..) {
            let before = held(&mut target).await;
            let resolved = resolve(&fleet(version), &inventory(40));
            target.die_after(Some(n_messages));
            turn(&mut target, &resolved).await.unwrap_err();
            let mut next = Nats::open(client(&server.url()).await, options.clone()).await.unwrap();
            let after = Snapshot::wanted(&resolved);
            for (id, found) in held(&mut next).await.iter() {
                let is_either = [&before, &after].iter().any(|s| s.get(id.as_str()) == Some(found));
                assert!(is_either, "`{id}` after {n_messages} messages");
            }
            assert!(next.observe().await.unwrap().state.anomalies().is_empty());
            turn(&mut next, &resolved).await.unwrap();
            assert_eq!(held(&mut next).await, after);
            target.die_after(None);
        }
    });
}
