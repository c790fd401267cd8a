//! Policies of a cluster that refuse what the fleet wants.

use escadre_algebra::{Fleet, container, deploy};
use escadre_interpreter::{Silent, Snapshot};
use escadre_kube::{ApplyError, Options, ServerErrorKind};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, held, resolved, run, send, try_apply, until};

const NODES: [(&str, &str); 2] = [("n1", ""), ("n2", "")];
const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1";

fn fleet(image: &str) -> Fleet {
    deploy(container("recorder").image(image))
}

/// A policy that refuses what is not so, for `reason`, and is in force.
async fn refuse(
    cluster: &Cluster,
    name: &str,
    (group, resource): (&str, &str),
    (is_so, reason): (&str, &str),
    is_in_force: impl AsyncFn() -> bool,
) {
    let rule = json!({
        "apiGroups": [group], "apiVersions": ["v1"], "resources": [resource],
        "operations": ["CREATE", "UPDATE"],
    });
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": is_so, "message": "not here", "reason": reason}],
        },
    });
    cluster.ask(Method::POST, &format!("{POLICIES}/validatingadmissionpolicies"), &policy).await;
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    });
    let path = format!("{POLICIES}/validatingadmissionpolicybindings");
    cluster.ask(Method::POST, &path, &binding).await;
    until("the policy is in force", async || is_in_force().await).await;
}

/// Whether the administrator is refused when it tries to write `body` at `path`.
async fn is_refused(cluster: &Cluster, method: Method, path: &str, body: &Json) -> bool {
    let tried = send(&cluster.admin, method, &format!("{path}?dryRun=All"), body).await;
    matches!(tried, Err(kube::Error::Api(status)) if status.message.contains("denied request"))
}

#[test]
fn a_policy_that_denies_an_object_is_named_and_no_node_is_written() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (evil, good) = (fleet("evil/recorder:6"), fleet("acme/recorder:1"));
        let (evil, good) = (resolved(&evil, &NODES), resolved(&good, &NODES));
        let mut target = cluster.fresh(good.inventory(), Options::default()).await;
        let sets = format!("/apis/apps/v1/namespaces/{}/daemonsets", target.namespace());
        for reason in ["Invalid", "Forbidden"] {
            let is_so =
                "!object.spec.template.spec.containers.exists(c, c.image.startsWith('evil/'))";
            let name = format!("no-evil-{}", reason.to_lowercase());
            let labels = json!({"a": "b"});
            let probe = json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "probe"},
                "spec": {"selector": {"matchLabels": labels}, "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "c", "image": "evil/x"}]},
                }},
            });
            refuse(&cluster, &name, ("apps", "daemonsets"), (is_so, reason), async || {
                is_refused(&cluster, Method::POST, &sets, &probe).await
            })
            .await;
            let error = try_apply(&mut target, &evil, &mut Silent).await.unwrap_err();
            let ApplyError::Server(error) = error else { panic!("{error:?}") };
            let ServerErrorKind::Denied { by, .. } = error.kind() else { panic!("{error:?}") };
            assert_eq!(*by, name);
            println!("{error}");
            assert!(error.to_string().contains("not here"), "{error}");
            assert!(error.help().is_some_and(|help| !help.contains("rbac")));
            assert_eq!(held(&mut target).await, Snapshot::empty());
            for kind in ["validatingadmissionpolicybindings", "validatingadmissionpolicies"] {
                cluster.ask(Method::DELETE, &format!("{POLICIES}/{kind}/{name}"), &json!({})).await;
            }
            until("the policy is gone", async || {
                !is_refused(&cluster, Method::POST, &sets, &probe).await
            })
            .await;
        }
        // The lease was given back, and nothing else stands in the way.
        assert_eq!(try_apply(&mut target, &good, &mut Silent).await.unwrap().n_written, 2);
    });
}

#[test]
fn a_policy_that_denies_one_node_is_named_with_it_and_the_others_are_written() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&fleet("acme/recorder:1"), &NODES);
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        let is_so = "object.metadata.name != 'n2'";
        let body = json!({"metadata": {"labels": {"a": "b"}}});
        refuse(&cluster, "n2-stays", ("", "nodes"), (is_so, "Invalid"), async || {
            is_refused(&cluster, Method::PATCH, "/api/v1/nodes/n2", &body).await
        })
        .await;
        let applied = try_apply(&mut target, &wanted, &mut Silent).await.unwrap();
        assert_eq!(applied.n_written, 1);
        let [(device, why)] = &applied.failed[..] else { panic!("{applied:?}") };
        assert_eq!(device.as_str(), "n2");
        assert!(why.starts_with("`n2-stays` denies it: "), "{why}");
    });
}
