//! The lease: one controller writes at a time.
//!
//! Who has the lease asks before each request whether it was renewed within the last third of its
//! duration, renews it where it was not, and waits for no answer for longer than the other two. Who
//! finds it held waits until nobody renewed it for as long as its holder says that it lasts, or as
//! leases of its own do if that is longer, by its own clock. `docs/adr/0007-kubernetes.md` says what that guarantees.

use std::time::Duration;

use escadre_interpreter::{Ended, Plan, Stale};
use http::Method;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Kube;
use super::observe::{self, LeaseItem};
use super::request::{Attempts, Call, Trouble, lasting, send};
use super::write::Failure;
use crate::names::{DOMAIN, MANAGER};
use crate::world::{Lease, World};

/// How often a held lease is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The path of the lease.
pub(super) fn path(target: &Kube, query: &str) -> String {
    let namespace = &target.options.namespace;
    format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{MANAGER}{query}")
}

/// The lease in the hands of this controller: whoever writes under it asks it first.
pub(super) struct Held<'a> {
    target: &'a Kube,
    plan: &'a Plan,
    pub(super) dry_run: bool,
    last: Mutex<Last>,
}

/// The lease as it was written last.
struct Last {
    lease: Lease,
    /// When it was surely renewed last.
    renewed: Instant,
}

impl<'a> Held<'a> {
    /// Takes the lease as it is in `world`.
    pub(super) async fn take(
        target: &'a Kube,
        plan: &'a Plan,
        world: &World,
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let before = world.lease.clone();
        if let Some(lease) = before.as_ref().filter(|lease| lease.is_held()) {
            wait(target, lease).await?;
        }
        let transitions = before.as_ref().map_or(0, |lease| lease.transitions) + 1;
        let lease = Lease { holder: name(), transitions, ..before.unwrap_or_default() };
        let last = Mutex::new(Last { lease, renewed: Instant::now() });
        let held = Self { target, plan, dry_run, last };
        let mut last = held.last.lock().await;
        let is_taken = held.put(&mut last, Ended::InProgress).await?;
        drop(last);
        if is_taken { Ok(held) } else { Err(stale(plan).into()) }
    }

    /// Makes sure that nobody else may write for two thirds of the duration, which is longer than a
    /// request takes.
    pub(super) async fn keep(&self) -> Result<(), Failure> {
        self.target.live()?;
        self.renew().await
    }

    /// The same for whoever only waits.
    pub(super) async fn renew(&self) -> Result<(), Failure> {
        let mut last = self.last.lock().await;
        if last.renewed.elapsed() < self.target.options.lease / 3 {
            return Ok(());
        }
        match self.put(&mut last, Ended::InProgress).await? {
            true => Ok(()),
            false => Err(self.lost().await?),
        }
    }

    /// Says that this apply has ended: from then on nobody writes under its lease.
    pub(super) async fn end(self) -> Result<(), Failure> {
        match self.put(&mut *self.last.lock().await, Ended::Done).await? {
            true => Ok(()),
            false => Err(self.lost().await?),
        }
    }

    /// Leaves the lease to whoever comes next, of an apply that did not come to its end: nothing is
    /// under way any more. Where that fails, they wait until it has run out.
    pub(super) async fn release(self) {
        let mut last = self.last.lock().await;
        last.lease.holder = String::new();
        if let Err(failure) = self.put(&mut last, Ended::InProgress).await {
            tracing::debug!(?failure, "the lease was not released");
        }
    }

    async fn lost(&self) -> Result<Failure, Failure> {
        let theirs = observe::lease(self.target).await?.map(|lease| lease.holder);
        Ok(Failure::Fenced { theirs: theirs.unwrap_or_default() })
    }

    /// Writes the lease; whether nobody wrote it meanwhile.
    async fn put(&self, last: &mut Last, ended: Ended) -> Result<bool, Failure> {
        let mut attempts = Attempts::new(self.target, "writing the lease");
        loop {
            self.target.live()?;
            let sent = Instant::now();
            match send::<LeaseItem>(self.target, &self.call(&last.lease, ended)).await {
                Ok(item) => {
                    if !self.dry_run {
                        last.lease = item.into();
                    }
                    last.renewed = sent;
                    return Ok(true);
                }
                Err(Trouble::Told { code: 409, .. }) => {
                    return self.is_there(last, ended, sent).await;
                }
                Err(Trouble::Passing(why)) => attempts.pause(&why).await?,
                Err(trouble) => {
                    return Err(lasting(self.target, "writing the lease", trouble).into());
                }
            }
        }
    }

    /// Whether an attempt whose answer was lost is what is there.
    async fn is_there(
        &self,
        last: &mut Last,
        ended: Ended,
        sent: Instant,
    ) -> Result<bool, Failure> {
        let there = observe::lease(self.target).await?;
        let wanted = Lease { ended: Some(ended), ..last.lease.clone() };
        let is_ours = |lease: &Lease| {
            (&lease.holder, lease.transitions, lease.ended)
                == (&wanted.holder, wanted.transitions, wanted.ended)
        };
        match there.filter(is_ours) {
            Some(lease) => {
                *last = Last { lease, renewed: sent };
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn call(&self, lease: &Lease, ended: Ended) -> Call {
        let query = if self.dry_run { "?dryRun=All" } else { "" };
        if lease.resource_version.is_empty() {
            let path = path(self.target, query).replacen(&format!("/{MANAGER}"), "", 1);
            return Call::with(Method::POST, path, &self.body(lease, ended));
        }
        Call::with(Method::PUT, path(self.target, query), &self.body(lease, ended))
    }

    fn body(&self, lease: &Lease, ended: Ended) -> Json {
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let ended = if ended == Ended::Done { "done" } else { "in-progress" };
        let mut body = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": MANAGER,
                "namespace": self.target.options.namespace,
                "annotations": {
                    format!("{DOMAIN}/ended"): ended,
                    format!("{DOMAIN}/fleet"): self.plan.fleet().to_string(),
                    format!("{DOMAIN}/inventory"): self.plan.inventory().to_string(),
                },
            },
            "spec": {
                "holderIdentity": lease.holder,
                "leaseDurationSeconds": self.target.options.lease.as_secs().max(1),
                "leaseTransitions": lease.transitions,
                "renewTime": now,
            },
        });
        if !lease.resource_version.is_empty() {
            body["metadata"]["resourceVersion"] = lease.resource_version.as_str().into();
            body["metadata"]["uid"] = lease.uid.as_str().into();
        }
        body
    }
}

/// Waits until nobody renewed `lease` for as long as it holds.
async fn wait(target: &Kube, lease: &Lease) -> Result<(), Failure> {
    let since = target.lease_seen(lease);
    let end = since + target.options.lease.max(Duration::from_secs(lease.seconds));
    if Instant::now() < end {
        let s = (end - Instant::now()).as_secs() + 1;
        target.note(format!(
            "`{}` has the lease, and was perhaps killed: waiting for up to {s} s",
            lease.holder
        ));
    }
    while Instant::now() < end {
        tokio::time::sleep(LOOK.min(end - Instant::now())).await;
        let there = observe::lease(target).await?;
        if there.as_ref() != Some(lease) {
            let holder = there.map(|lease| lease.holder).unwrap_or_default();
            let present = format!("being written by `{holder}`");
            let (what, planned) = ("the target's revision", "before it".to_owned());
            return Err(Stale { what, planned, present }.into());
        }
    }
    Ok(())
}

fn stale(plan: &Plan) -> Stale {
    Stale {
        what: "the target's revision",
        planned: plan.base().to_string(),
        present: "being written".to_owned(),
    }
}

/// A name that no other controller has.
fn name() -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{MANAGER}-{}-{random:016x}", std::process::id())
}
