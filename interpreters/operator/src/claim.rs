//! Which object has a target: the oldest of those that name it. Pure.

use std::sync::Arc;

use crate::object::FleetObject;

/// The target of `object`, the same for all objects that have the same one.
fn place(object: &FleetObject) -> String {
    let Some(nats) = object.spec.nats() else {
        return format!("kube:{}", object.metadata.namespace.as_deref().unwrap_or_default());
    };
    let address = nats.address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").unwrap_or(("nats", address));
    let (servers, bucket) = rest.split_once('/').unwrap_or((rest, ""));
    let servers = servers.to_lowercase();
    let mut servers: Vec<&str> = servers.split(',').collect();
    servers.sort_unstable();
    let bucket = if bucket.is_empty() { "desired-state" } else { bucket };
    format!("{scheme}://{}/{bucket}", servers.join(","))
}

/// How old an object is: by its time, then by its name, which two do not share.
fn age(object: &FleetObject) -> impl Ord + use<'_> {
    let metadata = &object.metadata;
    let created = metadata.creation_timestamp.as_ref().map(|time| time.0);
    (created, metadata.namespace.as_deref(), metadata.name.as_deref())
}

/// The oldest of the objects in `all` that have the target of `object` and are older than it.
pub(crate) fn older<'a>(
    object: &FleetObject,
    all: &'a [Arc<FleetObject>],
) -> Option<&'a FleetObject> {
    let place = place(object);
    let others = all.iter().map(AsRef::as_ref).filter(|other| {
        other.metadata.deletion_timestamp.is_none()
            && other.metadata.uid != object.metadata.uid
            && age(other) < age(object)
            && self::place(other) == place
    });
    others.min_by(|one, other| age(one).cmp(&age(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use k8s_openapi::jiff::Timestamp;
    use serde_json::json;

    fn object(name: &str, second: i64, address: Option<&str>) -> Arc<FleetObject> {
        let target = address.map(|address| json!({"nats": {"address": address}}));
        let spec = json!({"fleet": {}, "target": target});
        let mut object = FleetObject::new(name, serde_json::from_value(spec).unwrap());
        object.metadata.namespace = Some("fleet".to_owned());
        object.metadata.uid = Some(name.to_owned());
        let created = Timestamp::from_second(second).unwrap();
        object.metadata.creation_timestamp = Some(Time(created));
        Arc::new(object)
    }

    fn owner(of: usize, all: &[Arc<FleetObject>]) -> Option<String> {
        older(&all[of], all)?.metadata.name.clone()
    }

    #[test]
    fn the_oldest_object_of_a_target_has_it() {
        let all = [object("c", 9, None), object("b", 3, None), object("a", 3, None)];
        assert_eq!([0, 1, 2].map(|of| owner(of, &all)), [Some("a".into()), Some("a".into()), None]);
    }

    #[test]
    fn a_bucket_is_the_same_however_its_servers_are_ordered() {
        let all = [
            object("old", 1, Some("nats://A:4222,b:4222")),
            object("new", 2, Some("nats://b:4222,a:4222/desired-state?replicas=3")),
            object("other", 3, Some("nats://a:4222,b:4222/other")),
            object("here", 4, None),
        ];
        let owners: Vec<_> = (0..4).map(|of| owner(of, &all)).collect();
        assert_eq!(owners, [None, Some("old".into()), None, None]);
    }
}
