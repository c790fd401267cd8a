//! Escadre is an algebra of fleets: what should run on which machine is a value.
//!
//! A [`Fleet`] is built in Rust from parts that obey stated laws, checked before any machine
//! exists, and carried out by separate interpreters.
//!
//! ```
//! use escadre::{Coverage, Facts, Fleet, Inventory, container, deploy, label};
//!
//! fn cameras() -> Fleet {
//!     let recorder = container("recorder").image("ghcr.io/acme/recorder:2.3");
//!     let hotfix = container("recorder").image("ghcr.io/acme/recorder:2.3.1");
//!     deploy(recorder)
//!         .restrict(label("role").eq("camera"))
//!         .patch(deploy(hotfix).restrict(label("site").eq("lyon")).named("hotfix"))
//! }
//!
//! let cam = Facts::of("cam-1", [("role", "camera"), ("site", "lyon")])?;
//! let pc = Facts::of("pc-7", [("role", "desk")])?;
//! let resolved = cameras().resolve(&Inventory::new([cam, pc], Coverage::Complete)?)?;
//! assert!(matches!(resolved.outcome("cam-1"), Some(escadre::Outcome::Member(_))));
//! assert!(matches!(resolved.outcome("pc-7"), Some(escadre::Outcome::NotMember)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A program of your own
//!
//! [`cli::run`] makes a command of a fleet: `plan`, `apply`, `explain`, `drift` and the others.
//!
//! ```no_run
//! # fn cameras() -> escadre::Fleet { escadre::Fleet::empty() }
//! fn main() -> std::process::ExitCode {
//!     escadre::cli::run(cameras())
//! }
//! ```
//!
//! The binary `escadre` has the same commands for a `fleet.lock`, which `lock` writes.
//!
//! # Contents
//!
//! Everything of the algebra is at the root of this crate. Beside it are [`inventory`], which reads
//! what devices there are, [`interpreter`], which every interpreter has in common, and [`sim`], the
//! simulator, [`nats`], fleets in NATS buckets, [`kube`], fleets on Kubernetes clusters, and
//! [`operator`], which carries out `Fleet` objects there (features of the same names, on by default).

pub mod cli;

/// The Rust of README.md and of the book, compiled and run with the documentation's own tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/tutorial.md")]
    struct Tutorial;
    #[doc = include_str!("../../../docs/cli.md")]
    struct CommandLine;
    #[doc = include_str!("../../../docs/selectors.md")]
    struct Selectors;
    #[doc = include_str!("../../../docs/resources.md")]
    struct Resources;
    #[doc = include_str!("../../../docs/properties.md")]
    struct Properties;
    #[doc = include_str!("../../../docs/verifying.md")]
    struct Verifying;
    #[doc = include_str!("../../../docs/interpreters.md")]
    struct Interpreters;
    #[cfg(feature = "kube")]
    #[doc = include_str!("../../../docs/kubernetes.md")]
    struct Kubernetes;
}
mod svg;

pub use escadre_algebra::*;
pub use escadre_interpreter as interpreter;
pub use escadre_interpreter::inventory;
#[cfg(feature = "kube")]
pub use escadre_kube as kube;
#[cfg(feature = "nats")]
pub use escadre_nats as nats;
#[cfg(feature = "operator")]
pub use escadre_operator as operator;
#[cfg(feature = "sim")]
pub use escadre_sim as sim;
/// Values of JSON, for the setters that take one: `set`, `affinity`, `Volume::projected`.
pub use serde_json::json;
