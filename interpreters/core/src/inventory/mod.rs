//! Inventories from what people already have: JSON Lines, CSV, and `kubectl get nodes -o json`.
//!
//! [`read`] and [`read_path`] turn text into an [`Inventory`]; [`write_jsonl`] is their inverse.
//! [`Summary`] says what an inventory holds, and [`sample`] makes one without any file.
//! A bad file is refused as a whole, and [`ReadError`] names up to twenty of its bad lines.
//!
//! ```
//! use escadre_interpreter::inventory::{read, ReadOptions};
//! let text = r#"{"id": "cam-1", "labels": {"role": "camera", "site": null}}"#;
//! let found = read("cams.jsonl", text.as_bytes(), &ReadOptions::default())?;
//! assert_eq!(found.inventory.len(), 1);
//! assert!(found.inventory.devices()[0].has_unknown());
//! # Ok::<(), escadre_interpreter::inventory::ReadError>(())
//! ```
//!
//! [`Inventory`]: escadre_algebra::Inventory

mod collect;
mod csv;
mod error;
mod flat;
mod format;
mod jsonl;
mod kube;
mod lines;
mod read;
pub mod sample;
mod summary;
mod text;
mod write;

pub use error::{BadLine, ReadError};
pub use format::{Format, UnknownFormat};
pub use kube::{OWN_LABEL_PREFIX, is_own_label, kubelet_may_set, kubelet_reports};
pub use read::{MAX_LINE_BYTES, ReadInventory, ReadOptions, read, read_path};
pub use summary::{LabelSummary, Summary, ValueCount};
pub use write::write_jsonl;
