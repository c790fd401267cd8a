//! What was proven of a fleet, refuted or left undecided.

use escadre_algebra::{Facts, Finding, Path, Selector, Sources, Value};
use serde_json::{Value as Json, json};

use super::difference::{Side, facts_json, scope, sources_json};
use super::place;
use super::sarif::{Rule, document, location, related};
use super::style::{Ink, Page, TextOptions};
use super::value::short;
use super::words::{count, number};

/// One question about every device that could exist, and its answer.
///
/// ```
/// use escadre_interpreter::present::{Check, TextOptions, Verdict, check_text};
/// let check = Check::new("conflicts", "no path of any device has several candidates");
/// assert_eq!(check.verdict, Verdict::Proven);
/// let shown = check_text(&[check], false, &TextOptions::default());
/// assert!(shown.contains("proven     conflicts: no path of any device has several candidates\n"));
/// ```
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is called, in one word.
    pub name: &'static str,
    /// What holds if it is proven, in one sentence without a stop.
    pub claim: String,
    /// The answer.
    pub verdict: Verdict,
    /// Where it does not hold.
    pub findings: Vec<CheckFinding>,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds on every device.
    Proven,
    /// It does not: the findings say where.
    Refuted,
    /// It is not known, for this reason.
    Undecided(String),
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Refuted => "refuted",
            Self::Undecided(_) => "undecided",
        }
    }

    fn ink(&self) -> Ink {
        match self {
            Self::Proven => Ink::Added,
            Self::Refuted => Ink::Removed,
            Self::Undecided(_) => Ink::Changed,
        }
    }
}

/// One place where a check does not hold.
#[derive(Clone, Debug, Default)]
pub struct CheckFinding {
    /// What is so, in one sentence without a stop.
    pub about: String,
    /// On which devices.
    pub region: Option<Selector>,
    /// One of them.
    pub example: Option<Facts>,
    /// In how many other configurations it is so, if it was found by looking at one after the other.
    pub n_more: usize,
    /// At which path.
    pub path: Option<Path>,
    /// What was written, if it is about values, and by whom.
    pub written: Vec<(Option<Value>, Sources)>,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Check {
    /// The check `name`, which is proven if `claim` holds: it is, as long as no finding is added.
    #[must_use]
    pub fn new(name: &'static str, claim: impl Into<String>) -> Self {
        Self { name, claim: claim.into(), verdict: Verdict::Proven, findings: Vec::new() }
    }

    /// This check, refuted where `findings` say; proven if there are none.
    #[must_use]
    pub fn with(mut self, findings: Vec<CheckFinding>) -> Self {
        if !findings.is_empty() {
            self.verdict = Verdict::Refuted;
        }
        self.findings = findings;
        self
    }

    /// This check, not decided for `reason`, unless it is refuted anyway.
    #[must_use]
    pub fn undecided(mut self, reason: impl Into<String>) -> Self {
        if self.verdict != Verdict::Refuted {
            self.verdict = Verdict::Undecided(reason.into());
        }
        self
    }
}

/// What resolving found, as a finding of a check, and the name of that check.
#[must_use]
pub fn finding_of(finding: &Finding) -> (&'static str, CheckFinding) {
    let one = |value: &(Value, Sources)| vec![(Some(value.0.clone()), value.1.clone())];
    let only = |sources: &Sources| vec![(None, sources.clone())];
    let of = |about: String, path: Option<&Path>, written, advice: Option<&str>| CheckFinding {
        about,
        path: path.cloned(),
        written,
        advice: advice.map(str::to_owned),
        ..CheckFinding::default()
    };
    match finding {
        Finding::MissingLabel { path, key, value, .. } => {
            let advice =
                format!("give a default (`label_or`), or restrict to devices that have `{key}`");
            let about = format!("{path} mentions the label `{key}`, which is missing");
            ("labels", of(about, Some(path), one(value), Some(&advice)))
        }
        Finding::MissingField { path, reason, sources, .. } => {
            ("fields", of(format!("{path} is missing: {reason}"), Some(path), only(sources), None))
        }
        Finding::UnknownDependency { resource, target, sources, .. } => {
            let about = format!("`{resource}` is after `{target}`, which is not there");
            ("dependencies", of(about, None, only(sources), None))
        }
        Finding::BadDependency { path, value, .. } => {
            let about = format!("{path} is no dependency: expected `after.NAME = true`");
            ("dependencies", of(about, Some(path), one(value), None))
        }
        Finding::Cycle { resources, sources, .. } => {
            let names: Vec<String> =
                resources.iter().chain(resources.first()).map(|name| format!("`{name}`")).collect();
            let about = format!("a cycle: {}", names.join(" is after "));
            ("dependencies", of(about, None, only(sources), None))
        }
        Finding::Conflict { path, candidates, .. } => {
            let written = candidates.iter().map(|(v, by)| (Some(v.clone()), by.clone())).collect();
            ("conflicts", of(format!("{path} has several candidates"), Some(path), written, None))
        }
        Finding::Invalid(problem) => (
            "parts",
            of(format!("{}: {}", problem.origin(), problem.message()), None, Vec::new(), None),
        ),
        _ => ("other", of(finding.to_string(), None, Vec::new(), None)),
    }
}

/// `checks` as a person reads them.
#[must_use]
pub fn check_text(checks: &[Check], assumed: bool, options: &TextOptions) -> String {
    let mut page = Page::new(options.colour);
    page.put(Ink::Strong, "Checked").put(Ink::Plain, &format!(" on {}", scope(assumed))).end();
    page.end();
    for check in checks {
        let word = check.verdict.word();
        page.put(check.verdict.ink(), &format!("{word:<9}")).gap(11);
        page.put(Ink::Strong, check.name).put(Ink::Plain, ": ");
        match &check.verdict {
            Verdict::Proven => page.put(Ink::Plain, &check.claim),
            Verdict::Refuted => page.put(Ink::Plain, &count(check.findings.len(), "finding")),
            Verdict::Undecided(reason) => page.put(Ink::Plain, reason),
        };
        page.end();
        for finding in check.findings.iter().take(options.max_groups) {
            write_finding(&mut page, finding, options);
        }
        let left = check.findings.len().saturating_sub(options.max_groups);
        if left > 0 {
            let more = format!("… and {}", count(left, "more finding"));
            page.pad(4).put(Ink::Faint, &more).end();
        }
    }
    page.end();
    let n = |word: &str| checks.iter().filter(|check| check.verdict.word() == word).count();
    page.put(Ink::Strong, "Checks: ");
    let [proven, refuted, undecided] =
        ["proven", "refuted", "undecided"].map(|word| number(n(word)));
    let totals = format!("{proven} proven, {refuted} refuted, {undecided} undecided");
    page.put(Ink::Plain, &totals).end();
    page.finish()
}

fn write_finding(page: &mut Page, finding: &CheckFinding, options: &TextOptions) {
    page.pad(4).put(Ink::Removed, &finding.about).end();
    let width = options.width.saturating_sub(8).max(24);
    if let Some(region) = &finding.region {
        for line in place::wrapped(&place::place(region), width) {
            page.pad(8).put(Ink::Plain, &line).end();
        }
    }
    if finding.n_more > 0 {
        let more = format!("and in {}", count(finding.n_more, "other configuration"));
        page.pad(8).put(Ink::Plain, &more).end();
    }
    if let Some(example) = &finding.example {
        page.pad(8).put(Ink::Faint, &format!("such as {}", place::device(example))).end();
    }
    for (value, sources) in &finding.written {
        if let Some(value) = value {
            page.pad(8).put(Ink::Plain, &short(value, width)).end();
        }
        for source in sources.all() {
            let indent = if value.is_some() { 12 } else { 8 };
            page.pad(indent).put(Ink::Faint, &format!("written at {source}")).end();
        }
    }
    if let Some(advice) = &finding.advice {
        page.pad(8).put(Ink::Advice, advice).end();
    }
}

/// `checks` for programs; `docs/reviewing.md` lists the keys.
#[must_use]
pub fn check_json(checks: &[Check], assumed: bool, fleet: &Side<'_>) -> Json {
    let checks = checks.iter().map(|check| {
        let why = match &check.verdict {
            Verdict::Undecided(reason) => Some(reason),
            Verdict::Proven | Verdict::Refuted => None,
        };
        json!({
            "name": check.name,
            "claim": check.claim,
            "answer": check.verdict.word(),
            "why": why,
            "findings": check.findings.iter().map(finding_json).collect::<Vec<_>>(),
        })
    });
    json!({
        "escadre": "check",
        "version": 1,
        "fleet": fleet.json(),
        "assumed": assumed,
        "checks": checks.collect::<Vec<_>>(),
    })
}

fn finding_json(finding: &CheckFinding) -> Json {
    let written = finding.written.iter().map(|(value, sources)| {
        json!({ "value": value.as_ref().map(Value::to_json), "sources": sources_json(sources) })
    });
    json!({
        "about": finding.about,
        "path": finding.path.as_ref().map(ToString::to_string),
        "region": finding.region.as_ref().map(|region| place::selector(region).0),
        "example": finding.example.as_ref().map(facts_json),
        "n_more": finding.n_more,
        "written": written.collect::<Vec<_>>(),
    })
}

/// `checks` as SARIF: a result for each finding, and one for each check that is undecided.
///
/// `file` is the path of the fleet's file from the root of the repository, if it has one.
#[must_use]
pub fn check_sarif(checks: &[Check], file: Option<&str>) -> Json {
    const RULES: [Rule; 8] = [
        Rule { id: "parts", text: "Something was written but means nothing" },
        Rule { id: "conflicts", text: "A path has several candidates on some device" },
        Rule { id: "labels", text: "A text mentions a label that some device does not have" },
        Rule { id: "fields", text: "A required field is missing on some device" },
        Rule {
            id: "dependencies",
            text: "A dependency between resources cannot be met on some device",
        },
        Rule { id: "layers", text: "A layer does nothing on any device" },
        Rule { id: "order", text: "Two layers say different things, and the later one wins" },
        Rule { id: "secrets", text: "A label that devices report can steer a secret" },
    ];
    let results = checks.iter().flat_map(|check| {
        let open = match &check.verdict {
            Verdict::Undecided(reason) => Some(result(
                check.name,
                "warning",
                &format!("undecided whether {}: {reason}", check.claim),
                file,
            )),
            Verdict::Proven | Verdict::Refuted => None,
        };
        let found = check.findings.iter().map(|finding| {
            let place = finding.region.as_ref().map(|r| format!(", {}", place::place(r)));
            let example =
                finding.example.as_ref().map(|facts| format!(", such as {}", place::device(facts)));
            let text =
                [finding.about.clone(), place.unwrap_or_default(), example.unwrap_or_default()]
                    .concat();
            let mut result = result(check.name, "error", &text, file);
            let places = finding.written.iter().map(|(_, sources)| sources);
            result["relatedLocations"] = related(places);
            result
        });
        open.into_iter().chain(found).collect::<Vec<_>>()
    });
    document(&RULES, &results.collect::<Vec<_>>())
}

fn result(rule: &str, level: &str, text: &str, file: Option<&str>) -> Json {
    json!({
        "ruleId": rule, "level": level, "message": { "text": text }, "locations": [location(file)],
    })
}
