//! What is wrong, in groups.

use std::collections::HashMap;
use std::fmt;

use super::check::Fault;
use crate::after::AfterError;
use crate::annotation::{Annotation as _, Sources};
use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::inventory::Inventory;
use crate::names::{DeviceId, Field, LabelKey, ResourceName};
use crate::path::Path;
use crate::problem::Problem;
use crate::value::Value;

/// At most this many groups are kept with their sources; the others are counted.
const MAX_FINDINGS: usize = 100;

/// One group of what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// Something was written but means nothing.
    Invalid(Problem),
    /// A path has several candidates.
    Conflict {
        /// The topmost such path.
        path: Path,
        /// The candidates, each with who wrote it.
        candidates: Vec<(Value, Sources)>,
        /// On which devices.
        on: Devices,
    },
    /// A text mentions a label that the device does not have.
    MissingLabel {
        /// Where the text stands.
        path: Path,
        /// The label.
        key: LabelKey,
        /// The text as written, and by whom.
        value: (Value, Sources),
        /// On which devices.
        on: Devices,
    },
    /// Nobody claimed a field that its kind of resource requires.
    MissingField {
        /// The field.
        path: Path,
        /// Why it is required.
        reason: &'static str,
        /// Who wrote the resource.
        sources: Sources,
        /// On which devices.
        on: Devices,
    },
    /// A resource is `after` one that the device does not have.
    UnknownDependency {
        /// The resource.
        resource: ResourceName,
        /// What it is after.
        target: String,
        /// Who wrote that.
        sources: Sources,
        /// On which devices.
        on: Devices,
    },
    /// What a resource says in `after` is not `NAME = true`.
    BadDependency {
        /// The field.
        path: Path,
        /// What it holds, and who wrote it.
        value: (Value, Sources),
        /// On which devices.
        on: Devices,
    },
    /// Resources are `after` each other.
    Cycle {
        /// Each is after the next, the last after the first.
        resources: Vec<ResourceName>,
        /// Who wrote the dependencies between them.
        sources: Sources,
        /// On which devices.
        on: Devices,
    },
}

/// The devices on which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// How many.
    pub n_devices: usize,
    /// One of them.
    pub witness: DeviceId,
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n_devices {
            1 => write!(f, "on `{}`", self.witness),
            n => write!(f, "on {n} devices, such as `{}`", self.witness),
        }
    }
}

/// A fleet does not resolve on an inventory: everything that is wrong, in groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    findings: Vec<Finding>,
    n_more: usize,
}

impl Unresolved {
    /// The groups: at most a hundred invalid parts, then at most a hundred others, those on most
    /// devices first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many more groups there are.
    #[must_use]
    pub fn n_more(&self) -> usize {
        self.n_more
    }
}

impl std::error::Error for Unresolved {}

/// The faults of many devices, in groups.
#[derive(Default)]
pub(super) struct Collector(HashMap<Fault, Devices>);

impl Collector {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a fault of the device `id`; the first device to have it is the witness.
    pub(super) fn add(&mut self, fault: &Fault, id: &DeviceId) {
        match self.0.get_mut(fault) {
            Some(devices) => devices.n_devices += 1,
            None => {
                self.0.insert(fault.clone(), Devices { n_devices: 1, witness: id.clone() });
            }
        }
    }

    pub(super) fn finish(
        self,
        evaluator: &Evaluator,
        inventory: &Inventory,
        problems: Vec<Problem>,
    ) -> Unresolved {
        let mut faults: Vec<(Fault, Devices)> = self.0.into_iter().collect();
        faults.sort_by(|(a, on_a), (b, on_b)| on_b.n_devices.cmp(&on_a.n_devices).then(a.cmp(b)));
        let n_more = faults.len().saturating_sub(MAX_FINDINGS);
        faults.truncate(MAX_FINDINGS);
        let mut annotated: HashMap<DeviceId, Claims<Sources>> = HashMap::new();
        let n_problems = problems.len().saturating_sub(MAX_FINDINGS);
        let problems = problems.into_iter().take(MAX_FINDINGS);
        let mut findings: Vec<Finding> = problems.map(Finding::Invalid).collect();
        for (fault, on) in faults {
            let claims = annotated.entry(on.witness.clone()).or_insert_with(|| {
                let facts = inventory.device(on.witness.as_str());
                facts.and_then(|f| evaluator.evaluate(&evaluator.answers(&f))).unwrap_or_default()
            });
            findings.push(finding(fault, on, claims));
        }
        Unresolved { findings, n_more: n_more + n_problems }
    }
}

fn finding(fault: Fault, on: Devices, claims: &Claims<Sources>) -> Finding {
    match fault {
        Fault::Conflict { path, candidates } => {
            let mut written = claims.at(&path);
            if written.is_empty() {
                written = candidates.into_iter().map(|v| (v, Sources::default())).collect();
            }
            Finding::Conflict { candidates: written, path, on }
        }
        Fault::MissingLabel { path, key, value } => {
            let written = claims.at(&path).into_iter().next();
            Finding::MissingLabel {
                path,
                key,
                value: written.unwrap_or((value, Sources::default())),
                on,
            }
        }
        Fault::MissingField { path, reason } => {
            let root = claims.at(&Path::root(path.resource().clone())).into_iter().next();
            Finding::MissingField {
                path,
                reason,
                sources: root.map(|c| c.1).unwrap_or_default(),
                on,
            }
        }
        Fault::After(error) => dependency(error, on, claims),
    }
}

fn dependency(error: AfterError, on: Devices, claims: &Claims<Sources>) -> Finding {
    let written = |resource: &ResourceName, fields: Vec<Field>| {
        let path = Path::new(resource.clone(), fields).ok();
        path.and_then(|path| claims.at(&path).into_iter().next().map(|c| c.1)).unwrap_or_default()
    };
    let after = |target: &str| -> Vec<Field> {
        ["after", target].iter().filter_map(|name| Field::parse(name).ok()).collect()
    };
    match error {
        AfterError::UnknownTarget { resource, target } => {
            let sources = written(&resource, after(target.as_str()));
            Finding::UnknownDependency { resource, target: target.to_string(), sources, on }
        }
        AfterError::NotTrue { resource, fields, value } => {
            let sources = written(&resource, fields.to_vec());
            let root = Path::root(resource.clone());
            let path = Path::new(resource, fields.to_vec()).unwrap_or(root);
            Finding::BadDependency { path, value: (value, sources), on }
        }
        AfterError::Cycle(resources) => {
            let mut sources = Sources::default();
            let next = resources.iter().cycle().skip(1);
            for (resource, target) in resources.iter().zip(next) {
                sources.join(&written(resource, after(target.as_str())));
            }
            Finding::Cycle { resources, sources, on }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, sources: &Sources| {
            sources.all().iter().try_for_each(|source| write!(f, "\n        written at {source}"))
        };
        let written = |f: &mut fmt::Formatter<'_>, value: &Value, sources: &Sources| {
            write!(f, "\n    {value}")?;
            at(f, sources)
        };
        match self {
            Self::Invalid(problem) => {
                write!(f, "invalid: {}\n        written at {}", problem.message(), problem.origin())
            }
            Self::Conflict { path, candidates, on } => {
                write!(f, "conflict at {path} {on}")?;
                candidates.iter().try_for_each(|(value, sources)| written(f, value, sources))?;
                f.write_str("\n    lay one over the other (`overlay`, `patch`) or restrict them to different devices")
            }
            Self::MissingLabel { path, key, value, on } => {
                write!(f, "missing label `{key}` at {path} {on}")?;
                written(f, &value.0, &value.1)?;
                write!(
                    f,
                    "\n    give a default (`label_or`), or restrict to devices that have `{key}`"
                )
            }
            Self::MissingField { path, reason, sources, on } => {
                write!(f, "missing field {path} {on}: {reason}")?;
                sources
                    .all()
                    .iter()
                    .try_for_each(|s| write!(f, "\n        resource written at {s}"))
            }
            Self::UnknownDependency { resource, target, sources, on } => {
                write!(f, "`{resource}` is after `{target}`, which is not there, {on}")?;
                at(f, sources)
            }
            Self::BadDependency { path, value, on } => {
                write!(f, "no dependency at {path} {on}: expected `after.NAME = true`")?;
                written(f, &value.0, &value.1)
            }
            Self::Cycle { resources, sources, on } => {
                f.write_str("a cycle of dependencies: ")?;
                resources.iter().try_for_each(|name| write!(f, "`{name}` is after "))?;
                write!(f, "`{}`, {on}", resources.first().map_or("", |name| name.as_str()))?;
                at(f, sources)
            }
        }
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.findings.len() + self.n_more;
        write!(f, "the fleet does not resolve: {n} finding{}", if n == 1 { "" } else { "s" })?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n\n{finding}"))?;
        if self.n_more > 0 {
            write!(f, "\n\n… and {} more", self.n_more)?;
        }
        Ok(())
    }
}
