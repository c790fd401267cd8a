//! A cluster of GPU nodes: what every node runs, what GPUs need, and a driver for each model.
//!
//! It is composed for the nodes of Alibaba's trace of 2023 (1 523 of them), whose labels are `cpu`,
//! `gpu-count`, `gpu-model` and `memory-gib`.

use escadre::{Fleet, Selector, config_file, container, deploy, label, text};

/// The GPU models of the trace that have a layer each, and what their device plugin is told.
const MODELS: [(&str, &str); 7] = [
    ("G2", "mps"),
    ("G3", "mps"),
    ("T4", "time-slicing"),
    ("P100", "exclusive"),
    ("V100M16", "exclusive"),
    ("V100M32", "exclusive"),
    ("A10", "time-slicing"),
];

/// The driver that nodes with a GPU run.
const DRIVER: &str = "550.54.15";

/// The driver that is tried on the model T4.
pub const CANARY: &str = "570.86.15";

/// Everything that runs on the cluster, where GPUs of the model T4 have the driver `canary`.
#[must_use]
pub fn cluster(canary: &str) -> Fleet {
    let models = MODELS.map(|(model, sharing)| {
        deploy(container("device-plugin").env("SHARING", sharing))
            .restrict(has_gpu() & label("gpu-model").eq(model))
            .named(format!("model-{model}"))
    });
    let canary = deploy(drivers(canary)).restrict(has_gpu() & label("gpu-model").eq("T4"));
    let large = deploy(container("node-exporter").limit("memory", "256Mi"))
        .restrict(label("memory-gib").ge(512) | label("cpu").ge(96));
    (monitoring().named("monitoring") | gpus().named("gpus"))
        .patch(Fleet::overlay_all(models))
        .patch(large.named("large-nodes"))
        .patch(canary.named("driver-T4"))
}

fn has_gpu() -> Selector {
    label("gpu-count").ge(1)
}

/// What every node runs.
fn monitoring() -> Fleet {
    deploy(
        container("node-exporter")
            .image("quay.io/prometheus/node-exporter:v1.9.0")
            .arg("10-path", ["--path.rootfs=/host"])
            .limit("memory", "128Mi")
            .host_network(true)
            .port("metrics", 9100),
    )
}

/// What every node with a GPU runs.
fn gpus() -> Fleet {
    let plugin = container("device-plugin")
        .image("nvcr.io/nvidia/k8s-device-plugin:v0.17.0")
        .env("GPUS", label("gpu-count"))
        .env("SHARING", "none")
        .after("driver");
    (deploy(plugin) | deploy(drivers(DRIVER))).restrict(has_gpu())
}

fn drivers(version: &str) -> escadre::ConfigFile {
    config_file("driver")
        .path("/etc/nvidia/driver.conf")
        .mode(0o644)
        .text(text("version = \"") + version + "\"\n")
}
