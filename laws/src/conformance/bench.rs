//! What an interpreter's author gives the suite.

use std::collections::BTreeMap;
use std::fmt;

use escadre_algebra::{DeviceId, Digest, Fleet, Inventory, container, deploy};
use escadre_interpreter::Interpreter;
use serde::Serialize;

/// A test bench: empty targets of one kind on demand, and what else can be done to them.
///
/// Only `fresh` is asked of every bench. What it can do beyond is declared by [`Bench::offers`];
/// a case that needs more is not run, and the report says why. A hook that is declared must work.
/// Futures are polled on one thread, so none of them must be `Send`.
///
/// [`Reference`](super::Reference) is an example with every hook.
#[expect(async_fn_in_trait, reason = "the suite polls on one thread and asks for no auto traits")]
pub trait Bench {
    /// The interpreter under test.
    type I: Interpreter + Send;

    /// What this bench can do besides making targets.
    fn offers(&self) -> &'static [Hook] {
        &[]
    }

    /// A controller of an empty target that no other case uses, in which `devices` exist.
    ///
    /// `devices` lists all that the case may write, whatever inventories it plans with.
    ///
    /// # Errors
    /// The target could not be made; the case fails.
    async fn fresh(&mut self, devices: &Inventory) -> Result<Self::I, Trouble>;

    /// Another controller of the target of `first`, which knows nothing that `first` remembers ([`Hook::SecondController`]).
    ///
    /// # Errors
    /// It could not be made; the case fails.
    async fn reopen(&mut self, first: &Self::I) -> Result<Self::I, Trouble> {
        let _ = first;
        Err(Trouble::unoffered(Hook::SecondController))
    }

    /// Lets the next `apply` of `target` fail after `n_writes` writes, as if its controller was
    /// gone; `None` lets it live ([`Hook::Kills`]).
    ///
    /// What a write is, the bench decides: the finest that a crash can fall between.
    /// An `apply` of fewer writes ends well.
    ///
    /// # Errors
    /// It could not be done; the case fails.
    async fn kill_after(
        &mut self,
        target: &mut Self::I,
        n_writes: Option<usize>,
    ) -> Result<(), Trouble> {
        let _ = (target, n_writes);
        Err(Trouble::unoffered(Hook::Kills))
    }

    /// Lets another writer change what is held of `n` members, and tells which ([`Hook::Drift`]).
    ///
    /// # Errors
    /// It could not be done; the case fails.
    async fn drift(&mut self, target: &mut Self::I, n: usize) -> Result<Vec<DeviceId>, Trouble> {
        let _ = (target, n);
        Err(Trouble::unoffered(Hook::Drift))
    }

    /// For each member a text that is another after every write of that device, even of what was there already ([`Hook::Stamps`]).
    ///
    /// # Errors
    /// The target could not be read; the case fails.
    async fn stamps(
        &mut self,
        target: &mut Self::I,
    ) -> Result<BTreeMap<DeviceId, String>, Trouble> {
        let _ = target;
        Err(Trouble::unoffered(Hook::Stamps))
    }

    /// How many writes the target has taken since it was made, of whatever kind ([`Hook::Writes`]).
    ///
    /// # Errors
    /// The target could not be read; the case fails.
    async fn writes(&mut self, target: &mut Self::I) -> Result<u64, Trouble> {
        let _ = target;
        Err(Trouble::unoffered(Hook::Writes))
    }

    /// The content named `digest`, if the target holds it ([`Hook::Contents`]).
    ///
    /// # Errors
    /// The target could not be read; the case fails.
    async fn content(
        &mut self,
        target: &mut Self::I,
        digest: Digest,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let _ = (target, digest);
        Err(Trouble::unoffered(Hook::Contents))
    }

    /// The output of `future`, run to its end inside of a callback ([`Hook::Drive`]).
    ///
    /// With several threads of tokio, it is
    /// `Some(block_in_place(|| Handle::current().block_on(future)))`.
    fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
        drop(future);
        None
    }

    /// A fleet that this kind of target cannot express on any device, if there is one.
    fn inexpressible(&self) -> Option<Fleet> {
        None
    }

    /// Every device has the resource `name`, which is different in each `version`; the target can express it.
    fn resource(&self, name: &str, version: u32) -> Fleet {
        deploy(container(name).image(format!("acme/{name}:{version}")))
    }

    /// How many devices one write of the target may hold: takeovers happen between two writes.
    fn n_batch(&self) -> usize {
        1
    }
}

/// What a bench, or its target, may be able to do; cases name what they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Hook {
    /// [`Bench::reopen`].
    SecondController,
    /// [`Bench::kill_after`].
    Kills,
    /// [`Bench::drift`].
    Drift,
    /// [`Bench::stamps`].
    Stamps,
    /// [`Bench::writes`].
    Writes,
    /// [`Bench::drive`].
    Drive,
    /// [`Bench::content`].
    Contents,
    /// [`Bench::inexpressible`] is some fleet; it need not be declared.
    Inexpressible,
    /// `Capabilities::membership_marker`, which the interpreter declares.
    MembershipMarker,
    /// `Capabilities::fenced`, which the interpreter declares.
    Fence,
    /// `Capabilities::exact`, which the interpreter declares.
    Exact,
}

impl fmt::Display for Hook {
    /// Why a case that needs this hook is not run without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecondController => "the bench makes no second controller",
            Self::Kills => "the bench cannot kill a controller",
            Self::Drift => "the bench has no other writer",
            Self::Stamps => "the bench does not tell when a device was written",
            Self::Writes => "the bench does not count writes",
            Self::Drive => "the bench drives no future inside of a callback",
            Self::Contents => "the bench does not tell which contents are held",
            Self::Inexpressible => "the bench names no fleet that the target cannot express",
            Self::MembershipMarker => "the target declares no membership marker",
            Self::Fence => "the target declares no fence",
            Self::Exact => "the target does not declare to hold everything as it is",
        })
    }
}

/// A bench could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(String);

impl Trouble {
    /// The trouble that `what` says.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }

    fn unoffered(hook: Hook) -> Self {
        Self::new(hook)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any error is a trouble, so that benches can use `?`.
impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}
