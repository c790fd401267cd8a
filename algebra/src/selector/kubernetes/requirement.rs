//! One requirement on one label, and what Kubernetes demands of it.

use std::fmt;

use crate::names::LabelKey;
use crate::selector::build::value_set;
use crate::selector::test::{Bound, Comparison};
use crate::selector::{Selector, Test};

/// What Kubernetes rejects: each rejection with the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    errors: Vec<(String, String)>,
}

impl Invalid {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { errors: vec![(field.into(), message.into())] }
    }

    pub(super) fn of(errors: Vec<(String, String)>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { errors }) }
    }

    /// The rejected fields (such as `values[0]`), each with the rule that it breaks.
    #[must_use]
    pub fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    /// The same rejections, of fields below `path`.
    pub(super) fn below(self, path: &str) -> Vec<(String, String)> {
        self.errors
            .into_iter()
            .map(|(field, message)| (format!("{path}.{field}"), message))
            .collect()
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (field, message)) in self.errors.iter().enumerate() {
            write!(f, "{}{field}: {message}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// The operator of a [`Requirement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `in`: present with one of the values.
    In,
    /// `notin`: absent, or with another value.
    NotIn,
    /// `=`: present with the value.
    Equals,
    /// `==`: the same.
    DoubleEquals,
    /// `!=`: absent, or with another value.
    NotEquals,
    /// Present.
    Exists,
    /// `!`: absent.
    DoesNotExist,
    /// `>`: an integer above the value.
    GreaterThan,
    /// `<`: an integer below the value.
    LessThan,
}

impl Operator {
    /// The binary operator that stands as `token` between a key and its values.
    #[must_use]
    pub fn from_token(token: &str) -> Option<Self> {
        Some(match token {
            "in" => Self::In,
            "notin" => Self::NotIn,
            "=" => Self::Equals,
            "==" => Self::DoubleEquals,
            "!=" => Self::NotEquals,
            ">" => Self::GreaterThan,
            "<" => Self::LessThan,
            _ => return None,
        })
    }

    /// The operator called `name` in `k8s.io/apimachinery/pkg/selection`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "exists" => Some(Self::Exists),
            "!" => Some(Self::DoesNotExist),
            "gt" => Some(Self::GreaterThan),
            "lt" => Some(Self::LessThan),
            ">" | "<" => None,
            _ => Self::from_token(name),
        }
    }

    /// The operator called `name` in a `matchExpressions` of an API object, `Gt` and `Lt` included.
    #[must_use]
    pub fn from_api(name: &str) -> Option<Self> {
        Some(match name {
            "In" => Self::In,
            "NotIn" => Self::NotIn,
            "Exists" => Self::Exists,
            "DoesNotExist" => Self::DoesNotExist,
            "Gt" => Self::GreaterThan,
            "Lt" => Self::LessThan,
            _ => return None,
        })
    }
}

/// One requirement on one label, as it was written; [`Requirement::check`] says whether it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// The operator.
    pub operator: Operator,
    /// The values, in the order in which they were written.
    pub values: Vec<String>,
}

impl Requirement {
    /// The requirement of these parts, valid.
    ///
    /// # Errors
    /// [`Invalid`] with everything that Kubernetes rejects.
    pub fn new(key: &str, operator: Operator, values: Vec<String>) -> Result<Self, Invalid> {
        let requirement = Self { key: key.to_owned(), operator, values };
        requirement.check()?;
        Ok(requirement)
    }

    /// Whether Kubernetes accepts this requirement.
    ///
    /// # Errors
    /// [`Invalid`] with everything that it rejects.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut errors = Vec::new();
        let mut reject = |field: String, rule: &str| errors.push((field, rule.to_owned()));
        if !is_qualified_name(&self.key) {
            reject("key".to_owned(), "not a qualified name");
        }
        let n_values = self.values.len();
        match self.operator {
            Operator::In | Operator::NotIn if n_values == 0 => {
                reject("values".to_owned(), "there must be a value");
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if n_values != 1 => {
                reject("values".to_owned(), "there must be one value");
            }
            Operator::Exists | Operator::DoesNotExist if n_values != 0 => {
                reject("values".to_owned(), "there must be no value");
            }
            Operator::GreaterThan | Operator::LessThan => {
                if n_values != 1 {
                    reject("values".to_owned(), "there must be one value");
                }
                for (i, value) in self.values.iter().enumerate() {
                    if value.parse::<i64>().is_err() {
                        reject(format!("values[{i}]"), "not an integer of 64 bits");
                    }
                }
            }
            _ => {}
        }
        for (i, value) in self.values.iter().enumerate() {
            if !is_label_value(value) {
                reject(format!("values[{i}][{}]", self.key), "not a label value");
            }
        }
        Invalid::of(errors)
    }

    /// Where Kubernetes says that this requirement matches, whether it is valid or not.
    #[must_use]
    pub fn to_selector(&self) -> Selector {
        let Ok(key) = LabelKey::parse(&self.key) else {
            // No device has such a label.
            let absent = [Operator::NotIn, Operator::NotEquals, Operator::DoesNotExist];
            return if absent.contains(&self.operator) {
                Selector::all()
            } else {
                Selector::none()
            };
        };
        let one_of = |key| Selector::test(Test::In { key, values: value_set(&self.values) });
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => one_of(key),
            Operator::NotIn | Operator::NotEquals if mutant!(NotInNeedsLabel) => {
                mistaken_not_in(key.clone(), one_of(key))
            }
            Operator::NotIn | Operator::NotEquals => !one_of(key),
            Operator::Exists => Selector::test(Test::Exists { key }),
            Operator::DoesNotExist => !Selector::test(Test::Exists { key }),
            Operator::GreaterThan if mutant!(AboveAsAtLeast) => self.compare(key, Comparison::Ge),
            Operator::GreaterThan => self.compare(key, Comparison::Gt),
            Operator::LessThan => self.compare(key, Comparison::Lt),
        }
    }

    fn compare(&self, key: LabelKey, op: Comparison) -> Selector {
        match self.values.as_slice() {
            [value] => value.parse().map_or_else(
                |_| Selector::none(),
                |n| Selector::test(Test::Compare { key, op, bound: Bound::Integer(n) }),
            ),
            _ => Selector::none(),
        }
    }

    /// The value that the label must have, if there is but one.
    pub(super) fn exact(&self) -> Option<&str> {
        let positive = [Operator::In, Operator::Equals, Operator::DoubleEquals];
        match self.values.as_slice() {
            [only] if positive.contains(&self.operator) => Some(only),
            _ => None,
        }
    }
}

/// As if a device without the label did not match.
fn mistaken_not_in(key: LabelKey, one_of: Selector) -> Selector {
    Selector::test(Test::Exists { key }) & !one_of
}

/// The requirement as Kubernetes prints it, its values sorted.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        let (key, values) = (&self.key, values.join(","));
        match self.operator {
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

/// Whether Kubernetes accepts `key` as a label's key: a name of at most 63 characters, with a DNS
/// subdomain and `/` in front or not.
#[must_use]
pub fn is_qualified_name(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether Kubernetes accepts `value` as a label's value.
#[must_use]
pub fn is_label_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    bytes.len() <= 63
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        && ends.is_none_or(|(a, z)| a.is_ascii_alphanumeric() && z.is_ascii_alphanumeric())
}

fn is_dns_subdomain(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 253
        && name.split('.').map(str::as_bytes).all(|part| {
            let ends = part.first().zip(part.last());
            part.iter().all(|&b| inner(b) || b == b'-')
                && ends.is_some_and(|(&a, &z)| inner(a) && inner(z))
        })
}
