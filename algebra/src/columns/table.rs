//! What each class of devices gets of each resource.

use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::names::ResourceName;
use crate::parts::Parts;

/// For each class and resource the number of what is claimed, and that by number.
pub(super) struct Table {
    resources: Vec<ResourceName>,
    /// Class by class, one for each resource; nothing of a class without members.
    // INVARIANT: below the lengths of `claims`.
    numbers: Vec<u32>,
    /// Where the numbers of each class end.
    ends: Vec<usize>,
    claims: Vec<Vec<Option<Claims<()>>>>,
    is_member: Vec<bool>,
}

impl Table {
    /// The table of classes with these answers; `None` if it has more than `n_most` entries, or the
    /// fleet has too many parts.
    pub(super) fn of<'a>(
        evaluator: &Evaluator,
        answers: impl ExactSizeIterator<Item = &'a [u64]>,
        n_most: usize,
    ) -> Option<Self> {
        let mut parts = Parts::of(evaluator)?;
        let n_classes = answers.len();
        let n_numbers = n_classes.checked_mul(parts.resources().len()).filter(|n| *n <= n_most)?;
        let mut numbers = Vec::with_capacity(n_numbers);
        let (mut ends, mut is_member) = (Vec::with_capacity(n_classes), Vec::new());
        for answers in answers {
            is_member.push(parts.is_member(answers));
            if is_member.last() == Some(&true) {
                parts.numbers(answers, &mut |_, claims| claims, &mut numbers);
            }
            ends.push(numbers.len());
        }
        let resources = parts.resources().cloned().collect();
        Some(Self { resources, numbers, ends, claims: parts.into_made(), is_member })
    }

    /// What the devices of `class` get, if it is in the table.
    pub(super) fn claims(&self, class: usize) -> Option<Option<Claims<()>>> {
        let is_member = *self.is_member.get(class)?;
        let roots = self.resources(class).flat_map(|(_, claims)| {
            claims.roots.iter().map(|(name, tree)| (name.clone(), tree.clone()))
        });
        Some(is_member.then(|| Claims { roots: roots.collect() }))
    }

    /// The resources that devices of `class` get something of.
    pub(super) fn resources(
        &self,
        class: usize,
    ) -> impl Iterator<Item = (&ResourceName, &Claims<()>)> {
        let start = class.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(class)).map_or(0..0, |(start, &end)| start..end);
        let numbers = self.resources.iter().zip(&self.claims).zip(&self.numbers[range]);
        numbers.filter_map(|((name, claims), &number)| {
            claims.get(number as usize)?.as_ref().map(|claims| (name, claims))
        })
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.numbers.capacity() * size_of::<u32>()
            + self.ends.capacity() * size_of::<usize>()
            + self.is_member.capacity()
    }
}
