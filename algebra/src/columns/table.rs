//! What each class of devices gets of each resource.

use std::sync::Arc;

use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::names::ResourceName;
use crate::parts::Parts;

/// For each class and resource the number of what is claimed, and that by number.
pub(super) struct Table {
    resources: Vec<ResourceName>,
    /// Class by class, one for each resource; of a class without members they mean nothing.
    // INVARIANT: of classes of members they are below the lengths of `claims`.
    numbers: Vec<u16>,
    claims: Vec<Vec<Option<Claims<()>>>>,
    /// The classes without members, in order.
    others: Vec<usize>,
    n_classes: usize,
}

impl Table {
    /// The table of classes with these answers; `None` if it has more than `n_most` entries, or the
    /// fleet has too many parts, or kinds for one resource.
    pub(super) fn of<'a>(
        evaluator: &Evaluator,
        answers: impl ExactSizeIterator<Item = &'a [u64]>,
        n_most: usize,
    ) -> Option<Self> {
        let mut parts = Parts::of(evaluator)?;
        let (n_classes, n_resources) = (answers.len(), parts.resources().len());
        let n_numbers = n_classes.checked_mul(n_resources).filter(|n| *n <= n_most)?;
        let mut numbers = Vec::with_capacity(n_numbers);
        let mut others = Vec::new();
        let mut of_class = Vec::with_capacity(n_resources);
        for (class, answers) in answers.enumerate() {
            of_class.clear();
            if parts.is_member(answers) {
                parts.numbers(answers, &mut |_, claims| claims, &mut of_class);
            } else {
                of_class.resize(n_resources, 0);
                others.push(class);
            }
            // One look for all, so that they are narrowed many at a time.
            let bits = of_class.iter().fold(0, |bits, number| bits | number);
            u16::try_from(bits).ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "all were seen to fit")]
            numbers.extend(of_class.iter().map(|&number| number as u16));
        }
        let resources = parts.resources().cloned().collect();
        Some(Self { resources, numbers, claims: parts.into_made(), others, n_classes })
    }

    /// What the devices of `class` get, if it is in the table.
    pub(super) fn claims(&self, class: usize) -> Option<Option<Claims<()>>> {
        if !self.knows(class) {
            return None;
        }
        let roots = self.resources(class).flat_map(|(_, claims)| {
            claims.roots.iter().map(|(name, tree)| (name.clone(), Arc::clone(tree)))
        });
        Some(self.is_member(class).then(|| Claims { roots: roots.collect() }))
    }

    /// The resources that devices of `class` get something of.
    pub(super) fn resources(
        &self,
        class: usize,
    ) -> impl Iterator<Item = (&ResourceName, &Claims<()>)> {
        let start = class.saturating_mul(self.resources.len());
        let n_numbers = if self.is_member(class) { self.resources.len() } else { 0 };
        let numbers = self.numbers.iter().skip(start).take(n_numbers);
        self.resources.iter().zip(&self.claims).zip(numbers).filter_map(
            |((name, claims), &number)| {
                claims.get(usize::from(number))?.as_ref().map(|claims| (name, claims))
            },
        )
    }

    /// Whether `class` is in the table: updates may bring others.
    pub(super) fn knows(&self, class: usize) -> bool {
        class < self.n_classes
    }

    fn is_member(&self, class: usize) -> bool {
        self.knows(class) && self.others.binary_search(&class).is_err()
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.numbers.capacity() * size_of::<u16>() + self.others.capacity() * size_of::<usize>()
    }
}
