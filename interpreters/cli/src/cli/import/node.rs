//! Documents that remember where each of their parts stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json};
use serde_saphyr::Spanned;

/// A line and a column, from 1; 0 where they are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A part of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a part of a document holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar(Json),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The part `json`, all of which stands at `place`.
    pub(crate) fn at(place: Place, json: Json) -> Self {
        let content = match json {
            Json::Array(items) => {
                Content::List(items.into_iter().map(|item| Self::at(place, item)).collect())
            }
            Json::Object(fields) => {
                let fields = fields.into_iter().map(|(name, json)| (name, Self::at(place, json)));
                Content::Map(fields.collect())
            }
            scalar => Content::Scalar(scalar),
        };
        Self { place, content }
    }

    /// The field `name`, where this is a map that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Content::Map(fields) = &self.content else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, node)| node)
    }

    /// The part at `path`, one field after the other.
    pub(crate) fn pointed(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The text, where this is one.
    pub(crate) fn text(&self) -> Option<&str> {
        let Content::Scalar(Json::String(text)) = &self.content else { return None };
        Some(text)
    }

    /// Whether nothing is said here.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Json::Null))
    }

    /// This part without its places.
    pub(crate) fn json(&self) -> Json {
        match &self.content {
            Content::Scalar(scalar) => scalar.clone(),
            Content::List(items) => items.iter().map(Self::json).collect(),
            Content::Map(fields) => {
                fields.iter().map(|(name, node)| (name.clone(), node.json())).collect()
            }
        }
    }

    /// Where the part spelled `path` stands, or the nearest part above it: names joined by `.`,
    /// positions as `[2]`. A name may have dots itself, so the longest that is there is taken.
    pub(crate) fn place_of(&self, path: &str) -> Place {
        let (mut node, mut rest) = (self, path);
        loop {
            let next = match &node.content {
                Content::Scalar(_) => None,
                Content::List(items) => rest.strip_prefix('[').and_then(|inside| {
                    let (index, rest) = inside.split_once(']')?;
                    Some((items.get(index.parse::<usize>().ok()?)?, rest))
                }),
                Content::Map(fields) => {
                    let name = rest.strip_prefix('.').unwrap_or(rest);
                    let matching = fields.iter().filter_map(|(field, node)| {
                        let rest = name.strip_prefix(field.as_str())?;
                        let ends = rest.is_empty() || rest.starts_with(['.', '[']);
                        ends.then_some((field.len(), node, rest))
                    });
                    let longest = matching.max_by_key(|(length, _, _)| *length);
                    longest.map(|(_, node, rest)| (node, rest))
                }
            };
            match next {
                Some((inner, tail)) => (node, rest) = (inner, tail),
                None => return node.place,
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let at = spanned.referenced;
        let place = Place { line: number(at.line()), column: number(at.column()) };
        Ok(Self { place, content: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a manifest")
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Json::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Content, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Content, E> {
        let number = Number::from_f64(value);
        number
            .map(|number| Content::Scalar(number.into()))
            .ok_or_else(|| E::custom(format!("`{value}` is not a finite number")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Scalar(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Content, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Content::Map(map))
    }
}
