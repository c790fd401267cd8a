//! Tables of a document: entries that later ones refer to.

use super::json::Json;

/// Entries in the order of the document, and whether each was referred to.
pub(super) struct Table<T> {
    entries: Vec<T>,
    // INVARIANT: as many as `entries`; `push` keeps it.
    used: Vec<bool>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), used: Vec::new() }
    }
}

impl<T: Clone> Table<T> {
    pub(super) fn entries(&self) -> &[T] {
        &self.entries
    }

    pub(super) fn push(&mut self, entry: T) {
        self.entries.push(entry);
        self.used.push(false);
    }

    /// The entry at `at`, which is then used.
    pub(super) fn take(&mut self, at: usize) -> Option<T> {
        let entry = self.entries.get(at)?.clone();
        self.used[at] = true;
        Some(entry)
    }

    /// The entry that the relative reference `json` of the next entry means.
    pub(super) fn refer(&mut self, json: &Json) -> Result<T, String> {
        let at = reference(json, self.entries.len())?;
        self.take(at).ok_or_else(|| format!("there is no entry {at}"))
    }

    /// The first of the first `n` entries that nothing refers to.
    pub(super) fn unused(&self, n: usize) -> Option<usize> {
        self.used[..n].iter().position(|used| !used)
    }
}

/// The position that the relative reference `json` means, in the entry at `here`.
fn reference(json: &Json, here: usize) -> Result<usize, String> {
    let Json::Integer(offset) = json else {
        return Err(format!("{} is no reference; it must be a negative integer", json.kind()));
    };
    let back = offset.checked_neg().and_then(|back| usize::try_from(back).ok());
    let at = back.filter(|&back| back > 0).and_then(|back| here.checked_sub(back));
    at.ok_or_else(|| format!("the reference {offset} leads to no earlier entry"))
}
