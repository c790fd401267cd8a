//! The reference interpreter: the contract in memory, and wrong in one way if asked to.

mod apply;
mod bench;
mod bug;
mod plans;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use escadre_algebra::{
    DeviceId, Facts, Field, Outcome, Resolved, ResourceName, ResourceState, Value,
};
use escadre_interpreter::{
    Applied, Capabilities, Consent, Interpreter, Observation, Plan, Progress, Revision, Snapshot,
};

pub use bench::ReferenceBench;
pub use bug::Bug;
pub use world::State;
use world::World;

/// The longest text that the reference interpreter can express, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 4096;

/// A controller of one world in memory, which keeps the contract, or all of it but one [`Bug`].
///
/// It is as small as the contract allows: the shortest example of an interpreter. Resources are
/// held as JSON; a field `note` is for people and not held; texts of more than 4096 bytes cannot
/// be expressed. Its apply waits once after each write, as one over a network would.
#[derive(Clone, Debug)]
pub struct Reference {
    world: Arc<Mutex<World>>,
    bug: Option<Bug>,
    /// After how many writes the next apply dies.
    kill_after: Option<usize>,
    /// What this controller last saw; only bugs look at it.
    seen: Option<Revision>,
    /// What this controller last wrote; only bugs look at it.
    wrote: Option<Snapshot>,
}

/// What a world is to hold: the resolved fleet itself, since resources are held as they are.
#[derive(Clone, Debug)]
pub struct Objects {
    resolved: Resolved,
}

/// Why the reference interpreter does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceError(String);

impl ReferenceError {
    fn new(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl std::fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReferenceError {}

impl Reference {
    /// A controller of an empty world.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A controller of an empty world, with this bug.
    #[must_use]
    pub fn broken(bug: Bug) -> Self {
        Self::with(Some(bug))
    }

    fn with(bug: Option<Bug>) -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        Self { world, bug, kill_after: None, seen: None, wrote: None }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision of `world`.
    fn revision(&self, world: &World) -> Revision {
        if self.has(Bug::RevisesByContent) { world.digest() } else { world.revision() }
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

impl Interpreter for Reference {
    type Objects = Objects;
    type State = State;
    type LowerError = ReferenceError;
    type ObserveError = ReferenceError;
    type LiftError = ReferenceError;
    type ApplyError = ReferenceError;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            membership_marker: true,
            fenced: true,
            exact: self.has(Bug::ClaimsExact),
            contents: true,
            ..Capabilities::default()
        }
    }

    fn target(&self) -> String {
        match self.bug {
            None => "reference:memory".to_owned(),
            Some(bug) => format!("reference:memory, which {bug}"),
        }
    }

    fn normalise(
        &self,
        _: &ResourceName,
        state: &Arc<ResourceState>,
    ) -> Option<Arc<ResourceState>> {
        let is = |fields: &[Field], name| fields.last().is_some_and(|last| last.as_str() == name);
        let held = |(fields, value): &&(Arc<[Field]>, Value)| match self.bug {
            _ if fields.len() == 1 && is(fields, "note") => false,
            Some(Bug::DropsImages) => !is(fields, "image"),
            Some(Bug::DropsWords) => value.is_constant(),
            _ => true,
        };
        let leaves = state.leaves().iter().filter(held).map(|(fields, value)| {
            let escape = |text: &str| Value::text(text.replace('$', "$$"));
            let value = match value {
                Value::Text(word) if self.has(Bug::EscapesTwice) => {
                    word.as_literal().map_or_else(|| value.clone(), escape)
                }
                value => value.clone(),
            };
            (fields.to_vec(), value)
        });
        ResourceState::from_leaves(leaves).map(Arc::new)
    }

    fn lower(&self, resolved: &Resolved) -> Result<Objects, ReferenceError> {
        for (facts, outcome) in resolved.iter() {
            let Outcome::Member(member) = outcome else { continue };
            for (name, state) in member.configuration.resources() {
                match too_long(state, facts) {
                    Some(_) if self.has(Bug::LowersAnything) => {}
                    Some(field) => return Err(self.inexpressible(name, &field, facts.id())),
                    None => {}
                }
            }
        }
        Ok(Objects { resolved: resolved.clone() })
    }

    async fn observe(&mut self) -> Result<Observation<State>, ReferenceError> {
        let (state, revision) = {
            let mut world = self.lock();
            if self.has(Bug::RevisesByReading) {
                world.bump();
            }
            (world.state(), self.revision(&world))
        };
        self.seen = Some(revision.clone());
        Ok(Observation { state, revision })
    }

    fn lift(&self, state: &State) -> Result<Snapshot, ReferenceError> {
        state.lift(self.bug).map_err(ReferenceError::new)
    }

    fn plan(&self, resolved: &Resolved, held: &Snapshot, base: &Revision) -> Plan {
        self.planned(resolved, held, base)
    }

    async fn apply(
        &mut self,
        plan: &Plan,
        objects: &Objects,
        consent: &Consent,
        dry_run: bool,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ReferenceError> {
        self.write(&apply::Asked { plan, objects, consent, dry_run }, progress).await
    }
}

impl Reference {
    fn inexpressible(&self, name: &ResourceName, field: &str, device: &DeviceId) -> ReferenceError {
        let on = match self.has(Bug::NamesNoDevice) {
            true => String::new(),
            false => format!(" on `{device}`"),
        };
        ReferenceError(format!(
            "the field `{field}` of `{name}`{on} is longer than {MAX_TEXT_BYTES} bytes"
        ))
    }
}

/// The first field of `state` whose text is too long on the device of `facts`.
fn too_long(state: &ResourceState, facts: &Facts) -> Option<String> {
    let long = state.leaves().iter().find(|(_, value)| {
        let value = value.instantiate(facts);
        let mut words = value.words().into_iter();
        words.any(|word| word.as_literal().is_some_and(|text| text.len() > MAX_TEXT_BYTES))
    });
    long.map(|(fields, _)| fields.iter().map(Field::as_str).collect::<Vec<_>>().join("."))
}
