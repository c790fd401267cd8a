//! Connecting as NATS tools do: who one is comes from the environment.

use std::fmt;
use std::future::Ready;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use async_nats::connection::State;
use async_nats::{Client, ConnectErrorKind as Kind, ConnectOptions, Event, ServerAddr};
use escadre_algebra::DeviceId;

use crate::address::Address;
use crate::error::Source;
use crate::permissions::{CONTROLLER_INBOX_PREFIX, inbox_prefix};

/// A client was not connected. No secret is in it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ConnectError {
    kind: ConnectErrorKind,
    source: Option<Source>,
}

/// Why a client was not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// Neither the address nor `NATS_URL` names a server.
    NoServers,
    /// What `NATS_URL` has is no list of servers.
    BadServers,
    /// A file that a variable names cannot be read, or holds no credentials.
    BadFile {
        /// The variable.
        variable: &'static str,
        /// The file.
        file: PathBuf,
    },
    /// A variable needs another one beside it.
    Alone {
        /// The variable.
        variable: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// The server does not let this user in.
    Denied {
        /// The variable that says who the user is, if one does.
        variable: Option<&'static str>,
    },
    /// The server and this client do not agree on TLS.
    Tls,
    /// No server answers.
    Unreachable {
        /// The servers.
        servers: String,
    },
}

impl fmt::Display for ConnectErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServers => f.write_str("no NATS server is named"),
            Self::BadServers => f.write_str("NATS_URL is no list of NATS servers"),
            Self::BadFile { variable, file } => {
                write!(f, "{} ({variable}) holds no credentials that can be read", file.display())
            }
            Self::Alone { variable, other } => write!(f, "{variable} is set and {other} is not"),
            Self::Denied { variable: Some(variable) } => {
                write!(f, "the server does not let in the user of {variable}")
            }
            Self::Denied { variable: None } => {
                f.write_str("the server asks who this is, and the environment does not say")
            }
            Self::Tls => f.write_str("the server and this client do not agree on TLS"),
            Self::Unreachable { servers } => write!(f, "no NATS server answers at {servers}"),
        }
    }
}

impl ConnectError {
    /// Why there is no connection.
    #[must_use]
    pub fn kind(&self) -> &ConnectErrorKind {
        &self.kind
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match &self.kind {
            ConnectErrorKind::NoServers => "name one, `nats://HOST:PORT/BUCKET`, or set NATS_URL",
            ConnectErrorKind::BadServers => "set it to `nats://HOST:PORT`, several with commas",
            ConnectErrorKind::BadFile { .. } => "let it name a file that your NATS tools can use",
            ConnectErrorKind::Alone { .. } => "set both, or none",
            ConnectErrorKind::Denied { variable: None } => {
                "set NATS_CREDS, NATS_NKEY (files), NATS_TOKEN, or NATS_USER and NATS_PASSWORD"
            }
            ConnectErrorKind::Denied { .. } => "ask the server's owner, or set another user",
            ConnectErrorKind::Tls => {
                "NATS_CA names the certificates to trust, NATS_CERT and NATS_KEY this client's"
            }
            ConnectErrorKind::Unreachable { .. } => "check the address and that the server runs",
        };
        Some(help.to_owned())
    }
}

impl From<ConnectErrorKind> for ConnectError {
    fn from(kind: ConnectErrorKind) -> Self {
        Self { kind, source: None }
    }
}

/// A client of the servers of `address`; `variable` reads the environment.
///
/// Who the client is comes from the first that is set of `NATS_CREDS` (a file of credentials),
/// `NATS_NKEY` (a file with a seed), `NATS_TOKEN`, and `NATS_USER` with `NATS_PASSWORD`. `NATS_CA`, and
/// `NATS_CERT` with `NATS_KEY`, are files for TLS; `NATS_URL` names the servers where `address` does not, and
/// may say who the client is where no other variable does.
/// `NATS_CREDS` and `NATS_NKEY` may also have the content of such a file.
///
/// # Errors
/// [`ConnectError`] says which variable is wrong, or what the server said.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let address = "nats:///desired-state".parse()?;
/// let client = escadre_nats::connect(&address, &|name| std::env::var(name).ok()).await?;
/// let bucket = escadre_nats::Nats::open(client, address.options(true)).await?;
/// # Ok(())
/// # }
/// ```
pub async fn connect(
    address: &Address,
    variable: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Client, ConnectError> {
    connect_with(address, CONTROLLER_INBOX_PREFIX, variable).await
}

/// As [`connect`], for the device `id`, which hears its own inbox only.
///
/// # Errors
/// As [`connect`].
pub async fn connect_device(
    address: &Address,
    id: &DeviceId,
    variable: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Client, ConnectError> {
    connect_with(address, &inbox_prefix(id), variable).await
}

/// Whether `client` has a connection now. Without one it waits for one by itself.
#[must_use]
pub fn is_connected(client: &Client) -> bool {
    client.connection_state() == State::Connected
}

async fn connect_with(
    address: &Address,
    inbox_prefix: &str,
    variable: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Client, ConnectError> {
    let variable = |name: &'static str| variable(name).filter(|value| !value.is_empty());
    let Servers { servers, user } = servers(address, variable("NATS_URL"))?;
    let options = ConnectOptions::new()
        .name("escadre")
        .custom_inbox_prefix(inbox_prefix)
        .event_callback(on_events());
    let options = with_tls(options, &variable)?;
    let (options, user) = with_user(options, user, &variable).await?;
    let names = servers.iter().map(|server| format!("{}:{}", server.host(), server.port()));
    let names = names.collect::<Vec<_>>().join(", ");
    options.connect(servers).await.map_err(|error| {
        let kind = match error.kind() {
            Kind::Authentication | Kind::AuthorizationViolation => {
                ConnectErrorKind::Denied { variable: user }
            }
            Kind::Tls => ConnectErrorKind::Tls,
            _ => ConnectErrorKind::Unreachable { servers: names },
        };
        ConnectError { kind, source: Some(error.into()) }
    })
}

/// Tells what the server says apart from answers: a request that is denied is answered by nobody.
fn on_events() -> impl Fn(Event) -> Ready<()> + Send + Sync + 'static {
    let told = Mutex::new(String::new());
    move |event| {
        if let Event::ServerError(error) = &event {
            let error = error.to_string();
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            // What is tried again is denied again.
            if *told != error {
                tracing::warn!("the server says: {error}");
                *told = error;
            }
        } else {
            tracing::info!(%event, "nats");
        }
        std::future::ready(())
    }
}

/// Servers, and who the client is by what `NATS_URL` says.
struct Servers {
    /// Without credentials, since a client logs the address of its server.
    servers: Vec<ServerAddr>,
    /// A user with a password, or a token.
    user: Option<(String, Option<String>)>,
}

/// The servers of `address`, else those of `NATS_URL`.
fn servers(address: &Address, url: Option<String>) -> Result<Servers, ConnectError> {
    let mut names = address.servers();
    if names.is_empty() {
        let url = url.ok_or(ConnectErrorKind::NoServers)?;
        names = url.split(',').map(|server| server.trim().to_owned()).collect();
    }
    let mut found = Servers { servers: Vec::with_capacity(names.len()), user: None };
    for name in names {
        // An address may have a password in it, so the error does not show it.
        let parse = |name: &str| name.parse().map_err(|_| ConnectErrorKind::BadServers);
        let server: ServerAddr = parse(&name)?;
        let Some(user) = server.username() else {
            found.servers.push(server);
            continue;
        };
        let password = server.password().map(str::to_owned);
        found.user.get_or_insert_with(|| (user.to_owned(), password));
        let (scheme, rest) = name.split_once("://").unwrap_or(("nats", &name));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        found.servers.push(parse(&format!("{scheme}://{host}"))?);
    }
    Ok(found)
}

fn with_tls(
    mut options: ConnectOptions,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<ConnectOptions, ConnectError> {
    if let Some(file) = variable("NATS_CA") {
        options = options.add_root_certificates(file.into());
    }
    match both(["NATS_CERT", "NATS_KEY"], variable)? {
        Some([certificate, key]) => {
            Ok(options.add_client_certificate(certificate.into(), key.into()))
        }
        None => Ok(options),
    }
}

/// What is told instead of credentials that stand in a variable themselves.
const ITSELF: &str = "the variable";

/// Whether `text` is itself what a file of credentials or of a seed holds, and no file's name.
///
/// ```
/// assert!(!escadre_nats::are_credentials("/etc/nats/user.creds"));
/// assert!(escadre_nats::are_credentials("-----BEGIN NATS USER JWT-----\n…"));
/// ```
#[must_use]
pub fn are_credentials(text: &str) -> bool {
    let is_seed = |line: &str| {
        line.len() == 58
            && line.starts_with("SU")
            && line.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    text.contains("-----BEGIN NATS") || text.lines().any(|line| is_seed(line.trim()))
}

/// `options` with who the client is, and the variable that says so.
async fn with_user(
    options: ConnectOptions,
    of_url: Option<(String, Option<String>)>,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<(ConnectOptions, Option<&'static str>), ConnectError> {
    let bad = |variable: &'static str, file: &str, source: std::io::Error| {
        let kind = ConnectErrorKind::BadFile { variable, file: file.into() };
        ConnectError { kind, source: Some(source.into()) }
    };
    if let Some(text) = variable("NATS_CREDS") {
        let options = match are_credentials(&text) {
            true => options.credentials(&text).map_err(|source| bad("NATS_CREDS", ITSELF, source)),
            false => {
                let options = options.credentials_file(&text).await;
                options.map_err(|source| bad("NATS_CREDS", &text, source))
            }
        };
        return Ok((options?, Some("NATS_CREDS")));
    }
    if let Some(text) = variable("NATS_NKEY") {
        let (seed, file) = match are_credentials(&text) {
            true => (Ok(text), ITSELF.to_owned()),
            false => (std::fs::read_to_string(&text), text),
        };
        let seed = seed.map_err(|source| bad("NATS_NKEY", &file, source))?;
        let seed = seed.lines().map(str::trim).find(|line| line.starts_with("SU"));
        let seed = seed.ok_or_else(|| {
            bad("NATS_NKEY", &file, std::io::Error::other("it has no user's seed, `SU…`"))
        })?;
        return Ok((options.nkey(seed.to_owned()), Some("NATS_NKEY")));
    }
    if let Some(token) = variable("NATS_TOKEN") {
        return Ok((options.token(token), Some("NATS_TOKEN")));
    }
    match both(["NATS_USER", "NATS_PASSWORD"], variable)? {
        Some([user, password]) => {
            Ok((options.user_and_password(user, password), Some("NATS_USER")))
        }
        None => Ok(match of_url {
            Some((user, Some(password))) => {
                (options.user_and_password(user, password), Some("NATS_URL"))
            }
            Some((token, None)) => (options.token(token), Some("NATS_URL")),
            None => (options, None),
        }),
    }
}

/// The values of two variables of which each needs the other.
fn both(
    names: [&'static str; 2],
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<[String; 2]>, ConnectError> {
    let alone = |variable, other| Err(ConnectErrorKind::Alone { variable, other }.into());
    match names.map(variable) {
        [Some(one), Some(other)] => Ok(Some([one, other])),
        [None, None] => Ok(None),
        [Some(_), None] => alone(names[0], names[1]),
        [None, Some(_)] => alone(names[1], names[0]),
    }
}
