//! Stories: small fleets whose plans, explanations and findings are read.

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Resolved, Resource, ResourceName, deploy, device_id, label,
    text,
};
use escadre_interpreter::present::{
    self, MAX_COMMENT, TextOptions, drift_json, explanation_json, findings, markdown,
};
use escadre_interpreter::{Consent, Plan, Snapshot};

use super::{device, golden, held, inventory, list, plan_of, resolve};

fn recorder() -> Resource {
    Resource::new("recorder")
        .set("image", "ghcr.io/acme/recorder:2.3")
        .set("env.SITE", label("site"))
        .set("env.HOST", device_id())
        .set("args", list(&["--zone", "50", "--old", "--quiet"]))
        .set("script", "set -e\nstart\n")
}

fn before() -> Fleet {
    let cameras = label("role").eq("camera");
    let agent = deploy(Resource::new("old-agent").set("port", 9100));
    (deploy(recorder()) | agent).restrict(cameras)
}

fn after() -> Fleet {
    let url = text("rtsp://") + label("site") + ":8554";
    let base = deploy(
        recorder()
            .set("args", list(&["--zone", "50", "--quiet", "--new"]))
            .set("script", "set -e\nprepare\nstart\n")
            .set("env.URL", url),
    );
    let hotfix = deploy(Resource::new("recorder").set("image", "ghcr.io/acme/recorder:2.3.1"));
    let metrics =
        deploy(Resource::new("metrics").set("port", 9200)).restrict(label("site").eq("oslo"));
    (base | metrics)
        .restrict(label("role").eq("camera"))
        .patch(hotfix.restrict(label("firmware").eq("2")).named("hotfix-812"))
}

fn camera(n: usize, site: &str, firmware: &str) -> Facts {
    let (site, firmware) = (format!("site={site}"), format!("firmware={firmware}"));
    device(&format!("cam-{n:03}"), &["role=camera", &site, &firmware])
}

fn world() -> (Inventory, Inventory) {
    let cameras = |range: std::ops::Range<usize>| {
        range.map(|n| match n % 5 {
            0 => camera(n, "oslo", "1"),
            1 => camera(n, "paris", "1"),
            _ => camera(n, "paris", "2"),
        })
    };
    let old: Vec<Facts> =
        cameras(1..17).chain([device("cam-999", &["role=camera", "site=x"])]).collect();
    let gateway = device("gw-1", &["role=gateway"]);
    let moved = device("cam-016", &["role=spare", "site=paris"]);
    let new = cameras(1..16).chain([moved]).chain(cameras(17..20)).chain([gateway]);
    (inventory(old, Coverage::Complete), inventory(new, Coverage::Complete))
}

fn story() -> (Plan, Resolved) {
    let (old, new) = world();
    let resolved = resolve(&after(), &new);
    (plan_of(&held(&before(), &old), &resolved), resolved)
}

#[test]
fn a_plan_is_read_as_text() {
    let (plan, resolved) = story();
    let options =
        TextOptions { next: Some("Apply it with `escadre apply`.".into()), ..Default::default() };
    golden("everything.txt", &present::text(&plan, &resolved, &options));
    let narrow =
        TextOptions { width: 60, show_unchanged: true, max_groups: 1, ..Default::default() };
    golden("narrow.txt", &present::text(&plan, &resolved, &narrow));
    let colour = TextOptions { colour: true, ..Default::default() };
    let coloured = present::text(&plan, &resolved, &colour);
    let bare = TextOptions::default();
    let mut stripped = coloured.clone();
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"] {
        assert!(code == "\x1b[36m" || stripped.contains(code));
        stripped = stripped.replace(code, "");
    }
    assert_eq!(
        stripped,
        present::text(&plan, &resolved, &bare),
        "colour changes nothing but colour"
    );
}

#[test]
fn an_empty_plan_says_so_in_one_sentence() {
    let devices = inventory((0..1000).map(|n| camera(n, "paris", "1")), Coverage::Complete);
    let resolved = resolve(&after(), &devices);
    let plan = plan_of(&Snapshot::wanted(&resolved), &resolved);
    golden("nothing.txt", &present::text(&plan, &resolved, &TextOptions::default()));
    golden("nothing.md", &markdown(&plan, &resolved, &TextOptions::default()));
    golden("no-drift.txt", &present::drift(&plan, &resolved, &TextOptions::default()));
}

#[test]
fn several_held_values_are_summarised() {
    let level = |n: i64| deploy(Resource::new("log").set("level", n));
    let by_id = |id: &str, n: i64| level(n).restrict(device_id().is_in([id]));
    let devices = inventory((1..=4).map(|n| camera(n, "paris", "1")), Coverage::Complete);
    let mixed =
        by_id("cam-001", 1) | by_id("cam-002", 2) | by_id("cam-003", 2) | by_id("cam-004", 3);
    let resolved = resolve(&level(4), &devices);
    let plan = plan_of(&held(&mixed, &devices), &resolved);
    golden("several.txt", &present::text(&plan, &resolved, &TextOptions::default()));
}

#[test]
fn what_is_undetermined_is_told_with_its_reasons() {
    let devices = [
        device("cam-1", &["role=camera", "site=oslo", "firmware=?"]),
        device("cam-2", &["role=?", "site=paris"]),
        device("cam-3", &["role=?", "site=paris"]),
        device("cam-4", &["role=camera", "site=paris", "firmware=1"]),
        device("cam-5", &["role=spare"]),
    ];
    let old = (1..=6).map(|n| device(&format!("cam-{n}"), &["role=camera", "site=paris"]));
    let resolved = resolve(&after(), &inventory(devices, Coverage::Partial));
    let plan = plan_of(&held(&before(), &inventory(old, Coverage::Complete)), &resolved);
    golden("undetermined.txt", &present::text(&plan, &resolved, &TextOptions::default()));
    golden("undetermined.md", &markdown(&plan, &resolved, &TextOptions::default()));
}

#[test]
fn a_shrink_past_the_guard_is_told() {
    let (old, _) = world();
    let resolved = resolve(&after().restrict(label("site").eq("oslo")), &old);
    let plan = plan_of(&held(&before(), &old), &resolved);
    let options = TextOptions::default();
    assert!(
        present::text(&plan, &resolved, &options).contains("Warning: 14 of 17 members would leave")
    );
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    let options = TextOptions { consent: Some(consent), ..options };
    assert!(!present::text(&plan, &resolved, &options).contains("Warning"));
}

#[test]
fn drift_is_the_plan_read_the_other_way() {
    let (plan, resolved) = story();
    golden("drift.txt", &present::drift(&plan, &resolved, &TextOptions::default()));
    let json = drift_json(&plan);
    let summary = plan.summary();
    assert_eq!(json["summary"]["added"], summary.added);
    assert_eq!(json["summary"]["undetermined"], summary.undetermined);
    let resources = json["groups"][0]["resources"].as_array().unwrap();
    let recorder = resources.iter().find(|resource| resource["name"] == "recorder").unwrap();
    assert!(recorder["fields"][0].get("expected").is_some());
    assert!(recorder["fields"][0]["found"][0].get("devices").is_some());
}

#[test]
fn a_plan_is_read_as_markdown() {
    let (plan, resolved) = story();
    golden("everything.md", &markdown(&plan, &resolved, &TextOptions::default()));
}

#[test]
fn nothing_in_a_plan_is_read_as_markup() {
    let nasty = "a|b`c`<img>@all*_[x](y)$1$&amp;\\";
    let resource = Resource::new("motd").set("text", nasty).set("<b>|`x`", nasty);
    let fleet = deploy(resource).named("<script>|\x1b[31m\n# x");
    let devices = inventory([device("<i>|`id`", &[])], Coverage::Complete);
    let resolved = resolve(&fleet, &devices);
    let plan = plan_of(&Snapshot::empty(), &resolved);
    let comment = markdown(&plan, &resolved, &TextOptions::default());
    for bad in ["<img>", "<b>", "<i>", "<script>", "`", "*", "@", "[", "$", "\x1b"] {
        assert!(!comment.contains(bad), "{bad:?} in\n{comment}");
    }
    let rows = comment.lines().filter(|line| line.starts_with("| +"));
    rows.for_each(|row| assert_eq!(row.matches('|').count(), 7, "{row}"));
    let shown = present::text(&plan, &resolved, &TextOptions::default());
    assert!(!shown.contains('\x1b') && shown.contains("\\u{1b}[31m\\n# x"), "{shown}");
}

#[test]
fn a_comment_has_a_limit_and_says_what_is_left_out() {
    let ids: Vec<String> = (0..400).map(|n| format!("device-{n:04}")).collect();
    let devices = inventory(ids.iter().map(|id| device(id, &[])), Coverage::Complete);
    let parts = ids.iter().map(|id| {
        let long = format!("{id} {}", "|*".repeat(500));
        deploy(Resource::new("motd").set("text", long)).restrict(device_id().is_in([id.as_str()]))
    });
    let resolved = resolve(&Fleet::union_all(parts), &devices);
    let plan = plan_of(&Snapshot::empty(), &resolved);
    let options = TextOptions { max_groups: usize::MAX, ..Default::default() };
    let comment = markdown(&plan, &resolved, &options);
    let n = comment.chars().count();
    assert!(n <= MAX_COMMENT && n > MAX_COMMENT / 2, "{n}");
    let last = comment.lines().last().unwrap();
    assert!(last.starts_with("Left out: ") && last.ends_with("; `plan` shows them."), "{last}");
}

#[test]
fn an_explanation_tells_why_and_why_not() {
    let options = TextOptions::default();
    let mut shown = String::new();
    let fleet = after();
    for facts in [
        camera(1, "paris", "1"),
        camera(2, "oslo", "2"),
        device("gw-1", &["role=gateway"]),
        device("new-1", &["role=?", "site=paris"]),
    ] {
        shown.push_str(&present::explanation(&fleet.explain(&facts, None), &facts, &[], &options));
        shown.push_str("\n----\n\n");
    }
    let facts = device("bare", &[]);
    let path = "recorder.image".parse().unwrap();
    shown.push_str(&present::explanation(
        &fleet.explain(&facts, Some(&path)),
        &facts,
        &[],
        &options,
    ));
    golden("explanations.txt", &shown);
    let facts = camera(2, "oslo", "2");
    let json = explanation_json(&fleet.explain(&facts, None), &facts, &[]);
    assert_eq!(json["member"], true);
    let fields = json["fields"].as_array().unwrap();
    let image = fields.iter().find(|field| field["path"] == "recorder.image").unwrap();
    assert_eq!(image["candidates"][0]["sources"][0]["layers"][0], "hotfix-812");
    assert_eq!(image["candidates"][0]["shadowed"][0]["value"], "ghcr.io/acme/recorder:2.3");
}

#[test]
fn what_is_undetermined_is_told_before_its_fields() {
    let facts =
        device("cam-9", &["role=camera", "site=oslo", "firmware=?"]).with_unlisted_unknown();
    let names = [ResourceName::parse("recorder").unwrap()];
    let why = after().explain(&facts, None);
    let shown = present::explanation(&why, &facts, &names, &TextOptions::default());
    assert!(shown.contains("; every other label is unknown\n"), "{shown}");
    let told = shown.find("recorder is undetermined and left as it is; if `").unwrap();
    assert!(told < shown.find("recorder.image = ").unwrap(), "{shown}");
    let json = explanation_json(&why, &facts, &names);
    assert_eq!(
        (&json["undetermined"][0], &json["unlisted"]),
        (&"recorder".into(), &"unknown".into())
    );
}

#[test]
fn a_removed_resource_is_told_by_its_condition_and_not_by_its_patch() {
    let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    let patched = |fleet: Fleet| fleet.patch(motd("salut"));
    let fleet = patched(motd("hello").restrict(label("role").eq("camera")));
    let inventory = inventory([device("cam-1", &["role=spare"])], Coverage::Complete);
    let resolved = resolve(&fleet, &inventory);
    let plan = plan_of(&held(&motd("hello"), &inventory), &resolved);
    let options = TextOptions { consent: None, ..TextOptions::default() };
    let shown = present::text(&plan, &resolved, &options);
    assert!(shown.contains("- motd  `role = camera` is false"), "{shown}");
    assert!(shown.contains("Warning: no device of the inventory is a member"), "{shown}");
}

#[test]
fn findings_are_coloured_and_otherwise_the_same() {
    let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    let site = deploy(Resource::new("web").set("root", label("site")));
    let fleet = motd("hello").named("a") | motd("salut") | site | deploy(Resource::new("Bad Name"));
    let devices = inventory((1..=3).map(|n| device(&format!("d-{n}"), &[])), Coverage::Complete);
    let wrong = fleet.resolve(&devices).unwrap_err();
    let plain = findings(&wrong, &TextOptions::default());
    assert_eq!(plain, format!("{wrong}\n"));
    let colour = TextOptions { colour: true, ..Default::default() };
    golden("findings.txt", &findings(&wrong, &colour));
}

#[test]
fn a_plan_of_every_station_is_short_to_read() {
    let devices = inventory(
        (0..22_311).map(|n| device(&format!("s{n:05}"), &["site=x"])),
        Coverage::Complete,
    );
    let fleet = deploy(Resource::new("motd").set("host", device_id()));
    let old = deploy(Resource::new("motd").set("host", text("old-") + device_id()));
    let resolved = resolve(&fleet, &devices);
    let plan = plan_of(&held(&old, &devices), &resolved);
    let shown = present::text(&plan, &resolved, &TextOptions::default());
    assert!(shown.lines().count() < 10, "{shown}");
    golden("stations.txt", &shown);
}
