//! A weather network of 22 311 stations in up to 200 layers, on the command line.
//!
//! `weather plan -i STATIONS …`; the environment variable `WEATHER_LAYERS` says how many layers
//! (200 without it). Without arguments it writes the sample inventory and shows a plan.

use std::path::Path;
use std::process::ExitCode;

use escadre_examples::stage::{self, StageError};
use escadre_examples::weather::{N_LAYERS, layers};

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        let n_layers = std::env::var("WEATHER_LAYERS").ok().and_then(|n| n.parse().ok());
        return escadre::cli::run(layers(n_layers.unwrap_or(N_LAYERS)));
    }
    stage::end(play())
}

fn play() -> Result<(), StageError> {
    let devices = escadre::inventory::sample::stations(2000, 11);
    let inventory = "target/weather/inventory.jsonl";
    stage::write_inventory(&devices, Path::new(inventory))?;
    stage::run("weather", &["inventory", "-i", inventory], &[0])?;
    stage::run(
        "weather",
        &["select", "bucket(collector-5) < 5% and active = true", "-i", inventory, "--count"],
        &[0],
    )?;
    stage::run("weather", &["plan", "-i", inventory], &[0])
}
