//! Manifests become Rust and a `fleet.lock`, and both say what the manifests said.

#[path = "../../../../algebra/tests/it/resources/canonical.rs"]
mod canonical;
mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use canonical::canonical;
use escadre::{Coverage, Facts, Fleet, Inventory, Outcome, for_each_config_map, pod_spec};
use serde_json::{Value as Json, json};

use crate::program::{ESCADRE, command, fixtures, stderr, stdout};

/// The manifests of this project, and of others where their data is there.
fn manifests() -> Vec<PathBuf> {
    let own = ["agent.yaml", "everything.yaml"].map(|name| fixtures().join(name));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/workloads");
    // The data is not part of the project.
    let others = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    let mut others: Vec<PathBuf> = others.collect();
    others.sort();
    assert!(others.is_empty() || others.len() >= 18, "{} workloads", others.len());
    own.into_iter().chain(others).collect()
}

/// Imports `files` into `folder`, as `NAME.rs` and `NAME.lock`, with more arguments.
fn import(files: &[&Path], folder: &Path, name: &str, more: &[&str]) -> Output {
    let mut import = command(Path::new(ESCADRE), &["import"]);
    import.args(files).args(more);
    import.arg("--rust").arg(folder.join(format!("{name}.rs")));
    import.arg("--lock").arg(folder.join(format!("{name}.lock")));
    import.output().unwrap()
}

fn imported(file: &Path, folder: &Path, name: &str) -> Fleet {
    let output = import(&[file], folder, name, &[]);
    assert!(output.status.success(), "{}: {}", file.display(), stderr(&output));
    Fleet::decode(&fs::read(folder.join(format!("{name}.lock"))).unwrap()).unwrap()
}

/// The objects of a file, lists taken apart, as another reader of YAML options sees them.
fn objects(file: &Path) -> Vec<Json> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    let text = fs::read_to_string(file).unwrap();
    let documents: Vec<Json> = serde_saphyr::from_multiple_with_options(&text, options).unwrap();
    let items = documents.into_iter().flat_map(|document| match document["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![document],
    });
    items.collect()
}

/// The pod that an object makes.
fn spec(object: &Json) -> Option<&Json> {
    match object["kind"].as_str()? {
        "Pod" => object.get("spec"),
        _ => object.pointer("/spec/template/spec"),
    }
}

#[test]
fn every_manifest_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut n_specs = 0;
    for file in manifests() {
        let fleet = imported(&file, folder.path(), &n_specs.to_string());
        let device = Facts::of("node-1", []).unwrap();
        let resolved = fleet.resolve(&Inventory::new([device], Coverage::Complete).unwrap());
        let resolved = resolved.unwrap();
        let Some(Outcome::Member(member)) = resolved.outcome("node-1") else {
            panic!("{}: every device is a member", file.display())
        };
        for object in objects(&file) {
            let Some(spec) = spec(&object) else { continue };
            let name = object["metadata"]["name"].as_str().unwrap();
            let mut spec = spec.clone();
            for_each_config_map(&mut spec, &mut |map| {
                // A ConfigMap of the file gave way to a workload of its name.
                let gave_way = format!("{map}-config");
                if member.configuration.resources().contains_key(gave_way.as_str()) {
                    *map = gave_way;
                }
            });
            let rendered = member.configuration.resources()[name].to_json();
            let back = pod_spec(&rendered).unwrap();
            assert_eq!(canonical(&back), canonical(&spec), "{}", file.display());
            n_specs += 1;
        }
    }
    println!("{n_specs} specs");
    assert!(n_specs == 3 || n_specs >= 21, "{n_specs} specs");
}

/// The library that this test is linked with, as cargo names it.
fn library() -> PathBuf {
    let target = Path::new(ESCADRE).parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test of its package would have it build anew what looks at that.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.args(["test", "--no-run", "--package", "escadre", "--test", "it"]);
    cargo.args(["--message-format", "json", "--quiet", "--target-dir"]).arg(target);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let messages = stdout(&output);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let files = messages.filter(|message| {
        message["target"]["name"] == "escadre" && message["target"]["kind"] == json!(["lib"])
    });
    let files = files.flat_map(|message| message["filenames"].as_array().unwrap().clone());
    let mut rlibs = files.filter_map(|file| file.as_str().map(PathBuf::from));
    rlibs.find(|file| file.extension().is_some_and(|extension| extension == "rlib")).unwrap()
}

/// One program for all manifests, since linking takes longest.
#[test]
fn the_rust_compiles_and_builds_the_fleet_of_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = "#![allow(dead_code)]\n#![recursion_limit = \"1024\"]\n".to_owned();
    let (mut calls, mut expected) = (String::new(), String::new());
    for (index, file) in manifests().iter().enumerate() {
        let name = format!("m{index}");
        let fleet = imported(file, folder.path(), &name);
        program.push_str(&format!("#[path = \"{name}.rs\"]\nmod {name};\n"));
        calls.push_str(&format!("    println!(\"{name} {{}}\", {name}::fleet().digest());\n"));
        expected.push_str(&format!("{name} {}\n", fleet.digest()));
    }
    program.push_str(&format!("fn main() {{\n{calls}}}\n"));
    let (source, binary) = (folder.path().join("main.rs"), folder.path().join("main"));
    fs::write(&source, program).unwrap();
    let library = library();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--crate-name", "imported", "-D", "warnings"]);
    // The limit of a program that is a module here is said again above.
    rustc.args(["-A", "unused_attributes", "-C", "debuginfo=0", "-o"]).arg(&binary).arg(&source);
    rustc.arg("--extern").arg(format!("escadre={}", library.display()));
    let dependencies = library.parent().unwrap();
    for folder in [dependencies.to_owned(), dependencies.join("deps")] {
        rustc.arg("-L").arg(format!("dependency={}", folder.display()));
    }
    let output = rustc.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&Command::new(&binary).output().unwrap()), expected);
}

#[test]
fn every_field_of_a_manifest_is_imported_or_dropped_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for file in manifests() {
        let output = import(&[&file], folder.path(), "m", &["--format", "json", "--force"]);
        let report: Json = serde_json::from_str(&stdout(&output)).unwrap();
        for object in objects(&file).iter().filter(|object| object["kind"] != "ServiceAccount") {
            let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
            let resources = report["resources"].as_array().unwrap().iter();
            let mut found = resources.filter(|r| r["kind"] == *kind && r["name"] == *name);
            let resource = found.next().unwrap();
            let dropped = resource["dropped"].as_array().unwrap().iter();
            let dropped = dropped.map(|dropped| dropped["path"].as_str().unwrap().to_owned());
            let own = resource["of_server"].as_array().unwrap().iter();
            let own = own.map(|path| path.as_str().unwrap().to_owned());
            let told: Vec<String> = dropped.chain(own).collect();
            for path in top(object) {
                let is_told =
                    |told: &String| *told == path || told.starts_with(&format!("{path}."));
                let imported = ["apiVersion", "kind", "metadata.name", "data", "binaryData"];
                let is_pod = path == "spec.template.spec" || *kind == "Pod" && path == "spec";
                let is_here = imported.contains(&path.as_str()) || is_pod;
                assert!(is_here || told.iter().any(is_told), "{path} of {}", file.display());
            }
        }
    }
}

/// The paths of the fields of an object that are about the object, not about its pod.
fn top(object: &Json) -> Vec<String> {
    let fields = |json: &Json| -> Vec<String> {
        json.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let mut paths: Vec<String> = fields(object);
    paths.retain(|path| path != "metadata" && (path != "spec" || object["kind"] == "Pod"));
    paths.extend(fields(&object["metadata"]).iter().map(|name| format!("metadata.{name}")));
    if object["kind"] != "Pod" {
        let spec = fields(&object["spec"]);
        paths.extend(spec.iter().filter(|n| *n != "template").map(|name| format!("spec.{name}")));
        let template = &object["spec"]["template"];
        paths.extend(fields(template).iter().filter_map(|name| match name.as_str() {
            "metadata" => None,
            name => Some(format!("spec.template.{name}")),
        }));
        let metadata = fields(&template["metadata"]);
        paths.extend(metadata.iter().map(|name| format!("spec.template.metadata.{name}")));
    }
    paths
}
