//! Evidence: each claim of an issue is a command that does the real thing and prints its figures.

mod compose;
mod decide;
mod killed;
mod kube;
mod laws;
mod nats;
mod networks;
mod peaks;
mod rivals;
mod stations;
mod table;
mod whole;

use crate::Outcome;
use crate::workspace::Workspace;

/// The variable that tells the example `weather` how many layers its fleet has.
pub(crate) const LAYERS: &str = "WEATHER_LAYERS";

/// A claim: what it says, and what checks it.
struct Claim {
    number: u8,
    says: &'static str,
    check: fn(&Workspace, quick: bool) -> Outcome,
}

/// Each topic and its claims.
const TOPICS: [(&str, &[Claim]); 5] = [
    ("compose", &compose::CLAIMS),
    ("laws", &laws::CLAIMS),
    ("decide", &decide::CLAIMS),
    ("nats", &nats::CLAIMS),
    ("kube", &kube::CLAIMS),
];

/// Checks one claim.
pub(crate) fn run(workspace: &Workspace, topic: &str, number: u8, quick: bool) -> Outcome {
    let known: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
    let (_, claims) = TOPICS
        .iter()
        .find(|(name, _)| *name == topic)
        .ok_or_else(|| format!("no topic `{topic}`: there is {}", known.join(", ")))?;
    let claim = claims.iter().find(|claim| claim.number == number).ok_or_else(|| {
        let numbers: Vec<String> = claims.iter().map(|claim| claim.number.to_string()).collect();
        format!("{topic} has the claims {}", numbers.join(", "))
    })?;
    println!("{topic} {number}: {}", claim.says);
    (claim.check)(workspace, quick)
}

/// Checks every claim quickly, to the end, and names those that do not hold.
pub(crate) fn every(workspace: &Workspace) -> Outcome {
    let mut failures = Vec::new();
    for (topic, claims) in TOPICS {
        for Claim { number, .. } in claims {
            if let Err(message) = run(workspace, topic, *number, true) {
                failures.push(format!("{topic} {number}: {message}"));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}
