use super::*;

#[test]
fn real_inventories_are_read_whole_and_written_back_the_same() {
    for (file, n) in [("meteostat_stations.jsonl", 22_311), ("alibaba_gpu2023_nodes.jsonl", 1_523)]
    {
        let text = real_or_sample(file, n);
        let start = Instant::now();
        let first = found(file, &text).inventory;
        println!("{file}: {n} devices in {:?}", start.elapsed());
        assert_eq!(first.len(), n);
        assert!(same(&first, &found(file, &written(&first)).inventory));
        let summary = Summary::of(&first);
        assert_eq!(summary.n_devices, n);
        assert!(summary.labels.iter().all(|l| l.n_devices <= n && l.n_distinct <= l.n_devices));
    }
}

#[test]
fn equal_labels_of_two_devices_are_stored_once() {
    let all = devices("x.csv", "id,role\na,camera\nb,camera\n");
    let [a, b] = [&all[0].labels()[0], &all[1].labels()[0]];
    assert_eq!(a.key.as_str().as_ptr(), b.key.as_str().as_ptr());
    assert_eq!(a.value.as_deref().unwrap().as_ptr(), b.value.as_deref().unwrap().as_ptr());
}

#[test]
fn the_sample_is_a_pure_function_of_its_size_and_seed() {
    let inventory = sample::stations(1_000, 42);
    assert_eq!(inventory.len(), 1_000);
    assert_eq!(inventory.digest(), sample::stations(1_000, 42).digest());
    assert_ne!(inventory.digest(), sample::stations(1_000, 43).digest());
    assert_eq!(sample::stations(0, 1).len(), 0);
    assert_eq!(sample::stations(1, 1).len(), 1);
    assert!(same(&inventory, &found("x.jsonl", &written(&inventory)).inventory));
}

#[test]
fn the_sample_is_skewed_as_real_inventories_are() {
    let summary = Summary::of(&sample::stations(20_000, 1));
    let label = |key: &str| summary.labels.iter().find(|l| l.key == key).unwrap();
    let (role, country) = (label("role"), label("country"));
    assert_eq!((role.n_distinct, role.top[0].value.as_str()), (3, "camera"));
    assert_eq!((country.n_distinct, country.top.len()), (12, 5));
    assert!(country.top[0].n_devices > 3_000 && country.top[4].n_devices > 500);
    assert!(label("elevation-m").n_distinct > 500 && label("elevation-m").n_devices < 20_000);
    assert!((2_000..8_000).contains(&label("id.wmo").n_devices));
    assert_eq!(label("firmware").n_reported, 20_000);
}

#[test]
fn the_sample_of_a_size_never_changes() {
    let digest = sample::stations(1_000, 0).digest().to_string();
    assert_eq!(digest, "sha256:438dda310d9091e4b66dcd3f823cf2a1022ecef4473a870f5294c0c59679f264");
}

#[test]
fn a_summary_serializes_with_the_documented_keys() {
    let text = r#"{"id": "a", "labels": {"r": "x", "u": null}, "reported": ["r"], "unlisted": "unknown"}
                  {"id": "b", "labels": {"r": "y"}}"#;
    let summary = Summary::of(&found("x.jsonl", text).inventory);
    assert_eq!(
        serde_json::to_string(&summary).unwrap(),
        r#"{"devices":2,"complete":true,"unlisted_unknown":1,"labels":[{"key":"r","devices":2,"unknown":0,"reported":1,"distinct":2,"top":[{"value":"x","devices":1},{"value":"y","devices":1}]},{"key":"u","devices":0,"unknown":1,"reported":0,"distinct":0,"top":[]}]}"#
    );
}

#[test]
fn the_examples_of_the_documentation_are_inventories() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/inventories.md");
    let text = fs::read_to_string(path).unwrap();
    let mut n_examples = 0;
    for (name, fence) in [("x.jsonl", "```json\n"), ("x.csv", "```csv\n")] {
        for rest in text.split(fence).skip(1) {
            n_examples += 1;
            assert!(devices(name, rest.split("```").next().unwrap()).len() >= 2);
        }
    }
    assert_eq!(n_examples, 2);
}
