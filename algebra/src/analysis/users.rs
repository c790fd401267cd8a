//! Who uses which expression.

use super::expression::ExprId;

/// Who uses each expression: a list of each, in one.
#[derive(Default)]
pub(super) struct Users {
    /// Of each expression, where its last user stands in `all`, from 1; 0 if it has none.
    last: Vec<u32>,
    /// Users, each with where the one before it stands.
    all: Vec<(ExprId, u32)>,
}

impl Users {
    /// The users of `at`, the last one first.
    pub(super) fn of(&self, at: ExprId) -> impl Iterator<Item = ExprId> {
        let mut next = self.last.get(at as usize).copied().unwrap_or_default();
        std::iter::from_fn(move || {
            let (user, before) = *self.all.get(usize::try_from(next.checked_sub(1)?).ok()?)?;
            next = before;
            Some(user)
        })
    }

    /// Adds a user of `at`, unless it is the last one already.
    pub(super) fn add(&mut self, at: ExprId, user: ExprId) {
        if self.of(at).next() != Some(user) {
            let last = &mut self.last[at as usize];
            self.all.push((user, *last));
            *last = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        }
    }

    /// Makes room for one more expression, which nobody uses yet.
    pub(super) fn grow(&mut self) {
        self.last.push(0);
    }
}
