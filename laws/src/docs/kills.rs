//! Which law notices which mistake, as the matrix that is checked in says.

use std::fmt::Write;

use super::row;
use crate::catalogue::Catalogue;

/// What `kill_matrix` found: a mutant a line, with the laws that notice it by each driver.
const KILLS: &str = include_str!("../../kills.tsv");

const INTRODUCTION: &str = "
## What the laws can tell apart

A law that no mistake can break says nothing.
So the meaning has a switch for tests (the feature `mutants`), with one mistake at a time that a programmer could make; every law, implication and property above notices some of them, and every mistake is noticed.
`cargo test -p escadre-laws --features mutants --test kills` computes the matrix again and compares it with `laws/kills.tsv`, the whole of it: each mistake with all that notices it by each driver.
These tables are made from that file, and show the first four names of each row; without a mistake everything holds.

The decision procedure has the same mistakes as `denote` where they can be seen at one device and one path, and each of its counterexamples is one of `denote`; the other mistakes are sampled, and an implication that is left is exhausted until it notices one.

| mistake | what goes wrong | decided | exhausted | sampled | noticed by, such as |
|---|---|---:|---:|---:|---|
";

const BY_LAW: &str = "
And by law, how many mistakes it notices:

| law, implication or property | mistakes | such as |
|---|---:|---|
";

/// How many names stand for all.
const SHOWN: usize = 4;

struct Line {
    mutant: &'static str,
    says: &'static str,
    /// The identifiers of what noticed it by deciding, exhausting and sampling.
    noticed: [Vec<&'static str>; 3],
}

/// The lines of the matrix.
fn lines() -> Vec<Line> {
    let lines = KILLS.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_default();
        let (mutant, says) = (next(), next());
        let noticed = std::array::from_fn(|_| next().split_whitespace().collect());
        Line { mutant, says, noticed }
    });
    lines.collect()
}

/// The first of `names`, and how many more there are.
fn such_as<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let mut shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        // Writing to a string does not fail.
        let _ = write!(shown, " and {} more", names.len() - SHOWN);
    }
    shown
}

/// What holds, in the order of the page: identifier and name.
fn holding(catalogue: &Catalogue) -> Vec<(&'static str, &'static str)> {
    let laws = catalogue.laws.iter().map(|law| (law.id, law.name));
    let consequences = catalogue.consequences.iter().filter(|law| law.holds());
    let consequences = consequences.map(|law| (law.id, law.name));
    let properties = catalogue.properties.iter().map(|law| (law.id, law.name));
    laws.chain(consequences).chain(properties).collect()
}

/// The section on mutants: by mutant, then by law.
pub(super) fn section(page: &mut String, catalogue: &Catalogue) {
    page.push_str(INTRODUCTION);
    let (lines, holding) = (lines(), holding(catalogue));
    for line in &lines {
        let noticed = |id: &str| line.noticed.iter().any(|ids| ids.contains(&id));
        let names = holding.iter().filter(|(id, _)| noticed(id)).map(|(_, name)| *name);
        let [decided, exhausted, sampled] =
            std::array::from_fn(|driver| line.noticed[driver].len().to_string());
        let cells = [line.mutant, line.says, &decided, &exhausted, &sampled, &such_as(names)];
        row(page, &cells);
    }
    page.push_str(BY_LAW);
    for (id, name) in holding {
        let noticed = lines.iter().filter(|line| line.noticed.iter().any(|ids| ids.contains(&id)));
        let mutants = noticed.clone().map(|line| line.mutant);
        row(page, &[name, &noticed.count().to_string(), &such_as(mutants)]);
    }
}
