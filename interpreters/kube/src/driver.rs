//! The interpreter itself: the only part that reads and writes.

mod apply;
mod lease;
mod node;
mod observe;
mod own;
mod request;
mod write;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use escadre_algebra::{Coverage, Digest, Resolved};
use escadre_interpreter::{
    Applied, Capabilities, Consent, Interpreter, Observation, Plan, Progress, Revision, Snapshot,
};
use tokio::time::Instant;

use crate::error::{ApplyError, LiftError, LowerError, ServerError};
use crate::inventory::Node;
use crate::lower::Objects;
use crate::status::Status;
use crate::world::{Lease, World};
pub(crate) use request::chain;
use write::Failure;

/// How a fleet is held in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where the objects are: nodes have no namespace.
    pub namespace: String,
    /// How many requests are under way at once.
    pub n_in_flight: usize,
    /// How many nodes are written between two words to the progress.
    pub n_chunk: usize,
    /// How long a controller has the lease that does not renew it.
    pub lease: Duration,
    /// How long one request is tried again while the API server is away.
    pub patience: Duration,
    /// How long the pods of one node are waited for where a strategy asks for it.
    pub pods: Duration,
    /// The image of pods that only have others pulled: a program that does nothing.
    pub pause: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            n_in_flight: 48,
            n_chunk: 256,
            lease: Duration::from_secs(15),
            patience: Duration::from_secs(60),
            pods: Duration::from_secs(300),
            pause: "registry.k8s.io/pause:3.10.1".to_owned(),
        }
    }
}

/// A controller of the fleet in one cluster.
#[derive(Debug)]
pub struct Kube {
    client: Client,
    options: Options,
    /// The place in words, without credentials.
    place: String,
    /// The lease as it was seen last, and since when it is so.
    seen: Mutex<Option<(Lease, Instant)>>,
    notes: Mutex<Notes>,
    /// When the API server was away last.
    away: Mutex<Option<Instant>>,
    /// How many requests are left until the controller dies.
    left: Option<AtomicU64>,
}

/// How long the same note is not told again.
const ECHO: Duration = Duration::from_secs(10);

/// What is worth telling.
#[derive(Debug, Default)]
struct Notes {
    waiting: Vec<String>,
    /// When each was told, of late.
    told: BTreeMap<String, Instant>,
}

/// A client of the API server, which tells nothing of its credentials.
#[derive(Clone)]
struct Client(kube::Client);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl std::ops::Deref for Client {
    type Target = kube::Client;
    fn deref(&self) -> &kube::Client {
        &self.0
    }
}

impl Kube {
    /// A controller of the fleet in the cluster of `client`, which is called `place` in plans. Asks the cluster nothing.
    #[must_use]
    pub fn new(client: kube::Client, place: &str, options: Options) -> Self {
        Self {
            client: Client(client),
            options,
            place: place.to_owned(),
            seen: Mutex::default(),
            notes: Mutex::default(),
            away: Mutex::default(),
            left: None,
        }
    }

    /// Lets the next applies end after `n_writes` requests that write, as if the controller was
    /// killed there; `None` lets them live. For tests of what controllers leave behind.
    pub fn die_after(&mut self, n_writes: Option<u64>) {
        self.left = n_writes.map(AtomicU64::new);
    }

    /// The namespace of the objects.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.options.namespace
    }

    /// The content named `digest`, if an object holds it.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
        observe::content(self, digest).await
    }

    /// What runs of the fleet in `world`: the pods of the namespace, beside the labels of the nodes.
    ///
    /// One list of pods, page by page: O(nodes + pods) in time and space.
    ///
    /// # Errors
    /// The API server does not answer, or the right to list pods is missing.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use escadre_interpreter::Interpreter;
    /// use escadre_kube::status::Standing;
    ///
    /// let mut cluster = escadre_kube::connect(&"kube:edge".parse()?).await?;
    /// let seen = cluster.observe().await?;
    /// let status = cluster.status(&seen.state).await?;
    /// println!("{} nodes are in trouble", status.count(Standing::Troubled));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn status(&self, world: &World) -> Result<Status, ServerError> {
        let pods = observe::pods(self).await?;
        Ok(Status::of(world, &pods))
    }

    /// The place in words.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The nodes of the cluster, members or not.
    pub(crate) async fn nodes(&self) -> Result<Vec<Node>, ServerError> {
        observe::nodes(self, &|node| node).await
    }

    /// Since when `lease` is as it is, by this controller's clock.
    fn lease_seen(&self, lease: &Lease) -> Instant {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            Some((known, since)) if known == lease => *since,
            _ => {
                let now = Instant::now();
                *seen = Some((lease.clone(), now));
                now
            }
        }
    }

    /// Remembers when the lease of `world` was seen first.
    fn see(&self, world: &World) {
        if let Some(lease) = &world.lease {
            self.lease_seen(lease);
        }
    }

    /// Tells something at the next occasion, unless it was told a moment ago: hundreds of requests
    /// may have the same trouble.
    fn note(&self, note: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        notes.told.retain(|_, told| now - *told < ECHO);
        if !notes.told.contains_key(&note) {
            notes.told.insert(note.clone(), now);
            notes.waiting.push(note);
        }
    }

    /// What is worth telling since the last call.
    fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner).waiting)
    }

    /// Counts one more request that writes, unless the controller is to die before it.
    fn live(&self) -> Result<(), Failure> {
        let Some(left) = &self.left else { return Ok(()) };
        let lived = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        lived.map(|_| ()).map_err(|_| Failure::Died)
    }
}

impl Interpreter for Kube {
    type Objects = Objects;
    type State = Arc<World>;
    type LowerError = LowerError;
    type ObserveError = ServerError;
    type LiftError = LiftError;
    type ApplyError = ApplyError;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            membership_marker: true,
            fenced: true,
            reports: false,
            exact: true,
            contents: true,
        }
    }

    fn target(&self) -> String {
        self.place.clone()
    }

    fn lower(&self, resolved: &Resolved) -> Result<Objects, LowerError> {
        crate::lower::lower(resolved, &self.options.namespace)
    }

    async fn observe(&mut self) -> Result<Observation<Arc<World>>, ServerError> {
        let state = observe::world(self).await?;
        self.see(&state);
        let revision = Revision(state.revision().into());
        Ok(Observation { state: Arc::new(state), revision })
    }

    fn lift(&self, state: &Arc<World>) -> Result<Snapshot, LiftError> {
        Ok(crate::read::lift(state))
    }

    fn is_settled(&self, state: &Arc<World>, coverage: Coverage) -> bool {
        state.is_settled(coverage)
    }

    fn anomalies(&self, state: &Arc<World>) -> Vec<String> {
        state.anomalies().iter().map(|it| format!("`{}`: {}", it.what, it.why)).collect()
    }

    async fn apply(
        &mut self,
        plan: &Plan,
        objects: &Objects,
        consent: &Consent,
        dry_run: bool,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ApplyError> {
        // What an earlier apply told is new to whoever watches this one.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).told.clear();
        let asked = apply::Asked { plan, objects, consent, dry_run };
        apply::apply(self, &asked, progress).await
    }
}
