//! Probes: how a target finds out whether a container is well.

use serde_json::json;

use super::{Said, record::authored};
use crate::resource::{Authored, Resource};
use crate::text::Text;

/// How a target finds out whether a container is live, ready or started.
///
/// ```
/// use escadre_algebra::{Probe, container, deploy};
/// let web = container("web").liveness(Probe::http("/healthz", 8080).period_seconds(10));
/// assert!(deploy(web).problems().is_empty());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Probe {
    said: Said,
    headers: Vec<(String, String)>,
}

impl Probe {
    fn of(said: Said) -> Self {
        Self { said, headers: Vec::new() }
    }

    /// It is well iff `GET path` on `port` (a number, or the name of a port) succeeds.
    pub fn http(path: impl Into<Text>, port: impl Into<Authored>) -> Self {
        Self::of(
            Said::default().and(&["httpGet", "path"], path.into()).and(&["httpGet", "port"], port),
        )
    }

    /// It is well iff `port` accepts connections.
    pub fn tcp(port: impl Into<Authored>) -> Self {
        Self::of(Said::default().and(&["tcpSocket", "port"], port))
    }

    /// It is well iff the gRPC health service on `port` says so.
    pub fn grpc(port: u16) -> Self {
        Self::of(Said::default().and(&["grpc", "port"], port))
    }

    /// It is well iff `command` exits with 0.
    pub fn exec<T: Into<Text>>(command: impl IntoIterator<Item = T>) -> Self {
        let command = Authored::list(command.into_iter().map(Into::into));
        Self::of(Said::default().and(&["exec", "command"], command))
    }

    /// The host of an HTTP probe.
    pub fn host(self, host: impl Into<Text>) -> Self {
        self.and(&["httpGet", "host"], host.into())
    }

    /// The scheme of an HTTP probe: `HTTP` or `HTTPS`.
    pub fn scheme(self, scheme: impl Into<Text>) -> Self {
        self.and(&["httpGet", "scheme"], scheme.into())
    }

    /// One header of an HTTP probe.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How long after the start it is first asked.
    pub fn initial_delay_seconds(self, seconds: u32) -> Self {
        self.and(&["initialDelaySeconds"], seconds)
    }

    /// How often it is asked.
    pub fn period_seconds(self, seconds: u32) -> Self {
        self.and(&["periodSeconds"], seconds)
    }

    /// How long an answer may take.
    pub fn timeout_seconds(self, seconds: u32) -> Self {
        self.and(&["timeoutSeconds"], seconds)
    }

    /// How many failures in a row make it unwell.
    pub fn failure_threshold(self, n_failures: u32) -> Self {
        self.and(&["failureThreshold"], n_failures)
    }

    /// How many successes in a row make it well.
    pub fn success_threshold(self, n_successes: u32) -> Self {
        self.and(&["successThreshold"], n_successes)
    }

    fn and(mut self, fields: &[&str], value: impl Into<Authored>) -> Self {
        self.said = self.said.and(fields, value);
        self
    }

    /// Claims it below `at`.
    #[track_caller]
    pub(super) fn put(self, resource: &mut Resource, at: &[&str]) {
        let mut said = self.said;
        if !self.headers.is_empty() {
            let headers: Vec<_> = self
                .headers
                .iter()
                .map(|(name, value)| json!({"name": name, "value": value}))
                .collect();
            match authored(&headers) {
                Ok(headers) => said = said.and(&["httpGet", "httpHeaders"], headers),
                Err(error) => resource.reject(&error),
            }
        }
        said.put(resource, at);
    }
}
