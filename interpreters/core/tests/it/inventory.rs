#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod contents;
mod csv;
mod jsonl;
mod kube;
mod properties;

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::time::Instant;

use escadre_algebra::{Attestation, Coverage, DeviceId, Facts, Inventory, Knowledge, Label};
use escadre_interpreter::inventory::{
    BadLine, Format, OWN_LABEL_PREFIX, ReadError, ReadInventory, ReadOptions, Summary,
    kubelet_may_set, kubelet_reports, read, read_path, sample, write_jsonl,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn found(name: &str, text: &str) -> ReadInventory {
    match read(name, text.as_bytes(), &ReadOptions::default()) {
        Ok(found) => found,
        Err(error) => panic!("{error}"),
    }
}

fn devices(name: &str, text: &str) -> Vec<Facts> {
    found(name, text).inventory.devices().to_vec()
}

fn refused(name: &str, text: impl AsRef<[u8]>) -> ReadError {
    read(name, text.as_ref(), &ReadOptions::default()).unwrap_err()
}

/// The whole error, as people see it: the first line, the place that is marked, the other lines.
fn check(name: &str, text: impl AsRef<[u8]>, expect: &str) {
    let error = refused(name, text);
    let mut shown = error.to_string();
    for bad in &error.errors()[1..] {
        shown.push_str(&format!("\n{bad}"));
    }
    if let Some((line, span)) = error.snippet() {
        shown
            .push_str(&format!("\n> {line}\n> {}", " ".repeat(line[..span.start].chars().count())));
        shown.push_str(&"^".repeat(line[span].chars().count().max(1)));
    }
    assert_eq!(shown, expect);
}

fn same(a: &Inventory, b: &Inventory) -> bool {
    a.devices() == b.devices() && a.coverage() == b.coverage()
}

fn written(inventory: &Inventory) -> String {
    let mut text = Vec::new();
    write_jsonl(inventory, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A real inventory where this checkout has it, else a generated one of `n` devices.
fn real_or_sample(file: &str, n: usize) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/inventories")
        .join(file);
    fs::read_to_string(path).unwrap_or_else(|_| written(&sample::stations(n, 1)))
}

/// What `kubectl get nodes -o json` prints, shortened.
const NODES: &str = r#"{
  "apiVersion": "v1",
  "items": [
    {
      "apiVersion": "v1",
      "kind": "Node",
      "metadata": {
        "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        "labels": {
          "kubernetes.io/hostname": "edge-2",
          "acme.node-restriction.kubernetes.io/site": "lyon",
          "escadre.node-restriction.kubernetes.io/recorder": "c0ffee",
          "node-role.kubernetes.io/control-plane": "",
          "role": "edge"
        },
        "name": "edge-2"
      },
      "spec": {"podCIDR": "10.42.0.0/24"},
      "status": {"capacity": {"cpu": "4"}, "images": [{"names": ["a"], "sizeBytes": 7}]}
    },
    {"metadata": {"name": "edge-1"}}
  ],
  "kind": "List",
  "metadata": {"resourceVersion": ""}
}
"#;

#[test]
fn the_format_is_found_by_option_then_name_then_content() {
    let cases = [
        ("x.jsonl", "{\"id\": \"a\"}", Format::JsonLines),
        ("x.ndjson", "{\"id\": \"a\"}", Format::JsonLines),
        ("x.json", " {\"id\": \"a\"}\n{\"id\": \"b\"}", Format::JsonLines),
        ("x.json", "{ \"kind\": \"List\", \"items\": []}", Format::Kubernetes),
        ("-", "{\n\"items\": []}", Format::Kubernetes),
        ("x.CSV", "id\na", Format::Csv),
        ("list", "id,role\na,b", Format::Csv),
    ];
    for (name, text, format) in cases {
        assert_eq!(found(name, text).format, format, "{name} {text}");
    }
    let forced = ReadOptions::default().format(Format::Csv);
    assert_eq!(read("x.jsonl", "id\na".as_bytes(), &forced).unwrap().format, Format::Csv);
}

#[test]
fn a_text_of_another_kind_says_what_was_expected() {
    let empty = "it is empty: expected JSON Lines (`{\"id\": \"…\", \"labels\": {…}}`), CSV with a \
                 header, or what `kubectl get nodes -o json` prints";
    for name in ["x.jsonl", "x.csv", "x.json", "-"] {
        check(name, " \n\n", &format!("{name}: {empty}"));
    }
    check(
        "x.json",
        "[{\"id\": \"a\"}]",
        "x.json: it is a JSON array: expected one object a line (`jq -c '.[]'` turns one into \
         the other)",
    );
    check(
        "x.yaml",
        "apiVersion: v1\nkind: List\n",
        "x.yaml: it is YAML: expected what `kubectl get nodes -o json` prints",
    );
}

#[test]
fn a_file_is_read_by_its_path_and_a_missing_one_keeps_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "id\na\n").unwrap();
    assert_eq!(read_path(&path, &ReadOptions::default()).unwrap().inventory.len(), 1);
    let error = read_path(&folder.path().join("no.csv"), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.message(), "it could not be read");
    assert!(std::error::Error::source(&error).is_some());
}
