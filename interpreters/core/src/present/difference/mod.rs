//! What a change of a fleet does, for every device that could exist.

mod fields;
mod json;
mod markdown;
mod sarif;
mod text;

use std::borrow::Cow;

use escadre_algebra::analysis::{Difference, Kind, Membership};
use escadre_algebra::{
    DeviceId, Explanation, Facts, Fleet, Inventory, Matches, Path, ResourceName, Value, denote,
};

pub use json::difference_json;
pub(super) use json::{facts_json, source_json, sources_json};
pub use markdown::difference_markdown;
pub use sarif::{SarifOptions, difference_sarif, undecided_sarif};
pub use text::difference_text;

use super::place;
use crate::plan::ChangeKind;
use fields::subjects;

/// At most this many listed devices of a kind are named.
const MAX_NAMED: usize = 3;

/// A difference, ready to be read: kinds in order, and who wrote what.
///
/// ```
/// use escadre_algebra::analysis::Analysis;
/// use escadre_algebra::{Resource, deploy, label};
/// use escadre_interpreter::present::{Review, Side, TextOptions, difference_text};
/// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
/// let old = motd("hello");
/// let new = old.clone().overlay(motd("salut").restrict(label("country").eq("FR")));
/// let difference = Analysis::of([&old, &new]).difference(&old, &new)?;
/// let (before, after) = (Side::new("old.lock", &old), Side::new("new.lock", &new));
/// let review = Review::new(before, after, &difference, None);
/// let shown = difference_text(&review, &TextOptions::default());
/// assert!(shown.contains("~ Devices change where country = FR\n"));
/// assert!(shown.contains(r#"~ text  "hello" → "salut""#));
/// # Ok::<(), escadre_algebra::analysis::TooLarge>(())
/// ```
pub struct Review<'a> {
    old: Side<'a>,
    new: Side<'a>,
    kinds: Vec<Reviewed<'a>>,
    inventory: Option<&'a Inventory>,
    /// Whether something is assumed of the devices.
    assumed: bool,
    /// What the reader asked, and the answer, if not the difference itself.
    answer: Option<Asked>,
}

/// One of two fleets that are compared.
#[derive(Clone)]
pub struct Side<'a> {
    name: String,
    fleet: &'a Fleet,
}

impl<'a> Side<'a> {
    /// The fleet that readers know as `name`.
    #[must_use]
    pub fn new(name: impl Into<String>, fleet: &'a Fleet) -> Self {
        Self { name: name.into(), fleet }
    }

    /// What the fleet says at `path` on the device with `facts`.
    pub(super) fn says(&self, facts: &Facts, path: &Path) -> String {
        let Some(claims) = denote::<()>(self.fleet, facts) else {
            return "(no member)".to_owned();
        };
        let values: Vec<Value> = claims.at(path).into_iter().map(|(value, ())| value).collect();
        fields::candidates(&values)
    }

    /// All that the fleet lists for the device with `facts`.
    pub(super) fn values(&self, facts: &Facts) -> Vec<(Path, String)> {
        let claims = denote::<()>(self.fleet, facts).unwrap_or_default();
        let listed = claims.listed().into_iter().map(|(path, candidates)| {
            let values: Vec<Value> = candidates.into_iter().map(|(value, ())| value).collect();
            (path, fields::candidates(&values))
        });
        listed.collect()
    }

    /// Whether the device with `facts` is a member.
    pub(super) fn membership(&self, facts: &Facts) -> &'static str {
        match denote::<()>(self.fleet, facts) {
            Some(_) => "a member",
            None => "no member",
        }
    }

    /// Its name and its digest.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "name": self.name, "digest": self.fleet.digest().to_string() })
    }
}

impl std::fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (fleet {})", self.name, self.fleet.digest().short())
    }
}

/// Whether a change stays within a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    selector: String,
    proven: bool,
}

/// One kind of device, and what an inventory has of it.
pub(super) struct Reviewed<'a> {
    kind: &'a Kind,
    listed: Option<Listed>,
}

/// The devices of an inventory that are of one kind.
#[derive(Default)]
pub(super) struct Listed {
    n_devices: usize,
    /// How many may be, for labels that are unknown.
    n_undetermined: usize,
    named: Vec<DeviceId>,
}

impl<'a> Review<'a> {
    /// What is between `old` and `new`, with the devices of `inventory` counted.
    ///
    /// The kinds are in order: those of most devices first, those that no device of the inventory
    /// is of last. Costs O(devices · kinds) beside sorting.
    #[must_use]
    pub fn new(
        old: Side<'a>,
        new: Side<'a>,
        difference: &'a Difference,
        inventory: Option<&'a Inventory>,
    ) -> Self {
        let count = |kind: &'a Kind| Reviewed {
            kind,
            listed: inventory.map(|inventory| listed(kind, inventory)),
        };
        let mut kinds: Vec<Reviewed<'a>> = difference.kinds.iter().map(count).collect();
        kinds.sort_by_cached_key(|reviewed| {
            let n = reviewed.listed.as_ref().map_or(0, |l| l.n_devices + l.n_undetermined);
            let path = reviewed.kind.changes.iter().map(|change| change.path.to_string()).min();
            let place = place::selector(&reviewed.kind.region).0;
            (std::cmp::Reverse(n), reviewed.kind.membership, path, place)
        });
        Self { old, new, kinds, inventory, assumed: false, answer: None }
    }

    /// This review, of the devices only for which something is assumed.
    #[must_use]
    pub fn assuming(mut self, assumed: bool) -> Self {
        self.assumed = assumed;
        self
    }

    /// This review, of what changes where `selector` does not hold: nothing, if that is `proven`.
    #[must_use]
    pub fn outside(mut self, selector: impl Into<String>, proven: bool) -> Self {
        self.answer = Some(Asked { selector: selector.into(), proven });
        self
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The devices that are meant.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        scope(self.assumed)
    }

    /// How many kinds join, leave and change.
    fn totals(&self) -> [usize; 3] {
        let n = |membership| {
            self.kinds.iter().filter(|reviewed| reviewed.kind.membership == membership).count()
        };
        [n(Membership::Joins), n(Membership::Leaves), n(Membership::Stays)]
    }

    /// Who wrote what on the devices of a kind.
    fn reasons(&self, reviewed: &Reviewed<'_>) -> Reasons {
        let example = reviewed.example(self.inventory);
        let explain = |fleet: &Fleet| example.as_deref().map(|facts| fleet.explain(facts, None));
        Reasons {
            before: explain(self.old.fleet).unwrap_or_default(),
            after: explain(self.new.fleet).unwrap_or_default(),
        }
    }
}

/// The devices that a question is about.
pub(super) fn scope(assumed: bool) -> &'static str {
    if assumed {
        "every device for which the assumptions hold"
    } else {
        "every device that could exist"
    }
}

/// The explanations of one device of a kind.
pub(super) struct Reasons {
    before: Explanation,
    after: Explanation,
}

impl Reviewed<'_> {
    /// A device of this kind: the synthetic one, or else a listed one.
    fn example<'b>(&'b self, inventory: Option<&'b Inventory>) -> Option<Cow<'b, Facts>> {
        let named = self.listed.as_ref().and_then(|listed| listed.named.first());
        let listed = || inventory?.device(named?.as_str());
        self.kind.example.as_ref().map(Cow::Borrowed).or_else(listed)
    }

    /// What happens to the devices.
    fn fate(&self) -> ChangeKind {
        match self.kind.membership {
            Membership::Joins => ChangeKind::Added,
            Membership::Leaves => ChangeKind::Removed,
            Membership::Stays => ChangeKind::Changed,
        }
    }

    /// The devices of this kind, and what happens to them.
    fn head(&self) -> String {
        let verb = |one: bool| match (self.kind.membership, one) {
            (Membership::Joins, true) => "joins",
            (Membership::Joins, false) => "join",
            (Membership::Leaves, true) => "leaves",
            (Membership::Leaves, false) => "leave",
            (Membership::Stays, true) => "changes",
            (Membership::Stays, false) => "change",
        };
        match &self.listed {
            None => format!("Devices {}", verb(false)),
            Some(Listed { n_devices: 0, n_undetermined: 0, .. }) => {
                format!("No listed device {}", verb(true))
            }
            Some(Listed { n_devices: 0, n_undetermined, .. }) => {
                format!("{} may {}", super::words::count(*n_undetermined, "device"), verb(false))
            }
            Some(Listed { n_devices, n_undetermined, .. }) => {
                let devices = super::words::count(*n_devices, "device");
                let more = match n_undetermined {
                    0 => String::new(),
                    n => format!(" (and {} may)", super::words::number(*n)),
                };
                format!("{devices} {}{more}", verb(*n_devices == 1))
            }
        }
    }

    /// One device of this kind in words.
    fn such_as(&self) -> Option<String> {
        match &self.listed {
            Some(listed) if !listed.named.is_empty() => {
                let n = listed.n_devices.max(listed.named.len());
                Some(super::words::sample(listed.named.iter(), n, MAX_NAMED))
            }
            _ => {
                self.kind.example.as_ref().map(|facts| format!("such as {}", place::device(facts)))
            }
        }
    }

    /// The resources that the example gets or had, if it joins or leaves.
    fn resources(&self, reasons: &Reasons) -> Vec<ResourceName> {
        let explanation = match self.kind.membership {
            Membership::Joins => &reasons.after,
            Membership::Leaves => &reasons.before,
            Membership::Stays => return Vec::new(),
        };
        let mut names: Vec<ResourceName> =
            explanation.fields.iter().map(|field| field.path.resource().clone()).collect();
        names.dedup();
        names
    }
}

fn listed(kind: &Kind, inventory: &Inventory) -> Listed {
    // What is too large for columns is too large to be counted.
    let Some(columns) = inventory.columns() else { return Listed::default() };
    let Matches { hold, undetermined } = columns.matches(&kind.region);
    let id = |row| inventory.id(row);
    let mut named: Vec<DeviceId> = hold.iter().take(MAX_NAMED + 1).filter_map(id).collect();
    if named.is_empty() {
        named.extend(undetermined.iter().next().and_then(id));
    }
    Listed { n_devices: hold.len(), n_undetermined: undetermined.len(), named }
}
