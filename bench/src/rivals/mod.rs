//! The same work by other programs, on the same devices, their whole output compared.
//!
//! DuckDB, polars and differential-dataflow run in processes of their own, one thread each; the
//! loop over maps runs in this one. Each tells the time of evaluation alone: devices are loaded.

mod maps;
mod output;
mod program;
pub(crate) mod spec;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use escadre_algebra::{Columns, Fleet, affected};
use serde_json::{Value, json};

use self::program::{Engine, Times};
use self::spec::Edit;
use crate::Scale;
use crate::edit::{self, ONE_SITE};
use crate::full::evaluated;
use crate::measure::{Table, ms, ratio, seconds};
use crate::world::{self, Layer};

type Error = Box<dyn std::error::Error>;

/// So many times faster than DuckDB and polars with all layers on the largest inventory: the plan
/// of an edit, and full evaluation.
const FASTER_EDIT: f64 = 20.0;
const FASTER_FULL: f64 = 10.0;
/// So many times faster than the loop over maps with all layers.
const FASTER_THAN_MAPS: f64 = 10.0;
/// A quick run of all layers has fewer devices for nearly as many classes, and rivals that run in
/// milliseconds: it claims only that they are no faster, so that what else the machine does fails
/// no build.
const FASTER_QUICKLY: f64 = 1.0;

/// Where the rivals are; `cargo xtask show decide 2` installs and builds them.
#[derive(Args)]
pub(crate) struct Programs {
    /// A Python that has the packages of bench/rivals/requirements.txt.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// The folder those packages are in, unless that Python finds them by itself.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// The folder bench/rivals.
    #[arg(long, default_value = "bench/rivals")]
    programs: PathBuf,
    /// The program that bench/rivals/differential builds.
    #[arg(long)]
    differential: Option<PathBuf>,
    /// Where devices, layers and outputs are written; they stay there.
    #[arg(long, default_value = "target/rivals")]
    scratch: PathBuf,
}

impl Programs {
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }
}

/// One fleet, and edits of it.
struct Case {
    layers: Vec<Layer>,
    edits: Vec<Edit>,
}

impl Case {
    fn new(seed: u64, n_layers: usize) -> Self {
        let layers = world::layers(seed, n_layers);
        let edits = edit::edited(&layers);
        // An edit of everything is as full evaluation; it has a row of its own in `one-edit`.
        let edits = edits.into_iter().filter(|(_, edited)| edited[0] == layers[0]).collect();
        Self { layers, edits }
    }
}

pub(crate) fn run(scale: Scale, programs: &Programs) -> Result<Table, Error> {
    let sizes: &[usize] =
        if scale.quick { &[1_000, 22_311] } else { &[1_000, 22_311, 100_000, 1_000_000] };
    let cases = [20, 200].map(|n_layers| Case::new(scale.seed, n_layers));
    let engines = engines(programs);
    let mut table = Table::default();
    for &n_devices in sizes {
        let scratch = programs.scratch.join(n_devices.to_string());
        fs::create_dir_all(&scratch)?;
        let devices = scratch.join("devices.jsonl");
        spec::write_devices(scale.seed, n_devices, &devices)?;
        let told = scratch.join("layers.json");
        let all = cases.iter().map(|case| spec::spec(&case.layers, &case.edits));
        fs::write(&told, Value::Array(all.collect()).to_string())?;
        let n_runs = (1_000_000 / n_devices).clamp(3, 9);
        let mut answers = Vec::new();
        for engine in &engines {
            eprintln!("{} on {n_devices} devices", engine.name);
            answers.push(engine.run(&devices, &told, &scratch, n_runs)?);
        }
        let columns = world::columns(scale.seed, n_devices)?;
        for (at, case) in cases.iter().enumerate() {
            let times: Vec<_> = answers.iter().map(|answer| &answer[at]).collect();
            let compared = Compared { scale, columns: &columns, case, at, scratch: &scratch };
            let limits = sizes.last() == Some(&n_devices);
            compared.full(&mut table, &times, limits)?;
            compared.edits(&mut table, &times, limits)?;
        }
    }
    Ok(table)
}

/// The rivals in other processes, in the order of their columns.
fn engines(programs: &Programs) -> Vec<Engine> {
    let python = |name, file: &str| {
        let arguments = vec![programs.programs.join(file).into_os_string(), "evaluate".into()];
        let packages = programs.packages.clone();
        Engine { name, program: programs.python.clone(), arguments, packages, has_full: true }
    };
    let mut engines = vec![python("duckdb", "duckdb_case.py"), python("polars", "polars_case.py")];
    engines.extend(programs.differential.clone().map(|program| Engine {
        name: "differential",
        program,
        arguments: Vec::new(),
        packages: None,
        has_full: false,
    }));
    engines
}

/// One fleet on one inventory.
struct Compared<'a> {
    scale: Scale,
    columns: &'a Columns,
    case: &'a Case,
    /// Which of the fleets it is.
    at: usize,
    scratch: &'a Path,
}

impl Compared<'_> {
    /// All layers on all devices.
    fn full(&self, table: &mut Table, engines: &[&Times], limits: bool) -> Result<(), Error> {
        let fleet = Fleet::overlay_all(world::parts(&self.case.layers));
        let n_devices = self.columns.len();
        let evaluation = evaluated(&fleet, self.columns);
        let n_runs = self.scale.n_runs(n_devices);
        let ours = (0..n_runs).map(|_| seconds(&mut || evaluated(&fleet, self.columns)));
        let ours = ours.fold(f64::INFINITY, f64::min);
        let maps = maps::full(self.scale.seed, &self.case.layers, &evaluation)?;
        let expected = output::full(&self.case.layers, &evaluation, n_devices)?;
        for engine in engines.iter().filter(|engine| engine.full.is_some()) {
            let name = format!("{}-full-{}.bin", engine.name, self.at);
            output::compare(&expected, &self.scratch.join(name))?;
        }
        let n_layers = self.case.layers.len();
        self.row(table, "all devices", ours, Some(maps), engines, |times| times.full);
        let faster = |limit: f64| if self.scale.quick { FASTER_QUICKLY } else { limit };
        for engine in engines.iter().filter(|_| limits && n_layers == 200) {
            let Some(theirs) = engine.full else { continue };
            faster_than(table, engine.name, "all devices", theirs / ours, faster(FASTER_FULL));
        }
        if limits && n_layers == 200 {
            faster_than(table, "maps", "all devices", maps / ours, faster(FASTER_THAN_MAPS));
        }
        Ok(())
    }

    /// The plan of each edit.
    fn edits(&self, table: &mut Table, engines: &[&Times], limits: bool) -> Result<(), Error> {
        let old = Fleet::overlay_all(world::parts(&self.case.layers));
        for (at, (name, layers)) in self.case.edits.iter().enumerate() {
            let new = Fleet::overlay_all(world::parts(layers));
            let n_runs = self.scale.n_runs(self.columns.len());
            let ours = (0..n_runs).map(|_| seconds(&mut || affected(&old, &new, self.columns)));
            let ours = ours.fold(f64::INFINITY, f64::min);
            let rows = affected(&old, &new, self.columns);
            let maps =
                maps::edit(self.scale.seed, &self.case.layers, layers, self.columns.len(), &rows)?;
            let expected = output::rows(&rows)?;
            for engine in engines {
                let name = format!("{}-edit-{}-{at}.bin", engine.name, self.at);
                output::compare(&expected, &self.scratch.join(name))?;
            }
            self.row(table, name, ours, Some(maps), engines, |times| times.edits.get(at).copied());
            if *name == ONE_SITE {
                let all = |times: &Times| times.edits_in_full.get(at).copied();
                self.row(table, "the same, all fields compared", ours, None, engines, all);
            }
            let column_engines = engines.iter().filter(|engine| engine.full.is_some());
            for engine in column_engines.filter(|_| limits && layers.len() >= 199) {
                self.claim(table, engine, (at, name), ours);
            }
        }
        Ok(())
    }

    /// On few devices an edit is a fixed time, of Escadre and of rivals that compare one field
    /// alone, so a quick run claims only what rivals do that compare all fields.
    fn claim(&self, table: &mut Table, engine: &Times, (at, name): (usize, &str), ours: f64) {
        let limit = if self.scale.quick { FASTER_EDIT / 2.0 } else { FASTER_EDIT };
        if let Some(theirs) = engine.edits.get(at).filter(|_| !self.scale.quick) {
            faster_than(table, engine.name, name, theirs / ours, limit);
        }
        if let Some(theirs) = engine.edits_in_full.get(at) {
            let work = format!("{name}, all fields compared");
            faster_than(table, engine.name, &work, theirs / ours, limit);
        }
    }

    fn row(
        &self,
        table: &mut Table,
        work: &str,
        ours: f64,
        maps: Option<f64>,
        engines: &[&Times],
        time: impl Fn(&Times) -> Option<f64>,
    ) {
        let mut cells = vec![
            ("devices", json!(self.columns.len())),
            ("layers", json!(self.case.layers.len())),
            ("work", json!(work)),
            ("ours ms", ms(ours)),
            ("maps ms", maps.map_or(json!("-"), ms)),
        ];
        let of = |name: &str| engines.iter().find(|engine| engine.name == name);
        for (name, cell) in
            [("duckdb", "duckdb ms"), ("polars", "polars ms"), ("differential", "differential ms")]
        {
            cells.push((cell, of(name).and_then(|times| time(times)).map_or(json!("-"), ms)));
        }
        for (name, cell) in [("duckdb", "duckdb/ours"), ("polars", "polars/ours")] {
            let times = of(name).and_then(|times| time(times));
            cells.push((cell, times.map_or(json!("-"), |theirs| ratio(theirs, ours))));
        }
        table.row(cells);
    }
}

fn faster_than(table: &mut Table, name: &str, work: &str, gain: f64, limit: f64) {
    let what = format!("200 layers, {work}: {gain:.1} times faster than {name}, not {limit}");
    table.claim(gain >= limit, what);
}
