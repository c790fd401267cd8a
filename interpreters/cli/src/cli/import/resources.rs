//! From manifests to the resources of a fleet.

use std::collections::BTreeMap;
use std::str::FromStr;

use escadre_algebra::{
    Claims, Facts, Field, Fleet, Pod, Resource, ResourceName, ResourceState, Value, denote, deploy,
    for_each_config_map,
};
use serde_json::{Map, Value as Json};

use super::manifest::{Dropped, Made, Manifest, Rest};
use super::node::{Content, Node};
use crate::cli::error::Failure;

/// `[KIND/]NAME=NEW`: what an object is called in the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renaming {
    kind: Option<String>,
    name: String,
    new: String,
}

impl FromStr for Renaming {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected `NAME=NEW` or `KIND/NAME=NEW`".to_owned();
        let (old, new) = text.split_once('=').ok_or_else(expected)?;
        ResourceName::parse(new).map_err(|error| error.to_string())?;
        let (kind, name) = match old.split_once('/') {
            Some((kind, name)) => (Some(kind.to_owned()), name),
            None => (None, old),
        };
        if name.is_empty() {
            return Err(expected());
        }
        Ok(Self { kind, name: name.to_owned(), new: new.to_owned() })
    }
}

impl Renaming {
    fn is_of(&self, manifest: &Manifest) -> bool {
        self.name == manifest.name && self.kind.as_ref().is_none_or(|kind| *kind == manifest.kind)
    }
}

/// What a resource is called, and whether it gave way to a workload of its own name.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) gave_way: bool,
}

/// A resource of the fleet, and the object that it was made of.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) name: Name,
    pub(crate) manifest: Manifest,
    /// The ConfigMaps that it mentions by another name than the manifest does.
    pub(crate) mentions: BTreeMap<String, String>,
    pub(crate) rest: Rest,
    /// What the resource says, rendered.
    pub(crate) fields: Map<String, Json>,
    /// The fleet of this resource alone.
    pub(crate) fleet: Fleet,
}

/// What each manifest is called: its own name, or what it is renamed to.
///
/// A ConfigMap gives way where a workload has its name.
pub(crate) fn names(
    manifests: &[Manifest],
    renamings: &[Renaming],
) -> Result<Vec<Name>, Vec<Failure>> {
    let asked = |manifest: &Manifest| renamings.iter().find(|renaming| renaming.is_of(manifest));
    let mut failures: Vec<Failure> = renamings
        .iter()
        .filter(|renaming| !manifests.iter().any(|manifest| renaming.is_of(manifest)))
        .map(|renaming| {
            Failure::new(format!("`--name`: no imported object is called `{}`", renaming.name))
                .help("`--dry-run` lists what is imported")
        })
        .collect();
    let wanted: Vec<&str> =
        manifests.iter().map(|m| asked(m).map_or(m.name.as_str(), |r| r.new.as_str())).collect();
    let is_workload = |manifest: &Manifest| manifest.made != Made::Record;
    let of_workloads: Vec<&str> = manifests
        .iter()
        .zip(&wanted)
        .filter_map(|(manifest, name)| is_workload(manifest).then_some(*name))
        .collect();
    let mut taken: BTreeMap<String, &Manifest> = BTreeMap::new();
    let mut names = Vec::new();
    for (manifest, name) in manifests.iter().zip(&wanted) {
        let gave_way =
            !is_workload(manifest) && asked(manifest).is_none() && of_workloads.contains(name);
        let text = if gave_way { format!("{name}-config") } else { (*name).to_owned() };
        let name = Name { text, gave_way };
        if let Err(failure) = checked(manifest, &name.text) {
            failures.push(failure);
        } else if let Some(other) = taken.get(&name.text) {
            failures.push(twice(manifest, other, &name.text));
        } else {
            taken.insert(name.text.clone(), manifest);
        }
        names.push(name);
    }
    if failures.is_empty() { Ok(names) } else { Err(failures) }
}

fn checked(manifest: &Manifest, name: &str) -> Result<(), Failure> {
    let Err(error) = ResourceName::parse(name) else { return Ok(()) };
    let root = &manifest.document.root;
    let place = root.pointed(&["metadata", "name"]).map_or(root.place, |name| name.place);
    let help = format!(
        "give it another one in the fleet: `--name {}/{}=NEW`",
        manifest.kind, manifest.name
    );
    Err(manifest.document.wrong(place, &error.to_string()).help(help))
}

fn twice(manifest: &Manifest, other: &Manifest, name: &str) -> Failure {
    let root = &manifest.document.root;
    let place = root.pointed(&["metadata", "name"]).map_or(root.place, |name| name.place);
    let message = format!(
        "the {} would be the resource `{name}`, as the {} at {}",
        manifest.kind,
        other.kind,
        other.document.position()
    );
    let help = match manifest.kind == other.kind && manifest.name == other.name {
        true => "import one of them alone, or give one another name in its file".to_owned(),
        false => format!(
            "give it another name in the fleet: `--name {}/{}=NEW`",
            manifest.kind, manifest.name
        ),
    };
    manifest.document.wrong(place, &message).help(help)
}

/// The ConfigMaps that are called otherwise in the fleet, by their own names.
pub(crate) fn renamed(manifests: &[Manifest], names: &[Name]) -> BTreeMap<String, String> {
    let maps = manifests.iter().zip(names).filter(|(manifest, _)| manifest.made == Made::Record);
    let renamed = maps.filter(|(manifest, name)| manifest.name != name.text);
    renamed.map(|(manifest, name)| (manifest.name.clone(), name.text.clone())).collect()
}

/// Puts what a ConfigMap is called in the fleet in place of its name.
type Rename<'a> = dyn FnMut(&mut String) + 'a;

/// The resource called `name` that `manifest` describes, which mentions the ConfigMaps that are
/// `renamed` by what they are called now.
pub(crate) fn import(
    manifest: Manifest,
    name: Name,
    renamed: &BTreeMap<String, String>,
) -> Result<Imported, Failure> {
    let mut rest = Rest::of(&manifest);
    let mut mentions = BTreeMap::new();
    let mut rename = |map: &mut String| {
        if let Some(new) = renamed.get(map) {
            mentions.insert(map.clone(), new.clone());
            map.clone_from(new);
        }
    };
    let resource = match manifest.made {
        Made::Pod(spec) => pod(&manifest, &name.text, (spec, &mut rename), &mut rest)?,
        Made::Record => record(&manifest, &name.text, &mut rest)?,
    };
    let fleet = deploy(resource);
    if let Some(problem) = fleet.problems().first() {
        return Err(manifest.document.wrong(manifest.document.root.place, problem.message()));
    }
    let fields = rendered(&fleet);
    Ok(Imported { name, manifest, mentions, rest, fields, fleet })
}

fn pod(
    manifest: &Manifest,
    name: &str,
    (spec, rename): (&[&str], &mut Rename<'_>),
    rest: &mut Rest,
) -> Result<Resource, Failure> {
    let (document, kind) = (&manifest.document, &manifest.kind);
    let at = spec.join(".");
    let Some(node) = document.root.pointed(spec).filter(|node| !node.is_null()) else {
        return Err(document
            .wrong(document.root.place, &format!("the {kind} has no `{at}`"))
            .help("that is where the containers of a workload stand"));
    };
    let mut json = node.json();
    for_each_config_map(&mut json, rename);
    let pod = Pod::from_spec(name, &json).map_err(|error| {
        let path = error.path();
        let inner = if path.starts_with('(') { "" } else { path };
        let joined = if inner.is_empty() { at.clone() } else { format!("{at}.{inner}") };
        let place = node.place_of(inner);
        document.wrong(place, &format!("`{joined}`: {}", error.message())).help(format!(
            "correct the {kind} `{}`; `kubectl explain` says what is expected",
            manifest.name
        ))
    })?;
    let null = |path: &String| Dropped { path: format!("{at}.{path}"), value: Json::Null };
    rest.dropped.extend(pod.dropped().iter().map(null));
    Ok(pod.into())
}

/// The entries of a ConfigMap, as they are.
fn record(manifest: &Manifest, name: &str, rest: &mut Rest) -> Result<Resource, Failure> {
    let document = &manifest.document;
    let mut resource = Resource::new(name);
    for part in ["data", "binaryData"] {
        let Some(node) = document.root.get(part) else { continue };
        if node.is_null() {
            rest.dropped.push(Dropped { path: part.to_owned(), value: Json::Null });
            continue;
        }
        let Content::Map(entries) = &node.content else {
            return Err(document.wrong(node.place, &format!("`{part}` is no map")).help(TEXTS));
        };
        if entries.is_empty() {
            resource = resource.set(part, Value::Object);
        }
        for (key, value) in entries {
            let text = value.text().ok_or_else(|| not_text(document, part, key, value))?;
            let fields = [part, key].map(Field::parse);
            match fields.into_iter().collect::<Result<Vec<_>, _>>() {
                Ok(fields) => resource.put(fields, text),
                Err(error) => return Err(document.wrong(value.place, &error.to_string())),
            }
        }
    }
    Ok(resource)
}

const TEXTS: &str = "the entries of a ConfigMap are texts; put quotes around the value";

fn not_text(document: &super::read::Document, part: &str, key: &str, value: &Node) -> Failure {
    document.wrong(value.place, &format!("`{part}.{key}` is no text")).help(TEXTS)
}

/// What the only resource of `fleet` says on every device.
fn rendered(fleet: &Fleet) -> Map<String, Json> {
    let facts = Facts::of("any", []);
    let claims = facts.ok().and_then(|facts| denote::<()>(fleet, &facts));
    let listed: Vec<(Vec<Field>, Value)> = claims
        .iter()
        .flat_map(Claims::listed)
        .filter_map(|(path, values)| {
            let (value, ()) = values.into_iter().next()?;
            Some((path.fields().to_vec(), value))
        })
        .collect();
    // An object is a leaf of its own only where nothing stands in it: what is below comes next.
    let is_leaf =
        |at: &usize| listed.get(at + 1).is_none_or(|(below, _)| !below.starts_with(&listed[*at].0));
    let leaves = (0..listed.len()).filter(is_leaf).map(|at| listed[at].clone());
    match ResourceState::from_leaves(leaves).map(|state| state.to_json()) {
        Some(Json::Object(fields)) => fields,
        _ => Map::new(),
    }
}
