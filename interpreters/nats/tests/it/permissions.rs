//! Permissions: what a user must do works, and all else that a thief would try is denied.

use std::collections::BTreeSet;

use async_nats::Client;
use escadre_algebra::{DeviceId, Digest, config_file, deploy};
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::device::{Device, Report, Told};
use escadre_nats::permissions::{
    Buckets, CONTROLLER_INBOX_PREFIX, Grants, User, controller, device, founder, inbox_prefix,
    reader, server_config,
};
use escadre_nats::status::Standing;
use escadre_nats::{
    Nats, Options, make_report_buckets, read_inventory, read_reported, write_inventory,
};
use escadre_testbed::{NatsServer, Options as Start};
use nkeys::KeyPair;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::attempts::{Forbidden, Known, connect};
use crate::devices::next;
use crate::support::{fleet, inventory, resolve, run, turn};

/// A server on which controllers and two devices have the least that they need.
pub(crate) struct Guarded {
    server: NatsServer,
    pub(crate) controller: KeyPair,
    /// A controller that also reads an inventory.
    reader: KeyPair,
    /// A controller that also makes the buckets.
    pub(crate) founder: KeyPair,
    device: KeyPair,
    /// May do everything, to look at what the others left.
    auditor: KeyPair,
    pub(crate) id: DeviceId,
    content: Vec<u8>,
}

impl Guarded {
    pub(crate) fn start() -> Self {
        let keys: [KeyPair; 6] = std::array::from_fn(|_| KeyPair::new_user());
        let everything = vec![">".to_owned()];
        let everything = Grants { publish: everything.clone(), subscribe: everything };
        let buckets = Buckets::default();
        let [id, other] = ["d001", "d002"].map(|id| DeviceId::parse(id).unwrap());
        let content = b"the model".to_vec();
        let contents = BTreeSet::from([Digest::of(&content)]);
        let grants = [
            controller(&buckets),
            controller(&buckets).and(reader("inventory")),
            controller(&buckets).and(founder(&buckets)),
            device(&id, &buckets, &contents),
            device(&other, &buckets, &contents),
            everything,
        ];
        let users = keys.iter().zip(grants);
        let users = users.map(|(key, grants)| User { nkey: key.public_key(), grants });
        let config = server_config(&users.collect::<Vec<_>>());
        let server = NatsServer::start_with(&Start { config, ..Start::default() }).unwrap();
        let [controller, reader, founder, device, _, auditor] = keys;
        Self { server, controller, reader, founder, device, auditor, id, content }
    }

    pub(crate) async fn device(&self) -> (Client, UnboundedReceiver<String>) {
        connect(&self.server.url(), Known::Key(&self.device), &inbox_prefix(&self.id)).await
    }

    /// A client of the controller whose key is `key`.
    pub(crate) async fn as_controller(&self, key: &KeyPair) -> (Client, UnboundedReceiver<String>) {
        connect(&self.server.url(), Known::Key(key), CONTROLLER_INBOX_PREFIX).await
    }

    pub(crate) async fn auditor(&self) -> Client {
        connect(&self.server.url(), Known::Key(&self.auditor), "_INBOX").await.0
    }

    /// Makes the buckets, and applies a fleet with the controller's permissions.
    pub(crate) async fn fill(&self) -> Nats {
        let (founder, mut denials) = self.as_controller(&self.founder).await;
        make_report_buckets(&founder, &Buckets::default(), 1).await.unwrap();
        Nats::open(founder, Options::default()).await.unwrap();
        assert!(denials.try_recv().is_err());
        let (client, mut denials) = self.as_controller(&self.controller).await;
        let mut target = Nats::open(client, Options::default()).await.unwrap();
        let file = deploy(config_file("model").path("/model").content(self.content.clone()));
        turn(&mut target, &resolve(&(fleet(1) | file), &inventory(3))).await.unwrap();
        target.admit(std::slice::from_ref(&self.id)).await.unwrap();
        assert!(denials.try_recv().is_err());
        target
    }
}

#[test]
fn a_controller_and_a_device_do_all_they_must_with_the_least_permissions() {
    let guarded = Guarded::start();
    run(async {
        let mut target = guarded.fill().await;
        let (client, mut denials) = guarded.device().await;
        let buckets = Buckets::default();
        let mut device = Device::connect(client, guarded.id.clone(), buckets, 0).await.unwrap();
        assert!(matches!(next(&mut device).await, Told::Wanted(_)));
        let digest = Digest::of(&guarded.content);
        assert_eq!(device.content(digest).await.unwrap(), Some(guarded.content.clone()));
        device.beat().await.unwrap();
        device.tell([("firmware".to_owned(), "2.1".to_owned())].into()).await.unwrap();
        turn(&mut target, &resolve(&fleet(2), &inventory(3))).await.unwrap();
        let Told::Wanted(wanted) = next(&mut device).await else { panic!("nothing wanted") };
        device.report(&Report::new(wanted.generation, None)).await.unwrap();
        assert!(denials.try_recv().is_err());
    });
}

#[test]
fn a_controller_reads_what_devices_tell_and_admits_and_dismisses_them_undenied() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let (client, _denials) = guarded.device().await;
        let id = guarded.id.clone();
        let mut device = Device::connect(client, id.clone(), Buckets::default(), 0).await.unwrap();
        let Told::Wanted(wanted) = next(&mut device).await else { panic!("nothing wanted") };
        device.report(&Report::new(wanted.generation, None)).await.unwrap();
        device.tell([("firmware".to_owned(), "2.1".to_owned())].into()).await.unwrap();
        let (client, mut denials) = guarded.as_controller(&guarded.controller).await;
        let mut target = Nats::open(client.clone(), Options::default()).await.unwrap();
        let world = target.observe().await.unwrap().state;
        let status = target.status(&world, &Buckets::default()).await.unwrap();
        assert_eq!(status.count(Standing::UpToDate), 1);
        let told = read_reported(&client, &Buckets::default().info).await.unwrap();
        assert_eq!(told.devices["d001"]["firmware"], "2.1");
        let content = target.content(Digest::of(&guarded.content)).await.unwrap();
        assert_eq!(content, Some(guarded.content.clone()));
        let other = DeviceId::parse("d002").unwrap();
        target.admit(&[id.clone(), other.clone()]).await.unwrap();
        target.dismiss(&[id, other]).await.unwrap();
        // What nobody wants any more is tidied up, contents too.
        turn(&mut target, &resolve(&fleet(2), &inventory(2))).await.unwrap();
        assert_eq!(target.content(Digest::of(&guarded.content)).await.unwrap(), None);
        assert!(denials.try_recv().is_err());
    });
}

#[test]
fn a_controller_that_is_to_read_an_inventory_reads_it_and_cannot_write_it() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let options = Options { bucket: "inventory".to_owned(), ..Options::default() };
        write_inventory(&guarded.auditor().await, &options, &inventory(3)).await.unwrap();
        let (client, mut denials) = guarded.as_controller(&guarded.reader).await;
        let read = read_inventory(&client, "inventory", &ReadOptions::default()).await.unwrap();
        assert_eq!(read.inventory, inventory(3));
        assert!(denials.try_recv().is_err());
        let forbidden = Forbidden::to_a_controller(Some("inventory"));
        forbidden.is_denied(&client, &mut denials).await;
    });
}

#[test]
fn what_a_thief_of_a_device_would_try_is_denied() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let (client, mut denials) = guarded.device().await;
        let forbidden = Forbidden::to_the_device_d001();
        println!("{} attempts of a device", forbidden.n());
        assert!(forbidden.n() >= 70, "{}", forbidden.n());
        forbidden.is_denied(&client, &mut denials).await;
    });
}

#[test]
fn what_a_thief_of_a_controller_would_try_is_denied() {
    let guarded = Guarded::start();
    run(async {
        guarded.fill().await;
        let (client, mut denials) = guarded.as_controller(&guarded.controller).await;
        let forbidden = Forbidden::to_a_controller(None);
        println!("{} attempts of a controller", forbidden.n());
        assert!(forbidden.n() >= 150, "{}", forbidden.n());
        forbidden.is_denied(&client, &mut denials).await;
    });
}
