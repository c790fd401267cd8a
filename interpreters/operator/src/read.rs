//! Reading what an object names: the fleet and the inventory.

use escadre_algebra::{Coverage, Fleet, Inventory};
use escadre_interpreter::inventory::{ReadOptions, read};
use escadre_kube::Kube;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::error::{advice, chain, server};
use crate::look::Look;
use crate::object::Entry;
use crate::verdict::{Reason, Verdict};

/// The fleet of the object.
pub(crate) async fn fleet(look: &Look<'_>) -> Result<Fleet, Verdict> {
    let source = &look.object.spec.fleet;
    let bytes = match (&source.inline, &source.config_map_ref) {
        (Some(document), _) => serde_json::to_vec(document).unwrap_or_default(),
        (None, Some(entry)) => self::entry(look, entry, Reason::InvalidFleet).await?,
        (None, None) => {
            let message = "the object names no fleet";
            return Err(Verdict::new(Reason::InvalidFleet, message));
        }
    };
    let decoded = tokio::task::spawn_blocking(move || Fleet::decode(&bytes)).await;
    let why = match decoded {
        Ok(Ok(fleet)) => return Ok(fleet),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let help =
        "write it with `lock` of the program that builds the fleet; what runs is left as it is";
    Err(Verdict::advised(Reason::InvalidFleet, &format!("this is no fleet: {why}"), Some(help)))
}

/// The inventory of the object; `cluster` lists its nodes.
pub(crate) async fn inventory(look: &Look<'_>, cluster: &Kube) -> Result<Inventory, Verdict> {
    let source = look.object.spec.inventory.clone().unwrap_or_default();
    let Some(entry) = &source.config_map_ref else {
        let listed = cluster.inventory().await;
        return listed.map_err(|error| {
            let reason = match &error {
                escadre_kube::InventoryError::Server(_) => Reason::Unreachable,
                _ => Reason::InvalidInventory,
            };
            Verdict::advised(reason, &chain(&error), error.help().as_deref())
        });
    };
    let bytes = self::entry(look, entry, Reason::InvalidInventory).await?;
    let mut options = ReadOptions::default();
    if source.partial {
        options = options.coverage(Coverage::Partial);
    }
    match read(&entry.key, bytes.as_slice(), &options) {
        Ok(read) => Ok(read.inventory),
        Err(error) => {
            let help = "an inventory is read as a whole or not at all; what runs is left as it is";
            Err(Verdict::advised(Reason::InvalidInventory, &chain(&error), Some(help)))
        }
    }
}

/// What a ConfigMap of the object's namespace has as `entry`.
async fn entry(look: &Look<'_>, entry: &Entry, missing: Reason) -> Result<Vec<u8>, Verdict> {
    let maps: Api<ConfigMap> = Api::namespaced(look.context.client.clone(), &look.namespace);
    let found = maps.get_opt(&entry.name).await.map_err(|error| server(&error))?;
    let Some(map) = found else {
        let message = format!("there is no ConfigMap `{}` in this namespace", entry.name);
        return Err(Verdict::new(missing, &message));
    };
    let text = map.data.and_then(|mut data| data.remove(&entry.key)).map(String::into_bytes);
    let bytes = || Some(map.binary_data?.remove(&entry.key)?.0);
    text.or_else(bytes).ok_or_else(|| {
        let message = format!("the ConfigMap `{}` has no entry `{}`", entry.name, entry.key);
        Verdict::new(missing, &message)
    })
}

/// What went wrong with a target, for `reason`.
pub(crate) fn failed(reason: Reason, error: &(dyn std::error::Error + 'static)) -> Verdict {
    Verdict::advised(reason, &chain(error), advice(error).as_deref())
}
