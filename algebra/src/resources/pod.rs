//! Pods: containers that run together on one device.

use super::container::Container;
use super::pod_setters::pod_setters;
use super::setters::{container_setters, resource_setters};
use super::spec_error::SpecError;
use super::{absorb, put, spec};
use crate::path::parse_fields;
use crate::resource::{Authored, Resource};

/// Containers that run together on one device, of which only what was said is claimed.
#[derive(Clone, Debug)]
#[must_use]
pub struct Pod {
    resource: Resource,
    dropped: Vec<String>,
}

/// A pod of one container, which bears the pod's name: the setters of both.
#[derive(Clone, Debug)]
#[must_use]
pub struct OneContainer {
    resource: Resource,
    name: String,
}

/// The pod called `name` of which nothing is said yet.
#[track_caller]
pub fn pod(name: &str) -> Pod {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "Pod");
    Pod { resource, dropped: Vec::new() }
}

/// The pod called `name` with one container called so too, of which nothing is said yet.
///
/// ```
/// use escadre_algebra::{Facts, container, denote, deploy, device_id, label};
/// let recorder = container("recorder")
///     .image("ghcr.io/acme/recorder:2.3")
///     .env("SITE", label("site"))
///     .env("HOST", device_id())
///     .port("rtsp", 8554);
/// let claims = denote::<()>(&deploy(recorder), &Facts::of("cam-1", [("site", "paris")])?).unwrap();
/// let at = |path: &str| claims.at(&path.parse().unwrap())[0].0.to_string();
/// assert_eq!(at("recorder.kind"), r#""Pod""#);
/// assert_eq!(at("recorder.containers.recorder.env.SITE.value"), r#""paris""#);
/// assert_eq!(at("recorder.containers.recorder.env.HOST.value"), r#""cam-1""#);
/// assert_eq!(at("recorder.containers.recorder.ports.8554/TCP.name"), r#""rtsp""#);
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[track_caller]
pub fn container(name: &str) -> OneContainer {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "Pod");
    if resource.name().is_some() {
        put(&mut resource, &["containers", name], crate::Value::Object);
    }
    OneContainer { resource, name: name.to_owned() }
}

impl Pod {
    resource_setters!();
    pod_setters!();

    /// The pod called `name` that the Kubernetes PodSpec `spec` describes.
    ///
    /// Lists that have a merge key become maps under it, `args` becomes segments; every other list
    /// stays one value, and fields that are not known are kept. The order of init containers is
    /// claimed, and that of variables where one mentions another. Fields that are null are not
    /// claimed, as in Kubernetes; [`Pod::dropped`] lists them. `pod_spec` of what is rendered is
    /// `spec` again, up to the order of those merge-keyed lists whose order is not claimed.
    ///
    /// # Errors
    /// [`SpecError`] names the place of a null in a list, of a list or key of the wrong kind, of a
    /// merge key that is missing or given twice, and of what is no value or name of the algebra.
    ///
    /// ```
    /// use escadre_algebra::Pod;
    /// let spec = serde_json::json!({
    ///     "containers": [{"name": "web", "image": "nginx", "ports": null, "args": ["-p", "80"]}]
    /// });
    /// let web = Pod::from_spec("web", &spec)?;
    /// assert_eq!(web.dropped(), ["containers[0].ports"]);
    /// # Ok::<(), escadre_algebra::SpecError>(())
    /// ```
    #[track_caller]
    pub fn from_spec(name: &str, spec: &serde_json::Value) -> Result<Self, SpecError> {
        let (leaves, dropped) = spec::leaves(spec)?;
        let mut pod = pod(name);
        for (fields, value) in leaves {
            pod.resource.put(fields, value);
        }
        Ok(Self { dropped, ..pod })
    }

    /// The fields of the imported spec that were null, and so are not claimed.
    #[must_use]
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// One of its containers.
    #[track_caller]
    pub fn container(mut self, container: Container) -> Self {
        absorb(&mut self.resource, &["containers", &container.name], container.part);
        self
    }

    /// One of its init containers; they run one after the other, by `order`.
    #[track_caller]
    pub fn init(mut self, order: i64, container: Container) -> Self {
        put(&mut self.resource, &["initContainers", &container.name, "order"], order);
        absorb(&mut self.resource, &["initContainers", &container.name], container.part);
        self
    }
}

impl OneContainer {
    container_setters!();
    pod_setters!();

    /// Claims that this resource starts after the resource `name` of the same device.
    #[track_caller]
    pub fn after(self, name: &str) -> Self {
        self.of_pod(&["after", name], true)
    }

    /// Sets the field spelled `fields` of the pod; [`OneContainer::set`] sets those of the container.
    #[track_caller]
    pub fn set_pod(mut self, fields: &str, value: impl Into<Authored>) -> Self {
        self.resource = self.resource.set(fields, value);
        self
    }

    /// One more container beside this one.
    #[track_caller]
    pub fn beside(mut self, container: Container) -> Self {
        absorb(&mut self.resource, &["containers", &container.name], container.part);
        self
    }

    #[track_caller]
    fn say(&mut self, fields: &[&str], value: impl Into<Authored>) {
        let fields = [&["containers", &self.name], fields].concat();
        put(&mut self.resource, &fields, value);
    }

    fn place(&mut self) -> (&mut Resource, Vec<String>) {
        (&mut self.resource, vec!["containers".to_owned(), self.name.clone()])
    }

    #[track_caller]
    fn set_in_container(mut self, fields: &str, value: impl Into<Authored>) -> Self {
        match parse_fields(fields) {
            Ok(parsed) => {
                let parsed: Vec<&str> = parsed.iter().map(crate::Field::as_str).collect();
                self.say(&parsed, value);
            }
            Err(error) => self.resource.reject(&error.in_path(fields)),
        }
        self
    }
}

impl From<Pod> for Resource {
    fn from(pod: Pod) -> Self {
        pod.resource
    }
}

impl From<OneContainer> for Resource {
    fn from(pod: OneContainer) -> Self {
        pod.resource
    }
}
