//! Servers in operator mode; the tests of the command line have this file too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

/// A JWT that `issuer` signs for `subject`, as tools of operators make it.
fn signed(issuer: &KeyPair, subject: &str, nats: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(&json!({"typ": "JWT", "alg": "ed25519-nkey"}));
    let claims = json!({"jti": subject, "iat": 1_700_000_000, "iss": issuer.public_key(),
        "name": subject, "sub": subject, "nats": nats});
    let text = format!("{head}.{}", part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(issuer.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

/// The configuration of a server whose operator knows `account`, and a signing key of it.
pub(crate) fn operator_mode(account: &KeyPair, signing: &KeyPair) -> String {
    let (operator, system) = (KeyPair::new_operator(), KeyPair::new_account());
    let limits = json!({"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
        "wildcards": true, "conn": -1, "leaf": -1, "mem_storage": -1, "disk_storage": -1,
        "streams": -1, "consumer": -1});
    let claims = |signing_keys: Value, limits: &Value| json!({"limits": limits, "signing_keys": signing_keys, "type": "account", "version": 2});
    let of_operator = json!({"type": "operator", "version": 2});
    let operator_jwt = signed(&operator, &operator.public_key(), &of_operator);
    let keys = json!([signing.public_key()]);
    let account_jwt = signed(&operator, &account.public_key(), &claims(keys, &limits));
    let without_storage = json!({"subs": -1, "data": -1, "payload": -1, "imports": -1,
        "exports": -1, "wildcards": true, "conn": -1, "leaf": -1});
    let system_jwt = signed(&operator, &system.public_key(), &claims(json!([]), &without_storage));
    format!(
        "operator: \"{operator_jwt}\"\nsystem_account: {}\nresolver: MEMORY\n\
         resolver_preload: {{ {}: \"{account_jwt}\", {}: \"{system_jwt}\" }}\n",
        system.public_key(),
        account.public_key(),
        system.public_key(),
    )
}
