//! Versions: which texts spell one, and how they are ordered.

use escadre_algebra::Version;

#[test]
fn two_or_three_numbers_a_release_candidate_and_a_build_spell_a_version() {
    for spelled in [
        "1.2",
        "v1.2.3",
        "0.0.0",
        "10.20.30",
        "1.2.3-rc.1",
        "1.2.3-0",
        "1.2.3-x-y.7z",
        "1.2.3-01a",
        "1.2-rc",
        "1.2.3+build.01.-x",
        "1.2.3-rc.1+build",
        "1.2.3--",
        "18446744073709551615.0",
    ] {
        assert!(Version::parse(spelled).is_some(), "{spelled}");
    }
}

#[test]
fn what_is_no_version_is_none_in_every_part() {
    for spelled in [
        "",
        "v",
        "1",
        "1.",
        "1.2.",
        ".1.2",
        "1.2.3.4",
        "vv1.2",
        "01.2",
        "1.02",
        "00.1",
        "1.x",
        "1.2x",
        "1. 2",
        "-1.2",
        "18446744073709551616.0",
        "1.2.3-",
        "1.2.3-rc..1",
        "1.2.3-01",
        "1.2.3-rc_1",
        "1.2.3-é",
        "1.2.3-18446744073709551616",
        "1.2.3+",
        "1.2.3+a..b",
        "1.2.3+a_b",
        "1.2.3+a+b",
    ] {
        assert_eq!(Version::parse(spelled), None, "{spelled}");
    }
}

#[test]
fn versions_are_ordered_as_semver_says() {
    let ascending = [
        "0.9",
        "1.0.0-0",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2",
        "1.10",
        "2.0",
    ];
    let versions: Vec<Version> = ascending.iter().filter_map(|v| Version::parse(v)).collect();
    assert_eq!(versions.len(), ascending.len());
    for pair in versions.windows(2) {
        assert!(pair[0] < pair[1], "{pair:?}");
    }
    assert_eq!(Version::parse("1.2"), Version::parse("v1.2.0+build"));
}

#[test]
fn nothing_lies_between_a_version_and_its_successor() {
    let max = u64::MAX;
    for (version, successor) in [
        ("1.2.3".to_owned(), Some("1.2.4-0".to_owned())),
        ("1.2.3-rc".to_owned(), Some("1.2.3-rc.0".to_owned())),
        (format!("1.2.{max}"), Some("1.3.0-0".to_owned())),
        (format!("1.{max}.{max}"), Some("2.0.0-0".to_owned())),
        (format!("{max}.{max}.{max}"), None),
        (format!("{max}.{max}.{max}-a"), Some(format!("{max}.{max}.{max}-a.0"))),
    ] {
        let found = Version::parse(&version).unwrap().successor();
        assert_eq!(found, successor.as_deref().and_then(Version::parse), "{version}");
    }
}
