//! Witnesses: one device for which something does not hold.

use std::fmt;

use super::region;
use super::space::{Class, Dimension, Space, Var};
use super::walk::{Choice, Trail};
use crate::facts::{Attestation, Facts, Label};
use crate::map::Set;
use crate::names::DeviceId;
use crate::path::Path;
use crate::selector::{Selector, bucket_point};

/// How many ids are tried for one whose points lie in given buckets.
pub const ID_BUDGET: usize = 1 << 18;

/// How many sets of values are tried for labels that words mention.
const ATTEMPTS: usize = 64;

/// A kind of device for which something does not hold, and one such device.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The kind: all devices there differ alike, where words do not happen to coincide.
    pub region: Selector,
    /// One such device; `None` if no id was found whose points lie in the region's buckets.
    pub facts: Option<Facts>,
    /// The path at which it shows; `None` if it is the membership.
    pub path: Option<Path>,
}

impl fmt::Display for Witness {
    /// The device with its labels, as an inventory would list it, and the region.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.facts {
            Some(facts) => {
                write!(f, "the device `{}`", facts.id())?;
                for (i, label) in facts.labels().iter().enumerate() {
                    let value = label.value.as_deref().unwrap_or("(unknown)");
                    write!(f, "{} {}={value}", if i == 0 { " with" } else { "," }, label.key)?;
                }
            }
            None => f.write_str("a device")?,
        }
        write!(f, ", like every device where {}", self.region)?;
        match &self.path {
            Some(path) => write!(f, ", at {path}"),
            None => f.write_str(", in its membership"),
        }
    }
}

/// The witness at the end of `trail`: `shows` tells whether the facts show it, as far as that is
/// not certain.
///
/// Labels in `mentioned` that the trail leaves open get values of their own, different ones in
/// each attempt, since words may coincide for some of them.
pub(super) fn of_trail(
    trail: &Trail,
    path: Option<Path>,
    space: &Space,
    mentioned: &[Var],
    shows: impl Fn(&Facts) -> bool,
) -> Witness {
    let region = region::of_trail(trail, space);
    let Some(id) = device_id(trail, space) else { return Witness { region, facts: None, path } };
    let facts = (0..ATTEMPTS).map(|attempt| facts(trail, &id, space, mentioned, attempt));
    // Where words mention nothing, none can coincide: whatever is in the region shows it.
    let facts = facts.flatten().find(|facts| mentioned.is_empty() || shows(facts));
    Witness { region, facts, path }
}

fn facts(
    trail: &Trail,
    id: &DeviceId,
    space: &Space,
    mentioned: &[Var],
    attempt: usize,
) -> Option<Facts> {
    let mut facts = Facts::new(id.clone());
    let open = mentioned.iter().filter(|var| trail.iter().all(|(known, _)| known != *var));
    let open = open.map(|var| (*var, space.otherwise(*var)));
    let known = trail.iter().map(|(var, choice)| match choice {
        Choice::Class(class) | Choice::Member(class, _) => (*var, *class),
        Choice::AllBut(_) => (*var, space.otherwise(*var)),
    });
    for (n, (var, class)) in known.chain(open).enumerate() {
        let Dimension::Label(key, partition) = space.dimension(var) else { continue };
        if class.index() + 1 == partition.n_classes() {
            continue;
        }
        // Values differ between labels and between attempts.
        let i = if class.index() < partition.explicit().len() { 0 } else { attempt * (n + 1) + n };
        let value = partition.member(class.index(), i)?;
        let label =
            Label { key: key.clone(), value: Some(value), attestation: Attestation::Asserted };
        facts.set(label);
    }
    Some(facts)
}

/// An id in the classes of the trail.
fn device_id(trail: &Trail, space: &Space) -> Option<DeviceId> {
    let mut wanted: Vec<(&str, Class, Var)> = Vec::new();
    for (var, choice) in trail {
        let class = match choice {
            Choice::Class(class) => *class,
            Choice::Member(class, i) => return space.ids().members(*class)?.get(*i).cloned(),
            Choice::AllBut(_) => space.otherwise(*var),
        };
        match space.dimension(*var) {
            Dimension::Id(ids) => {
                if let Some(members) = ids.members(class) {
                    return members.first().cloned();
                }
            }
            Dimension::Bucket(bucket) => wanted.push((&bucket.salt, class, *var)),
            Dimension::Label(..) => {}
        }
    }
    let in_classes = |id: &DeviceId| {
        wanted.iter().all(|(salt, class, var)| match space.dimension(*var) {
            Dimension::Bucket(bucket) => bucket.class_of(bucket_point(salt, id.as_str())) == *class,
            Dimension::Id(_) | Dimension::Label(..) => true,
        })
    };
    let ids = (0..ID_BUDGET).filter_map(|n| DeviceId::parse(&format!("device-{n}")).ok());
    // CHOICE: witnesses alone ask for this set, and one of all named ids takes long to make.
    let named: Set<&DeviceId> = space.ids().named().iter().collect();
    ids.filter(|id| !named.contains(id)).find(in_classes)
}
