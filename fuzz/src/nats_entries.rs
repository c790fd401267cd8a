//! Whatever is in a bucket, it is read.

use std::collections::BTreeSet;
use std::fmt::Debug;

use escadre_algebra::DeviceId;
use escadre_nats::device::{Beat, Report};
use escadre_nats::info::Info;
use escadre_nats::{Fence, Key, Manifest, World, parse_device_token};
use serde::Serialize;

/// Each line is an entry: a key, a space, and its bytes; without the space the key is deleted.
///
/// 1. The world of all entries is the world of the last entry of each key.
/// 2. Anomalies are in the order of their keys; no member is of a generation after the fence's.
/// 3. decode(x) = v ⟹ decode(encode(v)) = v, for everything that is read from a bucket.
pub fn check(bytes: &[u8]) {
    let lines: Vec<(String, Option<&[u8]>)> =
        bytes.split(|byte| *byte == b'\n').map(entry).collect();
    let entries: Vec<(&str, u64, Option<&[u8]>)> =
        lines.iter().zip(1..).map(|((key, value), at)| (key.as_str(), at, *value)).collect();
    let world = World::of_entries(entries.iter().copied());
    let mut seen = BTreeSet::new();
    let mut last: Vec<_> = entries.iter().rev().filter(|(key, ..)| seen.insert(*key)).collect();
    last.reverse();
    assert_eq!(World::of_entries(last.into_iter().copied()), world);
    assert!(world.anomalies().is_sorted());
    for (key, sequence, value) in entries {
        if let Ok(Key::Manifest(device)) = Key::parse(key)
            && let Some(generation) = world.generation(device.as_str())
        {
            assert!(world.fence().is_none_or(|fence| generation <= fence.generation), "{key}");
        }
        if let Some(value) = value {
            decoders(key, sequence, value);
        }
    }
}

fn entry(line: &[u8]) -> (String, Option<&[u8]>) {
    let space = line.iter().position(|byte| *byte == b' ');
    let (key, value) = match space {
        Some(at) => (&line[..at], Some(&line[at + 1..])),
        None => (line, None),
    };
    (String::from_utf8_lossy(key).into_owned(), value)
}

fn decoders(key: &str, sequence: u64, value: &[u8]) {
    again(value, Fence::decode);
    again(value, |bytes| Manifest::decode(bytes, sequence));
    again(value, Report::decode);
    let device = key.split('.').next().and_then(|token| parse_device_token(token).ok());
    if let Some(device) = device {
        let device: &DeviceId = &device;
        again(value, |bytes| Beat::decode(bytes, device));
        again(value, |bytes| Info::decode(bytes, device));
    }
}

fn again<T: Serialize + PartialEq + Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, String>,
) {
    if let Ok(value) = decode(bytes) {
        let text = serde_json::to_vec(&value).expect("what was decoded has texts as keys");
        assert_eq!(decode(&text).as_ref(), Ok(&value));
    }
}
