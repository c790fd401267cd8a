//! Files of manifests: YAML or JSON, one document or many.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::node::{Content, Node, Place};
use crate::cli::error::Failure;
use crate::cli::snippet::Snippet;

/// The most levels that a document may have.
const MAX_DEPTH: usize = 128;

/// A file of manifests.
#[derive(Debug)]
pub(crate) struct Source {
    /// What people call it.
    pub(crate) name: String,
    text: String,
}

/// One object of a file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) source: Arc<Source>,
    /// Which document of the file, from 1.
    pub(crate) number: usize,
    /// Which item of that document, from 1, where it is a list.
    pub(crate) item: Option<usize>,
    pub(crate) root: Node,
}

impl Document {
    /// The error `message`, at `place` of this document.
    pub(crate) fn wrong(&self, place: Place, message: &str) -> Failure {
        let item = self.item.map(|item| format!(", item {item}")).unwrap_or_default();
        let failure = Failure::new(format!(
            "{}:{}: document {}{item}: {message}",
            self.source.name, place.line, self.number
        ));
        self.source.point(failure, place)
    }

    /// The file without its folder, which may be that of one machine.
    pub(crate) fn file_name(&self) -> String {
        let name = Path::new(&self.source.name).file_name();
        name.map_or_else(|| self.source.name.clone(), |name| name.to_string_lossy().into_owned())
    }

    /// Which document this is, for people.
    pub(crate) fn position(&self) -> String {
        format!("{}:{}", self.source.name, self.root.place.line)
    }
}

impl Source {
    fn point(&self, failure: Failure, place: Place) -> Failure {
        let Some(line) = place.line.checked_sub(1).and_then(|n| self.text.lines().nth(n)) else {
            return failure;
        };
        failure.at(Snippet::cut(&self.name, line, place.line, place.column.max(1)))
    }
}

/// The objects of the file `path`, and the file; lists are taken apart.
pub(crate) fn read(path: &Path) -> Result<(Arc<Source>, Vec<Document>), Failure> {
    let source = Arc::new(load(path)?);
    let roots = parse(&source)?;
    let mut documents = Vec::new();
    for (index, root) in roots.into_iter().enumerate() {
        let document =
            Document { source: Arc::clone(&source), number: index + 1, item: None, root };
        match items(&document) {
            None => documents.push(document),
            Some(items) => documents.extend(items),
        }
    }
    Ok((source, documents))
}

fn load(path: &Path) -> Result<Source, Failure> {
    let input = path == Path::new("-");
    let name = if input { "standard input".to_owned() } else { path.display().to_string() };
    if path.is_dir() {
        return Err(Failure::new(format!("{name} is a folder"))
            .help(format!("name its files, such as `{name}/*.yaml`")));
    }
    let bytes = if input {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|error| {
        Failure::file("read", path, &error).help("name a file of manifests, or `-`")
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n');
        Failure::new(format!("{name}:{}: this is no text in UTF-8", line.count() + 1))
            .help("save it as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned);
    Ok(Source { name, text })
}

/// The documents of `source`, without empty ones.
fn parse(source: &Source) -> Result<Vec<Node>, Failure> {
    // Flow style may look like JSON, so what is none may still be YAML; its error is that of JSON.
    let start = source.text.trim_start();
    let is_json = start.starts_with('{') && !start.starts_with("{{");
    let json = is_json.then(|| parse_json(source));
    if let Some(Ok(nodes)) = json {
        return Ok(nodes);
    }
    let options = serde_saphyr::options! {
        // As Kubernetes reads it: `0644` is octal.
        legacy_octal_numbers: true,
        with_snippet: false,
        // The usual bound is too small for a bundle of many custom resources.
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH, max_nodes: 1_000_000, max_events: 4_000_000 },
    };
    let yaml = serde_saphyr::from_multiple_with_options(&source.text, options);
    yaml.map_err(|error| match json {
        Some(Err(failure)) => failure,
        _ => no_yaml(source, &error),
    })
}

fn parse_json(source: &Source) -> Result<Vec<Node>, Failure> {
    let mut stream = serde_json::Deserializer::from_str(&source.text).into_iter::<Json>();
    let mut nodes = Vec::new();
    loop {
        let start = stream.byte_offset();
        let Some(document) = stream.next() else { return Ok(nodes) };
        let document = document.map_err(|error| {
            let place = Place { line: error.line(), column: error.column() };
            let text = error.to_string();
            let why = text.split(" at line ").next().unwrap_or_default();
            let message = format!("{}:{}: this is no JSON: {why}", source.name, place.line);
            source.point(Failure::new(message), place).help("correct this line")
        })?;
        let blank = source.text[start..].len() - source.text[start..].trim_start().len();
        let line = source.text[..start + blank].matches('\n').count() + 1;
        nodes.push(Node::at(Place { line, column: 1 }, document));
    }
}

fn no_yaml(source: &Source, error: &serde_saphyr::Error) -> Failure {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let place = error.location().map_or(Place::default(), |at| Place {
        line: number(at.line()),
        column: number(at.column()),
    });
    let text = error.without_snippet().to_string();
    // The place stands in front, as in every error.
    let why = text.lines().next().unwrap_or_default();
    let why = match why.strip_prefix("error: ").unwrap_or(why).rsplit_once(" at line ") {
        Some((why, _)) => why,
        None => why,
    };
    let name = &source.name;
    let failure = match place.line {
        0 => Failure::new(format!("{name}: this is no YAML: {why}")),
        line => {
            let before = source.text.lines().take(line - 1);
            let number = 1 + before.skip(1).filter(|line| line.starts_with("---")).count();
            Failure::new(format!("{name}:{line}: document {number} is no YAML: {why}"))
        }
    };
    let help = match source.text.contains("{{") {
        true => "if this is a template of Helm, import what `helm template` prints",
        false => "correct this line",
    };
    source.point(failure, place).help(help)
}

/// The objects of a list: of the kind `List`, or of one kind, as `DaemonSetList`.
fn items(document: &Document) -> Option<Vec<Document>> {
    let kind = document.root.get("kind")?.text()?;
    let of = kind.strip_suffix("List")?;
    let Content::List(items) = &document.root.get("items")?.content else { return None };
    let api = document.root.get("apiVersion").cloned();
    let items = items.iter().enumerate().map(|(index, item)| {
        let mut root = item.clone();
        if let Content::Map(fields) = &mut root.content {
            // The items of a list of one kind do not say it again.
            let lacks = |name: &str, fields: &[(String, Node)]| fields.iter().all(|f| f.0 != name);
            if !of.is_empty() && lacks("kind", fields) {
                fields.push(("kind".to_owned(), Node::at(root.place, of.into())));
            }
            if let Some(api) = api.clone().filter(|_| !of.is_empty() && lacks("apiVersion", fields))
            {
                fields.push(("apiVersion".to_owned(), api));
            }
        }
        let source = Arc::clone(&document.source);
        Document { source, number: document.number, item: Some(index + 1), root }
    });
    Some(items.collect())
}
