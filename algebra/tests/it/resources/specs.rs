//! PodSpecs go in and out unchanged.

use serde_json::Map;

use super::canonical::canonical;
use super::*;

/// What comes back of `spec`: imported, claimed, rendered and exported.
fn round_trip(spec: &Json) -> Json {
    let pod = Pod::from_spec("p", spec).unwrap();
    pod_spec(&render(&claims(pod))).unwrap()
}

fn check_round_trip(spec: &Json) {
    let back = round_trip(spec);
    assert_eq!(canonical(&back), canonical(spec));
    assert_eq!(round_trip(&back), back, "a second round changes nothing");
}

fn error(spec: &Json) -> String {
    Pod::from_spec("p", spec).unwrap_err().to_string()
}

#[test]
fn every_real_manifest_comes_back_as_it_was() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/workloads");
    // The data is not part of the project; the small specs below stand in where it is missing.
    let Ok(files) = std::fs::read_dir(folder) else { return };
    let mut n_specs = 0;
    for file in files {
        let file = file.unwrap().path();
        let manifest = std::fs::read_to_string(&file).unwrap();
        let documents: Vec<Json> = serde_saphyr::from_multiple(&manifest).unwrap();
        for spec in documents.iter().filter_map(|d| d.pointer("/spec/template/spec")) {
            println!("{}", file.display());
            check_round_trip(spec);
            n_specs += 1;
        }
    }
    assert!(n_specs >= 18, "{n_specs} specs");
}

#[test]
fn a_small_spec_of_every_list_comes_back_as_it_was() {
    check_round_trip(&json!({
        "containers": [
            {
                "name": "b", "image": "b:1", "env": [], "args": [], "command": ["run", "-v"],
                "ports": [
                    {"containerPort": 53, "name": "dns", "protocol": "TCP"},
                    {"containerPort": 53, "name": "dns-udp", "protocol": "UDP", "hostPort": 53},
                    {"containerPort": 8080}
                ],
                "resources": {"limits": {"cpu": "1"}, "claims": [{"name": "gpu", "request": "one"}]},
                "volumeMounts": [{"mountPath": "/b", "name": "v", "subPath": "x"}, {"mountPath": "/a", "name": "v"}],
                "startupProbe": {"httpGet": {"port": "http", "httpHeaders": [{"name": "a", "value": "b"}]}}
            },
            {"name": "a", "image": "a:1", "args": ["--x=1", "-f", "file", "pos", "--", "", "-", "--y"]}
        ],
        "initContainers": [{"name": "z"}, {"name": "a", "restartPolicy": "Always"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "tolerations": [{"operator": "Exists"}, {"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute"}],
        "affinity": {"nodeAffinity": {"weights": [1, 2.5, {"x": [[]]}]}},
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["h"]}],
        "imagePullSecrets": [{"name": "s"}],
        "someday": {"unknown": [1, {}]}
    }));
}

#[test]
fn variables_that_mention_others_keep_their_order() {
    let env = json!([{"name": "Z", "value": "1"}, {"name": "A", "value": "$(Z)"}, {"name": "M", "value": "$(A)"}]);
    let spec = json!({"containers": [{"name": "c", "env": env}]});
    assert_eq!(round_trip(&spec), spec);
    let more = Container::new("c").env("N", "0").env("B", "$(M)");
    let both =
        deploy(Pod::from_spec("p", &spec).unwrap()).overlay(deploy(pod("p").container(more)));
    let rendered = render(&denote::<()>(&both, &Facts::of("d", []).unwrap()).unwrap());
    let spec = pod_spec(&rendered).unwrap();
    let names = spec["containers"][0]["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["name"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["N", "Z", "A", "M", "B"]);
}

#[test]
fn arguments_become_segments_that_a_layer_can_replace() {
    let args = json!(["serve", "--level", "info", "--listen=:80"]);
    let pod = Pod::from_spec("p", &json!({"containers": [{"name": "c", "args": args}]})).unwrap();
    check(
        pod.clone(),
        &[
            r#"p.containers.c.args.000-serve: ["serve"]"#,
            r#"p.containers.c.args.010-level: ["--level", "info"]"#,
            r#"p.containers.c.args.030-listen: ["--listen=:80"]"#,
            r#"p.kind: "Pod""#,
        ],
    );
    let c = Container::new("c").arg("010-level", ["--level", "debug"]).arg("20-new", ["--new"]);
    let fleet = deploy(pod).overlay(deploy(escadre_algebra::pod("p").container(c)));
    let rendered = render(&denote::<()>(&fleet, &Facts::of("d", []).unwrap()).unwrap());
    let expected = json!(["serve", "--level", "debug", "--new", "--listen=:80"]);
    assert_eq!(pod_spec(&rendered).unwrap()["containers"][0]["args"], expected);
}

#[test]
fn what_is_built_renders_to_a_pod_spec() {
    let built = container("web")
        .image("nginx:1.29")
        .env("PASSWORD", SecretRef::new("db", "password", "3"))
        .host_port("http", 80, 8080)
        .udp_port("dns", 53)
        .liveness(Probe::http("/", "http").header("a", "b").period_seconds(3))
        .beside(Container::new("side").image("side:1"))
        .after("db");
    let expected = json!({"containers": [
        {"name": "side", "image": "side:1"},
        {
            "name": "web", "image": "nginx:1.29",
            "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
            "ports": [
                {"containerPort": 53, "name": "dns", "protocol": "UDP"},
                {"containerPort": 80, "hostPort": 8080, "name": "http"}
            ],
            "livenessProbe": {
                "httpGet": {"path": "/", "port": "http", "httpHeaders": [{"name": "a", "value": "b"}]},
                "periodSeconds": 3
            }
        }
    ]});
    assert_eq!(pod_spec(&render(&claims(built))).unwrap(), expected);
}

#[test]
fn nulls_are_dropped_by_name_and_rejected_in_lists() {
    let spec =
        json!({"containers": [{"name": "c", "ports": null, "probe": {"port": null}}], "x": null});
    let pod = Pod::from_spec("p", &spec).unwrap();
    assert_eq!(pod.dropped(), ["containers[0].ports", "containers[0].probe.port", "x"]);
    let in_list = json!({"containers": [{"name": "c", "command": ["a", null]}]});
    assert_eq!(
        error(&in_list),
        "`containers[0].command[1]`: null is not a value; remove it from the list"
    );
}

#[test]
fn an_error_names_the_place_in_the_spec() {
    let cases = [
        (json!([]), "`(top level)`: a PodSpec is an object"),
        (json!({"kind": "Pod"}), "`kind`: this field is reserved"),
        (json!({"containers": {}}), "`containers`: a list is expected"),
        (json!({"containers": [{}]}), "`containers[0]`: the entry has no `name`"),
        (json!({"containers": [{"name": 1}]}), "`containers[0].name`: a text is expected"),
        (json!({"containers": [{"name": ""}]}), "`containers`: `` is not a field name"),
        (
            json!({"containers": [{"name": "c", "order": 1}]}),
            "`containers[0].order`: this field is reserved",
        ),
        (
            json!({"containers": [{"name": "c"}, {"name": "c"}]}),
            "`containers[1]`: two entries have the key `c`",
        ),
        (
            json!({"containers": [{"name": "c", "args": [1]}]}),
            "`containers[0].args[0]`: a text is expected",
        ),
        (
            json!({"containers": [{"name": "c", "ports": [{}]}]}),
            "`containers[0].ports[0].containerPort`",
        ),
        (json!({"x": u64::MAX}), "`x`: `18446744073709551615` does not fit"),
    ];
    for (spec, expected) in cases {
        let found = error(&spec);
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn a_spec_nested_too_deep_is_an_error() {
    let deep = (0..2000).fold(json!(1), |inner, i| match i % 2 {
        0 => Json::Array(vec![inner]),
        _ => Json::Object(Map::from_iter([("a".to_owned(), inner)])),
    });
    assert!(error(&json!({"x": deep})).contains("nested more than 64 levels deep"));
}

#[test]
fn two_sources_of_one_thing_are_an_error() {
    let both = pod("p").container(Container::new("c").env("X", "1").env("X", field_ref("f")));
    let found = pod_spec(&render(&claims(both))).unwrap_err().to_string();
    assert_eq!(found, "`containers.c.env.X`: both `value` and `valueFrom` are claimed; unset one");
    let both = pod("p").volume("v", Volume::empty_dir()).volume("v", Volume::host_path("/"));
    assert!(
        pod_spec(&render(&claims(both)))
            .unwrap_err()
            .to_string()
            .contains("`emptyDir` and `hostPath`")
    );
}
