//! What `kubectl get nodes -o json` prints: a list of Nodes, or one Node.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead};

use escadre_algebra::Coverage;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;

use super::collect::{Collector, Entry};
use super::error::{BadLine, Wrong};
use super::lines::not_utf8;
use super::read::ReadOptions;
use super::text::{Text, all, json_mistake, span_of, span_or_all};

/// The prefix of Escadre's own labels on Nodes; they are never facts.
pub const OWN_LABEL_PREFIX: &str = "escadre.node-restriction.kubernetes.io/";

/// Whether the label `key` of a Node is Escadre's own: its domain is that of [`OWN_LABEL_PREFIX`], or below it.
///
/// ```
/// use escadre_interpreter::inventory::is_own_label;
/// assert!(is_own_label("escadre.node-restriction.kubernetes.io/web"));
/// assert!(is_own_label("keep.escadre.node-restriction.kubernetes.io/web"));
/// assert!(!is_own_label("myescadre.node-restriction.kubernetes.io/web"));
/// ```
#[must_use]
pub fn is_own_label(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let below = domain.strip_suffix(OWN_LABEL_PREFIX.trim_end_matches('/'));
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// The labels that kubelets set on their own Nodes (Kubernetes' `kubeletLabels`).
const KUBELET_LABELS: [&str; 11] = [
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
];

/// The label `key` is one that kubelets themselves set: one of the well-known ones (host name,
/// system, architecture, instance type, topology), or one whose prefix is
/// `kubelet.kubernetes.io` or `node.kubernetes.io` or ends in a dot and one of them.
///
/// ```
/// use escadre_interpreter::inventory::kubelet_reports;
/// assert!(kubelet_reports("kubernetes.io/hostname"));
/// assert!(kubelet_reports("a.node.kubernetes.io/x"));
/// assert!(!kubelet_reports("site"));
/// assert!(!kubelet_reports("a.node-restriction.kubernetes.io/x"));
/// ```
#[must_use]
pub fn kubelet_reports(key: &str) -> bool {
    KUBELET_LABELS.contains(&key)
        || is_below(key, "kubelet.kubernetes.io")
        || is_below(key, "node.kubernetes.io")
}

/// The label `key` is one that the NodeRestriction admission plugin lets a kubelet set on its own
/// Node: those that it [reports](kubelet_reports), and all outside `kubernetes.io` and `k8s.io`.
///
/// ```
/// use escadre_interpreter::inventory::kubelet_may_set;
/// assert!(kubelet_may_set("site"));
/// assert!(!kubelet_may_set("node-role.kubernetes.io/control-plane"));
/// assert!(!kubelet_may_set("acme.node-restriction.kubernetes.io/site"));
/// ```
#[must_use]
pub fn kubelet_may_set(key: &str) -> bool {
    kubelet_reports(key) || !(is_below(key, "kubernetes.io") || is_below(key, "k8s.io"))
}

/// The prefix of `key` is `domain` or one of its subdomains.
fn is_below(key: &str, domain: &str) -> bool {
    let Some((prefix, _)) = key.split_once('/') else { return false };
    prefix.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Reads devices into `collector`; the number of lines.
pub(super) fn read(
    mut reader: impl BufRead,
    options: &ReadOptions,
    collector: &mut Collector,
) -> io::Result<u64> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    let n_newlines = bytes.iter().filter(|&&b| b == b'\n').count() as u64;
    let n_lines = n_newlines + u64::from(bytes.last().is_some_and(|&b| b != b'\n'));
    match std::str::from_utf8(&bytes) {
        Err(error) => collector.bad(|| not_utf8(&bytes, 1, error.valid_up_to())),
        Ok(text) => read_text(text, options, collector),
    }
    Ok(n_lines)
}

fn read_text(text: &str, options: &ReadOptions, collector: &mut Collector) {
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let (span, message) = json_mistake(text, &error);
            let message = match error.classify() {
                Category::Eof => format!("the document is cut off: {message}"),
                Category::Syntax => format!("the document is not JSON: {message}"),
                _ => message,
            };
            return collector.bad(|| BadLine::within(text, 1, Wrong::at(span, message)));
        }
    };
    let is_list = document.items.is_some();
    let kind = document.kind.as_ref().map_or("", |Text(kind)| kind);
    let items = match document.items {
        Some(items) if matches!(kind, "List" | "NodeList" | "") => {
            let list = document.metadata.unwrap_or_default();
            let more = list.next.is_some_and(|Text(token)| !token.is_empty());
            if more || list.remaining.is_some_and(|n| n > 0) {
                collector.state_coverage(Coverage::Partial);
            }
            items
        }
        None if kind == "Node" => {
            vec![Item { kind: document.kind, metadata: document.metadata }]
        }
        _ => {
            let message =
                format!("the document is a `{kind}`: expected a list of Nodes, or a Node");
            let span = document.kind.map_or_else(|| all(text), |Text(k)| span_or_all(text, &k));
            return collector.bad(|| BadLine::within(text, 1, Wrong::at(span, message)));
        }
    };
    let mut line = Counter { text, at: 0, line: 1 };
    for (index, item) in items.into_iter().enumerate() {
        let which = if is_list { format!("`items[{index}]`") } else { "the Node".to_owned() };
        if let Err(wrong) = read_node(text, item, &which, &mut line, options, collector) {
            collector.bad(|| BadLine::within(text, 1, wrong));
        }
    }
}

fn read_node(
    text: &str,
    item: Item<'_>,
    which: &str,
    line: &mut Counter<'_>,
    options: &ReadOptions,
    collector: &mut Collector,
) -> Result<(), Wrong> {
    if let Some(Text(kind)) = item.kind.filter(|Text(kind)| kind != "Node") {
        let message = format!("the item is a `{kind}`: expected a `Node`");
        return Err(Wrong::at(span_or_all(text, &kind), message));
    }
    let metadata = item.metadata.unwrap_or_default();
    let Some(Text(name)) = metadata.name else {
        let message = format!("{which} has no `metadata.name`; it stands after this place");
        return Err(Wrong::at(line.at..line.at, message));
    };
    let line = line.advance(span_of(text, &name).map_or(0, |span| span.start));
    let reported = if options.is_strict() { kubelet_may_set } else { kubelet_reports };
    let labels = metadata.labels.unwrap_or_default().0.into_iter();
    let labels = labels
        .filter(|(key, _)| !is_own_label(key))
        .map(|(key, value)| Entry { reported: reported(&key), key, value: Some(value) })
        .collect();
    collector.add(text, line, &name, labels)
}

/// Line numbers of ascending places, counted once over the whole text.
struct Counter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Counter<'_> {
    fn advance(&mut self, to: usize) -> u64 {
        if let Some(between) = self.text.as_bytes().get(self.at..to) {
            self.line += between.iter().filter(|&&b| b == b'\n').count() as u64;
            self.at = to;
        }
        self.line
    }
}

/// A list of Nodes, or one Node.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    items: Option<Vec<Item<'a>>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
}

/// The metadata of a list or of a Node.
#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    labels: Option<Labels<'a>>,
    #[serde(borrow, default, rename = "continue")]
    next: Option<Text<'a>>,
    #[serde(default, rename = "remainingItemCount")]
    remaining: Option<u64>,
}

#[derive(Default)]
struct Labels<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Labels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Labels<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels<'de>, A::Error> {
                let mut labels = Vec::new();
                while let Some((Text(key), Text(value))) = map.next_entry()? {
                    labels.push((key, value));
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
