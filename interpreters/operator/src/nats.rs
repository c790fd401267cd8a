//! A NATS bucket as a target: the way there, with the credentials of the object's own namespace.

use std::collections::BTreeMap;

use escadre_nats::{Address, AddressError, ConnectErrorKind, Nats, are_credentials, connect};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use crate::error::server;
use crate::look::Look;
use crate::object::NatsTarget;
use crate::read::failed;
use crate::verdict::{Reason, Verdict};

/// The variable that is the operator's own: which authorities it trusts is no secret of anybody's.
const AUTHORITIES: &str = "NATS_CA";

/// The variables that a Secret may say beside those with the content of a file.
const PLAIN: [&str; 3] = ["NATS_TOKEN", "NATS_USER", "NATS_PASSWORD"];

/// The bucket of `target`; it is made where it is missing, unless the object is suspended.
pub(crate) async fn open(look: &Look<'_>, target: &NatsTarget) -> Result<Nats, Verdict> {
    let address: Result<Address, AddressError> = target.address.parse();
    let address =
        address.map_err(|error| Verdict::new(Reason::InvalidTarget, &error.to_string()))?;
    let secret = credentials(look, target).await?;
    let variable = |name: &str| match name {
        AUTHORITIES => std::env::var(name).ok(),
        name => secret.get(name).cloned(),
    };
    let client = connect(&address, &variable).await.map_err(|error| {
        let reason = match error.kind() {
            ConnectErrorKind::Unreachable { .. } => Reason::Unreachable,
            _ => Reason::InvalidTarget,
        };
        Verdict::advised(reason, &error.to_string(), error.help().as_deref())
    })?;
    let options = address.options(!look.object.spec.suspend);
    Nats::open(client, options).await.map_err(|error| failed(Reason::Unreachable, &error))
}

/// What the Secret of `target` says, by the names of variables. Nothing of it is ever told.
async fn credentials(
    look: &Look<'_>,
    target: &NatsTarget,
) -> Result<BTreeMap<String, String>, Verdict> {
    let Some(named) = &target.credentials_secret_ref else { return Ok(BTreeMap::new()) };
    let secrets: Api<Secret> = Api::namespaced(look.context.client.clone(), &look.namespace);
    let secret = secrets.get_opt(&named.name).await.map_err(|error| server(&error))?;
    let Some(secret) = secret else {
        let message = format!("there is no Secret `{}` in this namespace", named.name);
        return Err(Verdict::new(Reason::InvalidTarget, &message));
    };
    let mut known = BTreeMap::new();
    for (name, value) in secret.data.unwrap_or_default() {
        let Ok(text) = String::from_utf8(value.0) else { continue };
        // A file has a line end that no token has.
        let text = text.trim_end().to_owned();
        // The name of a file would be of the operator's own files.
        let is_file = matches!(name.as_str(), "NATS_CREDS" | "NATS_NKEY");
        if is_file && !are_credentials(&text) {
            let message = format!("`{name}` of the Secret `{}` has no credentials", named.name);
            let help = "it has the content of such a file: `kubectl create secret generic NAME --from-file=NATS_CREDS=FILE`";
            return Err(Verdict::advised(Reason::InvalidTarget, &message, Some(help)));
        }
        if is_file || PLAIN.contains(&name.as_str()) {
            known.insert(name, text);
        }
    }
    Ok(known)
}
