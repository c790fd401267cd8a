//! The weather stations: the real inventory where it lies beside the checkout, else one like it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::workspace::{Workspace, read, write};

/// How many stations the real inventory has.
const N_STATIONS: usize = 22_311;

/// The countries and time zones of the made inventory.
const PLACES: [(&str, &str, &str); 8] = [
    ("CA", "America", "Edmonton"),
    ("US", "America", "Chicago"),
    ("DE", "Europe", "Berlin"),
    ("FR", "Europe", "Paris"),
    ("JP", "Asia", "Tokyo"),
    ("IN", "Asia", "Kolkata"),
    ("AU", "Australia", "Sydney"),
    ("BR", "America", "Sao_Paulo"),
];

/// Writes the stations whose index `keep` accepts to `folder/name` and answers the file.
pub(crate) fn write_some(
    workspace: &Workspace,
    folder: &Path,
    name: &str,
    keep: impl Fn(usize) -> bool,
) -> Outcome<PathBuf> {
    let text = match workspace.shared_data("inventories/meteostat_stations.jsonl") {
        Some(path) => read(&path)?,
        None => made(),
    };
    let lines = text.lines().enumerate().filter(|(index, _)| keep(*index));
    let kept: String = lines.flat_map(|(_, line)| [line, "\n"]).collect();
    let path = folder.join(name);
    write(&path, &kept)?;
    Ok(path)
}

/// Says which inventory is used.
pub(crate) fn announce(workspace: &Workspace) {
    match workspace.shared_data("inventories/meteostat_stations.jsonl") {
        Some(_) => println!("inventory: the {N_STATIONS} real stations in ../shared/data"),
        None => println!("inventory: ../shared/data is not there; {N_STATIONS} made stations"),
    }
}

/// As many stations as there really are, with the same labels, the same ones each time.
fn made() -> String {
    let mut text = String::new();
    for index in 0..N_STATIONS {
        let (country, area, city) = PLACES[index * 7919 % 1009 % PLACES.len()];
        let elevation = index * 2_654_435 % 3_001;
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            r#"{{"id": "M{index:05}", "labels": {{"active": "{}", "country": "{country}", "elevation-m": "{elevation}", "region": "R{}", "tz-area": "{area}", "tz-city": "{city}"}}}}"#,
            !index.is_multiple_of(3),
            index % 17,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{N_STATIONS, made};

    #[test]
    fn made_stations_are_json_with_distinct_ids() {
        let text = made();
        let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let ids: std::collections::BTreeSet<String> =
            text.lines().map(|line| parse(line)["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), N_STATIONS);
    }
}
