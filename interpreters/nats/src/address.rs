//! Where a bucket is, in one word: `nats://HOST:PORT,…/BUCKET?replicas=N`.

use std::fmt;
use std::str::FromStr;

use async_nats::ServerAddr;

use crate::driver::{DESIRED_STATE, Options, is_bucket_name};

/// Servers and a bucket, without any credentials.
///
/// ```
/// use escadre_nats::Address;
/// let address: Address = "nats://a:4222,b:4222/desired-state?replicas=3".parse()?;
/// assert_eq!((address.bucket(), address.replicas()), ("desired-state", 3));
/// assert_eq!(address.to_string(), "nats://a:4222,b:4222/desired-state?replicas=3");
/// assert_eq!("tls://a".parse::<Address>()?.bucket(), "desired-state");
/// assert!("nats://user:password@a".parse::<Address>().is_err());
/// # Ok::<(), escadre_nats::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: &'static str,
    /// `HOST` or `HOST:PORT`, one or more; none where the environment names them.
    servers: Vec<String>,
    /// The bucket, if it is named.
    bucket: Option<String>,
    replicas: usize,
}

/// A text is no [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin as one.
    #[error("expected `nats://HOST:PORT/BUCKET`; without a host NATS_URL names the servers")]
    Scheme,
    /// It has credentials, which are not shown here.
    #[error("an address has no credentials: they come from the environment, such as NATS_CREDS")]
    Credentials,
    /// One of its servers is none.
    #[error("`{server}` is no server: expected `HOST` or `HOST:PORT`")]
    Server {
        /// The server as it was written.
        server: String,
    },
    /// Its bucket is none.
    #[error("`{bucket}` is no bucket: a name has only letters, digits, `-` and `_`")]
    Bucket {
        /// The bucket as it was written.
        bucket: String,
    },
    /// It has an option that there is not.
    #[error("`{option}` is no option: expected `replicas=N`, with N from 1 to 5")]
    Option {
        /// The option as it was written.
        option: String,
    },
}

impl Address {
    /// The bucket; `desired-state` where none is named.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.bucket.as_deref().unwrap_or(DESIRED_STATE)
    }

    /// The bucket, if one is named.
    #[must_use]
    pub fn named_bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// How many servers hold the bucket.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// How the bucket is opened; where it does not exist it is made if `create` says so.
    #[must_use]
    pub fn options(&self, create: bool) -> Options {
        let (bucket, replicas) = (self.bucket().to_owned(), self.replicas);
        Options { bucket, replicas, create, ..Options::default() }
    }

    /// The servers as their clients are told of them; none where the environment names them.
    pub(crate) fn servers(&self) -> Vec<String> {
        self.servers.iter().map(|server| format!("{}://{server}", self.scheme)).collect()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let scheme = match scheme {
            "nats" => "nats",
            "tls" => "tls",
            _ => return Err(AddressError::Scheme),
        };
        // Whatever stands before an `@` may be a secret, and no error shows it.
        if rest.contains('@') {
            return Err(AddressError::Credentials);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (servers, bucket) = rest.split_once('/').unwrap_or((rest, ""));
        let options = Options::default();
        if !bucket.is_empty() && !is_bucket_name(bucket) {
            return Err(AddressError::Bucket { bucket: bucket.to_owned() });
        }
        let bucket = (!bucket.is_empty()).then(|| bucket.to_owned());
        let mut replicas = options.replicas;
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let number = option.strip_prefix("replicas=").and_then(|n| n.parse().ok());
            let number = number.filter(|n| (1..=5).contains(n));
            replicas = number.ok_or_else(|| AddressError::Option { option: option.to_owned() })?;
        }
        let servers = if servers.is_empty() { Vec::new() } else { split(scheme, servers)? };
        Ok(Self { scheme, servers, bucket, replicas })
    }
}

fn split(scheme: &str, servers: &str) -> Result<Vec<String>, AddressError> {
    let server = |server: &str| {
        let parsed = format!("{scheme}://{server}").parse::<ServerAddr>();
        match parsed {
            Ok(parsed) if !parsed.host().is_empty() => Ok(server.to_owned()),
            _ => Err(AddressError::Server { server: server.to_owned() }),
        }
    };
    servers.split(',').map(server).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.servers.join(","), self.bucket())?;
        if self.replicas == Options::default().replicas {
            return Ok(());
        }
        write!(f, "?replicas={}", self.replicas)
    }
}
