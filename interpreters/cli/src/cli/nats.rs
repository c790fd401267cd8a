//! NATS: a bucket as a target, and what its servers must allow.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand, ValueEnum};
use escadre_algebra::{DeviceId, Inventory, Knowledge, Resolved};
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::present::number;
use escadre_nats::info::joined;
use escadre_nats::jwt::{Account, AccountError};
use escadre_nats::permissions::{Buckets, Grants, User, controller, devices, server_config};
use escadre_nats::status::{Standing, Status};
use escadre_nats::{
    Address, ConnectErrorKind, Nats, ServerErrorKind, connect, make_report_buckets, read_reported,
};

use super::Code;
use super::args::{Listing, TextFormat};
use super::context::Context;
use super::error::Failure;
use super::target::{Access, Task, advised};

/// At most so many devices are named.
const MAX_NAMED: usize = 5;
/// How often `status --watch` looks.
const PERIOD: Duration = Duration::from_secs(1);

/// Prepare NATS for a fleet: make its buckets, say what each user must be allowed.
///
/// Who this program is comes from the environment, as for NATS tools: NATS_CREDS or NATS_NKEY (files),
/// NATS_TOKEN, or NATS_USER and NATS_PASSWORD; NATS_CA, NATS_CERT and NATS_KEY for TLS; NATS_URL for
/// the servers where the address names none.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre nats init nats://127.0.0.1:4222/desired-state\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(crate) struct NatsArgs {
    #[command(subcommand)]
    task: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make the bucket of the fleet, and those that devices report to, where they are missing.
    Init {
        /// The servers and the bucket, such as `nats://127.0.0.1:4222/desired-state?replicas=3`.
        address: Address,
    },
    /// Print the least that the controller and each device must be allowed.
    ///
    /// Contents of files are granted by digest, so run it again when devices get other files.
    Permissions(Permissions),
    /// Say how the devices are doing, by their own reports: who runs what is wanted, who lags behind.
    Status(StatusArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre nats status nats://127.0.0.1:4222/desired-state --watch\n\
    Exit codes: 0 done, 1 an error (also of usage)"
)]
struct StatusArgs {
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

#[derive(Debug, Args)]
#[command(after_help = "Example: escadre nats permissions -i devices.jsonl --controller UA…\n\
    Exit codes: 0 done, 1 an error (also of usage, or a device without a key)")]
struct Permissions {
    #[command(flatten)]
    listing: Listing,
    /// The bucket of the fleet.
    #[arg(long, value_name = "BUCKET", default_value_t = Buckets::default().desired)]
    bucket: String,
    /// The public nkey of a controller, `U…`; several may be given.
    #[arg(long, value_name = "NKEY")]
    controller: Vec<String>,
    /// With `--format jwt`: the public nkey of the account, `A…`, where a signing key of it signs.
    #[arg(long, value_name = "NKEY")]
    account: Option<String>,
    /// The label of the inventory that holds a device's public nkey.
    #[arg(long, value_name = "LABEL", default_value = "nkey")]
    nkey_label: String,
    /// `config` is the block `authorization` of a server, `jwt` one JSON line for each user with the
    /// JWT that the account of NATS_ACCOUNT_NKEY (a file with its seed) signs, `json` the subjects alone.
    #[arg(long, value_name = "FORMAT", default_value = "config")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Config,
    Json,
    Jwt,
}

pub(crate) fn run(args: &NatsArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Action::Init { address } => init(address, context),
        Action::Permissions(permissions) => permissions.run(context),
        Action::Status(status) => status.run(context),
    }
}

/// Does `task` with the bucket of `address`, opened for `access`.
pub(crate) fn with_bucket<T: Task>(
    address: &Address,
    access: &Access,
    task: T,
) -> Result<T::Output, Failure> {
    let runtime = runtime()?;
    let create = matches!(access, Access::ReadToWrite | Access::Write(_));
    let mut bucket = runtime.block_on(open(address, create))?;
    // What the task waits for is done by this runtime.
    let _entered = runtime.enter();
    task.run(&mut bucket)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::caused("this program cannot start its threads", &error))
}

async fn open(address: &Address, create: bool) -> Result<Nats, Failure> {
    let client = connect(address, &|name| std::env::var(name).ok()).await;
    let client = client.map_err(|error| advised(&error))?;
    Nats::open(client, address.options(create)).await.map_err(|error| advised(&error))
}

/// `asserted` with the labels that devices report in the bucket of `address`.
///
/// A server that does not answer makes them unknown: what depends on them is left as it is.
pub(crate) fn with_reported(asserted: &Inventory, address: &Address) -> Result<Inventory, Failure> {
    let read = runtime()?.block_on(async {
        let client = match connect(address, &|name| std::env::var(name).ok()).await {
            Err(error) if !matches!(error.kind(), ConnectErrorKind::Unreachable { .. }) => {
                return Err(advised(&error));
            }
            Err(error) => return Ok(Err(error.to_string())),
            Ok(client) => client,
        };
        let usual = Buckets::default().info;
        let bucket = address.named_bucket().unwrap_or(&usual);
        match read_reported(&client, bucket).await {
            Err(error) if *error.kind() == ServerErrorKind::NoBucket => Err(advised(&error)),
            read => Ok(read.map_err(|error| error.to_string())),
        }
    })?;
    match read {
        Ok(reported) => {
            for anomaly in reported.anomalies.iter().take(MAX_NAMED) {
                tracing::warn!("`{}` tells nothing: {}", anomaly.key, anomaly.why);
            }
            Ok(joined(asserted, Some(&reported)))
        }
        Err(why) => {
            tracing::warn!("what devices report is unknown: {why}");
            Ok(joined(asserted, None))
        }
    }
}

fn init(address: &Address, context: &mut Context<'_>) -> Result<Code, Failure> {
    let bucket = runtime()?.block_on(async {
        let client = connect(address, &|name| std::env::var(name).ok()).await;
        let client = client.map_err(|error| advised(&error))?;
        make_report_buckets(&client, &Buckets::default(), address.replicas())
            .await
            .map_err(|error| advised(&error))?;
        Nats::open(client, address.options(true)).await.map_err(|error| advised(&error))
    })?;
    let Buckets { state, heartbeat, info, .. } = Buckets::default();
    let target = bucket.target();
    context.out.line(&format!("{target}, {state}, {heartbeat} and {info} are ready"))?;
    Ok(Code::Done)
}

impl Permissions {
    fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        for key in &self.controller {
            check_key(key).map_err(|why| {
                Failure::new(format!("what --controller has {why}")).help(KEY_HELP)
            })?;
        }
        let resolved = context.resolved(&self.listing)?;
        let buckets = Buckets { desired: self.bucket.clone(), ..Buckets::default() };
        let granted = devices(&resolved, &buckets);
        if self.format == Format::Json {
            let devices: serde_json::Map<_, _> =
                granted.iter().map(|(id, grants)| (id.to_string(), json(grants))).collect();
            let document =
                serde_json::json!({"controller": json(&controller(&buckets)), "devices": devices});
            context.out.json(&document)?;
            return Ok(Code::Done);
        }
        let controllers = self
            .controller
            .iter()
            .map(|nkey| User { nkey: nkey.clone(), grants: controller(&buckets) });
        let mut users: Vec<User> = controllers.collect();
        let keys = self.keys(&resolved)?;
        users
            .extend(keys.into_iter().zip(granted).map(|(nkey, (_, grants))| User { nkey, grants }));
        if self.format == Format::Jwt {
            let controllers = self.controller.iter().map(|_| "controller");
            let ids = resolved.iter().map(|(facts, _)| facts.id().as_str());
            self.sign(controllers.chain(ids).zip(&users), context)?;
            return Ok(Code::Done);
        }
        context.out.put(&server_config(&users))?;
        Ok(Code::Done)
    }

    /// Prints the JWT of each user.
    fn sign<'u>(
        &self,
        users: impl Iterator<Item = (&'u str, &'u User)>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let file = std::env::var("NATS_ACCOUNT_NKEY").map_err(|_| {
            Failure::new("no account signs: NATS_ACCOUNT_NKEY is not set").help(
                "let it name a file with the seed of the account, or of one of its signing keys",
            )
        })?;
        let seed = std::fs::read_to_string(&file);
        let seed = seed.map_err(|error| Failure::file("read", Path::new(&file), &error))?;
        let seed = seed.lines().map(str::trim).find(|line| line.starts_with("SA"));
        let account = Account::new(seed.unwrap_or_default(), self.account.as_deref());
        let wrong = |error: AccountError| Failure::caused("NATS_ACCOUNT_NKEY, --account", &error);
        let account = account.map_err(wrong)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        for (name, user) in users {
            let jwt = account.sign(user, name, now).map_err(wrong)?;
            let line = serde_json::json!({"user": name, "nkey": user.nkey, "jwt": jwt});
            context.out.line(&line.to_string())?;
        }
        Ok(())
    }

    /// The public key of each device.
    fn keys(&self, resolved: &Resolved) -> Result<Vec<String>, Failure> {
        let mut keys = Vec::new();
        let mut without: Vec<&DeviceId> = Vec::new();
        for (facts, _) in resolved.iter() {
            match facts.label(&self.nkey_label) {
                Knowledge::Known(key) => {
                    check_key(key).map_err(|why| {
                        let label = &self.nkey_label;
                        let message = format!("the label `{label}` of `{}` {why}", facts.id());
                        Failure::new(message).help(KEY_HELP)
                    })?;
                    keys.push(key.to_owned());
                }
                Knowledge::Absent | Knowledge::Unknown => without.push(facts.id()),
            }
        }
        if without.is_empty() {
            return Ok(keys);
        }
        let named = without.iter().take(MAX_NAMED).map(|id| format!("`{id}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        let (n, label) = (number(without.len()), &self.nkey_label);
        Err(Failure::new(format!("{n} devices have no label `{label}`, such as {named}")).help(
            "let the inventory hold each device's public nkey, or use `--format json`, which needs none",
        ))
    }
}

impl StatusArgs {
    fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
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

const KEY_HELP: &str =
    "`nk -gen user -pubout` of the NATS tools makes a key and prints its public half";

/// Whether `key` is the public half of a user's nkey; what is none is no text for a server's configuration.
fn check_key(key: &str) -> Result<(), &'static str> {
    let is_base32 =
        key.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    if key.len() == 56 && key.starts_with('U') && is_base32 {
        return Ok(());
    }
    // A seed is a secret that must not be shown, nor be in an inventory.
    Err("is no public nkey of a user: expected 56 capitals and digits that begin with `U`")
}

fn json(grants: &Grants) -> serde_json::Value {
    serde_json::json!({"publish": grants.publish, "subscribe": grants.subscribe})
}
