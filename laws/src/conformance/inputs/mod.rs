//! What cases are tried with: small fleets of every kind of resource, and generated ones.

mod fixed;
mod generated;

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Resolved};

pub(crate) use fixed::fixed;
pub(crate) use generated::generated;

/// How many devices the inputs know.
const N_DEVICES: usize = 12;

/// Two fleets, one to be applied after the other.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What is special about it.
    pub(crate) name: String,
    /// What is applied first.
    pub(crate) before: Resolved,
    /// What is applied then.
    pub(crate) after: Resolved,
}

impl Input {
    /// The input of these two fleets on these inventories, or why one does not resolve.
    fn new(
        name: impl Into<String>,
        before: (&Fleet, &Inventory),
        after: (&Fleet, &Inventory),
    ) -> Result<Self, String> {
        let name = name.into();
        let resolve = |(fleet, inventory): (&Fleet, &Inventory)| {
            fleet.resolve(inventory).map_err(|error| format!("{name}: {error}"))
        };
        let (before, after) = (resolve(before)?, resolve(after)?);
        Ok(Self { name, before, after })
    }
}

/// The device number `i`: every other one a camera, in three sites, in the rings 1 to 4.
///
/// # Errors
/// Never: the names are fixed.
pub(crate) fn device(i: usize) -> Result<Facts, String> {
    let role = if i.is_multiple_of(2) { "camera" } else { "gateway" };
    let (site, ring) = (["a", "b", "c"][i % 3], ["1", "2", "3", "4"][i % 4]);
    let labels = [("role", role), ("site", site), ("ring", ring)];
    Facts::of(&format!("d{i:03}"), labels).map_err(|error| error.to_string())
}

/// The first `n` devices.
pub(crate) fn devices(n: usize) -> Result<Inventory, String> {
    listed((0..n).map(device), Coverage::Complete)
}

/// The inventory of these devices.
pub(crate) fn listed(
    devices: impl IntoIterator<Item = Result<Facts, String>>,
    coverage: Coverage,
) -> Result<Inventory, String> {
    let devices: Vec<Facts> = devices.into_iter().collect::<Result<_, _>>()?;
    Inventory::new(devices, coverage).map_err(|error| error.to_string())
}

/// Every device of the inputs.
pub(crate) fn all_devices() -> Result<Inventory, String> {
    devices(N_DEVICES)
}
