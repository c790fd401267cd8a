//! Rendered resources whose fields come in order, as they are written: read without a tree of JSON.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::configuration::ResourceState;
use crate::names::Field;
use crate::path::MAX_FIELDS;
use crate::value::{Decimal, Item, List, Value};

/// The state that `text` spells, if its fields come in order and no list has records.
/// `None` says nothing of the rest: what is refused here may be a state all the same.
pub(super) fn state(text: &[u8]) -> Option<ResourceState> {
    let (mut fields, mut leaves) = (Vec::new(), Vec::new());
    let mut json = serde_json::Deserializer::from_slice(text);
    Node { fields: &mut fields, leaves: &mut leaves }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    ResourceState::of_leaves(leaves)
}

/// What stands at `fields`: its leaves are added to `leaves`.
struct Node<'a> {
    fields: &'a mut Vec<Field>,
    leaves: &'a mut Vec<(Arc<[Field]>, Value)>,
}

impl Node<'_> {
    fn leaf<E: Error>(self, value: Result<Value, E>) -> Result<(), E> {
        self.leaves.push((self.fields[..].into(), value?));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

/// Why what stands there is read the other way: nobody is told.
fn refused<E: Error>() -> E {
    E::custom("not in order")
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<(), E> {
        self.leaf(Scalar.visit_bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<(), E> {
        self.leaf(Scalar.visit_i64(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        self.leaf(Scalar.visit_u64(n))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<(), E> {
        self.leaf(Scalar.visit_f64(x))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.leaf(Scalar.visit_str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        while let Some(value) = items.next_element_seed(Scalar)? {
            list.push(Item::Value(value));
        }
        let list: Arc<[Item]> = list.into();
        self.leaf(List::new(list).map(Value::List).map_err(|_| refused()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { fields, leaves } = self;
        if fields.len() >= MAX_FIELDS {
            return Err(refused());
        }
        let at = fields.len();
        while let Some(name) = map.next_key_seed(Name)? {
            // A name that comes again is read the other way, too.
            if fields.get(at).is_some_and(|before| *before >= name) {
                return Err(refused());
            }
            fields.truncate(at);
            fields.push(name);
            map.next_value_seed(Node { fields: &mut *fields, leaves: &mut *leaves })?;
        }
        if fields.len() == at {
            leaves.push((fields[..].into(), Value::Object));
        }
        fields.truncate(at);
        Ok(())
    }
}

/// The name of a field.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Field, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        Field::parse(name).map_err(|_| refused())
    }
}

/// A value that is neither a list nor an object.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for Scalar {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Integer(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Value, E> {
        i64::try_from(n).map(Value::Integer).map_err(|_| refused())
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Value, E> {
        Decimal::new(x).map(Value::Decimal).ok_or_else(refused)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }
}
