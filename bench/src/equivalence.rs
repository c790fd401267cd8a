//! Deciding whether two fleets of many rules are the same, for every device that could exist.

use escadre_algebra::analysis::{Analysis, Answer};
use escadre_algebra::{EncodeOptions, Fleet, Resource, Selector, deploy, device_id, label};
use serde_json::json;

use crate::Scale;
use crate::measure::{Table, in_turns, ms, ratio, seconds};
use crate::world::random;

const N_RESOURCES: usize = 50;
const N_PATHS: usize = 2_000;
/// How many fields each rule sets.
const N_FIELDS: usize = 4;
/// An answer past the budget is to come within this time, in seconds.
const UNDECIDED_LIMIT: f64 = 1.0;
/// How many equivalences a second.
const RATE: f64 = 10.0;

/// What the rules select by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Site,
    Customer,
    Ids,
    Random,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Site => "a site each",
            Self::Customer => "customer and tiers",
            Self::Ids => "20 ids each",
            Self::Random => "3 random labels",
        }
    }

    fn selector(self, seed: u64, i: usize) -> Selector {
        match self {
            Self::Site => label("site").eq(format!("site-{i}")),
            Self::Customer => {
                let tiers = [format!("t{}", i % 5), format!("t{}", i % 3)];
                label("customer").eq(format!("c{}", i % 2_000)) & label("tier").is_in(tiers)
            }
            Self::Ids => device_id().is_in((0..20).map(|k| format!("device-{}", i * 20 + k))),
            Self::Random => Selector::all_of((0..3).map(|k| {
                let draw = random(seed, (i * 3 + k) as u64);
                // Three labels that differ, so that every rule holds somewhere.
                label(format!("l{}", draw % 4 + 4 * k as u64)).eq(format!("v{}", draw >> 16 & 7))
            })),
        }
    }
}

/// The rules of a fleet; the rule `edited` says something else.
fn rules(kind: Kind, seed: u64, n: usize, edited: Option<usize>) -> Vec<Fleet> {
    let rule = |i: usize| {
        let version = usize::from(edited == Some(i));
        let mut resource = Resource::new(&format!("r{}", i % N_RESOURCES));
        for j in 0..N_FIELDS {
            let field = (i * 7 + j * 13) % (N_PATHS / N_RESOURCES);
            resource = resource.set(&format!("f{field}"), format!("{i}-{version}"));
        }
        deploy(resource).restrict(kind.selector(seed, i))
    };
    (0..n).map(rule).collect()
}

/// The same fleet, written in groups of a hundred rules.
fn grouped(rules: &[Fleet]) -> Fleet {
    Fleet::overlay_all(rules.chunks(100).map(|group| Fleet::overlay_all(group.to_vec())))
}

/// Both fleets as another program reads them: nothing is shared.
fn read_back(fleet: &Fleet) -> Result<(String, Fleet), Box<dyn std::error::Error>> {
    let text = fleet.encode(&EncodeOptions::default())?;
    let read = Fleet::decode(text.as_bytes())?;
    Ok((text, read))
}

pub(crate) fn run(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    let n = if scale.quick { 2_000 } else { 10_000 };
    let n_runs = if scale.quick { 3 } else { 9 };
    for kind in [Kind::Site, Kind::Customer, Kind::Ids, Kind::Random] {
        let (text, f) = read_back(&Fleet::overlay_all(rules(kind, scale.seed, n, None)))?;
        let same = grouped(&rules(kind, scale.seed, n, None));
        let other = Fleet::overlay_all(rules(kind, scale.seed, n, Some(n / 2)));
        for (change, g) in [("regrouped", same), ("one rule edited", other)] {
            let (_, g) = read_back(&g)?;
            let answer = Analysis::of([&f, &g]).equivalent(&f, &g);
            let right = match (&answer, change) {
                (Answer::Proven, change) => change == "regrouped",
                (Answer::Refuted(_), change) => change != "regrouped",
                (Answer::Undecided(_), _) => kind == Kind::Random,
            };
            let (read, decided) = in_turns(
                n_runs,
                || Fleet::decode(text.as_bytes()).map(|_| ()),
                || Analysis::of([&f, &g]).equivalent(&f, &g).is_proven(),
            );
            table.row(vec![
                ("rules", json!(n)),
                ("selected by", json!(kind.name())),
                ("change", json!(change)),
                ("answer", json!(name(&answer))),
                ("read one lock ms", ms(read)),
                ("decide ms", ms(decided)),
                ("to reading", ratio(decided, read)),
                ("a second", json!((1.0 / decided).round())),
            ]);
            table.claim(right, format!("{}, {change}: {}", kind.name(), name(&answer)));
            let limit = match answer {
                Answer::Undecided(_) => UNDECIDED_LIMIT,
                _ => 1.0 / RATE,
            };
            let limit = scale.limit(limit);
            table.claim(
                decided <= limit,
                format!("{}, {change}: {decided:.3} s, not {limit}", kind.name()),
            );
        }
    }
    Ok(table)
}

fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Proven => "proven",
        Answer::Refuted(_) => "refuted",
        Answer::Undecided(_) => "undecided",
    }
}

/// What grows, and by how much the time grows with it: the exponent of the fitted power.
pub(crate) fn growth(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    let sizes: &[usize] =
        if scale.quick { &[500, 1_000, 2_000] } else { &[1_250, 2_500, 5_000, 10_000] };
    let random: &[usize] = &[10, 20, 40, 80];
    let tasks: [(&str, Kind, &[usize]); 4] = [
        ("rules, a site each", Kind::Site, sizes),
        ("rules, customer and tiers", Kind::Customer, sizes),
        ("rules, 20 ids each", Kind::Ids, sizes),
        ("rules, 3 random labels", Kind::Random, random),
    ];
    for (what, kind, sizes) in tasks {
        let mut points = Vec::new();
        for &n in sizes {
            let f = Fleet::overlay_all(rules(kind, scale.seed, n, None));
            let g = Fleet::overlay_all(rules(kind, scale.seed, n, Some(n / 2)));
            let mut least = f64::INFINITY;
            let mut n_steps = 0;
            for _ in 0..3 {
                let mut analysis = Analysis::of([&f, &g]);
                least = least.min(seconds(&mut || analysis.equivalent(&f, &g).is_proven()));
                n_steps = analysis.n_steps();
            }
            points.push((n as f64, least, n_steps as f64));
        }
        let (first, last) = (points[0], points[points.len() - 1]);
        table.row(vec![
            ("grows", json!(what)),
            ("from", json!(first.0)),
            ("to", json!(last.0)),
            ("ms at the end", ms(last.1)),
            ("steps at the end", json!(last.2)),
            ("exponent of time", exponent(points.iter().map(|p| (p.0, p.1)))),
            ("exponent of steps", exponent(points.iter().map(|p| (p.0, p.2)))),
        ]);
    }
    Ok(table)
}

/// The slope of the least squares line through the logarithms.
fn exponent(points: impl Iterator<Item = (f64, f64)>) -> serde_json::Value {
    let logs: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.max(1e-9).ln())).collect();
    let n = logs.len() as f64;
    let (mean_x, mean_y) = logs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    ratio(above, below)
}
