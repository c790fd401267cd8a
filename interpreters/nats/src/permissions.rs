//! The least that each user of the server must be allowed.
//!
//! Everything is listed, nothing else is allowed. Never among it: other devices' keys, inboxes of
//! others, and for devices the fence, information on the stream (it lists every key), and making
//! consumers: the server delivers those of the kind *push* to any subject that their maker names.
//! Whoever makes or changes a stream can let it copy any other, so that is granted apart, by [`founder`].

use std::collections::BTreeSet;
use std::fmt::Write;

use escadre_algebra::{DeviceId, Digest, Facts, Member, Outcome, Resolved, Value};
use escadre_interpreter::named_content;

use crate::driver::DESIRED_STATE;
use crate::names::{Key, device_token, subject};

/// The names of the buckets of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// What devices are to run.
    pub desired: String,
    /// What devices run, by their own word.
    pub state: String,
    /// That devices are alive.
    pub heartbeat: String,
    /// What devices tell of their labels.
    pub info: String,
}

impl Default for Buckets {
    /// As the convention for edge fleets has it.
    fn default() -> Self {
        let name = |name: &str| name.to_owned();
        Self {
            desired: name(DESIRED_STATE),
            state: name("device-state"),
            heartbeat: name("device-heartbeat"),
            info: name("device-info"),
        }
    }
}

/// The subjects that one user may publish to and subscribe to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// To publish to.
    pub publish: Vec<String>,
    /// To subscribe to.
    pub subscribe: Vec<String>,
}

impl Grants {
    /// What `self` and `other` allow together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.publish.extend(other.publish);
        self.subscribe.extend(other.subscribe);
        self
    }
}

/// A user of the server, known by the public half of its nkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The public key, `U…`.
    pub nkey: String,
    /// What it may do.
    pub grants: Grants,
}

/// The longest name that the server takes for a consumer, well below its 255.
const MAX_NAME: usize = 200;

/// The name of the consumer of the device whose token is `token`: the token, or its digest where that is too long.
pub(crate) fn consumer_name(token: &str) -> String {
    if token.len() <= MAX_NAME {
        return token.to_owned();
    }
    // `=` and no hexadecimal digit: no token is spelled so.
    Digest::of(token.as_bytes()).to_string().replace("sha256:", "=sha256-")
}

/// The prefix of the inboxes of the device `id`, for its client's `custom_inbox_prefix`.
#[must_use]
pub fn inbox_prefix(id: &DeviceId) -> String {
    format!("_INBOX_{}", consumer_name(&device_token(id)))
}

/// The prefix of the inboxes of the controller: no device's token is empty.
pub const CONTROLLER_INBOX_PREFIX: &str = "_INBOX_";

/// What the device `id` must be allowed: its own keys, and the contents that they name.
#[must_use]
pub fn device(id: &DeviceId, buckets: &Buckets, contents: &BTreeSet<Digest>) -> Grants {
    let token = device_token(id);
    let (stream, name) = (format!("KV_{}", buckets.desired), consumer_name(&token));
    let own = subject(&buckets.desired, format_args!("{token}.>"));
    let mut publish = vec![
        format!("$JS.API.CONSUMER.INFO.{stream}.{name}"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
        format!("$JS.API.DIRECT.GET.{stream}.{own}"),
        format!("$JS.ACK.{stream}.{name}.>"),
        subject(&buckets.state, &token),
        subject(&buckets.heartbeat, &token),
        subject(&buckets.info, &token),
    ];
    for digest in contents {
        let head = Key::ContentHead(*digest).to_string();
        let parts = head.trim_end_matches("head");
        publish.push(format!("$JS.API.DIRECT.GET.{stream}.$KV.{}.{parts}*", buckets.desired));
    }
    Grants { publish, subscribe: vec![format!("{}.>", inbox_prefix(id))] }
}

/// What each listed device must be allowed, in the order of the ids: also those that are no members
/// (yet), and the contents that its configuration names.
#[must_use]
pub fn devices(resolved: &Resolved, buckets: &Buckets) -> Vec<(DeviceId, Grants)> {
    let named = |facts: &Facts, member: &Member| -> BTreeSet<Digest> {
        let states = member.configuration.resources().values();
        let digests = states.filter_map(|state| {
            let (_, value) = named_content(state)?;
            match value.instantiate(facts) {
                Value::Text(word) => word.as_literal()?.parse().ok(),
                _ => None,
            }
        });
        digests.collect()
    };
    let devices = resolved.iter().map(|(facts, outcome)| {
        let contents = match outcome {
            Outcome::Member(member) => named(facts, member),
            Outcome::NotMember | Outcome::Undetermined => BTreeSet::new(),
        };
        (facts.id().clone(), device(facts.id(), buckets, &contents))
    });
    devices.collect()
}

/// What a controller must be allowed once the buckets are there: everything in the bucket of the fleet,
/// to read those that devices report to, and nothing else.
#[must_use]
pub fn controller(buckets: &Buckets) -> Grants {
    let publish = vec![
        subject(&buckets.desired, ">"),
        format!("$JS.API.STREAM.MSG.GET.KV_{}", buckets.desired),
    ];
    let subscribe = vec![format!("{CONTROLLER_INBOX_PREFIX}.>")];
    let all = [&buckets.desired, &buckets.state, &buckets.heartbeat, &buckets.info];
    all.into_iter().fold(Grants { publish, subscribe }, |grants, b| grants.and(reader(b)))
}

/// What a controller must be allowed beside [`controller`] to read the bucket `bucket`, such as that of an
/// inventory.
#[must_use]
pub fn reader(bucket: &str) -> Grants {
    let (stream, all) = (format!("KV_{bucket}"), subject(bucket, ">"));
    let publish = vec![
        format!("$JS.API.CONSUMER.CREATE.{stream}.*.{all}"),
        format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
        format!("$JS.API.STREAM.INFO.{stream}"),
    ];
    Grants { publish, ..Grants::default() }
}

/// What a controller must be allowed beside [`controller`] to make the buckets.
///
/// A stream copies what its maker names, also what the maker must not read: a user that is to be
/// confined is not granted this.
#[must_use]
pub fn founder(buckets: &Buckets) -> Grants {
    let all = [&buckets.desired, &buckets.state, &buckets.heartbeat, &buckets.info];
    let publish = all.into_iter().flat_map(|bucket| {
        ["CREATE", "UPDATE"].map(|verb| format!("$JS.API.STREAM.{verb}.KV_{bucket}"))
    });
    Grants { publish: publish.collect(), ..Grants::default() }
}

/// The block `authorization` of a server's configuration in which `users` may do what they are granted.
///
/// ```
/// use escadre_nats::permissions::{Buckets, User, controller, server_config};
/// let user = User { nkey: "UA…".to_owned(), grants: controller(&Buckets::default()) };
/// assert!(server_config(&[user]).contains("\"$KV.desired-state.>\""));
/// ```
#[must_use]
pub fn server_config(users: &[User]) -> String {
    let mut text = "authorization {\n  users = [\n".to_owned();
    let rule = |subjects: &[String]| {
        // To a server, a list of nothing is no list, and allows everything.
        if subjects.is_empty() {
            return "deny: \">\"".to_owned();
        }
        // No subject has a quote: tokens are escaped, and buckets have plain names.
        let list = subjects.iter().map(|s| format!("\"{s}\"")).collect::<Vec<_>>();
        format!("allow: [{}]", list.join(", "))
    };
    for user in users {
        let (publish, subscribe) = (rule(&user.grants.publish), rule(&user.grants.subscribe));
        // Writing to a text never fails.
        let _ = writeln!(
            text,
            "    {{ nkey: {}, permissions: {{ publish: {{ {publish} }}, subscribe: {{ {subscribe} }} }} }}",
            user.nkey
        );
    }
    text.push_str("  ]\n}\n");
    text
}
