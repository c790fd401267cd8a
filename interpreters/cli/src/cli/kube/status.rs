//! `kube status`: the pods of a fleet beside what the labels of the nodes ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use escadre_algebra::ResourceName;
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::present::number;
use escadre_kube::status::{DeviceStatus, Standing, Status};
use escadre_kube::{Address, object_name};
use serde_json::{Value as Json, json};

use super::open;
use crate::cli::Code;
use crate::cli::args::TextFormat;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

/// How often `status --watch` looks.
const PERIOD: Duration = Duration::from_secs(1);
/// At most so many nodes are named.
const MAX_NAMED: usize = 10;

/// Say how the nodes are doing: which objects they are to have, and whether their pods are ready.
///
/// NODES is how many nodes the object is meant for, PODS how many pods it has, READY how many of the
/// nodes have a ready one. Then come the nodes that are in trouble, and those that are behind, with
/// what their pods say. Listing nodes, DaemonSets, ConfigMaps and pods must be allowed, no more.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre kube status 'kube:edge?namespace=fleet' --watch\n\
    Exit codes: 0 done, 1 an error (also of usage), 2 with --detailed-exitcode: not all nodes are up \
    to date")]
pub(super) struct StatusArgs {
    /// The cluster and the namespace.
    #[arg(default_value = "kube:", value_name = "CLUSTER")]
    address: Address,
    /// Look again every second, and print what changed, until this program is ended.
    #[arg(long, conflicts_with_all = ["format", "detailed_exitcode"])]
    watch: bool,
    /// End with 2 where not all nodes are up to date.
    #[arg(long)]
    detailed_exitcode: bool,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

impl StatusArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let runtime = runtime()?;
        let mut cluster = runtime.block_on(open(&self.address))?;
        let mut look = || -> Result<Status, Failure> {
            runtime.block_on(async {
                let seen = cluster.observe().await.map_err(|error| advised(&error))?;
                cluster.status(&seen.state).await.map_err(|error| advised(&error))
            })
        };
        let status = look()?;
        match self.format {
            TextFormat::Json => context.out.json(&document(&status))?,
            TextFormat::Text if !self.watch => context.out.put(&text(&status))?,
            TextFormat::Text => {
                let mut last = String::new();
                while !context.out.is_closed() {
                    let line = line(&look()?);
                    if line != last {
                        context.out.line(&line)?;
                        context.out.finish()?;
                        last = line;
                    }
                    std::thread::sleep(PERIOD);
                }
            }
        }
        let is_done = status.count(Standing::UpToDate) == status.devices.len();
        Ok(Code::of(!is_done, self.detailed_exitcode))
    }
}

/// The figures, in one line.
fn line(status: &Status) -> String {
    let [up_to_date, behind, troubled] =
        [Standing::UpToDate, Standing::Behind, Standing::Troubled].map(|it| status.count(it));
    let [members, up_to_date, behind, troubled] =
        [status.devices.len(), up_to_date, behind, troubled].map(number);
    format!("{members} members: {up_to_date} up to date, {behind} behind, {troubled} in trouble")
}

/// A table as kubectl prints it, and then what is not as it should be.
fn text(status: &Status) -> String {
    let head = ["RESOURCE", "OBJECT", "NODES", "PODS", "READY"].map(str::to_owned);
    let rows = status.variants.iter().map(|((resource, variant), of)| {
        let pods = |n: usize| if of.has_pods { number(n) } else { "-".to_owned() };
        [
            resource.to_string(),
            object_name(resource, variant),
            number(of.n_nodes),
            pods(of.n_pods),
            pods(of.n_ready),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let widths: [usize; 5] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    if rows.len() > 1 {
        for row in &rows {
            let [resource, object, numbers @ ..] = row;
            let mut line = format!("{resource:<0$}   {object:<1$}", widths[0], widths[1]);
            for (number, width) in numbers.iter().zip(&widths[2..]) {
                line.push_str(&format!("   {number:>width$}"));
            }
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(&line(status));
    text.push('\n');
    for standing in [Standing::Troubled, Standing::Behind] {
        let all = status.devices.iter().filter(|(_, device)| device.standing() == standing);
        for (id, device) in all.take(MAX_NAMED) {
            for why in reasons(device) {
                text.push_str(&format!("`{id}`: {why}\n"));
            }
        }
        let n_more = status.count(standing).saturating_sub(MAX_NAMED);
        if n_more > 0 {
            let what = if standing == Standing::Troubled { "in trouble" } else { "behind" };
            text.push_str(&format!("and {} more {what}\n", number(n_more)));
        }
    }
    text
}

fn reasons(device: &DeviceStatus) -> impl Iterator<Item = &String> {
    device.troubled.values().chain(device.behind.values())
}

/// Reasons, by resource.
fn told(reasons: &BTreeMap<ResourceName, String>) -> BTreeMap<&str, &str> {
    reasons.iter().map(|(resource, why)| (resource.as_str(), why.as_str())).collect()
}

fn document(status: &Status) -> Json {
    let variants = status.variants.iter().map(|((resource, variant), of)| {
        let pods = |n: usize| of.has_pods.then_some(n);
        json!({
            "resource": resource.as_str(),
            "object": object_name(resource, variant),
            "kind": if of.has_pods { "DaemonSet" } else { "ConfigMap" },
            "nodes": of.n_nodes,
            "pods": pods(of.n_pods),
            "ready": pods(of.n_ready),
        })
    });
    let devices = status.devices.iter().map(|(id, device)| {
        let standing = match device.standing() {
            Standing::UpToDate => "up-to-date",
            Standing::Behind => "behind",
            Standing::Troubled => "troubled",
        };
        json!({
            "device": id.as_str(),
            "standing": standing,
            "troubled": told(&device.troubled),
            "behind": told(&device.behind),
        })
    });
    json!({
        "objects": variants.collect::<Vec<_>>(),
        "devices": devices.collect::<Vec<_>>(),
    })
}
