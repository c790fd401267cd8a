//! A video network: recorders on cameras, a monitor everywhere, settings per site, and a hotfix.

use escadre::{Fleet, container, deploy, device_id, label, semver};

/// One place with cameras.
pub struct Site {
    /// What the label `site` says there.
    pub id: &'static str,
    /// The time zone of its recordings.
    pub zone: &'static str,
}

/// The sites of the sample inventory that record in their own time zone.
pub const SITES: [Site; 3] = [
    Site { id: "site-0001", zone: "Europe/Paris" },
    Site { id: "site-0002", zone: "Africa/Johannesburg" },
    Site { id: "site-0003", zone: "America/Edmonton" },
];

/// Everything that runs on the network.
#[must_use]
pub fn cameras(sites: &[Site]) -> Fleet {
    let camera = label("role").eq("camera");
    let base = deploy(
        container("recorder")
            .image("ghcr.io/acme/recorder:2.3")
            .env("SITE", label("site"))
            .env("HOST", device_id())
            .port("rtsp", 8554),
    )
    .restrict(camera);
    let zones = Fleet::overlay_all(sites.iter().map(|site| {
        deploy(container("recorder").arg("50-zone", ["--zone", site.zone]))
            .restrict(label("site").eq(site.id))
    }));
    let hotfix = deploy(container("recorder").image("ghcr.io/acme/recorder:2.3.1"))
        .restrict(label("firmware").ge(semver("2.1")));
    (base.named("recorders") | monitoring().named("monitoring"))
        .patch(zones.named("zones"))
        .patch(hotfix.named("hotfix-812"))
}

/// What watches every device.
#[must_use]
pub fn monitoring() -> Fleet {
    deploy(
        container("monitor")
            .image("ghcr.io/acme/monitor:1.8")
            .arg("10-listen", ["--listen", "127.0.0.1:9100"])
            .host_network(true),
    )
}
