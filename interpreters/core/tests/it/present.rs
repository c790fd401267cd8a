//! How plans, explanations and findings are read: stories compared with golden files, and properties.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod document;
mod plan;
mod stories;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use escadre_algebra::{Coverage, Facts, Fleet, Inventory, Item, List, Resolved, Value};
use escadre_interpreter::{Desired, Plan, Revision, Snapshot};

/// Compares `text` with a golden file, or writes it where `ESCADRE_BLESS` is set.
///
/// Line numbers and digests stand for themselves only in part: `present.rs:N`, `fleet D`.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/plan").join(name);
    let found = settled(text);
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} differs (ESCADRE_BLESS=1 rewrites it):\n{found}");
}

/// `text` without what changes whenever a test file or the wire form does.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    let mut rest = text;
    for marker in std::iter::repeat([".rs:", "fleet ", "Fleet <code>"]) {
        let next = marker.iter().filter_map(|m| rest.find(m).map(|at| (at, *m))).min();
        let Some((at, marker)) = next else { break };
        let end = at + marker.len();
        let is_part = |c: char| match marker {
            ".rs:" => c.is_ascii_digit(),
            _ => matches!(c, '0'..='9' | 'a'..='f'),
        };
        let n = rest[end..].find(|c| !is_part(c)).unwrap_or(rest.len() - end);
        settled.push_str(&rest[..end]);
        match (marker, n) {
            (".rs:", 1..) => settled.push('N'),
            (_, 12) => settled.push('D'),
            _ => settled.push_str(&rest[end..end + n]),
        }
        rest = &rest[end + n..];
    }
    settled + rest
}

fn inventory(devices: impl IntoIterator<Item = Facts>, coverage: Coverage) -> Inventory {
    Inventory::new(devices, coverage).unwrap()
}

/// A device whose labels are spelled `key=value`; `key=?` is unknown.
fn device(id: &str, labels: &[&str]) -> Facts {
    let split = |label: &&str| -> (String, String) {
        let (key, value) = label.split_once('=').unwrap();
        (key.to_owned(), value.to_owned())
    };
    let labels: Vec<_> = labels.iter().map(split).collect();
    let known = labels.iter().filter(|(_, v)| v != "?").map(|(k, v)| (k.as_str(), v.as_str()));
    let facts = Facts::of(id, known).unwrap();
    let unknown = labels.iter().filter(|(_, v)| v == "?");
    unknown.fold(facts, |facts, (key, _)| facts.with_unknown(key).unwrap())
}

fn list(items: &[&str]) -> Value {
    let items: Vec<Item> = items.iter().map(|text| Item::Value(Value::text(*text))).collect();
    Value::List(List::new(items).unwrap())
}

fn resolve(fleet: &Fleet, inventory: &Inventory) -> Resolved {
    fleet.resolve(inventory).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// What a target holds where `fleet` was applied on `inventory`.
fn held(fleet: &Fleet, inventory: &Inventory) -> Snapshot {
    Snapshot::wanted(&resolve(fleet, inventory))
}

fn plan_of(held: &Snapshot, resolved: &Resolved) -> Plan {
    let desired = Desired { resolved, normalise: &|_, state| Some(Arc::clone(state)) };
    Plan::new("sim:world", &Revision("7".into()), held, &desired)
}
