//! Values: what a path may hold.

use std::fmt;
use std::sync::Arc;

pub use crate::decimal::Decimal;
use crate::facts::Facts;
use crate::names::{Field, LabelKey};
use crate::path::MAX_FIELDS;
use crate::word::Word;

/// What one path may hold: a scalar, an interior node, a list, or nothing on purpose.
///
/// There is no null and no NaN, and values of different kinds are different: `1`, `1.0` and `"1"` are three values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing, on purpose: the field is not there. Also claimed below every leaf.
    Unset,
    /// An interior node.
    Object,
    /// A truth value.
    Bool(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// A number with a fraction.
    Decimal(Decimal),
    /// A text, which may mention the device.
    Text(Word),
    /// A list, replaced as a whole.
    List(List),
}

/// A list of items, which claims are made of as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List {
    items: Arc<[Item]>,
    summary: Summary,
}

/// What is known of a list or a record without looking at its items.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Summary {
    // INVARIANT: the nesting below it, at most MAX_FIELDS; `Summary::of` keeps it.
    depth: u8,
    // INVARIANT: the items in it, shared ones counted each time, at most MAX_ITEMS; `Summary::of`
    // keeps it. So every walk ends soon, whatever is shared.
    n_items: u64,
    /// Whether it is the same on every device.
    constant: bool,
}

/// The most items that a list or record may have, those of inner ones included.
const MAX_ITEMS: u64 = 1_000_000;

/// One item of a [`List`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A scalar or a list (never `Object` or `Unset`).
    Value(Value),
    /// Named items, in the order of their names.
    Record(Record),
}

/// Named items inside a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    // INVARIANT: sorted by name, no name twice; `new` keeps it.
    fields: Arc<[(Field, Item)]>,
    summary: Summary,
}

/// A list or record that cannot be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is nested deeper than a path may be.
    #[error("it is nested more than 64 levels deep")]
    TooDeep,
    /// It has too many items, shared ones counted each time.
    #[error("it has more than 1000000 items")]
    TooLarge,
    /// An item is `Object` or `Unset`.
    #[error("a list holds scalars, lists and records only")]
    Item,
    /// A name is given twice.
    #[error("a field is given twice")]
    Twice,
}

impl Item {
    fn summary(&self) -> Result<Summary, ListError> {
        match self {
            Self::Value(Value::Object | Value::Unset) => Err(ListError::Item),
            Self::Value(Value::List(list)) => Ok(list.summary),
            Self::Value(scalar) => {
                Ok(Summary { depth: 0, n_items: 0, constant: scalar.is_constant() })
            }
            Self::Record(record) => Ok(record.summary),
        }
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Value(value) => value.is_constant(),
            Self::Record(record) => record.summary.constant,
        }
    }

    fn words<'a>(&'a self, found: &mut Vec<&'a Word>) {
        match self {
            Self::Value(value) => value.words_into(found),
            Self::Record(record) => record.fields.iter().for_each(|(_, item)| item.words(found)),
        }
    }

    fn instantiate(&self, facts: &Facts) -> Self {
        match self {
            Self::Value(value) => Self::Value(value.instantiate(facts)),
            Self::Record(r) if r.summary.constant => self.clone(),
            Self::Record(r) => {
                let fields = r.fields.iter().map(|(k, item)| (k.clone(), item.instantiate(facts)));
                let fields: Arc<[(Field, Self)]> = fields.collect();
                let constant = fields.iter().all(|(_, item)| item.is_constant());
                Self::Record(Record { fields, summary: Summary { constant, ..r.summary } })
            }
        }
    }
}

impl Summary {
    fn of<'a>(items: impl Iterator<Item = &'a Item>) -> Result<Self, ListError> {
        let (mut depth, mut n_items, mut constant) = (0, 0_u64, true);
        for item in items {
            let item = item.summary()?;
            depth = depth.max(item.depth);
            n_items = n_items.saturating_add(1).saturating_add(item.n_items);
            constant &= item.constant;
        }
        if usize::from(depth) >= MAX_FIELDS {
            return Err(ListError::TooDeep);
        }
        if n_items > MAX_ITEMS {
            return Err(ListError::TooLarge);
        }
        Ok(Self { depth: depth + 1, n_items, constant })
    }
}

impl List {
    /// The list of `items`.
    ///
    /// # Errors
    /// [`ListError`] if an item is `Object` or `Unset`, or nested too deep, or if there are too many
    /// items when sharing is written out.
    pub fn new(items: impl Into<Arc<[Item]>>) -> Result<Self, ListError> {
        let items = items.into();
        let summary = Summary::of(items.iter())?;
        Ok(Self { items, summary })
    }

    /// The items.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}

impl Record {
    /// The record of `fields`.
    ///
    /// # Errors
    /// [`ListError`] if a name is given twice, an item is nested too deep, or there are too many
    /// items when sharing is written out.
    pub fn new(mut fields: Vec<(Field, Item)>) -> Result<Self, ListError> {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        if fields.windows(2).any(|w| w[0].0 == w[1].0) {
            return Err(ListError::Twice);
        }
        let summary = Summary::of(fields.iter().map(|(_, item)| item))?;
        Ok(Self { fields: fields.into(), summary })
    }

    /// The named items, in the order of their names.
    #[must_use]
    pub fn fields(&self) -> &[(Field, Item)] {
        &self.fields
    }
}

impl Value {
    /// The text `text`, the same on every device.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(Word::literal(text))
    }

    /// Whether this is neither `Object` nor `Unset`.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        !matches!(self, Self::Object | Self::Unset)
    }

    /// The words in this value.
    #[must_use]
    pub fn words(&self) -> Vec<&Word> {
        let mut found = Vec::new();
        self.words_into(&mut found);
        found
    }

    fn words_into<'a>(&'a self, found: &mut Vec<&'a Word>) {
        match self {
            Self::Text(word) => found.push(word),
            Self::List(list) => list.items.iter().for_each(|item| item.words(found)),
            _ => {}
        }
    }

    /// Whether this value is the same on every device. Costs O(1).
    #[must_use]
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Text(word) => word.as_literal().is_some(),
            Self::List(list) => list.summary.constant,
            Self::Unset | Self::Object | Self::Bool(_) | Self::Integer(_) | Self::Decimal(_) => {
                true
            }
        }
    }

    /// The first label that is missing in this value, after [`Value::instantiate`].
    #[must_use]
    pub fn missing(&self) -> Option<LabelKey> {
        self.words().into_iter().find_map(Word::missing).cloned()
    }

    /// This value on one device (see [`Word::instantiate`]).
    #[must_use]
    pub fn instantiate(&self, facts: &Facts) -> Self {
        match self {
            Self::Text(word) => Self::Text(word.instantiate(facts)),
            Self::List(list) if !list.summary.constant => {
                let items: Arc<[Item]> =
                    list.items.iter().map(|item| item.instantiate(facts)).collect();
                let constant = items.iter().all(Item::is_constant);
                Self::List(List { items, summary: Summary { constant, ..list.summary } })
            }
            _ => self.clone(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("(unset)"),
            Self::Object => f.write_str("{}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Decimal(x) => write!(f, "{x}"),
            Self::Text(word) => write!(f, "{word:?}"),
            Self::List(list) => fmt::Debug::fmt(list, f),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => fmt::Display::fmt(value, f),
            Self::Record(record) => fmt::Debug::fmt(record, f),
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items.iter()).finish()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields.iter().map(|(k, v)| (k, v))).finish()
    }
}
