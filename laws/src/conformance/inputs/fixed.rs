//! The fixed inputs: every kind of resource, words, unknown labels, and the odd values.

use escadre_algebra::{
    Authored, Coverage, Fleet, Inventory, Resource, SecretRef, blob, choose, config_file,
    container, deploy, device_id, label, label_or, opaque, pod, record, secret, text,
};

use super::{Input, N_DEVICES, all_devices, device, devices, listed};

/// The fixed inputs, in order.
///
/// # Errors
/// One of them does not resolve, which a test of the suite rules out.
pub(crate) fn fixed() -> Result<Vec<Input>, String> {
    let all = all_devices()?;
    let mut inputs = Vec::new();
    for (name, before, after) in pairs() {
        inputs.push(Input::new(name, (&before, &all), (&after, &all))?);
    }
    let some = devices(N_DEVICES / 2)?;
    let base = messages(1);
    inputs.push(Input::new("devices that join", (&base, &some), (&base, &all))?);
    inputs.push(Input::new("devices that leave", (&base, &all), (&base, &some))?);
    inputs.push(Input::new("no devices", (&base, &devices(0)?), (&base, &devices(0)?))?);
    let unknown = unknown()?;
    let staged = messages(2).restrict(label("ring").eq("1"));
    inputs.push(Input::new("unknown membership", (&base, &all), (&staged, &unknown))?);
    let message = deploy(Resource::new("banner").set("text", "ring 2"));
    let partly = messages(2) | message.restrict(label("ring").eq("2"));
    inputs.push(Input::new("an unknown resource", (&base, &all), (&partly, &unknown))?);
    let worded = deploy(Resource::new("banner").set("text", text("ring ") + label("ring")));
    inputs.push(Input::new("an unknown word", (&worded, &all), (&worded, &unknown))?);
    Ok(inputs)
}

/// All devices, of which two do not tell their ring, and one tells nothing but its id.
fn unknown() -> Result<Inventory, String> {
    let facts = (0..N_DEVICES).map(|i| {
        let facts = device(i)?;
        match i {
            3 | 6 => facts.with_unknown("ring").map_err(|error| error.to_string()),
            9 => {
                let mut facts = facts.with_unlisted_unknown();
                facts.remove("ring");
                Ok(facts)
            }
            _ => Ok(facts),
        }
    });
    listed(facts, Coverage::Complete)
}

fn messages(version: i32) -> Fleet {
    deploy(Resource::new("motd").set("text", "hello").set("version", version))
}

fn pairs() -> Vec<(&'static str, Fleet, Fleet)> {
    let nothing = Fleet::empty;
    let bare = || Fleet::devices(label("role").eq("camera"));
    vec![
        ("nothing at all", nothing(), nothing()),
        ("members with nothing", nothing(), bare()),
        ("members that lose everything", messages(1), Fleet::all()),
        ("members that leave", messages(1), messages(1).restrict(label("role").eq("camera"))),
        ("a new version", messages(1), messages(2)),
        ("a new version for some", messages(1), {
            messages(1).patch(messages(2).restrict(label("site").eq("b")))
        }),
        ("a removed resource", messages(1) | kinds(1), messages(1)),
        ("one of each kind", kinds(1), kinds(2)),
        ("words", words("rtsp://"), words("rtsps://")),
        ("odd values", values(), values().forget("odd.bools")),
        ("a resource with nothing but a note", messages(1), {
            messages(1) | deploy(Resource::new("aside").set("note", "for people"))
        }),
        ("values of other kinds", numbers(1.into()), numbers("1".into())),
        ("a fraction of zero", numbers(1.into()), numbers(1.0.into())),
        ("fields that are unset", record_of(), without_fields()),
        ("a resource that is laid over", messages(1) | record_of(), {
            (messages(1) | record_of()).overlay(deploy(Resource::removed("motd")))
        }),
        ("an order", order("a", "b"), order("b", "a")),
        ("a choice", messages(1), choose(label("ring").eq("2"), messages(2), bare())),
    ]
}

/// One resource of each kind that the algebra has.
fn kinds(version: u32) -> Fleet {
    let file = config_file("banner").path("/etc/banner").mode(0o644);
    let model = config_file("model").path("/var/model");
    let two = container("web").image(format!("acme/web:{version}")).port("http", 8080);
    let spec = serde_json::json!({"hard": {"pods": version, "scopes": []}});
    Fleet::union_all([
        deploy(two.env("SITE", label("site")).limit("memory", "64Mi")),
        deploy(pod("two").container(escadre_algebra::Container::new("one").image("acme/one:1"))),
        deploy(file.text(format!("version {version}"))),
        deploy(model.content([version.to_le_bytes(), [0, 255, 1, 2]].concat())),
        deploy(blob("map").content(b"a map").source("https://example.org/map")),
        deploy(secret("db", SecretRef::new("db", "password", version.to_string()))),
        deploy(opaque("quota", "kubernetes", &spec)),
        deploy(record("limits", &serde_json::json!({"open_files": version, "by_user": {}}))),
    ])
}

/// Texts that are another on each device: one configuration, as many instances.
fn words(scheme: &str) -> Fleet {
    let camera = Resource::new("camera")
        .set("id", device_id())
        .set("url", text(scheme) + label("site") + "/" + device_id())
        .set("port", label_or("rtsp-port", "554"))
        .set("names", Authored::list([text("first"), text("of ") + label("role")]));
    deploy(camera)
}

/// Values at the edges of what a path may hold.
fn values() -> Fleet {
    let odd = Resource::new("odd")
        .set("bools", [true, false])
        .set("empty_list", Authored::list(Vec::<bool>::new()))
        .set("empty_object", escadre_algebra::Value::Object)
        .set("empty_text", "")
        .set("least", i64::MIN)
        .set("most", i64::MAX)
        .set("sum", 0.1 + 0.2)
        .set("tiny", 5e-324)
        .set("huge", 1.797_693_134_862_315_7e308)
        .set("looks.like.true", "true")
        .set("looks.like.number", "1e3")
        .set("looks.like.null", "null")
        .set("nested", Authored::list([vec![1, 2], vec![], vec![3]]))
        .set("unicode", "žluťoučký 🐎 \u{7f}\n\t\"\\")
        .set("\"quoted.field\"", 1)
        .set("note", "for people")
        .set("price", "$5")
        .set("deep.er.and.deep.er.still.and.still", true);
    deploy(odd)
}

fn numbers(value: Authored) -> Fleet {
    deploy(Resource::new("number").set("value", value))
}

fn record_of() -> Fleet {
    let fields = Resource::new("web").set("port", 80).set("tls.cert", "/a").set("tls.key", "/b");
    deploy(fields.set("tags", ["a", "b"]))
}

fn without_fields() -> Fleet {
    record_of().overlay(deploy(Resource::new("web").unset("tls").set("tags", ["b", "a"])))
}

/// Two resources, the second behind the first.
fn order(first: &str, second: &str) -> Fleet {
    let after = format!("after.{first}");
    deploy(Resource::new(first).set("on", true)) | deploy(Resource::new(second).set(&after, true))
}
