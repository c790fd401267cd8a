//! Stored plans: what is read back is what was written.

use std::sync::Arc;

use escadre_algebra::{
    Coverage, Decimal, DeviceId, Digest, Field, Item, LabelKey, List, Part, Record, ResourceName,
    ResourceState, Value, Word,
};
use escadre_interpreter::present::{PlanDocument, PlanFileError, document};
use escadre_interpreter::{Change, ChangeKind, Plan, PlanParts, ResourceChange, Revision, Summary};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::golden;

fn field() -> impl Strategy<Value = Field> {
    "[$a-c.\"é| ]{1,3}|\\$text|\\$unset".prop_map(|name| Field::parse(&name).unwrap())
}

fn key() -> impl Strategy<Value = LabelKey> {
    "[a-c/]{1,3}".prop_map(|key| LabelKey::parse(&key).unwrap())
}

fn word() -> impl Strategy<Value = Word> {
    let part = prop_oneof![
        any::<String>().prop_map(|text| Part::Literal(text.into())),
        key().prop_map(Part::Label),
        key().prop_map(Part::Missing),
        Just(Part::DeviceId),
    ];
    vec(part, 0..4).prop_map(Word::from_parts)
}

fn item() -> impl Strategy<Value = Item> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>()
            .prop_map(|x| Value::Decimal(Decimal::new(x).unwrap_or(Decimal::new(0.5).unwrap()))),
        word().prop_map(Value::Text),
    ];
    scalar.prop_map(Item::Value).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3)
                .prop_map(|items| Item::Value(Value::List(List::new(items).unwrap()))),
            btree_map(field(), inner, 0..3).prop_map(|fields| Item::Record(
                Record::new(fields.into_iter().collect()).unwrap()
            )),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let value = |item| match item {
        Item::Value(value) => value,
        record => Value::List(List::new([record]).unwrap()),
    };
    prop_oneof![1 => Just(Value::Object), 6 => item().prop_map(value)]
}

fn state() -> impl Strategy<Value = Arc<ResourceState>> {
    vec((vec(field(), 0..4), value()), 1..5).prop_map(|leaves| {
        let mut kept = Vec::new();
        for leaf in leaves {
            kept.push(leaf);
            if ResourceState::from_leaves(kept.clone()).is_none() {
                kept.pop();
            }
        }
        Arc::new(ResourceState::from_leaves(kept).unwrap())
    })
}

fn change() -> impl Strategy<Value = (ChangeKind, Vec<ResourceChange>)> {
    let kind =
        prop_oneof![Just(ChangeKind::Added), Just(ChangeKind::Changed), Just(ChangeKind::Removed)];
    let resource = (option::of(state()), option::of(state()));
    let resources = btree_map("[a-c]{1,2}", resource, 0..3).prop_map(|resources| {
        let change = |(name, (before, after)): (String, (_, Option<Arc<ResourceState>>))| {
            let name = ResourceName::parse(&name).unwrap();
            ResourceChange { name, before, written: after.clone(), after }
        };
        resources.into_iter().map(change).collect()
    });
    (kind, resources)
}

prop_compose! {
    fn plan()(
        changes in btree_map("[a-z|<`]{1,3}", change(), 0..6),
        counts in any::<[u16; 6]>(),
        target in any::<String>(),
        revision in any::<String>(),
        complete in any::<bool>(),
    ) -> Plan {
        let change = |(id, (kind, resources)): (String, _)| {
            Change { device: DeviceId::parse(&id).unwrap(), kind, resources }
        };
        let [added, changed, removed, unchanged, undetermined, n_members] = counts.map(usize::from);
        Plan::from_parts(PlanParts {
            fleet: Digest::of(target.as_bytes()),
            inventory: Digest::of(revision.as_bytes()),
            target,
            base: Revision(revision.into()),
            coverage: if complete { Coverage::Complete } else { Coverage::Partial },
            summary: Summary { added, changed, removed, unchanged, undetermined },
            n_members,
            changes: changes.into_iter().map(change).collect(),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_stored_plan_is_read_back_equal(plan in plan()) {
        let text = document(&plan).to_text();
        let read = PlanDocument::from_text(&text).unwrap().plan().unwrap();
        prop_assert_eq!(read.groups(), plan.groups());
        prop_assert_eq!(document(&read).to_text(), text);
        prop_assert_eq!(read, plan);
    }
}

fn motd(text: Word) -> Option<Arc<ResourceState>> {
    let field = |name| vec![Field::parse(name).unwrap()];
    let leaves = [(field("port"), Value::Integer(80)), (field("text"), Value::Text(text))];
    ResourceState::from_leaves(leaves).map(Arc::new)
}

fn stored() -> String {
    let change = |id: &str| Change {
        device: DeviceId::parse(id).unwrap(),
        kind: ChangeKind::Added,
        resources: vec![ResourceChange {
            name: ResourceName::parse("motd").unwrap(),
            before: None,
            after: motd(Word::literal(format!("hello {id}"))),
            written: motd(Word::literal("hello ").then(&Word::device_id())),
        }],
    };
    let plan = Plan::from_parts(PlanParts {
        target: "sim:world".into(),
        base: Revision("3".into()),
        fleet: Digest::of(b"fleet"),
        inventory: Digest::of(b"inventory"),
        coverage: Coverage::Complete,
        summary: Summary { added: 2, ..Summary::default() },
        n_members: 0,
        changes: vec![change("a"), change("b")],
    });
    document(&plan).to_text()
}

#[test]
fn a_plan_of_version_1_stays_readable_and_is_the_documented_example() {
    golden("plan.v1.json", &stored());
    let page = include_str!("../../../../../docs/plan.md");
    assert!(page.contains(&format!("```json\n{}```", stored())), "docs/plan.md shows another plan");
}

fn check(text: &str, expect: &str) {
    let error = PlanDocument::from_text(text).unwrap_err();
    assert!(error.to_string().starts_with(expect), "{error}");
}

#[test]
fn a_state_is_stored_once() {
    let json: serde_json::Value = serde_json::from_str(&stored()).unwrap();
    assert_eq!(json["states"].as_object().unwrap().len(), 3, "one for each device, one as written");
    assert_eq!(json["summary"]["added"], 2);
    let keys: Vec<&String> = json["summary"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["added", "changed", "removed", "unchanged", "undetermined"]);
}

#[test]
fn the_layout_of_a_stored_plan_is_free() {
    let text = stored();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(PlanDocument::from_text(&json.to_string()).is_ok());
}

#[test]
fn both_layouts_have_the_same_content() {
    let plan = PlanDocument::from_text(&stored()).unwrap().plan().unwrap();
    let mut compact = Vec::new();
    document(&plan).write(&mut compact).unwrap();
    let compact = String::from_utf8(compact).unwrap();
    assert_eq!(compact.lines().count(), 1);
    assert_eq!(PlanDocument::from_text(&compact), PlanDocument::from_text(&stored()));
    assert_eq!(PlanDocument::from_text(&compact).unwrap().digest(), document(&plan).digest());
}

#[test]
fn an_edited_plan_is_refused() {
    for (was, is) in [("hello", "hullo"), ("\"port\": 80", "\"port\": 81"), ("\"a\"", "\"c\"")] {
        let edited = stored().replacen(was, is, 1);
        assert!(matches!(PlanDocument::from_text(&edited), Err(PlanFileError::Edited { .. })));
        check(&edited, "the plan was edited after it was made (its digest says ");
    }
}

#[test]
fn what_is_no_plan_is_refused() {
    check("", "this is no stored plan: EOF while parsing");
    check("[]", "this is no stored plan: ");
    check("{}", "this is no stored plan: it does not say `\"escadre\": \"plan\"`");
    check("{\"escadre\": \"fleet\"}", "this is no stored plan: it says that it is a `fleet`");
    check("{\"escadre\": \"plan\"}", "this is no stored plan: it has no `version`");
    check("{\"escadre\": \"plan\", \"version\": 1}", "this is no stored plan: missing field");
    let later = stored().replacen("\"version\": 1", "\"version\": 2", 1);
    check(&later, "the plan has version 2 of its form, and this program reads version 1");
    let more = stored().replacen("\"version\": 1", "\"version\": 1, \"extra\": 0", 1);
    check(&more, "this is no stored plan: unknown field `extra`");
    let half = stored();
    check(&half[..half.len() / 2], "this is no stored plan: EOF");
}

#[cfg(feature = "schema")]
#[test]
fn the_checked_in_schema_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/schemas/plan.v1.schema.json");
    let schema = escadre_interpreter::present::plan_schema();
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == current,
        "docs/schemas/plan.v1.schema.json is not current: ESCADRE_BLESS=1 rewrites it"
    );
}
