//! What the builders claim.

use super::*;

struct Site {
    id: String,
    zone: String,
}

/// The example of the design's first page.
fn cameras(sites: &[Site]) -> Fleet {
    let camera = label("role").eq("camera");
    let base = deploy(
        container("recorder")
            .image("ghcr.io/acme/recorder:2.3")
            .env("SITE", label("site"))
            .env("HOST", device_id())
            .port("rtsp", 8554),
    )
    .restrict(camera);
    let zones = Fleet::overlay_all(sites.iter().map(|s| {
        deploy(container("recorder").arg("50-zone", ["--zone", &s.zone]))
            .restrict(label("site").eq(&s.id))
    }));
    let hotfix = deploy(container("recorder").image("ghcr.io/acme/recorder:2.3.1"))
        .restrict(label("firmware").ge(semver("2.1")));
    base.patch(zones.named("zones")).patch(hotfix.named("hotfix-812"))
}

#[test]
fn the_design_s_example_means_what_it_says() {
    let fleet = cameras(&[Site { id: "paris".into(), zone: "z1".into() }]);
    let camera = [("role", "camera"), ("site", "paris"), ("firmware", "2.2.0")];
    let found = denote::<()>(&fleet, &Facts::of("cam-1", camera).unwrap()).unwrap().to_string();
    let expected = [
        "recorder: {}",
        "recorder.containers: {}",
        "recorder.containers.recorder: {}",
        "recorder.containers.recorder.args: {}",
        r#"recorder.containers.recorder.args.50-zone: ["--zone", "z1"]"#,
        "recorder.containers.recorder.env: {}",
        "recorder.containers.recorder.env.HOST: {}",
        r#"recorder.containers.recorder.env.HOST.value: "cam-1""#,
        "recorder.containers.recorder.env.SITE: {}",
        r#"recorder.containers.recorder.env.SITE.value: "paris""#,
        r#"recorder.containers.recorder.image: "ghcr.io/acme/recorder:2.3.1""#,
        "recorder.containers.recorder.ports: {}",
        "recorder.containers.recorder.ports.8554/TCP: {}",
        r#"recorder.containers.recorder.ports.8554/TCP.name: "rtsp""#,
        r#"recorder.kind: "Pod""#,
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
    assert!(denote::<()>(&fleet, &Facts::of("gw-1", [("site", "paris")]).unwrap()).is_none());
}

#[test]
fn a_container_claims_only_what_was_said() {
    check(container("app"), &[r#"app.kind: "Pod""#]);
    check(
        container("app")
            .image("a:1")
            .run_as_user(7)
            .limit("cpu", "1")
            .host_network(true)
            .after("db"),
        &[
            "app.after.db: true",
            r#"app.containers.app.image: "a:1""#,
            r#"app.containers.app.resources.limits.cpu: "1""#,
            "app.containers.app.securityContext.runAsUser: 7",
            "app.hostNetwork: true",
            r#"app.kind: "Pod""#,
        ],
    );
}

#[test]
fn a_claim_remembers_the_line_of_its_setter() {
    let line = line!();
    let app = container("app")
        .image("a:1")
        .env("A", "x")
        .mount("/m", Mount::of("v"))
        .liveness(Probe::tcp(80))
        .volume("v", Volume::empty_dir());
    let found = denote::<Sources>(&deploy(app), &Facts::of("d", []).unwrap()).unwrap();
    let container = "app.containers.app";
    let paths = [
        format!("{container}.image"),
        format!("{container}.env.A.value"),
        format!("{container}.volumeMounts./m.name"),
        format!("{container}.livenessProbe.tcpSocket.port"),
        "app.volumes.v.emptyDir".to_owned(),
    ];
    for (i, path) in paths.iter().enumerate() {
        let sources = &found.at(&path.parse().unwrap())[0].1;
        let (file, at, _) = sources.all()[0].origin.place().unwrap();
        assert_eq!(file, file!());
        assert_eq!(at, line + 2 + u32::try_from(i).unwrap(), "{path}");
    }
}

#[test]
fn every_kind_of_variable_has_its_place() {
    let app = Container::new("c")
        .env("TEXT", text("at ") + label("site"))
        .env("SECRET", SecretRef::new("db", "password", "3"))
        .env("MAP", config_map_key("conf", "mtu").optional())
        .env("FIELD", field_ref("status.podIP"))
        .env("MEMORY", resource_field_ref("limits.memory").divisor("1"))
        .env_from([EnvFrom::config_map("more").prefix("P_").optional()]);
    check(
        pod("p").container(app),
        &[
            r#"p.containers.c.env.FIELD.valueFrom.fieldRef.fieldPath: "status.podIP""#,
            r#"p.containers.c.env.MAP.valueFrom.configMapKeyRef.key: "mtu""#,
            r#"p.containers.c.env.MAP.valueFrom.configMapKeyRef.name: "conf""#,
            "p.containers.c.env.MAP.valueFrom.configMapKeyRef.optional: true",
            r#"p.containers.c.env.MEMORY.valueFrom.resourceFieldRef.divisor: "1""#,
            r#"p.containers.c.env.MEMORY.valueFrom.resourceFieldRef.resource: "limits.memory""#,
            r#"p.containers.c.env.SECRET.secret.key: "password""#,
            r#"p.containers.c.env.SECRET.secret.name: "db""#,
            r#"p.containers.c.env.SECRET.secret.version: "3""#,
            r#"p.containers.c.env.TEXT.value: "at paris""#,
            r#"p.containers.c.envFrom: [{"configMapRef": {"name": "more", "optional": true}, "prefix": "P_"}]"#,
            r#"p.kind: "Pod""#,
        ],
    );
}

#[test]
fn init_containers_claim_their_order_and_pods_their_fields() {
    let pod = pod("p")
        .init(10, Container::new("wait").command(["sleep", "1"]))
        .volume("conf", Volume::config_map("c").item("a", "b").default_mode(0o400).optional())
        .volume("tmp", Volume::empty_dir().medium("Memory"))
        .toleration(Toleration::everything().effect("NoSchedule"))
        .toleration(Toleration::equal("gpu", "a100").seconds(30))
        .node_selector("kubernetes.io/os", "linux")
        .pod_security("seccompProfile.type", "RuntimeDefault")
        .set("hostname", "h")
        .unset("restartPolicy");
    check(
        pod,
        &[
            r#"p.hostname: "h""#,
            r#"p.initContainers.wait.command: ["sleep", "1"]"#,
            "p.initContainers.wait.order: 10",
            r#"p.kind: "Pod""#,
            r#"p.nodeSelector."kubernetes.io/os": "linux""#,
            "p.restartPolicy: (unset)",
            r#"p.securityContext.seccompProfile.type: "RuntimeDefault""#,
            r#"p.tolerations."*=*:NoSchedule".effect: "NoSchedule""#,
            r#"p.tolerations."*=*:NoSchedule".operator: "Exists""#,
            r#"p.tolerations."gpu=a100:*".key: "gpu""#,
            r#"p.tolerations."gpu=a100:*".operator: "Equal""#,
            r#"p.tolerations."gpu=a100:*".tolerationSeconds: 30"#,
            r#"p.tolerations."gpu=a100:*".value: "a100""#,
            "p.volumes.conf.configMap.defaultMode: 256",
            r#"p.volumes.conf.configMap.items: [{"key": "a", "path": "b"}]"#,
            r#"p.volumes.conf.configMap.name: "c""#,
            "p.volumes.conf.configMap.optional: true",
            r#"p.volumes.tmp.emptyDir.medium: "Memory""#,
        ],
    );
}

#[test]
fn mistakes_in_a_container_are_problems_of_its_pod_once() {
    let bad = Container::new("c").set("a..b", 1).env("X", label("")).set("x", f64::NAN);
    assert_eq!(problems(pod("p").container(bad)).len(), 3);
    assert_eq!(problems(container("Bad Name")).len(), 1);
    assert_eq!(problems(pod("p").container(Container::new(""))).len(), 1);
}

#[test]
fn a_file_has_one_content_and_files_stay_small() {
    let file = config_file("f").path("/etc/f").mode(0o600).owner("root").content(&b"hello"[..]);
    check(
        file.clone(),
        &[
            &format!("f.content.digest: \"{}\"", Digest::of(b"hello")),
            "f.content.size: 5",
            r#"f.kind: "ConfigFile""#,
            "f.mode: 384",
            r#"f.owner: "root""#,
            r#"f.path: "/etc/f""#,
        ],
    );
    assert!(problems(file.text("hello"))[0].contains("both `content` and `text`"));
    assert!(problems(config_file("f").mode(0o10000))[0].contains("0o7777"));
    assert!(problems(config_file("f").text("x".repeat(65 * 1024)))[0].contains("64 KiB"));
    assert!(problems(config_file("f").text("x".repeat(64 * 1024))).is_empty());
    assert!(problems(blob("b").content(vec![0; 1024 * 1024 + 1]))[0].contains("1 MiB"));
    check(
        blob("b").digest(Digest::of(b""), 0).source("s3://x"),
        &[
            &format!("b.digest: \"{}\"", Digest::of(b"")),
            r#"b.kind: "Blob""#,
            "b.size: 0",
            r#"b.source: "s3://x""#,
        ],
    );
}

#[test]
fn a_secret_is_a_whole_reference_and_shows_nothing_else() {
    let reference = SecretRef::new("db", "password", "3");
    assert_eq!(format!("{reference} {reference:?}"), "secret db/password@3 secret db/password@3");
    let expected =
        [r#"s.key: "password""#, r#"s.kind: "Secret""#, r#"s.name: "db""#, r#"s.version: "3""#];
    check(secret("s", reference), &expected);
    assert_eq!(problems(secret("s", SecretRef::new("db", "password", ""))).len(), 1);
}

#[test]
fn opaque_fields_are_passed_through() {
    let fields = json!({"spec": {"pods": 4, "none": {}}});
    let expected = [r#"q.fields.spec.pods: 4"#, r#"q.kind: "Opaque""#, r#"q.target: "kubernetes""#];
    check(opaque("q", "kubernetes", &fields), &expected);
    assert_eq!(problems(opaque("q", "", &json!({"a": null}))).len(), 2);
}
