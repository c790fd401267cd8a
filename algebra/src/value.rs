//! Values: what a path may hold.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

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

/// A finite number with a fraction; its order is that of numbers.
///
/// ```
/// use escadre_algebra::Decimal;
/// assert!(Decimal::new(f64::NAN).is_none());
/// assert_eq!(Decimal::new(-0.0), Decimal::new(0.0));
/// ```
#[derive(Clone, Copy)]
// INVARIANT: finite, and not -0.0; `new` keeps it.
pub struct Decimal(f64);

impl Decimal {
    /// The number `value`, unless it is infinite or not a number.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Decimal {
    /// The shortest digits that read back as this number, with a fraction or an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A list of items, which claims are made of as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List {
    items: Arc<[Item]>,
    // INVARIANT: the nesting below this list, at most MAX_FIELDS; `new` keeps it.
    depth: u8,
}

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
    depth: u8,
}

/// A list or record that cannot be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is nested deeper than a path may be.
    #[error("it is nested more than 64 levels deep")]
    TooDeep,
    /// An item is `Object` or `Unset`.
    #[error("a list holds scalars, lists and records only")]
    Item,
    /// A name is given twice.
    #[error("a field is given twice")]
    Twice,
}

impl Item {
    fn depth(&self) -> Result<usize, ListError> {
        match self {
            Self::Value(Value::Object | Value::Unset) => Err(ListError::Item),
            Self::Value(Value::List(list)) => Ok(usize::from(list.depth)),
            Self::Value(_) => Ok(0),
            Self::Record(record) => Ok(usize::from(record.depth)),
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
            Self::Record(r) => {
                let fields = r.fields.iter().map(|(k, item)| (k.clone(), item.instantiate(facts)));
                Self::Record(Record { fields: fields.collect(), depth: r.depth })
            }
        }
    }
}

fn depth_over<'a>(items: impl Iterator<Item = &'a Item>) -> Result<u8, ListError> {
    let mut depth = 0;
    for item in items {
        depth = depth.max(item.depth()?);
    }
    if depth >= MAX_FIELDS {
        return Err(ListError::TooDeep);
    }
    u8::try_from(depth + 1).map_err(|_| ListError::TooDeep)
}

impl List {
    /// The list of `items`.
    ///
    /// # Errors
    /// [`ListError`] if an item is `Object` or `Unset`, or nested too deep.
    pub fn new(items: impl Into<Arc<[Item]>>) -> Result<Self, ListError> {
        let items = items.into();
        let depth = depth_over(items.iter())?;
        Ok(Self { items, depth })
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
    /// [`ListError`] if a name is given twice, or an item is nested too deep.
    pub fn new(mut fields: Vec<(Field, Item)>) -> Result<Self, ListError> {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        if fields.windows(2).any(|w| w[0].0 == w[1].0) {
            return Err(ListError::Twice);
        }
        let depth = depth_over(fields.iter().map(|(_, item)| item))?;
        Ok(Self { fields: fields.into(), depth })
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

    /// Whether this value is the same on every device.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.words().iter().all(|w| w.as_literal().is_some())
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
            Self::List(list) if !self.is_constant() => {
                let items = list.items.iter().map(|item| item.instantiate(facts)).collect();
                Self::List(List { items, depth: list.depth })
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
            Self::List(list) => f.debug_list().entries(list.items.iter()).finish(),
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
            Self::Record(record) => {
                f.debug_map().entries(record.fields.iter().map(|(k, v)| (k, v))).finish()
            }
        }
    }
}
