//! `import`: existing Kubernetes manifests as Rust that builds the same fleet.
//!
//! `pod_spec(render(import(spec))) = spec`, up to nulls and to the order of lists whose order is not
//! claimed; what is not imported is listed.

mod manifest;
mod node;
mod read;
mod report;
mod resources;
mod rust;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use escadre_algebra::{EncodeOptions, Fleet};

use super::args::{Import, TextFormat};
use super::context::Context;
use super::error::Failure;
use super::{Code, files, shell};
use manifest::Found;
use read::{Document, Source};
use report::Report;
use resources::Imported;
pub(crate) use resources::Renaming;

/// At most this many documents are shown that cannot be imported.
const MAX_SHOWN: usize = 5;

/// What was read: files, what is imported of them, and what is left out.
#[derive(Debug)]
struct Read {
    sources: Vec<(Arc<Source>, usize)>,
    imported: Vec<Imported>,
    left: Vec<(Document, String)>,
}

pub(crate) fn run(args: &Import, context: &mut Context<'_>) -> Result<Code, Failure> {
    let standard = Path::new("-");
    let rust_is_output = args.rust == standard;
    if rust_is_output && matches!(args.format, TextFormat::Json) {
        return Err(Failure::new("standard output cannot be both the Rust and the JSON")
            .help("write the Rust to a file: `--rust FILE`"));
    }
    if args.lock == standard || args.lock == args.rust {
        return Err(Failure::new("`--lock` is a file of its own")
            .help("write the fleet to another file: `--lock FILE`"));
    }
    let read = read(args)?;
    let fleet = rust::fleet(&read.imported);
    let program = rust::program(&read.imported);
    let lock = fleet.encode(&EncodeOptions { origins: false });
    let lock = lock.map_err(|error| Failure::of(&error))?;
    let outputs = [(&args.rust, &program), (&args.lock, &lock)];
    let outputs: Vec<(&Path, &str)> = outputs
        .into_iter()
        .filter(|(path, _)| *path != standard)
        .map(|(path, text)| (path.as_path(), text.as_str()))
        .collect();
    if !args.dry_run {
        for (path, text) in &outputs {
            may_write(path, text, args.force)?;
        }
        for (path, text) in &outputs {
            files::write(path, text)?;
        }
    }
    if rust_is_output {
        context.out.put(&program)?;
    }
    tell(args, &read, &fleet, context)?;
    Ok(Code::Done)
}

/// Says what became of what: beside the result where that is the Rust.
fn tell(
    args: &Import,
    read: &Read,
    fleet: &Fleet,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let report = Report { read, fleet, args };
    if matches!(args.format, TextFormat::Json) {
        return context.out.json(&report.json());
    }
    let text = report.text();
    if args.rust != Path::new("-") {
        return context.out.put(&text);
    }
    context.note(text.trim_end());
    Ok(())
}

/// `Ok` iff writing `text` to `path` loses nothing that stands there, or that is wanted.
fn may_write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let old = match fs::read(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::file("read", path, &error).help("name another file to write"));
        }
    };
    if force || old == text.as_bytes() {
        return Ok(());
    }
    let name = path.display();
    Err(Failure::new(format!("{name} is there already, and nothing was written")).help(
        "`--force` replaces it; `--rust FILE` and `--lock FILE` write to other files, `--dry-run` to none",
    ))
}

fn read(args: &Import) -> Result<Read, Failure> {
    let n_inputs = args.files.iter().filter(|file| *file == Path::new("-")).count();
    if n_inputs > 1 {
        return Err(Failure::new("standard input can be read only once").help("give `-` once"));
    }
    let mut failures = Vec::new();
    let mut sources = Vec::new();
    let (mut manifests, mut left) = (Vec::new(), Vec::new());
    for file in &args.files {
        let (source, documents) = match read::read(file) {
            Ok(read) => read,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        sources.push((source, documents.len()));
        for document in documents {
            match manifest::classify(document, &args.skip) {
                Ok(Found::Imported(manifest)) => manifests.push(manifest),
                Ok(Found::Left(document, what)) => left.push((document, what)),
                Err(failure) => failures.push(failure),
            }
        }
    }
    if manifests.is_empty() && failures.is_empty() {
        return Err(nothing(&sources, left.len()));
    }
    let mut imported = Vec::new();
    match resources::names(&manifests, &args.name) {
        Err(more) => failures.extend(more),
        Ok(names) => {
            let renamed = resources::renamed(&manifests, &names);
            for (manifest, name) in manifests.into_iter().zip(names) {
                match resources::import(manifest, name, &renamed) {
                    Ok(resource) => imported.push(resource),
                    Err(failure) => failures.push(failure),
                }
            }
        }
    }
    all_or_nothing(failures)?;
    Ok(Read { sources, imported, left })
}

fn nothing(sources: &[(Arc<Source>, usize)], n_left: usize) -> Failure {
    let names: Vec<String> =
        sources.iter().map(|(source, _)| shell::quoted(&source.name)).collect();
    let names = names.join(", ");
    let help = "a DaemonSet, Deployment, Pod or ConfigMap is imported";
    match n_left {
        0 => Failure::new(format!("{names}: no document is there")).help(help),
        n => Failure::new(format!("{names}: nothing to import in {}", documents(n))).help(help),
    }
}

/// `n` documents, in words.
fn documents(n: usize) -> String {
    if n == 1 { "1 document".to_owned() } else { format!("{n} documents") }
}

/// The failures as one, if there are any.
fn all_or_nothing(mut failures: Vec<Failure>) -> Result<(), Failure> {
    let n = failures.len();
    if n <= 1 {
        return failures.pop().map_or(Ok(()), Err);
    }
    failures.truncate(MAX_SHOWN);
    let head = match n > MAX_SHOWN {
        true => format!("the first {MAX_SHOWN} of {n} errors are shown"),
        false => format!("{n} errors"),
    };
    Err(Failure::several(head, failures).help("nothing was written: all is imported or nothing"))
}
