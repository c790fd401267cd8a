//! A program of one's own: the fleet that the transcripts of this package use.
//!
//! `CAMERAS=older` is the fleet of last week, `CAMERAS=conflict` has a planted conflict.

use escadre::{Fleet, Resource, config_file, container, deploy, device_id, label, semver};

fn main() -> std::process::ExitCode {
    escadre::cli::run_with(|| match std::env::var("CAMERAS").as_deref() {
        Ok("older") => older(),
        Ok("conflict") => conflict(),
        _ => cameras(),
    })
}

/// Cameras record; those in Lyon do so in a zone; new firmware gets a hotfix.
fn cameras() -> Fleet {
    let lyon =
        deploy(container("recorder").env("ZONE", "lyon-1")).restrict(label("site").eq("lyon"));
    let hotfix = deploy(container("recorder").image("ghcr.io/acme/recorder:2.3.1"))
        .restrict(label("firmware").ge(semver("2.1")));
    (base("2.3") | motd()).patch(lyon.named("zones")).patch(hotfix.named("hotfix-812"))
}

/// The fleet of last week.
fn older() -> Fleet {
    base("2.2") | motd()
}

/// Two people who decided the same field.
fn conflict() -> Fleet {
    base("2.3") | base("2.4")
}

fn base(version: &str) -> Fleet {
    let recorder = container("recorder")
        .image(format!("ghcr.io/acme/recorder:{version}"))
        .env("SITE", label("site"))
        .env("HOST", device_id())
        .port("rtsp", 8554);
    deploy(recorder).restrict(label("role").eq("camera")).named("base")
}

fn motd() -> Fleet {
    deploy(config_file("motd").path("/etc/motd").content(b"Smile.\n".as_slice()))
        .union(deploy(Resource::new("owner").set("team", "video").set("pager", "007")))
        .restrict(label("role").is_in(["camera", "gateway"]))
        .named("house rules")
}
