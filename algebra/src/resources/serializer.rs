//! A serde serializer whose output is an [`Item`] of the algebra.
//!
//! It is the one way in for foreign records. Depth is checked before each descent, so that no
//! value can overflow the stack.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{self, Serialize};

use super::key::KeySerializer;
use super::place::{At, Step};
use super::record::RecordError;
use crate::names::Field;
use crate::value::{Decimal, Item, List, Record, Value};
use crate::word::Word;

/// Serialises one value into an [`Item`].
#[derive(Clone, Copy)]
pub(crate) struct Serializer<'a>(At<'a>);

impl Serializer<'_> {
    /// The serializer of a whole record.
    pub(crate) fn top() -> Self {
        Serializer(At::top())
    }

    fn null(&self, what: &str) -> RecordError {
        self.0.error(format!(
            "{what} is not a value; leave the field out \
             (`#[serde(skip_serializing_if = \"Option::is_none\")]`)"
        ))
    }

    fn wrapped<T: Serialize + ?Sized>(&self, value: &T) -> Result<Item, RecordError> {
        value
            .serialize(Serializer(self.0.descend(Step::Wrap)?))
            .map_err(|e| e.at(|| self.0.to_string()))
    }

    fn integer(&self, value: impl TryInto<i64> + fmt::Display + Copy) -> Result<Item, RecordError> {
        let integer = value.try_into();
        integer.map(|n| Item::Value(Value::Integer(n))).map_err(|_| {
            self.0.error(format!(
                "`{value}` does not fit an integer of 64 bits with a sign; use a text"
            ))
        })
    }
}

macro_rules! integers {
    ($($name:ident: $t:ty),*) => {$(
        fn $name(self, value: $t) -> Result<Item, RecordError> {
            self.integer(value)
        }
    )*};
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = Item;
    type Error = RecordError;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<Item, RecordError> {
        Ok(Item::Value(Value::Bool(value)))
    }

    fn serialize_f32(self, value: f32) -> Result<Item, RecordError> {
        // The shortest digits, so that 0.1 of 32 bits is the decimal 0.1.
        self.serialize_f64(value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<Item, RecordError> {
        match Decimal::new(value) {
            Some(decimal) => Ok(Item::Value(Value::Decimal(decimal))),
            None => Err(self.0.error(format!("{value} is not a value"))),
        }
    }

    fn serialize_char(self, value: char) -> Result<Item, RecordError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Item, RecordError> {
        Ok(Item::Value(Value::Text(Word::literal(value))))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Item, RecordError> {
        Err(self.0.error(format!("{} bytes are not a value; carry them as a blob", value.len())))
    }

    fn serialize_none(self) -> Result<Item, RecordError> {
        Err(self.null("none (null)"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Item, RecordError> {
        self.wrapped(value)
    }

    fn serialize_unit(self) -> Result<Item, RecordError> {
        Err(self.null("a unit (null)"))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Item, RecordError> {
        Err(self.null(&format!("the unit struct `{name}`")))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Item, RecordError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Item, RecordError> {
        self.wrapped(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Item, RecordError> {
        let mut fields = Fields::new(self.0, None);
        fields.put(variant, value)?;
        fields.finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, RecordError> {
        Ok(Items { at: self.0, variant: None, items: Vec::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, RecordError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, RecordError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, RecordError> {
        Ok(Items { at: self.0, variant: Some(variant), items: Vec::new() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, RecordError> {
        Ok(Fields::new(self.0, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, RecordError> {
        Ok(Fields::new(self.0, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, RecordError> {
        Ok(Fields::new(self.0, Some(variant)))
    }
}

/// `{variant: item}`, or the item itself.
fn in_variant(at: &At<'_>, variant: Option<&str>, item: Item) -> Result<Item, RecordError> {
    let Some(variant) = variant else { return Ok(item) };
    let field = Field::parse(variant).map_err(|e| at.error(e.to_string()))?;
    let record = Record::new(vec![(field, item)]).map_err(|e| at.error(e.to_string()))?;
    Ok(Item::Record(record))
}

/// Serialises the items of a list.
pub(crate) struct Items<'a> {
    at: At<'a>,
    variant: Option<&'static str>,
    items: Vec<Item>,
}

impl Items<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        let at = self.at.descend(Step::Index(self.items.len()))?;
        let item = value.serialize(Serializer(at)).map_err(|e| e.at(|| at.to_string()))?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Result<Item, RecordError> {
        let list = List::new(self.items).map_err(|e| self.at.error(e.to_string()))?;
        in_variant(&self.at, self.variant, Item::Value(Value::List(list)))
    }
}

/// Serialises the fields of a record.
pub(crate) struct Fields<'a> {
    at: At<'a>,
    variant: Option<&'static str>,
    key: Option<String>,
    fields: BTreeMap<Field, Item>,
}

impl<'a> Fields<'a> {
    fn new(at: At<'a>, variant: Option<&'static str>) -> Self {
        Self { at, variant, key: None, fields: BTreeMap::new() }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), RecordError> {
        let at = self.at.descend(Step::Field(name))?;
        let field = Field::parse(name).map_err(|e| self.at.error(e.to_string()))?;
        if self.fields.contains_key(&field) {
            return Err(at.error("the field is given twice"));
        }
        let item = value.serialize(Serializer(at)).map_err(|e| e.at(|| at.to_string()))?;
        self.fields.insert(field, item);
        Ok(())
    }

    fn finish(self) -> Result<Item, RecordError> {
        let fields = self.fields.into_iter().collect();
        let record = Record::new(fields).map_err(|e| self.at.error(e.to_string()))?;
        in_variant(&self.at, self.variant, Item::Record(record))
    }
}

macro_rules! items {
    ($($trait:ident $put:ident),*) => {$(
        impl ser::$trait for Items<'_> {
            type Ok = Item;
            type Error = RecordError;
            fn $put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
                self.put(value)
            }
            fn end(self) -> Result<Item, RecordError> {
                self.finish()
            }
        }
    )*};
}
items!(SerializeSeq serialize_element, SerializeTuple serialize_element,
       SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Fields<'_> {
            type Ok = Item;
            type Error = RecordError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), RecordError> {
                self.put(key, value)
            }
            fn end(self) -> Result<Item, RecordError> {
                self.finish()
            }
        }
    )*};
}
fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Fields<'_> {
    type Ok = Item;
    type Error = RecordError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), RecordError> {
        let key = key.serialize(KeySerializer::new()).map_err(|e| e.at(|| self.at.to_string()))?;
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        let key = self.key.take().ok_or_else(|| self.at.error("a value is given without a key"))?;
        self.put(&key, value)
    }

    fn end(self) -> Result<Item, RecordError> {
        self.finish()
    }
}
