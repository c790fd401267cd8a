//! `nats status`: what devices report beside what is wanted of them.

use std::time::Duration;

use clap::Args;
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::present::number;
use escadre_nats::Address;
use escadre_nats::permissions::Buckets;
use escadre_nats::status::{Standing, Status};

use super::{MAX_NAMED, open};
use crate::cli::Code;
use crate::cli::args::TextFormat;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

/// How often `status --watch` looks.
const PERIOD: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre nats status nats://127.0.0.1:4222/desired-state --watch\n\
    Exit codes: 0 done, 1 an error (also of usage)"
)]
pub(crate) struct StatusArgs {
    /// The servers and the bucket.
    address: Address,
    /// How long a device may be silent, in seconds.
    #[arg(long, value_name = "N", default_value_t = 90)]
    silent_after: u64,
    /// Look again every second, and print what changed, until this program is ended.
    #[arg(long, conflicts_with = "format")]
    watch: bool,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

impl StatusArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let runtime = runtime()?;
        let mut bucket = runtime.block_on(open(&self.address, false))?;
        let mut look = || -> Result<Status, Failure> {
            runtime.block_on(async {
                let seen = bucket.observe().await.map_err(|error| advised(&error))?;
                let status = bucket.status(&seen.state, &Buckets::default()).await;
                status.map_err(|error| advised(&error))
            })
        };
        let status = look()?;
        match self.format {
            TextFormat::Json => context.out.json(&self.document(&status))?,
            TextFormat::Text if !self.watch => self.tell(&status, context)?,
            TextFormat::Text => {
                let mut last = String::new();
                while !context.out.is_closed() {
                    let line = self.line(&look()?);
                    if line != last {
                        context.out.line(&line)?;
                        context.out.finish()?;
                        last = line;
                    }
                    std::thread::sleep(PERIOD);
                }
            }
        }
        Ok(Code::Done)
    }

    fn n_silent(&self, status: &Status) -> usize {
        let patience = Duration::from_secs(self.silent_after);
        let members = status.devices.values().filter(|device| device.wanted.is_some());
        members.filter(|device| device.is_silent(patience)).count()
    }

    /// The figures, in one line.
    fn line(&self, status: &Status) -> String {
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
                context.out.line(&format!("`{id}`: {}", trouble.unwrap_or("behind")))?;
            }
        }
        for anomaly in status.anomalies.iter().take(MAX_NAMED) {
            context.note(&format!("`{}` makes no sense: {}", anomaly.key, anomaly.why));
        }
        Ok(())
    }

    fn document(&self, status: &Status) -> serde_json::Value {
        let patience = Duration::from_secs(self.silent_after);
        let devices = status.devices.iter().map(|(id, device)| {
            let report = device.report.as_ref();
            serde_json::json!({
                "device": id.as_str(),
                "standing": name(device.standing()),
                "wanted": device.wanted,
                "runs": report.map(|report| report.generation),
                "trouble": report.and_then(|report| report.trouble.as_deref()),
                "silent_seconds": device.silent_for.map(|silent_for| silent_for.as_secs()),
                "silent": device.is_silent(patience),
            })
        });
        let anomalies = status.anomalies.iter();
        let anomalies = anomalies.map(|a| serde_json::json!({"key": a.key, "why": a.why}));
        serde_json::json!({
            "devices": devices.collect::<Vec<_>>(),
            "anomalies": anomalies.collect::<Vec<_>>(),
        })
    }
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

fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::UpToDate => "up-to-date",
        Standing::Behind => "behind",
        Standing::Troubled => "troubled",
        Standing::NotMember => "not-member",
    }
}
