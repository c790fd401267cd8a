//! One byte string a value, for digests: different values have different ones.
//!
//! It is part of what digests mean, so it depends on nothing that prints for people.

use crate::digest::Digester;
use crate::value::{Item, Value};
use crate::word::{Part, Word};

impl Value {
    /// Adds this value to a digest. Kinds are tagged, sequences are framed by their lengths.
    pub(crate) fn digest_into(&self, digester: &mut Digester) {
        match self {
            Self::Unset => digester.add(b"unset"),
            Self::Object => digester.add(b"object"),
            Self::Bool(b) => digester.add(&[b'b', u8::from(*b)]),
            Self::Integer(n) => {
                digester.add(b"integer");
                digester.add(&n.to_le_bytes());
            }
            Self::Decimal(x) => {
                digester.add(b"decimal");
                digester.add(&x.get().to_bits().to_le_bytes());
            }
            Self::Text(word) => digest_word(word, digester),
            Self::List(list) => {
                digester.add(b"list");
                digester.add(&(list.items().len() as u64).to_le_bytes());
                list.items().iter().for_each(|item| digest_item(item, digester));
            }
        }
    }
}

/// Recursion ends with the nesting of lists, which `List::new` bounds.
fn digest_item(item: &Item, digester: &mut Digester) {
    match item {
        Item::Value(value) => value.digest_into(digester),
        Item::Record(record) => {
            digester.add(b"record");
            digester.add(&(record.fields().len() as u64).to_le_bytes());
            for (name, item) in record.fields() {
                digester.add(name.as_str().as_bytes());
                digest_item(item, digester);
            }
        }
    }
}

fn digest_word(word: &Word, digester: &mut Digester) {
    digester.add(b"text");
    digester.add(&(word.parts().len() as u64).to_le_bytes());
    for part in word.parts() {
        let (tag, text): (u8, &str) = match part {
            Part::Literal(text) => (b't', text),
            Part::Label(key) => (b'l', key.as_str()),
            Part::Missing(key) => (b'm', key.as_str()),
            Part::DeviceId => (b'i', ""),
        };
        digester.add(&[tag]);
        digester.add(text.as_bytes());
    }
}
