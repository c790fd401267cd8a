//! Your first fleet, in five minutes: compose it, read what it would change, apply it in the simulator.
//!
//! Without arguments it plays the whole story on a generated inventory of a thousand devices.
//! With arguments it is the program that you would write: `first_fleet plan -i …`, `explain`, …

use std::path::Path;
use std::process::ExitCode;

use escadre_examples::cameras::{SITES, cameras};
use escadre_examples::stage::{self, StageError};

/// Where the story leaves its inventory and its world.
const FOLDER: &str = "target/first-fleet";

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        return escadre::cli::run(cameras(&SITES));
    }
    stage::end(play())
}

fn play() -> Result<(), StageError> {
    let folder = Path::new(FOLDER);
    if folder.join("world").exists() {
        std::fs::remove_dir_all(folder.join("world"))
            .map_err(|e| stage::failed(&folder.join("world"), &e))?;
    }
    let devices = escadre::inventory::sample::stations(1000, 7);
    stage::write_inventory(&devices, &folder.join("inventory.jsonl"))?;
    stage::say("A fleet is a value; `cameras` in examples/src/cameras.rs composes this one.")?;
    stage::say("What would it change on 1000 devices that run nothing yet?")?;
    let (inventory, world) = (format!("{FOLDER}/inventory.jsonl"), format!("sim:{FOLDER}/world"));
    let on: [&str; 4] = ["-i", &inventory, "--target", &world];
    let with = |command: &'static str, more: &[&'static str]| {
        let words = std::iter::once(command).chain(on).chain(more.iter().copied());
        words.map(str::to_owned).collect::<Vec<String>>()
    };
    let run = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        stage::run("first_fleet", &words, &[0])
    };
    run(&with("plan", &[]))?;
    run(&with("apply", &["--yes", "--quiet"]))?;
    stage::say("\nApplied: planning again finds nothing to do.")?;
    run(&with("plan", &[]))?;
    stage::say("\nTry it yourself, from here:")?;
    let program = "cargo run --release -p escadre-examples --bin first_fleet --";
    stage::say(&format!("{program} explain -i {inventory} st-00007"))?;
    stage::say(&format!(
        "{program} select 'role = camera and firmware >= 2.1' -i {inventory} --count"
    ))?;
    stage::say(&format!("{program} plan -i {inventory} --target {world}"))
}
