//! A weather network in layers: a base, and one layer per country, time zone and elevation, and canaries.
//!
//! It is composed for the real stations of meteostat (22 311 of them) and for the sample inventory, which has the same labels.

use escadre::{
    Fleet, bucket, config_file, container, deploy, device_id, label, label_or, percent, text,
};

/// The countries with most stations, which have a layer each.
const COUNTRIES: [&str; 12] =
    ["US", "CA", "DE", "RU", "AU", "GB", "FR", "JP", "CN", "IN", "BR", "NO"];

/// The continents of the time zones, which have a layer each.
const ZONES: [&str; 8] =
    ["America", "Europe", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Antarctica"];

/// How many layers the whole network has.
pub const N_LAYERS: usize = 200;

/// The network in `n_layers` layers: the base, countries, zones and canaries, and as many more by elevation as are missing.
#[must_use]
pub fn layers(n_layers: usize) -> Fleet {
    let mut layers = network();
    layers.truncate(n_layers);
    for step in layers.len()..n_layers {
        let metres = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(15);
        let band = label("elevation-m").ge(metres) & label("elevation-m").lt(metres + 15);
        let settings = container("collector")
            .env("PRESSURE_OFFSET", (metres / 8).to_string())
            .arg(&format!("{:03}-altitude", 300 + step), ["--altitude", &format!("{metres}")]);
        layers.push(deploy(settings).restrict(band).named(format!("elevation-{metres}")));
    }
    let mut layers = layers.into_iter();
    let base = layers.next().unwrap_or_else(Fleet::empty);
    base.patch(Fleet::overlay_all(layers))
}

/// The layers in order: the base, countries, zones, the mountains, canaries.
fn network() -> Vec<Fleet> {
    let mut layers = vec![base().named("base")];
    layers.extend(COUNTRIES.map(|country| {
        let host = format!("{}.ingest.example.net", country.to_lowercase());
        deploy(container("collector").env("INGEST", host))
            .restrict(label("country").eq(country))
            .named(format!("country-{country}"))
    }));
    layers.extend(ZONES.map(|zone| {
        let local = text(zone) + "/" + label_or("tz-city", "unknown");
        deploy(container("collector").env("TZ", local))
            .restrict(label("tz-area").eq(zone))
            .named(format!("zone-{zone}"))
    }));
    let mountain = label("elevation-m").ge(2000);
    layers.push(
        deploy(container("collector").limit("memory", "256Mi").env("HEATER", "on"))
            .restrict(mountain)
            .named("mountains"),
    );
    let canary = bucket("collector-5").below(percent("5"));
    layers.push(
        deploy(container("collector").image("ghcr.io/meteo/collector:5.0.0-rc.1"))
            .restrict(canary)
            .named("canary"),
    );
    layers
}

/// What every active station runs.
fn base() -> Fleet {
    let collector = container("collector")
        .image("ghcr.io/meteo/collector:4.2.1")
        .env("STATION", device_id())
        .env("COUNTRY", label_or("country", "unknown"))
        .env("INGEST", "ingest.example.net")
        .arg("10-interval", ["--interval", "60s"])
        .limit("memory", "128Mi")
        .request("cpu", "50m")
        .port("metrics", 9102)
        .after("calibration");
    let calibration =
        config_file("calibration").path("/etc/collector/calibration.toml").mode(0o644).text(
            text("station = \"")
                + device_id()
                + "\"\nelevation = \""
                + label_or("elevation-m", "0")
                + "\"\n",
        );
    (deploy(collector) | deploy(calibration)).restrict(label("active").eq("true"))
}
