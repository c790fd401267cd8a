//! An inventory that its owner keeps in a bucket: a key a device, each with one line of JSON Lines.
//!
//! | key | value |
//! |---|---|
//! | the device's token ([`device_token`]) | `{"id": "cam-1", "labels": {"site": "lyon"}}` |
//! | `_coverage` | `{"coverage": "complete"}`, or `"partial"` while devices are written |
//!
//! A bucket denotes the inventory of its values as JSON Lines; without `_coverage` it is partial.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use escadre_algebra::{Coverage, DeviceId, Inventory};
use escadre_interpreter::inventory::{
    Format, ReadError, ReadInventory, ReadOptions, read, write_jsonl,
};
use serde::Deserialize;

use crate::error::{ServerError, ServerErrorKind};
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
    #[error("the bucket `{bucket}`, key `{}`: {why}{}", key.escape_debug(), others(*.n_more))]
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
    /// The bucket is another program's, or a fleet's; nothing was written.
    #[error("the bucket `{bucket}` is no inventory: its key `{}` is no device's", key.escape_debug())]
    Foreign {
        /// The bucket.
        bucket: String,
        /// A key that no inventory has.
        key: String,
    },
    /// The bucket drops entries by itself; nothing was written.
    #[error("the bucket `{bucket}` drops old entries by itself, at an age or a size")]
    Forgetful {
        /// The bucket.
        bucket: String,
    },
    /// A device takes more than a message; nothing was written.
    #[error("the device of the key `{key}` takes {n_bytes} bytes, and one message holds {n_max}")]
    TooLarge {
        /// The key of the device.
        key: String,
        /// The bytes that it takes.
        n_bytes: usize,
        /// The bytes that fit.
        n_max: usize,
    },
    /// Another program took the bucket over, or writes it all the time.
    #[error("another program writes the bucket `{bucket}` at the same time")]
    Raced {
        /// The bucket.
        bucket: String,
    },
}

/// What stands under a key.
const EXPECTED: &str = "expected `{\"id\": \"…\", \"labels\": {…}}`";

fn others(n: usize) -> String {
    if n == 0 { String::new() } else { format!(" (and {n} more)") }
}

impl InventoryError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=/.".contains(&byte);
        let help = match self {
            Self::Server(error) if *error.kind() == ServerErrorKind::NoBucket => {
                "`escadre nats assert -i FILE ADDRESS` makes it".to_owned()
            }
            Self::Server(error) => return error.help(),
            Self::Devices(_) => return None,
            Self::Empty { bucket } => {
                format!("`escadre nats assert -i FILE nats://HOST:PORT/{bucket}` lists devices")
            }
            // A hostile key is no part of a command.
            Self::Key { key, .. } if !key.bytes().all(is_plain) => EXPECTED.to_owned(),
            Self::Key { bucket, key, .. } => {
                format!("`nats kv get {bucket} {key}` shows it: {EXPECTED}")
            }
            Self::Foreign { .. } => format!("name another bucket, such as `{BUCKET}`"),
            Self::Forgetful { .. } => "let this make a bucket of another name".to_owned(),
            Self::TooLarge { .. } => "raise `max_payload` of the server".to_owned(),
            Self::Raced { .. } => "run it again when that has ended".to_owned(),
        };
        Some(help)
    }
}

/// The values of a bucket, by key; one that was deleted is not among them.
pub type Values = BTreeMap<String, Vec<u8>>;

/// The inventory that `values` of the bucket `bucket` list, partial where they or `options` say so. Costs
/// O(their size + n log n).
///
/// # Errors
/// There are none, or what stands under a key is no device, or not the one of that key.
///
/// ```
/// use escadre_nats::asserted::{Values, decode};
/// let values = Values::from([("cam-1".to_owned(), br#"{"id": "cam-1"}"#.to_vec())]);
/// assert_eq!(decode("inventory", &values, &Default::default())?.inventory.len(), 1);
/// # Ok::<(), escadre_nats::InventoryError>(())
/// ```
pub fn decode(
    bucket: &str,
    values: &Values,
    options: &ReadOptions,
) -> Result<ReadInventory, InventoryError> {
    if values.is_empty() {
        return Err(InventoryError::Empty { bucket: bucket.to_owned() });
    }
    let mut text = Vec::with_capacity(values.values().map(|value| value.len() + 1).sum());
    let mut wrong: Vec<(&str, String)> = Vec::new();
    for (key, value) in values {
        let start = text.len();
        // A value may have been written by hand, on several lines; within a text of JSON none ends.
        text.extend(value.iter().map(|byte| if b"\n\r".contains(byte) { b' ' } else { *byte }));
        wrong.extend(misplaced(key, &text[start..]).map(|why| (&**key, why)));
        text.push(b'\n');
    }
    if let Some((key, why)) = wrong.first() {
        return Err(of_keys(bucket, key, why, wrong.len()));
    }
    let mut options = options.clone().format(Format::JsonLines);
    if !values.contains_key(COVERAGE) {
        options = options.coverage(Coverage::Partial);
    }
    let found =
        read(bucket, &text[..], &options).map_err(|error| of_line(bucket, values, error))?;
    // Whatever the two readers of a value make of it: no key is passed over.
    let ids = found.inventory.ids().filter_map(|id| DeviceId::parse(id).ok());
    let listed: HashSet<String> = ids.map(|id| device_token(&id)).collect();
    match values.keys().find(|key| *key != COVERAGE && !listed.contains(*key)) {
        Some(key) => Err(of_keys(bucket, key, "it lists no device of this key", 1)),
        None => Ok(found),
    }
}

/// The first of `n` keys that are wrong.
fn of_keys(bucket: &str, key: &str, why: &str, n: usize) -> InventoryError {
    let (bucket, key, why) = (bucket.to_owned(), key.to_owned(), why.to_owned());
    InventoryError::Key { bucket, key, why, n_more: n.saturating_sub(1) }
}

/// `error`, with the key instead of the line.
fn of_line(bucket: &str, values: &Values, error: ReadError) -> InventoryError {
    let at = error.line().and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
    match at.and_then(|at| values.keys().nth(at)) {
        None => error.into(),
        Some(key) => of_keys(bucket, key, error.message(), error.n_bad()),
    }
}

/// A key of `values` that tells that the bucket is not for devices.
pub(crate) fn foreign(values: &Values) -> Option<&str> {
    let is_inventory = values.contains_key(COVERAGE);
    let is_device = |key: &str, value: &[u8]| {
        parse_device_token(key).is_ok() && (is_inventory || misplaced(key, value).is_none())
    };
    let mut others =
        values.iter().filter(|(key, value)| *key != COVERAGE && !is_device(key, value));
    others.next().map(|(key, _)| key.as_str())
}

/// As much of a value as says what stands under which key.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    coverage: Option<Cow<'a, str>>,
}

/// How texts of other encodings than plain UTF-8 begin.
const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

/// Why `value` cannot stand under `key`, if that is seen before it is read as a device.
fn misplaced(key: &str, value: &[u8]) -> Option<String> {
    if value.trim_ascii().is_empty() {
        return Some("it is empty".to_owned());
    }
    if MARKS.iter().any(|mark| value.starts_with(mark)) {
        return Some("it begins with a byte order mark".to_owned());
    }
    let named: Option<Named<'_>> = serde_json::from_slice(value).ok();
    if key == COVERAGE {
        let is_said = named.is_some_and(|named| named.coverage.is_some());
        return (!is_said).then(|| "it says nothing of the coverage".to_owned());
    }
    // What is no JSON at all is told better by whoever reads it as a device.
    match (parse_device_token(key), named?.id) {
        (_, None) => Some("it has no `id`".to_owned()),
        (Ok(device), Some(id)) if id == device.as_str() => None,
        (_, Some(id)) => Some(match DeviceId::parse(&id) {
            Ok(device) => format!("it lists `{device}`, whose key is `{}`", device_token(&device)),
            Err(error) => error.to_string(),
        }),
    }
}

/// What a bucket holds that lists `inventory`, its coverage apart.
#[must_use]
pub fn encode(inventory: &Inventory) -> Values {
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
    fn the_bucket_of_a_fleet_or_of_another_program_is_told_from_an_inventory() {
        let device = ("a", r#"{"id": "a"}"#);
        let said = (COVERAGE, coverage(Coverage::Complete));
        for (entries, expected) in [
            (&[device, said, ("b", "broken")][..], None),
            (&[device], None),
            (&[], None),
            (&[device, ("b", r#"{"labels": {}, "device": "b"}"#)], Some("b")),
            (&[said, ("a.web", "{}")], Some("a.web")),
            (&[said, ("_fence", "{}")], Some("_fence")),
        ] {
            assert_eq!(foreign(&values(entries)), expected);
        }
    }

    #[test]
    fn what_is_no_device_is_named_by_its_key() {
        let good = ("a", r#"{"id": "a"}"#);
        for (entries, expected) in [
            (&[good, ("c", r#"{"id": "d"}"#)][..], "key `c`: it lists `d`, whose key is `d`"),
            (&[good, ("c", "")], "key `c`: it is empty"),
            (&[good, ("c", "{}"), ("d", "{}")], "key `c`: it has no `id` (and 1 more)"),
            (&[good, ("c", "{\"id\": \"c\", \"label\": {}}")], "key `c`: unknown field `label`"),
            (&[good, ("c", "no")], "key `c`: expected an object"),
            (&[good, ("=", "no")], "key `=`: expected an object"),
            (&[good, ("a.b", r#"{"id": "a.b"}"#)], "it lists `a.b`, whose key is `a=2Eb`"),
            (&[good, ("c", "{\"id\": \"d\",\n\"labels\": {\"n\": \"a\nb\"}}")], "it lists `d`"),
            (&[("A", "\u{feff}"), good], "key `A`: it begins with a byte order mark"),
            (&[good, (COVERAGE, r#"{"id": "a"}"#)], "key `_coverage`: it says nothing"),
            (&[good, (COVERAGE, "{}")], "key `_coverage`: it says nothing of the coverage"),
            (&[good, (COVERAGE, r#"{"coverage": "all"}"#)], "key `_coverage`: `coverage` is"),
            (&[], "the bucket `b` lists no devices"),
        ] {
            let told = told(entries);
            assert!(told.contains(expected), "{told}");
        }
    }
}
