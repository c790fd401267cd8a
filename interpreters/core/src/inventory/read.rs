//! From a file or a reader to an inventory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use escadre_algebra::{Coverage, Inventory};

use super::collect::Collector;
use super::error::ReadError;
use super::format::Format;
use super::{csv, jsonl, kube};

/// The greatest length of one line (of one row, in CSV), in bytes: 16 MiB.
pub const MAX_LINE_BYTES: usize = 16 << 20;
/// How much of a text decides its format, in bytes.
const PREFIX: u64 = 64 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
const UTF_16: &str =
    "it is UTF-16: expected UTF-8 (`iconv -f UTF-16 -t UTF-8` turns one into the other)";

/// How to read an inventory.
///
/// ```
/// use escadre_algebra::Coverage;
/// use escadre_interpreter::inventory::{read, Format, ReadOptions};
/// let options = ReadOptions::default()
///     .format(Format::Csv)
///     .id_column("serial")
///     .coverage(Coverage::Partial);
/// let found = read("-", "serial,role\nA1,camera\nA2,\n".as_bytes(), &options)?;
/// assert_eq!(found.inventory.coverage(), Coverage::Partial);
/// assert_eq!(found.inventory.devices()[1].labels(), []);
/// # Ok::<(), escadre_interpreter::inventory::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    format: Option<Format>,
    coverage: Coverage,
    id_column: String,
    strict_attestation: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            coverage: Coverage::Complete,
            id_column: "id".to_owned(),
            strict_attestation: false,
        }
    }
}

impl ReadOptions {
    /// The text has this format, whatever its name and content suggest.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// The text lists every device, or not. One that itself says that it is partial stays partial.
    #[must_use]
    pub fn coverage(mut self, coverage: Coverage) -> Self {
        self.coverage = coverage;
        self
    }

    /// The CSV column that holds the ids; `id` by default.
    #[must_use]
    pub fn id_column(mut self, name: &str) -> Self {
        name.clone_into(&mut self.id_column);
        self
    }

    /// Kubernetes: whether every label that a kubelet *may* set on its Node counts as reported
    /// ([`kubelet_may_set`](super::kubelet_may_set)), not only those that kubelets do set
    /// ([`kubelet_reports`](super::kubelet_reports)). Off by default.
    #[must_use]
    pub fn strict_attestation(mut self, strict: bool) -> Self {
        self.strict_attestation = strict;
        self
    }

    pub(super) fn id_column_name(&self) -> &str {
        &self.id_column
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict_attestation
    }
}

/// An inventory that was read, and what it was read from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadInventory {
    /// The inventory.
    pub inventory: Inventory,
    /// The format that the text has.
    pub format: Format,
    /// The number of lines of the text.
    pub n_lines: u64,
}

/// The inventory that `reader` holds; errors call it `source_name`, whose extension may name its format.
///
/// A byte order mark at the start is skipped. Costs O(size of the text + n log n).
///
/// # Errors
/// [`ReadError`] if the text cannot be read, is empty, or has bad lines.
///
/// ```
/// use escadre_interpreter::inventory::{read, Format, ReadOptions};
/// let nodes = r#"{"kind": "List", "items": [{"metadata": {"name": "n1", "labels": {"role": "edge"}}}]}"#;
/// let found = read("nodes.json", nodes.as_bytes(), &ReadOptions::default())?;
/// assert_eq!((found.format, found.inventory.len()), (Format::Kubernetes, 1));
/// # Ok::<(), escadre_interpreter::inventory::ReadError>(())
/// ```
pub fn read(
    source_name: &str,
    mut reader: impl BufRead,
    options: &ReadOptions,
) -> Result<ReadInventory, ReadError> {
    let failed = |error| ReadError::io(source_name, error);
    let mut prefix = Vec::new();
    reader.by_ref().take(PREFIX).read_to_end(&mut prefix).map_err(failed)?;
    let is_all = (prefix.len() as u64) < PREFIX;
    if UTF_16_MARKS.iter().any(|mark| prefix.starts_with(mark)) {
        return Err(ReadError::whole(source_name, UTF_16));
    }
    if prefix.starts_with(BYTE_ORDER_MARK) {
        prefix.drain(..BYTE_ORDER_MARK.len());
    }
    if is_all && prefix.trim_ascii().is_empty() {
        return Err(ReadError::whole(source_name, EMPTY));
    }
    let format = match options.format.or_else(|| Format::of_name(source_name)) {
        Some(format) => format,
        None => Format::of_content(&prefix).map_err(|m| ReadError::whole(source_name, m))?,
    };
    let text = Cursor::new(prefix).chain(reader);
    let mut collector = Collector::new(options.coverage);
    let n_lines = match format {
        Format::JsonLines => jsonl::read(text, &mut collector),
        Format::Csv => csv::read(text, options, &mut collector),
        Format::Kubernetes => kube::read(text, options, &mut collector),
    }
    .map_err(failed)?;
    let inventory = collector.finish(source_name, format)?;
    Ok(ReadInventory { inventory, format, n_lines })
}

pub(super) const EMPTY: &str = "it is empty: expected JSON Lines (`{\"id\": \"…\", \"labels\": {…}}`), \
     CSV with a header, or what `kubectl get nodes -o json` prints";

/// The inventory that the file `path` holds; `-` is the standard input.
///
/// # Errors
/// As [`read`].
///
/// ```
/// use escadre_interpreter::inventory::{read_path, ReadOptions};
/// let error = read_path("no-such.csv".as_ref(), &ReadOptions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "no-such.csv: it could not be read");
/// ```
pub fn read_path(path: &Path, options: &ReadOptions) -> Result<ReadInventory, ReadError> {
    if path.as_os_str() == "-" {
        return read("(standard input)", io::stdin().lock(), options);
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| ReadError::io(&name, error))?;
    read(&name, BufReader::with_capacity(256 << 10, file), options)
}
