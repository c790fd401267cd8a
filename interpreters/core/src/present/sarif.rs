//! Findings as SARIF 2.1.0, as code hosts read it.

use escadre_algebra::Sources;
use serde_json::{Value as Json, json};

/// One kind of result.
pub(super) struct Rule {
    /// What results name it; it never changes.
    pub(super) id: &'static str,
    /// What it is about, in one sentence without a stop.
    pub(super) text: &'static str,
}

/// A document of `results`, each of one of `rules`.
pub(super) fn document(rules: &[Rule], results: &[Json]) -> Json {
    let rules: Vec<Json> = rules
        .iter()
        .map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.text } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "escadre", "version": env!("CARGO_PKG_VERSION"), "rules": rules,
            } },
            "results": results,
        }],
    })
}

/// The place of a result: the file, if it was read from one. A line is needed to be shown there.
pub(super) fn location(file: Option<&str>) -> Json {
    match file {
        Some(file) => json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(file) }, "region": { "startLine": 1 },
        } }),
        None => json!({}),
    }
}

/// The lines of code that wrote something.
pub(super) fn related<'a>(sources: impl IntoIterator<Item = &'a Sources>) -> Json {
    let all = sources.into_iter().flat_map(Sources::all);
    let places = all.filter_map(|source| Some((source, source.origin.place()?)));
    places
        .map(|(source, (file, line, column))| {
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(file) },
                    "region": { "startLine": line.max(1), "startColumn": column.max(1) },
                },
                "message": { "text": format!("written at {source}") },
            })
        })
        .collect()
}

/// A path as a relative reference: what is no path segment of RFC 3986 is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' => uri.push('/'),
            byte if byte.is_ascii_alphanumeric() || b"/-._~@+=,".contains(&byte) => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_relative_references() {
        assert_eq!(uri("a/b c.lock"), "a/b%20c.lock");
        assert_eq!(uri("a\\b:c"), "a/b%3Ac");
        assert_eq!(uri("é"), "%C3%A9");
    }
}
