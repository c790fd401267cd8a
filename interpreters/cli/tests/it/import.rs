//! Manifests become Rust and a `fleet.lock`, and both say what the manifests said.

#[path = "../../../../algebra/tests/it/resources/canonical.rs"]
mod canonical;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use canonical::canonical;
use escadre::{Coverage, Facts, Fleet, Inventory, Outcome, pod_spec};
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
            let rendered = member.configuration.resources()[name].to_json();
            let back = pod_spec(&rendered).unwrap();
            assert_eq!(canonical(&back), canonical(spec), "{}", file.display());
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

/// A file in a folder of its own, and what importing it into that folder does.
struct Trial {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Trial {
    fn of(name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        Self { folder, file }
    }

    fn import(&self, more: &[&str]) -> Output {
        import(&[&self.file], self.folder.path(), "fleet", more)
    }

    /// The lines of the report, with the folder left out.
    fn said(&self, more: &[&str]) -> Vec<String> {
        let output = self.import(more);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = stdout(&output).replace(&format!("{}/", self.folder.path().display()), "");
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// The errors, of an import that wrote nothing.
    fn errors(&self, more: &[&str]) -> String {
        let output = self.import(more);
        assert_eq!(output.status.code(), Some(1));
        let files = fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is written");
        stderr(&output).replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// An error of importing `text` says all of `expected`.
fn check_error(text: &str, expected: &[&str]) {
    let errors = Trial::of("a.yaml", text).errors(&[]);
    for expected in expected {
        assert!(errors.contains(expected), "{expected}\n{errors}");
    }
}

/// A pod called `a`, as far as its containers.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n";

/// A ConfigMap of this name.
fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: 'y'}}\n")
}

#[test]
fn what_no_resource_says_is_listed() {
    let text = format!(
        "{}  - {{name: c, image: i, env: null}}\n  nodeName: null\nstatus: {{phase: Running}}\n---\n{}",
        POD.replace(
            "{name: a}",
            "{name: a, uid: u, labels: {b: c}, annotations: \
             {d: e, kubectl.kubernetes.io/last-applied-configuration: '{}'}}"
        ),
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    );
    let said = Trial::of("a.yaml", &text).said(&[]);
    let expected = [
        "a.yaml: 2 documents",
        "Pod a → pod a",
        "dropped metadata.labels               {\"b\":\"c\"}",
        "dropped metadata.annotations.d        \"e\"",
        "dropped spec.containers[0].env        null",
        "dropped spec.nodeName                 null",
        "dropped Service s (line 10)",
        "dropped, the server's own: \
         metadata.annotations.kubectl.kubernetes.io/last-applied-configuration, metadata.uid, status",
    ];
    let squeezed = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: Vec<String> = said.iter().map(squeezed).collect();
    for line in expected {
        assert!(said.contains(&squeezed(&line.to_owned())), "{line}\n{said:#?}");
    }
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

#[test]
fn json_lists_and_many_documents_are_read() {
    let pod = |name: &str| json!({"metadata": {"name": name}, "spec": {"containers": []}});
    let list = json!({"apiVersion": "v1", "kind": "PodList", "items": [pod("a"), pod("b")]});
    let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    map["data"] = json!({"x": "y"});
    let text = format!("{list:#}\n{map}\n");
    let said = Trial::of("a.json", &text).said(&[]);
    assert_eq!(
        said[..4],
        ["a.json: 3 documents", "Pod a → pod a", "Pod b → pod b", "ConfigMap c → record c"]
    );
    let yaml = format!("# first\n---\n---\n{}---\n{}...\n", config_map("a"), config_map("b"));
    assert_eq!(Trial::of("a.yaml", &yaml).said(&[])[0], "a.yaml: 2 documents");
}

#[test]
fn an_octal_mode_and_an_alias_are_what_kubernetes_reads() {
    let text = format!(
        "{POD}  - {{name: c, image: i, args: &args [a, '-b']}}\n  - {{name: d, image: i, args: *args}}\n  \
         volumes:\n  - {{name: v, secret: {{secretName: s, defaultMode: 0400}}}}\n"
    );
    let trial = Trial::of("a.yaml", &text);
    trial.said(&[]);
    let rust = fs::read_to_string(trial.folder.path().join("fleet.rs")).unwrap();
    assert!(rust.contains(r#"Volume::secret("s").default_mode(0o400)"#), "{rust}");
    assert_eq!(rust.matches(r#".arg("010-b", ["-b"])"#).count(), 2, "{rust}");
}

#[test]
fn nothing_to_import_is_an_error() {
    check_error("", &["a.yaml: no document is there"]);
    check_error("# only a comment\n---\n", &["a.yaml: no document is there"]);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
    check_error(service, &["a.yaml: nothing to import in 1 document"]);
}

#[test]
fn an_error_names_the_file_the_document_and_the_line() {
    let broken = format!("{}---\nkind: Pod\n metadata: x\n", config_map("a"));
    check_error(&broken, &["a.yaml:7: document 2 is no YAML: ", "a.yaml:7:"]);
    let container = format!("{POD}  - name: c\n    ports:\n    - hostPort: 1\n");
    check_error(
        &container,
        &["a.yaml:8: document 1: `spec.containers[0].ports[0].containerPort`: a port number"],
    );
    let twice = format!("{POD}  - {{name: c}}\n  - {{name: c}}\n");
    check_error(
        &twice,
        &["a.yaml:7: document 1: `spec.containers[1]`: two entries have the key `c`"],
    );
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}",
        config_map("a.b").trim_end().replace('\n', "\n  ")
    );
    check_error(&list, &["a.yaml:6: document 1, item 1: `a.b` is not a resource name", "--name"]);
    check_error("- a\n", &["a.yaml:1: document 1: an object of Kubernetes is expected"]);
    check_error("kind: Pod\n", &["a.yaml:1: document 1: it has no `apiVersion`"]);
    check_error("a: {{ .Values.x }}\n", &["a.yaml:1: ", "helm template"]);
    let number = config_map("a").replace("'y'", "1");
    check_error(&number, &["a.yaml:4: document 1: `data.x` is no text", "quotes"]);
    let template = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {}\n";
    check_error(template, &["a.yaml:1: document 1: the DaemonSet has no `spec.template.spec`"]);
}

#[test]
fn several_errors_are_shown_at_once() {
    let text = format!("{}---\n{}---\nkind: Pod\n", config_map("a.b"), config_map("a.c"));
    check_error(&text, &["`a.b` is not", "`a.c` is not", "it has no `apiVersion`", "× 3 errors"]);
}

#[test]
fn a_workload_that_is_more_than_a_pod_is_an_error_unless_it_is_skipped() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n";
    check_error(job, &["a.yaml:2: document 1: a Job cannot be imported: ", "--skip Job"]);
    let both = format!("{job}---\n{}", config_map("a"));
    let said = Trial::of("a.yaml", &both).said(&["--skip", "Job"]);
    assert!(said.contains(&"dropped Job j (line 1)".to_owned()), "{said:?}");
    let old = "apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: d}\n";
    check_error(old, &["a DaemonSet of `extensions/v1beta1` is not read: expected `apps/v1`"]);
    let typo = "apiVersion: apps/v1\nkind: DeamonSet\nmetadata: {name: d}\n";
    check_error(typo, &["no kind `DeamonSet`", "did you mean `DaemonSet`?"]);
    let own = "apiVersion: acme.com/v1\nkind: Deployment\nmetadata: {name: d}\n";
    check_error(own, &["nothing to import"]);
}

#[test]
fn two_objects_never_become_one_resource() {
    let twice = format!("{}---\n{}", config_map("a"), config_map("a"));
    check_error(&twice, &["a.yaml:8: document 2: the ConfigMap would be the resource `a`"]);
    let container = "  - {name: c, image: i}\n";
    let both = format!("{}---\n{POD}{container}", config_map("a"));
    let said = Trial::of("a.yaml", &both).said(&[]);
    let expected = "ConfigMap a → record a-config, since a workload has its name";
    assert!(said.contains(&expected.to_owned()), "{said:?}");
    let named = Trial::of("a.yaml", &both).said(&["--name", "ConfigMap/a=b"]);
    assert!(named.contains(&"ConfigMap a → record b".to_owned()), "{named:?}");
    let clash = format!("{both}---\n{}", config_map("a-config"));
    check_error(&clash, &["would be the resource `a-config`", "--name ConfigMap/a-config=NEW"]);
    let errors = Trial::of("a.yaml", &both).errors(&["--name", "c=d"]);
    assert!(errors.contains("no imported object is called `c`"), "{errors}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told() {
    let trial = Trial::of("a.yaml", &config_map("a"));
    let rust = trial.folder.path().join("fleet.rs");
    fs::write(&rust, "fn main() {}\n").unwrap();
    let output = trial.import(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is there already"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&rust).unwrap(), "fn main() {}\n");
    assert!(!trial.folder.path().join("fleet.lock").exists());
    trial.said(&["--force"]);
    let written = fs::read_to_string(&rust).unwrap();
    assert!(written.contains("Resource::new(\"a\")"), "{written}");
    // The same again loses nothing.
    trial.said(&[]);
}

#[test]
fn a_dry_run_writes_no_file() {
    let trial = Trial::of("a.yaml", &config_map("a"));
    let said = trial.said(&["--dry-run"]);
    assert!(said.iter().any(|line| line.starts_with("fleet.lock would be written")), "{said:?}");
    assert_eq!(fs::read_dir(trial.folder.path()).unwrap().count(), 1);
}
