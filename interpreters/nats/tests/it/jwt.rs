//! Permissions as JWTs, on a server in operator mode.

use async_nats::ConnectOptions;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use escadre_algebra::DeviceId;
use escadre_nats::device::{Device, Told};
use escadre_nats::jwt::{Account, AccountError};
use escadre_nats::permissions::{
    Buckets, CONTROLLER_INBOX_PREFIX, User, controller, devices, inbox_prefix,
};
use escadre_nats::{Nats, Options, make_report_buckets};
use escadre_testbed::{NatsServer, Options as Start};
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::devices::next;
use crate::support::{fleet, inventory, resolve, run, turn};

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
fn operator_mode(account: &KeyPair, signing: &KeyPair) -> String {
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

/// A client of the user of `key`, whom `jwt` lets in.
async fn client(url: &str, key: &KeyPair, jwt: &str, prefix: &str) -> async_nats::Client {
    let credentials = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        key.seed().unwrap()
    );
    let options = ConnectOptions::with_credentials(&credentials).unwrap();
    options.custom_inbox_prefix(prefix).connect(url).await.unwrap()
}

#[test]
fn a_controller_and_a_device_are_let_in_by_what_their_account_signs_and_confined_by_it() {
    let (account, signing) = (KeyPair::new_account(), KeyPair::new_account());
    let options = Start { config: operator_mode(&account, &signing), ..Start::default() };
    let server = NatsServer::start_with(&options).unwrap();
    let issuers = [
        Account::new(&account.seed().unwrap(), None).unwrap(),
        Account::new(&signing.seed().unwrap(), Some(&account.public_key())).unwrap(),
    ];
    let [controller_key, device_key] = [(); 2].map(|()| KeyPair::new_user());
    let buckets = Buckets::default();
    let resolved = resolve(&fleet(1), &inventory(3));
    let (id, grants) = devices(&resolved, &buckets).swap_remove(1);
    let users = [
        User { nkey: controller_key.public_key(), grants: controller(&buckets) },
        User { nkey: device_key.public_key(), grants },
    ];
    let jwts: Vec<String> = issuers
        .iter()
        .zip(&users)
        .map(|(issuer, user)| issuer.sign(user, "user", 1_700_000_000).unwrap())
        .collect();
    run(async {
        let url = server.url();
        let ours = client(&url, &controller_key, &jwts[0], CONTROLLER_INBOX_PREFIX).await;
        make_report_buckets(&ours, &buckets, 1).await.unwrap();
        let mut target = Nats::open(ours, Options::default()).await.unwrap();
        turn(&mut target, &resolved).await.unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let connect = async |id: DeviceId| {
            let client = client(&url, &device_key, &jwts[1], &inbox_prefix(&id)).await;
            Device::connect(client, id, Buckets::default(), 0).await
        };
        let mut device = connect(id).await.unwrap();
        assert!(matches!(next(&mut device).await, Told::Wanted(_)));
        // Another device's keys are not answered, nor is its inbox heard.
        assert!(connect(DeviceId::parse("d002").unwrap()).await.is_err());
    });
}

#[test]
fn what_is_no_account_signs_nothing_and_is_not_shown() {
    let user = KeyPair::new_user().seed().unwrap();
    for seed in [user.as_str(), "s3cret", ""] {
        assert_eq!(Account::new(seed, None).unwrap_err(), AccountError::Seed);
    }
    let account = KeyPair::new_account().seed().unwrap();
    let wrong = Account::new(&account, Some("nobody")).unwrap_err();
    assert_eq!(wrong, AccountError::Account);
    let shown = format!("{:?}", Account::new(&account, None).unwrap());
    assert!(!shown.contains(&account));
}
