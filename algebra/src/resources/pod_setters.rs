//! The setters that the builders of pods share, as a macro: so each stands on the caller's line.

/// The setters of a pod. The builder has a field `resource`.
macro_rules! pod_setters {
    () => {
        /// The volume `name` of the pod.
        #[track_caller]
        pub fn volume(mut self, name: &str, volume: $crate::resources::Volume) -> Self {
            volume.put(&mut self.resource, name);
            self
        }

        /// A taint of the node that the pod puts up with.
        #[track_caller]
        pub fn toleration(mut self, toleration: $crate::resources::Toleration) -> Self {
            toleration.put(&mut self.resource);
            self
        }

        /// How it gives way to its successor on a device; unless said, both change places at once.
        #[track_caller]
        pub fn strategy(self, strategy: $crate::resources::UpdateStrategy) -> Self {
            self.of_pod(&["strategy"], $crate::Text::from(strategy.as_str()))
        }

        /// A label that the node must have.
        #[track_caller]
        pub fn node_selector(self, key: &str, value: impl Into<$crate::Text>) -> Self {
            self.of_pod(&["nodeSelector", key], value.into())
        }

        /// Its affinity, a record as Kubernetes writes it.
        #[track_caller]
        pub fn affinity(mut self, affinity: &serde_json::Value) -> Self {
            match $crate::Field::parse("affinity") {
                Ok(at) => {
                    $crate::resources::record::put_record(&mut self.resource, &[at], affinity)
                }
                Err(error) => self.resource.reject(&error),
            }
            self
        }

        /// Whether it shares the device's network.
        #[track_caller]
        pub fn host_network(self, shared: bool) -> Self {
            self.of_pod(&["hostNetwork"], shared)
        }

        /// Whether it sees the device's processes.
        #[track_caller]
        pub fn host_pid(self, shared: bool) -> Self {
            self.of_pod(&["hostPID"], shared)
        }

        /// Whether it shares the device's memory segments and semaphores.
        #[track_caller]
        pub fn host_ipc(self, shared: bool) -> Self {
            self.of_pod(&["hostIPC"], shared)
        }

        /// How names are looked up: `ClusterFirst`, `ClusterFirstWithHostNet`, `Default` or `None`.
        #[track_caller]
        pub fn dns_policy(self, policy: impl Into<$crate::Text>) -> Self {
            self.of_pod(&["dnsPolicy"], policy.into())
        }

        /// The service account that it runs as.
        #[track_caller]
        pub fn service_account_name(self, name: impl Into<$crate::Text>) -> Self {
            self.of_pod(&["serviceAccountName"], name.into())
        }

        /// Whether the token of its service account is mounted.
        #[track_caller]
        pub fn automount_service_account_token(self, mounted: bool) -> Self {
            self.of_pod(&["automountServiceAccountToken"], mounted)
        }

        /// Its priority class.
        #[track_caller]
        pub fn priority_class_name(self, name: impl Into<$crate::Text>) -> Self {
            self.of_pod(&["priorityClassName"], name.into())
        }

        /// When its containers are restarted: `Always`, `OnFailure` or `Never`.
        #[track_caller]
        pub fn restart_policy(self, policy: impl Into<$crate::Text>) -> Self {
            self.of_pod(&["restartPolicy"], policy.into())
        }

        /// How long it has to stop.
        #[track_caller]
        pub fn termination_grace_period_seconds(self, seconds: u32) -> Self {
            self.of_pod(&["terminationGracePeriodSeconds"], seconds)
        }

        /// One field of the security context of the pod, such as `runAsUser` or `seccompProfile.type`.
        #[track_caller]
        pub fn pod_security(mut self, fields: &str, value: impl Into<$crate::Authored>) -> Self {
            self.resource = self.resource.set(&format!("securityContext.{fields}"), value);
            self
        }

        #[track_caller]
        fn of_pod(mut self, fields: &[&str], value: impl Into<$crate::Authored>) -> Self {
            $crate::resources::put(&mut self.resource, fields, value);
            self
        }
    };
}
pub(super) use pod_setters;
