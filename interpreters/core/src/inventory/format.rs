//! Which format a text has.

use std::fmt;
use std::str::FromStr;

/// A format that an inventory can be read from.
///
/// ```
/// use escadre_interpreter::inventory::Format;
/// assert_eq!("csv".parse(), Ok(Format::Csv));
/// assert_eq!(Format::JsonLines.to_string(), "jsonl");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One object a line: `{"id": "cam-1", "labels": {"role": "camera"}}`.
    JsonLines,
    /// A header row, then one device a row.
    Csv,
    /// What `kubectl get nodes -o json` prints.
    Kubernetes,
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a format of inventories: expected `jsonl`, `csv` or `kubernetes`")]
pub struct UnknownFormat {
    input: String,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Kubernetes => "kubernetes",
        })
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(input: &str) -> Result<Self, UnknownFormat> {
        match input {
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            "kubernetes" | "k8s" => Ok(Self::Kubernetes),
            _ => Err(UnknownFormat { input: input.chars().take(80).collect() }),
        }
    }
}

impl Format {
    /// The format that a file's extension names; `.json` alone decides nothing.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The format of a text that starts with `prefix`, or what it is instead.
    pub(super) fn of_content(prefix: &[u8]) -> Result<Self, &'static str> {
        let text = prefix.trim_ascii_start();
        match text.first() {
            Some(b'{') => Ok(match first_key(&text[1..]) {
                b"apiVersion" | b"kind" | b"items" | b"metadata" | b"spec" | b"status" => {
                    Self::Kubernetes
                }
                _ => Self::JsonLines,
            }),
            Some(b'[') => Err("it is a JSON array: expected one object a line \
                               (`jq -c '.[]'` turns one into the other)"),
            _ if text.starts_with(b"apiVersion:") => {
                Err("it is YAML: expected what `kubectl get nodes -o json` prints")
            }
            _ => Ok(Self::Csv),
        }
    }
}

/// The first key of an object whose brace has been read; empty if there is none.
fn first_key(text: &[u8]) -> &[u8] {
    let Some(rest) = text.trim_ascii_start().strip_prefix(b"\"") else { return &[] };
    let end = rest.iter().position(|&b| b == b'"').unwrap_or(0);
    &rest[..end]
}
