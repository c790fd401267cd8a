//! Resources: records under a name, as they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::Digest;
use crate::names::{Field, NameError, ResourceName};
use crate::origin::Origin;
use crate::path::{MAX_FIELDS, parse_fields};
use crate::problem::Problem;
use crate::selector::{DeviceIdRef, LabelRef};
use crate::text::Text;
use crate::value::{Decimal, Item, List, ListError, Value};
use crate::word::Word;

/// A record under a name: the fields that were said, and nothing else.
///
/// Typed resources (`container`, `pod`, `config_file`, …) and [`record`](crate::record) make one;
/// [`deploy`](crate::deploy) makes a fleet of it. A field that is set twice holds what was set last.
/// Setting a field never fails: what cannot be is kept as a problem and reported when resolving.
///
/// ```
/// use escadre_algebra::{Resource, deploy, label};
/// let motd = Resource::new("motd").set("text", "welcome to ").set("owner.name", label("owner"));
/// assert!(deploy(motd).problems().is_empty());
/// assert_eq!(deploy(Resource::new("Bad Name")).problems().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Resource {
    name: Option<ResourceName>,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    contents: BTreeMap<Digest, Arc<[u8]>>,
}

/// One field as it was set.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) fields: Vec<Field>,
    pub(crate) value: Authored,
    pub(crate) origin: Origin,
}

/// A value as it is written: like [`Value`], with texts that may have defaults.
#[derive(Clone, Debug)]
pub struct Authored(pub(crate) Kind);

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Value(Value),
    Text(Text),
    Invalid(String),
}

impl Resource {
    /// The record called `name` of which nothing is said yet: an empty object.
    #[track_caller]
    #[must_use]
    pub fn new(name: &str) -> Self {
        let origin = Origin::caller();
        let (name, problems) = match ResourceName::parse(name) {
            Ok(name) => (Some(name), Vec::new()),
            Err(error) => (None, vec![Problem::new(&error, origin.clone())]),
        };
        let root = Entry { fields: Vec::new(), value: Value::Object.into(), origin };
        Self { name, entries: vec![root], problems, contents: BTreeMap::new() }
    }

    /// The record called `name` of which nothing is said yet.
    ///
    /// # Errors
    /// [`NameError`] if `name` is no resource name.
    #[track_caller]
    pub fn try_new(name: &str) -> Result<Self, NameError> {
        ResourceName::parse(name).map(|name| Self::new(name.as_str()))
    }

    /// The absence of the resource `name`: laid over a fleet, it removes the resource and all its fields.
    ///
    /// ```
    /// use escadre_algebra::{Facts, Resource, denote, deploy};
    /// let d = Facts::of("d", [])?;
    /// let f = deploy(Resource::new("web").set("port", 80)).overlay(deploy(Resource::removed("web")));
    /// let claims = denote::<()>(&f, &d).unwrap();
    /// assert_eq!(claims.to_string(), "web: (unset)\n");
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn removed(name: &str) -> Self {
        let mut resource = Self::new(name);
        for root in &mut resource.entries {
            root.value = Value::Unset.into();
        }
        resource
    }

    /// Sets the field spelled `fields` (names joined by `.`, quoted where they need it).
    #[track_caller]
    #[must_use]
    pub fn set(mut self, fields: &str, value: impl Into<Authored>) -> Self {
        match parse_fields(fields) {
            Ok(fields) => self.put(fields, value),
            Err(error) => self.reject(&error.in_path(fields)),
        }
        self
    }

    /// Claims that the field spelled `fields` is not there, nor anything below it.
    #[track_caller]
    #[must_use]
    pub fn unset(self, fields: &str) -> Self {
        self.set(fields, Value::Unset)
    }

    /// Sets the field at `fields`.
    #[track_caller]
    pub fn put(&mut self, fields: Vec<Field>, value: impl Into<Authored>) {
        let value = value.into();
        if fields.len() > MAX_FIELDS {
            self.reject(&format!(
                "a field is nested {} levels deep; at most 64 are allowed",
                fields.len()
            ));
            return;
        }
        match &value.0 {
            Kind::Invalid(message) => self.reject(message),
            Kind::Text(text) => self.problems.extend(text.problems()),
            Kind::Value(_) => {}
        }
        self.entries.push(Entry { fields, value, origin: Origin::caller() });
    }

    /// Keeps `error` as a problem, to be reported when resolving.
    #[track_caller]
    pub fn reject(&mut self, error: &impl ToString) {
        self.problems.push(Problem::new(error, Origin::caller()));
    }

    /// Carries `bytes` beside the fields, under their digest, and returns it.
    pub fn carry(&mut self, bytes: impl Into<Arc<[u8]>>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        self.contents.insert(digest, bytes);
        digest
    }

    /// Puts what was said of `part` at `at`, each claim standing on the line that wrote it.
    #[track_caller]
    pub(crate) fn absorb(&mut self, at: &[Field], part: Self) {
        for entry in part.entries {
            let fields = [at, &entry.fields].concat();
            if fields.len() > MAX_FIELDS {
                self.reject(&"a field is nested too deep; at most 64 levels are allowed");
            } else {
                self.entries.push(Entry { fields, ..entry });
            }
        }
        self.problems.extend(part.problems);
        self.contents.extend(part.contents);
    }

    /// The name, unless it was rejected.
    #[must_use]
    pub fn name(&self) -> Option<&ResourceName> {
        self.name.as_ref()
    }

    /// What was rejected.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(crate) fn into_parts(self) -> Parts {
        Parts {
            name: self.name,
            entries: self.entries,
            problems: self.problems,
            contents: self.contents,
        }
    }
}

/// A resource taken apart.
pub(crate) struct Parts {
    pub(crate) name: Option<ResourceName>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
}

impl Authored {
    /// The list of `items`.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Result<Vec<Item>, String> =
            items.into_iter().map(|item| item.into().into_item()).collect();
        match items.and_then(|items| List::new(items).map_err(|e: ListError| e.to_string())) {
            Ok(list) => Self(Kind::Value(Value::List(list))),
            Err(message) => Self(Kind::Invalid(message)),
        }
    }

    fn into_item(self) -> Result<Item, String> {
        match self.0 {
            Kind::Value(value) => Ok(Item::Value(value)),
            Kind::Invalid(message) => Err(message),
            Kind::Text(text) => {
                match (text.problems().first(), text.readings().as_deref()) {
                    (Some(problem), _) => Err(problem.message().to_owned()),
                    (None, Some([only])) => Ok(Item::Value(Value::Text(only.word.clone()))),
                    _ => Err("a label with a default cannot stand inside a list; use `choose`"
                        .to_owned()),
                }
            }
        }
    }
}

impl From<Value> for Authored {
    fn from(value: Value) -> Self {
        Self(Kind::Value(value))
    }
}

impl From<bool> for Authored {
    fn from(value: bool) -> Self {
        Self(Kind::Value(Value::Bool(value)))
    }
}

impl From<f64> for Authored {
    fn from(value: f64) -> Self {
        Self(match Decimal::new(value) {
            Some(decimal) => Kind::Value(Value::Decimal(decimal)),
            None => Kind::Invalid(format!("`{value}` is not a finite number")),
        })
    }
}

macro_rules! authored_integer {
    ($($t:ty)*) => {$(
        impl From<$t> for Authored {
            fn from(value: $t) -> Self {
                Self(Kind::Value(Value::Integer(value.into())))
            }
        }
    )*};
}
authored_integer!(u8 i8 u16 i16 u32 i32 i64);

macro_rules! authored_wide_integer {
    ($($t:ty)*) => {$(
        impl From<$t> for Authored {
            fn from(value: $t) -> Self {
                Self(match i64::try_from(value) {
                    Ok(value) => Kind::Value(Value::Integer(value)),
                    Err(_) => Kind::Invalid(format!("`{value}` does not fit an integer of 64 bits")),
                })
            }
        }
    )*};
}
authored_wide_integer!(u64 usize);

impl From<f32> for Authored {
    /// The decimal of the same shortest digits: 0.1 of 32 bits is 0.1.
    fn from(value: f32) -> Self {
        Self::from(value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
    }
}

impl From<List> for Authored {
    fn from(list: List) -> Self {
        Value::List(list).into()
    }
}

impl From<serde_json::Value> for Authored {
    /// The scalar or list that `json` spells; a record is set by its fields, so it is a problem here.
    ///
    /// ```
    /// use escadre_algebra::{Resource, deploy};
    /// let sources = serde_json::json!([{"configMapRef": {"name": "settings"}}]);
    /// assert!(deploy(Resource::new("app").set("envFrom", sources)).problems().is_empty());
    /// assert_eq!(deploy(Resource::new("app").set("x", serde_json::Value::Null)).problems().len(), 1);
    /// ```
    fn from(json: serde_json::Value) -> Self {
        crate::resources::authored(&json)
            .unwrap_or_else(|error| Self(Kind::Invalid(error.to_string())))
    }
}

macro_rules! authored_text {
    ($($t:ty)*) => {$(
        impl From<$t> for Authored {
            #[track_caller]
            fn from(text: $t) -> Self {
                Self(Kind::Text(text.into()))
            }
        }
    )*};
}
authored_text!(&str String &String Text Word LabelRef DeviceIdRef);

impl From<Cow<'_, str>> for Authored {
    #[track_caller]
    fn from(text: Cow<'_, str>) -> Self {
        Self::from(&*text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Authored {
    fn from(items: Vec<T>) -> Self {
        Self::list(items)
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Authored {
    fn from(items: [T; N]) -> Self {
        Self::list(items)
    }
}
