//! `nats status`: what devices report beside what is wanted of them.

use std::time::Duration;

use clap::Args;
use escadre_algebra::DeviceId;
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::present::{number, visible};
use escadre_nats::device::Report;
use escadre_nats::permissions::Buckets;
use escadre_nats::status::{DeviceStatus, Standing, Status};
use escadre_nats::{Address, Anomaly};
use serde_json::{Value, json};

use super::watch::watch;
use super::{MAX_NAMED, open};
use crate::cli::Code;
use crate::cli::args::TextFormat;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre nats status nats://127.0.0.1:4222/desired-state --watch\n\
    With --watch --format json there is one JSON object a line: {\"totals\": {\"members\", \"up_to_date\",\n\
    \"behind\", \"troubled\", \"silent\"}} when they change, then one for each device that changed, as without\n\
    --watch and with what it was before: {\"device\", \"standing\", \"was\", \"wanted\", \"runs\", \"trouble\",\n\
    \"silent\", \"silent_seconds\"}. In the first look `was` is null.\n\
    Exit codes: 0 done (--watch: interrupted, or nobody reads any more), 1 an error (also of usage)"
)]
pub(crate) struct StatusArgs {
    /// The servers and the bucket.
    pub(super) address: Address,
    /// How long a device may be silent, in seconds.
    #[arg(long, value_name = "N", default_value_t = 90)]
    silent_after: u64,
    /// Look again every second until this program is ended: print the figures when they change, and
    /// each device that is doing otherwise than before. A server that goes away is waited for.
    #[arg(long)]
    watch: bool,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextFormat,
}

impl StatusArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        if self.watch {
            return watch(self, context);
        }
        let status = runtime()?.block_on(look(&self.address))?;
        match self.format {
            TextFormat::Json => context.out.json(&self.document(&status))?,
            TextFormat::Text => self.tell(&status, context)?,
        }
        Ok(Code::Done)
    }

    /// Whether a device is silent.
    pub(super) fn is_silent(&self, device: &DeviceStatus) -> bool {
        device.is_silent(Duration::from_secs(self.silent_after))
    }

    fn n_silent(&self, status: &Status) -> usize {
        let members = status.devices.values().filter(|device| device.wanted.is_some());
        members.filter(|device| self.is_silent(device)).count()
    }

    /// The figures, in one line.
    pub(super) fn line(&self, status: &Status) -> String {
        let [members, up_to_date, behind, troubled] = figures(status).map(|(_, n)| number(n));
        let silent = number(self.n_silent(status));
        format!(
            "{members} members: {up_to_date} up to date, {behind} behind, {troubled} in trouble, {silent} silent"
        )
    }

    fn tell(&self, status: &Status, context: &mut Context<'_>) -> Result<(), Failure> {
        for (name, n) in figures(status).into_iter().chain([("silent", self.n_silent(status))]) {
            context.out.line(&format!("{name:<12}{:>9}", number(n)))?;
        }
        for standing in [Standing::Troubled, Standing::Behind] {
            let devices = status.devices.iter().filter(|(_, device)| device.standing() == standing);
            for (id, device) in devices.take(MAX_NAMED) {
                let trouble = device.report.as_ref().and_then(|report| report.trouble.as_deref());
                let trouble = trouble.map_or_else(|| "behind".to_owned(), visible);
                context.out.line(&format!("`{id}`: {trouble}"))?;
            }
        }
        for anomaly in status.anomalies.iter().take(MAX_NAMED) {
            context.note(&senseless(anomaly));
        }
        Ok(())
    }

    /// The figures, for programs.
    pub(super) fn totals(&self, status: &Status) -> Value {
        let [members, up_to_date, behind, troubled] = figures(status).map(|(_, n)| n);
        let silent = self.n_silent(status);
        json!({
            "members": members, "up_to_date": up_to_date, "behind": behind, "troubled": troubled,
            "silent": silent,
        })
    }

    /// One device, for programs.
    pub(super) fn row(&self, id: &DeviceId, device: &DeviceStatus) -> Value {
        let mut row = told_json(device);
        row["device"] = id.as_str().into();
        row["silent"] = self.is_silent(device).into();
        row
    }

    fn document(&self, status: &Status) -> Value {
        let devices = status.devices.iter().map(|(id, device)| self.row(id, device));
        let anomalies = status.anomalies.iter();
        let anomalies = anomalies.map(|a| json!({"key": a.key, "why": a.why}));
        json!({
            "devices": devices.collect::<Vec<_>>(),
            "anomalies": anomalies.collect::<Vec<_>>(),
        })
    }
}

/// That a report makes no sense.
pub(super) fn senseless(anomaly: &Anomaly) -> String {
    format!("`{}` makes no sense: {}", anomaly.key, anomaly.why)
}

/// How many members there are, and how they are doing.
fn figures(status: &Status) -> [(&'static str, usize); 4] {
    let [up_to_date, behind, troubled] =
        [Standing::UpToDate, Standing::Behind, Standing::Troubled].map(|p| status.count(p));
    [
        ("members", up_to_date + behind + troubled),
        ("up to date", up_to_date),
        ("behind", behind),
        ("in trouble", troubled),
    ]
}

/// What one device is to run and what it tells, for programs.
fn told_json(device: &DeviceStatus) -> Value {
    let report = device.report.as_ref();
    json!({
        "standing": name(device.standing()),
        "wanted": device.wanted,
        "runs": report.map(|report| report.generation),
        "trouble": report.and_then(|report| report.trouble.as_deref()),
        "silent_seconds": device.silent_for.map(|silent_for| silent_for.as_secs()),
    })
}

/// What one device is to run and what it tells, for people.
fn told(device: &DeviceStatus) -> String {
    let wanted = match device.wanted {
        Some(generation) => format!("Generation {generation} is wanted of it"),
        None => "Nothing is wanted of it".to_owned(),
    };
    let runs = match &device.report {
        None => "it reported nothing".to_owned(),
        Some(Report { generation, trouble: None, .. }) => {
            format!("it reports that it runs {generation}")
        }
        Some(Report { generation, trouble: Some(trouble), .. }) => {
            format!("it reports that it runs {generation} and is in trouble: {}", visible(trouble))
        }
    };
    let beat = match device.silent_for {
        None => "no heartbeat arrived".to_owned(),
        Some(silent_for) => format!("its last heartbeat arrived {} s ago", silent_for.as_secs()),
    };
    format!("{wanted}; {runs}; {beat}.\n")
}

/// What the device `id` is to run by the bucket of `address` and what it tells: for people, and for programs.
pub(crate) fn reported_of(address: &Address, id: &DeviceId) -> Result<(String, Value), Failure> {
    let status = runtime()?.block_on(look(address))?;
    let device = status.devices.get(id).cloned().unwrap_or_default();
    Ok((told(&device), told_json(&device)))
}

/// How the devices of the bucket of `address` are doing.
async fn look(address: &Address) -> Result<Status, Failure> {
    let mut bucket = open(address, false).await?;
    let seen = bucket.observe().await.map_err(|error| advised(&error))?;
    let status = bucket.status(&seen.state, &Buckets::default()).await;
    status.map_err(|error| advised(&error))
}

/// What programs call it.
pub(super) fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::UpToDate => "up-to-date",
        Standing::Behind => "behind",
        Standing::Troubled => "troubled",
        Standing::NotMember => "not-member",
    }
}
