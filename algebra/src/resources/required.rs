//! The fields that the well-known kinds need.

/// The required fields of a resource of `kind` that nobody claimed, each with a short reason.
///
/// `has` says whether there is something at a path, `children` what is below one.
pub(crate) fn missing_required(
    kind: Option<&str>,
    has: &dyn Fn(&[&str]) -> bool,
    children: &dyn Fn(&[&str]) -> Vec<String>,
) -> Vec<(Vec<String>, &'static str)> {
    let mut missing = Missing { has, found: Vec::new() };
    match kind {
        Some("Pod") => missing.of_pod(children),
        Some("ConfigFile") => {
            missing.unless(&["path"], "a file needs a path");
            if !has(&["content", "digest"]) {
                missing.unless(&["text"], "a file needs a text or a content");
            }
        }
        Some("Secret") => {
            missing.unless(&["name"], "a reference to a secret needs the secret's name");
            missing.unless(&["key"], "a reference to a secret needs a key");
            missing.unless(&["version"], "a reference to a secret needs a version");
        }
        Some("Blob") => missing.unless(&["digest"], "a blob needs the digest of its content"),
        Some("Opaque") => missing.unless(&["target"], "an opaque resource needs a target"),
        _ => {}
    }
    missing.found
}

struct Missing<'a> {
    has: &'a dyn Fn(&[&str]) -> bool,
    found: Vec<(Vec<String>, &'static str)>,
}

impl Missing<'_> {
    fn unless(&mut self, fields: &[&str], reason: &'static str) {
        if !(self.has)(fields) {
            self.found.push((fields.iter().map(|&field| field.to_owned()).collect(), reason));
        }
    }

    fn of_pod(&mut self, children: &dyn Fn(&[&str]) -> Vec<String>) {
        if children(&["containers"]).is_empty() {
            self.found.push((vec!["containers".to_owned()], "a pod needs a container"));
        }
        for list in ["containers", "initContainers"] {
            for name in children(&[list]) {
                self.unless(&[list, &name, "image"], "a container needs an image");
                for path in children(&[list, &name, "volumeMounts"]) {
                    let fields = [list, &name, "volumeMounts", &path, "name"];
                    self.unless(&fields, "a mount needs the name of a volume");
                }
                for variable in children(&[list, &name, "env"]) {
                    self.of_variable(&[list, &name, "env", &variable]);
                }
            }
        }
        for volume in children(&["volumes"]) {
            let parts = children(&["volumes", &volume]);
            if parts.iter().all(|part| part == "order" || part == "name") {
                self.found.push((vec!["volumes".to_owned(), volume], "a volume needs a source"));
            }
        }
    }

    /// A variable without a value is empty in Kubernetes; a reference to a secret must be whole.
    fn of_variable(&mut self, at: &[&str]) {
        let secret = [at, &["secret"]].concat();
        if (self.has)(&secret) {
            for field in ["name", "key", "version"] {
                self.unless(
                    &[&secret[..], &[field]].concat(),
                    "a reference to a secret is incomplete",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::missing_required;

    /// What is missing where `paths` are claimed, as joined paths.
    fn missing(kind: &str, paths: &[&str]) -> Vec<String> {
        let has = |fields: &[&str]| {
            let path = fields.join(".");
            paths.iter().any(|&p| p == path || p.starts_with(&format!("{path}.")))
        };
        let children = |fields: &[&str]| {
            let prefix: String = fields.iter().flat_map(|field| [field, "."]).collect();
            let below = paths.iter().filter_map(|p| p.strip_prefix(&prefix)?.split('.').next());
            let mut below: Vec<String> = below.map(str::to_owned).collect();
            below.sort();
            below.dedup();
            below
        };
        let found = missing_required(Some(kind), &has, &children);
        found.into_iter().map(|(path, _)| path.join(".")).collect()
    }

    #[test]
    fn a_pod_needs_a_container_with_an_image() {
        assert_eq!(missing("Pod", &[]), ["containers"]);
        assert_eq!(missing("Pod", &["containers.web.args.1"]), ["containers.web.image"]);
        assert!(
            missing("Pod", &["containers.web.image", "containers.web.ports.80/TCP"]).is_empty()
        );
        let init = ["containers.web.image", "initContainers.wait.order"];
        assert_eq!(missing("Pod", &init), ["initContainers.wait.image"]);
    }

    #[test]
    fn a_volume_needs_a_source_and_a_mount_needs_a_name() {
        let paths = [
            "containers.web.image",
            "volumes.sys.name",
            "containers.web.volumeMounts./sys.readOnly",
        ];
        let expected = ["containers.web.volumeMounts./sys.name", "volumes.sys"];
        assert_eq!(missing("Pod", &paths), expected);
        assert!(missing("Pod", &["containers.web.image", "volumes.sys.emptyDir"]).is_empty());
    }

    #[test]
    fn the_other_kinds_need_what_tells_their_content() {
        assert_eq!(missing("ConfigFile", &[]), ["path", "text"]);
        assert!(missing("ConfigFile", &["path", "content.digest"]).is_empty());
        assert_eq!(missing("Secret", &["name"]), ["key", "version"]);
        assert_eq!(missing("Blob", &["source"]), ["digest"]);
        assert_eq!(missing("Opaque", &[]), ["target"]);
        assert!(missing("Mine", &[]).is_empty());
    }
}
