//! Whether a device could choose by what it reports of itself which secret it gets.

use escadre_algebra::analysis::{Analysis, Dependence, Factor};
use escadre_algebra::{EncodeOptions, Fleet, Path, PathSet};
use escadre_interpreter::present::{Check, CheckFinding};
use serde_json::Value as Json;

use crate::cli::assumed::undecided;

pub(super) const CLAIM: &str = "no label that devices report decides about a secret";

/// Fields that name a secret of the target.
const FIELDS: [&str; 4] = ["secret", "secretKeyRef", "secretRef", "imagePullSecrets"];

/// The check `secrets`.
pub(super) fn check(fleet: &Fleet, analysis: &mut Analysis) -> Check {
    let check = Check::new("secrets", CLAIM);
    let paths = match secrets(fleet) {
        Ok(paths) => paths,
        Err(why) => return check.undecided(why),
    };
    match analysis.steered_by_reports(fleet, &paths) {
        Ok(found) => {
            check.with(found.iter().map(|dependence| finding(fleet, dependence)).collect())
        }
        Err(error) => check.undecided(undecided(error)),
    }
}

fn finding(fleet: &Fleet, dependence: &Dependence) -> CheckFinding {
    let explain = |facts| fleet.explain(facts, Some(&dependence.path)).fields;
    let fields = dependence.example.as_ref().map(explain).unwrap_or_default();
    let candidates = fields.into_iter().take(1).flat_map(|field| field.candidates);
    let label = match &dependence.factor {
        Factor::Label(key) => format!("the label `{key}`"),
        Factor::Id => "the id".to_owned(),
    };
    CheckFinding {
        about: format!("{} depends on {label}, which devices report", dependence.path),
        region: Some(dependence.region.clone()),
        example: dependence.example.clone(),
        path: Some(dependence.path.clone()),
        written: candidates.map(|candidate| (None, candidate.sources)).collect(),
        advice: Some(
            "decide about secrets by labels that the inventory's owner asserts".to_owned(),
        ),
        ..CheckFinding::default()
    }
}

/// The paths at which the fleet names secrets, as its wire form lists them.
fn secrets(fleet: &Fleet) -> Result<PathSet, String> {
    let text =
        fleet.encode(&EncodeOptions { origins: false }).map_err(|error| error.to_string())?;
    let wire: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut subtrees: Vec<Path> = Vec::new();
    for node in wire["nodes"].as_array().into_iter().flatten() {
        let (Some(resource), Some(claims)) =
            (node["resource"].as_str(), node["claims"].as_object())
        else {
            continue;
        };
        let root = Path::parse(resource).map_err(|error| error.to_string())?;
        if claims.get("kind").and_then(Json::as_str) == Some("Secret") {
            subtrees.push(root);
            continue;
        }
        let mut open = vec![(root, claims)];
        while let Some((at, claims)) = open.pop() {
            for (key, below) in claims {
                // A key that begins with `$` says something of the claim itself.
                let name = if let Some(own) = key.strip_prefix('$') {
                    if own.starts_with('$') { own } else { continue }
                } else {
                    key
                };
                let at = at.child(name).map_err(|error| error.to_string())?;
                if FIELDS.contains(&name) {
                    subtrees.push(at);
                } else if let Some(below) = below.as_object() {
                    open.push((at, below));
                }
            }
        }
    }
    Ok(PathSet::union_all(subtrees.into_iter().map(PathSet::subtree)))
}

#[cfg(test)]
mod tests {
    use super::secrets;
    use escadre_algebra::{Fleet, Resource, SecretRef, container, deploy, secret};

    #[test]
    fn secrets_are_found_by_their_kind_and_by_their_fields() {
        let reference = || SecretRef::new("db", "password", "3");
        let fleet = Fleet::union_all([
            deploy(secret("db", reference())),
            deploy(container("web").env("PASSWORD", reference()).env("ZONE", "lyon")),
            deploy(Resource::new("motd").set("text", "secret")),
        ]);
        let paths = secrets(&fleet).unwrap_or_default();
        let subtrees: Vec<String> = paths.subtrees().map(ToString::to_string).collect();
        assert_eq!(subtrees, ["db", "web.containers.web.env.PASSWORD.secret"]);
    }
}
