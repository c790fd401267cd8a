//! What users write: conversions, operators, and what they cost.

mod cost;

use std::borrow::Cow;

use escadre_algebra::{
    Claims, Coverage, DeviceId, Digest, EnvValue, Facts, Field, Fleet, Inventory, Item, Label,
    LabelKey, List, Path, PathSet, Resolved, Resource, ResourceName, SecretRef, Selector, Value,
    View, bucket, container, denote, deploy, label, text, try_label, try_record, try_semver,
};
use proptest::prelude::*;

fn device() -> Facts {
    Facts::of("d", []).unwrap()
}

/// The text of what `resource` claims at its field `x`.
fn x(resource: Resource) -> String {
    let claims = denote::<()>(&deploy(resource), &device()).unwrap();
    claims.at(&"r.x".parse().unwrap())[0].0.to_string()
}

#[test]
fn numbers_and_texts_of_every_size_can_be_set() {
    let r = || Resource::new("r");
    for resource in [
        r().set("x", 7_u8),
        r().set("x", 7_i8),
        r().set("x", 7_i16),
        r().set("x", 7_u64),
        r().set("x", 7_usize),
    ] {
        assert_eq!(x(resource), "7");
    }
    assert_eq!(x(r().set("x", 0.1_f32)), "0.1");
    assert_eq!(x(r().set("x", Cow::from("a"))), "\"a\"");
    let list = List::new([Item::Value(Value::Integer(1))]).unwrap();
    assert_eq!(x(r().set("x", list)), "[1]");
    let problems = deploy(r().set("x", u64::MAX)).problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message().contains("does not fit an integer of 64 bits"), "{problems:?}");
    assert_eq!(deploy(r().set("x", f32::NAN)).problems().len(), 1);
}

#[test]
fn whatever_spells_paths_is_a_set_of_paths() {
    let f = Fleet::all();
    let path: Path = "web.env".parse().unwrap();
    let expected = f.clone().forget("web.env").digest();
    let set = PathSet::subtree(path.clone());
    assert_eq!(f.clone().forget(String::from("web.env")).digest(), expected);
    let spelled = String::from("web.env");
    assert_eq!(f.clone().forget(&spelled).digest(), expected);
    assert_eq!(spelled, "web.env");
    assert_eq!(f.clone().forget(&path).digest(), expected);
    assert_eq!(f.clone().forget(&set).digest(), expected);
    assert_eq!(f.clone().forget([path.clone(), path.clone()]).digest(), expected);
    assert_eq!(f.clone().forget(vec!["web.env", "web.env.A"]).digest(), expected);
    assert_eq!(f.clone().try_forget(["web.env"]).unwrap().digest(), expected);
    assert_eq!(f.clone().try_keep(&set).unwrap().digest(), f.clone().keep(&path).digest());
    assert!(f.clone().try_keep("Bad Name").is_err());
    assert_eq!(f.forget(["web", "Bad Name"]).problems().len(), 1);
}

#[test]
fn assigning_operators_are_the_operators() {
    let (s, t) = (label("a").exists(), label("b").exists());
    let mut both = s.clone();
    both &= t.clone();
    assert!(both.same_shape(&(s.clone() & t.clone())));
    let mut either = s.clone();
    either |= t.clone();
    assert!(either.same_shape(&(s.clone() | t)));
    let mut f = Fleet::devices(s.clone());
    f |= Fleet::empty();
    assert_eq!(f.digest(), (Fleet::devices(s) | Fleet::empty()).digest());
}

#[test]
fn views_and_names_compare_and_print() {
    assert!(format!("{:?}", label("a").exists().view()).starts_with("Test("));
    assert!(matches!(Selector::all().view(), View::All));
    let name = ResourceName::parse("web").unwrap();
    assert!(name == "web" && name == *"web" && name != "db");
    assert!(DeviceId::parse("d").unwrap() == "d" && Field::parse("f").unwrap() == "f");
    let digest = Digest::of(b"hello");
    assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    let path = Path::parse("web").unwrap();
    assert_eq!(path.child("a.b").unwrap().parent(), Some(path.clone()));
    assert_eq!(path.parent(), None);
    assert!(path.child("").unwrap_err().to_string().contains("web."));
    let deepest = (0..64).fold(path, |path, _| path.child("f").unwrap());
    assert!(deepest.child("f").is_err());
}

#[test]
fn what_is_tried_says_why_it_failed() {
    assert_eq!(try_label("site").unwrap().exists().to_string(), "site");
    assert!(try_label("").unwrap_err().to_string().contains("is not a label key"));
    assert_eq!(label("v").ge(try_semver("2.1").unwrap()).to_string(), "v >= 2.1.0");
    assert!(try_semver("two").unwrap_err().to_string().contains("`two` is not a version"));
}

#[test]
fn what_a_text_or_a_secret_cannot_have_is_a_problem() {
    let env = |value: EnvValue| deploy(container("a").image("i:1").env("X", value)).problems();
    assert_eq!(env("plain".into()).len(), 0);
    let problems = env(EnvValue::from("plain").optional());
    assert!(problems[0].message().contains("`optional` is said of a text"), "{problems:?}");
    let secret = EnvValue::from(SecretRef::new("db", "password", "3"));
    let problems = env(secret.divisor("1Mi"));
    assert!(problems[0].message().contains("`divisor` is said of a reference"), "{problems:?}");
}

#[test]
fn the_field_after_of_a_record_names_resources() {
    let record = |json: serde_json::Value| try_record("app", &json);
    assert!(record(serde_json::json!({"after": {"db": true}, "kind": "App"})).is_ok());
    assert!(record(serde_json::json!({"after": {}})).is_ok());
    assert!(record(serde_json::json!({"x": {"after": "noon"}})).is_ok());
    for (json, path) in [
        (serde_json::json!({"after": "noon"}), "after"),
        (serde_json::json!({"after": ["db"]}), "after"),
        (serde_json::json!({"after": {"db": false}}), "after.db"),
        (serde_json::json!({"after": {"db": {"port": true}}}), "after.db.port"),
    ] {
        let error = record(json).unwrap_err();
        assert_eq!(error.path(), path);
        assert!(error.message().contains("give a field of your own another name"), "{error}");
    }
    let kept = escadre_algebra::record("app", &serde_json::json!({"after": "noon"}));
    assert_eq!(deploy(kept).problems().len(), 1);
}

#[test]
fn what_is_shared_between_threads_is_send_and_sync() {
    const fn check<T: Send + Sync>() {}
    const {
        check::<Fleet>();
        check::<Selector>();
        check::<Resolved>();
        check::<Inventory>();
        check::<Claims>();
    }
}

#[test]
fn inventories_are_equal_iff_they_list_the_same_with_the_same_coverage() {
    let devices = || [Facts::of("b", [("role", "camera")]).unwrap(), Facts::of("a", []).unwrap()];
    let all = Inventory::new(devices(), Coverage::Complete).unwrap();
    let mut turned = devices();
    turned.reverse();
    assert_eq!(all, Inventory::new(turned, Coverage::Complete).unwrap());
    assert_ne!(all, Inventory::new(devices(), Coverage::Partial).unwrap());
    assert_ne!(all, Inventory::empty(Coverage::Complete));
}

proptest! {
    #[test]
    fn facts_from_labels_are_those_set_one_by_one(keys in prop::collection::vec(0..6_u8, 0..12)) {
        let labels: Vec<Label> = keys.iter().enumerate().map(|(i, key)| Label {
            key: LabelKey::parse(&format!("k{key}")).unwrap(),
            value: (i % 3 > 0).then(|| i.to_string().into()),
            attestation: escadre_algebra::Attestation::Asserted,
        }).collect();
        let mut facts = device();
        labels.iter().for_each(|label| facts.set(label.clone()));
        prop_assert_eq!(Facts::from_labels(DeviceId::parse("d").unwrap(), labels), facts);
    }

    #[test]
    fn the_first_n_of_a_bucket_are_the_n_devices_of_least_points(n in 0..30_usize, salt in "[a-z]{1,4}") {
        let devices = (0..25).map(|i| Facts::of(&format!("d{i}"), []).unwrap());
        let inventory = Inventory::new(devices, Coverage::Partial).unwrap();
        let first = bucket(&salt).first(n, &inventory);
        prop_assert_eq!(first.is_some(), n <= 25);
        if let Some(first) = first {
            let point = |d: &&Facts| escadre_algebra::bucket_point(&salt, d.id().as_str());
            let (inside, outside): (Vec<&Facts>, Vec<&Facts>) =
                inventory.devices().iter().partition(|d| first.matches(d) == Some(true));
            prop_assert_eq!(inside.len(), n);
            prop_assert!(inside.iter().map(point).max() < outside.iter().map(point).min() || outside.is_empty());
            // It is wire format like any other interval.
            prop_assert!(Selector::parse(&first.to_string()).unwrap().same_shape(&first));
        }
    }
}

#[test]
fn a_value_is_constant_iff_no_word_in_it_mentions_the_device() {
    let word = |w: escadre_algebra::Text| {
        Resource::new("r").set("x", [escadre_algebra::Authored::from(w)])
    };
    let on = |resource: Resource, facts: &Facts| {
        let claims = denote::<()>(&deploy(resource), facts).unwrap();
        claims.at(&"r.x".parse().unwrap())[0].0.clone()
    };
    let site = || word(text("at ") + label("site"));
    let paris = on(site(), &Facts::of("d", [("site", "paris")]).unwrap());
    assert!(paris.is_constant());
    assert_eq!(paris.to_string(), "[\"at paris\"]");
    let missing = on(site(), &device());
    assert!(!missing.is_constant());
    assert_eq!(missing.missing().unwrap(), "site");
}
