//! The laws' own test: which of them notices which mistake in the meaning.

use std::fmt;
use std::num::NonZero;
use std::thread;

use escadre_algebra::mutant::Mutant;

use crate::catalogue::{Consequence, Law, Property, catalogue};
use crate::decide::{Judgement, Sees, decide, decide_implication};
use crate::exhaust::exhaust_implication;
use crate::implication::Implication;
use crate::properties::sample_property;
use crate::sample::{Sampling, sample};

/// What noticed a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Driver {
    /// The decision procedure, whose operators have the same mistake.
    Decided,
    /// Every fleet of a small universe, through `denote`.
    Exhausted,
    /// Random fleets, through `denote`.
    Sampled,
}

impl Driver {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decided, Self::Exhausted, Self::Sampled];
}

/// Properties are tried this many times as often as equations: each stands alone.
const CASES_OF_PROPERTY: u32 = 12;

/// A row of the matrix: what holds, and may notice that it does not.
#[derive(Clone, Copy, Debug)]
enum Row {
    Law(&'static Law),
    Consequence(&'static Consequence),
    Property(&'static Property),
}

/// Which law, implication or property notices which mutant, and by what.
#[derive(Clone, Debug)]
pub struct KillMatrix {
    sampling: Sampling,
    rows: Vec<Row>,
    /// For each mutant, what killed it in each row.
    columns: Vec<(Mutant, Vec<Option<Driver>>)>,
}

/// Something panicked under one of a few mutants, so there is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a panic under one of the mutants {}", .mutants.join(", "))]
pub struct KillError {
    mutants: Vec<&'static str>,
}

impl KillError {
    fn of(mutants: &[Mutant]) -> Self {
        Self { mutants: mutants.iter().map(|mutant| mutant.name()).collect() }
    }

    /// The mutants, by name, under one of which it was.
    #[must_use]
    pub fn mutants(&self) -> &[&'static str] {
        &self.mutants
    }
}

/// How the matrix is sampled: few cases, since a mistake that matters is met soon, and no shrinking.
#[must_use]
pub fn kill_sampling() -> Sampling {
    Sampling { n_cases: 24, n_shrinks: 0, ..Sampling::default() }
}

fn rows() -> Vec<Row> {
    let catalogue = catalogue();
    let laws = catalogue.laws.iter().map(Row::Law);
    let consequences = catalogue.consequences.iter().filter(|c| c.holds()).map(Row::Consequence);
    laws.chain(consequences).chain(catalogue.properties.iter().map(Row::Property)).collect()
}

impl Row {
    fn id(self) -> &'static str {
        match self {
            Self::Law(law) => law.id,
            Self::Consequence(consequence) => consequence.id,
            Self::Property(property) => property.id,
        }
    }

    /// By what it is found not to hold of the meaning as it is now.
    fn killed_by(self, sampling: &Sampling, sees: Sees) -> Option<Driver> {
        let is_refuted = match self {
            Self::Law(Law { equation, condition, .. }) if sees.equations => {
                return (!decide(equation, condition).holds()).then_some(Driver::Decided);
            }
            Self::Consequence(Consequence { implication, .. }) => {
                let is_refuted = sees.implications && is_refuted(implication);
                return is_refuted.then_some(Driver::Decided);
            }
            Self::Law(Law { equation, condition, .. }) => {
                sample(equation, condition, sampling).disagreement().is_some()
            }
            Self::Property(property) => {
                let n_cases = sampling.n_cases.saturating_mul(CASES_OF_PROPERTY);
                sample_property(property, &Sampling { n_cases, ..sampling.clone() }).is_err()
            }
        };
        is_refuted.then_some(Driver::Sampled)
    }
}

/// Whether `implication` is decided not to hold, by fleets that can be built.
///
/// Where a mistake in ∪ leaves no fleet with two candidates at a path, the procedure has cells that
/// are no fleet's: what it refutes with those is not refuted.
fn is_refuted(implication: &Implication) -> bool {
    match decide_implication(implication) {
        Judgement::Proved { .. } => false,
        Judgement::Refuted(premises) => {
            let (values, devices) = premises.to_fleets();
            implication.is_refuted_by(&values, &devices)
        }
    }
}

/// The matrix of every law, implication and property with every mutant; on all cores.
///
/// Equations are decided where the procedure can see the mistake, and sampled where it cannot.
///
/// # Errors
/// [`KillError`] if something panics under a mutant, of which it would not be known what notices it.
pub fn kill_matrix(sampling: &Sampling) -> Result<KillMatrix, KillError> {
    let rows = rows();
    let column = |mutant: Mutant| {
        let sees = Sees::of(mutant);
        let killed = || rows.iter().map(|row| row.killed_by(sampling, sees)).collect();
        (mutant, mutant.with(killed))
    };
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get);
    let chunks = Mutant::ALL.chunks(Mutant::ALL.len().div_ceil(n_threads * 4));
    let columns: Vec<Vec<_>> = thread::scope(|scope| {
        let chunks = chunks.map(|mutants| {
            let columns = || mutants.iter().map(|mutant| column(*mutant)).collect();
            (mutants, scope.spawn(columns))
        });
        let chunks: Vec<_> = chunks.collect();
        let joined = chunks.into_iter().map(|(mutants, chunk)| chunk.join().map_err(|_| mutants));
        joined.collect::<Result<_, _>>()
    })
    .map_err(KillError::of)?;
    let columns = columns.into_iter().flatten().collect();
    let mut matrix = KillMatrix { sampling: sampling.clone(), rows, columns };
    matrix.exhaust_idle();
    Ok(matrix)
}

/// What does not hold although no mutant is on, by identifier: nothing.
#[must_use]
pub fn control(sampling: &Sampling) -> Vec<&'static str> {
    let drivers = [Sees { equations: true, implications: true }, Sees::default()];
    let killed = |row: &Row| drivers.iter().any(|sees| row.killed_by(sampling, *sees).is_some());
    let broken = rows().into_iter().filter(killed);
    broken.map(Row::id).collect()
}

impl KillMatrix {
    /// Exhausts the implications that noticed nothing yet, until one mutant is noticed.
    fn exhaust_idle(&mut self) {
        for (at, row) in self.rows.iter().enumerate() {
            let is_idle = self.columns.iter().all(|(_, killed)| killed[at].is_none());
            let (true, Row::Consequence(Consequence { implication, .. })) = (is_idle, row) else {
                continue;
            };
            let noticed = self
                .columns
                .iter_mut()
                .find(|(mutant, _)| mutant.with(|| exhaust_implication(implication).is_err()));
            if let Some((_, killed)) = noticed {
                killed[at] = Some(Driver::Exhausted);
            }
        }
    }

    /// The mutants that nothing notices by deciding or sampling, exhausted or not.
    pub fn alive(&self) -> impl Iterator<Item = Mutant> {
        let kills =
            |driver: &Option<Driver>| matches!(driver, Some(Driver::Decided | Driver::Sampled));
        let alive = self.columns.iter().filter(move |(_, killed)| !killed.iter().any(kills));
        alive.map(|(mutant, _)| *mutant)
    }

    /// The mutants of [`Mutant::ALL`] that were not tried.
    pub fn missing(&self) -> impl Iterator<Item = Mutant> {
        let tried = |mutant: &Mutant| self.columns.iter().any(|(other, _)| other == mutant);
        Mutant::ALL.iter().copied().filter(move |mutant| !tried(mutant))
    }

    /// The laws, implications and properties that notice no mutant, by identifier.
    pub fn idle(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(at, _)| self.columns.iter().all(|(_, killed)| killed[*at].is_none()))
            .map(|(_, row)| row.id())
    }

    /// The mutants, each with the identifiers of what notices it and by what.
    pub fn columns(
        &self,
    ) -> impl Iterator<Item = (Mutant, impl Iterator<Item = (&'static str, Driver)>)> {
        self.columns.iter().map(|(mutant, killed)| {
            let rows = self.rows.iter().zip(killed);
            (*mutant, rows.filter_map(|(row, killed)| Some((row.id(), (*killed)?))))
        })
    }

    /// What a driver noticed of one column, by identifier.
    fn noticed(&self, killed: &[Option<Driver>], driver: Driver) -> Vec<&'static str> {
        let rows = self.rows.iter().zip(killed);
        rows.filter(|(_, killed)| **killed == Some(driver)).map(|(row, _)| row.id()).collect()
    }

    /// The matrix as tab-separated values, a mutant each: its name, what goes wrong, and the
    /// identifiers of what noticed it by deciding, by exhausting and by sampling.
    #[must_use]
    pub fn tsv(&self) -> String {
        let mut lines = vec!["mutant\tsays\tdecided\texhausted\tsampled".to_owned()];
        for (mutant, killed) in &self.columns {
            let [decided, exhausted, sampled] =
                Driver::ALL.map(|driver| self.noticed(killed, driver).join(" "));
            lines.push([mutant.name(), mutant.says(), &decided, &exhausted, &sampled].join("\t"));
        }
        lines.join("\n") + "\n"
    }
}

impl fmt::Display for KillMatrix {
    /// A line a mutant, with how many rows notice it by which driver; then the sums.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.columns.iter().map(|(mutant, _)| mutant.name().len()).max().unwrap_or(0);
        writeln!(f, "{:width$}  decided  exhausted  sampled", "mutant")?;
        for (mutant, killed) in &self.columns {
            let [decided, exhausted, sampled] =
                Driver::ALL.map(|driver| self.noticed(killed, driver).len());
            let name = mutant.name();
            writeln!(f, "{name:width$}  {decided:>7}  {exhausted:>9}  {sampled:>7}")?;
        }
        let (seed, n_cases) = (self.sampling.seed, self.sampling.n_cases);
        let (n_mutants, n_rows) = (self.columns.len(), self.rows.len());
        let (n_alive, n_idle) = (self.alive().count(), self.idle().count());
        let n_kills = self.columns.iter().flat_map(|(_, killed)| killed).flatten().count();
        writeln!(
            f,
            "{n_mutants} mutants, {n_alive} alive; {n_rows} laws, {n_idle} idle; {n_kills} kills"
        )?;
        write!(f, "sampled with seed {seed}, {n_cases} cases each")
    }
}
