//! `operator rbac`: the least that an operator must be allowed.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use escadre_operator::rbac::{Rights, Subject, rbac};

use crate::cli::Code;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::kube::rbac::{Format, namespace, print};

/// Print the least that an operator must be allowed, for `kubectl apply -f -`.
///
/// `Fleet` objects: to read them, and to write their status and events. Nodes, and in the namespaces of
/// the objects DaemonSets, ConfigMaps and a lease: as `kube rbac`. The lease by which operators take
/// turns. No Secrets but those that are named.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre operator rbac --namespace fleet | kubectl apply -f -\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(super) struct Rbac {
    /// Only for objects of this namespace; for those of all namespaces if none is named.
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
    /// The namespace in which the operator runs, with its lease and its service account.
    #[arg(long, value_name = "NAME", default_value = "escadre", value_parser = namespace)]
    own_namespace: String,
    /// Who is given the rights, as `kubectl auth whoami` names them.
    #[arg(long, value_name = "NAME", conflicts_with = "service_account")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,
    /// Or a service account of the operator's namespace, which `kubectl create serviceaccount` makes.
    #[arg(long, value_name = "NAME", default_value = "escadre-operator")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    service_account: String,
    /// A Secret that it may read, with credentials for NATS; may be said several times.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    secret: Vec<String>,
    /// YAML documents, or one JSON list.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
}

impl Rbac {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let subject = match &self.user {
            Some(user) => Subject::User(user.clone()),
            None => Subject::ServiceAccount(self.service_account.clone()),
        };
        let rights = Rights {
            namespace: self.namespace.clone(),
            own_namespace: self.own_namespace.clone(),
            secrets: self.secret.clone(),
        };
        print(&rbac(&rights, &subject), self.format, context)
    }
}
