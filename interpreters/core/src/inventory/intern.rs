//! Labels stored once: a fleet has a dozen keys, and few values of each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{Attestation, Label, LabelKey};

use super::collect::Entry;

/// How many columns ahead of the last one the next is looked for before it is hashed.
const AHEAD: usize = 4;

/// How many values of a column are found without hashing; a power of two.
const N_RECENT: usize = 64;

/// From so many values on, a column of which most were met once keeps no more of them.
const MANY: usize = 1 << 14;

/// The keys and values of a text so far.
#[derive(Default)]
pub(super) struct Interner {
    columns: Vec<Column>,
    by_key: HashMap<LabelKey, usize>,
    // CHOICE: most devices list the keys of the one before, in its order, so keys are compared
    // with those first and hashed only if none of the next few is the one.
    before: Vec<usize>,
    now: Vec<usize>,
    cursor: usize,
}

/// One key and its values.
struct Column {
    key: LabelKey,
    values: HashSet<Arc<str>>,
    /// How many values were looked for among all.
    n_sought: usize,
    // CHOICE: a value is first looked for where one of its ends and length was last seen;
    // most columns have so few values that none is ever hashed again.
    recent: Vec<Option<Arc<str>>>,
}

impl Interner {
    /// The labels that follow are those of another device.
    pub(super) fn start_device(&mut self) {
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.clear();
        self.cursor = 0;
    }

    /// The label that `entry` spells, or why its key is none.
    pub(super) fn label(&mut self, entry: &Entry<'_>) -> Result<Label, String> {
        let at = self.column(&entry.key)?;
        self.now.push(at);
        let column = &mut self.columns[at];
        Ok(Label {
            key: column.key.clone(),
            value: entry.value.as_deref().map(|value| column.value(value)),
            attestation: if entry.reported { Attestation::Reported } else { Attestation::Asserted },
        })
    }

    fn column(&mut self, key: &str) -> Result<usize, String> {
        let next = self.before.iter().enumerate().skip(self.cursor).take(AHEAD);
        for (cursor, &at) in next {
            if self.columns[at].key.as_str() == key {
                self.cursor = cursor + 1;
                return Ok(at);
            }
        }
        if let Some(&at) = self.by_key.get(key) {
            return Ok(at);
        }
        let key = LabelKey::parse(key).map_err(|error| error.to_string())?;
        let at = self.columns.len();
        self.by_key.insert(key.clone(), at);
        let (values, recent) = (HashSet::new(), vec![None; N_RECENT]);
        self.columns.push(Column { key, values, n_sought: 0, recent });
        Ok(at)
    }
}

impl Column {
    fn value(&mut self, value: &str) -> Arc<str> {
        let recent = &mut self.recent[slot(value)];
        if let Some(known) = recent.as_ref().filter(|known| ***known == *value) {
            return Arc::clone(known);
        }
        self.n_sought += 1;
        let shared = match self.values.get(value) {
            Some(known) => Arc::clone(known),
            None => {
                let shared: Arc<str> = Arc::from(value);
                // Of serial numbers and the like, one more is as good as never met again.
                if self.values.len() < MANY || self.values.len() * 2 < self.n_sought {
                    self.values.insert(Arc::clone(&shared));
                }
                shared
            }
        };
        *recent = Some(Arc::clone(&shared));
        shared
    }
}

/// Where a value is among the recent ones.
fn slot(value: &str) -> usize {
    let bytes = value.as_bytes();
    let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
    let n = bytes.len();
    (n + 3 * byte(0) + 5 * byte(1) + 17 * byte(n.saturating_sub(1))) % N_RECENT
}
