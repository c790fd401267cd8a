//! The devices, each label as a small number, and conditions as sets of such numbers.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::Error;

/// A label and one of its values; value 0 is that the device does not have it.
pub(crate) type Key = u32;

/// The key that every device has.
pub(crate) const EVERY: Key = Key::MAX;

/// All devices.
pub(crate) struct Table {
    labels: Vec<String>,
    /// Of each label its values, in the order of their numbers, from 1.
    values: Vec<Vec<String>>,
    /// Of each label and value how many devices have it.
    counts: Vec<Vec<u32>>,
    /// Of each device the value of each label.
    pub(crate) rows: Vec<Vec<u32>>,
}

/// What must hold of one label.
#[derive(PartialEq, Eq)]
pub(crate) struct Atom {
    label: usize,
    /// Of each value whether it holds.
    holds: Vec<bool>,
}

impl Table {
    pub(crate) fn read(path: &Path, labels: &Value) -> Result<Self, Error> {
        let labels: Vec<String> = serde_json::from_value(labels.clone())?;
        let mut values = vec![Vec::new(); labels.len()];
        let mut numbers: Vec<HashMap<String, u32>> = vec![HashMap::new(); labels.len()];
        let mut counts = vec![vec![0]; labels.len()];
        let mut rows = Vec::new();
        for line in BufReader::new(File::open(path)?).lines() {
            let device: Value = serde_json::from_str(&line?)?;
            let mut row = Vec::with_capacity(labels.len());
            for (at, label) in labels.iter().enumerate() {
                let number = match device["labels"][label].as_str() {
                    None => 0,
                    Some(value) => match numbers[at].get(value) {
                        Some(&number) => number,
                        None => {
                            values[at].push(value.to_owned());
                            counts[at].push(0);
                            let number = u32::try_from(values[at].len())?;
                            numbers[at].insert(value.to_owned(), number);
                            number
                        }
                    },
                };
                counts[at][number as usize] += 1;
                row.push(number);
            }
            rows.push(row);
        }
        Ok(Self { labels, values, counts, rows })
    }

    /// All keys of a device.
    pub(crate) fn keys(&self, row: usize) -> impl Iterator<Item = Key> {
        let labels = self.rows[row].iter().enumerate().map(|(label, &value)| key(label, value));
        labels.chain([EVERY])
    }

    /// The atoms that must all hold, those on fewest devices first.
    pub(crate) fn atoms(&self, condition: &Value) -> Result<Vec<Atom>, Error> {
        let mut atoms = self.unordered(condition)?;
        atoms.sort_by_key(|atom| self.count(atom));
        Ok(atoms)
    }

    fn count(&self, atom: &Atom) -> u32 {
        let counts = self.counts[atom.label].iter().zip(&atom.holds);
        counts.map(|(count, holds)| count * u32::from(*holds)).sum()
    }

    fn unordered(&self, condition: &Value) -> Result<Vec<Atom>, Error> {
        let (kind, of) =
            condition.as_object().and_then(|o| o.iter().next()).ok_or("no condition")?;
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
        let atom = match kind.as_str() {
            "always" => return Ok(Vec::new()),
            "both" => {
                let mut atoms = self.unordered(&of[0])?;
                atoms.extend(self.unordered(&of[1])?);
                return Ok(atoms);
            }
            "is" => self.atom(&of[0], |value| {
                of[1].as_array().is_some_and(|all| all.iter().any(|one| one == value))
            })?,
            "has" => self.atom(of, |_| true)?,
            "firmware" => self
                .atom(&"firmware".into(), |value| number(value.split('.').nth(1)) >= of.as_u64())?,
            "cores" => self.atom(&"cores".into(), |value| number(Some(value)) >= of.as_u64())?,
            "not" => match self.unordered(of)?.as_slice() {
                [one] => Atom { label: one.label, holds: one.holds.iter().map(|h| !h).collect() },
                _ => return Err("a condition under `not` has one part".into()),
            },
            kind => return Err(format!("no condition is called {kind}").into()),
        };
        Ok(vec![atom])
    }

    fn atom(&self, label: &Value, holds: impl Fn(&str) -> bool) -> Result<Atom, Error> {
        let label = self.labels.iter().position(|name| label == name).ok_or("no such label")?;
        let values = self.values[label].iter().map(|value| holds(value));
        Ok(Atom { label, holds: std::iter::once(false).chain(values).collect() })
    }
}

impl Atom {
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let values = (0..).zip(&self.holds).filter(|(_, holds)| **holds);
        values.map(|(value, _)| key(self.label, value))
    }

    pub(crate) fn holds_on(&self, row: &[u32]) -> bool {
        self.holds[row[self.label] as usize]
    }
}

/// There are fewer than 2²⁶ values.
fn key(label: usize, value: u32) -> Key {
    (label as u32) << 26 | value
}
