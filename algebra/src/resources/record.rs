//! The user's own records: from anything that serde can serialise to a resource.

use serde::Serialize;

use super::serializer::Serializer;
use crate::names::Field;
use crate::path::Fields;
use crate::resource::{Authored, Resource};
use crate::value::{Item, Value};

/// Something serialised that no record of the algebra can hold, and where in the record it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    path: String,
    message: String,
}

impl RecordError {
    pub(crate) fn new(path: String, message: impl Into<String>) -> Self {
        Self { path, message: message.into() }
    }

    /// Where in the record it is: names joined by `.`, positions in lists as `[2]`; empty at the top.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there, as a lower-case sentence part.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// This error, said to be at `path` if it does not know its place.
    pub(crate) fn at(mut self, path: impl FnOnce() -> String) -> Self {
        if self.path.is_empty() {
            self.path = path();
        }
        self
    }
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for RecordError {}

impl serde::ser::Error for RecordError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(String::new(), message.to_string())
    }
}

/// The record `value` under `name`: exactly the user's own fields.
///
/// Structs and maps become fields, sequences become lists, an empty map stays an empty object.
/// A field `kind` at the top says what a target takes the record for, and `after` which resources
/// come first, as a map from their names to `true`.
/// What cannot be a value (null, NaN, …) is a problem of the resource; see [`try_record`].
///
/// ```
/// use escadre_algebra::{Facts, denote, deploy, record};
/// #[derive(serde::Serialize)]
/// struct Motd { text: &'static str, lines: [u8; 2] }
/// let f = deploy(record("motd", &Motd { text: "hello", lines: [1, 2] }));
/// let claims = denote::<()>(&f, &Facts::of("d", [])?).unwrap();
/// assert_eq!(claims.to_string(), "motd: {}\nmotd.lines: [1, 2]\nmotd.text: \"hello\"\n");
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[track_caller]
#[must_use]
pub fn record<T: Serialize + ?Sized>(name: &str, value: &T) -> Resource {
    let mut resource = Resource::new(name);
    put_record(&mut resource, &[], value);
    resource
}

/// The record `value` under `name`, or why there is none. Costs O(size of `value`).
///
/// # Errors
/// [`RecordError`] names the path of a null, unit or `None`, of a number that is not finite or has
/// more than 64 bits, of a key that is not a text or is given twice, of bytes, and of what is
/// nested deeper than [`MAX_FIELDS`](crate::MAX_FIELDS); of a field `after` that is no map to
/// `true`; also if `value` is no record at all.
///
/// ```
/// use std::collections::BTreeMap;
/// let limits = BTreeMap::from([("limits", BTreeMap::from([("cpu", f64::NAN)]))]);
/// let error = escadre_algebra::try_record("app", &limits).unwrap_err();
/// assert_eq!(error.to_string(), "limits.cpu: NaN is not a value");
/// ```
#[track_caller]
pub fn try_record<T: Serialize + ?Sized>(name: &str, value: &T) -> Result<Resource, RecordError> {
    let leaves = top(value)?;
    let mut resource = Resource::new(name);
    for (fields, value) in leaves {
        resource.put(fields, value);
    }
    Ok(resource)
}

/// Claims the record `value` below `at`; what is wrong in it is rejected.
#[track_caller]
pub(crate) fn put_record<T: Serialize + ?Sized>(resource: &mut Resource, at: &[Field], value: &T) {
    let leaves = if at.is_empty() { top(value) } else { flatten(value) };
    match leaves {
        Err(error) => resource.reject(&error),
        Ok(leaves) => {
            if !at.is_empty() {
                resource.put(at.to_vec(), Value::Object);
            }
            for (fields, value) in leaves {
                resource.put([at, &fields].concat(), value);
            }
        }
    }
}

/// The leaves and empty objects of a record that is a resource by itself: there, `after` says which
/// resources come first.
fn top<T: Serialize + ?Sized>(value: &T) -> Result<Leaves, RecordError> {
    let leaves = flatten(value)?;
    let is_after = |fields: &[Field]| fields.first().is_some_and(|field| *field == "after");
    let wrong = leaves.iter().find(|(fields, value)| {
        is_after(fields)
            && !matches!((fields.len(), value), (2, Value::Bool(true)) | (1, Value::Object))
    });
    match wrong {
        None => Ok(leaves),
        Some((fields, _)) => {
            let message = "`after` is a map from the names of resources that come first to true; \
                           give a field of your own another name";
            Err(RecordError::new(Fields(fields).to_string(), message))
        }
    }
}

/// The leaves and empty objects of a record, each with its fields.
pub(crate) type Leaves = Vec<(Vec<Field>, Value)>;

/// The leaves and empty objects of the record `value`.
pub(crate) fn flatten<T: Serialize + ?Sized>(value: &T) -> Result<Leaves, RecordError> {
    let top = value.serialize(Serializer::top())?;
    let Item::Record(_) = top else {
        let message = "the top level is not a record: serialise a struct or a map";
        return Err(RecordError::new(String::new(), message));
    };
    let mut leaves = Vec::new();
    let mut open = vec![(Vec::new(), top)];
    while let Some((fields, item)) = open.pop() {
        match item {
            Item::Value(value) => leaves.push((fields, value)),
            Item::Record(record) if record.fields().is_empty() => {
                if !fields.is_empty() {
                    leaves.push((fields, Value::Object));
                }
            }
            Item::Record(record) => {
                for (field, item) in record.fields().iter().rev() {
                    let mut fields: Vec<Field> = fields.clone();
                    fields.push(field.clone());
                    open.push((fields, item.clone()));
                }
            }
        }
    }
    Ok(leaves)
}

/// The value `value`, where it is no record; else or where it is none, why not.
pub(crate) fn authored<T: Serialize + ?Sized>(value: &T) -> Result<Authored, RecordError> {
    match value.serialize(Serializer::top())? {
        Item::Value(value) => Ok(value.into()),
        Item::Record(_) => Err(RecordError::new(String::new(), "a list or a scalar is expected")),
    }
}
