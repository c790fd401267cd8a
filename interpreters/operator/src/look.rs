//! One look at an object: what `plan` and `apply` do, in their order.

use std::sync::Arc;
use std::time::Duration;

use escadre_algebra::{Outcome, Resolved};
use escadre_kube::{Kube, Options};
use futures_util::future::BoxFuture;
use kube::runtime::events::Recorder;
use kube::{Api, Client, ResourceExt};

use crate::carry_out::carry_out;
use crate::claim;
use crate::error::server;
use crate::leader::Leading;
use crate::object::FleetObject;
use crate::read;
use crate::status::{Counts, count};
use crate::verdict::{Found, Reason, Verdict};

/// What all looks of one term have in common.
pub(crate) struct Context {
    pub(crate) client: Client,
    /// How long an apply has the lease of a namespace that does not renew it.
    pub(crate) lease: Duration,
    /// How long the pods of one node are waited for.
    pub(crate) pods: Duration,
    /// The image of pods that only have others pulled.
    pub(crate) pause: String,
    pub(crate) leading: Leading,
    pub(crate) recorder: Recorder,
    /// The objects that the operator sees.
    pub(crate) fleets: Box<dyn Fn() -> Vec<Arc<FleetObject>> + Send + Sync>,
    pub(crate) before_apply: Option<Hook>,
}

/// What is waited for before each apply.
pub(crate) type Hook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// One look at one object.
pub(crate) struct Look<'a> {
    pub(crate) context: &'a Context,
    pub(crate) object: &'a FleetObject,
    pub(crate) namespace: String,
}

impl<'a> Look<'a> {
    pub(crate) fn new(context: &'a Context, object: &'a FleetObject) -> Self {
        Self { context, object, namespace: object.namespace().unwrap_or_default() }
    }

    /// Looks, and carries out what is to be done.
    pub(crate) async fn run(&self) -> Found {
        let mut found = Found::new(Verdict::new(Reason::Stale, ""));
        found.is_suspended = self.object.spec.suspend;
        let (Ok(verdict) | Err(verdict)) = self.steps(&mut found).await;
        Found { verdict, ..found }
    }

    async fn steps(&self, found: &mut Found) -> Result<Verdict, Verdict> {
        let all = (self.context.fleets)();
        if let Some(older) = claim::older(self.object, &all) {
            let (namespace, name) = (older.namespace().unwrap_or_default(), older.name_any());
            let message = format!("`{namespace}/{name}` has this target, and is older");
            let help = "delete one of the two: a target has one fleet";
            return Err(Verdict::advised(Reason::TargetTaken, &message, Some(help)));
        }
        let fleet = read::fleet(self).await?;
        found.fleet = Some(fleet.digest());
        let mut cluster = self.cluster();
        let inventory = read::inventory(self, &cluster).await?;
        found.inventory = Some(inventory.digest());
        let resolving = tokio::task::spawn_blocking(move || fleet.resolve(&inventory));
        let resolved = match resolving.await {
            Ok(Ok(resolved)) => resolved,
            Ok(Err(findings)) => {
                let help = "`escadre explain` says who wrote what; what runs is left as it is";
                let message = findings.to_string();
                return Err(Verdict::advised(Reason::Unresolved, &message, Some(help)));
            }
            Err(error) => return Err(Verdict::new(Reason::Unresolved, &error.to_string())),
        };
        found.counts = Some(counts(&resolved));
        match self.object.spec.nats() {
            None => carry_out(&mut cluster, self, &resolved, found).await,
            #[cfg(feature = "nats")]
            Some(target) => {
                let mut bucket = crate::nats::open(self, target).await?;
                carry_out(&mut bucket, self, &resolved, found).await
            }
            #[cfg(not(feature = "nats"))]
            Some(_) => {
                let message = "this operator was built without NATS";
                Err(Verdict::new(Reason::InvalidTarget, message))
            }
        }
    }

    /// The cluster, with the namespace of the object.
    fn cluster(&self) -> Kube {
        let Context { lease, pods, pause, .. } = self.context;
        let place = format!("kube:?namespace={}", self.namespace);
        let options = Options {
            namespace: self.namespace.clone(),
            lease: *lease,
            pods: *pods,
            pause: pause.clone(),
            ..Options::default()
        };
        Kube::new(self.context.client.clone(), &place, options)
    }

    /// Makes sure that the object is still the one that was planned for, and that this operator may
    /// write.
    pub(crate) async fn is_current(&self) -> Result<(), Verdict> {
        if let Some(hook) = &self.context.before_apply {
            hook().await;
        }
        let fleets: Api<FleetObject> =
            Api::namespaced(self.context.client.clone(), &self.namespace);
        let now = fleets.get_metadata_opt(&self.object.name_any()).await;
        let now = now.map_err(|error| server(&error))?;
        let planned = &self.object.metadata;
        let is_same = now.is_some_and(|now| {
            let now = now.metadata;
            now.uid == planned.uid
                && now.generation == planned.generation
                && now.deletion_timestamp.is_none()
        });
        if !is_same {
            let message = "the object was changed since the plan was made; nothing was written";
            return Err(Verdict::new(Reason::Stale, message));
        }
        if !self.context.leading.holds() {
            let message = "this operator leads no longer; nothing was written";
            return Err(Verdict::new(Reason::Stale, message));
        }
        Ok(())
    }
}

/// How many devices there are, before anything is known of the target.
fn counts(resolved: &Resolved) -> Counts {
    let is_member = |outcome: &&Outcome| matches!(outcome, Outcome::Member(_));
    Counts {
        devices: count(resolved.inventory().len()),
        members: count(resolved.outcomes().filter(is_member).count()),
        ..Counts::default()
    }
}
