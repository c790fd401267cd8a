//! What became of what, for people and for programs.

use std::fmt::Write as _;
use std::sync::Arc;

use escadre_algebra::Fleet;
use escadre_interpreter::present::visible;
use serde_json::{Value as Json, json};

use super::manifest::{Dropped, Made};
use super::read::{Document, Source};
use super::resources::Imported;
use super::{Read, documents};
use crate::cli::args::Import;

/// How many characters of a value are shown.
const MAX_VALUE: usize = 60;

/// What an import did.
pub(super) struct Report<'a> {
    pub(super) read: &'a Read,
    pub(super) fleet: &'a Fleet,
    pub(super) args: &'a Import,
}

impl Report<'_> {
    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (source, n) in &self.read.sources {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {}", visible(&source.name), documents(*n));
            for imported in
                self.read.imported.iter().filter(|i| is_of(&i.manifest.document, source))
            {
                resource(imported, &mut text);
            }
            for (document, what) in self.read.left.iter().filter(|(d, _)| is_of(d, source)) {
                let line = document.root.place.line;
                let _ = writeln!(text, "  dropped {} (line {line})", visible(what));
            }
            let of_server = self.of_server(source);
            if !of_server.is_empty() {
                let _ = writeln!(text, "  dropped, the server's own: {}", of_server.join(", "));
            }
        }
        let n = self.read.imported.len();
        let resources = if n == 1 { "1 resource".to_owned() } else { format!("{n} resources") };
        let written = if self.args.dry_run { "would be written" } else { "written" };
        text.push('\n');
        if self.args.rust != std::path::Path::new("-") {
            let _ = writeln!(text, "{} {written}: {resources}", self.args.rust.display());
        }
        let digest = self.fleet.digest().short();
        let _ = writeln!(text, "{} {written}: fleet {digest}", self.args.lock.display());
        text
    }

    /// The paths of one file that the server wrote, each once.
    fn of_server(&self, source: &Arc<Source>) -> Vec<&str> {
        let of_file = self.read.imported.iter().filter(|i| is_of(&i.manifest.document, source));
        let mut paths: Vec<&str> =
            of_file.flat_map(|i| i.rest.of_server.iter().map(String::as_str)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// For programs.
    pub(super) fn json(&self) -> Json {
        let place = |document: &Document| {
            json!({
                "file": document.source.name,
                "document": document.number,
                "item": document.item,
                "line": document.root.place.line,
            })
        };
        let resources = self.read.imported.iter().map(|imported| {
            let manifest = &imported.manifest;
            let dropped = imported.rest.dropped.iter();
            json!({
                "resource": imported.name.text,
                "kind": manifest.kind,
                "name": manifest.name,
                "namespace": manifest.namespace,
                "at": place(&manifest.document),
                "mentions": imported.mentions,
                "dropped": dropped.map(|d| json!({"path": d.path, "value": d.value})).collect::<Json>(),
                "of_server": imported.rest.of_server,
            })
        });
        let left = self.read.left.iter().map(|(document, what)| {
            let (kind, name) = match what.split_once(' ') {
                Some((kind, name)) => (kind, Some(name)),
                None => (what.as_str(), None),
            };
            json!({"kind": kind, "name": name, "at": place(document)})
        });
        json!({
            "fleet": self.fleet.digest().to_string(),
            "rust": self.args.rust.display().to_string(),
            "lock": self.args.lock.display().to_string(),
            "written": !self.args.dry_run,
            "resources": resources.collect::<Json>(),
            "dropped": left.collect::<Json>(),
        })
    }
}

fn is_of(document: &Document, source: &Arc<Source>) -> bool {
    Arc::ptr_eq(&document.source, source)
}

fn resource(imported: &Imported, text: &mut String) {
    let manifest = &imported.manifest;
    let became = match manifest.made {
        Made::Pod(_) => "pod",
        Made::Record => "record",
    };
    let (kind, name) = (visible(&manifest.kind), visible(&manifest.name));
    let _ = write!(text, "  {kind} {name} → {became} {}", imported.name.text);
    if imported.name.gave_way {
        text.push_str(", since a workload has its name");
    }
    text.push('\n');
    for (old, new) in &imported.mentions {
        let _ = writeln!(text, "      mentions the ConfigMap {} as {new}", visible(old));
    }
    let dropped = &imported.rest.dropped;
    let width = dropped.iter().map(|d| visible(&d.path).chars().count()).max().unwrap_or(0);
    for Dropped { path, value } in dropped {
        let _ = writeln!(text, "      dropped {:width$}  {}", visible(path), short(value));
    }
}

/// The value in one line, its beginning where it is long.
fn short(value: &Json) -> String {
    let text = visible(&value.to_string());
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    text.chars().take(MAX_VALUE - 1).chain(['…']).collect()
}
