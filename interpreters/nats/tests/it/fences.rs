//! The fence: of two controllers, the one that lost it writes nothing more.

use escadre_interpreter::{Consent, Interpreter, Progress};
use escadre_nats::{ApplyError, Nats, Options};
use escadre_testbed::{NatsCluster, NatsServer};

use crate::support::{apply, client, fleet, held, inventory, open, plan, resolve, run, turn};

/// Lets another controller apply everything once the first devices are written.
struct Usurper {
    other: Nats,
    resolved: escadre_algebra::Resolved,
    has_taken: bool,
}

impl Progress for Usurper {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, _: usize) {
        if !std::mem::replace(&mut self.has_taken, true) {
            tokio::task::block_in_place(|| {
                let handle = tokio::runtime::Handle::current();
                handle.block_on(turn(&mut self.other, &self.resolved)).unwrap();
            });
        }
    }
    fn note(&mut self, _: &str) {}
}

async fn a_stale_controller_is_refused(url: &str, replicas: usize) {
    let bucket = |window| Options {
        bucket: "fenced".to_owned(),
        replicas,
        n_batch: 9,
        window,
        ..Options::default()
    };
    let mut ours = Nats::open(client(url).await, bucket(1)).await.unwrap();
    let other = Nats::open(client(url).await, bucket(1)).await.unwrap();
    let (one, two) = (resolve(&fleet(1), &inventory(30)), resolve(&fleet(2), &inventory(30)));
    let planned = plan(&mut ours, &one).await;
    let mut usurper = Usurper { other, resolved: two.clone(), has_taken: false };
    let objects = ours.lower(&one).unwrap();
    let applied = ours.apply(&planned, &objects, &Consent::default(), false, &mut usurper).await;
    let Err(ApplyError::Fenced { ours: mine, theirs, n_done }) = applied else {
        panic!("{applied:?}");
    };
    assert!(theirs > mine && n_done < 30, "{mine} {theirs} {n_done}");
    let wanted = escadre_interpreter::Snapshot::wanted(&two);
    assert_eq!(held(&mut ours).await, wanted);
}

#[test]
fn a_stale_controller_writes_nothing_on_one_server() {
    let server = NatsServer::start().unwrap();
    run(a_stale_controller_is_refused(&server.url(), 1));
}

#[test]
fn a_stale_controller_writes_nothing_on_three_servers() {
    let cluster = NatsCluster::start().unwrap();
    run(a_stale_controller_is_refused(&cluster.url(), 3));
}

#[test]
fn of_many_plans_of_one_revision_one_is_applied() {
    let server = NatsServer::start().unwrap();
    run(async {
        let mut racers = Vec::new();
        for version in 1..=8 {
            let mut target = open(&server.url(), "race").await;
            let resolved = resolve(&fleet(version), &inventory(200));
            let plan = plan(&mut target, &resolved).await;
            racers.push((target, plan, resolved));
        }
        let races = racers.into_iter().map(|(mut target, plan, resolved)| {
            tokio::spawn(async move {
                let applied = apply(&mut target, &plan, &resolved).await;
                applied.map(|_| resolved)
            })
        });
        let races: Vec<_> = races.collect();
        let mut winners = Vec::new();
        for race in races {
            match race.await.unwrap() {
                Ok(resolved) => winners.push(resolved),
                Err(ApplyError::Stale(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(winners.len(), 1);
        let mut target = open(&server.url(), "race").await;
        assert_eq!(held(&mut target).await, escadre_interpreter::Snapshot::wanted(&winners[0]));
    });
}
