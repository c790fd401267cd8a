//! The digest of an inventory: of its ids, and of each label on its own.
//!
//! A label's digest says which values there are, in order, and for each device the number of its
//! own. So it costs a few bytes a device, and whoever keeps labels apart may digest one at a time.

use std::collections::BTreeMap;

use crate::digest::{Digest, Digester};
use crate::facts::{Attestation, Facts};
use crate::inventory::Coverage;

/// The number of a device without the label, and of one whose label is unknown; then the values.
const N_RESERVED: usize = 2;
/// So many numbers are one piece.
const CHUNK: usize = 1 << 12;

/// The digest of an inventory whose devices have these `ids`, in order; some do not know the labels
/// that they do not list. `labels` are those that a device lists, by key.
pub(crate) fn digest<'a>(
    coverage: Coverage,
    ids: impl ExactSizeIterator<Item = &'a str>,
    unlisted_unknown: impl Iterator<Item = usize>,
    labels: impl Iterator<Item = (&'a str, Digest)>,
) -> Digest {
    let mut digester = Digester::new("escadre/inventory/2");
    digester.add(&[u8::from(coverage == Coverage::Complete)]);
    digester.add(&(ids.len() as u64).to_le_bytes());
    digester.add(&bits(ids.len(), unlisted_unknown));
    let mut of_ids = Digester::new("escadre/inventory/2/ids");
    ids.for_each(|id| of_ids.add(id.as_bytes()));
    digester.add(of_ids.finish().as_bytes());
    for (key, label) in labels {
        digester.add(key.as_bytes());
        digester.add(label.as_bytes());
    }
    digester.finish()
}

/// The digest of one label: its values in order, each of some device; for each device the number of
/// its own, from 2 on, 0 without the label and 1 if it is unknown; and the devices that report it.
pub(crate) fn label<'a>(
    values: impl ExactSizeIterator<Item = &'a str>,
    numbers: impl ExactSizeIterator<Item = u32>,
    reported: impl Iterator<Item = usize>,
) -> Digest {
    let mut digester = Digester::new("escadre/inventory/2/label");
    let (n_values, n_devices) = (values.len(), numbers.len());
    digester.add(&(n_values as u64).to_le_bytes());
    values.for_each(|value| digester.add(value.as_bytes()));
    match n_values + N_RESERVED {
        n if n <= 1 << 8 => add(numbers.map(|n| [n.to_le_bytes()[0]]), &mut digester),
        n if n <= 1 << 16 => {
            let two = |n: u32| [n.to_le_bytes()[0], n.to_le_bytes()[1]];
            add(numbers.map(two), &mut digester);
        }
        _ => add(numbers.map(u32::to_le_bytes), &mut digester),
    }
    digester.add(&bits(n_devices, reported));
    digester.finish()
}

/// Adds numbers of `N` bytes, `CHUNK` of them a piece.
fn add<const N: usize>(numbers: impl Iterator<Item = [u8; N]>, digester: &mut Digester) {
    let mut waiting: Vec<[u8; N]> = Vec::with_capacity(CHUNK);
    for number in numbers {
        waiting.push(number);
        if waiting.len() == CHUNK {
            digester.add(waiting.as_flattened());
            waiting.clear();
        }
    }
    digester.add(waiting.as_flattened());
}

/// A bit for each of `n` devices, eight a byte from the lowest on; no bytes if no bit is set.
fn bits(n: usize, set: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for at in set {
        if bytes.is_empty() {
            bytes.resize(n.div_ceil(8), 0);
        }
        if let Some(byte) = bytes.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
    }
    bytes
}

/// A row that lists a label, its value there if it is known, and who attests it.
type Listed<'a> = (usize, Option<&'a str>, Attestation);

/// The digest of `devices`, in the order of their ids. Costs O(labels · log).
pub(crate) fn digest_of_rows(coverage: Coverage, devices: &[Facts]) -> Digest {
    let mut listed: BTreeMap<&str, Vec<Listed<'_>>> = BTreeMap::new();
    for (row, device) in devices.iter().enumerate() {
        for label in device.labels() {
            let known = (row, label.value.as_deref(), label.attestation);
            listed.entry(label.key.as_str()).or_default().push(known);
        }
    }
    let labels = listed.into_iter().map(|(key, listed)| (key, of_listed(devices.len(), &listed)));
    let unlisted = devices.iter().enumerate().filter(|(_, device)| device.unlisted_unknown());
    let ids = devices.iter().map(|device| device.id().as_str());
    digest(coverage, ids, unlisted.map(|(row, _)| row), labels)
}

/// The digest of a label by the rows that list it, in order.
fn of_listed(n_devices: usize, listed: &[Listed<'_>]) -> Digest {
    let mut values: Vec<&str> = listed.iter().filter_map(|(_, value, _)| *value).collect();
    values.sort_unstable();
    values.dedup();
    let mut numbers = vec![0u32; n_devices];
    for (row, value, _) in listed {
        let number = value.map_or(Ok(0), |value| values.binary_search(&value).map(|at| at + 1));
        // There are fewer values than 2³² devices.
        numbers[*row] = number.ok().and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(u32::MAX);
    }
    let reported = listed.iter().filter(|(_, _, by)| *by == Attestation::Reported);
    label(values.into_iter(), numbers.into_iter(), reported.map(|(row, ..)| *row))
}
