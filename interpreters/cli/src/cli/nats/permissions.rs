//! `nats permissions`: the least that each user must be allowed.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use escadre_algebra::{DeviceId, Knowledge, Resolved};
use escadre_interpreter::present::number;
use escadre_nats::jwt::{Account, AccountError};
use escadre_nats::permissions::{
    Buckets, Grants, User, controller, devices, founder, reader, server_config,
};
use escadre_nats::{Address, AddressError};

use super::MAX_NAMED;
use crate::cli::Code;
use crate::cli::args::Listing;
use crate::cli::context::Context;
use crate::cli::error::Failure;

#[derive(Debug, Args)]
#[command(after_help = "Example: escadre nats permissions -i devices.jsonl --controller UA…\n\
    Exit codes: 0 done, 1 an error (also of usage, or a device without a key)")]
pub(crate) struct Permissions {
    #[command(flatten)]
    listing: Listing,
    /// The bucket of the fleet.
    #[arg(long, value_name = "BUCKET", default_value_t = Buckets::default().desired, value_parser = bucket)]
    bucket: String,
    /// The bucket of an inventory, for controllers that read it (`-i nats://HOST:PORT/BUCKET`).
    #[arg(long, value_name = "BUCKET", value_parser = bucket)]
    inventory_bucket: Option<String>,
    /// Let controllers also make the buckets (`nats init`): whoever may do that can have one of them
    /// copy any other stream of the account. Without it, somebody else makes them, once.
    #[arg(long)]
    init: bool,
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

impl Permissions {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
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
            let controller = json(&self.of_controller(&buckets));
            let document = serde_json::json!({"controller": controller, "devices": devices});
            context.out.json(&document)?;
            return Ok(Code::Done);
        }
        let controllers = self
            .controller
            .iter()
            .map(|nkey| User { nkey: nkey.clone(), grants: self.of_controller(&buckets) });
        let mut users: Vec<User> = controllers.collect();
        let keys = self.keys(&resolved)?;
        users
            .extend(keys.into_iter().zip(granted).map(|(nkey, (_, grants))| User { nkey, grants }));
        if self.format == Format::Jwt {
            let controllers = self.controller.iter().map(|_| "controller");
            let ids = resolved.inventory().ids();
            self.sign(controllers.chain(ids).zip(&users), context)?;
            return Ok(Code::Done);
        }
        context.out.put(&server_config(&users))?;
        Ok(Code::Done)
    }

    /// What each controller may do.
    fn of_controller(&self, buckets: &Buckets) -> Grants {
        let inventory = self.inventory_bucket.as_deref().map(reader).unwrap_or_default();
        let making = if self.init { founder(buckets) } else { Grants::default() };
        controller(buckets).and(inventory).and(making)
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

/// The name of a bucket, which is to stand in a server's configuration.
fn bucket(text: &str) -> Result<String, AddressError> {
    let named = format!("nats:///{text}").parse::<Address>()?;
    match named.named_bucket() {
        Some(bucket) if bucket == text => Ok(text.to_owned()),
        _ => Err(AddressError::Bucket { bucket: text.to_owned() }),
    }
}

fn json(grants: &Grants) -> serde_json::Value {
    serde_json::json!({"publish": grants.publish, "subscribe": grants.subscribe})
}
