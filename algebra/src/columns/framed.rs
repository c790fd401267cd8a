//! The digest of an inventory by columns: that of the same devices one by one.

use super::codes::{ABSENT, FIRST, UNKNOWN};
use super::{Column, Columns};
use crate::digest::{Digest, Digester, frame};
use crate::facts::{Attestation, Knowledge};
use crate::inventory::Coverage;

/// A column of more values is framed device by device.
const MAX_VALUES: usize = 1 << 16;

impl Columns {
    /// [`Inventory::digest`](crate::Inventory::digest) of the same devices. Costs O(size).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digester = Digester::new("escadre/inventory/1");
        digester.add(&[u8::from(self.coverage == Coverage::Complete)]);
        let columns: Vec<Framed<'_>> = self.columns.iter().map(Framed::new).collect();
        for row in 0..self.len() {
            digester.add(self.id(row).as_bytes());
            digester.add(&[u8::from(self.unlisted_unknown(row))]);
            columns.iter().for_each(|column| column.add(row, &mut digester));
            digester.add(&[]);
        }
        digester.finish()
    }
}

/// A column, and what is digested of a device that has the label.
struct Framed<'a> {
    column: &'a Column,
    // CHOICE: few values stand for many devices, so what is digested of each is put together once:
    // where it ends, by code. Empty if there are many values, or who attests them differs.
    ends: Vec<usize>,
    text: Vec<u8>,
}

impl<'a> Framed<'a> {
    fn new(column: &'a Column) -> Self {
        let mut framed = Self { column, ends: Vec::new(), text: Vec::new() };
        if column.n_values() > MAX_VALUES || column.exceptions.is_some() {
            return framed;
        }
        framed.ends.push(0);
        for code in (ABSENT..=UNKNOWN).chain((FIRST..).take(column.n_values())) {
            label(column, column.attestation, column.of_code(code), &mut |piece| {
                frame(piece, &mut framed.text);
            });
            framed.ends.push(framed.text.len());
        }
        framed
    }

    fn add(&self, row: usize, digester: &mut Digester) {
        let code = self.column.codes.get(row);
        let at = code as usize;
        match (self.ends.get(at), self.ends.get(at + 1)) {
            (Some(&start), Some(&end)) => digester.add_framed(&self.text[start..end]),
            _ => {
                let (attestation, value) =
                    (self.column.attestation(row), self.column.of_code(code));
                label(self.column, attestation, value, &mut |piece| digester.add(piece));
            }
        }
    }
}

/// The pieces of one label of a device.
fn label(
    column: &Column,
    attestation: Attestation,
    value: Knowledge<'_>,
    add: &mut dyn FnMut(&[u8]),
) {
    let value = match value {
        Knowledge::Absent => return,
        Knowledge::Unknown => None,
        Knowledge::Known(value) => Some(value),
    };
    let reported = u8::from(attestation == Attestation::Reported);
    add(column.key.as_str().as_bytes());
    add(&[reported, u8::from(value.is_some())]);
    add(value.unwrap_or_default().as_bytes());
}
