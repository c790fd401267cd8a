//! Replaying: a corpus of equations whose verdicts and values Coq computed.
//!
//! The corpus takes a set of paths as a predicate on the root and the path, closed under
//! descendants, and `keep` as forgetting the complement; see `laws/proofs/README.md`. Every
//! verdict is compared with the decision procedure, and every value both with its evaluator and
//! with `denote` on real fleets.

use escadre_algebra::{Claims, Fleet, Path, PathSet, Resource, denote, deploy};
use serde_json::Value;

use crate::assignment::Assignment;
use crate::condition::Condition;
use crate::decide::{Cell, RESOURCES, decide_pointwise, device, evaluate_pointwise, fleet_of};
use crate::formula::Formula;
use crate::term::{Equation, FLEETS, MAX_FLEETS, Op, Relation, Term};

/// What a replay compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The equations that hold.
    pub n_valid: usize,
    /// The equations that do not.
    pub n_invalid: usize,
    /// The values of one side at one point.
    pub n_values: usize,
}

/// A line of a corpus on which Rust and Coq differ, or that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("in line {line} of the corpus, {message}")]
pub struct ReplayError {
    line: usize,
    message: String,
}

impl ReplayError {
    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

/// Compares every verdict and every value of `corpus`, one JSON object a line, with Rust's.
/// Each line has a point at least.
///
/// # Errors
/// [`ReplayError`] names the first line that differs.
///
/// ```
/// let corpus = r#"{"left":"a overlay b","right":"b overlay a","valid":false,"points":[{"vars":"NN","sels":"","paths":"","left":"{b}","right":"{a}"}]}"#;
/// let replayed = escadre_laws::replay(corpus)?;
/// assert_eq!((replayed.n_invalid, replayed.n_values), (1, 2));
/// # Ok::<(), escadre_laws::ReplayError>(())
/// ```
pub fn replay(corpus: &str) -> Result<Replayed, ReplayError> {
    let mut replayed = Replayed::default();
    for (i, line) in corpus.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        replay_line(line, &mut replayed).map_err(|message| ReplayError { line: i + 1, message })?;
    }
    Ok(replayed)
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    object[name].as_str().ok_or_else(|| format!("`{name}` is no text"))
}

fn replay_line(line: &str, replayed: &mut Replayed) -> Result<(), String> {
    let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let side = |name| Term::parse(text(&line, name)?).map_err(|error| error.to_string());
    let equation =
        Equation { left: side("left")?, relation: Relation::Equal, right: side("right")? };
    let valid = line["valid"].as_bool().ok_or("`valid` is no truth value")?;
    let verdict =
        decide_pointwise(&equation, &Condition::default(), &|root, path| root & !path == 0);
    if verdict.holds() != valid {
        let (coq, rust) = if valid { ("proves", "refutes") } else { ("refutes", "proves") };
        return Err(format!("Coq {coq} {equation}, and Rust {rust} it"));
    }
    replayed.n_valid += usize::from(valid);
    replayed.n_invalid += usize::from(!valid);
    let points = line["points"].as_array().filter(|points| !points.is_empty());
    for point in points.ok_or("there is no point at which values are compared")? {
        let case = Point::read(point)?;
        for (name, term) in [("left", &equation.left), ("right", &equation.right)] {
            case.compare(term, text(point, name)?).map_err(|m| format!("{m} in {equation}"))?;
            replayed.n_values += 1;
        }
    }
    Ok(())
}

/// A case of the corpus.
struct Point {
    cells: [Cell; MAX_FLEETS],
    selectors: usize,
    /// The sets that hold the root, and those that hold the path.
    types: (usize, usize),
}

impl Point {
    fn read(point: &Value) -> Result<Self, String> {
        let mut cells = [Cell::ABSENT; MAX_FLEETS];
        for ((i, state), cell) in text(point, "vars")?.chars().enumerate().zip(&mut cells) {
            *cell = match state {
                'A' => Cell::ABSENT,
                'E' => Cell::BARE,
                'R' => Cell::member(true, 0),
                'O' => Cell::member(false, 1 << i),
                'N' => Cell::member(true, 1 << i),
                other => return Err(format!("`{other}` is no state")),
            };
        }
        let selectors = text(point, "sels")?.chars().enumerate();
        let selectors = selectors.filter(|(_, holds)| *holds == 't').map(|(k, _)| 1 << k).sum();
        let mut types = (0, 0);
        for (k, part) in text(point, "paths")?.chars().enumerate() {
            types.0 |= usize::from(matches!(part, 'r' | 'b')) << k;
            types.1 |= usize::from(matches!(part, 'p' | 'b')) << k;
        }
        Ok(Self { cells, selectors, types })
    }

    fn compare(&self, term: &Term, expected: &str) -> Result<(), String> {
        let cell = evaluate_pointwise(term, &self.cells, self.selectors, self.types);
        if show(cell) != expected {
            return Err(format!("Coq computes {expected}, and Rust {}", show(cell)));
        }
        let denoted = self.denote(term);
        if denoted.at_path() != cell.at_path() {
            return Err(format!("Coq computes {expected}, and `denote` {}", show(denoted)));
        }
        Ok(())
    }

    /// The term at the path, by `denote` on real fleets.
    fn denote(&self, term: &Term) -> Cell {
        let mut values = Assignment::default();
        for (fleet, cell) in values.fleets.iter_mut().zip(self.cells) {
            *fleet = fleet_of(cell, "p");
        }
        for (k, selector) in values.selectors.iter_mut().enumerate() {
            if self.selectors >> k & 1 == 1 {
                *selector = escadre_algebra::Selector::all();
            }
        }
        let fleet = term.fold(Fleet::empty, |op, of| match (op, of.as_slice()) {
            (Op::Forget(set), [f]) => self.forget(f, set, false),
            (Op::Keep(set), [f]) => self.forget(f, set, true),
            _ => values.apply(op, of),
        });
        cell_of(device(&[]).and_then(|facts| denote::<()>(&fleet, &facts)).as_ref())
    }

    /// `f` without the root or the path, as `set` holds them. A root alone is forgotten by a mask.
    fn forget(&self, f: &Fleet, set: &Formula, complement: bool) -> Fleet {
        let holds = |kind: usize| (set.table() >> kind & 1 == 1) != complement;
        match (holds(self.types.0), holds(self.types.1)) {
            (false, false) => f.clone(),
            (true, true) => f.clone().forget(PathSet::all()),
            (false, true) => f.clone().forget(format!("{}.p", RESOURCES[0]).as_str()),
            (true, false) => f.clone().mask(deploy(Resource::new(RESOURCES[0]))),
        }
    }
}

fn cell_of(claims: Option<&Claims>) -> Cell {
    let Some(claims) = claims else { return Cell::ABSENT };
    let values = |path: String| Path::parse(&path).map(|p| claims.at(&p)).unwrap_or_default();
    let root = !values(RESOURCES[0].to_owned()).is_empty();
    let at_path = values(format!("{}.p", RESOURCES[0]));
    let candidates = at_path.iter().fold(0, |found, (value, ())| match value {
        escadre_algebra::Value::Integer(n) => {
            found | 1_u16.checked_shl((*n - 1) as u32).unwrap_or(0)
        }
        _ => found,
    });
    Cell::member(root, candidates)
}

/// A value as the corpus shows it.
fn show(cell: Cell) -> String {
    if !cell.is_member() {
        return "-".to_owned();
    }
    let names = FLEETS.iter().enumerate().filter(|(i, _)| cell.candidates() >> i & 1 == 1);
    format!("{{{}}}", names.map(|(_, name)| *name).collect::<Vec<_>>().join(","))
}
