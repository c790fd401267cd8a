//! Times, taken in turns, and the table that they make.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Map, Value, json};

/// The least time of `a` and of `b` in seconds, run in turns.
pub(crate) fn in_turns<A, B>(
    n_runs: usize,
    mut a: impl FnMut() -> A,
    mut b: impl FnMut() -> B,
) -> (f64, f64) {
    let mut least = (f64::INFINITY, f64::INFINITY);
    for _ in 0..n_runs {
        least.0 = least.0.min(seconds(&mut a));
        least.1 = least.1.min(seconds(&mut b));
    }
    least
}

/// How long one call takes.
pub(crate) fn seconds<T>(call: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(call());
    start.elapsed().as_secs_f64()
}

/// A table of figures, and what of it falls short.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<(&'static str, Value)>>,
    short: Vec<String>,
}

impl Table {
    pub(crate) fn row(&mut self, cells: Vec<(&'static str, Value)>) {
        self.rows.push(cells);
    }

    /// Notes what should hold of the last row.
    pub(crate) fn claim(&mut self, holds: bool, what: String) {
        if !holds {
            self.short.push(what);
        }
    }

    pub(crate) fn short(&self) -> &[String] {
        &self.short
    }

    pub(crate) fn to_json(&self, name: &str, seed: u64) -> Value {
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            Value::Object(cells.collect::<Map<_, _>>())
        });
        json!({ "table": name, "seed": seed, "rows": rows.collect::<Vec<_>>(), "short": self.short })
    }

    pub(crate) fn to_text(&self) -> String {
        let Some(first) = self.rows.first() else { return String::new() };
        let head: Vec<String> = first.iter().map(|(name, _)| (*name).to_owned()).collect();
        let cells = self.rows.iter().map(|row| row.iter().map(|(_, value)| text(value)).collect());
        let lines: Vec<Vec<String>> = std::iter::once(head).chain(cells).collect();
        let width = |at: usize| lines.iter().map(|line| line[at].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..first.len()).map(width).collect();
        let line = |line: &Vec<String>| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
            cells.collect::<Vec<_>>().join("  ") + "\n"
        };
        lines.iter().map(line).collect()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            format!("{:.3}", number.as_f64().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

/// Milliseconds, to a microsecond.
pub(crate) fn ms(seconds: f64) -> Value {
    json!((seconds * 1e6).round() / 1e3)
}

/// A ratio, to a thousandth.
pub(crate) fn ratio(of: f64, to: f64) -> Value {
    json!((of / to * 1e3).round() / 1e3)
}
