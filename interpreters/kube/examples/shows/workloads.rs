//! Manifests are imported and applied; the API server says what it makes of them and of ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Outcome, Resolved, container, deploy, for_each_config_map,
};
use escadre_interpreter::Silent;
use escadre_interpreter::inventory::OWN_LABEL_PREFIX;
use escadre_kube::Options;
use http::Method;
use serde_json::Value as Json;

use crate::bed::{self, Bed, NAMESPACE, apply};

/// The kinds of workloads: where they are, and where in them a pod is.
const KINDS: [(&str, &str, &str); 3] = [
    ("DaemonSet", "/apis/apps/v1", "/spec/template/spec"),
    ("Deployment", "/apis/apps/v1", "/spec/template/spec"),
    ("Pod", "/api/v1", "/spec"),
];
/// Lists whose order is not claimed: what they name is a map.
const KEYED: [&str; 6] =
    ["containers", "volumes", "tolerations", "ports", "volumeMounts", "imagePullSecrets"];
/// The domain of the labels and annotations of objects.
const DOMAIN: &str = "escadre.github.io";

/// A PodSpec by the name of its workload.
type Specs = BTreeMap<String, Json>;

pub(crate) async fn play(escadre: &Path, files: &[PathBuf]) -> bed::Outcome {
    let bed = Bed::start(&["--allow-privileged=true"], false).await?;
    let inventory = Inventory::new([Facts::of("n1", [])?], Coverage::Complete)?;
    bed.add_nodes(&inventory).await?;
    let (mut n_same, mut n_workloads, mut wrong) = (0, 0, Vec::new());
    for file in files {
        let mut originals = originals(&bed, file).await?;
        let resolved = import(escadre, file)?.resolve(&inventory)?;
        originals.values_mut().for_each(|spec| rename(spec, &resolved));
        let mut target = bed.controller(&Options::default());
        apply(&mut target, &resolved, &mut Silent).await?;
        let ours = ours(&bed).await?;
        n_workloads += originals.len();
        for (name, original) in &originals {
            let n_values = n_values(original);
            match ours.get(name).map(|ours| difference("", original, ours)) {
                Some(None) => n_same += 1,
                Some(Some(place)) => wrong.push(format!("{}: {name}: {place}", file.display())),
                None => wrong.push(format!("{}: {name} is not there", file.display())),
            }
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            println!("  {file:<36} {name:<32} {n_values:>4} values of the pod");
        }
    }
    println!(
        "{} files, {n_workloads} workloads: {n_same} with the same pod by the server's own judgement",
        files.len()
    );
    if n_same < n_workloads || n_workloads < files.len() {
        return Err(wrong.join("\n").into());
    }
    told(&bed, &inventory).await
}

/// What people see of an object: what it is, whose, and the line that wrote it.
async fn told(bed: &Bed, inventory: &Inventory) -> bed::Outcome {
    let fleet = deploy(container("web").image("nginx:1.29")).named("base");
    let line = line!() - 1;
    let mut target = bed.controller(&Options::default());
    apply(&mut target, &fleet.resolve(inventory)?, &mut Silent).await?;
    let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets");
    let list: Json = bed.ask(Method::GET, &path, &Json::Null).await?;
    let objects = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [object] = objects else {
        return Err(format!("{} DaemonSets for one pod", objects.len()).into());
    };
    let metadata = &object["metadata"];
    let manager = &metadata["managedFields"][0]["manager"];
    let sources = &metadata["annotations"][format!("{DOMAIN}/sources")];
    println!("  name     {}", metadata["name"]);
    println!("  labels   {}", metadata["labels"]);
    println!("  owner    {manager}");
    println!("  sources  {sources}");
    let is_named = metadata["labels"]["app.kubernetes.io/name"] == "web";
    let is_written = sources.as_str() == Some(&format!("{}:{line}", file!()));
    match is_named && is_written && manager == "escadre" {
        true => Ok(()),
        false => Err("an object does not say what it is, whose, and what wrote it".into()),
    }
}

/// The fleet that `escadre import` makes of a manifest.
fn import(escadre: &Path, file: &Path) -> bed::Outcome<Fleet> {
    let folder = tempfile::tempdir()?;
    let file = std::path::absolute(file)?;
    let mut command = Command::new(std::path::absolute(escadre)?);
    let output = command.current_dir(folder.path()).arg("import").arg(file).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(Fleet::decode(&std::fs::read(folder.path().join("fleet.lock"))?)?)
}

/// Mentions ConfigMaps that gave way to a workload of their name as the import does.
fn rename(spec: &mut Json, resolved: &Resolved) {
    let Some(Outcome::Member(member)) = resolved.outcome_at(0) else { return };
    for_each_config_map(spec, &mut |name| {
        let gave_way = format!("{name}-config");
        if member.configuration.resources().contains_key(gave_way.as_str()) {
            *name = gave_way;
        }
    });
}

/// What the server makes of the workloads of a manifest as they are: it stores none of them.
async fn originals(bed: &Bed, file: &Path) -> bed::Outcome<Specs> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    let text = std::fs::read_to_string(file)?;
    let documents: Vec<Json> = serde_saphyr::from_multiple_with_options(&text, options)?;
    let mut specs = Specs::new();
    for mut object in documents {
        let kind = object["kind"].as_str().unwrap_or_default();
        let Some((kind, group, place)) = KINDS.iter().find(|(known, ..)| *known == kind) else {
            continue;
        };
        object["metadata"]["namespace"] = NAMESPACE.into();
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let kinds = kind.to_lowercase();
        let path = format!("{group}/namespaces/{NAMESPACE}/{kinds}s?dryRun=All");
        let judged: Json = bed.ask(Method::POST, &path, &object).await?;
        specs.insert(name, canonical(judged.pointer(place).unwrap_or(&Json::Null)));
    }
    Ok(specs)
}

/// What the server made of our DaemonSets, without what selects their nodes.
async fn ours(bed: &Bed) -> bed::Outcome<Specs> {
    let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets");
    let list: Json = bed.ask(Method::GET, &path, &Json::Null).await?;
    let mut specs = Specs::new();
    for object in list["items"].as_array().into_iter().flatten() {
        let name = object["metadata"]["labels"]["app.kubernetes.io/name"].as_str();
        let mut spec = object["spec"]["template"]["spec"].clone();
        if let Some(labels) = spec["nodeSelector"].as_object_mut() {
            labels.retain(|key, _| !key.starts_with(OWN_LABEL_PREFIX));
            if labels.is_empty() {
                spec.as_object_mut().map(|spec| spec.remove("nodeSelector"));
            }
        }
        // Objects that it mounts are named by their content.
        let mounts = object["metadata"]["annotations"][format!("{DOMAIN}/mounts")].as_str();
        let mounts: BTreeMap<String, String> = serde_json::from_str(mounts.unwrap_or("{}"))?;
        let mut text = spec.to_string();
        for (resource, variant) in mounts {
            text = text.replace(&format!("{resource}-{variant}"), &resource);
        }
        let spec: Json = serde_json::from_str(&text)?;
        specs.insert(name.unwrap_or_default().to_owned(), canonical(&spec));
    }
    Ok(specs)
}

/// `spec` with those lists sorted whose order is not claimed.
fn canonical(spec: &Json) -> Json {
    match spec {
        Json::Array(items) => items.iter().map(canonical).collect(),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let mut value = canonical(value);
                if let Json::Array(items) = &mut value {
                    let mentions =
                        items.iter().any(|e| e["value"].as_str().is_some_and(|v| v.contains("$(")));
                    if KEYED.contains(&name.as_str()) || name == "env" && !mentions {
                        items.sort_by_key(Json::to_string);
                    }
                }
                (name.clone(), value)
            });
            Json::Object(fields.collect())
        }
        scalar => scalar.clone(),
    }
}

/// The first place where the two differ, with what stands there.
fn difference(path: &str, one: &Json, other: &Json) -> Option<String> {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            let mut found = names.filter_map(|name| {
                let of = |fields: &serde_json::Map<String, Json>| {
                    fields.get(name).cloned().unwrap_or(Json::Null)
                };
                difference(&format!("{path}.{name}"), &of(one), &of(other))
            });
            found.next()
        }
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
            let mut items = one.iter().zip(other).enumerate();
            items.find_map(|(i, (one, other))| difference(&format!("{path}[{i}]"), one, other))
        }
        _ if one == other => None,
        _ => Some(format!("{path} is {one}, and {other} in ours")),
    }
}

/// How many values there are in `spec`.
fn n_values(spec: &Json) -> usize {
    match spec {
        Json::Array(items) => items.iter().map(n_values).sum(),
        Json::Object(fields) => fields.values().map(n_values).sum(),
        _ => 1,
    }
}
