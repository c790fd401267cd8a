//! `render`: what each device gets.

use std::collections::{HashMap, HashSet};
use std::io;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use escadre_algebra::{Configuration, Inventory, Member, Outcome, ResourceName};
use escadre_interpreter::present::number;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Code;
use super::args::{Render, RenderFormat};
use super::context::{Context, device};
use super::error::Failure;

pub(crate) fn run(args: &Render, context: &mut Context<'_>) -> Result<Code, Failure> {
    // What lives until the program ends need not be freed, which takes long for many devices.
    let resolved = ManuallyDrop::new(context.resolved(&args.listing)?);
    for id in &args.devices {
        device(resolved.inventory(), id)?;
    }
    let asked: HashSet<&str> = args.devices.iter().map(String::as_str).collect();
    let mut rendered = Rendered::default();
    let mut n_undetermined = 0_usize;
    let inventory = resolved.inventory();
    for (at, (id, outcome)) in inventory.ids().zip(resolved.outcomes()).enumerate() {
        if !asked.is_empty() && !asked.contains(id) {
            continue;
        }
        match outcome {
            Outcome::Member(member) => {
                rendered.write(args.format, Device { inventory, at, id }, member, context)?;
            }
            Outcome::NotMember if !asked.is_empty() => {
                context.note(&format!("`{id}` is no member: it gets nothing"));
            }
            Outcome::NotMember => {}
            Outcome::Undetermined => n_undetermined += 1,
        }
        if context.out.is_closed() {
            break;
        }
    }
    if n_undetermined > 0 {
        let (who, they) = match n_undetermined {
            1 => ("1 device is".to_owned(), "it gets"),
            n => (format!("{} devices are", number(n)), "they get"),
        };
        context.note(&format!("{who} left out: labels that decide what {they} are unknown"));
    }
    Ok(Code::Done)
}

/// One device of an inventory.
#[derive(Clone, Copy)]
struct Device<'a> {
    inventory: &'a Inventory,
    at: usize,
    id: &'a str,
}

impl Device<'_> {
    /// What the device gets, texts filled in.
    fn instance(self, written: &Arc<Configuration>) -> Arc<Configuration> {
        if written.is_constant() {
            return Arc::clone(written);
        }
        let facts = self.inventory.facts(self.at);
        facts.map_or_else(|| Arc::clone(written), |facts| written.instantiate(&facts).into())
    }
}

/// At most so many bytes of text are kept.
const MAX_KEPT: usize = 64 << 20;

/// Configurations that are the same on every device, as JSON, by their addresses.
#[derive(Default)]
struct Rendered {
    known: HashMap<usize, Box<str>>,
    n_bytes: usize,
}

impl Rendered {
    fn write(
        &mut self,
        format: RenderFormat,
        device: Device<'_>,
        member: &Member,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        match format {
            RenderFormat::Json => {
                context.out.put("{\"id\":")?;
                context.out.put(&json(device.id)?)?;
                context.out.put(",\"resources\":")?;
                self.put_resources(device, &member.configuration, context)?;
                if !member.undetermined.is_empty() {
                    context.out.put(",\"undetermined\":")?;
                    context.out.put(&json(&undetermined(member))?)?;
                }
                context.out.put("}\n")
            }
            RenderFormat::Yaml => {
                let text = serde_saphyr::to_string(&Document { device, member });
                let text = text.map_err(|error| unwritable(device.id, &error))?;
                context.out.put("---\n")?;
                context.out.put(&text)
            }
        }
    }

    /// Writes the resources as JSON, texts filled in.
    fn put_resources(
        &mut self,
        device: Device<'_>,
        configuration: &Arc<Configuration>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        if !configuration.is_constant() {
            return context.out.put(&json(&device.instance(configuration).to_json())?);
        }
        let address = Arc::as_ptr(configuration) as usize;
        if let Some(text) = self.known.get(&address) {
            return context.out.put(text);
        }
        let text = json(&configuration.to_json())?;
        context.out.put(&text)?;
        if self.n_bytes + text.len() > MAX_KEPT {
            (self.known, self.n_bytes) = (HashMap::new(), 0);
        }
        self.n_bytes += text.len();
        self.known.insert(address, text.into());
        Ok(())
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| {
        Failure::caused("a configuration cannot be written", &io::Error::from(error))
    })
}

fn unwritable(id: &str, error: &dyn std::error::Error) -> Failure {
    Failure::caused(format!("the configuration of `{id}` cannot be written"), error)
        .help("`--format json` can write every configuration")
}

fn undetermined(member: &Member) -> Vec<&str> {
    member.undetermined.iter().map(ResourceName::as_str).collect()
}

/// What one device gets, as a document.
struct Document<'a> {
    device: Device<'a>,
    member: &'a Member,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.device.id)?;
        let resources = self.device.instance(&self.member.configuration).to_json();
        map.serialize_entry("resources", &resources)?;
        if !self.member.undetermined.is_empty() {
            map.serialize_entry("undetermined", &undetermined(self.member))?;
        }
        map.end()
    }
}
