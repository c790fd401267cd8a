//! `docs/kubernetes-selectors.md`: what each Kubernetes string means, from the project's own cases.

use escadre_algebra::Selector;
use escadre_algebra::kubernetes::LabelSelector;
use serde_json::Value;

use crate::Outcome;
use crate::workspace::{Workspace, read};

/// The project's own cases, in the form of Kubernetes' ones.
pub(crate) const OWN_CASES: &str = "algebra/tests/golden/kubernetes-strings.json";

/// The page.
pub(crate) fn page(workspace: &Workspace) -> Outcome<String> {
    let text = read(&workspace.root.join(OWN_CASES))?;
    let file: Value = serde_json::from_str(&text).map_err(|e| format!("{OWN_CASES}: {e}"))?;
    let cases = file["cases"].as_array().ok_or_else(|| format!("{OWN_CASES}: no cases"))?;
    let rows: Vec<String> =
        cases.iter().filter_map(|case| case["selector"].as_str()).map(row).collect();
    Ok(format!(
        "# Kubernetes selector strings\n\n\
         What each string means to Kubernetes and here; made by `cargo xtask generate`, and tested.\n\
         The grammar is in [Selectors](selectors.md).\n\n\
         | string | Kubernetes reads | Escadre reads |\n|---|---|---|\n{}\n",
        rows.join("\n")
    ))
}

fn row(text: &str) -> String {
    let kubernetes = match LabelSelector::parse(text) {
        Ok(selector) if selector.to_string().is_empty() => "everything".to_owned(),
        Ok(selector) => code(&selector.to_string()),
        Err(_) => "rejected".to_owned(),
    };
    let ours = match Selector::parse(text) {
        Ok(selector) => code(&selector.to_string()),
        Err(error) => format!("rejected: {}", escaped(&error.to_string())),
    };
    format!("| {} | {kubernetes} | {ours} |", code(text))
}

fn code(text: &str) -> String {
    if text.trim().is_empty() {
        return format!("{} spaces", text.len());
    }
    format!("`{}`", text.replace('|', "\\|"))
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
