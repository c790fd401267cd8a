//! What is claimed of the Kubernetes interpreter, on a real control plane: `cargo xtask show kube N` runs it.
//!
//! One program, so that it is linked once: `exact` compares pods with what is wanted and counts
//! requests, `speed` compares with what a plain client does, and `kills` ends controllers and API
//! servers, for which it runs itself as the controller; `workloads` has the API server judge imported
//! manifests.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod bed;
mod exact;
mod kills;
mod pods;
mod speed;
mod workloads;

use std::process::ExitCode;

use crate::bed::Outcome;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match play(runtime.map_err(Into::into), &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(runtime: Outcome<tokio::runtime::Runtime>, arguments: &[String]) -> Outcome {
    let runtime = runtime?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["exact", n_nodes, n_changed] => {
            runtime.block_on(exact::play(n_nodes.parse()?, n_changed.parse()?))
        }
        ["speed", n_nodes] => runtime.block_on(speed::play(n_nodes.parse()?)),
        ["kills", n_controllers, n_servers, seed] => {
            let n_kills = [n_controllers.parse()?, n_servers.parse()?];
            runtime.block_on(kills::play(n_kills, seed.parse()?))
        }
        ["workloads", escadre, ..] => {
            let files: Vec<_> = words.iter().skip(2).map(Into::into).collect();
            runtime.block_on(workloads::play(escadre.as_ref(), &files))
        }
        // What `kills` kills.
        ["apply", version, kubeconfig] => {
            runtime.block_on(kills::control(version.parse()?, kubeconfig))
        }
        _ => {
            Err("usage: shows exact NODES CHANGED, speed NODES, workloads ESCADRE FILE…, or kills CONTROLLERS SERVERS SEED"
                .into())
        }
    }
}
