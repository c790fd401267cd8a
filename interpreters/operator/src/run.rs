//! The operator: one at a time looks at all objects, until it is stopped.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt, future};
use k8s_openapi::api::core::v1::Node;
use kube::api::{ListParams, PartialObjectMeta};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::watcher::{self, watcher};
use kube::runtime::{Config, Controller, WatchStreamExt};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;

use crate::error::RunError;
use crate::leader::{Election, Leading, Term};
use crate::look::{Context, Hook};
use crate::object::FleetObject;
use crate::reconcile::{after_error, look_and_tell, reconcile};

/// How many objects are looked at at once.
const N_AT_ONCE: u16 = 8;
/// How long what has changed is waited for to have changed: labels of nodes come in crowds.
const QUIET: Duration = Duration::from_millis(300);
/// How long looks that are under way may take until they are cut off.
const GRACE: Duration = Duration::from_secs(20);
/// After how long it is tried again where the API server is away.
const PAUSE: Duration = Duration::from_secs(2);

/// How an operator works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The namespace whose objects it looks at; all of them if none is named.
    pub namespace: Option<String>,
    /// The namespace of the lease by which operators take turns.
    pub own_namespace: String,
    /// How long an operator leads that does not renew its lease.
    pub leadership: Duration,
    /// How long an apply has the lease of a namespace that does not renew it.
    pub lease: Duration,
    /// How long the pods of one node are waited for where a strategy asks for it.
    pub pods: Duration,
    /// The image of pods that only have others pulled: a program that does nothing.
    pub pause: String,
}

impl Default for Options {
    fn default() -> Self {
        let escadre_kube::Options { lease, pods, pause, .. } = escadre_kube::Options::default();
        Self {
            namespace: None,
            own_namespace: "escadre".to_owned(),
            leadership: Duration::from_secs(15),
            lease,
            pods,
            pause,
        }
    }
}

/// What was found of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The namespace of the object.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether its target holds what the fleet says.
    pub is_ready: bool,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

/// What carries out the `Fleet` objects of a cluster.
pub struct Operator {
    client: Client,
    options: Options,
    before_apply: Option<Hook>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Operator {
    /// An operator in the cluster of `client`. Asks the cluster nothing.
    #[must_use]
    pub fn new(client: Client, options: Options) -> Self {
        Self { client, options, before_apply: None }
    }

    /// Waits for what `hook` gives before each apply, when all else is done. For tests of what
    /// changes in between.
    #[must_use]
    pub fn before_apply(
        mut self,
        hook: impl Fn() -> future::BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.before_apply = Some(Arc::new(hook));
        self
    }

    /// Looks at objects whenever something changes, and at their intervals, while no other operator
    /// leads; until `stop` is true. What is under way then may come to its end, or is ended between
    /// two requests.
    ///
    /// # Errors
    /// The cluster does not know such objects, or does not allow this.
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<(), RunError> {
        let election = self.election();
        loop {
            let leading = async {
                self.check().await?;
                Ok(election.lead(None).await?)
            };
            let term = tokio::select! {
                biased;
                () = stopped(stop.clone()) => return Ok(()),
                term = leading => term,
            };
            match term {
                Ok(Ok(term)) => {
                    self.lead(&term, stop.clone()).await;
                    term.end().await;
                }
                Ok(Err(_)) => {}
                Err(error) if RunError::is_lasting(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "trying again");
                    tokio::select! {
                        () = stopped(stop.clone()) => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
            if *stop.borrow() {
                return Ok(());
            }
        }
    }

    /// Looks at every object once, one after the other.
    ///
    /// # Errors
    /// The cluster does not know such objects, does not allow this, or another operator leads.
    pub async fn once(&self) -> Result<Vec<Looked>, RunError> {
        self.check().await?;
        let patience = self.options.leadership * 2;
        let term = self.election().lead(Some(patience)).await?.map_err(RunError::led)?;
        let looked = tokio::select! {
            biased;
            () = term.lost() => Err(RunError::led("another operator".to_owned())),
            looked = self.look_at_all(&term) => looked,
        };
        term.end().await;
        looked
    }

    async fn look_at_all(&self, term: &Term) -> Result<Vec<Looked>, RunError> {
        let listed = self.fleets().list(&ListParams::default()).await?;
        let all: Vec<_> = listed.items.into_iter().map(Arc::new).collect();
        let seen = all.clone();
        let context = self.context(term.leading(), Box::new(move || seen.clone()));
        let mut looked = Vec::new();
        for object in all {
            let found = look_and_tell(&object, &context).await?;
            let Some((object, found)) = found else { continue };
            looked.push(Looked {
                namespace: object.namespace().unwrap_or_default(),
                name: object.name_any(),
                is_ready: found.verdict.reason.is_ready(),
                reason: found.verdict.reason.name(),
                message: found.verdict.message,
            });
        }
        Ok(looked)
    }

    /// Looks at objects while this operator leads, and is not stopped.
    async fn lead(&self, term: &Term, stop: watch::Receiver<bool>) {
        let controller = Controller::new(self.fleets(), watcher::Config::default())
            .with_config(Config::default().debounce(QUIET).concurrency(N_AT_ONCE))
            .reconcile_all_on(self.relabelled())
            .graceful_shutdown_on(stopped(stop.clone()));
        let store = controller.store();
        let context = self.context(term.leading(), Box::new(move || store.state()));
        let running = controller.run(reconcile, after_error, Arc::new(context));
        let running = running.for_each(|looked| {
            if let Err(error) = looked {
                tracing::debug!(%error, "not looked at");
            }
            future::ready(())
        });
        let cut_off = async {
            stopped(stop).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            () = term.lost() => tracing::warn!("this operator leads no longer"),
            () = cut_off => tracing::warn!("what is under way is cut off"),
            () = running => {}
        }
    }

    /// Something for each time that a node has other labels, is new, or is gone.
    fn relabelled(&self) -> impl Stream<Item = ()> + Send + 'static {
        let nodes: Api<PartialObjectMeta<Node>> = Api::all(self.client.clone());
        let mut known = Known::default();
        let events = watcher(nodes, watcher::Config::default()).default_backoff();
        events.filter_map(move |event| {
            let is_new = event.is_ok_and(|event| known.is_new(event));
            future::ready(is_new.then_some(()))
        })
    }

    fn context(
        &self,
        leading: Leading,
        fleets: Box<dyn Fn() -> Vec<Arc<FleetObject>> + Send + Sync>,
    ) -> Context {
        let reporter = Reporter::from("escadre-operator");
        Context {
            client: self.client.clone(),
            lease: self.options.lease,
            pods: self.options.pods,
            pause: self.options.pause.clone(),
            leading,
            recorder: Recorder::new(self.client.clone(), reporter),
            fleets,
            before_apply: self.before_apply.clone(),
        }
    }

    /// Makes sure that the cluster knows `Fleet` objects, and tells them.
    async fn check(&self) -> Result<(), RunError> {
        self.fleets().list_metadata(&ListParams::default().limit(1)).await?;
        Ok(())
    }

    fn fleets(&self) -> Api<FleetObject> {
        match &self.options.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    fn election(&self) -> Election {
        let leases = Api::namespaced(self.client.clone(), &self.options.own_namespace);
        Election::new(leases, self.options.leadership)
    }
}

/// Waits until `stop` is true; an end of the channel is no stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        future::pending::<()>().await;
    }
}

/// The labels of the nodes, as far as they were told.
#[derive(Default)]
struct Known {
    /// The hash of the labels of each node.
    nodes: HashMap<String, u64>,
    /// The nodes of a list that is not told to its end; after a gap it lacks those that went meanwhile.
    listed: HashSet<String>,
    hasher: RandomState,
}

impl Known {
    /// Whether `event` tells other labels of a node than are known, or that one is gone.
    fn is_new(&mut self, event: watcher::Event<PartialObjectMeta<Node>>) -> bool {
        match event {
            watcher::Event::Apply(node) => self.has(&node),
            watcher::Event::InitApply(node) => {
                self.listed.insert(node.name_any());
                self.has(&node)
            }
            watcher::Event::Delete(node) => self.nodes.remove(&node.name_any()).is_some(),
            watcher::Event::Init => {
                self.listed.clear();
                false
            }
            watcher::Event::InitDone => {
                let (n_before, listed) = (self.nodes.len(), std::mem::take(&mut self.listed));
                self.nodes.retain(|name, _| listed.contains(name));
                self.nodes.len() < n_before
            }
        }
    }

    fn has(&mut self, node: &PartialObjectMeta<Node>) -> bool {
        let hash = self.hasher.hash_one(node.labels());
        self.nodes.insert(node.name_any(), hash) != Some(hash)
    }
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;
    use kube::runtime::watcher::Event;

    use super::*;

    fn node(name: &str, rack: &str) -> PartialObjectMeta<Node> {
        let labels = [("rack".to_owned(), rack.to_owned())].into_iter().collect();
        let metadata =
            ObjectMeta { name: Some(name.to_owned()), labels: Some(labels), ..Default::default() };
        PartialObjectMeta { metadata, ..Default::default() }
    }

    #[test]
    fn what_went_while_nobody_watched_is_news_and_what_stayed_is_none() {
        let mut known = Known::default();
        let mut is_new = |event| known.is_new(event);
        assert!(!is_new(Event::Init));
        assert!(
            is_new(Event::InitApply(node("a", "1"))) && is_new(Event::InitApply(node("b", "1")))
        );
        assert!(!is_new(Event::InitDone));
        assert!(!is_new(Event::Apply(node("a", "1"))) && is_new(Event::Apply(node("a", "2"))));
        // The watch breaks off; meanwhile `b` goes.
        assert!(!is_new(Event::Init) && !is_new(Event::InitApply(node("a", "2"))));
        assert!(is_new(Event::InitDone));
        assert!(!is_new(Event::Delete(node("b", "1"))) && is_new(Event::Delete(node("a", "2"))));
    }
}
