//! An inventory that its owner keeps in a bucket: a key a device, each with one line of JSON Lines.
//!
//! | key | value |
//! |---|---|
//! | the device's token ([`device_token`](crate::device_token)) | `{"id": "cam-1", "labels": {"site": "lyon"}}` |
//! | `_coverage` | `{"coverage": "complete"}`, or `"partial"` while devices are written |
//!
//! A bucket denotes the inventory of its values as JSON Lines; without `_coverage` it is partial.

use std::borrow::Cow;
use std::collections::BTreeMap;

use escadre_algebra::{Coverage, DeviceId, Inventory};
use escadre_interpreter::inventory::{
    Format, ReadError, ReadInventory, ReadOptions, read, write_jsonl,
};
use serde::Deserialize;

use crate::error::ServerError;
use crate::names::{device_token, parse_device_token};

/// The bucket of an inventory, unless another is named.
pub const BUCKET: &str = "inventory";
/// The key that says whether every device is listed.
pub(crate) const COVERAGE: &str = "_coverage";

/// A bucket's inventory was not read, or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The server did not do what it was asked.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// There is nothing in the bucket.
    #[error("the bucket `{bucket}` lists no devices")]
    Empty {
        /// The bucket.
        bucket: String,
    },
    /// What stands under a key is no device, or another one.
    #[error("the bucket `{bucket}`, key `{key}`: {why}{}", others(*.n_more))]
    Key {
        /// The bucket.
        bucket: String,
        /// The first such key.
        key: String,
        /// What is wrong with it.
        why: String,
        /// How many more keys are wrong.
        n_more: usize,
    },
    /// The devices are no inventory together.
    #[error(transparent)]
    Devices(#[from] ReadError),
    /// Another program wrote the bucket at the same time.
    #[error("another program wrote the bucket `{bucket}` at the same time")]
    Raced {
        /// The bucket.
        bucket: String,
    },
}

fn others(n: usize) -> String {
    if n == 0 { String::new() } else { format!(" (and {n} more)") }
}

impl InventoryError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Server(error) => return error.help(),
            Self::Devices(_) => return None,
            Self::Empty { bucket } => {
                format!("`escadre nats assert -i FILE nats://HOST:PORT/{bucket}` lists devices")
            }
            Self::Key { bucket, key, .. } => format!(
                "`nats kv get {bucket} {key}` shows it: expected `{{\"id\": \"…\", \"labels\": {{…}}}}`"
            ),
            Self::Raced { .. } => {
                "run it again: nothing is removed on its word until it is whole".into()
            }
        };
        Some(help)
    }
}

/// The values of a bucket, by key; one that was deleted is not among them.
pub(crate) type Values = BTreeMap<String, Vec<u8>>;

/// The inventory that `values` list. Costs O(their size + n log n).
pub(crate) fn decode(
    bucket: &str,
    values: &Values,
    options: &ReadOptions,
) -> Result<ReadInventory, InventoryError> {
    if values.is_empty() {
        return Err(InventoryError::Empty { bucket: bucket.to_owned() });
    }
    let wrong = values.iter().filter_map(|(key, value)| Some((key, misplaced(key, value)?)));
    let mut wrong = wrong.peekable();
    if let Some((key, why)) = wrong.next() {
        let (bucket, key, n_more) = (bucket.to_owned(), key.clone(), wrong.count());
        return Err(InventoryError::Key { bucket, key, why, n_more });
    }
    let mut text = Vec::with_capacity(values.values().map(|value| value.len() + 1).sum());
    for value in values.values() {
        // A value may have been written by hand, on several lines; within a text of JSON none ends.
        text.extend(
            value.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
        );
        text.push(b'\n');
    }
    let mut options = options.clone().format(Format::JsonLines);
    if !values.contains_key(COVERAGE) {
        options = options.coverage(Coverage::Partial);
    }
    read(bucket, &text[..], &options).map_err(|error| of_key(bucket, values, error))
}

/// `error`, with the key instead of the line.
fn of_key(bucket: &str, values: &Values, error: ReadError) -> InventoryError {
    let at = error.line().and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
    match at.and_then(|at| values.keys().nth(at)) {
        None => error.into(),
        Some(key) => InventoryError::Key {
            bucket: bucket.to_owned(),
            key: key.clone(),
            why: error.message().to_owned(),
            n_more: error.n_bad() - 1,
        },
    }
}

/// As much of a value as says what stands under which key.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    coverage: Option<Cow<'a, str>>,
}

/// Why `value` cannot stand under `key`, if that is seen before it is read as a device.
fn misplaced(key: &str, value: &[u8]) -> Option<String> {
    if value.trim_ascii().is_empty() {
        return Some("it is empty".to_owned());
    }
    // What is no JSON at all is told better by whoever reads it as a device.
    let Named { id, coverage } = serde_json::from_slice(value).ok()?;
    if key == COVERAGE {
        return coverage.is_none().then(|| "it says nothing of the coverage".to_owned());
    }
    let device = match parse_device_token(key) {
        Ok(device) => device,
        Err(error) => return Some(error.to_string()),
    };
    match id {
        Some(id) if id == device.as_str() => None,
        Some(id) => Some(format!("it is what another device, `{id}`, has")),
        None => Some("it has no `id`".to_owned()),
    }
}

/// What a bucket holds that lists `inventory`, its coverage apart.
pub(crate) fn encode(inventory: &Inventory) -> Values {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = write_jsonl(inventory, &mut text);
    let lines = text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{\"id\""));
    let key = |id: &DeviceId| device_token(id);
    inventory
        .devices()
        .iter()
        .map(|device| key(device.id()))
        .zip(lines.map(<[u8]>::to_vec))
        .collect()
}

/// What `_coverage` says.
pub(crate) fn coverage(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Complete => r#"{"coverage": "complete"}"#,
        Coverage::Partial => r#"{"coverage": "partial"}"#,
    }
}

#[cfg(test)]
mod tests {
    use escadre_algebra::{Facts, Inventory};

    use super::*;

    fn values(entries: &[(&str, &str)]) -> Values {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn told(entries: &[(&str, &str)]) -> String {
        decode("b", &values(entries), &ReadOptions::default()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let devices = [
            Facts::of("cam.1", [("site", "lyon")]).unwrap().with_unknown("role").unwrap(),
            Facts::of("cam-2", []).unwrap().with_unlisted_unknown(),
        ];
        for coverage_of in [Coverage::Complete, Coverage::Partial] {
            let inventory = Inventory::new(devices.clone(), coverage_of).unwrap();
            let mut held = encode(&inventory);
            assert_eq!(held.keys().collect::<Vec<_>>(), ["cam-2", "cam=2E1"]);
            held.insert(COVERAGE.to_owned(), coverage(coverage_of).as_bytes().to_vec());
            let found = decode("b", &held, &ReadOptions::default()).unwrap();
            assert_eq!(found.inventory, inventory);
        }
    }

    #[test]
    fn a_bucket_that_says_nothing_of_its_coverage_is_partial() {
        let alone = values(&[("a", "{\"id\": \"a\",\n \"labels\": {\"x\": \"1\"}}\n")]);
        let found = decode("b", &alone, &ReadOptions::default()).unwrap().inventory;
        assert_eq!((found.coverage(), found.len()), (Coverage::Partial, 1));
        let none = values(&[(COVERAGE, coverage(Coverage::Complete))]);
        let found = decode("b", &none, &ReadOptions::default()).unwrap().inventory;
        assert_eq!((found.coverage(), found.len()), (Coverage::Complete, 0));
    }

    #[test]
    fn what_is_no_device_is_named_by_its_key() {
        let good = ("a", r#"{"id": "a"}"#);
        for (entries, expected) in [
            (&[good, ("c", r#"{"id": "d"}"#)][..], "key `c`: it is what another device, `d`, has"),
            (&[good, ("c", "")], "key `c`: it is empty"),
            (&[good, ("c", "{}"), ("d", "{}")], "key `c`: it has no `id` (and 1 more)"),
            (&[good, ("c", "{\"id\": \"c\", \"label\": {}}")], "key `c`: unknown field `label`"),
            (&[good, ("c", "no")], "key `c`: expected an object"),
            (&[good, ("=", "{}")], "spells no device id"),
            (&[good, (COVERAGE, "{}")], "key `_coverage`: it says nothing of the coverage"),
            (&[good, (COVERAGE, r#"{"coverage": "all"}"#)], "key `_coverage`: `coverage` is"),
            (&[], "the bucket `b` lists no devices"),
        ] {
            let told = told(entries);
            assert!(told.contains(expected), "{told}");
        }
    }
}
