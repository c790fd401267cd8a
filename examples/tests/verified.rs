//! The video network has properties on every device that could ever join; a careless change breaks one.

mod green {
    use escadre::analysis::Assumptions;
    use escadre::{PathSet, label, verify};
    use escadre_examples::cameras::{SITES, cameras};

    verify! {
        fleet: cameras(&SITES);
        assuming: Assumptions::default().reported("firmware").unwrap();
        no_conflict_can_exist: no_conflict_exists();
        every_camera_records: covers(&label("role").eq("camera"));
        every_layer_does_something: no_layer_is_dead();
        only_the_site_decides_the_time_zone: depends_only_on(
            &PathSet::under("recorder.containers.recorder.args.50-zone").unwrap(),
            &["role".parse().unwrap(), "site".parse().unwrap()],
        );
        // The hotfix goes by the firmware that devices report, and is the only thing that does.
        no_device_steers_where_it_listens: no_report_steers(
            &PathSet::under("monitor.containers.monitor.args").unwrap(),
        );
    }
}

mod red {
    use escadre::analysis::Verification;
    use escadre::{Fleet, container, deploy, label, verify};
    use escadre_examples::cameras::{SITES, cameras};

    /// Beside the network, where it should have been laid over it.
    fn careless() -> Fleet {
        let canary = deploy(container("monitor").image("ghcr.io/acme/monitor:1.9"));
        cameras(&SITES) | canary.restrict(label("ring").eq("canary")).named("canary")
    }

    verify! {
        fleet: careless();
        it_changes_canaries_only: changes_only(&cameras(&SITES), &label("ring").eq("canary"));
    }

    /// What `no_conflict_can_exist: no_conflict_exists();` fails with.
    #[test]
    fn a_conflict_names_the_devices_and_the_lines() {
        let wrong = Verification::of(&careless()).no_conflict_exists().unwrap_err();
        assert!(wrong.is_refuted);
        let text = wrong.to_string();
        for part in [
            "1 path in conflict:",
            "monitor.containers.monitor.image",
            "where ring = canary",
            "such as the device `device-0` with ring=canary",
            "\"ghcr.io/acme/monitor:1.9\" is written at examples/tests/verified.rs:",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_change_elsewhere_names_a_device_elsewhere() {
        let cameras_only = label("role").eq("camera");
        let wrong = Verification::of(&careless()).changes_only(&cameras(&SITES), &cameras_only);
        let text = wrong.unwrap_err().to_string();
        assert!(text.contains("changes on devices where not (role = camera)"), "{text}");
    }
}
