//! Counterexamples as Rust that a reader can paste.

use escadre_algebra::{Path, PathSet};

use crate::decide::counterexample::{Counterexample, DEVICE, RESOURCES, bits16};
use crate::decide::evaluate::Cell;
use crate::formula::{Formula, Step};
use crate::term::{FLEETS, Op, Term};

impl Counterexample {
    /// A program that builds the fleets of this case and panics unless the two sides differ.
    ///
    /// It needs `escadre_algebra` alone.
    #[must_use]
    pub fn rust(&self) -> String {
        let (left, right) = self.equation().sides();
        let mut lines = vec![format!("// This does not hold: {}", self.equation())];
        let selectors =
            self.selectors().map(|(name, _)| format!("let {name} = label(\"{name}\").exists();"));
        lines.extend(selectors);
        let sets = self.path_sets();
        lines.extend(sets.map(|(name, set)| format!("let {} = {};", lower(name), literal(&set))));
        let fields = self.fields();
        lines.extend(
            self.cells().map(|(name, cell)| format!("let {name} = {};", fleet(cell, &fields))),
        );
        lines.push(format!("let left = {};", self.source(&left)));
        lines.push(format!("let right = {};", self.source(&right)));
        let labels: Vec<String> =
            self.labels().iter().map(|(key, value)| format!("(\"{key}\", \"{value}\")")).collect();
        lines.push(format!("let device = Facts::of(\"{DEVICE}\", [{}])?;", labels.join(", ")));
        lines.push(
            "assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));".to_owned(),
        );
        let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        let imports = imports(&body);
        format!(
            "use escadre_algebra::{{{imports}}};\n\nfn main() -> Result<(), Box<dyn std::error::Error>> {{\n{body}    Ok(())\n}}\n"
        )
    }

    /// `term` as an expression over the bindings.
    fn source(&self, term: &Term) -> String {
        term.fold(String::new, |op, of| self.op(op, &of))
    }

    fn op(&self, op: &Op, of: &[String]) -> String {
        let first = of.first().map_or("", String::as_str);
        let second = of.get(1).map_or("", String::as_str);
        let method = |name: &str| format!("{first}.{name}({second})");
        match op {
            Op::Fleet(i) => format!("{}.clone()", FLEETS.get(*i).copied().unwrap_or("a")),
            Op::Zero => "Fleet::empty()".to_owned(),
            Op::One => "Fleet::all()".to_owned(),
            Op::Union => method("union"),
            Op::Overlay => method("overlay"),
            Op::Patch => method("patch"),
            Op::Mask => method("mask"),
            Op::Within => method("within"),
            Op::Without => method("without"),
            Op::Restrict(s) => format!("{first}.restrict({})", selector(s)),
            Op::Choose(s) => format!("choose({}, {first}, {second})", selector(s)),
            Op::Forget(p) => format!("{first}.forget({})", self.paths(p)),
            Op::Keep(p) => format!("{first}.keep({})", self.paths(p)),
        }
    }

    fn paths(&self, formula: &Formula) -> String {
        if formula.has_negation() {
            // There is no complement in Rust: what it is here is written out.
            return literal(&self.to_fleets().0.path_set(formula));
        }
        formula.fold(String::new, |step, of| match (step, of.as_slice()) {
            (Step::Atom(k), _) => {
                format!("{}.clone()", lower(formula.sort().names().get(k).copied().unwrap_or("P")))
            }
            (Step::True, _) => "PathSet::all()".to_owned(),
            (Step::And, [x, y]) => format!("{x}.intersection(&{y})"),
            (Step::Or, [x, y]) => format!("{x}.union(&{y})"),
            _ => "PathSet::none()".to_owned(),
        })
    }
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

/// The names that `body` takes from the algebra.
fn imports(body: &str) -> String {
    let names = [
        "Facts", "Fleet", "PathSet", "Resource", "Selector", "choose", "denote", "deploy", "label",
    ];
    let used = |name: &&str| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        body.match_indices(*name).any(|(at, found)| {
            !body[..at].ends_with(word) && !body[at + found.len()..].starts_with(word)
        })
    };
    names.into_iter().filter(used).collect::<Vec<_>>().join(", ")
}

fn fleet(cell: Cell, fields: &str) -> String {
    let resource = format!("Resource::new(\"{}\")", RESOURCES[0]);
    if !cell.is_member() {
        return "Fleet::empty()".to_owned();
    }
    if cell.candidates() == 0 {
        let root = format!("deploy({resource})");
        return if cell.claims_root() { root } else { "Fleet::all()".to_owned() };
    }
    let values = bits16(cell.candidates())
        .map(|value| format!("deploy({resource}.set(\"{fields}\", {}))", value + 1));
    let all = values.collect::<Vec<_>>().join(" | ");
    if cell.claims_root() {
        all
    } else {
        let all = if all.contains(" | ") { format!("({all})") } else { all };
        format!("{all}.mask(deploy({resource}))")
    }
}

fn selector(formula: &Formula) -> String {
    let all = formula.fold(String::new, |step, of| match (step, of.as_slice()) {
        (Step::Atom(k), _) => {
            format!("{}.clone()", formula.sort().names().get(k).copied().unwrap_or("s"))
        }
        (Step::True, _) => "Selector::all()".to_owned(),
        (Step::Not, [x]) => format!("!{x}"),
        (Step::And, [x, y]) => format!("({x} & {y})"),
        (Step::Or, [x, y]) => format!("({x} | {y})"),
        _ => "Selector::none()".to_owned(),
    });
    // Only what is infix begins with a parenthesis, and as a whole argument it needs none.
    let bare = all.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    bare.map_or_else(|| all.clone(), str::to_owned)
}

/// The set as Rust.
fn literal(paths: &PathSet) -> String {
    if paths.is_everything() {
        return "PathSet::all()".to_owned();
    }
    let parse = |path: &Path| format!("{:?}.parse()?", path.to_string());
    let subtrees: Vec<&Path> = paths.subtrees().collect();
    let points: Vec<&Path> = paths.points().collect();
    match (subtrees.as_slice(), points.as_slice()) {
        ([], []) => "PathSet::none()".to_owned(),
        ([one], []) => format!("PathSet::under({:?})?", one.to_string()),
        ([], [one]) => format!("PathSet::point({})", parse(one)),
        _ => {
            let list = |paths: &[&Path]| {
                paths.iter().map(|path| parse(path)).collect::<Vec<_>>().join(", ")
            };
            format!("PathSet::of([{}], [{}])", list(&subtrees), list(&points))
        }
    }
}
