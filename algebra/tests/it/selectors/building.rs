//! Building selectors, their problems, buckets and explanations.

use escadre_algebra::{
    Facts, Origin, Selector, Test, bucket, bucket_point, device_id, label, percent, semver,
};

#[test]
fn values_may_be_borrowed_or_owned() {
    struct Site {
        id: String,
    }
    let site = Site { id: "paris".to_owned() };
    let all = [
        label("site").eq(&site.id),
        label("site").eq(site.id.clone()),
        label("site").eq("paris"),
        label(String::from("site")).is_in(vec![site.id.clone()]),
        label("site").is_in(&[site.id]),
    ];
    assert!(all.iter().all(|s| s.to_string() == "site = paris"));
}

#[test]
fn selectors_are_send_and_sync_and_clone_without_copying() {
    fn check<T: Send + Sync + Clone>(_: &T) {}
    let s = label("a").exists() & label("b").exists();
    check(&s);
    assert_eq!(s.clone().address(), s.address());
}

#[test]
fn every_bad_part_is_reported_at_the_line_that_wrote_it() {
    let line = line!();
    let s = Selector::any_of([
        label("").eq("a"),
        label(" b").ne("a"),
        label("c").ge(semver("one")),
        device_id().eq("two words"),
        bucket("s").below(percent("10.1234567")),
        bucket("s").from_to(50, 20),
        bucket("s").interval(2, Some(1)),
        label("").absent(),
    ]);
    let problems = s.problems();
    let lines: Vec<_> = problems.iter().map(|p| p.origin().place().unwrap().1).collect();
    assert_eq!(lines, (line + 2..=line + 9).collect::<Vec<_>>());
    assert!(problems[0].origin().place().unwrap().0.ends_with("building.rs"));
    assert_ne!(*problems[0].origin(), Origin::nowhere());
}

#[test]
fn an_invalid_part_holds_nowhere() {
    let d = Facts::of("d", []).unwrap();
    assert_eq!(label("").ne("a").matches(&d), Some(false));
    assert_eq!((label("").exists() | Selector::all()).matches(&d), Some(true));
    assert!(label("").is_in(Vec::<String>::new()).has_problem());
}

#[test]
fn bucket_points_are_the_golden_ones() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../golden/buckets.json")).unwrap();
    for case in golden.as_array().unwrap() {
        let point = bucket_point(case["salt"].as_str().unwrap(), case["id"].as_str().unwrap());
        assert_eq!(format!("0x{point:016x}"), case["point"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn a_smaller_share_is_a_subset_and_all_of_it_is_everything() {
    let interval = |share: &str| match bucket("s").below(percent(share)).atoms()[..] {
        [Test::Bucket { start, end, .. }] => (*start, *end),
        _ => unreachable!("one test"),
    };
    assert_eq!(interval("10"), (0, Some(0x1999_9999_9999_9999)));
    assert_eq!(interval("25"), (0, Some(1 << 62)));
    assert_eq!(interval("100"), (0, None));
    assert_eq!(interval("0"), (0, Some(0)));
    let ends: Vec<_> = ["0", "0.000001", "9.999999", "10", "10.000001", "99.999999"]
        .map(|share| interval(share).1.unwrap())
        .to_vec();
    assert!(ends.is_sorted_by(|a, b| a < b));
    for i in 0..200 {
        let d = Facts::of(&format!("d{i}"), []).unwrap();
        let below = |share| bucket("s").below(share).matches(&d).unwrap();
        assert!(!below(10) || below(25));
        assert!(below(100) && !below(0));
        let inside = bucket("s").from_to(10, 25).matches(&d).unwrap();
        assert_eq!(inside, below(25) && !below(10));
    }
}

#[test]
fn reasons_name_each_test_that_decided_and_the_value_that_was_found() {
    let d = Facts::of("d", [("role", "sensor"), ("fw", "1.9")]).unwrap();
    let d = d.with_unknown("site").unwrap();
    let reasons = |text: &str| Selector::parse(text).unwrap().failing(&d);
    assert_eq!(reasons("role = sensor or nope"), [""; 0]);
    assert_eq!(
        reasons("role = camera and fw >= 1.0"),
        ["`role = camera` is false: role = \"sensor\""]
    );
    assert_eq!(reasons("role != sensor"), ["`role != sensor` is false: role = \"sensor\""]);
    assert_eq!(
        reasons("nope or fw >= 2.1"),
        ["`nope` is false: no label nope", "`fw >= 2.1.0` is false: fw = \"1.9\"",]
    );
    assert_eq!(
        reasons("not (fw < 2.0 and role)"),
        ["`not fw < 2.0.0` is false: fw = \"1.9\"", "`!role` is false: role = \"sensor\"",]
    );
    assert_eq!(reasons("site = a"), ["`site = a` is undetermined: the label site is unknown"]);
    assert_eq!(reasons("id() in (e, f)"), ["`id in (e, f)` is false: the id is \"d\""]);
    let many = Selector::any_of((0..1000).map(|i| label("role").eq(format!("r{i}"))));
    let failing = many.failing(&d);
    assert_eq!(failing.len(), 65);
    assert_eq!(failing[64], "… and 936 more");
    let few = Selector::any_of((0..64).map(|i| label("role").eq(format!("r{i}"))));
    assert!(few.failing(&d).iter().all(|reason| reason.ends_with("is false: role = \"sensor\"")));
}

#[test]
fn sets_are_sorted_and_empty_ones_hold_nowhere() {
    let key = escadre_algebra::LabelKey::parse("x").unwrap();
    let values = |values: &[&str]| Test::In {
        key: key.clone(),
        values: values.iter().map(|&v| v.into()).collect(),
    };
    assert!(Selector::test(values(&["b", "a", "b"])).same_shape(&label("x").is_in(["a", "b"])));
    assert!(Selector::test(values(&[])).same_shape(&Selector::none()));
    assert!(device_id().is_in(Vec::<String>::new()).same_shape(&Selector::none()));
    let empty = Test::Bucket { salt: "s".into(), start: 5, end: Some(3) };
    assert!(Selector::test(empty).same_shape(&bucket("s").below(0)));
}

#[test]
fn the_book_s_example_compiles_to_what_it_says() {
    let s = label("role").eq("camera") & !label("firmware").ge(semver("2.1"));
    let t = bucket("canary").below(percent("2.5")) | device_id().is_in(["cam-1", "cam-7"]);
    let book = include_str!("../../../../docs/selectors.md");
    assert!(book.contains(&format!("{:?}", s.to_string())), "{s}");
    assert!(book.contains(&format!("{:?}", t.to_string())), "{t}");
}

#[test]
fn a_bucket_begins_at_its_start_and_ends_before_its_end() {
    let (salt, id) = ("canary", "cam-1".parse().unwrap());
    let point = bucket_point(salt, "cam-1");
    let holds = |start: u64, end: Option<u64>| {
        Test::Bucket { salt: salt.into(), start, end }.holds_of_id(&id)
    };
    assert!(holds(point, Some(point + 1)) && holds(0, None) && holds(point, None));
    assert!(!holds(0, Some(point)) && !holds(point + 1, None) && !holds(point + 1, Some(0)));
}

#[test]
fn a_set_is_a_set_in_whatever_order_and_however_often_its_members_are_written() {
    let of = |values: &[&str]| {
        let values = values.iter().map(|value| (*value).into()).collect();
        Selector::test(Test::In { key: "site".parse().unwrap(), values })
    };
    let ids =
        |ids: &[&str]| Selector::test(Test::Id(ids.iter().map(|id| id.parse().unwrap()).collect()));
    for odd in [&["b", "a"][..], &["a", "b", "b"], &["a", "a", "b"], &["b", "a", "b"]] {
        assert_eq!(of(odd).to_string(), label("site").is_in(["a", "b"]).to_string(), "{odd:?}");
        assert_eq!(ids(odd).to_string(), device_id().is_in(["a", "b"]).to_string(), "{odd:?}");
    }
    assert_eq!(of(&["a", "a"]).to_string(), label("site").eq("a").to_string());
    assert_eq!([of(&[]), ids(&[])].map(|it| it.to_string()), ["none()", "none()"]);
}

#[test]
fn a_share_is_a_number_of_percent_with_at_most_six_decimals() {
    let is_share = |text: &str| !bucket("s").below(percent(text)).has_problem();
    for share in ["0", "1", "100", "100%", "099", "2.5", "2.5%", "0.000001", "99.999999", "100.0"] {
        assert!(is_share(share), "{share}");
    }
    for other in [
        "",
        "%",
        ".",
        ".5",
        "1.",
        "1.%",
        "-1",
        "+1",
        "1e1",
        "1 ",
        "x",
        "1.x",
        "x.1",
        "1.0000000",
        "0100",
        "0000",
        "100.000001",
        "101",
        "999",
        "1%%",
    ] {
        assert!(!is_share(other), "{other}");
    }
}

#[test]
fn what_is_negated_twice_is_as_it_was_and_nothing_is_the_negation_of_all() {
    assert!((!Selector::all()).same_shape(&Selector::none()));
    assert!((!Selector::none()).same_shape(&Selector::all()));
    let s = label("x").eq("a") & label("y").exists();
    assert!((!!s.clone()).same_shape(&s));
    assert_eq!((!!s.clone()).tree_size(), s.tree_size());
}

#[test]
fn selectors_of_other_parts_have_other_shapes() {
    let [x, y, z] = ["x", "y", "z"].map(|key| label(key).exists());
    let bad = |key: &str| label(key).exists();
    let shapes = [
        Selector::all(),
        Selector::none(),
        x.clone(),
        y.clone(),
        !x.clone(),
        x.clone() & y.clone(),
        x.clone() | y.clone(),
        x.clone() & z.clone(),
        Selector::all_of([x.clone(), y.clone(), z]),
        bad("a b"),
        bad("a  c"),
    ];
    for (i, a) in shapes.iter().enumerate() {
        for (j, b) in shapes.iter().enumerate() {
            assert_eq!(a.same_shape(b), i == j, "{a} and {b}");
        }
    }
    // Shapes are compared, not places in memory.
    assert!((x & y).same_shape(&(label("x").exists() & label("y").exists())));
    assert!(bad("a b").same_shape(&bad("a b")));
}
