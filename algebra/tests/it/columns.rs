//! Columns: the same inventory, the same answers.

use escadre_algebra::{
    Attestation, Columns, ColumnsBuilder, ColumnsError, Coverage, DeviceId, Facts, Fleet,
    Inventory, Knowledge, Label, LabelKey, Resource, affected, denote, deploy, evaluate, label,
};
use proptest::collection::{hash_set, vec};
use proptest::prelude::*;

fn facts(id: &str, role: &str, attestation: Attestation) -> Facts {
    let key = LabelKey::parse("role").unwrap();
    let label = Label { key, value: Some(role.into()), attestation };
    Facts::from_labels(DeviceId::parse(id).unwrap(), vec![label])
}

fn some() -> Inventory {
    let devices = [
        facts("b", "camera", Attestation::Reported),
        facts("a", "gateway", Attestation::Asserted),
        Facts::of("c", [("site", "lyon")]).unwrap().with_unknown("role").unwrap(),
        Facts::of("d", []).unwrap().with_unlisted_unknown(),
        Facts::of("e", [("role", ""), ("gpu", "1")]).unwrap(),
    ];
    Inventory::new(devices, Coverage::Partial).unwrap()
}

#[test]
fn columns_hold_the_same_devices() {
    let columns = Columns::of(&some()).unwrap();
    assert_eq!(Inventory::from(columns.clone()), some());
    assert_eq!(columns.digest(), some().digest());
    assert_eq!(columns.position("c"), Some(2));
    assert_eq!(columns.position("x"), None);
    assert_eq!(columns.column("role").unwrap().knowledge(4), Knowledge::Known(""));
    let none = Columns::of(&Inventory::empty(Coverage::Complete)).unwrap();
    assert!(none.is_empty());
    assert_eq!(none.digest(), Inventory::empty(Coverage::Complete).digest());
}

#[test]
fn an_inventory_answers_alike_whichever_way_it_holds_its_devices() {
    let rows = some();
    let columns = Inventory::from(Columns::of(&rows).unwrap());
    assert_eq!(columns.len(), 5);
    assert!(!columns.is_empty() && columns.coverage() == Coverage::Partial);
    assert!(rows.ids().eq(columns.ids()) && columns.ids().len() == 5);
    for at in 0..6 {
        assert_eq!(rows.id(at), columns.id(at));
        assert_eq!(rows.facts(at), columns.facts(at));
    }
    for id in ["a", "b", "c", "d", "e", "x"] {
        assert_eq!(rows.position(id), columns.position(id));
        assert_eq!(rows.device(id), columns.device(id));
    }
    assert_eq!(rows.digest(), columns.digest());
    assert_eq!(rows.columns().map(Columns::digest), columns.columns().map(Columns::digest));
    // Asked for last, since other answers then come from what it made.
    assert_eq!(rows.devices(), columns.devices());
    assert_eq!(rows.facts(2), columns.facts(2));
}

#[test]
fn columns_count_what_devices_have() {
    let columns = Columns::of(&some()).unwrap();
    let role = columns.column("role").unwrap();
    let counts: Vec<(&str, usize)> =
        (0..role.n_values()).map(|at| role.value(at)).zip(role.n_devices()).collect();
    assert_eq!(counts, [("", 1), ("camera", 1), ("gateway", 1)]);
    assert_eq!((role.n_unknown(), role.n_reported()), (1, 1));
    let site = columns.column("site").unwrap();
    assert_eq!((site.n_devices(), site.n_unknown(), site.n_reported()), (vec![1], 0, 0));
}

#[test]
fn thousands_of_different_values_are_found_sorted_and_kept_once() {
    let role = LabelKey::parse("role").unwrap();
    let mut builder = ColumnsBuilder::new(Coverage::Complete);
    let value = |i: usize| format!("value-{:x}", i * 7_919 % 20_011);
    for i in 0..40_022 {
        builder.device(&DeviceId::parse(&format!("d{}", 90_000 - i)).unwrap()).unwrap();
        builder.label(&role, Some(&value(i)), Attestation::Asserted);
    }
    let columns = builder.finish().unwrap();
    let column = columns.column("role").unwrap();
    assert_eq!(column.n_values(), 20_011);
    let values: Vec<&str> = (0..20_011).map(|at| column.value(at)).collect();
    assert!(values.is_sorted_by(|a, b| a < b));
    assert!((0..columns.len()).map(|row| columns.id(row)).is_sorted_by(|a, b| a < b));
    // One by one costs no more for the number of values.
    let facts = (0..columns.len()).filter_map(|row| columns.facts(row));
    assert!(facts.eq(Inventory::from(columns.clone()).devices().iter().cloned()));
    for i in (0..40_022).step_by(997) {
        let row = columns.position(&format!("d{}", 90_000 - i)).unwrap();
        assert_eq!(column.knowledge(row), Knowledge::Known(&value(i)));
    }
}

proptest! {
    #[test]
    fn values_and_ids_are_sorted_as_texts_whatever_they_have_in_common(
        values in vec("(same(same)?(8 bytes)?)?[a-c\u{0}é]{0,9}", 0..40),
        ids in hash_set("(same)?[a-c]{1,9}", 40),
    ) {
        let role = LabelKey::parse("role").unwrap();
        let mut builder = ColumnsBuilder::new(Coverage::Complete);
        let devices: Vec<(&String, &String)> = ids.iter().zip(&values).collect();
        for (id, value) in &devices {
            builder.device(&DeviceId::parse(id).unwrap()).unwrap();
            builder.label(&role, Some(value), Attestation::Asserted);
        }
        let columns = builder.finish().unwrap();
        prop_assert!((0..columns.len()).map(|row| columns.id(row)).is_sorted_by(|a, b| a < b));
        let Some(column) = columns.column("role") else {
            prop_assert!(devices.is_empty());
            return Ok(());
        };
        prop_assert!((0..column.n_values()).map(|at| column.value(at)).is_sorted_by(|a, b| a < b));
        for (id, value) in devices {
            let row = columns.position(id).unwrap();
            prop_assert_eq!(column.knowledge(row), Knowledge::Known(value));
        }
    }
}

#[test]
fn devices_may_come_in_any_order_and_the_last_label_of_a_key_stands() {
    let role = LabelKey::parse("role").unwrap();
    let mut builder = ColumnsBuilder::new(Coverage::Complete);
    builder.label(&role, Some("of nobody"), Attestation::Asserted);
    for id in ["b", "a"] {
        builder.device(&DeviceId::parse(id).unwrap()).unwrap();
        builder.label(&role, Some("first"), Attestation::Reported);
        builder.label(&role, Some(id), Attestation::Asserted);
    }
    let columns = builder.finish().unwrap();
    let rows = [("a", "a"), ("b", "b")].map(|(id, role)| Facts::of(id, [("role", role)]).unwrap());
    assert_eq!(Inventory::from(columns.clone()).devices(), rows);
}

#[test]
fn an_id_that_is_given_twice_is_refused() {
    let mut builder = ColumnsBuilder::new(Coverage::Complete);
    for id in ["b", "a", "b"] {
        builder.device(&DeviceId::parse(id).unwrap()).unwrap();
    }
    let Err(ColumnsError::Duplicate(twice)) = builder.finish() else { panic!("accepted") };
    assert_eq!((twice.first, twice.second), (0, 2));
}

#[test]
fn a_device_is_replaced_in_place() {
    let mut columns = Columns::of(&some()).unwrap();
    let changed = [
        facts("b", "gateway", Attestation::Asserted),
        Facts::of("a", [("new", "label")]).unwrap().with_unlisted_unknown(),
        facts("c", "new value", Attestation::Reported),
        Facts::of("d", [("role", "another new value")]).unwrap(),
        Facts::of("e", [("gpu", "2")]).unwrap().with_unknown("role").unwrap(),
    ];
    for facts in &changed {
        let row = columns.position(facts.id().as_str()).unwrap();
        columns.replace(row, facts).unwrap();
    }
    let expected = Inventory::new(changed, Coverage::Partial).unwrap();
    assert_eq!(Inventory::from(columns.clone()), expected);
    assert_eq!(columns.digest(), expected.digest());
    let is_new = label("role").is_in(["new value", "another new value"]);
    assert_eq!(columns.matches(&is_new).hold.iter().collect::<Vec<_>>(), [2, 3]);
    let error = columns.replace(0, &Facts::of("z", []).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "row 0 is the device `a`, not `z`");
}

#[test]
fn codes_widen_when_values_do_not_fit() {
    let devices = (0..300).map(|i| {
        let value = format!("v{i}");
        Facts::of(&format!("d{i:03}"), [("same", "x"), ("own", &*value)]).unwrap()
    });
    let inventory = Inventory::new(devices, Coverage::Complete).unwrap();
    let mut columns = Columns::of(&inventory).unwrap();
    for row in 0..300 {
        let facts = Facts::of(columns.id(row), [("same", &*format!("s{row}"))]).unwrap();
        columns.replace(row, &facts).unwrap();
    }
    let same = columns.column("same").unwrap();
    assert_eq!(same.knowledge(299), Knowledge::Known("s299"));
    assert_eq!(columns.matches(&label("same").eq("s256")).hold.iter().collect::<Vec<_>>(), [256]);
    assert!(columns.matches(&label("own").exists()).hold.is_empty());
}

fn layers(n: usize, edited: &str) -> Fleet {
    let layer = |i: usize| {
        let text = if i == n / 2 { edited.to_owned() } else { format!("text {i}") };
        let layer = deploy(Resource::new(&format!("r{}", i % 7)).set("text", text.as_str()));
        layer.restrict(label("n").eq(format!("{}", i % 100)))
    };
    Fleet::overlay_all((0..n).map(layer))
}

fn numbered(n: usize) -> Columns {
    let devices = (0..n).map(|i| {
        let value = format!("{}", i % 100);
        Facts::of(&format!("d{i:05}"), [("n", &*value)]).unwrap()
    });
    Columns::of(&Inventory::new(devices, Coverage::Complete).unwrap()).unwrap()
}

#[test]
fn an_update_gives_the_class_of_the_new_facts() {
    let columns = numbered(500);
    let fleet = layers(130, "edited");
    let mut evaluation = evaluate(&fleet, &columns);
    let facts = Facts::of("d00003", [("n", "4")]).unwrap();
    let update = evaluation.update(3, &facts).unwrap();
    assert_ne!(update.before, update.after);
    assert_eq!(evaluation.class(3), evaluation.class(4));
    assert_eq!(evaluation.claims(update.after).cloned(), denote::<()>(&fleet, &facts));
    let unseen = Facts::of("d00003", []).unwrap();
    let update = evaluation.update(3, &unseen).unwrap();
    assert_eq!(evaluation.claims(update.after).cloned(), denote::<()>(&fleet, &unseen));
    assert_eq!(evaluation.update(500, &unseen), None);
}

#[test]
fn what_later_layers_hide_is_not_affected() {
    let columns = numbered(1000);
    assert!(affected(&layers(130, "a"), &layers(130, "a"), &columns).is_empty());
    let rows = affected(&layers(130, "a"), &layers(130, "b"), &columns);
    assert_eq!(rows.iter().collect::<Vec<_>>(), (65..1000).step_by(100).collect::<Vec<_>>());
    let on_top = |text: &str| layers(130, text).overlay(deploy(Resource::new("r2").set("text", 1)));
    assert!(affected(&on_top("a"), &on_top("b"), &columns).is_empty());
}

#[test]
fn deep_fleets_and_selectors_do_not_overflow_the_stack() {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let run = || {
        let columns = numbered(100);
        let deep = |text: &str| {
            let mut fleet = deploy(Resource::new("r").set("text", text));
            let mut selector = label("n").eq("1");
            for i in 0..20_000 {
                selector = if i % 2 == 0 {
                    selector & label("n").ge(0)
                } else {
                    !selector | label("m").exists()
                };
                fleet = fleet.restrict(label("n").exists()).union(Fleet::all());
            }
            fleet.restrict(selector)
        };
        let rows = affected(&deep("a"), &deep("b"), &columns);
        let facts = columns.facts(1).unwrap();
        let differs = denote::<()>(&deep("a"), &facts) != denote::<()>(&deep("b"), &facts);
        assert_eq!(rows.contains(1), differs);
        assert_eq!(evaluate(&deep("a"), &columns).n_classes(), 2);
    };
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn shared_operands_stay_linear() {
    let columns = numbered(10);
    let shared = |text: &str| {
        let mut fleet = deploy(Resource::new("r").set("text", text)).restrict(label("n").eq("1"));
        for i in 0..64 {
            fleet = if i % 2 == 0 { fleet.clone() | fleet } else { fleet.clone().overlay(fleet) };
        }
        fleet
    };
    assert_eq!(affected(&shared("a"), &shared("b"), &columns).iter().collect::<Vec<_>>(), [1]);
}

/// Devices with labels of few, some and many different values, and one of their own.
fn varied(n: usize) -> Columns {
    let devices = (0..n).map(|i| {
        let (a, b, c) =
            (format!("{}", i % 7), format!("{}", i % 301), format!("{}", i * 31 % 5003));
        let serial = format!("{:08x}", (i as u32).wrapping_mul(0x9e37_79b9));
        let mut labels = vec![("a", &*a), ("b", &*b), ("c", &*c), ("serial", &*serial)];
        labels.retain(|(key, _)| *key != "b" || i % 11 != 0);
        Facts::of(&format!("d{i:06}"), labels).unwrap()
    });
    Columns::of(&Inventory::new(devices, Coverage::Complete).unwrap()).unwrap()
}

/// Layers of every kind of selector that masks, scans and tables treat apart.
fn varied_layers(columns: &Columns, edited: usize, text: &str) -> Fleet {
    let serial = |row: usize| match columns.column("serial").unwrap().knowledge(row) {
        Knowledge::Known(serial) => serial.to_owned(),
        _ => panic!("no serial"),
    };
    let layer = |i: usize| {
        let value = if i == edited { text.to_owned() } else { format!("layer {i}") };
        let set = Resource::new(&format!("r{}", i % 3)).set("text", value.as_str());
        let is = |key: &str, n: usize| label(key).eq(format!("{n}"));
        let selector = match i % 8 {
            0 => is("b", i * 3),
            1 => label("c").is_in((0..40).map(|j| format!("{}", i * 40 + j))),
            2 => is("a", i % 7) & is("b", i),
            3 => is("a", 1) | is("c", i),
            4 => label("serial").is_in((0..9).map(|j| serial(i * 97 + j * 13))),
            5 => label("b").ge(290) & !is("a", 3),
            6 if i.is_multiple_of(3) => (is("a", 2) | is("b", 5)) & (is("a", 4) | is("c", 6)),
            6 => !label("b").exists(),
            _ => is("c", i * 17) & label("serial").exists(),
        };
        deploy(set).restrict(selector)
    };
    Fleet::overlay_all(
        [deploy(Resource::new("r0").set("text", "base"))].into_iter().chain((0..140).map(layer)),
    )
}

#[test]
fn many_devices_with_many_values_get_what_denote_says() {
    let columns = varied(40_000);
    let old = varied_layers(&columns, 0, "layer 0");
    let evaluation = evaluate(&old, &columns);
    for row in (0..columns.len()).step_by(29) {
        let claims = evaluation.claims(evaluation.class(row).unwrap()).cloned();
        assert_eq!(claims, denote::<()>(&old, &columns.facts(row).unwrap()), "row {row}");
    }
    let resolved = old.resolve(&columns.clone().into()).unwrap();
    for row in (0..columns.len()).step_by(997) {
        let facts = columns.facts(row).unwrap();
        let alone = Inventory::new([facts], Coverage::Complete).unwrap();
        let alone = old.resolve(&alone).unwrap();
        assert_eq!(resolved.outcome_at(row), alone.outcome_at(0), "row {row}");
    }
    let mut n_seen = 0;
    for edited in 0..24 {
        let new = varied_layers(&columns, edited, "edited");
        let rows = affected(&old, &new, &columns);
        n_seen += usize::from(!rows.is_empty());
        for row in (0..columns.len()).step_by(997).chain(rows.iter().step_by(rows.len() / 20 + 1)) {
            let facts = columns.facts(row).unwrap();
            let differs = denote::<()>(&old, &facts) != denote::<()>(&new, &facts);
            assert_eq!(rows.contains(row), differs, "edit {edited}, row {row}");
        }
    }
    assert!(n_seen > 12, "later layers hide all but {n_seen} edits");
    // Nearly every device: all rows are answered in order.
    let base = |text: &str| deploy(Resource::new("r0").set("text", text)).patch(old.clone());
    let rows = affected(&base("a"), &base("b"), &columns);
    for row in (0..columns.len()).step_by(97) {
        let facts = columns.facts(row).unwrap();
        let differs = denote::<()>(&base("a"), &facts) != denote::<()>(&base("b"), &facts);
        assert_eq!(rows.contains(row), differs, "row {row}");
    }
}
