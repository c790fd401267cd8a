//! Counterexamples: the case in which two sides differ, and real fleets that make it.

use std::fmt;

use escadre_algebra::{Facts, Fleet, Path, PathSet, Resource, deploy, label};

use crate::assignment::Assignment;
use crate::decide::evaluate::Cell;
use crate::decide::signatures::{Nodes, Type};
use crate::formula::{MAX_ATOMS, Sort};
use crate::term::{Equation, FLEETS, MAX_FLEETS, Names, bits};

/// The resource that counterexamples are about, and another one.
pub(crate) const RESOURCES: [&str; 2] = ["r", "q"];

/// The device that counterexamples are about.
pub(crate) const DEVICE: &str = "device";

/// One case in which the two sides of an equation differ.
///
/// It is shown as each name's value: `-` for no member, `{}` for a member without claims at the
/// root or the path, `root` for a claimed root, `p:1` for the candidate 1 at the path.
/// Where no ◁ occurs, the root is claimed wherever the path is, and is not mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    equation: Equation,
    names: Names,
    shows_roots: bool,
    cells: [Cell; MAX_FLEETS],
    selectors: usize,
    nodes: Nodes,
    results: (Cell, Cell),
}

impl Counterexample {
    pub(super) fn new(
        equation: &Equation,
        (cells, selectors, nodes): ([Cell; MAX_FLEETS], usize, Nodes),
        results: (Cell, Cell),
    ) -> Self {
        let (names, shows_roots) = (equation.names(), equation.has_patch());
        let equation = equation.clone();
        Self { equation, names, shows_roots, cells, selectors, nodes, results }
    }

    /// The equation that it refutes.
    #[must_use]
    pub fn equation(&self) -> &Equation {
        &self.equation
    }

    /// What both sides are at the path.
    #[must_use]
    pub fn results(&self) -> (Cell, Cell) {
        self.results
    }

    /// What each fleet that the equation names is at the path.
    pub fn cells(&self) -> impl Iterator<Item = (&'static str, Cell)> + '_ {
        bits(self.names.fleets).filter_map(|i| Some((*FLEETS.get(i)?, *self.cells.get(i)?)))
    }

    /// Whether each selector that the equation names holds on the device.
    pub fn selectors(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        let names = Sort::Selector.names();
        bits(self.names.selectors)
            .filter_map(move |k| Some((*names.get(k)?, self.selectors >> k & 1 == 1)))
    }

    /// The path at which the sides differ, below the root of its resource.
    pub(crate) fn fields(&self) -> String {
        let above = (1..=self.nodes.above.len()).map(|i| format!("x{i}."));
        above.chain(["p".to_owned()]).collect()
    }

    /// The device of the case.
    pub(crate) fn labels(&self) -> Vec<(&'static str, &'static str)> {
        self.selectors().filter(|(_, holds)| *holds).map(|(name, _)| (name, "yes")).collect()
    }

    /// Real values for the names, and the devices, of which there is one, on which the two sides then differ.
    ///
    /// ```
    /// use escadre_laws::{Condition, Equation, decide};
    /// let equation: Equation = "a patch b = a overlay b".parse()?;
    /// let verdict = decide(&equation, &Condition::default());
    /// let (values, devices) = verdict.counterexample().unwrap().to_fleets();
    /// let difference = values.difference(&equation, &devices).unwrap();
    /// assert_ne!(difference.left, difference.right);
    /// # Ok::<(), escadre_laws::ParseError>(())
    /// ```
    #[must_use]
    pub fn to_fleets(&self) -> (Assignment, Vec<Facts>) {
        let mut values = Assignment::default();
        for (fleet, cell) in values.fleets.iter_mut().zip(self.cells) {
            *fleet = fleet_of(cell, &self.fields());
        }
        for (selector, name) in values.selectors.iter_mut().zip(Sort::Selector.names()) {
            *selector = label(name).exists();
        }
        for (atom, paths) in values.paths.iter_mut().enumerate() {
            *paths = self.path_set(atom);
        }
        values.resources = RESOURCES.iter().filter_map(|r| PathSet::under(r).ok()).collect();
        (values, device(&self.labels()).into_iter().collect())
    }

    /// The paths that matter, each with the type of sets that hold it.
    fn typed_paths(&self) -> Vec<(String, Type)> {
        let fields = self.fields();
        let mut paths = vec![(String::new(), self.nodes.root)];
        let mut at = String::new();
        for (i, &kind) in self.nodes.above.iter().enumerate() {
            at = format!("{at}.x{}", i + 1);
            paths.push((at.clone(), kind));
        }
        paths.push((format!(".{fields}"), self.nodes.path));
        let below = self.nodes.below.iter().enumerate();
        paths.extend(below.map(|(i, &kind)| (format!(".{fields}.y{}", i + 1), kind)));
        let elsewhere = self.nodes.elsewhere.iter().enumerate();
        paths.extend(elsewhere.map(|(i, &kind)| (format!(".z{}", i + 1), kind)));
        paths
            .into_iter()
            .map(|(fields, kind)| (format!("{}{fields}", RESOURCES[0]), kind))
            .collect()
    }

    /// The set that `atom` stands for: a subtree where all that matters below a path is in it.
    fn path_set(&self, atom: usize) -> PathSet {
        let typed = self.typed_paths();
        let paths = typed
            .iter()
            .filter_map(|(path, kind)| Some((Path::parse(path).ok()?, kind >> atom & 1 == 1)));
        let paths: Vec<(Path, bool)> = paths.collect();
        let whole = |at: &Path| paths.iter().all(|(p, held)| *held || !at.is_above(p));
        let held = || paths.iter().filter(|(_, held)| *held).map(|(path, _)| path);
        PathSet::of(
            held().filter(|path| whole(path)).cloned(),
            held().filter(|path| !whole(path)).cloned(),
        )
    }

    /// The names of the sets of paths, with their values.
    pub(crate) fn path_sets(&self) -> impl Iterator<Item = (&'static str, PathSet)> + '_ {
        let names = Sort::Paths.names();
        let named = bits(self.names.paths).filter(|&k| k < MAX_ATOMS);
        named.filter_map(move |k| Some((*names.get(k)?, self.path_set(k))))
    }

    /// What is claimed, as the counterexample shows it.
    pub(crate) fn show(&self, cell: Cell, at_path_only: bool) -> String {
        if !cell.is_member() {
            return "-".to_owned();
        }
        let values: Vec<String> =
            bits16(cell.candidates()).map(|value| (value + 1).to_string()).collect();
        let mut parts = Vec::new();
        if self.shows_roots && cell.claims_root() {
            parts.push("root".to_owned());
        }
        if !values.is_empty() {
            let orphan = self.shows_roots && !cell.claims_root() && !at_path_only;
            let note = if orphan { "orphan " } else { "" };
            parts.push(format!("{note}{}:{}", self.fields(), values.join("|")));
        }
        format!("{{{}}}", parts.join(", "))
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let selectors = self
            .selectors()
            .map(|(name, holds)| format!("{name}={}", if holds { "⊤" } else { "⊥" }));
        let sets = self.path_sets().map(|(name, paths)| format!("{name}={}", show_set(&paths)));
        let cells = self.cells().map(|(name, cell)| format!("{name}={}", self.show(cell, false)));
        let parts: Vec<String> = selectors.chain(sets).chain(cells).collect();
        f.write_str(&parts.join(" "))
    }
}

/// A set of paths of the one resource, whose name is left out; `.*` marks whole subtrees.
fn show_set(paths: &PathSet) -> String {
    let short = |path: &Path| {
        let fields: Vec<&str> = path.fields().iter().map(escadre_algebra::Field::as_str).collect();
        if fields.is_empty() { "root".to_owned() } else { fields.join(".") }
    };
    let subtrees = paths.subtrees().map(|path| format!("{}.*", short(path)));
    let all: Vec<String> = subtrees.chain(paths.points().map(short)).collect();
    format!("{{{}}}", all.join(", "))
}

/// The numbers whose bits are set.
pub(crate) fn bits16(set: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |i| set >> i & 1 == 1)
}

/// The device with these labels; none if a key is no label key, but all are letters.
pub(crate) fn device(labels: &[(&str, &str)]) -> Option<Facts> {
    Facts::of(DEVICE, labels.iter().copied()).ok()
}

/// A fleet that is `cell` on every device at the path `fields`.
pub(crate) fn fleet_of(cell: Cell, fields: &str) -> Fleet {
    let root = || deploy(Resource::new(RESOURCES[0]));
    if !cell.is_member() {
        return Fleet::empty();
    }
    if cell.candidates() == 0 {
        return if cell.claims_root() { root() } else { Fleet::all() };
    }
    let values = bits16(cell.candidates()).map(|value| {
        let value = i64::try_from(value + 1).unwrap_or(i64::MAX);
        deploy(Resource::new(RESOURCES[0]).set(fields, value))
    });
    let values: Vec<Fleet> = values.collect();
    let all = match <[Fleet; 1]>::try_from(values) {
        Ok([only]) => only,
        Err(values) => Fleet::union_all(values),
    };
    if cell.claims_root() { all } else { all.mask(root()) }
}
