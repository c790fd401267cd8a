//! How a case fails: what was promised, where it differs, and the fleet to try it with.

use std::fmt::{self, Write as _};

use escadre_algebra::{Configuration, EncodeOptions, Resolved};
use escadre_interpreter::Snapshot;
use escadre_interpreter::inventory::write_jsonl;
use serde::Serialize;

use super::bench::Trouble;

/// How many differences are told.
const N_TOLD: usize = 8;

/// What went against a law, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    said: String,
    differences: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Tried>,
}

/// What a failing case was tried with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Its name among the suite's inputs, or what is special about it.
    pub name: String,
    /// The fleet, as `fleet.lock` holds it.
    pub fleet: String,
    /// The inventory, as JSON Lines.
    pub inventory: String,
}

impl Failure {
    /// The failure that `said` tells.
    pub(crate) fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), differences: Vec::new(), input: None }
    }

    /// This failure, seen by these differences.
    pub(crate) fn seen_by(mut self, differences: Vec<String>) -> Self {
        self.differences = differences;
        self
    }

    /// This failure, found with `resolved`, called `name`; the innermost is kept.
    pub(crate) fn on(mut self, name: &str, resolved: &Resolved) -> Self {
        if self.input.is_none() {
            let mut inventory = Vec::new();
            let written = write_jsonl(resolved.inventory(), &mut inventory);
            let inventory = match written {
                Ok(()) => String::from_utf8_lossy(&inventory).into_owned(),
                Err(error) => format!("(not written: {error})"),
            };
            let fleet = resolved.fleet().encode(&EncodeOptions::default());
            let fleet = fleet.unwrap_or_else(|error| format!("(not encoded: {error})"));
            self.input = Some(Tried { name: name.to_owned(), fleet, inventory });
        }
        self
    }

    /// What was promised and not kept.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Which devices and fields differ, the first eight.
    #[must_use]
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// What it was tried with, if the case has inputs.
    #[must_use]
    pub fn input(&self) -> Option<&Tried> {
        self.input.as_ref()
    }
}

impl fmt::Display for Failure {
    /// What was said, the differences, and the whole input.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.said)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))?;
        self.input.iter().try_for_each(|input| write!(f, "\n  with {input}"))
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fleet, inventory } = self;
        writeln!(f, "`{name}`, whose fleet is")?;
        fleet.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
        f.write_str("  and whose inventory is")?;
        inventory.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// How a check ends, if not well.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The law does not hold.
    Failed(Box<Failure>),
    /// The law could not be tried.
    NotRun(String),
}

impl Stop {
    /// This stop, found with `resolved`.
    pub(crate) fn on(self, name: &str, resolved: &Resolved) -> Self {
        match self {
            Self::Failed(failure) => failure.on(name, resolved).into(),
            Self::NotRun(_) => self,
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Failure::new(format!("the bench failed: {trouble}")).into()
    }
}

/// The failure that `said` tells, unless `holds`.
pub(crate) fn ensure(holds: bool, said: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(said())) }
}

/// The failure that `said` tells, unless `held` is `wanted`.
pub(crate) fn ensure_same(held: &Snapshot, wanted: &Snapshot, said: &str) -> Result<(), Failure> {
    let differences = differences(held, wanted);
    if differences.is_empty() { Ok(()) } else { Err(Failure::new(said).seen_by(differences)) }
}

/// Which devices and fields of `held` are not as `wanted`, the first few; none iff they are equal.
pub(crate) fn differences(held: &Snapshot, wanted: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for (id, wanted) in wanted.iter() {
        match held.get(id.as_str()) {
            None => found.push(format!("`{id}` is no member, and should be one")),
            Some(held) => compare(id.as_str(), held, wanted, &mut found),
        }
    }
    let strangers = held.iter().filter(|(id, _)| wanted.get(id.as_str()).is_none());
    found.extend(strangers.map(|(id, _)| format!("`{id}` is a member, and should be none")));
    let n_more = found.len().saturating_sub(N_TOLD);
    if n_more > 0 {
        found.truncate(N_TOLD);
        found.push(format!("… and {n_more} more"));
    }
    found
}

/// Tells the fields of `id` whose values differ.
fn compare(id: &str, held: &Configuration, wanted: &Configuration, found: &mut Vec<String>) {
    let fields = |configuration: &Configuration| -> Vec<(String, String)> {
        let resources = configuration.resources().iter();
        let fields = resources.flat_map(|(name, state)| {
            state.leaves().iter().map(move |(fields, value)| {
                let mut path = name.to_string();
                for field in fields.iter() {
                    let _ = write!(path, ".{field}");
                }
                (path, value.to_string())
            })
        });
        fields.collect()
    };
    if held.resources() == wanted.resources() {
        return;
    }
    let (held, wanted) = (fields(held), fields(wanted));
    let at = |fields: &[(String, String)], path: &str| {
        let found = fields.iter().find(|(at, _)| at == path);
        found.map_or_else(|| "nothing".to_owned(), |(_, value)| value.clone())
    };
    for (path, value) in &wanted {
        let present = at(&held, path);
        if present != *value {
            found.push(format!("`{id}` {path}: {present}, and should be {value}"));
        }
    }
    for (path, value) in held.iter().filter(|(path, _)| at(&wanted, path) == "nothing") {
        found.push(format!("`{id}` {path}: {value}, and should be nothing"));
    }
}
