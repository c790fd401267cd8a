//! Names: one spelling a name, whatever devices are called.

use escadre_algebra::{DeviceId, Digest, ResourceName};
use escadre_nats::{Key, device_token, parse_device_token};
use proptest::prelude::*;

/// Ids of every kind of character that an id may have.
fn ids() -> impl Strategy<Value = DeviceId> {
    let id = prop_oneof![
        "[a-zA-Z0-9._:=/_-]{1,40}",
        "[!-~]{1,40}",
        r"[^\s\p{Cc}]{1,40}",
        "[_=.*>$]{1,6}",
    ];
    id.prop_filter_map("it is no id", |id| DeviceId::parse(&id).ok())
}

fn resource_names() -> impl Strategy<Value = ResourceName> {
    "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?".prop_map(|name| ResourceName::parse(&name).unwrap())
}

fn keys() -> impl Strategy<Value = Key> {
    let digest = any::<[u8; 32]>().prop_map(Digest::from_bytes);
    prop_oneof![
        Just(Key::Fence),
        ids().prop_map(Key::Manifest),
        (ids(), resource_names()).prop_map(|(id, name)| Key::Resource(id, name)),
        digest.clone().prop_map(Key::ContentHead),
        (digest, any::<u32>()).prop_map(|(digest, part)| Key::ContentPart(digest, part)),
    ]
}

/// Whether every key-value bucket takes `key`.
fn is_key(key: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-/_=.".contains(c);
    !key.starts_with('.') && !key.ends_with('.') && !key.contains("..") && key.chars().all(plain)
}

proptest! {
    #[test]
    fn a_device_token_is_parsed_back(id in ids()) {
        prop_assert_eq!(parse_device_token(&device_token(&id)).unwrap(), id);
    }

    #[test]
    fn a_device_token_is_one_token_of_a_bucket_key(id in ids()) {
        let token = device_token(&id);
        prop_assert!(is_key(&token) && !token.contains(['.', '/']) && !token.starts_with('_'));
    }

    #[test]
    fn a_key_is_parsed_back(key in keys()) {
        let text = key.to_string();
        prop_assert!(is_key(&text));
        prop_assert_eq!(Key::parse(&text).unwrap(), key);
    }

    #[test]
    fn what_parses_is_spelled_as_it_was(text in r"[a-zA-Z0-9_=.-]{0,30}|\PC{0,20}") {
        if let Ok(key) = Key::parse(&text) {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}

#[test]
fn other_spellings_of_a_device_are_refused() {
    for token in ["", "=2e", "=41", "a=", "a=2", "=FF", "_x", "a=0A", "=20", "a b"] {
        assert!(parse_device_token(token).is_err(), "{token}");
    }
    assert_eq!(device_token(&DeviceId::parse("_kv").unwrap()), "=5Fkv");
}
