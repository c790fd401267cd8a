//! The NATS interpreter of fleets: a fleet is held in a JetStream key-value bucket.
//!
//! ```text
//! controller ── apply ─▶ _fence, <device>.<resource>, <device>._manifest ─▶ devices
//! ```
//!
//! [`Nats`] is an [`Interpreter`](escadre_interpreter::Interpreter): it lowers, observes, lifts,
//! plans and applies. Every write is conditional on a fence that one controller has at a time, and
//! the writes of a device are one atomic batch, its manifest last: `docs/adr/0006-nats.md` argues
//! why no reader that follows the manifest ever sees a device that is half old and half new.
//!
//! [`device`] is the other end: what runs on a device reads its own keys and reports; [`status`] is what
//! was reported beside what is wanted, [`info`] what devices tell of their labels, [`asserted`] what
//! their owner says of them. [`permissions`] says what each user must be allowed, and no more; [`jwt`]
//! has an account sign it. What comes over the wire is decoded by pure functions: those of the forms
//! above, [`answers`] of the server, and [`content()`] that comes in parts.
//!
//! In reading order: [`Key`] is what things are called, [`World`] what a bucket holds, [`Objects`]
//! what it is to hold, [`Address`] where it is and [`connect()`] the way there, [`Nats`] the controller
//! with its [`Options`]; then the errors of each operation.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
//! use escadre_interpreter::{Consent, Interpreter, Silent};
//! use escadre_nats::{Nats, Options};
//!
//! let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
//! let resolved = deploy(Resource::new("motd").set("text", "hello")).resolve(&inventory)?;
//! let client = async_nats::connect("nats://127.0.0.1:4222").await?;
//! let mut bucket = Nats::open(client, Options::default()).await?;
//!
//! let seen = bucket.observe().await?;
//! let plan = bucket.plan(&resolved, &bucket.lift(&seen.state)?, &seen.revision);
//! let objects = bucket.lower(&resolved)?;
//! bucket.apply(&plan, &objects, &Consent::default(), false, &mut Silent).await?;
//! # Ok(())
//! # }
//! ```

mod address;
pub mod answers;
pub mod asserted;
mod connect;
mod content;
pub mod device;
mod driver;
mod error;
mod forms;
pub mod info;
pub mod jwt;
mod lift;
mod lower;
mod names;
pub mod permissions;
pub mod status;
mod world;

pub use address::{Address, AddressError};
pub use asserted::InventoryError;
pub use connect::{
    ConnectError, ConnectErrorKind, are_credentials, connect, connect_device, is_connected,
};
pub use content::content;
pub use driver::{
    Listed, Nats, Options, make_report_buckets, read_inventory, read_reported, write_inventory,
    write_inventory_until,
};
pub use error::{ApplyError, LiftError, LowerError, LowerErrorKind, ServerError, ServerErrorKind};
pub use escadre_interpreter::Ended;
pub use forms::{Fence, Manifest};
pub use lower::Objects;
pub use names::{Key, KeyError, device_token, parse_device_token};
pub use world::{Anomaly, World};
