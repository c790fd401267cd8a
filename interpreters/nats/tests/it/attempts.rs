//! What confined users must not do: lists of it, and trying it.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use escadre_algebra::Digest;
use escadre_nats::permissions::Buckets;
use nkeys::KeyPair;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How a user is known to a server.
pub(crate) enum Known<'a> {
    /// By its nkey alone.
    Key(&'a KeyPair),
    /// By a JWT that its account signed for the nkey.
    Jwt(&'a KeyPair, &'a str),
}

/// A client of a user, and what the server denies it.
pub(crate) async fn connect(
    url: &str,
    user: Known<'_>,
    inbox_prefix: &str,
) -> (Client, UnboundedReceiver<String>) {
    let (sender, denials) = unbounded_channel();
    let options = match user {
        Known::Key(key) => ConnectOptions::with_nkey(key.seed().unwrap()),
        Known::Jwt(key, jwt) => ConnectOptions::with_credentials(&credentials(key, jwt)).unwrap(),
    };
    let options = options.custom_inbox_prefix(inbox_prefix).event_callback(move |event| {
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

/// What a file of credentials holds.
fn credentials(key: &KeyPair, jwt: &str) -> String {
    format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        key.seed().unwrap()
    )
}

/// What a user must not do.
pub(crate) struct Forbidden {
    /// Subjects that it must not publish to.
    publishes: Vec<String>,
    /// Subjects that it must not subscribe to.
    subscriptions: Vec<&'static str>,
}

impl Forbidden {
    /// To publish and subscribe at all.
    pub(crate) fn everything() -> Self {
        let publishes = ["x", "$JS.API.INFO", "$KV.desired-state._fence", "_INBOX.x"];
        let subscriptions = vec![">", "_INBOX.>", "_INBOX_.>", "x", "$JS.EVENT.>"];
        Self { publishes: publishes.map(str::to_owned).into(), subscriptions }
    }

    /// How many attempts there are.
    pub(crate) fn n(&self) -> usize {
        self.publishes.len() + self.subscriptions.len()
    }

    /// Tries all of it as the user of `client`: the server must deny each, by name.
    pub(crate) async fn is_denied(&self, client: &Client, denials: &mut UnboundedReceiver<String>) {
        for subject in &self.publishes {
            client.publish(subject.clone(), "{}".into()).await.unwrap();
            client.flush().await.unwrap();
            assert!(denied(denials, "publish", subject).await, "publish to `{subject}`");
        }
        for subject in &self.subscriptions {
            let _subscriber = client.subscribe(*subject).await.unwrap();
            client.flush().await.unwrap();
            let is_denied = denied(denials, "subscription", subject).await;
            assert!(is_denied, "subscription to `{subject}`");
        }
    }

    /// What a thief of the credentials of the device `d001` would try.
    pub(crate) fn to_the_device_d001() -> Self {
        let subscriptions = vec![
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
        Self { publishes: publishes_of_a_device(), subscriptions }
    }

    /// What a thief of the credentials of a controller would try, which may read `inventory` or not.
    pub(crate) fn to_a_controller(inventory: Option<&str>) -> Self {
        let mut publishes = others_streams("orders");
        publishes.extend(others_streams("KV_other"));
        match inventory {
            Some(bucket) => publishes.extend(writes_to_what_is_read(bucket)),
            None => publishes.extend(others_streams("KV_inventory")),
        }
        let Buckets { desired, state, heartbeat, info } = Buckets::default();
        for bucket in [&state, &heartbeat, &info] {
            publishes.extend(writes_to_what_is_read(bucket));
        }
        publishes.extend(verbs_on_the_fleet(&desired));
        publishes.extend(of_the_account());
        for inbox in ["_INBOX.x", "_INBOX_.x", "_INBOX_d001.x", "orders.new", "$KV.other.key"] {
            publishes.push(inbox.to_owned());
        }
        let subscriptions = vec![
            ">",
            "*.>",
            "*",
            "_INBOX.>",
            "_INBOX_*.>",
            "_INBOX_d001.>",
            "_INBOX_d002.>",
            "$KV.>",
            "$KV.desired-state.>",
            "$KV.device-state.>",
            "$KV.device-info.d001",
            "$KV.other.>",
            "orders.>",
            "$JS.>",
            "$JS.API.>",
            "$JS.ACK.>",
            "$JS.EVENT.>",
            "$SYS.>",
        ];
        Self { publishes, subscriptions }
    }
}

/// Waits until the server has told that it denies `subject`.
async fn denied(denials: &mut UnboundedReceiver<String>, kind: &str, subject: &str) -> bool {
    let told = tokio::time::timeout(Duration::from_secs(10), denials.recv()).await;
    let told = told.ok().flatten().unwrap_or_default().to_lowercase();
    told.contains(&format!("permissions violation for {kind} to \"{}\"", subject.to_lowercase()))
}

fn publishes_of_a_device() -> Vec<String> {
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
    // The content of a file that it does not have.
    let other = Digest::of(b"another's model").to_string().replace("sha256:", "");
    for part in ["head", "0", "*"] {
        subjects.push(format!("$JS.API.DIRECT.GET.{s}.$KV.{b}._content.{other}.{part}"));
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

/// What changes a stream, or reads more of it than a consumer of its own does.
const VERBS: [&str; 14] = [
    "STREAM.CREATE",
    "STREAM.UPDATE",
    "STREAM.DELETE",
    "STREAM.PURGE",
    "STREAM.MSG.DELETE",
    "STREAM.SNAPSHOT",
    "STREAM.RESTORE",
    "STREAM.LEADER.STEPDOWN",
    "STREAM.PEER.REMOVE",
    "CONSUMER.CREATE",
    "CONSUMER.LIST",
    "CONSUMER.NAMES",
    "DIRECT.GET",
    "STREAM.MSG.GET",
];

/// Anything with a stream that is none of the fleet's.
fn others_streams(stream: &str) -> Vec<String> {
    let mut subjects: Vec<String> =
        VERBS.iter().map(|verb| format!("$JS.API.{verb}.{stream}")).collect();
    for verb in ["CREATE", "DURABLE.CREATE", "INFO", "DELETE", "MSG.NEXT", "PAUSE"] {
        subjects.push(format!("$JS.API.CONSUMER.{verb}.{stream}.c"));
    }
    subjects.push(format!("$JS.API.STREAM.INFO.{stream}"));
    subjects.push(format!("$JS.ACK.{stream}.c.1.1.1.1.0"));
    if let Some(bucket) = stream.strip_prefix("KV_") {
        subjects.push(format!("$KV.{bucket}.d001"));
        subjects.push(format!("$KV.{bucket}._coverage"));
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{stream}.c.$KV.{bucket}.>"));
        subjects.push(format!("$JS.API.DIRECT.GET.{stream}.$KV.{bucket}.d001"));
    }
    subjects
}

/// Writing the bucket `bucket`, which may be read, and reading it in other ways.
fn writes_to_what_is_read(bucket: &str) -> Vec<String> {
    let stream = format!("KV_{bucket}");
    let mut subjects: Vec<String> =
        VERBS.iter().map(|verb| format!("$JS.API.{verb}.{stream}")).collect();
    for key in ["d001", "d002", "_coverage", "d001.more"] {
        subjects.push(format!("$KV.{bucket}.{key}"));
    }
    for verb in ["CREATE", "DURABLE.CREATE", "INFO", "PAUSE"] {
        subjects.push(format!("$JS.API.CONSUMER.{verb}.{stream}.c"));
    }
    for other in ["$KV.other.>", "$KV.>", ">", "orders.>"] {
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{stream}.c.{other}"));
    }
    subjects
}

/// What a controller must not do with the stream of its own fleet.
fn verbs_on_the_fleet(bucket: &str) -> Vec<String> {
    let stream = format!("KV_{bucket}");
    let is_needed = |verb: &&&str| **verb == "STREAM.MSG.GET";
    let verbs = VERBS.iter().filter(|verb| !is_needed(verb));
    let mut subjects: Vec<String> = verbs.map(|verb| format!("$JS.API.{verb}.{stream}")).collect();
    for verb in ["CREATE", "DURABLE.CREATE", "INFO", "PAUSE", "UNPIN", "LEADER.STEPDOWN"] {
        subjects.push(format!("$JS.API.CONSUMER.{verb}.{stream}.d001"));
    }
    for other in ["$KV.other.>", "$KV.>", ">", "$KV.device-state.>"] {
        subjects.push(format!("$JS.API.CONSUMER.CREATE.{stream}.c.{other}"));
    }
    subjects.push(format!("$JS.ACK.{stream}.d001.1.1.1.1.0"));
    subjects.push(format!("$JS.API.DIRECT.GET.{stream}.$KV.{bucket}.d001._manifest"));
    subjects
}

/// What is of the account and of the server.
fn of_the_account() -> Vec<String> {
    let subjects = [
        "$JS.API.INFO",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.NAMES",
        "$JS.API.ACCOUNT.PURGE.A",
        "$JS.API.META.LEADER.STEPDOWN",
        "$JS.API.SERVER.REMOVE",
        "$SYS.REQ.USER.INFO",
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.ACCOUNT.PING.CONNZ",
        "$SYS.ACCOUNT.A.CONNECT",
        "$JS.FC.KV_desired-state.c.1",
        "$JS.EVENT.ADVISORY.API",
    ];
    subjects.map(str::to_owned).to_vec()
}
