//! The simulator: an interpreter of fleets whose target is a world of simulated devices.
//!
//! ```text
//! controller ── apply ─▶ written ── step ─▶ running ── report
//!                          ▲
//!               drift (another writer)
//! ```
//!
//! A [`Simulator`] is an [`Interpreter`](escadre_interpreter::Interpreter) like those of real
//! targets: it lowers, observes, lifts, plans and applies. Its world is a folder (or memory), its
//! clock moves only when told, and its [`Faults`] are decided by a seed, so that every run can be
//! run again. `docs/simulator.md` describes the folder, the faults and what devices do.
//!
//! In reading order: [`Simulator`] and [`Open`]; [`Objects`] and [`World`] with [`Fence`]; [`Faults`],
//! [`Disk`], [`Clock`], [`Drift`], [`Status`]; then the errors of each operation.
//!
//! ```
//! use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
//! use escadre_interpreter::{Consent, Interpreter, Silent};
//! use escadre_sim::{Simulator, wait};
//!
//! let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
//! let resolved = deploy(Resource::new("motd").set("text", "hello")).resolve(&inventory)?;
//! let mut world = Simulator::in_memory("first", 0)?;
//!
//! let seen = wait(world.observe())?;
//! let plan = world.plan(&resolved, &world.lift(&seen.state)?, &seen.revision);
//! assert_eq!(plan.summary().added, 1);
//! let objects = world.lower(&resolved)?;
//! wait(world.apply(&plan, &objects, &Consent::default(), false, &mut Silent))?;
//!
//! let seen = wait(world.observe())?;
//! assert!(world.plan(&resolved, &world.lift(&seen.state)?, &seen.revision).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod device;
mod disk;
mod driver;
mod error;
mod fault;
mod lift;
mod lower;
mod wait;
mod world;

pub use clock::Clock;
pub use disk::{Disk, DiskFault};
pub use driver::{Drift, DriftKind, Open, Simulator, Status, Stepped};
pub use error::{ApplyError, LiftError, LowerError, OpenError, OpenErrorKind, StoreError};
pub use escadre_interpreter::Ended;
pub use fault::{Faults, FaultsError, Rate};
pub use lower::Objects;
pub use wait::wait;
pub use world::{Entry, Fence, World};
