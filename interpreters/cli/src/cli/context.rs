//! What every command needs: the fleet, an inventory, and where to write.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use escadre_algebra::{Columns, Coverage, Facts, Fleet, Inventory, Resolved, Unresolved};
use escadre_interpreter::inventory::{ReadInventory, ReadOptions, read_path};

use super::args::{Listing, Reading};
use super::error::{Failure, shown};
use super::output::{Look, Output};
use super::{close, shell};

/// Where the fleet comes from.
pub(crate) enum Origin<'a> {
    /// This program builds it.
    Program(Box<dyn FnOnce() -> Fleet + 'a>),
    /// A file holds it.
    Lock,
    /// It was asked for.
    Known(Fleet),
}

/// What every command needs.
pub(crate) struct Context<'a> {
    origin: Origin<'a>,
    lock: Option<PathBuf>,
    quiet: bool,
    /// What this program is called.
    pub(crate) program: String,
    /// Standard output.
    pub(crate) out: Output,
    /// What standard error can show.
    pub(crate) err: Look,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        origin: Origin<'a>,
        lock: Option<PathBuf>,
        program: String,
        quiet: bool,
        out: Output,
        err: Look,
    ) -> Self {
        Self { origin, lock, quiet, program, out, err }
    }

    /// The file that the fleet comes from, or that it is written to unless another is named.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.lock.clone().unwrap_or_else(|| "fleet.lock".into())
    }

    /// The option that names the file which the fleet comes from, with a space before it.
    pub(crate) fn lock_option(&self) -> String {
        self.lock.as_deref().map(shell::fleet).unwrap_or_default()
    }

    /// Whether the fleet comes from a file.
    pub(crate) fn reads_lock(&self) -> bool {
        self.lock.is_some()
    }

    /// The fleet; built or read when first asked for.
    pub(crate) fn fleet(&mut self) -> Result<Fleet, Failure> {
        let fleet = match std::mem::replace(&mut self.origin, Origin::Lock) {
            Origin::Program(build) => build(),
            Origin::Known(fleet) => fleet,
            Origin::Lock => read_fleet(&self.lock_path())?,
        };
        self.origin = Origin::Known(fleet.clone());
        Ok(fleet)
    }

    /// The fleet, which cannot be read from where the inventory is read.
    pub(crate) fn fleet_beside(&mut self, inventory: &Path) -> Result<Fleet, Failure> {
        let input = Path::new("-");
        if self.lock.as_deref() == Some(input) && inventory == input {
            return Err(Failure::new("standard input cannot be both the fleet and the inventory")
                .help("give one of them as a file"));
        }
        self.fleet()
    }

    /// The fleet, resolved on the inventory that was asked for.
    pub(crate) fn resolved(&mut self, listing: &Listing) -> Result<Resolved, Failure> {
        let fleet = self.fleet_beside(&listing.inventory)?;
        let inventory = self.inventory(listing)?;
        self.resolve(&fleet, self.lock.as_deref(), &inventory, listing)
    }

    /// `fleet`, which was read from the file `lock` if from one, on `inventory`, which `listing` names.
    pub(crate) fn resolve(
        &self,
        fleet: &Fleet,
        lock: Option<&Path>,
        inventory: &Inventory,
        listing: &Listing,
    ) -> Result<Resolved, Failure> {
        let resolved = fleet.resolve(inventory);
        tracing::info!(devices = inventory.len(), resolved = resolved.is_ok(), "resolved");
        resolved.map_err(|findings| self.unresolved(findings, lock, listing))
    }

    /// What is wrong with a fleet, and the command that says more about it.
    pub(crate) fn unresolved(
        &self,
        findings: Unresolved,
        lock: Option<&Path>,
        listing: &Listing,
    ) -> Failure {
        let head = match lock {
            Some(lock) => format!("the fleet of {} does not resolve", lock.display()),
            None => "the fleet does not resolve on this inventory".to_owned(),
        };
        // Only `escadre` reads the file that another program compares with.
        let program = if lock.is_some() { "escadre" } else { &self.program };
        let fleet = lock.map(shell::fleet).unwrap_or_default();
        let asking = format!("{program}{fleet} explain{}", shell::listing(listing));
        Failure::unresolved(findings, head, &asking)
    }

    /// The inventory that was asked for.
    pub(crate) fn inventory(&mut self, listing: &Listing) -> Result<Inventory, Failure> {
        let inventory = read_inventory(&listing.inventory, &listing.reading)?;
        if inventory.is_empty() {
            self.note("the inventory lists no device");
        }
        Ok(inventory)
    }

    /// Tells something beside the result, after what was written of it.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            let _ = self.out.finish();
            // What cannot be told is not worth failing for.
            let _ = writeln!(io::stderr(), "note: {}", shown(text));
        }
    }

    /// Whether only results are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// The fleet that the file `path` holds.
pub(crate) fn read_fleet(path: &Path) -> Result<Fleet, Failure> {
    let bytes = read_bytes(path).map_err(|error| {
        Failure::file("read", path, &error).help(
            "write it with `lock` of the program that builds the fleet (such as `cargo run -- lock`), \
             or say where it is with `-f FLEET`",
        )
    })?;
    decode_fleet(path, &bytes)
}

/// The fleet in `bytes`, which are what `path` holds.
pub(crate) fn decode_fleet(path: &Path, bytes: &[u8]) -> Result<Fleet, Failure> {
    Fleet::decode(bytes).map_err(|error| Failure::fleet(path, bytes, &error))
}

/// What the file `path` holds; `-` is the standard input.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return fs::read(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
}

/// The inventory that the file `path` holds.
pub(crate) fn read_inventory(path: &Path, reading: &Reading) -> Result<Inventory, Failure> {
    let mut options = ReadOptions::default().id_column(&reading.id_column);
    if let Some(format) = reading.inventory_format {
        options = options.format(format);
    }
    if reading.partial {
        options = options.coverage(Coverage::Partial);
    }
    let read = read(path, &options)?;
    tracing::info!(devices = read.inventory.len(), lines = read.n_lines, format = %read.format, "read");
    #[cfg(feature = "nats")]
    if let Some(address) = &reading.device_info {
        return super::nats::with_reported(&read.inventory, address);
    }
    Ok(read.inventory)
}

/// What `path` names: a bucket, the nodes of a cluster, or a file.
fn read(path: &Path, options: &ReadOptions) -> Result<ReadInventory, Failure> {
    match path.to_str() {
        #[cfg(feature = "nats")]
        Some(text) if is_bucket(text) => super::nats::listed(text, options),
        #[cfg(not(feature = "nats"))]
        Some(text) if is_bucket(text) => Err(Failure::new(super::target::WITHOUT_NATS)),
        #[cfg(feature = "kube")]
        Some(text) if text.starts_with("kube:") => super::kube::nodes(text, options),
        #[cfg(not(feature = "kube"))]
        Some(text) if text.starts_with("kube:") => Err(Failure::new(super::target::WITHOUT_KUBE)
            .help("`kubectl get nodes -o json` writes a file that can be read")),
        _ => Ok(read_path(path, options)?),
    }
}

/// Whether `text` names a bucket, not a file.
fn is_bucket(text: &str) -> bool {
    text.starts_with("nats://") || text.starts_with("tls://")
}

/// The devices of `inventory` by columns.
pub(crate) fn columns(inventory: &Inventory) -> Result<&Columns, Failure> {
    inventory.columns().ok_or_else(|| {
        Failure::new(
            "the inventory is too large: more than 4 GiB of ids, or of values of one label",
        )
        .help("divide it into several inventories")
    })
}

/// The device called `id`.
pub(crate) fn device<'i>(inventory: &'i Inventory, id: &str) -> Result<Cow<'i, Facts>, Failure> {
    inventory.device(id).ok_or_else(|| {
        let ids = inventory.ids();
        let failure = Failure::new(format!("the inventory lists no device `{id}`"));
        match close::suggestion(id, ids) {
            None => failure.help("`select` lists ids, such as `select '' -i INVENTORY`"),
            Some(close) => failure.help(format!("did you mean {close}?")),
        }
    })
}
