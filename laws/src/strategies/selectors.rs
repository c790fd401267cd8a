//! Selectors over a schema's labels.

use escadre_algebra::{Selector, Version, bucket, device_id, label, semver};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::strategies::{LabelSchema, Schema};

impl Schema {
    /// A selector that tests this world's labels, ids and buckets.
    ///
    /// ```
    /// use escadre_laws::Schema;
    /// use proptest::prelude::*;
    /// let schema = Schema::default().asserted("role", ["camera"])?;
    /// proptest!(|(s in schema.selector(), d in schema.facts())| {
    ///     prop_assert_eq!((!s.clone()).matches(&d), s.matches(&d).map(|holds| !holds));
    /// });
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    pub fn selector(&self) -> BoxedStrategy<Selector> {
        let combined = |s: BoxedStrategy<Selector>| {
            prop_oneof![
                s.clone().prop_map(|s| !s),
                vec(s.clone(), 0..4).prop_map(Selector::all_of),
                vec(s, 0..4).prop_map(Selector::any_of),
            ]
            .boxed()
        };
        self.test().prop_recursive(3, 12, 4, combined).boxed()
    }

    fn test(&self) -> BoxedStrategy<Selector> {
        let constant = select(vec![Selector::all(), Selector::none()]).boxed();
        let share = (0..60_u32, 60..=100_u32);
        let bucket = share.prop_map(|(low, high)| bucket("salt").from_to(low, high)).boxed();
        let ids: Vec<String> = self.first_ids(4).iter().map(|id| id.as_str().to_owned()).collect();
        let ids = subsequence(ids, 1..3).prop_map(|ids| device_id().is_in(ids)).boxed();
        let labels = self.labels.iter().map(|label| (6, test_of(label)));
        let others = [(1, constant), (1, bucket), (1, ids)];
        proptest::strategy::Union::new_weighted(others.into_iter().chain(labels).collect()).boxed()
    }
}

fn test_of(schema: &LabelSchema) -> BoxedStrategy<Selector> {
    let key = schema.key.clone();
    let one = || {
        let key = key.clone();
        select(schema.values.clone()).prop_map(move |value| (label(&key), value))
    };
    let values = subsequence(schema.values.clone(), 0..=schema.values.len());
    let among = key.clone();
    let mut tests = vec![
        Just(label(&key).exists()).boxed(),
        one().prop_map(|(label, value)| label.eq(&*value)).boxed(),
        values.prop_map(move |values| label(&among).is_in(values)).boxed(),
    ];
    if schema.values.iter().any(|value| value.parse::<i64>().is_ok()) {
        let number = one().prop_filter_map("an integer", |(label, value)| {
            Some(label.ge(value.parse::<i64>().ok()?))
        });
        tests.push(number.boxed());
    }
    if schema.values.iter().any(|value| Version::parse(value).is_some()) {
        let version = one().prop_filter_map("a version", |(label, value)| {
            Version::parse(&value).map(|_| label.ge(semver(&*value)))
        });
        tests.push(version.boxed());
    }
    proptest::strategy::Union::new(tests).boxed()
}
