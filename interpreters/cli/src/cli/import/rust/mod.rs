//! The Rust that builds a fleet: readable, compiling, and of the same digest.
//!
//! Every setter takes from a resource exactly the fields that it says, and `set` says the rest, so
//! nothing is said twice and nothing is forgotten.

mod container;
mod layout;
mod literal;
mod pod;
mod said;

use std::collections::BTreeSet;

use escadre_algebra::Fleet;
use escadre_interpreter::present::visible;
use serde_json::Value as Json;

use super::manifest::Made;
use super::resources::Imported;
use layout::Chain;
use said::{Said, plain};

/// How deep macros recurse unless a crate says otherwise.
const RECURSION_LIMIT: usize = 128;

/// The fleet of all `imported` resources, built as the Rust of [`program`] builds it.
pub(crate) fn fleet(imported: &[Imported]) -> Fleet {
    let fleets = imported.iter().map(|imported| imported.fleet.clone());
    fleets.reduce(Fleet::union).unwrap_or_else(Fleet::empty)
}

/// The program that builds [`fleet`] and is its command line.
pub(crate) fn program(imported: &[Imported]) -> String {
    let mut names = Names::default();
    let functions: Vec<Function> = imported
        .iter()
        .map(|imported| Function::of(imported, names.free(&imported.name.text)))
        .collect();
    let deployed: Vec<String> =
        functions.iter().map(|function| format!("deploy({}())", function.name)).collect();
    let flat = deployed.join(" | ");
    let union = if flat.len() <= 90 { flat } else { deployed.join("\n        | ") };
    let limit = imported.iter().map(|imported| recursion(&imported.fields)).max().unwrap_or(0);
    let limit = match limit > RECURSION_LIMIT {
        true => format!("#![recursion_limit = \"{}\"]\n\n", limit.next_power_of_two()),
        false => String::new(),
    };
    format!(
        "//! What `escadre import` read from manifests, as a program.\n\
         //!\n\
         //! `cargo run -- plan -i INVENTORY` says what it changes, `cargo run -- lock` writes its\n\
         //! `fleet.lock`.\n\n\
         {limit}use escadre::{{{}}};\n\n\
         fn main() -> std::process::ExitCode {{\n    escadre::cli::run(fleet())\n}}\n\n\
         /// Everything that was imported, on every device; `restrict` says on which.\n\
         pub fn fleet() -> Fleet {{\n    {union}\n}}\n{}",
        uses(&functions),
        functions.iter().map(Function::text).collect::<String>()
    )
}

/// The function that builds one resource.
#[derive(Debug)]
struct Function {
    doc: String,
    name: String,
    returns: &'static str,
    containers: Vec<(String, Chain)>,
    result: Chain,
}

impl Function {
    fn of(imported: &Imported, name: String) -> Self {
        let manifest = &imported.manifest;
        let place = manifest.document.file_name();
        let doc = visible(&format!("{} `{}` of {place}.", manifest.kind, manifest.name));
        let mut said = Said::new(imported.fields.clone());
        let resource = literal::text(&imported.name.text);
        let function =
            |returns, containers, result| Self { doc, name, returns, containers, result };
        if imported.manifest.made == Made::Record {
            let mut chain = Chain::new(format!("Resource::new({resource})"));
            said.set_rest("set", &mut chain);
            return function("Resource", Vec::new(), chain);
        }
        said.text(&["kind"]);
        let only = said.keys(&["containers"]);
        if only == [imported.name.text.as_str()] && said.get(&["initContainers"]).is_none() {
            let mut chain = Chain::new(format!("container({resource})"));
            let mut part = said.part(&["containers", &imported.name.text]).unwrap_or_default();
            container::setters(&mut part, &mut chain);
            part.set_rest("set", &mut chain);
            pod::setters(&mut said, &mut chain);
            said.set_rest("set_pod", &mut chain);
            return function("OneContainer", Vec::new(), chain);
        }
        let mut chain = Chain::new(format!("pod({resource})"));
        let containers = containers(&mut said, &mut chain);
        pod::setters(&mut said, &mut chain);
        said.set_rest("set", &mut chain);
        function("Pod", containers, chain)
    }

    fn text(&self) -> String {
        let containers = self.containers.iter().map(|(name, chain)| {
            let before = format!("    let {name} = ");
            format!("{before}{};\n", chain.lay_out(4, before.len()))
        });
        format!(
            "\n/// {}\nfn {}() -> {} {{\n{}    {}\n}}\n",
            self.doc,
            self.name,
            self.returns,
            containers.collect::<String>(),
            self.result.lay_out(4, 4)
        )
    }
}

/// Takes the containers out of a pod: each becomes a variable, which `chain` takes.
fn containers(said: &mut Said, chain: &mut Chain) -> Vec<(String, Chain)> {
    let mut names = Names::default();
    let mut built = Vec::new();
    let mut initial = said.keys(&["initContainers"]);
    let order = |said: &Said, name: &String| {
        said.get(&["initContainers", name, "order"]).and_then(Json::as_i64)
    };
    initial.sort_by_key(|name| order(said, name));
    for (list, name) in initial
        .into_iter()
        .map(|name| ("initContainers", name))
        .chain(said.keys(&["containers"]).into_iter().map(|name| ("containers", name)))
    {
        let Some(mut part) = said.part(&[list, &name]) else { continue };
        let mut container = Chain::new(format!("Container::new({})", literal::text(&name)));
        let variable = names.free(&name);
        let order = part.integer::<i64>(&["order"]);
        container::setters(&mut part, &mut container);
        part.set_rest("set", &mut container);
        match order {
            Some(order) if list == "initContainers" => {
                chain.call("init", vec![plain(order.to_string()), plain(variable.clone())]);
            }
            _ => chain.call("container", vec![plain(variable.clone())]),
        }
        built.push((variable, container));
    }
    built
}

/// How deep the macros recurse that say `fields`, at most.
fn recursion(fields: &serde_json::Map<String, Json>) -> usize {
    let affinity = fields.get("affinity").map_or(0, literal::json_depth);
    let mut open: Vec<&Json> = fields.values().collect();
    let mut deepest = affinity;
    while let Some(json) = open.pop() {
        match json {
            Json::Object(fields) => open.extend(fields.values()),
            Json::Array(items) if !literal::is_uniform(items) => {
                deepest = deepest.max(literal::json_depth(json));
            }
            _ => {}
        }
    }
    deepest
}

/// What the program takes from the crate, sorted as `rustfmt` sorts it.
const OFFERED: [&str; 18] = [
    "Container",
    "EnvFrom",
    "Fleet",
    "Mount",
    "OneContainer",
    "Pod",
    "Probe",
    "Resource",
    "Toleration",
    "Value",
    "Volume",
    "config_map_key",
    "container",
    "deploy",
    "field_ref",
    "json",
    "pod",
    "resource_field_ref",
];

/// The names of the crate that the functions use.
fn uses(functions: &[Function]) -> String {
    let mut used: BTreeSet<&str> = BTreeSet::from(["Fleet", "deploy"]);
    for function in functions {
        used.insert(function.returns);
        function.result.names(&mut used);
        function.containers.iter().for_each(|(_, chain)| chain.names(&mut used));
    }
    let names: Vec<&str> = OFFERED.into_iter().filter(|name| used.contains(name)).collect();
    let flat = names.join(", ");
    if flat.len() <= 80 {
        return flat;
    }
    let mut lines = vec![String::new()];
    for name in names {
        if lines.last().is_some_and(|line| line.len() + name.len() + 2 > 100) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if line.is_empty() { "    " } else { " " });
            line.push_str(name);
            line.push(',');
        }
    }
    format!("\n{}\n", lines.join("\n"))
}

/// Names of functions or variables that are taken.
#[derive(Debug, Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// A name like `name` that is none of Rust, of the program or taken.
    fn free(&mut self, name: &str) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let mut free: String = name.chars().map(word).collect();
        if !free.starts_with(|c: char| c.is_ascii_lowercase()) {
            free.insert_str(0, "n_");
        }
        let taken = |name: &str| OFFERED.contains(&name) || RESERVED.contains(&name);
        while taken(&free) || self.0.contains(&free) {
            free.push('_');
        }
        self.0.insert(free.clone());
        free
    }
}

/// Words that are no names in Rust, and names of the program.
const RESERVED: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "escadre", "extern", "false", "final", "fleet", "fn", "for",
    "gen", "if", "impl", "in", "let", "loop", "macro", "main", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "self", "static", "std", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
];
