//! One request to the API server, and what its answer means.

use std::sync::PoisonError;
use std::time::Duration;

use http::{Method, Request};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::Kube;
use crate::error::{ServerError, ServerErrorKind};
use crate::foreign::{self, Owner};

/// How long one answer is waited for at most; never longer than a lease is surely held.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The pauses between attempts: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));
/// How long after it was away an API server may say that rights are missing which are there.
const GRACE: Duration = Duration::from_secs(15);
/// Asks for the metadata of objects only.
pub(super) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
pub(super) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Why an answer is not the one that was asked for.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The API server says so, with this code.
    Told { code: u16, why: String },
    /// Others own fields that a server-side apply would write.
    Owned(Vec<Owner>),
    /// It may work when tried again; whether it was done is unknown.
    Passing(String),
    /// The answer is not understood.
    Odd(String),
    /// The credentials cannot be used.
    Unknown(String),
}

/// What is sent.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) accept: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn get(path: String) -> Self {
        let (accept, content_type) = ("application/json", "application/json");
        Self { method: Method::GET, path, accept, content_type, body: Vec::new() }
    }

    pub(super) fn with(method: Method, path: String, body: &Json) -> Self {
        Self { method, body: body.to_string().into_bytes(), ..Self::get(path) }
    }

    /// A server-side apply of `object`, which is sent as YAML: that has no control characters.
    pub(super) fn apply(path: String, object: &Json) -> Self {
        let mut body = String::new();
        for c in object.to_string().chars() {
            match c {
                '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..
                    if c <= '\u{ffff}' =>
                {
                    body.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => body.push(c),
            }
        }
        let content_type = "application/apply-patch+yaml";
        Self { method: Method::PATCH, body: body.into_bytes(), content_type, ..Self::get(path) }
    }

    /// A JSON patch.
    pub(super) fn json_patch(path: String, patch: &str) -> Self {
        let content_type = "application/json-patch+json";
        let body = patch.as_bytes().to_vec();
        Self { method: Method::PATCH, body, content_type, ..Self::get(path) }
    }

    pub(super) fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }
}

/// Sends `call` once.
pub(super) async fn send<T: DeserializeOwned>(target: &Kube, call: &Call) -> Result<T, Trouble> {
    let request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(http::header::ACCEPT, call.accept)
        .header(http::header::CONTENT_TYPE, call.content_type)
        .body(call.body.clone());
    let request = request.map_err(|error| Trouble::Odd(error.to_string()))?;
    let longest = TIMEOUT.min(target.options.lease * 2 / 3);
    match tokio::time::timeout(longest, target.client.request(request)).await {
        Err(_) => Err(grace(target, Trouble::Passing(format!("no answer within {longest:?}")))),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(grace(target, trouble(error))),
    }
}

/// `trouble`, unless it is that of an API server which has just started: that answers 403 until it
/// has read who has which rights.
fn grace(target: &Kube, trouble: Trouble) -> Trouble {
    let mut away = target.away.lock().unwrap_or_else(PoisonError::into_inner);
    match trouble {
        Trouble::Passing(_) => *away = Some(Instant::now()),
        Trouble::Told { code: 403, why }
            if away.is_some_and(|at| at.elapsed() < GRACE) && denied_by(&why).is_none() =>
        {
            return Trouble::Passing(why);
        }
        _ => {}
    }
    trouble
}

fn trouble(error: kube::Error) -> Trouble {
    match error {
        kube::Error::Api(status) => {
            let (code, mut why) = (status.code, status.message.clone());
            let causes = || status.details.iter().flat_map(|details| &details.causes);
            let conflicts = causes().filter(|cause| cause.reason == "FieldManagerConflict");
            let owned: Vec<_> =
                conflicts.map(|it| (it.message.clone(), it.field.clone())).collect();
            if !owned.is_empty() {
                return Trouble::Owned(foreign::conflicts(&owned));
            }
            for cause in causes().take(3) {
                if !why.contains(&cause.message) {
                    why = format!("{why}; {}: {}", cause.field, cause.message);
                }
            }
            match code {
                429 | 502..=504 => Trouble::Passing(why),
                500 if is_of_storage(&why) || silent_webhook(&why).is_some() => {
                    Trouble::Passing(why)
                }
                _ => Trouble::Told { code, why },
            }
        }
        kube::Error::SerdeError(error) => Trouble::Odd(error.to_string()),
        kube::Error::Auth(error) => Trouble::Unknown(error.to_string()),
        error => Trouble::Passing(chain(&error)),
    }
}

/// Whether `why` is what the API server says while its storage is away, or chooses another leader:
/// it hands on what its client of etcd says.
fn is_of_storage(why: &str) -> bool {
    let is_away = ["etcdserver", "rpc error: code = Unavailable", "rpc error: code = Canceled"];
    is_away.iter().any(|part| why.contains(part)) && !why.contains("too large")
}

/// The webhook that does not answer the API server, by what that says: `failed calling webhook "NAME": …`.
fn silent_webhook(why: &str) -> Option<&str> {
    let (_, named) = why.split_once("failed calling webhook \"")?;
    named.split('"').next()
}

/// What is said once `why` was tried again for long enough.
fn unreachable(doing: &'static str, why: &str) -> ServerErrorKind {
    let why = why.to_owned();
    match silent_webhook(&why).map(str::to_owned) {
        Some(webhook) => ServerErrorKind::Webhook { webhook, doing, why },
        None => ServerErrorKind::Unreachable { doing, why },
    }
}

/// An error and its sources, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

/// Sends `call`, again and again while its trouble passes. `None` where there is no such thing.
pub(super) async fn ask<T: DeserializeOwned>(
    target: &Kube,
    doing: &'static str,
    call: &Call,
) -> Result<Option<T>, ServerError> {
    let mut attempts = Attempts::new(target, doing);
    loop {
        match send(target, call).await {
            Ok(answer) => return Ok(Some(answer)),
            Err(Trouble::Told { code: 404, .. }) => return Ok(None),
            Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
            Err(trouble) => return Err(lasting(target, doing, trouble)),
        }
    }
}

/// The policy or the webhook that denied a request, by what the API server says of it:
/// `ValidatingAdmissionPolicy 'NAME' with binding … denied request`, `admission webhook "NAME"
/// denied the request`; they choose the code themselves.
pub(super) fn denied_by(why: &str) -> Option<String> {
    let (before, _) = why.split_once(" denied ")?;
    let (_, named) = before.rsplit_once("admission webhook \"").or_else(|| {
        let (_, named) = before.rsplit_once("ValidatingAdmissionPolicy '")?;
        Some(("", named))
    })?;
    named.split(['"', '\'']).next().map(str::to_owned)
}

/// The error of a trouble that does not pass.
pub(super) fn lasting(target: &Kube, doing: &'static str, trouble: Trouble) -> ServerError {
    let namespace = &target.options.namespace;
    let denied = match &trouble {
        Trouble::Told { why, .. } => denied_by(why),
        _ => None,
    };
    let kind = match trouble {
        Trouble::Told { why, .. } if denied.is_some() => {
            ServerErrorKind::Denied { by: denied.unwrap_or_default(), doing, why }
        }
        Trouble::Told { code: 401, why } | Trouble::Unknown(why) => {
            ServerErrorKind::Unknown { why }
        }
        Trouble::Told { code: 403, why } => ServerErrorKind::Forbidden { why },
        Trouble::Told { code: 404, why } if why.contains("namespaces") => {
            ServerErrorKind::NoNamespace { namespace: namespace.clone() }
        }
        Trouble::Told { why, .. } => ServerErrorKind::Refused { doing, why },
        Trouble::Owned(owners) => {
            let managers: Vec<_> = owners.into_iter().map(|owner| owner.manager).collect();
            let why = format!("fields are owned by {}", managers.join(", "));
            ServerErrorKind::Refused { doing, why }
        }
        Trouble::Odd(why) => ServerErrorKind::Odd { doing, why },
        Trouble::Passing(why) => unreachable(doing, &why),
    };
    ServerError::new(&target.place, kind)
}

/// Attempts, further and further apart, until the patience ends.
pub(super) struct Attempts<'a> {
    target: &'a Kube,
    doing: &'static str,
    end: Instant,
    pause: Duration,
    n: usize,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(target: &'a Kube, doing: &'static str) -> Self {
        let end = Instant::now() + target.options.patience;
        Self { target, doing, end, pause: PAUSES.0, n: 0 }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The patience has ended; `why` is what the last attempt told.
    pub(super) async fn pause(&mut self, why: &str) -> Result<(), ServerError> {
        if Instant::now() >= self.end {
            return Err(ServerError::new(&self.target.place, unreachable(self.doing, why)));
        }
        tracing::debug!(doing = self.doing, why, "trying again");
        // A single retry is an everyday thing; what takes longer is told.
        if self.n == 1 {
            self.target.note(format!("trying again ({}): {why}", self.doing));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.n += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{denied_by, silent_webhook};

    #[test]
    fn whoever_denies_is_named_by_what_the_server_says() {
        let policy = "daemonsets.apps \"a-b\" is forbidden: ValidatingAdmissionPolicy 'no-evil' with \
            binding 'b' denied request: no";
        let webhook = "admission webhook \"images.example.org\" denied the request: no";
        let silent =
            "admission webhook \"images.example.org\" denied the request without explanation";
        let rights = "nodes is forbidden: User \"ann\" cannot list resource \"nodes\"";
        let told = [policy, webhook, silent, rights].map(denied_by);
        let told = told.each_ref().map(Option::as_deref);
        assert_eq!(
            told,
            [Some("no-evil"), Some("images.example.org"), Some("images.example.org"), None]
        );
    }

    #[test]
    fn a_webhook_that_does_not_answer_is_named_by_what_the_server_says() {
        let away = "Internal error occurred: failed calling webhook \"a.example.org\": failed to \
            call webhook: Post \"https://127.0.0.1:1/?timeout=10s\": connect: connection refused";
        assert_eq!(silent_webhook(away), Some("a.example.org"));
        assert_eq!(silent_webhook("Internal error occurred: odd"), None);
        assert_eq!(denied_by(away), None);
    }
}
