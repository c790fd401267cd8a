//! Inventories that their owner keeps in a bucket.

use clap::Args;
use escadre_algebra::Coverage;
use escadre_interpreter::inventory::{ReadInventory, ReadOptions};
use escadre_nats::asserted::BUCKET;
use escadre_nats::{
    Address, AddressError, InventoryError, Options, connect, read_inventory, write_inventory,
};

use crate::cli::Code;
use crate::cli::args::Listing;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

/// The inventory in the bucket at `address`.
pub(crate) fn listed(address: &str, options: &ReadOptions) -> Result<ReadInventory, Failure> {
    let address: Address = address.parse().map_err(|error: AddressError| {
        // Not shown: a password in it may be why it is none.
        Failure::caused("the inventory is no bucket", &error)
            .help("for example `-i nats://127.0.0.1:4222/inventory`")
    })?;
    runtime()?.block_on(async {
        let client = connect(&address, &|name| std::env::var(name).ok()).await;
        let client = client.map_err(|error| advised(&error))?;
        let bucket = address.named_bucket().unwrap_or(BUCKET);
        read_inventory(&client, bucket, options).await.map_err(|error| failure(&error))
    })
}

fn failure(error: &InventoryError) -> Failure {
    match error.help() {
        Some(help) => Failure::of(error).help(help),
        None => Failure::of(error),
    }
}

/// Where the devices are listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre nats assert -i devices.jsonl nats://127.0.0.1:4222/inventory\n\
    Exit codes: 0 done, 1 an error (also of usage, a foreign bucket, or another who writes it)"
)]
pub(super) struct AssertArgs {
    #[command(flatten)]
    listing: Listing,
    /// The servers and the bucket, such as `nats://127.0.0.1:4222/inventory?replicas=3`.
    address: Address,
}

impl AssertArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let inventory = context.inventory(&self.listing)?;
        let bucket = self.address.named_bucket().unwrap_or(BUCKET).to_owned();
        let listed = runtime()?.block_on(async {
            let client = connect(&self.address, &|name| std::env::var(name).ok()).await;
            let client = client.map_err(|error| advised(&error))?;
            let replicas = self.address.replicas();
            let options = Options { bucket: bucket.clone(), replicas, ..Options::default() };
            let listing = write_inventory(&client, &options, &inventory);
            listing.await.map_err(|error| failure(&error))
        })?;
        context.out.line(&format!(
            "`{bucket}` lists {} ({}): {} written, {} removed",
            match listed.n_listed {
                1 => "1 device".to_owned(),
                n => format!("{n} devices"),
            },
            match inventory.coverage() {
                Coverage::Complete => "complete",
                Coverage::Partial => "partial",
            },
            listed.n_written,
            listed.n_removed
        ))?;
        Ok(Code::Done)
    }
}
