//! The setters that several builders share, as macros: so each stands on the caller's line.

/// The setters of every resource. The builder has a field `resource`.
macro_rules! resource_setters {
    () => {
        /// Claims that this resource starts after the resource `name` of the same device.
        #[track_caller]
        pub fn after(mut self, name: &str) -> Self {
            $crate::resources::put(&mut self.resource, &["after", name], true);
            self
        }

        /// Sets the field spelled `fields` of the resource (see [`Resource::set`]).
        #[track_caller]
        pub fn set(mut self, fields: &str, value: impl Into<$crate::Authored>) -> Self {
            self.resource = self.resource.set(fields, value);
            self
        }

        /// Claims that the field spelled `fields` of the resource is not there, nor anything below it.
        #[track_caller]
        pub fn unset(mut self, fields: &str) -> Self {
            self.resource = self.resource.unset(fields);
            self
        }
    };
}
pub(super) use resource_setters;

/// The setters of a container. The builder has `say(&mut self, fields, value)` and
/// `place(&mut self) -> (&mut Resource, Vec<String>)`.
macro_rules! container_setters {
    () => {
        /// The image that it runs.
        #[track_caller]
        pub fn image(mut self, image: impl Into<$crate::Text>) -> Self {
            self.say(&["image"], image.into());
            self
        }

        /// What it runs instead of the image's own entry point, replaced as a whole.
        #[track_caller]
        pub fn command<T: Into<$crate::Text>>(
            mut self,
            command: impl IntoIterator<Item = T>,
        ) -> Self {
            let command = $crate::Authored::list(command.into_iter().map(Into::into));
            self.say(&["command"], command);
            self
        }

        /// One segment of its arguments. Segments stand in the order of their keys (see
        /// [`order_key_cmp`](crate::order_key_cmp)); a layer can replace one by its key.
        #[track_caller]
        pub fn arg<T: Into<$crate::Text>>(
            mut self,
            key: &str,
            segment: impl IntoIterator<Item = T>,
        ) -> Self {
            let segment = $crate::Authored::list(segment.into_iter().map(Into::into));
            self.say(&["args", key], segment);
            self
        }

        /// One environment variable: a text, a secret or a reference.
        #[track_caller]
        pub fn env(mut self, name: &str, value: impl Into<$crate::resources::EnvValue>) -> Self {
            let (resource, at) = self.place();
            let at: Vec<&str> = at.iter().map(String::as_str).chain(["env", name]).collect();
            value.into().put(resource, &at);
            self
        }

        /// Where the variable `name` stands among the others; only needed by those whose value
        /// mentions another one, as `$(OTHER)`.
        #[track_caller]
        pub fn env_order(mut self, name: &str, order: i64) -> Self {
            self.say(&["env", name, "order"], order);
            self
        }

        /// The sources of many environment variables, replaced as a whole.
        #[track_caller]
        pub fn env_from(
            mut self,
            sources: impl IntoIterator<Item = $crate::resources::EnvFrom>,
        ) -> Self {
            let sources: Vec<_> = sources.into_iter().map(|source| source.to_json()).collect();
            match $crate::resources::record::authored(&sources) {
                Ok(sources) => self.say(&["envFrom"], sources),
                Err(error) => self.place().0.reject(&error),
            }
            self
        }

        /// The TCP port `port`, called `name`.
        #[track_caller]
        pub fn port(mut self, name: &str, port: u16) -> Self {
            self.say(&["ports", &format!("{port}/TCP"), "name"], name);
            self
        }

        /// The UDP port `port`, called `name`.
        #[track_caller]
        pub fn udp_port(mut self, name: &str, port: u16) -> Self {
            self.say(&["ports", &format!("{port}/UDP"), "name"], name);
            self
        }

        /// The TCP port `port`, called `name`, and `host_port` of the device leads to it.
        #[track_caller]
        pub fn host_port(mut self, name: &str, port: u16, host_port: u16) -> Self {
            let key = format!("{port}/TCP");
            self.say(&["ports", &key, "name"], name);
            self.say(&["ports", &key, "hostPort"], host_port);
            self
        }

        /// The volume that it sees at `path`: a name, or a [`Mount`](crate::Mount).
        #[track_caller]
        pub fn mount(mut self, path: &str, mount: impl Into<$crate::resources::Mount>) -> Self {
            let (resource, at) = self.place();
            let at: Vec<&str> =
                at.iter().map(String::as_str).chain(["volumeMounts", path]).collect();
            mount.into().put(resource, &at);
            self
        }

        /// How much of `resource` (`cpu`, `memory`, …) is set aside for it.
        #[track_caller]
        pub fn request(mut self, resource: &str, amount: impl Into<$crate::Text>) -> Self {
            self.say(&["resources", "requests", resource], amount.into());
            self
        }

        /// How much of `resource` (`cpu`, `memory`, …) it may use.
        #[track_caller]
        pub fn limit(mut self, resource: &str, amount: impl Into<$crate::Text>) -> Self {
            self.say(&["resources", "limits", resource], amount.into());
            self
        }

        /// It is restarted when this probe fails.
        #[track_caller]
        pub fn liveness(self, probe: $crate::resources::Probe) -> Self {
            self.probe("livenessProbe", probe)
        }

        /// It is ready when this probe succeeds.
        #[track_caller]
        pub fn readiness(self, probe: $crate::resources::Probe) -> Self {
            self.probe("readinessProbe", probe)
        }

        /// It has started when this probe succeeds.
        #[track_caller]
        pub fn startup(self, probe: $crate::resources::Probe) -> Self {
            self.probe("startupProbe", probe)
        }

        #[track_caller]
        fn probe(mut self, field: &str, probe: $crate::resources::Probe) -> Self {
            let (resource, at) = self.place();
            let at: Vec<&str> = at.iter().map(String::as_str).chain([field]).collect();
            probe.put(resource, &at);
            self
        }

        /// What is run in it just after it started.
        #[track_caller]
        pub fn post_start<T: Into<$crate::Text>>(
            mut self,
            command: impl IntoIterator<Item = T>,
        ) -> Self {
            let command = $crate::Authored::list(command.into_iter().map(Into::into));
            self.say(&["lifecycle", "postStart", "exec", "command"], command);
            self
        }

        /// What is run in it before it is stopped.
        #[track_caller]
        pub fn pre_stop<T: Into<$crate::Text>>(
            mut self,
            command: impl IntoIterator<Item = T>,
        ) -> Self {
            let command = $crate::Authored::list(command.into_iter().map(Into::into));
            self.say(&["lifecycle", "preStop", "exec", "command"], command);
            self
        }

        /// The folder that it starts in.
        #[track_caller]
        pub fn working_dir(mut self, path: impl Into<$crate::Text>) -> Self {
            self.say(&["workingDir"], path.into());
            self
        }

        /// When its image is pulled: `Always`, `IfNotPresent` or `Never`.
        #[track_caller]
        pub fn image_pull_policy(mut self, policy: impl Into<$crate::Text>) -> Self {
            self.say(&["imagePullPolicy"], policy.into());
            self
        }

        /// Where its last message comes from: `File` or `FallbackToLogsOnError`.
        #[track_caller]
        pub fn termination_message_policy(mut self, policy: impl Into<$crate::Text>) -> Self {
            self.say(&["terminationMessagePolicy"], policy.into());
            self
        }

        /// Whether it may do everything to the device.
        #[track_caller]
        pub fn privileged(self, privileged: bool) -> Self {
            self.security("privileged", privileged)
        }

        /// Whether a process in it may gain more privileges.
        #[track_caller]
        pub fn allow_privilege_escalation(self, allowed: bool) -> Self {
            self.security("allowPrivilegeEscalation", allowed)
        }

        /// Whether its root file system cannot be written.
        #[track_caller]
        pub fn read_only_root(self, read_only: bool) -> Self {
            self.security("readOnlyRootFilesystem", read_only)
        }

        /// The user that it runs as, by number.
        #[track_caller]
        pub fn run_as_user(self, user: i64) -> Self {
            self.security("runAsUser", user)
        }

        /// The group that it runs as, by number.
        #[track_caller]
        pub fn run_as_group(self, group: i64) -> Self {
            self.security("runAsGroup", group)
        }

        /// Whether it must not run as root.
        #[track_caller]
        pub fn run_as_non_root(self, required: bool) -> Self {
            self.security("runAsNonRoot", required)
        }

        /// The capabilities that it gains, replaced as a whole.
        #[track_caller]
        pub fn add_capabilities<T: Into<$crate::Text>>(
            mut self,
            names: impl IntoIterator<Item = T>,
        ) -> Self {
            let names = $crate::Authored::list(names.into_iter().map(Into::into));
            self.say(&["securityContext", "capabilities", "add"], names);
            self
        }

        /// The capabilities that it loses, replaced as a whole.
        #[track_caller]
        pub fn drop_capabilities<T: Into<$crate::Text>>(
            mut self,
            names: impl IntoIterator<Item = T>,
        ) -> Self {
            let names = $crate::Authored::list(names.into_iter().map(Into::into));
            self.say(&["securityContext", "capabilities", "drop"], names);
            self
        }

        #[track_caller]
        fn security(mut self, field: &str, value: impl Into<$crate::Authored>) -> Self {
            self.say(&["securityContext", field], value);
            self
        }

        /// Sets the field spelled `fields` of the container.
        #[track_caller]
        pub fn set(self, fields: &str, value: impl Into<$crate::Authored>) -> Self {
            self.set_in_container(fields, value)
        }

        /// Claims that the field spelled `fields` of the container is not there, nor anything below it.
        #[track_caller]
        pub fn unset(self, fields: &str) -> Self {
            self.set_in_container(fields, $crate::Value::Unset)
        }
    };
}
pub(super) use container_setters;
