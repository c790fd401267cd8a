//! Columns give the answers of `denote` and `Selector::matches`, for random fleets and inventories.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::LazyLock;

use escadre_algebra::{
    Columns, Facts, Fleet, Inventory, RowSet, Selector, affected, denote, evaluate, label,
};
use escadre_laws::Schema;
use proptest::collection::vec;
use proptest::prelude::*;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::default()
        .asserted("role", ["camera", "gateway", "7"])
        .unwrap()
        .reported("firmware", ["2.0.1", "2.1.0", "9", "none"])
        .unwrap()
        .asserted("site", ["lyon", "paris", "12"])
        .unwrap()
});

fn inventory() -> BoxedStrategy<Inventory> {
    SCHEMA.inventory_with_unknown(0..=40)
}

fn rows(rows: &RowSet) -> Vec<usize> {
    rows.iter().collect()
}

/// The rows on which the fleets differ, by asking each.
fn differing(old: &Fleet, new: &Fleet, columns: &Columns) -> Vec<usize> {
    let differs = |row: &usize| {
        let facts = columns.facts(*row).unwrap();
        denote::<()>(old, &facts) != denote::<()>(new, &facts)
    };
    (0..columns.len()).filter(differs).collect()
}

/// What is done to a list of layers.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Fleet),
    Insert(Fleet),
    Remove,
    Move,
    Restrict(Selector),
    Swap(Fleet),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        SCHEMA.fleet().prop_map(Edit::Replace),
        SCHEMA.fleet().prop_map(Edit::Insert),
        Just(Edit::Remove),
        Just(Edit::Move),
        SCHEMA.selector().prop_map(Edit::Restrict),
        SCHEMA.fleet().prop_map(Edit::Swap),
    ]
}

fn apply(layers: &[Fleet], at: usize, edit: Edit) -> Vec<Fleet> {
    let (mut layers, at) = (layers.to_vec(), at % layers.len());
    match edit {
        Edit::Replace(layer) => layers[at] = layer,
        Edit::Insert(layer) => layers.insert(at, layer),
        Edit::Remove => drop(layers.remove(at)),
        Edit::Move => layers.rotate_left(at),
        Edit::Restrict(selector) => layers[at] = layers[at].clone().restrict(selector),
        Edit::Swap(layer) => layers[at] = layers[at].clone().patch(layer),
    }
    layers
}

/// The layers put together, by one of the ways that people do.
fn together(layers: &[Fleet], how: u8) -> Fleet {
    let mut all = layers.iter().cloned();
    let first = all.next().unwrap_or_else(Fleet::empty);
    match how % 6 {
        0 => Fleet::overlay_all(layers.iter().cloned()),
        1 => Fleet::union_all(layers.iter().cloned()),
        2 => all.fold(first, Fleet::patch),
        3 => all.fold(first, Fleet::overlay),
        4 => first.patch(Fleet::overlay_all(all)),
        _ => all.enumerate().fold(first, |f, (i, g)| match i % 4 {
            0 => f.patch(g),
            1 => f.overlay(g).named("layer"),
            2 => f.mask(g),
            _ => f | g,
        }),
    }
}

/// The same expression, sharing nothing with `fleet`.
fn rebuilt(fleet: &Fleet) -> Fleet {
    Fleet::decode(fleet.encode(&Default::default()).unwrap().as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn columns_are_the_inventory(inventory in inventory()) {
        let columns = Columns::of(&inventory).unwrap();
        prop_assert_eq!(&Inventory::from(columns.clone()), &inventory);
        prop_assert_eq!(columns.digest(), inventory.digest());
    }

    #[test]
    fn a_selector_matches_the_same_devices(
        inventory in inventory(),
        s in SCHEMA.selector(),
        cut in 0..50_usize,
    ) {
        let columns = Columns::of(&inventory).unwrap();
        let devices = inventory.devices().iter().map(|facts| s.matches(facts)).enumerate();
        let of = |wanted: Option<bool>| -> Vec<usize> {
            devices.clone().filter(|(_, m)| *m == wanted).map(|(row, _)| row).collect()
        };
        let matches = columns.matches(&s);
        prop_assert_eq!(rows(&matches.hold), of(Some(true)));
        prop_assert_eq!(rows(&matches.undetermined), of(None));
        let (low, high) = (0..cut, cut..usize::MAX);
        let parts = [low, high].map(|range| columns.matches_within(&s, range));
        let together: Vec<usize> = parts.iter().flat_map(|part| part.hold.iter()).collect();
        prop_assert_eq!(together, of(Some(true)));
    }

    #[test]
    fn an_evaluation_says_what_denote_says(
        inventory in inventory(),
        layers in vec(SCHEMA.fleet(), 1..8),
        how in any::<u8>(),
    ) {
        let columns = Columns::of(&inventory).unwrap();
        let fleet = together(&layers, how);
        let evaluation = evaluate(&fleet, &columns);
        for (row, facts) in inventory.devices().iter().enumerate() {
            let class = evaluation.class(row).unwrap();
            let claims = evaluation.claims(class).map(|claims| claims.instantiate(facts));
            let said = denote::<()>(&fleet, facts);
            prop_assert_eq!(&claims, &said);
            let said = said.unwrap_or_default();
            let by_resource = evaluation.resources(class);
            let by_resource: Vec<String> =
                by_resource.map(|(_, claims)| claims.instantiate(facts).to_string()).collect();
            prop_assert_eq!(by_resource.concat(), said.to_string());
        }
    }

    #[test]
    fn a_fleet_resolves_alike_on_rows_and_on_columns(
        inventory in inventory(),
        layers in vec(SCHEMA.fleet(), 1..8),
        how in any::<u8>(),
    ) {
        let fleet = together(&layers, how);
        let by_columns = Inventory::from(Columns::of(&inventory).unwrap());
        match (fleet.resolve(&inventory), fleet.resolve(&by_columns)) {
            (Ok(rows), Ok(columns)) => prop_assert!(rows.outcomes().eq(columns.outcomes())),
            (rows, columns) => {
                prop_assert_eq!(rows.unwrap_err().to_string(), columns.unwrap_err().to_string());
            }
        }
    }

    #[test]
    fn updates_end_where_evaluating_again_does(
        before in inventory(),
        after in vec(SCHEMA.facts_with_unknown(), 40),
        fleet in SCHEMA.fleet(),
    ) {
        let mut columns = Columns::of(&before).unwrap();
        let mut evaluation = evaluate(&fleet, &columns);
        for (row, labels) in after.iter().enumerate().take(columns.len()) {
            let id = columns.id(row).try_into().unwrap();
            let facts = Facts::from_labels(id, labels.labels().to_vec());
            columns.replace(row, &facts).unwrap();
            evaluation.update(row, &facts).unwrap();
        }
        let again = evaluate(&fleet, &Columns::of(&Inventory::from(columns.clone())).unwrap());
        for row in 0..columns.len() {
            let claims = |e: &escadre_algebra::Evaluation| e.claims(e.class(row)?).cloned();
            prop_assert_eq!(claims(&evaluation), claims(&again));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn two_fleets_affect_the_devices_on_which_they_differ(
        inventory in inventory(),
        old in SCHEMA.fleet(),
        new in SCHEMA.fleet(),
    ) {
        let columns = Columns::of(&inventory).unwrap();
        prop_assert_eq!(rows(&affected(&old, &new, &columns)), differing(&old, &new, &columns));
        prop_assert!(affected(&old, &rebuilt(&old), &columns).is_empty());
    }

    #[test]
    fn an_edit_affects_the_devices_on_which_it_shows(
        inventory in inventory(),
        layers in vec(SCHEMA.fleet(), 1..8),
        edits in vec((any::<usize>(), edit()), 1..3),
        (how, around, rebuild) in (any::<u8>(), SCHEMA.fleet(), any::<bool>()),
    ) {
        let columns = Columns::of(&inventory).unwrap();
        let edited = edits.into_iter().fold(layers.clone(), |layers, (at, edit)| {
            if layers.is_empty() { layers } else { apply(&layers, at, edit) }
        });
        let whole = |layers: &[Fleet]| {
            let f = together(layers, how);
            match how / 6 % 6 {
                0 => f,
                1 => around.clone().patch(f),
                2 => f.patch(around.clone()),
                3 => around.clone().within(f),
                4 => around.clone().mask(f).overlay(around.clone()),
                _ => around.clone().without(f.restrict(label("role").exists())),
            }
        };
        let (old, mut new) = (whole(&layers), whole(&edited));
        if rebuild {
            new = rebuilt(&new);
        }
        prop_assert_eq!(rows(&affected(&old, &new, &columns)), differing(&old, &new, &columns));
    }
}
