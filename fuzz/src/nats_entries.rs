//! Whatever is in a bucket, it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use escadre_algebra::{DeviceId, Digest};
use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::answers::{Answer, Place};
use escadre_nats::asserted::{Values, decode, encode};
use escadre_nats::device::{Beat, Intake, Report, Told};
use escadre_nats::info::Info;
use escadre_nats::{Fence, Key, Manifest, World, content, parse_device_token};
use serde::Serialize;

/// Each line is an entry: a key, a space, and its bytes; without the space the key is deleted.
///
/// 1. The world of all entries is the world of the last entry of each key.
/// 2. Anomalies are in the order of their keys; no member is of a generation after the fence's.
/// 3. decode(x) = v ⟹ decode(encode(v)) = v, for everything that is read from a bucket or answered.
/// 4. A device runs only what a manifest under its own key names.
/// 5. Entries that are an inventory are written as one that lists the same devices.
/// 6. What is put together as the content of a digest has that digest.
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
    devices(&lines);
    contents(&lines);
    inventory(&lines);
}

/// What each device makes of all entries.
fn devices(lines: &[(String, Option<&[u8]>)]) {
    let keys: BTreeSet<&str> = lines.iter().map(|(key, _)| &**key).collect();
    let devices = keys.iter().filter_map(|key| match Key::parse(key) {
        Ok(Key::Manifest(device)) => Some(device),
        _ => None,
    });
    for device in devices.take(4) {
        let mut intake = Intake::new(device.clone(), 0);
        let mut named = BTreeSet::new();
        for (at, (key, value)) in (1..).zip(lines) {
            if let (Ok(Key::Manifest(of)), Some(value)) = (Key::parse(key), value)
                && of == device
                && let Ok(manifest) = Manifest::decode(value, at)
            {
                named.insert((manifest.generation, manifest.resources.len()));
            }
            let bytes = value.map(Bytes::copy_from_slice);
            if let Some(Told::Wanted(wanted)) = intake.read(key, at, bytes.as_ref(), at % 2 == 0) {
                let runs = (wanted.generation, wanted.configuration.resources().len());
                assert!(named.contains(&runs), "{key}");
            }
        }
    }
}

fn contents(lines: &[(String, Option<&[u8]>)]) {
    let last: BTreeMap<&str, Option<&[u8]>> =
        lines.iter().map(|(key, value)| (&**key, *value)).collect();
    for key in last.keys() {
        let Ok(Key::ContentHead(digest)) = Key::parse(key) else { continue };
        let whole = content(digest, async |key| {
            let value = last.get(&*key.to_string()).copied().flatten();
            Ok::<_, Infallible>(value.map(|value| (1, value)))
        });
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(Ok(Some(bytes))) = pin!(whole).poll(&mut context) {
            assert_eq!(Digest::of(&bytes), digest);
        }
    }
}

fn inventory(lines: &[(String, Option<&[u8]>)]) {
    let values: Values = lines
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.as_ref()?.to_vec())))
        .collect();
    let options = ReadOptions::default();
    if let Ok(read) = decode("fuzzed", &values, &options) {
        let mut written = encode(&read.inventory);
        // An inventory of no device is written as its coverage alone.
        if !written.is_empty() {
            let all = br#"{"coverage": "complete"}"#.to_vec();
            written.insert("_coverage".to_owned(), all);
            let again = decode("fuzzed", &written, &options).expect("what was written is read");
            assert!(again.inventory.ids().eq(read.inventory.ids()));
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
    again(value, Answer::decode);
    // What a server tells of a message is text.
    let _ = Place::parse(&String::from_utf8_lossy(value));
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
