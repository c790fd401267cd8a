//! `kube rbac`: the least that a controller must be allowed.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use escadre_algebra::ResourceName;
use escadre_kube::rbac::{Subject, rbac};
use serde_json::{Value as Json, json};

use crate::cli::Code;
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// Print the least that a user must be allowed to plan and apply, for `kubectl apply -f -`.
///
/// Nodes: to get, list and patch them, which has no namespace. DaemonSets, ConfigMaps, a lease, and to list pods, in
/// the namespace. To read an inventory only, listing nodes is enough.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre kube rbac --user ann | kubectl apply -f -\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(super) struct Rbac {
    /// The namespace of the fleet.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = namespace)]
    namespace: String,
    /// Who is given the rights, as `kubectl auth whoami` names them.
    #[arg(long, value_name = "NAME", conflicts_with = "service_account")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,
    /// Or a service account of the namespace, which `kubectl create serviceaccount` makes.
    #[arg(long, value_name = "NAME", default_value = "escadre")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    service_account: String,
    /// YAML documents, or one JSON list.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
}

/// How objects of Kubernetes are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Yaml,
    Json,
}

impl Rbac {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let subject = match &self.user {
            Some(user) => Subject::User(user.clone()),
            None => Subject::ServiceAccount(self.service_account.clone()),
        };
        let objects = rbac(&self.namespace, &subject);
        print(&objects, self.format, context)
    }
}

/// Prints `objects` as `kubectl apply -f -` takes them.
pub(crate) fn print(
    objects: &[Json],
    format: Format,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    match format {
        Format::Json => {
            context.out.json(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))?;
        }
        Format::Yaml => context.out.put(&yaml(objects)?)?,
    }
    Ok(Code::Done)
}

/// `objects` as the documents of a YAML stream.
pub(crate) fn yaml(objects: &[Json]) -> Result<String, Failure> {
    let mut text = String::new();
    for object in objects {
        let document = serde_saphyr::to_string(object).map_err(|error| {
            Failure::caused("the objects are no YAML", &error).help("add `--format json`")
        })?;
        text.push_str("---\n");
        text.push_str(&document);
    }
    Ok(text)
}

/// A namespace is a label of RFC 1123, as names of resources are.
pub(crate) fn namespace(text: &str) -> Result<String, String> {
    match ResourceName::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err("a namespace has 1 to 63 lower-case letters, digits or `-`, with a letter or \
                       digit at both ends"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_say_what_the_objects_do_whatever_a_user_is_called() {
        for name in
            ["ann", "yes", "1e3", "null", "0o17", "12:30", "system:serviceaccount:a:b", "é: #\n\"'"]
        {
            let objects = rbac("default", &Subject::User(name.to_owned()));
            let text = yaml(&objects).unwrap();
            let documents = text.split("---\n").filter(|document| !document.is_empty());
            let read: Vec<Json> = documents.map(|it| serde_saphyr::from_str(it).unwrap()).collect();
            assert_eq!(read, objects, "{text}");
        }
    }
}
