//! Who leads: a Lease that one operator has at a time.
//!
//! Who has it stops once two thirds of its duration have passed since the last renewal that was
//! surely taken. Who wants it waits until it did not change for the whole duration, by its own clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, PostParams};
use tokio::sync::watch;
use tokio::time::Instant;

/// The name of the lease.
pub(crate) const LEASE: &str = "escadre-operator";

/// The longest pause between two looks at a lease of another.
const LOOK: Duration = Duration::from_secs(2);

/// An election in which this process stands.
#[derive(Clone)]
pub(crate) struct Election {
    leases: Api<Lease>,
    holder: String,
    duration: Duration,
}

/// What another's lease was like, and since when.
struct Seen {
    version: Option<String>,
    since: Instant,
}

impl Election {
    pub(crate) fn new(leases: Api<Lease>, duration: Duration) -> Self {
        Self { leases, holder: name(), duration }
    }

    /// Waits until this process leads, or nobody else has shown up for so long as `patience` says;
    /// the name of the other in that case.
    pub(crate) async fn lead(
        &self,
        patience: Option<Duration>,
    ) -> Result<Result<Term, String>, kube::Error> {
        let begin = Instant::now();
        let mut seen: Option<Seen> = None;
        loop {
            let sent = Instant::now();
            let lease = self.leases.get_opt(LEASE).await?;
            let other = lease.as_ref().and_then(held_by).filter(|other| *other != self.holder);
            if other.is_none() || self.has_run_out(lease.as_ref(), &mut seen) {
                if let Some(lease) = self.take(lease).await? {
                    return Ok(Ok(Term::begin(self.clone(), lease, sent)));
                }
                continue;
            }
            let other = other.unwrap_or_default();
            if patience.is_some_and(|patience| begin.elapsed() >= patience) {
                return Ok(Err(other.to_owned()));
            }
            tracing::debug!(leader = other, "another operator leads");
            tokio::time::sleep(LOOK.min(self.duration / 10)).await;
        }
    }

    /// Whether nobody wrote `lease` for as long as it holds.
    fn has_run_out(&self, lease: Option<&Lease>, seen: &mut Option<Seen>) -> bool {
        let version = lease.and_then(|lease| lease.metadata.resource_version.clone());
        let stated = lease.and_then(|lease| lease.spec.as_ref()?.lease_duration_seconds);
        let stated = Duration::from_secs(stated.and_then(|s| s.try_into().ok()).unwrap_or(0));
        match seen {
            Some(seen) if seen.version == version => {
                seen.since.elapsed() >= self.duration.max(stated)
            }
            _ => {
                *seen = Some(Seen { version, since: Instant::now() });
                false
            }
        }
    }

    /// Takes the lease that was seen, if nobody wrote it meanwhile.
    async fn take(&self, seen: Option<Lease>) -> Result<Option<Lease>, kube::Error> {
        let params = PostParams::default();
        let written = match seen {
            None => {
                let name = Some(LEASE.to_owned());
                let metadata = ObjectMeta { name, ..ObjectMeta::default() };
                let spec = Some(self.spec(0));
                self.leases.create(&params, &Lease { metadata, spec }).await
            }
            Some(mut lease) => {
                let before = lease.spec.as_ref().and_then(|spec| spec.lease_transitions);
                lease.spec = Some(self.spec(before.unwrap_or(0).saturating_add(1)));
                self.leases.replace(LEASE, &params, &lease).await
            }
        };
        match written {
            Ok(lease) => Ok(Some(lease)),
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn spec(&self, transitions: i32) -> LeaseSpec {
        let now = Some(MicroTime(Timestamp::now()));
        let s = i32::try_from(self.duration.as_secs()).unwrap_or(i32::MAX);
        LeaseSpec {
            holder_identity: Some(self.holder.clone()),
            lease_duration_seconds: Some(s.max(1)),
            lease_transitions: Some(transitions),
            acquire_time: now.clone(),
            renew_time: now,
            ..LeaseSpec::default()
        }
    }
}

/// Who holds `lease`, if anybody.
fn held_by(lease: &Lease) -> Option<&str> {
    let holder = lease.spec.as_ref()?.holder_identity.as_deref()?;
    Some(holder).filter(|holder| !holder.is_empty())
}

/// The time during which this process leads; it is renewed until it is dropped or ended.
pub(crate) struct Term {
    renewed: Arc<Mutex<Instant>>,
    duration: Duration,
    lost: watch::Receiver<bool>,
    end: watch::Sender<bool>,
    renewing: tokio::task::JoinHandle<()>,
}

/// What a look asks before it writes: whether its operator surely leads.
#[derive(Clone)]
pub(crate) struct Leading {
    renewed: Arc<Mutex<Instant>>,
    longest: Duration,
}

impl Leading {
    /// Whether nobody else may lead yet, by the clock.
    pub(crate) fn holds(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.elapsed() < self.longest
    }
}

impl Term {
    fn begin(election: Election, lease: Lease, sent: Instant) -> Self {
        let duration = election.duration;
        tracing::info!(holder = election.holder, "leading");
        let renewed = Arc::new(Mutex::new(sent));
        let (tell, lost) = watch::channel(false);
        let (end, is_over) = watch::channel(false);
        let leading = Leading { renewed: Arc::clone(&renewed), longest: duration * 2 / 3 };
        let renewing = tokio::spawn(async move {
            renew(&election, lease, &leading, is_over).await;
            // Nobody may listen any more.
            let _ = tell.send(true);
        });
        Self { renewed, duration, lost, end, renewing }
    }

    pub(crate) fn leading(&self) -> Leading {
        Leading { renewed: Arc::clone(&self.renewed), longest: self.duration * 2 / 3 }
    }

    /// Waits until this process leads no longer.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut lost = self.lost.clone();
        async move {
            // An end of the channel is the end of the renewing.
            let _ = lost.wait_for(|lost| *lost).await;
        }
    }

    /// Gives the lease back, so that the next one need not wait.
    pub(crate) async fn end(mut self) {
        let _ = self.end.send(true);
        let _ = (&mut self.renewing).await;
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Renews `lease` until it is lost, or the term is over: then it is given back.
async fn renew(
    election: &Election,
    mut lease: Lease,
    leading: &Leading,
    mut is_over: watch::Receiver<bool>,
) {
    let pause = election.duration / 6;
    let mut wait = pause;
    loop {
        tokio::select! {
            _ = is_over.wait_for(|over| *over) => break,
            () = tokio::time::sleep(wait) => {}
        }
        let sent = Instant::now();
        let written = tokio::time::timeout(pause, renewed(election, &lease)).await;
        match written {
            Ok(Ok(Some(next))) => {
                lease = next;
                *leading.renewed.lock().unwrap_or_else(PoisonError::into_inner) = sent;
                wait = pause;
                continue;
            }
            Ok(Ok(None)) => {
                tracing::warn!("another operator has taken the lease");
                return;
            }
            Ok(Err(error)) => tracing::warn!(%error, "the lease was not renewed"),
            Err(_) => tracing::warn!("no answer to the renewal of the lease"),
        }
        if !leading.holds() {
            tracing::warn!("the lease could not be renewed in time");
            return;
        }
        // Tried again soon: two thirds of the duration are not long.
        wait = pause / 4;
    }
    if let Some(spec) = lease.spec.as_mut() {
        spec.holder_identity = Some(String::new());
    }
    let params = PostParams::default();
    let given = election.leases.replace(LEASE, &params, &lease);
    if let Ok(Err(error)) = tokio::time::timeout(pause, given).await {
        tracing::debug!(%error, "the lease was not given back");
    }
}

/// The lease, renewed; `None` if another has it.
async fn renewed(election: &Election, lease: &Lease) -> Result<Option<Lease>, kube::Error> {
    let mut next = lease.clone();
    // A conflict may be this process's own write, whose answer was lost.
    for _ in 0..2 {
        if let Some(spec) = next.spec.as_mut() {
            spec.renew_time = Some(MicroTime(Timestamp::now()));
        }
        match election.leases.replace(LEASE, &PostParams::default(), &next).await {
            Ok(lease) => return Ok(Some(lease)),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                let there = election.leases.get_opt(LEASE).await?;
                match there.filter(|it| held_by(it) == Some(&election.holder)) {
                    Some(there) => next = there,
                    None => return Ok(None),
                }
            }
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// A name that no other operator has, and that tells where it runs.
fn name() -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    let host = std::env::var("HOSTNAME").ok().filter(|host| !host.is_empty());
    format!("{}_{}-{random:016x}", host.as_deref().unwrap_or(LEASE), std::process::id())
}
