//! Planning, and applying where that is to be, on any target.

use escadre_algebra::{Digester, Resolved};
use escadre_interpreter::present::{TextOptions, document, number, text};
use escadre_interpreter::{Consent, Interpreter, Plan, Progress, Refused};

use crate::error::is_stale;
use crate::look::Look;
use crate::object::ConsentSpec;
use crate::read::failed;
use crate::status::{Counts, count};
use crate::verdict::{Found, Reason, Verdict, devices};

/// At most this many devices that were not written are named.
const MAX_NAMED: usize = 3;

/// Makes the target of `look` hold `resolved`, if that is agreed to, and tells `found` what there was.
pub(crate) async fn carry_out<I>(
    target: &mut I,
    look: &Look<'_>,
    resolved: &Resolved,
    found: &mut Found,
) -> Result<Verdict, Verdict>
where
    I: Interpreter + Send,
{
    // What the target cannot express is refused before anything else.
    let objects = target.lower(resolved).map_err(|error| failed(Reason::Inexpressible, &error))?;
    let seen = target.observe().await.map_err(|error| failed(Reason::Unreachable, &error))?;
    let held = target.lift(&seen.state).map_err(|error| failed(Reason::Unreachable, &error))?;
    let plan = target.plan(resolved, &held, &seen.revision);
    let is_settled = target.is_settled(&seen.state, plan.coverage());
    for anomaly in target.anomalies(&seen.state).iter().take(MAX_NAMED) {
        tracing::warn!(target = plan.target(), anomaly, "this is nothing of the operator's");
    }
    drop((held, seen));
    tell(&plan, resolved, found);
    let spec = &look.object.spec;
    if spec.suspend && !plan.is_empty() {
        return Ok(Verdict::new(Reason::Suspended, &format!("{}: nothing is applied", sum(&plan))));
    }
    let consent = consent(&spec.consent, found.leaving.as_deref());
    let n_changes = consent.changes(&plan).map_err(|refused| refusal(&refused, found))?.len();
    change(found, |counts| counts.changes = count(n_changes));
    if n_changes == 0 && (is_settled || spec.suspend) {
        return Ok(in_sync(&plan, found));
    }
    look.is_current().await?;
    let mut log = Log;
    let applying = target.apply(&plan, &objects, &consent, false, &mut log);
    let applied = applying.await.map_err(|error| {
        failed(if is_stale(&error) { Reason::Stale } else { Reason::Unreachable }, &error)
    })?;
    let n_failed = applied.failed.len();
    change(found, |counts| {
        counts.changes = count(n_failed);
        counts.failed = count(n_failed);
    });
    found.revision = applied.revision.as_ref().map(ToString::to_string).or(found.revision.take());
    let named = applied.failed.iter().take(MAX_NAMED).map(|(id, why)| format!("`{id}`: {why}"));
    let named: Vec<String> = named.collect();
    found.applied = Some(applied).filter(|applied| applied.n_written > 0);
    if n_failed > 0 {
        let message = format!("{} not written, such as {}", devices(n_failed), named.join("; "));
        return Ok(Verdict::new(Reason::NotWritten, &message));
    }
    Ok(in_sync(&plan, found))
}

/// Tells `found` what the plan is like.
fn tell(plan: &Plan, resolved: &Resolved, found: &mut Found) {
    found.revision = Some(plan.base().to_string());
    change(found, |counts| {
        counts.changes = count(plan.changes().len());
        counts.undetermined = count(plan.summary().undetermined);
    });
    if !plan.is_empty() {
        found.plan = Some(document(plan).digest().to_owned());
        found.leaving = leaving(plan);
        let options =
            TextOptions { max_groups: 3, max_fields: 4, consent: None, ..TextOptions::default() };
        let shown = text(plan, resolved, &options);
        // What it is a plan for, the object says.
        found.shown = shown.split_once("\n\n").map_or("", |(_, changes)| changes).to_owned();
    }
}

fn change(found: &mut Found, with: impl FnOnce(&mut Counts)) {
    with(found.counts.get_or_insert_default());
}

/// What would happen, in one line.
fn sum(plan: &Plan) -> String {
    let summary = plan.summary();
    let [added, changed, removed] = [summary.added, summary.changed, summary.removed].map(number);
    format!("{added} added, {changed} changed, {removed} removed")
}

fn in_sync(plan: &Plan, found: &Found) -> Verdict {
    let members = found.counts.map_or(0, |counts| counts.members);
    let hold = if members == 1 { "holds" } else { "hold" };
    let members = devices(usize::try_from(members).unwrap_or_default());
    let mut message = format!("{members} {hold} the fleet {}", plan.fleet().short());
    let n_undetermined = plan.summary().undetermined;
    if n_undetermined > 0 {
        message
            .push_str(&format!(", {} left alone: something is unknown", devices(n_undetermined)));
    }
    Verdict::new(Reason::InSync, &message)
}

/// The digest of the fleet and of the members that leave.
///
/// The plan's own digest would not do for a consent: it is another one whenever any node of the
/// cluster has another label.
fn leaving(plan: &Plan) -> Option<String> {
    let mut digester = Digester::new("escadre/operator/leaving/1");
    digester.add(plan.fleet().as_bytes());
    let mut removed = plan.removed().peekable();
    removed.peek()?;
    removed.for_each(|id| digester.add(id.as_str().as_bytes()));
    Some(digester.finish().to_string())
}

/// What is agreed to, where the members whose digest is `leaving` would leave.
fn consent(spec: &ConsentSpec, leaving: Option<&str>) -> Consent {
    let usual = Consent::default();
    let max_shrink = format!("{}%", spec.max_shrink_percent).parse();
    Consent {
        max_shrink: max_shrink.unwrap_or(usual.max_shrink),
        accept_shrink: leaving.is_some() && spec.accept_shrink.as_deref() == leaving,
        keep_removed: spec.keep_removed,
        adopt: spec.adopt,
    }
}

fn refusal(refused: &Refused, found: &Found) -> Verdict {
    let leaving = found.leaving.as_deref().unwrap_or_default();
    let help = match refused {
        Refused::Shrink { .. } => format!(
            "if they are to leave, set `consent.acceptShrink` to `{leaving}`; otherwise check the inventory and the selectors"
        ),
        _ => refused.help().to_owned(),
    };
    Verdict::advised(Reason::ConsentNeeded, &refused.to_string(), Some(&help))
}

/// Tells the log.
struct Log;

impl Progress for Log {
    fn begin(&mut self, n_total: usize) {
        tracing::info!(devices = n_total, "writing");
    }

    fn advance(&mut self, n_done: usize) {
        tracing::debug!(devices = n_done, "written");
    }

    fn note(&mut self, message: &str) {
        tracing::info!("{message}");
    }
}
