//! `nats status --watch`: desired against reported, as it changes.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use escadre_algebra::DeviceId;
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::present::{number, visible};
use escadre_nats::permissions::Buckets;
use escadre_nats::status::{DeviceStatus, Standing, Status};
use escadre_nats::{Anomaly, Nats, Options, ServerError, connect, is_connected};

use super::MAX_NAMED;
use super::status::{StatusArgs, name, senseless};
use crate::cli::Code;
use crate::cli::args::TextFormat;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

/// How long it waits between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// How often it asks whether there is still a connection while a look goes on.
const TICK: Duration = Duration::from_millis(100);
/// How long a server that does not answer is asked before that is told.
const PATIENCE: Duration = Duration::from_secs(2);
/// At most so many devices are told of in one look, to people.
const MAX_TOLD: usize = 50;

/// Tells what changes until this program is interrupted, or nobody reads any more.
pub(super) fn watch(args: &StatusArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    let runtime = runtime()?;
    let mut looker = runtime.block_on(Looker::open(args))?;
    let mut view = View { args, known: None, totals: None, anomalies: Vec::new() };
    let mut end = pin!(end());
    let mut is_lost = false;
    loop {
        let looked = runtime.block_on(async {
            tokio::select! { () = &mut end => None, looked = looker.look() => Some(looked) }
        });
        match looked {
            None => return Ok(Code::Done),
            Some(Ok(status)) => {
                if std::mem::take(&mut is_lost) {
                    context.note("the server answers again");
                }
                view.tell(&status, context)?;
                context.out.finish()?;
            }
            // A wrong bucket is told at once; one that is gone later may come again.
            Some(Err(Missed::Refused(error))) if view.known.is_none() => {
                return Err(advised(&error));
            }
            Some(Err(why)) => {
                if !std::mem::replace(&mut is_lost, true) {
                    context.note(&format!("{}; trying until it comes back", why.told()));
                }
            }
        }
        let is_over = runtime.block_on(async {
            tokio::select! { () = &mut end => true, () = tokio::time::sleep(PERIOD) => false }
        });
        if is_over || context.out.is_closed() {
            return Ok(Code::Done);
        }
    }
}

/// Waits until this program is interrupted, or nobody reads its output.
async fn end() {
    tokio::select! {
        // Without a handler the signal ends this program all the same.
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = unread() => {}
        else => std::future::pending().await,
    }
}

/// Waits until the reader of standard output is gone, which no write tells while nothing changes.
#[cfg(unix)]
async fn unread() {
    use std::os::fd::AsFd as _;
    use tokio::io::Interest;
    use tokio::net::unix::pipe::Sender;
    // Only waited for, never written to: the mode of what it shares stays as it is.
    let output = std::io::stdout().as_fd().try_clone_to_owned();
    let output = output.and_then(|output| Sender::from_file_unchecked(output.into()));
    match output {
        Ok(output) if output.ready(Interest::ERROR).await.is_ok() => {}
        // What cannot be waited for, such as a file, always has its reader.
        Ok(_) | Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn unread() {
    std::future::pending().await
}

/// Why a look saw nothing.
enum Missed {
    /// There is no connection.
    Gone,
    /// The server does not answer, or says no.
    Refused(ServerError),
}

impl Missed {
    fn told(&self) -> String {
        match self {
            Self::Gone => "the server went away".to_owned(),
            Self::Refused(error) => error.to_string(),
        }
    }
}

/// What looks at a bucket and at what devices report.
struct Looker {
    bucket: Nats,
    /// Whether there is a connection now.
    is_connected: Box<dyn Fn() -> bool>,
}

impl Looker {
    async fn open(args: &StatusArgs) -> Result<Self, Failure> {
        let client = connect(&args.address, &|name| std::env::var(name).ok()).await;
        let client = client.map_err(|error| advised(&error))?;
        let options = Options { patience: PATIENCE, ..args.address.options(false) };
        let bucket = Nats::open(client.clone(), options).await.map_err(|error| advised(&error))?;
        Ok(Self { bucket, is_connected: Box::new(move || is_connected(&client)) })
    }

    /// Looks once; not longer than there is a connection.
    async fn look(&mut self) -> Result<Status, Missed> {
        let Self { bucket, is_connected } = self;
        let mut looking = pin!(async {
            let seen = bucket.observe().await?;
            bucket.status(&seen.state, &Buckets::default()).await
        });
        loop {
            if !is_connected() {
                return Err(Missed::Gone);
            }
            if let Ok(looked) = tokio::time::timeout(TICK, looking.as_mut()).await {
                return looked.map_err(Missed::Refused);
            }
        }
    }
}

/// What was told of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    standing: Standing,
    trouble: Option<String>,
    silent: bool,
}

/// What was told already.
struct View<'a> {
    args: &'a StatusArgs,
    /// `None` before the first look.
    known: Option<BTreeMap<DeviceId, Told>>,
    /// The figures, as they were printed.
    totals: Option<String>,
    /// What makes no sense.
    anomalies: Vec<Anomaly>,
}

impl View<'_> {
    /// Tells what is otherwise than it was told before.
    fn tell(&mut self, status: &Status, context: &mut Context<'_>) -> Result<(), Failure> {
        let totals = match self.args.format {
            TextFormat::Text => self.args.line(status),
            TextFormat::Json => serde_json::json!({"totals": self.args.totals(status)}).to_string(),
        };
        if self.totals.as_ref() != Some(&totals) {
            context.out.line(&totals)?;
            self.totals = Some(totals);
        }
        let now: BTreeMap<DeviceId, Told> =
            status.devices.iter().map(|(id, device)| (id.clone(), self.told(device))).collect();
        let is_first = self.known.is_none();
        let known = self.known.take().unwrap_or_default();
        let ids: std::collections::BTreeSet<&DeviceId> = known.keys().chain(now.keys()).collect();
        let changed: Vec<&DeviceId> =
            ids.into_iter().filter(|id| known.get(*id) != now.get(*id)).collect();
        match self.args.format {
            TextFormat::Json => {
                for id in &changed {
                    self.row(id, known.get(*id), status, context)?;
                }
            }
            // The figures say how a fleet is doing at first.
            TextFormat::Text if is_first => {}
            TextFormat::Text => {
                for id in changed.iter().take(MAX_TOLD) {
                    let change = change(id, known.get(*id), now.get(*id), &status.devices);
                    context.out.line(&change)?;
                }
                if let Some(n @ 1..) = changed.len().checked_sub(MAX_TOLD) {
                    context.out.line(&format!("and {} more changed", number(n)))?;
                }
            }
        }
        self.known = Some(now);
        // Both are in order.
        let is_new = |anomaly: &&Anomaly| self.anomalies.binary_search(anomaly).is_err();
        let new = status.anomalies.iter().filter(is_new);
        for anomaly in new.take(MAX_NAMED) {
            context.note(&senseless(anomaly));
        }
        self.anomalies.clone_from(&status.anomalies);
        Ok(())
    }

    fn told(&self, device: &DeviceStatus) -> Told {
        let trouble = device.report.as_ref().and_then(|report| report.trouble.clone());
        Told { standing: device.standing(), trouble, silent: self.args.is_silent(device) }
    }

    /// Prints a line for programs.
    fn row(
        &self,
        id: &DeviceId,
        was: Option<&Told>,
        status: &Status,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let mut row = match status.devices.get(id) {
            Some(device) => self.args.row(id, device),
            // It is no member any more, and its reports were deleted.
            None => serde_json::json!({"device": id.as_str(), "standing": null}),
        };
        row["was"] = was.map(|was| name(was.standing)).into();
        context.out.line(&row.to_string())
    }
}

/// How the device `id` changed, for people.
fn change(
    id: &DeviceId,
    was: Option<&Told>,
    now: Option<&Told>,
    devices: &BTreeMap<DeviceId, DeviceStatus>,
) -> String {
    let words = |told: Option<&Told>| match told {
        None => "not there".to_owned(),
        Some(told) if told.silent => format!("{}, silent", word(told.standing)),
        Some(told) => word(told.standing).to_owned(),
    };
    let mut text = format!("`{id}`: {} -> {}", words(was), words(now));
    if let Some(trouble) = now.and_then(|now| now.trouble.as_deref()) {
        text.push_str(": ");
        // Whoever has a device's credentials chooses it.
        text.push_str(&visible(trouble));
    }
    let device = devices.get(id);
    let number = |n: Option<u64>| n.map_or_else(|| "nothing".to_owned(), |n| n.to_string());
    let wanted = device.and_then(|device| device.wanted);
    let runs = device.and_then(|device| device.report.as_ref()).map(|report| report.generation);
    text.push_str(&format!(" (wanted {}, runs {})", number(wanted), number(runs)));
    text
}

/// What people call it.
fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::UpToDate => "up to date",
        Standing::Behind => "behind",
        Standing::Troubled => "in trouble",
        Standing::NotMember => "no member",
    }
}
