//! What goes round permissions: answers that go elsewhere, consumers that push, streams that copy.

use std::time::Duration;

use async_nats::jetstream::consumer::push;
use async_nats::jetstream::stream::{Config, Source};
use async_nats::{Client, jetstream};
use escadre_algebra::DeviceId;
use escadre_interpreter::{Interpreter as _, Snapshot};
use escadre_nats::device::{Beat, Report};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Nats, Options};
use futures_util::StreamExt as _;

use crate::permissions::Guarded;
use crate::support::{fleet, held, inventory, resolve, run, turn};

/// What is stored under `subject`, once it is.
async fn arrived(context: &jetstream::Context, bucket: &str, subject: &str) -> Vec<u8> {
    let stream = context.get_stream(format!("KV_{bucket}")).await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => return message.payload.to_vec(),
            Err(error) => assert!(tokio::time::Instant::now() < end, "`{subject}`: {error}"),
        }
    }
}

#[test]
fn a_request_whose_answer_goes_elsewhere_forges_no_report_and_no_configuration() {
    let guarded = Guarded::start();
    run(async {
        let mut target = guarded.fill().await;
        let (client, _denials) = guarded.device().await;
        // The server checks the subject of a request, and not where the answer is to go.
        // What was written in a batch carries the batch's headers, so the server does not store it
        // again; that a key is not there carries none.
        let asks = ["_manifest", "nothing"]
            .map(|key| format!("$JS.API.DIRECT.GET.KV_desired-state.$KV.desired-state.d001.{key}"));
        let reports = ["device-state", "device-heartbeat"];
        let to = reports.map(|bucket| format!("$KV.{bucket}.d002"));
        let desired =
            ["d002.motd", "d002._manifest", "_fence"].map(|key| format!("$KV.desired-state.{key}"));
        for reply in to.iter().chain(&desired) {
            for ask in &asks {
                let sent = client.publish_with_reply(ask.clone(), reply.clone(), "".into()).await;
                sent.unwrap();
            }
        }
        client.flush().await.unwrap();
        // What was stored is no report and no heartbeat of that device.
        let context = jetstream::new(guarded.auditor().await);
        let [state, beat] = [
            arrived(&context, reports[0], &to[0]).await,
            arrived(&context, reports[1], &to[1]).await,
        ];
        let other = DeviceId::parse("d002").unwrap();
        assert!(Report::decode(&state).is_err());
        assert!(Beat::decode(&beat, &other).is_err());
        // Nor is another's heartbeat, should it ever arrive there.
        let own = serde_json::to_vec(&Beat::new(&guarded.id)).unwrap();
        assert_eq!(Beat::decode(&own, &guarded.id), Ok(Beat::new(&guarded.id)));
        assert!(Beat::decode(&own, &other).is_err());
        let resolved = resolve(&fleet(2), &inventory(3));
        turn(&mut target, &resolved).await.unwrap();
        let wanted = Snapshot::wanted(&resolved);
        assert_eq!(held(&mut target).await, wanted);
    });
}

/// Has the server deliver what the fleet's bucket holds under `key` to the subject `to`.
async fn push(client: &Client, name: &str, key: &str, to: &str) {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream_no_info("KV_desired-state").await.unwrap();
    let config = push::Config {
        name: Some(name.to_owned()),
        deliver_subject: to.to_owned(),
        filter_subject: format!("$KV.desired-state.{key}"),
        ..push::Config::default()
    };
    stream.create_consumer(config).await.unwrap();
}

#[test]
fn a_consumer_that_a_thief_of_a_controller_makes_forges_no_report_and_commands_no_server() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let auditor = guarded.auditor().await;
        let audit = jetstream::new(auditor.clone());
        let report = serde_json::to_vec(&Report::new(1, None)).unwrap();
        let stored = audit.publish("$KV.device-state.d000", report.into()).await.unwrap();
        stored.await.unwrap();
        let (client, _denials) = guarded.as_controller(&guarded.controller).await;
        let forged = serde_json::to_vec(&Report::new(1 << 40, None)).unwrap();
        let ours = jetstream::new(client.clone());
        for (key, payload) in [("forged", forged), ("empty", Vec::new())] {
            let stored = ours.publish(format!("$KV.desired-state.{key}"), payload.into()).await;
            stored.unwrap().await.unwrap();
        }
        push(&client, "report", "forged", "$KV.device-state.d002").await;
        push(&client, "purge", "empty", "$JS.API.STREAM.PURGE.KV_device-state").await;
        push(&client, "delete", "empty", "$JS.API.STREAM.DELETE.KV_device-state").await;
        // What nobody keeps and what commands nothing can be reached so, as the book says.
        let mut heard = auditor.subscribe("orders.new").await.unwrap();
        auditor.flush().await.unwrap();
        push(&client, "order", "forged", "orders.new").await;
        let order = tokio::time::timeout(Duration::from_secs(20), heard.next()).await;
        assert!(order.unwrap().is_some());
        let mut target = Nats::open(client, Options::default()).await.unwrap();
        let world = target.observe().await.unwrap().state;
        let status = target.status(&world, &Buckets::default()).await.unwrap();
        assert_eq!(status.devices["d000"].report, Some(Report::new(1, None)));
        assert_eq!(status.devices["d002"].report, None);
    });
}

#[test]
fn who_makes_buckets_can_copy_any_other_so_that_is_granted_apart() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let audit = jetstream::new(guarded.auditor().await);
        let secrets = Config {
            name: "secrets".to_owned(),
            subjects: vec!["secrets.>".to_owned()],
            ..Config::default()
        };
        audit.create_stream(secrets).await.unwrap();
        audit.publish("secrets.one", "s3cret".into()).await.unwrap().await.unwrap();
        let copying = async |client: Client| {
            let mut context = jetstream::new(client);
            context.set_timeout(Duration::from_secs(2));
            let mut config = context.get_stream("KV_device-info").await.unwrap();
            let mut config = config.info().await.unwrap().config.clone();
            let source = Source { name: "secrets".to_owned(), ..Source::default() };
            config.sources = Some(vec![source]);
            context.update_stream(config).await.is_ok()
        };
        assert!(!copying(guarded.as_controller(&guarded.controller).await.0).await);
        assert!(copying(guarded.as_controller(&guarded.founder).await.0).await);
        assert_eq!(arrived(&audit, "device-info", "secrets.one").await, b"s3cret");
    });
}
