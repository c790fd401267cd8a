//! What a `Fleet` object tells of itself. Pure.

use k8s_openapi::jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{Found, Verdict};

/// What was found when the target was last looked at.
// Every field is written, absent ones as null: a merge patch removes what is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetStatus {
    /// The generation of the object that this tells about.
    pub observed_generation: Option<i64>,
    /// `Ready`, `Stalled` (only people can help) and `Suspended`.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// How many devices have which fate.
    pub counts: Option<Counts>,
    /// The digest of the fleet.
    pub fleet: Option<String>,
    /// The beginning of that digest.
    pub short_fleet: Option<String>,
    /// The digest of the inventory.
    pub inventory: Option<String>,
    /// The digest of the last plan that had something to change.
    pub plan: Option<String>,
    /// The digest of the fleet and of the members that would leave, which `consent.acceptShrink` names.
    pub leaving: Option<String>,
    /// The revision of the target.
    pub revision: Option<String>,
    /// The last apply that wrote something.
    pub last_applied: Option<LastApplied>,
}

/// One thing that holds of the object, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    #[schemars(length(max = 316))]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in one word.
    #[schemars(length(max = 1024))]
    pub reason: String,
    /// Why, for people.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// Since when the status is so.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
    /// The generation of the object that this tells about.
    #[serde(default)]
    pub observed_generation: Option<i64>,
}

/// How many devices have which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// How many devices the inventory lists.
    pub devices: i64,
    /// How many of them the fleet is for.
    pub members: i64,
    /// How many are not as they are wanted.
    pub changes: i64,
    /// How many of those could not be written.
    pub failed: i64,
    /// How many are left alone, since something is unknown of them.
    pub undetermined: i64,
}

/// An apply that wrote something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastApplied {
    /// When it ended.
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// The digest of the fleet.
    pub fleet: String,
    /// The digest of the plan.
    pub plan: String,
    /// How many devices were written.
    pub written: i64,
    /// How many of them were removed.
    pub removed: i64,
}

/// The condition of this name.
const READY: &str = "Ready";

impl FleetStatus {
    /// What is told after a look at the object of `generation`; what this look did not come to is
    /// told as it was before.
    pub(crate) fn after(&self, found: &Found, generation: Option<i64>, now: Timestamp) -> Self {
        let now = time(now);
        let verdict = &found.verdict;
        let is = |kind, status, reason: &str, message: &str| {
            let status = if status { "True" } else { "False" };
            self.condition(kind, (status, reason, message), generation, &now)
        };
        let suspended = match found.is_suspended {
            true => "nothing is applied",
            false => "changes are applied",
        };
        let reason = verdict.reason.name();
        let stalled = match verdict.reason.is_stalled() {
            true => verdict.message.as_str(),
            false => "nobody needs to do anything",
        };
        let applied = found.applied.as_ref().map(|applied| LastApplied {
            time: now.clone(),
            fleet: found.fleet.map(|digest| digest.to_string()).unwrap_or_default(),
            plan: found.plan.clone().unwrap_or_default(),
            written: count(applied.n_written),
            removed: count(applied.n_removed),
        });
        Self {
            observed_generation: generation,
            conditions: vec![
                is(READY, verdict.reason.is_ready(), reason, &verdict.message),
                is("Stalled", verdict.reason.is_stalled(), reason, stalled),
                is("Suspended", found.is_suspended, "Spec", suspended),
            ],
            counts: found.counts.or(self.counts),
            fleet: found.fleet.map(|it| it.to_string()).or_else(|| self.fleet.clone()),
            short_fleet: found.fleet.map(|it| it.short()).or_else(|| self.short_fleet.clone()),
            inventory: found.inventory.map(|it| it.to_string()).or_else(|| self.inventory.clone()),
            plan: found.plan.clone().or_else(|| self.plan.clone()),
            leaving: match found.plan {
                Some(_) => found.leaving.clone(),
                None => self.leaving.clone(),
            },
            revision: found.revision.clone().or_else(|| self.revision.clone()),
            last_applied: applied.or_else(|| self.last_applied.clone()),
        }
    }

    /// The condition `kind`, since now if its status is another one than before.
    fn condition(
        &self,
        kind: &str,
        (status, reason, message): (&str, &str, &str),
        observed_generation: Option<i64>,
        now: &str,
    ) -> Condition {
        let before = self.conditions.iter().find(|it| it.kind == kind && it.status == status);
        Condition {
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time: before
                .map_or_else(|| now.to_owned(), |it| it.last_transition_time.clone()),
            observed_generation,
        }
    }

    /// Whether `verdict` is what was told last.
    pub(crate) fn tells(&self, verdict: &Verdict) -> bool {
        self.conditions.iter().any(|it| {
            it.kind == READY && it.reason == verdict.reason.name() && it.message == verdict.message
        })
    }
}

/// A number of devices: 63 bits are enough on every machine.
pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Reason;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_condition_keeps_its_time_until_its_status_is_another() {
        let found = |reason, message| Found::new(Verdict::new(reason, message));
        let first = FleetStatus::default().after(&found(Reason::InSync, "a"), Some(1), at(0));
        let again = first.after(&found(Reason::InSync, "b"), Some(2), at(7));
        assert_eq!(again.conditions[0].last_transition_time, "1970-01-01T00:00:00Z");
        assert_eq!(
            (again.conditions[0].message.as_str(), again.observed_generation),
            ("b", Some(2))
        );
        let other = again.after(&found(Reason::Unreachable, "c"), Some(2), at(9));
        assert_eq!(other.conditions[0].last_transition_time, "1970-01-01T00:00:09Z");
        assert_eq!(other.conditions[1].last_transition_time, "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_a_look_did_not_come_to_is_told_as_it_was() {
        let mut found = Found::new(Verdict::new(Reason::InSync, "a"));
        found.counts = Some(Counts { devices: 3, ..Counts::default() });
        found.plan = Some("sha256:00".to_owned());
        let first = FleetStatus::default().after(&found, Some(1), at(0));
        let bad = Found::new(Verdict::new(Reason::InvalidFleet, "no fleet"));
        let next = first.after(&bad, Some(2), at(1));
        assert_eq!((next.counts, &next.plan), (first.counts, &first.plan));
        assert_eq!(next.conditions[1].status, "True");
        assert!(next.tells(&bad.verdict) && !next.tells(&found.verdict));
    }
}
