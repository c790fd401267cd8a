//! What every command needs: the fleet, an inventory, and where to write.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resolved};
use escadre_interpreter::inventory::{ReadOptions, read_path};

use super::args::{Listing, Reading};
use super::error::Failure;
use super::output::{Look, Output};

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

    /// The fleet, resolved on the inventory that was asked for.
    pub(crate) fn resolved(&mut self, listing: &Listing) -> Result<Resolved, Failure> {
        let fleet = self.fleet()?;
        let inventory = self.inventory(listing)?;
        self.resolve(&fleet, &inventory)
    }

    /// `fleet` on `inventory`.
    pub(crate) fn resolve(
        &self,
        fleet: &Fleet,
        inventory: &Inventory,
    ) -> Result<Resolved, Failure> {
        let resolved = fleet.resolve(inventory);
        tracing::info!(devices = inventory.len(), resolved = resolved.is_ok(), "resolved");
        resolved.map_err(|findings| Failure::unresolved(findings, &self.program))
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
            let _ = writeln!(io::stderr(), "note: {text}");
        }
    }

    /// Whether only results are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// The fleet that the file `path` holds.
pub(crate) fn read_fleet(path: &Path) -> Result<Fleet, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        Failure::file("read", path, &error).help(
            "write it with `lock` of the program that builds the fleet (such as `cargo run -- lock`), \
             or say where it is with `-f FLEET`",
        )
    })?;
    Fleet::decode(&bytes).map_err(|error| Failure::fleet(path, &bytes, &error))
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
    let read = read_path(path, &options)?;
    tracing::info!(devices = read.inventory.len(), lines = read.n_lines, format = %read.format, "read");
    Ok(read.inventory)
}

/// How many close ids are suggested.
const N_CLOSE: usize = 3;

/// The device called `id`.
pub(crate) fn device<'i>(inventory: &'i Inventory, id: &str) -> Result<&'i Facts, Failure> {
    inventory.device(id).ok_or_else(|| {
        let close = close(inventory, id);
        let failure = Failure::new(format!("the inventory lists no device `{id}`"));
        match close.is_empty() {
            true => failure.help("`select` lists ids, such as `select '' -i INVENTORY`"),
            false => failure.help(format!("did you mean {}?", close.join(" or "))),
        }
    })
}

/// The ids most like `id`, each in backticks.
fn close(inventory: &Inventory, id: &str) -> Vec<String> {
    let asked: Vec<char> = id.chars().flat_map(char::to_lowercase).collect();
    let most = (asked.len() / 3).max(1);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for facts in inventory.devices() {
        let known = facts.id().as_str();
        let distance = distance(&asked, known, most);
        if let Some(distance) = distance {
            found.push((distance, known));
        }
    }
    found.sort_unstable();
    found.into_iter().take(N_CLOSE).map(|(_, id)| format!("`{id}`")).collect()
}

/// How many characters to insert, remove or replace between the two, if no more than `most`.
fn distance(asked: &[char], known: &str, most: usize) -> Option<usize> {
    let known: Vec<char> = known.chars().flat_map(char::to_lowercase).collect();
    if known.len().abs_diff(asked.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (i, a) in asked.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, k) in known.iter().enumerate() {
            let replaced = corner + usize::from(a != k);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_edits_up_to_a_bound() {
        let chars: Vec<char> = "kitten".chars().collect();
        assert_eq!(distance(&chars, "kitten", 1), Some(0));
        assert_eq!(distance(&chars, "sitting", 3), Some(3));
        assert_eq!(distance(&chars, "sitting", 2), None);
        assert_eq!(distance(&chars, "kit", 2), None);
    }
}
