//! The servers that may be killed, and the bucket on them.

use async_nats::jetstream::{self, kv};
use escadre_nats::Address;
use escadre_testbed::{NatsCluster, NatsServer};

use crate::Outcome;

/// How many entries of each key a bucket of history keeps: more than are written while the audit is away.
const N_OF_HISTORY: i64 = 32;

/// The servers that may be killed.
pub(crate) enum Victims {
    One(NatsServer),
    Three(NatsCluster),
}

/// Which bucket the fleets are applied to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    /// As `escadre nats init` makes it: the last entry of each key is kept.
    Made,
    /// One that keeps more, as NATS tools make it.
    OfHistory,
}

impl Victims {
    /// The one server, or the one of three that is named `leader`.
    pub(crate) fn server(&mut self, leader: Option<String>) -> Outcome<&mut NatsServer> {
        match self {
            Self::One(server) => Ok(server),
            Self::Three(cluster) => {
                let name = leader.unwrap_or_default();
                let at = name.strip_prefix('n').and_then(|at| at.parse::<usize>().ok());
                let server = at.and_then(|at| cluster.servers().get_mut(at));
                server.ok_or_else(|| format!("the leader `{name}` is none of the servers"))
            }
        }
    }

    /// The address of `bucket`, on one server or on all three.
    pub(crate) fn address(&self, bucket: Bucket) -> String {
        let name = match bucket {
            Bucket::Made => "fleet",
            Bucket::OfHistory => "history",
        };
        match self {
            Self::One(server) => format!("{}/{name}", server.url()),
            Self::Three(cluster) => {
                let servers = cluster.url().replace("nats://", "");
                format!("nats://{servers}/{name}?replicas=3")
            }
        }
    }
}

/// Makes a bucket that keeps its history.
pub(crate) async fn make(context: &jetstream::Context, address: &Address) -> Outcome {
    let config = kv::Config {
        bucket: address.bucket().to_owned(),
        history: N_OF_HISTORY,
        num_replicas: address.replicas(),
        ..kv::Config::default()
    };
    let made = context.create_key_value(config).await;
    made.map(|_| ()).map_err(|error| error.to_string())
}

/// The name of the server that leads the stream of `bucket`.
pub(crate) async fn leader(context: &jetstream::Context, bucket: &str) -> Outcome<String> {
    let stream = context.get_stream(format!("KV_{bucket}")).await;
    let stream = stream.map_err(|error| error.to_string())?;
    let cluster = stream.cached_info().cluster.as_ref();
    cluster.and_then(|cluster| cluster.leader.clone()).ok_or("the stream has no leader".to_owned())
}
