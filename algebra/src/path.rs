//! Paths: the addresses of single points of configuration.

use std::fmt;
use std::sync::Arc;

use crate::names::{Field, NameError, ResourceName};

/// The most fields that a path may have; what is nested deeper is rejected where it is built.
///
/// It bounds every walk along a tree of claims, whatever its input.
pub const MAX_FIELDS: usize = 64;

/// The address of one point of configuration: a resource's name, then field names.
///
/// Its text is the names joined by `.`; a field that has other characters than letters, digits,
/// `_`, `-`, `/` is written in double quotes, with `\"` and `\\` inside.
///
/// ```
/// use escadre_algebra::Path;
/// let path = Path::parse(r#"web.files."/etc/motd".text"#)?;
/// assert_eq!(path.fields().len(), 3);
/// assert_eq!(path.fields()[1].as_str(), "/etc/motd");
/// assert_eq!(path.to_string(), "web.files./etc/motd.text");
/// assert_eq!(Path::parse(&path.to_string())?, path);
/// # Ok::<(), escadre_algebra::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    resource: ResourceName,
    // INVARIANT: at most MAX_FIELDS; every constructor checks it.
    fields: Arc<[Field]>,
}

/// A text or a list of names that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A name in it is none.
    #[error("in the path `{path}`, {error}")]
    Name {
        /// The path as it was given.
        path: String,
        /// The rejected name.
        error: NameError,
    },
    /// It has more than [`MAX_FIELDS`] fields.
    #[error("the path `{path}…` has {n_fields} fields; at most 64 are allowed")]
    TooDeep {
        /// The beginning of the path.
        path: String,
        /// How many fields it has.
        n_fields: usize,
    },
    /// A quoted field does not end.
    #[error(
        "in the path `{path}`, a `\"` opens a field that does not end with `\"` before `.` or the end"
    )]
    Quote {
        /// The path as it was given.
        path: String,
    },
}

impl Path {
    /// The path of the root of `resource`.
    #[must_use]
    pub fn root(resource: ResourceName) -> Self {
        Self { resource, fields: Arc::from([]) }
    }

    /// The path of `fields` below `resource`.
    ///
    /// # Errors
    /// [`PathError::TooDeep`] past [`MAX_FIELDS`].
    pub fn new(resource: ResourceName, fields: impl Into<Arc<[Field]>>) -> Result<Self, PathError> {
        let fields = fields.into();
        if fields.len() > MAX_FIELDS {
            let path = Self { resource, fields: fields[..3].into() }.to_string();
            return Err(PathError::TooDeep { path, n_fields: fields.len() });
        }
        Ok(Self { resource, fields })
    }

    /// The path spelled `input`.
    ///
    /// # Errors
    /// [`PathError`] says what is wrong with which name.
    pub fn parse(input: &str) -> Result<Self, PathError> {
        let name = |error| PathError::Name { path: input.to_owned(), error };
        let (resource, rest) = match input.split_once('.') {
            Some((resource, rest)) => (resource, Some(rest)),
            None => (input, None),
        };
        let resource = ResourceName::parse(resource).map_err(name)?;
        let fields = match rest {
            Some(rest) => parse_fields(rest).map_err(|e| e.in_path(input))?,
            None => Vec::new(),
        };
        Self::new(resource, fields)
    }

    /// The resource's name.
    #[must_use]
    pub fn resource(&self) -> &ResourceName {
        &self.resource
    }

    /// The fields below the resource's root.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The path of the field `field` right below this one.
    ///
    /// ```
    /// use escadre_algebra::Path;
    /// let env = Path::parse("web.env")?;
    /// assert_eq!(env.child("a.b")?.to_string(), r#"web.env."a.b""#);
    /// assert_eq!(env.parent().and_then(|p| p.parent()), None);
    /// # Ok::<(), escadre_algebra::PathError>(())
    /// ```
    ///
    /// # Errors
    /// [`PathError`] if `field` is no field name, or past [`MAX_FIELDS`].
    pub fn child(&self, field: &str) -> Result<Self, PathError> {
        let name = |error| PathError::Name { path: format!("{self}.{field}"), error };
        let field = Field::parse(field).map_err(name)?;
        let fields: Vec<Field> = self.fields.iter().cloned().chain([field]).collect();
        Self::new(self.resource.clone(), fields)
    }

    /// The path right above this one; `None` above a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.fields.split_last()?;
        Some(Self { resource: self.resource.clone(), fields: above.into() })
    }

    /// Whether this path is `other` or above it.
    #[must_use]
    pub fn is_above(&self, other: &Self) -> bool {
        self.resource == other.resource && other.fields.starts_with(&self.fields)
    }
}

impl Path {
    /// This path and each one above it, from the root down.
    pub(crate) fn above(&self) -> impl Iterator<Item = Self> {
        (0..=self.fields.len()).map(|n_fields| Self {
            resource: self.resource.clone(),
            fields: self.fields[..n_fields].into(),
        })
    }
}

/// A rejected list of fields, before its path is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldsError {
    Name(NameError),
    Quote,
}

impl FieldsError {
    pub(crate) fn in_path(self, path: &str) -> PathError {
        match self {
            Self::Name(error) => PathError::Name { path: path.to_owned(), error },
            Self::Quote => PathError::Quote { path: path.to_owned() },
        }
    }
}

/// The fields spelled `input`, joined by `.`, quoted where they need it.
pub(crate) fn parse_fields(input: &str) -> Result<Vec<Field>, FieldsError> {
    let mut fields = Vec::new();
    let mut rest = input;
    loop {
        let (field, tail) = if let Some(quoted) = rest.strip_prefix('"') {
            parse_quoted(quoted)?
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        fields.push(Field::parse(&field).map_err(FieldsError::Name)?);
        match tail.strip_prefix('.') {
            Some(tail) => rest = tail,
            None if tail.is_empty() => return Ok(fields),
            None => return Err(FieldsError::Quote),
        }
    }
}

fn parse_quoted(input: &str) -> Result<(String, &str), FieldsError> {
    let mut field = String::new();
    let mut chars = input.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((field, &input[at + 1..])),
            '\\' => field.push(chars.next().ok_or(FieldsError::Quote)?.1),
            c => field.push(c),
        }
    }
    Err(FieldsError::Quote)
}

/// Fields as text, joined by `.`.
pub(crate) struct Fields<'a>(pub(crate) &'a [Field]);

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, field) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write_field(f, field.as_str())?;
        }
        Ok(())
    }
}

fn write_field(f: &mut fmt::Formatter<'_>, field: &str) -> fmt::Result {
    if field.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/')) {
        return f.write_str(field);
    }
    f.write_str("\"")?;
    for c in field.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.resource, f)?;
        if !self.fields.is_empty() {
            f.write_str(".")?;
        }
        Fields(&self.fields).fmt(f)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;
    fn from_str(input: &str) -> Result<Self, PathError> {
        Self::parse(input)
    }
}
