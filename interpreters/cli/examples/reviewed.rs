//! Two more fleets of cameras that the transcripts use: `FLEET=refactored` is that of the example
//! `cameras` written otherwise, `FLEET=unsound` has a mistake of each kind that `check` knows.

use escadre::{
    Fleet, Resource, SecretRef, choose, config_file, container, deploy, device_id, label, semver,
};

fn main() -> std::process::ExitCode {
    escadre::cli::run_with(|| match std::env::var("FLEET").as_deref() {
        Ok("unsound") => unsound(),
        _ => refactored(),
    })
}

/// Who is in Lyon is decided once, and the layers change places.
fn refactored() -> Fleet {
    let hotfix = deploy(container("recorder").image("ghcr.io/acme/recorder:2.3.1"))
        .restrict(label("firmware").ge(semver("2.1")));
    let zone = deploy(container("recorder").env("ZONE", "lyon-1"));
    let cameras = base().patch(hotfix.named("hotfix-812"));
    let in_lyon = cameras.clone().patch(zone.named("zones"));
    choose(label("site").eq("lyon"), in_lyon, cameras) | motd()
}

/// A layer that is replaced everywhere, a container without an image, a file that two people
/// wrote, and a secret that goes to whoever says to have new firmware.
fn unsound() -> Fleet {
    let forgotten = deploy(container("recorder").image("ghcr.io/acme/recorder:2.1"))
        .restrict(label("role").eq("camera"))
        .named("forgotten");
    let sidecar = deploy(container("sidecar")).restrict(label("site").eq("oslo"));
    let token = container("recorder").env("TOKEN", SecretRef::new("cameras", "token", "1"));
    let token = deploy(token).restrict(label("firmware").ge(semver("2.1"))).named("tokens");
    let smile = deploy(config_file("motd").path("/etc/motd").content(b"Cheese!\n".as_slice()));
    forgotten.overlay(base()).patch(token)
        | sidecar
        | motd()
        | smile.restrict(label("role").eq("gateway"))
}

fn base() -> Fleet {
    let recorder = container("recorder")
        .image("ghcr.io/acme/recorder:2.3")
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
