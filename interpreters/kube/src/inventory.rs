//! The nodes of a cluster as an inventory.

use std::collections::BTreeMap;

use escadre_algebra::Inventory;
use escadre_interpreter::inventory::{Format, ReadError, ReadInventory, ReadOptions, read};
use serde::Deserialize;
use serde_json::json;

use crate::driver::Kube;
use crate::error::ServerError;

/// The nodes of a cluster are no inventory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The cluster did not tell them.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// They cannot be devices.
    #[error(transparent)]
    Nodes(#[from] ReadError),
}

impl InventoryError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Server(error) => error.help(),
            Self::Nodes(_) => Some("`kubectl get nodes -o json` shows these nodes".to_owned()),
        }
    }
}

/// A Node, as far as it is read.
#[derive(Deserialize)]
pub(crate) struct Node {
    metadata: Meta,
}

#[derive(Deserialize)]
struct Meta {
    name: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl Kube {
    /// The inventory of the cluster's nodes: [`read_inventory`](Self::read_inventory) as it is by default.
    ///
    /// # Errors
    /// As [`read_inventory`](Self::read_inventory).
    pub async fn inventory(&self) -> Result<Inventory, InventoryError> {
        Ok(self.read_inventory(&ReadOptions::default()).await?.inventory)
    }

    /// The inventory of the cluster's nodes, the same as of what `kubectl get nodes -o json` prints.
    ///
    /// All of its nodes are read, page by page, so it is complete unless `options` say otherwise.
    /// Costs O(nodes · labels).
    ///
    /// # Errors
    /// The API server does not answer or does not allow it, or a node cannot be a device.
    pub async fn read_inventory(
        &self,
        options: &ReadOptions,
    ) -> Result<ReadInventory, InventoryError> {
        let nodes = self.nodes().await?;
        let text = text(&nodes);
        let options = options.clone().format(Format::Kubernetes);
        Ok(read(self.place(), text.as_bytes(), &options)?)
    }
}

/// `nodes` as `kubectl get nodes -o json` prints them, but one a line, so that mistakes show one.
fn text(nodes: &[Node]) -> String {
    let line = |Node { metadata: Meta { name, labels } }: &Node| {
        json!({"metadata": {"name": name, "labels": labels}}).to_string()
    };
    let lines = nodes.iter().map(line).collect::<Vec<_>>().join(",\n");
    format!("{{\"kind\":\"NodeList\",\"items\":[\n{lines}\n]}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(json: &str, strict: bool) -> Result<ReadInventory, ReadError> {
        let nodes: Vec<Node> = serde_json::from_str(json).unwrap();
        let options = ReadOptions::default().format(Format::Kubernetes).strict_attestation(strict);
        read("kube:here", text(&nodes).as_bytes(), &options)
    }

    #[test]
    fn nodes_are_the_devices_that_kubectl_prints() {
        let nodes = r#"[{"kind":"PartialObjectMetadata","metadata":{"name":"n1","uid":"7","labels":{
            "site":"lyon","kubernetes.io/os":"linux",
            "escadre.node-restriction.kubernetes.io/Member":""}}},
            {"metadata":{"name":"n2","labels":null}}]"#;
        let printed = r#"{"kind":"List","items":[
            {"kind":"Node","metadata":{"name":"n1","labels":{"site":"lyon","kubernetes.io/os":"linux"}}},
            {"kind":"Node","metadata":{"name":"n2"}}]}"#;
        for strict in [false, true] {
            let options =
                ReadOptions::default().format(Format::Kubernetes).strict_attestation(strict);
            let printed = read("-", printed.as_bytes(), &options).unwrap();
            let found = read_of(nodes, strict).unwrap();
            assert_eq!(found.inventory.devices(), printed.inventory.devices());
            assert_eq!(found.inventory.coverage(), printed.inventory.coverage());
        }
        assert_eq!(read_of("[]", false).unwrap().inventory.len(), 0);
    }

    #[test]
    fn a_node_that_cannot_be_a_device_is_named() {
        let nodes = r#"[{"metadata":{"name":"n1"}},{"metadata":{"name":"n 2"}}]"#;
        let error = read_of(nodes, false).unwrap_err();
        assert!(error.to_string().starts_with("kube:here:3:"), "{error}");
        assert!(error.to_string().contains("`n 2` is not a device id"), "{error}");
    }
}
