//! The rights that a controller needs, and no more, as Kubernetes takes them.

use serde_json::{Value as Json, json};

use crate::names::MANAGER;

/// Who is given rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user, by the name that the cluster knows it by.
    User(String),
    /// A service account of the namespace of the fleet.
    ServiceAccount(String),
}

fn rule(group: &str, resource: &str, verbs: &[&str]) -> Json {
    json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
}

/// What a controller may do to its own objects in the namespace of a fleet, as the rules of a role.
#[must_use]
pub fn rules() -> Vec<Json> {
    let objects = ["get", "list", "create", "patch", "update", "delete"];
    vec![
        rule("apps", "daemonsets", &objects),
        rule("", "configmaps", &objects),
        rule("", "pods", &["list"]),
        rule("coordination.k8s.io", "leases", &["get", "create", "update"]),
    ]
}

/// The objects that give `subject` the rights to hold a fleet in `namespace`: what a controller may
/// do to nodes anywhere, and to its own objects there.
///
/// ```
/// use escadre_kube::rbac::{Subject, rbac};
/// let objects = rbac("default", &Subject::User("ann".to_owned()));
/// assert_eq!(objects.len(), 4);
/// assert_eq!(objects[0]["rules"][0]["verbs"], serde_json::json!(["get", "list", "patch"]));
/// ```
#[must_use]
pub fn rbac(namespace: &str, subject: &Subject) -> Vec<Json> {
    let subject = match subject {
        Subject::User(name) => {
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name})
        }
        Subject::ServiceAccount(name) => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
    };
    let name = format!("{MANAGER}-controller");
    let object = |kind: &str, namespace: Option<&str>| {
        let mut object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name},
        });
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        object
    };
    let mut of_nodes = object("ClusterRole", None);
    of_nodes["rules"] = json!([rule("", "nodes", &["get", "list", "patch"])]);
    let mut of_objects = object("Role", Some(namespace));
    of_objects["rules"] = json!(rules());
    let bound = |kind: &str, role: &str, namespace: Option<&str>| {
        let mut binding = object(kind, namespace);
        binding["roleRef"] =
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": name});
        binding["subjects"] = json!([subject]);
        binding
    };
    let mut nodes = bound("ClusterRoleBinding", "ClusterRole", None);
    // Each fleet binds whom it likes.
    nodes["metadata"]["name"] = format!("{name}-{namespace}").into();
    let objects = bound("RoleBinding", "Role", Some(namespace));
    vec![of_nodes, nodes, of_objects, objects]
}
