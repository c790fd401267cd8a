//! From bytes to the sections of a document, before anything in them is understood.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::{DecodeError, Kind};
use super::head::{self, Head};
use super::json::{Budget, Json, JsonSeed};
use super::{FLEET, Limits, VERSION};

/// The sections of a document of this version.
pub(super) struct Document {
    pub(super) digest: String,
    pub(super) selectors: Vec<Json>,
    pub(super) nodes: Vec<Json>,
    pub(super) contents: BTreeMap<String, Json>,
    pub(super) origins: Option<Vec<Json>>,
}

impl Document {
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        if bytes.len() > limits.bytes {
            let limit = limits.bytes as u64;
            return Err(Kind::Limit { what: "bytes", limit }.into());
        }
        head::check_bytes(bytes)?;
        let head = Head::read(bytes)?;
        if !head.is_fleet() {
            return Err(DecodeError::document(
                "this is no fleet: it must begin with `\"escadre\": \"fleet\"`; \
                 `escadre lock` writes one",
            ));
        }
        check_version(head.version())?;
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        deserializer.disable_recursion_limit(); // `check_bytes` stands in for it
        let document = Self::read(&mut deserializer, limits).map_err(|e| DecodeError::json(&e))?;
        deserializer.end().map_err(|e| DecodeError::json(&e))?;
        if document.nodes.len() > limits.nodes {
            return Err(Kind::Limit { what: "nodes", limit: limits.nodes as u64 }.into());
        }
        Ok(document)
    }

    pub(super) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        limits: &Limits,
    ) -> Result<Self, D::Error> {
        let budget = Budget::new(limits.values);
        deserializer.deserialize_map(Sections { limits, budget: &budget })
    }
}

fn check_version(found: String) -> Result<(), DecodeError> {
    if found == VERSION.to_string() { Ok(()) } else { Err(Kind::Version { found }.into()) }
}

#[derive(Clone, Copy)]
struct Sections<'a> {
    limits: &'a Limits,
    budget: &'a Budget,
}

impl<'de> Visitor<'de> for Sections<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an escadre fleet: an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut sections: BTreeMap<String, Json> = BTreeMap::new();
        let (mut selectors, mut nodes, mut origins) = (None, None, None);
        let entries = |limit| Entries { limit, budget: self.budget };
        while let Some(key) = map.next_key::<String>()? {
            let twice = match key.as_str() {
                "selectors" => {
                    selectors.replace(map.next_value_seed(entries(self.limits.nodes))?).is_some()
                }
                "nodes" => {
                    nodes.replace(map.next_value_seed(entries(self.limits.nodes))?).is_some()
                }
                "origins" => {
                    origins.replace(map.next_value_seed(entries(self.limits.nodes))?).is_some()
                }
                "escadre" | "version" | "digest" | "contents" => {
                    let value = map.next_value_seed(JsonSeed { budget: self.budget, depth: 1 })?;
                    sections.insert(key.clone(), value).is_some()
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::custom(format!(
                        "the section `{key}` is not known: version {VERSION} has `selectors`, \
                         `nodes`, `contents`, `origins`; upgrade escadre or remove it"
                    )));
                }
            };
            if twice {
                return Err(A::Error::custom(format!("the section `{key}` is given twice")));
            }
        }
        Self::checked(sections, selectors, nodes, origins).map_err(A::Error::custom)
    }
}

impl Sections<'_> {
    fn checked(
        mut sections: BTreeMap<String, Json>,
        selectors: Option<Vec<Json>>,
        nodes: Option<Vec<Json>>,
        origins: Option<Vec<Json>>,
    ) -> Result<Document, DecodeError> {
        if sections.remove("escadre") != Some(Json::text(FLEET)) {
            return Err(DecodeError::document("this is no fleet: `escadre` must be \"fleet\""));
        }
        match sections.remove("version") {
            Some(Json::Integer(n)) => check_version(n.to_string())?,
            other => check_version(other.map_or("none", |json| json.kind()).to_owned())?,
        }
        let Some(Json::Text(digest)) = sections.remove("digest") else {
            return Err(DecodeError::document(
                "there is no `digest`; run `escadre lock` to write the file",
            ));
        };
        let contents = match sections.remove("contents") {
            None => BTreeMap::new(),
            Some(Json::Object(contents)) => contents,
            Some(other) => {
                let message = format!("`contents` is {}, not an object", other.kind());
                return Err(DecodeError::document(message));
            }
        };
        let (Some(selectors), Some(nodes)) = (selectors, nodes) else {
            return Err(DecodeError::document("there must be `selectors` and `nodes`"));
        };
        Ok(Document { digest, selectors, nodes, contents, origins })
    }
}

/// A list of entries, at most `limit`.
#[derive(Clone, Copy)]
struct Entries<'a> {
    limit: usize,
    budget: &'a Budget,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = Vec<Json>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Json>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Vec<Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Json>, A::Error> {
        let mut entries = Vec::new();
        let inner = JsonSeed { budget: self.budget, depth: 2 };
        while let Some(entry) = seq.next_element_seed(inner)? {
            if entries.len() == self.limit {
                let limit = self.limit;
                return Err(A::Error::custom(format!("there are more entries than {limit}")));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}
