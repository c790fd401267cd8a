//! The suite's own test: interpreters with one bug each, and the cases that find them.

use std::fmt;
use std::num::NonZero;
use std::thread::{self, ScopedJoinHandle};

use super::bench::Trouble;
use super::checks::cases;
use super::drive::drive;
use super::reference::{Bug, ReferenceBench};
use super::run::{Options, run};

/// Which case finds which bug: a row a bug, a column a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    cases: Vec<&'static str>,
    rows: Vec<Row>,
}

/// What finds one bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The bug.
    pub bug: Bug,
    /// The names of the cases that failed, in the order of a report.
    pub found_by: Vec<&'static str>,
}

/// Which case finds which bug of the reference interpreter, by running the suite with each; on all cores.
///
/// # Errors
/// The suite's own inputs make no sense, which its tests rule out.
///
/// ```no_run
/// use escadre_laws::conformance::{Options, matrix};
/// let matrix = matrix(&Options { n_generated: 0, ..Options::default() })?;
/// assert!(matrix.missed().next().is_none() && matrix.idle().next().is_none(), "{matrix}");
/// # Ok::<(), escadre_laws::conformance::Trouble>(())
/// ```
pub fn matrix(options: &Options) -> Result<Matrix, Trouble> {
    let cases = cases::<ReferenceBench>().iter().map(|case| case.name).collect();
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get);
    let chunks = Bug::ALL.chunks(Bug::ALL.len().div_ceil(n_threads));
    let rows: Result<Vec<Vec<Row>>, Trouble> = thread::scope(|scope| {
        let runs: Vec<_> = chunks
            .map(|bugs| scope.spawn(|| bugs.iter().map(|bug| row(*bug, options)).collect()))
            .collect();
        let ended = |run: ScopedJoinHandle<'_, _>| {
            run.join().unwrap_or_else(|_| Err(Trouble::new("a run of the suite panicked")))
        };
        runs.into_iter().map(ended).collect()
    });
    Ok(Matrix { cases, rows: rows?.concat() })
}

/// What finds `bug`.
fn row(bug: Bug, options: &Options) -> Result<Row, Trouble> {
    let report = drive(run(&mut ReferenceBench::broken(bug), options))?;
    Ok(Row { bug, found_by: report.failures().map(|(name, _)| name).collect() })
}

impl Matrix {
    /// The names of the cases, in the order of a report.
    #[must_use]
    pub fn cases(&self) -> &[&'static str] {
        &self.cases
    }

    /// What finds each bug.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The bugs that the case meant for them does not find.
    pub fn missed(&self) -> impl Iterator<Item = Bug> {
        let missed = self.rows.iter().filter(|row| !row.found_by.contains(&row.bug.meant_for()));
        missed.map(|row| row.bug)
    }

    /// The cases that are meant for no bug that they find.
    pub fn idle(&self) -> impl Iterator<Item = &'static str> {
        self.cases.iter().copied().filter(|case| {
            let mut rows = self.rows.iter();
            !rows.any(|row| row.bug.meant_for() == *case && row.found_by.contains(case))
        })
    }
}

impl fmt::Display for Matrix {
    /// Columns are numbered; `●` is the case meant for a bug, `·` another that finds it too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, case) in self.cases.iter().enumerate() {
            writeln!(f, "{:>3}  {case}", i + 1)?;
        }
        writeln!(f)?;
        let width = self.rows.iter().map(|row| row.bug.says().chars().count()).max().unwrap_or(0);
        write!(f, "{:width$}", "an interpreter that")?;
        (1..=self.cases.len()).try_for_each(|i| write!(f, " {i:>2}"))?;
        for Row { bug, found_by } in &self.rows {
            write!(f, "\n{bug:width$}")?;
            for case in &self.cases {
                let mark = match found_by.contains(case) {
                    true if bug.meant_for() == *case => "●",
                    true => "·",
                    false if bug.meant_for() == *case => "!",
                    false => " ",
                };
                write!(f, "  {mark}")?;
            }
        }
        let (n_bugs, n_cases) = (self.rows.len(), self.cases.len());
        let (n_missed, n_idle) = (self.missed().count(), self.idle().count());
        write!(f, "\n{n_bugs} bugs, {n_missed} missed; {n_cases} cases, {n_idle} idle")
    }
}
