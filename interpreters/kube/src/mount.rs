//! What a pod mounts of what is the fleet's own: names of resources become names of objects. Pure.
//!
//! The object of a file that differs on each device has many devices' files, each under its
//! device's id; a pod is shown the one of its node, by `subPathExpr`.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{ResourceName, for_each_config_map};
use serde_json::{Map, Value as Json};

use crate::error::LowerErrorKind;
use crate::names::{Variant, object_name};
use crate::pod::{CONTAINERS, ID, items, tell_id};

/// What a pod of one device may mount, by the resource that it names.
pub(crate) type Mountables = BTreeMap<ResourceName, Mountable>;

/// What stands for one resource that is no pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mountable {
    pub(crate) variant: Variant,
    /// What the file is called, if the object is a shard.
    pub(crate) entry: Option<Arc<str>>,
}

impl From<Variant> for Mountable {
    fn from(variant: Variant) -> Self {
        Self { variant, entry: None }
    }
}

/// A PodSpec, and the resources that it mounts.
pub(crate) type Mounted = (Json, Vec<(ResourceName, Variant)>);

/// `spec` with the names of the objects that it mounts, and what these are.
pub(crate) fn mount(mut spec: Json, mountables: &Mountables) -> Result<Mounted, LowerErrorKind> {
    let mut mounted = BTreeMap::new();
    if mountables.values().any(|it| it.entry.is_some()) {
        one_of_many(&mut spec, mountables, &mut mounted)?;
    }
    let mut whole = None;
    for_each_config_map(&mut spec, &mut |name| {
        let found = ResourceName::parse(name).ok();
        let found = found.and_then(|name| Some((mountables.get(&name)?, name)));
        match found {
            Some((it, resource)) if it.entry.is_none() => {
                *name = object_name(&resource, &it.variant);
                mounted.insert(resource, it.variant.clone());
            }
            Some((_, resource)) => whole = Some(resource),
            None => {}
        }
    });
    match whole {
        None => Ok((spec, mounted.into_iter().collect())),
        Some(file) => {
            let why = "a variable or a projected volume cannot have that of its device";
            Err(LowerErrorKind::Mount { file, why })
        }
    }
}

/// Has volumes of files that differ on each device show the one of the pod's node.
fn one_of_many(
    spec: &mut Json,
    mountables: &Mountables,
    mounted: &mut BTreeMap<ResourceName, Variant>,
) -> Result<(), LowerErrorKind> {
    // The volumes, each with the file and what it is called there.
    let mut volumes: BTreeMap<String, (ResourceName, String)> = BTreeMap::new();
    for volume in items(spec.get_mut("volumes")) {
        let called = volume.get("name").and_then(Json::as_str).map(str::to_owned);
        let Some(source) = volume.get_mut("configMap").and_then(Json::as_object_mut) else {
            continue;
        };
        let named = source.get("name").and_then(Json::as_str);
        let Some(file) = named.and_then(|name| ResourceName::parse(name).ok()) else { continue };
        let Some(it) = mountables.get(&file) else { continue };
        let (Some(entry), Some(called)) = (&it.entry, called) else { continue };
        let path = only_entry(source, entry, &file)?;
        source.insert("name".to_owned(), object_name(&file, &it.variant).into());
        mounted.insert(file.clone(), it.variant.clone());
        volumes.insert(called, (file, path));
    }
    for list in CONTAINERS {
        for container in items(spec.get_mut(list)) {
            for place in items(container.get_mut("volumeMounts")) {
                let volume = place.get("name").and_then(Json::as_str);
                if let Some((file, path)) = volume.and_then(|name| volumes.get(name)) {
                    show(place, path, file)?;
                }
            }
            tell_id(container);
        }
    }
    Ok(())
}

/// What the one file of the volume `source` is called in it; its entries are those of all devices.
fn only_entry(
    source: &mut Map<String, Json>,
    entry: &str,
    file: &ResourceName,
) -> Result<String, LowerErrorKind> {
    let Some(taken) = source.remove("items") else { return Ok(entry.to_owned()) };
    let item = match taken.as_array().map(Vec::as_slice) {
        Some([item]) if item.get("key").and_then(Json::as_str) == Some(entry) => item,
        _ => {
            let why = "its volume takes other entries than that file";
            return Err(LowerErrorKind::Mount { file: file.clone(), why });
        }
    };
    if let Some(mode) = item.get("mode") {
        source.insert("defaultMode".to_owned(), mode.clone());
    }
    let path = item.get("path").and_then(Json::as_str);
    Ok(path.unwrap_or(entry).to_owned())
}

/// Has the mount `place` show the file that its volume calls `path`, and that of its node only.
fn show(
    place: &mut Map<String, Json>,
    path: &str,
    file: &ResourceName,
) -> Result<(), LowerErrorKind> {
    let told = place.get("subPath").and_then(Json::as_str).unwrap_or_default();
    let is_whole = told.is_empty();
    if (!is_whole && told != path) || place.contains_key("subPathExpr") {
        let why = "a mount takes another part of its volume than that file";
        return Err(LowerErrorKind::Mount { file: file.clone(), why });
    }
    if let (true, Some(Json::String(directory))) = (is_whole, place.get_mut("mountPath")) {
        *directory = format!("{}/{path}", directory.trim_end_matches('/'));
    }
    place.remove("subPath");
    place.insert("subPathExpr".to_owned(), ID.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A pod with the volume `etc` of `camera` and this mount, as it is sent or refused.
    fn mounted(volume: &Json, place: &Json) -> Json {
        let spec = json!({
            "volumes": [{"name": "etc", "configMap": volume}],
            "containers": [{"name": "c", "volumeMounts": [place]}],
        });
        let camera = ResourceName::parse("camera").ok();
        let variant = Variant::parse("aaaaaaaaaaaaaaaaaaaa");
        let entry: Option<Arc<str>> = Some("camera.toml".into());
        let it = camera.zip(variant.map(|variant| Mountable { variant, entry }));
        match mount(spec, &it.into_iter().collect()) {
            Ok((spec, _)) => json!([
                spec["volumes"][0]["configMap"],
                spec["containers"][0]["volumeMounts"][0],
                spec["containers"][0]["env"][0]["name"],
            ]),
            Err(error) => error.to_string().into(),
        }
    }

    #[test]
    fn a_mount_of_the_directory_or_of_the_file_shows_the_file_of_the_node() {
        let object = json!({"name": "camera-aaaaaaaaaaaaaaaaaaaa"});
        let shown = json!({"name": "etc", "mountPath": "/etc/camera.toml", "subPathExpr": ID});
        let wanted = json!([object, shown, "ESCADRE_DEVICE_ID"]);
        let volume = json!({"name": "camera"});
        assert_eq!(mounted(&volume, &json!({"name": "etc", "mountPath": "/etc/"})), wanted);
        let place =
            json!({"name": "etc", "mountPath": "/etc/camera.toml", "subPath": "camera.toml"});
        assert_eq!(mounted(&volume, &place), wanted);
        let renamed =
            json!({"name": "camera", "items": [{"key": "camera.toml", "path": "c", "mode": 256}]});
        let found = mounted(&renamed, &json!({"name": "etc", "mountPath": "/x"}));
        assert_eq!(found[0], json!({"name": "camera-aaaaaaaaaaaaaaaaaaaa", "defaultMode": 256}));
        assert_eq!(found[1]["mountPath"], "/x/c");
    }

    #[test]
    fn what_would_show_files_of_other_devices_is_refused() {
        let refused = |volume: &Json, place: &Json| mounted(volume, place).to_string();
        let place = json!({"name": "etc", "mountPath": "/etc"});
        let two = json!([{"key": "camera.toml", "path": "a"}, {"key": "n2", "path": "b"}]);
        let told = refused(&json!({"name": "camera", "items": two}), &place);
        assert!(told.contains("its volume takes other entries"), "{told}");
        let place = json!({"name": "etc", "mountPath": "/etc", "subPath": "n2"});
        let told = refused(&json!({"name": "camera"}), &place);
        assert!(told.contains("a mount takes another part"), "{told}");
        let spec = json!({"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "camera"}}]}]});
        let it = ResourceName::parse("camera").ok().zip(Variant::parse("aaaaaaaaaaaaaaaaaaaa"));
        let it = it.map(|(name, variant)| (name, Mountable { variant, entry: Some("e".into()) }));
        let told = mount(spec, &it.into_iter().collect()).map_err(|error| error.to_string());
        assert!(told.is_err_and(|told| told.contains("a variable")));
    }
}
