//! A planted conflict, and how it reads: two teams set the same field of the same resource.
//!
//! Union keeps both candidates, so nobody wins silently; resolving names both lines, both layers
//! and a device. Then one team lays its part *over* the other, and the conflict is gone.

use std::process::ExitCode;

use escadre::{Fleet, container, deploy, label};
use escadre_examples::stage::{self, StageError};

fn platform() -> Fleet {
    let agent = container("agent").image("ghcr.io/acme/agent:1.4").env("LOG", "info");
    deploy(agent).named("platform")
}

fn video() -> Fleet {
    let agent = container("agent").env("LOG", "debug");
    deploy(agent).restrict(label("role").eq("camera")).named("video")
}

fn main() -> ExitCode {
    stage::end(play())
}

fn play() -> Result<(), StageError> {
    let devices = escadre::inventory::sample::stations(600, 3);
    let fleet = platform() | video();
    stage::say("platform() | video():\n")?;
    match fleet.resolve(&devices) {
        Ok(_) => stage::say("resolved, which was not expected")?,
        Err(unresolved) => stage::say(&unresolved.to_string())?,
    }
    let fleet = platform().patch(video());
    stage::say("\nplatform().patch(video()):\n")?;
    match fleet.resolve(&devices) {
        Ok(resolved) => {
            let n_members =
                resolved.iter().filter(|(_, o)| matches!(o, escadre::Outcome::Member(_))).count();
            stage::say(&format!("resolved: {n_members} members, no conflict on any device"))
        }
        Err(unresolved) => stage::say(&unresolved.to_string()),
    }
}
