//! Permissions as JWTs, on a server in operator mode.

use async_nats::Client;
use escadre_algebra::{DeviceId, Resolved};
use escadre_nats::device::{Device, Told};
use escadre_nats::jwt::{Account, AccountError};
use escadre_nats::permissions::{
    Buckets, CONTROLLER_INBOX_PREFIX, Grants, User, controller, devices, founder, inbox_prefix,
};
use escadre_nats::{Nats, Options, make_report_buckets};
use escadre_testbed::{NatsServer, Options as Start};
use nkeys::KeyPair;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::attempts::{Forbidden, Known, connect};
use crate::devices::next;
use crate::operator_mode::operator_mode;
use crate::support::{fleet, inventory, resolve, run, turn};

/// A server in operator mode, and the JWTs by which it lets in a controller and the device `d001`.
struct Operated {
    server: NatsServer,
    controller: KeyPair,
    device: KeyPair,
    /// Of both, in this order: the account signed the first, and a signing key of it the other.
    jwts: [String; 2],
    resolved: Resolved,
    id: DeviceId,
}

impl Operated {
    fn start() -> Self {
        let (account, signing) = (KeyPair::new_account(), KeyPair::new_account());
        let options = Start { config: operator_mode(&account, &signing), ..Start::default() };
        let server = NatsServer::start_with(&options).unwrap();
        let by_account = Account::new(&account.seed().unwrap(), None).unwrap();
        let public = account.public_key();
        let by_signing = Account::new(&signing.seed().unwrap(), Some(&public)).unwrap();
        let buckets = Buckets::default();
        let resolved = resolve(&fleet(1), &inventory(3));
        let (id, grants) = devices(&resolved, &buckets).swap_remove(1);
        let [controller_key, device_key] = [(); 2].map(|()| KeyPair::new_user());
        let signed = |by: &Account, key: &KeyPair, grants: Grants| {
            by.sign(&User { nkey: key.public_key(), grants }, "user", 1_700_000_000).unwrap()
        };
        let makes = controller(&buckets).and(founder(&buckets));
        let founder = signed(&by_account, &controller_key, makes);
        run(async {
            let known = Known::Jwt(&controller_key, &founder);
            let (ours, _) = connect(&server.url(), known, CONTROLLER_INBOX_PREFIX).await;
            make_report_buckets(&ours, &buckets, 1).await.unwrap();
            Nats::open(ours, Options::default()).await.unwrap();
        });
        let jwts = [
            signed(&by_account, &controller_key, controller(&buckets)),
            signed(&by_signing, &device_key, grants),
        ];
        Self { server, controller: controller_key, device: device_key, jwts, resolved, id }
    }

    async fn controller(&self) -> (Client, UnboundedReceiver<String>) {
        let known = Known::Jwt(&self.controller, &self.jwts[0]);
        connect(&self.server.url(), known, CONTROLLER_INBOX_PREFIX).await
    }

    async fn device(&self, id: &DeviceId) -> (Client, UnboundedReceiver<String>) {
        let known = Known::Jwt(&self.device, &self.jwts[1]);
        connect(&self.server.url(), known, &inbox_prefix(id)).await
    }

    /// Applies the fleet, and admits the device.
    async fn fill(&self) {
        let (client, mut denials) = self.controller().await;
        let mut target = Nats::open(client, Options::default()).await.unwrap();
        turn(&mut target, &self.resolved).await.unwrap();
        target.admit(std::slice::from_ref(&self.id)).await.unwrap();
        assert!(denials.try_recv().is_err());
    }
}

#[test]
fn a_controller_and_a_device_are_let_in_by_what_their_account_signs_and_confined_by_it() {
    let operated = Operated::start();
    run(async {
        operated.fill().await;
        let connect = async |id: &DeviceId| {
            let (client, _denials) = operated.device(id).await;
            Device::connect(client, id.clone(), Buckets::default(), 0).await
        };
        let mut device = connect(&operated.id).await.unwrap();
        assert!(matches!(next(&mut device).await, Told::Wanted(_)));
        // Another device's keys are not answered, nor is its inbox heard.
        assert!(connect(&DeviceId::parse("d002").unwrap()).await.is_err());
    });
}

#[test]
fn what_thieves_would_try_is_denied_by_what_an_account_signs_too() {
    let operated = Operated::start();
    run(async {
        operated.fill().await;
        let (client, mut denials) = operated.device(&operated.id).await;
        Forbidden::to_the_device_d001().is_denied(&client, &mut denials).await;
        let (client, mut denials) = operated.controller().await;
        Forbidden::to_a_controller(None).is_denied(&client, &mut denials).await;
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
