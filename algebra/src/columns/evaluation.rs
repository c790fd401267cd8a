//! A fleet on all devices: which of them get the same claims, and those claims once.

use std::sync::{Arc, OnceLock};

use super::Columns;
use super::answers::classify;
use super::intern::Interner;
use super::masks::Masks;
use super::table::Table;
use crate::claims::Claims;
use crate::denote::{Answers, Evaluator};
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::names::ResourceName;

/// What a fleet says of every device of an inventory: a class a device, and claims a class.
///
/// Two devices of one class answer all selectors of the fleet alike, so `denote` gives the same
/// claims for both, up to what words say there. Unknown labels are read as absent, as `denote` does.
///
/// ```
/// use escadre_algebra::*;
/// let motd = deploy(Resource::new("motd").set("text", text("on ") + device_id()));
/// let fleet = motd.restrict(label("role").eq("camera"));
/// let camera = |id| Facts::of(id, [("role", "camera")]);
/// let devices = [camera("cam-1")?, camera("cam-2")?, Facts::of("gw-1", [])?];
/// let columns = Columns::of(&Inventory::new(devices.clone(), Coverage::Complete)?)?;
/// let evaluation = evaluate(&fleet, &columns);
/// assert_eq!(evaluation.class(0), evaluation.class(1));
/// let claims = |row| evaluation.claims(evaluation.class(row)?);
/// let on_second = claims(1).map(|claims| claims.instantiate(&devices[1]));
/// assert_eq!(on_second, denote::<()>(&fleet, &devices[1]));
/// assert!(claims(2).is_none());
/// let resources = evaluation.resources(evaluation.classes()[0]);
/// assert_eq!(resources.map(|(name, _)| name.to_string()).collect::<Vec<_>>(), ["motd"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Evaluation {
    evaluator: Evaluator,
    interner: Interner,
    // INVARIANT: one a row, each a number of `interner`.
    classes: Vec<u32>,
    /// What the classes get of each resource, once claims are asked for; `None` if that is too much.
    table: OnceLock<Option<Table>>,
    /// The claims of each class that was asked for.
    claims: OnceLock<Vec<Once>>,
}

/// The claims of a class, once they are asked for.
type Once = OnceLock<Option<Box<Claims<()>>>>;

/// The classes of a device before and after its labels changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// The class that it was in.
    pub before: u32,
    /// The class that it is in now.
    pub after: u32,
}

/// What `fleet` says of every device of `columns`. Costs O(devices · tested labels), and
/// O(selectors) for each different value of a tested label.
#[must_use]
pub fn evaluate(fleet: &Fleet, columns: &Columns) -> Evaluation {
    let evaluator = Evaluator::new(fleet).by_resource();
    let masks = Masks::new(evaluator.selectors(), columns);
    let (interner, classes) = classify(&masks, columns);
    let (table, claims) = (OnceLock::new(), OnceLock::new());
    Evaluation { evaluator, interner, classes, table, claims }
}

/// The table has up to so many entries a device, or so many in all.
const MAX_SHARE: usize = 8;
const MIN_TABLE: usize = 1 << 16;

impl Evaluation {
    /// The class of the device of row `row`, if there is such a row.
    #[must_use]
    pub fn class(&self, row: usize) -> Option<u32> {
        self.classes.get(row).copied()
    }

    /// The classes of all devices, in the order of the rows.
    #[must_use]
    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// How many classes there are, those without devices (after updates) included.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.interner.len()
    }

    /// What the devices of `class` get, words as written; `None` if they are no members.
    /// Computed once a class, and what classes have in common once.
    #[must_use]
    pub fn claims(&self, class: u32) -> Option<&Claims<()>> {
        let none = || std::iter::repeat_with(OnceLock::new).take(self.interner.len()).collect();
        let claims = self.claims.get_or_init(none).get(class as usize)?;
        let compute = || match self.table().and_then(|table| table.claims(class as usize)) {
            Some(known) => known,
            None => self.evaluator.evaluate(&self.answers(class as usize)),
        };
        claims.get_or_init(|| compute().map(Box::new)).as_deref()
    }

    /// What the devices of `class` get, resource by resource in the order of their names, words as
    /// written; nothing if they are no members. Each is computed once for all classes of which the
    /// same selectors say the same, unless there are very many resources.
    pub fn resources(&self, class: u32) -> impl Iterator<Item = (&ResourceName, Claims<()>)> {
        let class_at = class as usize;
        let table = self.table().filter(|table| table.knows(class_at));
        let others = if table.is_none() { self.claims(class) } else { None };
        let known = table.into_iter().flat_map(move |table| table.resources(class_at));
        let roots = others.into_iter().flat_map(|claims| &claims.roots);
        known
            .map(|(name, claims)| (name, claims.clone()))
            .chain(roots.map(|(name, tree)| (name, Claims::of(name.clone(), Arc::clone(tree)))))
    }

    fn table(&self) -> Option<&Table> {
        let n_most = (self.classes.len() * MAX_SHARE).max(MIN_TABLE);
        let answers = || (0..self.interner.len()).map(|class| self.interner.get(class));
        self.table.get_or_init(|| Table::of(&self.evaluator, answers(), n_most)).as_ref()
    }

    fn answers(&self, class: usize) -> Answers {
        let n_words = self.evaluator.selectors().len().div_ceil(64);
        self.interner.get(class)[..n_words].into()
    }

    /// Puts the device of row `row`, if there is such a row, into the class of `facts`.
    /// Costs O(selectors), whatever the number of devices.
    pub fn update(&mut self, row: usize, facts: &Facts) -> Option<Update> {
        let class = self.classes.get_mut(row)?;
        let mut answers = self.evaluator.answers(facts).into_vec();
        answers.resize(self.interner.stride(), 0);
        let after = self.interner.number(&answers);
        if let Some(claims) = self.claims.get_mut() {
            claims.resize_with(self.interner.len(), OnceLock::new);
        }
        let before = std::mem::replace(class, after);
        Some(Update { before, after })
    }

    /// How many bytes of memory this holds, claims aside.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let n_claims = self.claims.get().map_or(0, Vec::capacity);
        let claims = n_claims * size_of::<Once>();
        let table = self.table.get().and_then(Option::as_ref).map_or(0, Table::n_bytes);
        self.classes.capacity() * size_of::<u32>() + self.interner.n_bytes() + claims + table
    }
}

impl std::fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evaluation({} devices, {} classes)", self.classes.len(), self.n_classes())
    }
}
