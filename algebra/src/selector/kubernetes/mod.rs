//! Selectors as Kubernetes has them: label selectors, node selectors, and their strings.
//!
//! Ported from the meaning of `k8s.io/apimachinery/pkg/labels` and
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`; each type has a `to_selector` that
//! gives the [`Selector`](super::Selector) of the same meaning.
//!
//! ```
//! use escadre_algebra::kubernetes::LabelSelector;
//! let s = LabelSelector::parse("tier notin (b, a),app==web")?;
//! assert_eq!(s.to_string(), "app==web,tier notin (a,b)");
//! assert_eq!(s.to_selector().to_string(), "app = web and tier notin (a, b)");
//! # Ok::<(), escadre_algebra::kubernetes::Invalid>(())
//! ```

mod label_selector;
mod node;
mod requirement;
mod syntax;

pub use label_selector::{LabelSelector, labels_map};
pub use node::{NodeSelector, PreferredTerms, pod_node_affinity};
pub use requirement::{Invalid, Operator, Requirement, is_label_value, is_qualified_name};
pub use syntax::{Token, parse_requirements, tokens};
