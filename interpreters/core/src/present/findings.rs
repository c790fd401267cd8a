//! What is wrong with a fleet, as text.

use escadre_algebra::Unresolved;

use super::style::{Ink, Page, TextOptions};

/// What is wrong with a fleet, in groups, as a person reads it.
///
/// The words are those of its `Display`; colour tells headings, sources and advice apart.
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
/// use escadre_interpreter::present::{TextOptions, findings};
/// let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
/// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
/// let wrong = (motd("hello") | motd("salut")).resolve(&inventory).unwrap_err();
/// assert_eq!(findings(&wrong, &TextOptions::default()), format!("{wrong}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn findings(unresolved: &Unresolved, options: &TextOptions) -> String {
    let mut page = Page::new(options.colour);
    let shown = unresolved.to_string();
    for (i, line) in shown.lines().enumerate() {
        let words = line.trim_start_matches(' ');
        page.pad(line.len() - words.len());
        if i == 0 {
            page.put(Ink::Strong, words);
        } else if words.starts_with("written at") || words.starts_with("resource written at") {
            page.put(Ink::Faint, words);
        } else if page.column() == 0 {
            heading(&mut page, words);
        } else if words.starts_with("lay one over") || words.starts_with("give a default") {
            page.put(Ink::Advice, words);
        } else {
            page.put(Ink::Plain, words);
        }
        page.end();
    }
    page.finish()
}

/// The kind of finding in red, the rest plain.
fn heading(page: &mut Page, line: &str) {
    let kinds =
        ["invalid", "conflict", "missing label", "missing field", "a cycle of dependencies"];
    match kinds.iter().find_map(|kind| line.strip_prefix(kind).map(|rest| (kind, rest))) {
        Some((kind, rest)) => page.put(Ink::Removed, kind).put(Ink::Plain, rest),
        None if line.starts_with('`') => page.put(Ink::Removed, line),
        None => page.put(Ink::Plain, line),
    };
}
