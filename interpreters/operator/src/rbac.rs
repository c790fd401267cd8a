//! The rights that an operator needs, and no more, as Kubernetes takes them.

pub use escadre_kube::rbac::Subject;
use escadre_kube::rbac::rules;
use serde_json::{Value as Json, json};

use crate::leader::LEASE;

/// What an operator is to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The namespace whose objects it looks at; all of them if none is named.
    pub namespace: Option<String>,
    /// The namespace in which the operator runs, with its lease and its service account.
    pub own_namespace: String,
    /// The Secrets that it may read, for NATS.
    pub secrets: Vec<String>,
}

const GROUP: &str = "rbac.authorization.k8s.io";

/// The objects that give `subject` these rights: what an operator may do to nodes, to `Fleet` objects
/// and to what it makes of them, and the lease by which operators take turns.
///
/// ```
/// use escadre_operator::rbac::{Rights, Subject, rbac};
/// let (namespace, own_namespace) = (Some("fleet".to_owned()), "escadre".to_owned());
/// let rights = Rights { namespace, own_namespace, secrets: Vec::new() };
/// let objects = rbac(&rights, &Subject::ServiceAccount("operator".to_owned()));
/// let kinds: Vec<_> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
/// assert_eq!(kinds, ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Role", "RoleBinding"]);
/// ```
#[must_use]
pub fn rbac(rights: &Rights, subject: &Subject) -> Vec<Json> {
    let subject = match subject {
        Subject::User(name) => json!({"apiGroup": GROUP, "kind": "User", "name": name}),
        Subject::ServiceAccount(name) => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": rights.own_namespace})
        }
    };
    let nodes = rule("", "nodes", &["get", "list", "watch", "patch"]);
    let mut objects = Vec::new();
    match &rights.namespace {
        Some(namespace) => {
            // Each namespace that has an operator of its own binds whom it likes.
            let bound = format!("{LEASE}-{namespace}");
            objects.extend(role("ClusterRole", LEASE, &bound, None, &[nodes], &subject));
            let rules = of_fleets(rights);
            objects.extend(role("Role", LEASE, LEASE, Some(namespace), &rules, &subject));
        }
        None => {
            let mut rules = of_fleets(rights);
            rules.push(nodes);
            objects.extend(role("ClusterRole", LEASE, LEASE, None, &rules, &subject));
        }
    }
    let mut lease = rule("coordination.k8s.io", "leases", &["get", "update"]);
    lease["resourceNames"] = json!([LEASE]);
    let lease = [lease, rule("coordination.k8s.io", "leases", &["create"])];
    let leader = format!("{LEASE}-leader");
    objects.extend(role("Role", &leader, &leader, Some(&rights.own_namespace), &lease, &subject));
    objects
}

/// What may be done in a namespace with fleets.
fn of_fleets(rights: &Rights) -> Vec<Json> {
    let mut all = vec![
        rule("escadre.github.io", "fleets", &["get", "list", "watch"]),
        rule("escadre.github.io", "fleets/status", &["patch"]),
        rule("events.k8s.io", "events", &["create", "patch"]),
    ];
    all.extend(rules());
    if !rights.secrets.is_empty() {
        let mut secrets = rule("", "secrets", &["get"]);
        secrets["resourceNames"] = json!(rights.secrets);
        all.push(secrets);
    }
    all
}

fn rule(group: &str, resource: &str, verbs: &[&str]) -> Json {
    json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
}

/// A role of `kind` with `rules`, and its binding to `subject`.
fn role(
    kind: &str,
    name: &str,
    binding: &str,
    namespace: Option<&str>,
    rules: &[Json],
    subject: &Json,
) -> [Json; 2] {
    let object = |kind: &str, name: &str| {
        let mut metadata = json!({"name": name});
        if let Some(namespace) = namespace {
            metadata["namespace"] = namespace.into();
        }
        json!({"apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata})
    };
    let mut role = object(kind, name);
    role["rules"] = json!(rules);
    let mut bound = object(&format!("{kind}Binding"), binding);
    bound["roleRef"] = json!({"apiGroup": GROUP, "kind": kind, "name": name});
    bound["subjects"] = json!([subject]);
    [role, bound]
}
