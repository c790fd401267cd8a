//! Files that must never change meaning: `tests/golden/wire/*.lock`, each with its digest and
//! what it says of a few devices. With `ESCADRE_BLESS=1` missing files are written; files that
//! exist are never changed.

use std::fmt::Write as _;
use std::path::PathBuf;

use escadre_algebra::{
    Decimal, Facts, Field, Fleet, Item, List, PathSet, Record, Resource, Value, bucket, choose,
    denote, deploy, device_id, label, label_or, semver, text,
};

use super::{PLAIN, WITH_ORIGINS};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wire")
}

fn devices() -> Vec<Facts> {
    let cam = [("role", "camera"), ("site", "paris"), ("firmware", "2.1"), ("cores", "8")];
    vec![
        Facts::of("cam-1", cam).unwrap(),
        Facts::of("00FAY", [("role", "gateway"), ("firmware", "v2.0.9"), ("cores", "2")]).unwrap(),
        Facts::of("bare", []).unwrap(),
    ]
}

/// The digest of `fleet`, and its meaning on each device.
fn rendering(fleet: &Fleet) -> String {
    let mut out = format!("{}\n", fleet.digest());
    for device in devices() {
        let meaning = denote::<()>(fleet, &device);
        let meaning = meaning.map_or("not a member\n".to_owned(), |claims| claims.to_string());
        let _ = write!(out, "\n[{}]\n{meaning}", device.id());
    }
    out
}

fn web() -> Resource {
    Resource::new("web").set("image", "acme/web:1").set("port", 80)
}

fn operators() -> Fleet {
    let (base, cam) = (deploy(web()), label("role").eq("camera"));
    let over = deploy(Resource::new("web").set("port", 81).set("debug", true));
    let members = Fleet::devices(cam.clone());
    Fleet::union_all([
        base.clone().overlay(over.clone()).restrict(cam.clone()),
        base.clone().patch(over.clone()).within(members.clone()),
        base.clone().mask(over.clone()).without(members),
        choose(cam, base.clone().forget("web.port"), base.clone().keep("web.image")),
        base.clone().forget(PathSet::all()).named("nothing left"),
        base.keep(PathSet::point("web.port".parse().unwrap())).restrict(label("x").exists()),
        Fleet::empty(),
        Fleet::all(),
    ])
}

fn words() -> Fleet {
    deploy(
        Resource::new("app")
            .set("url", text("rtsp://") + label("site") + "/" + device_id())
            .set("port", label_or("rtsp-port", "554"))
            .set("plain", "tab\t\"quote\" é 🚢")
            .set("empty", ""),
    )
}

fn values() -> Fleet {
    let record = Record::new(vec![
        (
            Field::parse("$name").unwrap(),
            Item::Value(Value::Text("site".try_into().map(escadre_algebra::Word::label).unwrap())),
        ),
        (Field::parse("n").unwrap(), Item::Value(Value::Integer(1))),
    ]);
    let inner = Value::List(List::new(vec![Item::Value(Value::Bool(true))]).unwrap());
    let list = List::new(vec![
        Item::Record(record.unwrap()),
        Item::Value(inner),
        Item::Value(Value::Decimal(Decimal::new(0.1).unwrap())),
        Item::Record(Record::new(Vec::new()).unwrap()),
    ]);
    deploy(
        Resource::new("all")
            .set("list", Value::List(list.unwrap()))
            .set("one", 1)
            .set("one-point-zero", 1.0)
            .set("large", 1e300)
            .set("least", i64::MIN)
            .set("empty", Value::Object)
            .set("\"$text\".x", false)
            .set("leaf", 1)
            .set("leaf.below", 2)
            .unset("gone"),
    ) | deploy(Resource::removed("old"))
}

fn selectors() -> Fleet {
    let firmware = label("firmware");
    let atoms = [
        label("role").exists(),
        label("role").absent(),
        label("role").eq("camera"),
        label("role").not_in(["camera", "gateway"]),
        label("site name").eq("Gare du \"Nord\""),
        label("cores").ge(8),
        label("cores").lt(8),
        firmware.gt(semver("2.0.9")),
        firmware.le(semver("2.1.0-rc.1")),
        device_id().is_in(["cam-1", "00FAY"]),
        bucket("canary").below(10),
        bucket("canary").interval(3, None),
        label("role").eq("camera") & (label("site").exists() | !label("cores").ge(4)),
    ];
    Fleet::union_all(
        atoms
            .into_iter()
            .enumerate()
            .map(|(i, s)| deploy(Resource::new("hit").set(&format!("s{i:02}"), true)).restrict(s)),
    )
}

fn shared_selectors() -> Fleet {
    let mut s = label("role").eq("camera") | label("site").exists();
    for _ in 0..8 {
        s = s.clone() & (s | label("cores").ge(4));
    }
    deploy(web()).restrict(!s.clone()) | deploy(web()).restrict(s)
}

fn contents() -> Fleet {
    let mut files = Resource::new("files");
    let motd = files.carry(b"welcome\n".as_slice());
    let key = files.carry([0_u8, 0xff, 0x80].as_slice());
    deploy(files.set("motd", motd.to_string()).set("key", key.to_string()))
}

fn problems() -> Fleet {
    deploy(Resource::new("Bad Name"))
        | deploy(web()).restrict(label("").exists() | label("role").eq("camera"))
        | deploy(web()).forget("No.Path")
}

/// A document with an operator that this version does not know.
fn foreign() -> String {
    let known = (deploy(web()) | Fleet::all()).encode(&PLAIN).unwrap();
    let node = r#"{"op": "sample", "of": [-2, -1], "rate": 0.5, "salts": ["a", {"b": null}]}"#;
    let edited = known.replace(r#"{"op": "union", "of": [-2, -1]}"#, node);
    let message = Fleet::decode(edited.as_bytes()).unwrap_err().to_string();
    let digests: Vec<&str> =
        message.split(' ').filter(|word| word.starts_with("sha256:")).collect();
    edited.replace(&digests[0][..71], &digests[1][..71])
}

fn bless() {
    let plain = |fleet: Fleet| fleet.encode(&PLAIN).unwrap();
    let files = [
        ("operators", plain(operators())),
        ("words", plain(words())),
        ("values", plain(values())),
        ("selectors", plain(selectors())),
        ("shared-selectors", plain(shared_selectors())),
        ("contents", plain(contents())),
        ("problems", plain(problems())),
        ("foreign", foreign()),
        (
            "origins",
            (operators().named("all of it") | words() | problems()).encode(&WITH_ORIGINS).unwrap(),
        ),
        ("empty", plain(Fleet::empty())),
    ];
    for (name, text) in files {
        let path = folder().join(name).with_extension("lock");
        if !path.exists() {
            let fleet = Fleet::decode(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
            std::fs::write(path.with_extension("txt"), rendering(&fleet)).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn golden_files_never_change_meaning() {
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        bless();
    }
    let mut n_files = 0;
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        n_files += 1;
        let name = path.display();
        let text = std::fs::read_to_string(&path).unwrap();
        let fleet = Fleet::decode(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let recorded = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        assert_eq!(rendering(&fleet), recorded, "{name}");
        let origins = text.contains("\n\"origins\": [");
        let options = if origins { WITH_ORIGINS } else { PLAIN };
        assert_eq!(fleet.encode(&options).unwrap(), text, "{name}");
    }
    assert!(n_files >= 10, "only {n_files} golden files");
}

#[test]
fn the_golden_files_cover_what_can_be_written() {
    let all: String = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let operators = "empty all deploy union overlay patch mask within without restrict choose \
                     forget keep named invalid";
    for op in operators.split_whitespace() {
        assert!(all.contains(&format!("\"op\": \"{op}\"")), "no golden file has `{op}`");
    }
    for part in
        ["$text", "$unset", "$rest", "$$", "device_id", "base64", "\"all\": [-", "\"not\": -"]
    {
        assert!(all.contains(part), "no golden file has `{part}`");
    }
}

#[test]
fn an_unknown_operator_is_carried_and_reported() {
    let fleet = Fleet::decode(foreign().as_bytes()).unwrap();
    assert!(fleet.problems()[0].message().contains("the operator `sample` is not known"));
    assert!(fleet.clone().named("x").encode(&WITH_ORIGINS).unwrap().contains("\"rate\": 0.5"));
}
