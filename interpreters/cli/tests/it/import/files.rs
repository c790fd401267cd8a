//! What is read, what is told, and what is refused.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::json;

use super::import;
use crate::program::{stderr, stdout};

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
