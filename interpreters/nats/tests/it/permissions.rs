//! Permissions: what a user must do works, and all else that a thief would try is denied.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, jetstream};
use escadre_algebra::{DeviceId, Digest, config_file, deploy};
use escadre_nats::device::{Beat, Device, Report, Told};
use escadre_nats::permissions::{
    Buckets, CONTROLLER_INBOX_PREFIX, Grants, User, controller, device, inbox_prefix, server_config,
};
use escadre_nats::{Nats, Options};
use escadre_testbed::{NatsServer, Options as Start};
use nkeys::KeyPair;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::devices::next;
use crate::support::{fleet, inventory, resolve, run, turn};

/// A client of the user of `key`, and what the server denies it.
async fn connect(url: &str, key: &KeyPair, prefix: &str) -> (Client, UnboundedReceiver<String>) {
    let (sender, denials) = unbounded_channel();
    let options = ConnectOptions::with_nkey(key.seed().unwrap())
        .custom_inbox_prefix(prefix)
        .event_callback(move |event| {
            let sender = sender.clone();
            async move {
                if let Event::ServerError(error) = event {
                    // Nobody may listen any more.
                    let _ = sender.send(error.to_string());
                }
            }
        });
    (options.connect(url).await.unwrap(), denials)
}

/// A server on which a controller and two devices have the least that they need.
struct Guarded {
    server: NatsServer,
    controller: KeyPair,
    device: KeyPair,
    /// May do everything, to look at what the others left.
    auditor: KeyPair,
    id: DeviceId,
    content: Vec<u8>,
}

impl Guarded {
    fn start() -> Self {
        let [controller_key, device_key, other_key, auditor] =
            std::array::from_fn(|_| KeyPair::new_user());
        let everything = vec![">".to_owned()];
        let everything = Grants { publish: everything.clone(), subscribe: everything };
        let buckets = Buckets::default();
        let [id, other] = ["d001", "d002"].map(|id| DeviceId::parse(id).unwrap());
        let content = b"the model".to_vec();
        let contents = BTreeSet::from([Digest::of(&content)]);
        let users = [
            User { nkey: controller_key.public_key(), grants: controller(&buckets) },
            User { nkey: device_key.public_key(), grants: device(&id, &buckets, &contents) },
            User { nkey: other_key.public_key(), grants: device(&other, &buckets, &contents) },
            User { nkey: auditor.public_key(), grants: everything },
        ];
        let start = Start { config: server_config(&users), ..Start::default() };
        let server = NatsServer::start_with(&start).unwrap();
        Self { server, controller: controller_key, device: device_key, auditor, id, content }
    }

    /// Applies a fleet with the controller's permissions, and makes the buckets of reports.
    async fn fill(&self) -> Nats {
        let url = self.server.url();
        let (client, _) = connect(&url, &self.controller, CONTROLLER_INBOX_PREFIX).await;
        let context = jetstream::new(client.clone());
        let Buckets { state, heartbeat, info, .. } = Buckets::default();
        for bucket in [state, heartbeat, info] {
            let config = jetstream::stream::Config {
                name: format!("KV_{bucket}"),
                subjects: vec![format!("$KV.{bucket}.>")],
                max_messages_per_subject: 1,
                ..Default::default()
            };
            context.create_stream(config).await.unwrap();
        }
        let mut target = Nats::open(client, Options::default()).await.unwrap();
        let file = deploy(config_file("model").path("/model").content(self.content.clone()));
        turn(&mut target, &resolve(&(fleet(1) | file), &inventory(3))).await.unwrap();
        target.admit(std::slice::from_ref(&self.id)).await.unwrap();
        target
    }
}

#[test]
fn a_controller_and_a_device_do_all_they_must_with_the_least_permissions() {
    let guarded = Guarded::start();
    run(async {
        let mut target = guarded.fill().await;
        let url = guarded.server.url();
        let (client, mut denials) =
            connect(&url, &guarded.device, &inbox_prefix(&guarded.id)).await;
        let buckets = Buckets::default();
        let mut device = Device::connect(client, guarded.id.clone(), buckets, 0).await.unwrap();
        assert!(matches!(next(&mut device).await, Told::Wanted(_)));
        let digest = Digest::of(&guarded.content);
        assert_eq!(device.content(digest).await.unwrap(), Some(guarded.content.clone()));
        device.report(&Report::new(1, None)).await.unwrap();
        device.beat().await.unwrap();
        device.tell([("firmware".to_owned(), "2.1".to_owned())].into()).await.unwrap();
        turn(&mut target, &resolve(&fleet(2), &inventory(3))).await.unwrap();
        assert!(matches!(next(&mut device).await, Told::Wanted(_)));
        assert!(denials.try_recv().is_err());
    });
}

/// What a thief of the credentials of `d001` would publish to.
fn forbidden_publishes() -> Vec<String> {
    let (b, s) = ("desired-state", "KV_desired-state");
    let mut subjects = Vec::new();
    for key in ["d002.motd", "d002._manifest", "d001.motd", "d001._manifest", "_fence", "x"] {
        subjects.push(format!("$KV.{b}.{key}"));
    }
    for filter in ["d002.>", "d002.motd", ">", "*.>", "*.motd", "d00*.>", "_fence", "_content.>"] {
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{s}.d001.$KV.{b}.{filter}"));
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{s}.d002.$KV.{b}.{filter}"));
        subjects.push(format!("$JS.API.DIRECT.GET.{s}.$KV.{b}.{filter}"));
    }
    // Its maker could have a consumer push to any subject.
    subjects.push(format!("$JS.API.CONSUMER.CREATE.{s}.d001.$KV.{b}.d001.>"));
    subjects.push(format!("$JS.API.CONSUMER.DELETE.{s}.d001"));
    for name in ["d002", "*", ">"] {
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{s}.{name}"));
        subjects.push(format!("$JS.API.CONSUMER.DURABLE.CREATE.{s}.{name}"));
        subjects.push(format!("$JS.API.CONSUMER.INFO.{s}.{name}"));
    }
    for name in ["d002", "*", "escadre-1"] {
        subjects.push(format!("$JS.API.CONSUMER.MSG.NEXT.{s}.{name}"));
        subjects.push(format!("$JS.API.CONSUMER.DELETE.{s}.{name}"));
    }
    for verb in ["INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT"]
    {
        subjects.push(format!("$JS.API.STREAM.{verb}.{s}"));
    }
    let others =
        ["$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$SYS.REQ.USER.INFO"];
    subjects.extend(others.map(str::to_owned));
    subjects.push(format!("$JS.API.CONSUMER.CREATE.{s}"));
    subjects.push(format!("$JS.API.CONSUMER.LIST.{s}"));
    subjects.push(format!("$JS.API.DIRECT.GET.{s}"));
    for bucket in ["device-state", "device-heartbeat", "device-info"] {
        subjects.push(format!("$KV.{bucket}.d002"));
        subjects.push(format!("$KV.{bucket}.d001.more"));
        subjects.push(format!("$JS.API.STREAM.INFO.KV_{bucket}"));
        subjects.push(format!("$JS.API.DIRECT.GET.KV_{bucket}.$KV.{bucket}.d002"));
    }
    subjects.push("_INBOX_d002.x".to_owned());
    subjects.push("_INBOX_.x".to_owned());
    subjects
}

const FORBIDDEN_SUBSCRIPTIONS: [&str; 12] = [
    ">",
    "*.>",
    "_INBOX.>",
    "_INBOX_d002.>",
    "_INBOX_.>",
    "$KV.>",
    "$KV.desired-state.>",
    "$KV.desired-state.d001.>",
    "$KV.desired-state.d002.>",
    "$JS.API.>",
    "$JS.EVENT.>",
    "$SYS.>",
];

/// Waits until the server has told that it denies `subject`.
async fn is_denied(denials: &mut UnboundedReceiver<String>, kind: &str, subject: &str) -> bool {
    let told = tokio::time::timeout(Duration::from_secs(10), denials.recv()).await;
    let told = told.ok().flatten().unwrap_or_default().to_lowercase();
    told.contains(&format!("permissions violation for {kind} to \"{}\"", subject.to_lowercase()))
}

#[test]
fn what_a_thief_of_a_device_would_try_is_denied() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let url = guarded.server.url();
        let (client, mut denials) =
            connect(&url, &guarded.device, &inbox_prefix(&guarded.id)).await;
        let subjects = forbidden_publishes();
        assert!(subjects.len() >= 60, "{}", subjects.len());
        for subject in &subjects {
            client.publish(subject.clone(), "{}".into()).await.unwrap();
            client.flush().await.unwrap();
            assert!(is_denied(&mut denials, "publish", subject).await, "publish to `{subject}`");
        }
        for subject in FORBIDDEN_SUBSCRIPTIONS {
            let _subscriber = client.subscribe(subject).await.unwrap();
            client.flush().await.unwrap();
            let denied = is_denied(&mut denials, "subscription", subject).await;
            assert!(denied, "subscription to `{subject}`");
        }
    });
}

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
        let url = guarded.server.url();
        let (client, _denials) = connect(&url, &guarded.device, &inbox_prefix(&guarded.id)).await;
        // The server checks the subject of a request, and not where the answer is to go.
        // What was written in a batch carries the batch's headers, so the server does not store it
        // again; that a key is not there carries none.
        let asks = ["_manifest", "nothing"]
            .map(|key| format!("$JS.API.DIRECT.GET.KV_desired-state.$KV.desired-state.d001.{key}"));
        let reports = ["device-state", "device-heartbeat"];
        let to = reports.map(|bucket| format!("$KV.{bucket}.d002"));
        let desired = ["d002.motd", "_fence"].map(|key| format!("$KV.desired-state.{key}"));
        for reply in to.iter().chain(&desired) {
            for ask in &asks {
                let sent = client.publish_with_reply(ask.clone(), reply.clone(), "".into()).await;
                sent.unwrap();
            }
        }
        client.flush().await.unwrap();
        // What was stored is no report and no heartbeat of that device.
        let (auditor, _) = connect(&url, &guarded.auditor, "_INBOX").await;
        let context = jetstream::new(auditor);
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
        let wanted = escadre_interpreter::Snapshot::wanted(&resolved);
        assert_eq!(crate::support::held(&mut target).await, wanted);
    });
}
