//! What of a PodSpec a pod of the algebra keeps; the tests of `import` compare by it, too.

use serde_json::Value as Json;

/// `spec` without nulls, and with those lists sorted whose order is not claimed.
pub(crate) fn canonical(spec: &Json) -> Json {
    const KEYED: [&str; 5] = ["containers", "volumes", "tolerations", "ports", "volumeMounts"];
    match spec {
        Json::Array(items) => items.iter().map(canonical).collect(),
        Json::Object(fields) => {
            let fields = fields.iter().filter(|(_, v)| !v.is_null()).map(|(name, value)| {
                let mut value = canonical(value);
                if let Json::Array(items) = &mut value {
                    let mentions =
                        items.iter().any(|e| e["value"].as_str().is_some_and(|v| v.contains("$(")));
                    if KEYED.contains(&name.as_str()) || name == "env" && !mentions {
                        items.sort_by_key(Json::to_string);
                    }
                }
                (name.clone(), value)
            });
            Json::Object(fields.collect())
        }
        scalar => scalar.clone(),
    }
}
