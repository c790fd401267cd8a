//! What devices tell, read by the controller.

use std::time::Duration;

use async_nats::jetstream::{self, kv};
use escadre_algebra::{DeviceId, Knowledge};
use escadre_interpreter::Interpreter;
use escadre_nats::device::{Device, Report, Told};
use escadre_nats::info::{Info, joined};
use escadre_nats::permissions::Buckets;
use escadre_nats::status::{Standing, Status};
use escadre_nats::{ServerErrorKind, make_report_buckets, read_reported};
use escadre_testbed::NatsServer;

use crate::devices::next;
use crate::support::{client, fleet, inventory, open, resolve, run, turn};

#[test]
fn the_controller_reads_who_runs_what_is_wanted_and_who_lags_behind() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(4))).await.unwrap();
        let status = async |target: &mut escadre_nats::Nats| -> Status {
            let world = target.observe().await.unwrap().state;
            target.status(&world, &Buckets::default()).await.unwrap()
        };
        // There are no buckets of reports yet: nobody told anything.
        assert_eq!(status(&mut target).await.count(Standing::Behind), 4);
        for _ in 0..2 {
            make_report_buckets(&client(&url).await, &Buckets::default(), 1).await.unwrap();
        }
        let ids: Vec<DeviceId> =
            ["d000", "d001"].iter().map(|id| DeviceId::parse(id).unwrap()).collect();
        target.admit(&ids).await.unwrap();
        for (id, trouble) in ids.iter().zip([None, Some("no space left".to_owned())]) {
            let connection = client(&url).await;
            let mut device =
                Device::connect(connection, id.clone(), Buckets::default(), 0).await.unwrap();
            let Told::Wanted(wanted) = next(&mut device).await else { panic!("nothing wanted") };
            device.report(&Report::new(wanted.generation, trouble)).await.unwrap();
            device.beat().await.unwrap();
        }
        let reports = jetstream::new(client(&url).await);
        let states: kv::Store = reports.get_key_value("device-state").await.unwrap();
        states.put("d003", "nonsense".into()).await.unwrap();
        let now = status(&mut target).await;
        assert_eq!(now.count(Standing::UpToDate), 1);
        assert_eq!(now.count(Standing::Troubled), 1);
        assert_eq!(now.count(Standing::Behind), 2);
        assert_eq!(now.anomalies.len(), 1);
        assert_eq!(now.anomalies[0].key, "d003");
        let patience = Duration::from_secs(600);
        assert!(
            !now.devices["d000"].is_silent(patience) && now.devices["d002"].is_silent(patience)
        );
        // Another generation is wanted: who ran the last one lags behind.
        turn(&mut target, &resolve(&fleet(2), &inventory(3))).await.unwrap();
        let now = status(&mut target).await;
        assert_eq!(now.count(Standing::UpToDate), 0);
        assert_eq!(now.count(Standing::Behind), 2);
        assert_eq!(now.count(Standing::NotMember), 0);
    });
}

#[test]
fn labels_that_devices_tell_are_read_with_whose_they_are() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        let ours = client(&url).await;
        let bucket = Buckets::default().info;
        // That there is no bucket does not mean that devices have no labels.
        let missing = read_reported(&ours, &bucket).await.unwrap_err();
        assert_eq!(*missing.kind(), ServerErrorKind::NoBucket);
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(2))).await.unwrap();
        let id = DeviceId::parse("d001").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let device = Device::connect(client(&url).await, id, Buckets::default(), 0).await.unwrap();
        let labels = |site: &str| [("site".to_owned(), site.to_owned())].into();
        device.tell(labels("x")).await.unwrap();
        let told = jetstream::new(ours.clone()).get_key_value(&bucket).await.unwrap();
        let another = Info::new(&DeviceId::parse("d001").unwrap(), labels("y"));
        told.put("d000", serde_json::to_vec(&another).unwrap().into()).await.unwrap();
        let reported = read_reported(&ours, &bucket).await.unwrap();
        assert_eq!(reported.devices.len(), 1);
        assert_eq!(reported.devices["d001"]["site"], "x");
        assert_eq!(reported.anomalies[0].key, "d000");
        // Nor does it mean so of a device whose report somebody spoiled.
        let joined = joined(&inventory(2), Some(&reported));
        assert_eq!(joined.devices()[0].label("gpu"), Knowledge::Unknown);
        assert_eq!(joined.devices()[1].label("gpu"), Knowledge::Absent);
    });
}

#[test]
fn a_device_whose_last_beat_grows_old_is_silent_by_the_time_of_the_server() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        make_report_buckets(&client(&url).await, &Buckets::default(), 1).await.unwrap();
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(2))).await.unwrap();
        let ids = ["d000", "d001"].map(|id| DeviceId::parse(id).unwrap());
        target.admit(&ids).await.unwrap();
        let mut devices = Vec::new();
        for id in &ids {
            let ours = client(&url).await;
            let device = Device::connect(ours, id.clone(), Buckets::default(), 0).await.unwrap();
            device.beat().await.unwrap();
            devices.push(device);
        }
        let patience = Duration::from_millis(500);
        let world = target.observe().await.unwrap().state;
        let end = tokio::time::Instant::now() + Duration::from_secs(20);
        // One of them goes on beating, the other does not.
        loop {
            devices[0].beat().await.unwrap();
            let now = target.status(&world, &Buckets::default()).await.unwrap();
            let [beating, silent] = ["d000", "d001"].map(|id| now.devices[id].silent_for.unwrap());
            if now.devices["d001"].is_silent(patience) {
                assert!(beating < silent && silent < Duration::from_secs(60));
                break;
            }
            assert!(tokio::time::Instant::now() < end, "it is never silent");
        }
    });
}
