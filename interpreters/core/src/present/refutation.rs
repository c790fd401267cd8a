//! Why two fleets are not the same: one device on which they differ.

use escadre_algebra::Path;
use escadre_algebra::analysis::Witness;
use serde_json::{Value as Json, json};

use super::difference::{Side, facts_json};
use super::place;
use super::style::{Ink, Page, TextOptions};

/// A device on which `old` and `new` differ, as a person reads it.
#[must_use]
pub fn refutation(
    (old, new): (&Side<'_>, &Side<'_>),
    witness: &Witness,
    options: &TextOptions,
) -> String {
    let mut page = Page::new(options.colour);
    page.put(Ink::Removed, "Refuted: ");
    page.put(Ink::Plain, &format!("{old} and {new} are not the same fleet")).end();
    let example = witness.facts.as_ref().map(|facts| format!("on {}", place::device(facts)));
    page.pad(4).put(Ink::Plain, &example.unwrap_or_else(|| "on some device".to_owned())).end();
    let like = format!("as on every device {}", place::place(&witness.region));
    for line in place::wrapped(&like, options.width.saturating_sub(4)) {
        page.pad(4).put(Ink::Faint, &line).end();
    }
    let path = telling(old, new, witness);
    let (before, after) = sides(old, new, witness, path.as_ref());
    let what = match &path {
        Some(path) => path.to_string(),
        None => "membership".to_owned(),
    };
    page.pad(4).put(Ink::Changed, "~ ").put(Ink::Plain, &what).end();
    page.pad(8).put(Ink::Removed, &format!("- {before}")).end();
    page.pad(8).put(Ink::Added, &format!("+ {after}")).end();
    page.finish()
}

/// A device on which `old` and `new` differ, for programs.
#[must_use]
pub fn refutation_json((old, new): (&Side<'_>, &Side<'_>), witness: &Witness) -> Json {
    let path = telling(old, new, witness);
    let (before, after) = sides(old, new, witness, path.as_ref());
    json!({
        "region": place::selector(&witness.region).0,
        "example": witness.facts.as_ref().map(facts_json),
        "path": path.as_ref().map(ToString::to_string),
        "before": before,
        "after": after,
    })
}

/// What both fleets say of the witness, in words.
fn sides(
    old: &Side<'_>,
    new: &Side<'_>,
    witness: &Witness,
    path: Option<&Path>,
) -> (String, String) {
    let of = |side: &Side<'_>| match (&witness.facts, path) {
        (None, _) => "(no id was found for such a device)".to_owned(),
        (Some(facts), Some(path)) => side.says(facts, path),
        (Some(facts), None) => side.membership(facts).to_owned(),
    };
    (of(old), of(new))
}

/// The path of the witness, or the first value below it that differs, which says more than an object does.
fn telling(old: &Side<'_>, new: &Side<'_>, witness: &Witness) -> Option<Path> {
    let top = witness.path.as_ref()?;
    let Some(facts) = &witness.facts else { return Some(top.clone()) };
    let below = |path: &Path| top.is_above(path);
    let (before, after) = (old.values(facts), new.values(facts));
    let mut paths = before.iter().chain(&after).filter(|(path, values)| {
        let other =
            |side: &[(Path, String)]| side.iter().find(|(p, _)| p == path).map(|(_, v)| v.clone());
        below(path) && values != "{}" && other(&before) != other(&after)
    });
    Some(paths.next().map_or_else(|| top.clone(), |(path, _)| path.clone()))
}
