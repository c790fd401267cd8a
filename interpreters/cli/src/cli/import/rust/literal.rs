//! Values as they are written in Rust.

use escadre_algebra::{Field, Path, ResourceName};
use serde_json::{Map, Value as Json};

/// `text` as a literal: raw where that reads better, with escapes where it must.
pub(crate) fn text(text: &str) -> String {
    let shown =
        |c: char| c == '\n' || c == '\t' || c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric();
    let wants_raw = text.contains(['"', '\\']) || text.trim_end_matches('\n').contains('\n');
    if !wants_raw || !text.chars().all(shown) {
        return format!("{text:?}");
    }
    // As many `#` as no quote in the text is followed by.
    let n_after =
        text.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len());
    let most = n_after.max();
    let hashes = "#".repeat(most.map_or(0, |most| most + 1));
    format!("r{hashes}\"{text}\"{hashes}")
}

/// An integer as a literal of a type that holds it.
pub(crate) fn integer(n: i64) -> String {
    match i32::try_from(n) {
        Ok(n) => n.to_string(),
        Err(_) => format!("{n}_i64"),
    }
}

/// A scalar; `None` of what is none.
fn scalar(json: &Json) -> Option<String> {
    Some(match json {
        Json::Bool(value) => value.to_string(),
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => integer(n),
            (None, Some(x)) => format!("{x:?}"),
            (None, None) => return None,
        },
        Json::String(value) => text(value),
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    })
}

/// Whether a list of these may stand as an array in Rust: one type, and not empty.
pub(crate) fn is_uniform(items: &[Json]) -> bool {
    let small = |json: &Json| json.as_i64().is_some_and(|n| i32::try_from(n).is_ok());
    !items.is_empty()
        && (items.iter().all(Json::is_string)
            || items.iter().all(Json::is_boolean)
            || items.iter().all(small)
            || items.iter().all(Json::is_f64))
}

/// The items of an array, each a literal.
pub(crate) fn items(items: &[Json]) -> Vec<String> {
    items.iter().filter_map(scalar).collect()
}

/// `json` as a scalar or as what the macro `json!` reads, over several lines from `indent` on.
pub(crate) fn json(json: &Json, indent: usize) -> String {
    let pad = " ".repeat(indent + 4);
    let end = " ".repeat(indent);
    match json {
        Json::Array(items) if items.iter().all(|item| scalar(item).is_some()) => {
            format!("[{}]", self::items(items).join(", "))
        }
        Json::Array(items) => {
            let items =
                items.iter().map(|item| format!("{pad}{},\n", self::json(item, indent + 4)));
            format!("[\n{}{end}]", items.collect::<String>())
        }
        Json::Object(fields) if is_short(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                format!("{}: {}", text(name), scalar(value).unwrap_or_default())
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                format!("{pad}{}: {},\n", text(name), self::json(value, indent + 4))
            });
            format!("{{\n{}{end}}}", fields.collect::<String>())
        }
        // Nothing that a resource says is null.
        scalar => self::scalar(scalar).unwrap_or_else(|| "null".to_owned()),
    }
}

/// Whether a record is written in one line.
fn is_short(fields: &Map<String, Json>) -> bool {
    fields.len() <= 3
        && fields.values().all(|value| scalar(value).is_some_and(|text| text.len() <= 40))
}

/// How deep the macro `json!` recurses on `json`, at most.
pub(crate) fn json_depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 4 + items.iter().map(|item| 4 + json_depth(item)).sum::<usize>(),
        Json::Object(fields) => {
            8 + fields.values().map(|value| 8 + json_depth(value)).sum::<usize>()
        }
        _ => 4,
    }
}

/// The spelling of `fields`, as setters read it.
pub(crate) fn path(fields: &[String]) -> String {
    let parsed = fields.iter().map(|field| Field::parse(field)).collect::<Result<Vec<_>, _>>();
    let root = ResourceName::parse("x");
    let path = root.ok().zip(parsed.ok()).and_then(|(root, fields)| Path::new(root, fields).ok());
    // The fields are those of a resource, so they are names.
    let spelled = path.map(|path| path.to_string()).unwrap_or_default();
    spelled.strip_prefix("x.").unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{path, text};

    #[test]
    fn a_text_is_raw_where_that_reads_better_and_escaped_where_it_must() {
        for (given, expect) in [
            ("plain", r#""plain""#),
            ("say \"hi\"", "r#\"say \"hi\"\"#"),
            ("a\nb\n", "r\"a\nb\n\""),
            ("line\n", r#""line\n""#),
            ("a\r\nb", r#""a\r\nb""#),
            ("\u{202e}\"", r#""\u{202e}\"""#),
            ("\"##", "r###\"\"##\"###"),
            (r"C:\x", r#"r"C:\x""#),
        ] {
            assert_eq!(text(given), expect, "{given:?}");
        }
    }

    #[test]
    fn a_path_is_spelled_as_setters_read_it() {
        let fields = ["nodeSelector", "kubernetes.io/os"].map(str::to_owned);
        assert_eq!(path(&fields), r#"nodeSelector."kubernetes.io/os""#);
    }
}
