//! A serde serializer that accepts what can be the key of a record: a text.

use serde::ser::{self, Impossible, Serialize};

use super::record::RecordError;

/// Serialises a key: a text, a character, the name of a unit variant, or a newtype of one.
pub(crate) struct KeySerializer {
    n_wraps: usize,
}

/// A key may be wrapped in this many newtypes.
const MAX_WRAPS: usize = 16;

impl KeySerializer {
    pub(crate) fn new() -> Self {
        Self { n_wraps: 0 }
    }
}

fn rejected<T>(what: &str) -> Result<T, RecordError> {
    Err(RecordError::new(
        String::new(),
        format!("{what} cannot be a key: the keys of a record are texts"),
    ))
}

macro_rules! reject {
    ($($name:ident($($t:ty),*) $(-> $ok:ident)? : $what:literal;)*) => {$(
        fn $name(self, $(_: $t),*) -> Result<reject!(@ok $($ok)?), RecordError> {
            rejected($what)
        }
    )*};
    (@ok) => { String };
    (@ok $ok:ident) => { Self::$ok };
}

impl ser::Serializer for KeySerializer {
    type Ok = String;
    type Error = RecordError;
    type SerializeSeq = Impossible<String, RecordError>;
    type SerializeTuple = Impossible<String, RecordError>;
    type SerializeTupleStruct = Impossible<String, RecordError>;
    type SerializeTupleVariant = Impossible<String, RecordError>;
    type SerializeMap = Impossible<String, RecordError>;
    type SerializeStruct = Impossible<String, RecordError>;
    type SerializeStructVariant = Impossible<String, RecordError>;

    fn serialize_str(self, key: &str) -> Result<String, RecordError> {
        Ok(key.to_owned())
    }

    fn serialize_char(self, key: char) -> Result<String, RecordError> {
        Ok(key.into())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, RecordError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<String, RecordError> {
        if self.n_wraps >= MAX_WRAPS {
            return rejected("a text in so many newtypes");
        }
        key.serialize(Self { n_wraps: self.n_wraps + 1 })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, RecordError> {
        rejected("an option")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, RecordError> {
        rejected("a variant with fields")
    }

    reject! {
        serialize_bool(bool): "a truth value";
        serialize_i8(i8): "an integer";
        serialize_i16(i16): "an integer";
        serialize_i32(i32): "an integer";
        serialize_i64(i64): "an integer";
        serialize_i128(i128): "an integer";
        serialize_u8(u8): "an integer";
        serialize_u16(u16): "an integer";
        serialize_u32(u32): "an integer";
        serialize_u64(u64): "an integer";
        serialize_u128(u128): "an integer";
        serialize_f32(f32): "a decimal number";
        serialize_f64(f64): "a decimal number";
        serialize_bytes(&[u8]): "a string of bytes";
        serialize_none(): "an option";
        serialize_unit(): "a unit";
        serialize_unit_struct(&'static str): "a unit";
        serialize_seq(Option<usize>) -> SerializeSeq: "a list";
        serialize_tuple(usize) -> SerializeTuple: "a tuple";
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct: "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant: "a tuple";
        serialize_map(Option<usize>) -> SerializeMap: "a map";
        serialize_struct(&'static str, usize) -> SerializeStruct: "a struct";
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant: "a struct";
    }
}
