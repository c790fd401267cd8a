//! What a run found.

use std::fmt;

use serde::Serialize;

use super::failure::{Failure, Tried};

/// What a run of the suite found: a verdict for each case, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub(crate) target: String,
    pub(crate) seed: u64,
    pub(crate) n_inputs: usize,
    pub(crate) refused: Vec<RefusedInput>,
    pub(crate) entries: Vec<Entry>,
}

/// An input that the target cannot express, so that no case was tried with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedInput {
    /// Its name.
    pub name: String,
    /// What `lower` says.
    pub why: String,
}

/// One case of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The law's name.
    pub name: &'static str,
    /// What the law says.
    pub law: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// The law held on every input.
    Passed {
        /// How many inputs there were.
        n_tried: usize,
    },
    /// The law did not hold.
    Failed(Box<Failure>),
    /// The law was not tried.
    NotRun {
        /// What is missing.
        reason: String,
    },
}

impl Report {
    /// The target, in its own words.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The seed of the generated inputs: the same seed tries the same.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The inputs that the target cannot express.
    #[must_use]
    pub fn refused(&self) -> &[RefusedInput] {
        &self.refused
    }

    /// The cases, each with its verdict.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many cases passed.
    #[must_use]
    pub fn n_passed(&self) -> usize {
        self.entries.iter().filter(|e| matches!(e.verdict, Verdict::Passed { .. })).count()
    }

    /// How many cases were not run.
    #[must_use]
    pub fn n_not_run(&self) -> usize {
        self.entries.iter().filter(|e| matches!(e.verdict, Verdict::NotRun { .. })).count()
    }

    /// The names of the cases that failed, with what was found.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        self.entries.iter().filter_map(|entry| match &entry.verdict {
            Verdict::Failed(failure) => Some((entry.name, &**failure)),
            Verdict::Passed { .. } | Verdict::NotRun { .. } => None,
        })
    }

    /// Whether no case failed. What was not run says nothing: see [`Report::n_not_run`].
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        self.failures().next().is_none()
    }
}

impl fmt::Display for Report {
    /// A table of the cases, then what failed, then the numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} inputs, seed {}", self.target, self.n_inputs, self.seed)?;
        let width = self.entries.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
        for Entry { name, law, verdict } in &self.entries {
            match verdict {
                Verdict::Passed { n_tried } => {
                    writeln!(f, "  passed   {name:width$}  {n_tried:>4}  {law}")?;
                }
                Verdict::Failed(_) => writeln!(f, "  FAILED   {name:width$}        {law}")?,
                Verdict::NotRun { reason } => {
                    writeln!(f, "  not run  {name:width$}        {law} ({reason})")?;
                }
            }
        }
        let mut shown: Vec<&Tried> = Vec::new();
        for (name, failure) in self.failures() {
            writeln!(f, "{name}: {}", failure.said())?;
            failure.differences().iter().try_for_each(|told| writeln!(f, "  {told}"))?;
            match failure.input() {
                Some(input) if shown.contains(&input) => {
                    writeln!(f, "  with `{}`, which is above", input.name)?;
                }
                Some(input) => {
                    writeln!(f, "  with {input}")?;
                    shown.push(input);
                }
                None => {}
            }
        }
        for RefusedInput { name, why } in &self.refused {
            writeln!(f, "not tried with `{name}`, which the target cannot express: {why}")?;
        }
        let n_failed = self.failures().count();
        let (n_passed, n_not_run) = (self.n_passed(), self.n_not_run());
        write!(f, "{n_passed} passed, {n_failed} failed, {n_not_run} not run")
    }
}
