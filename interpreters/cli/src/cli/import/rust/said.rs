//! What a resource says and is not written yet.

use serde_json::{Map, Value as Json};

use super::layout::{Argument, Chain};
use super::literal;

/// Fields of a resource, from which setters take those that they say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said(Map<String, Json>);

impl Said {
    pub(crate) fn new(fields: Map<String, Json>) -> Self {
        Self(fields)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is said at `path`.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&Json> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |json, name| json.get(*name))
    }

    /// Takes what `wanted` accepts at `path`; objects that it leaves empty go too.
    pub(crate) fn take<T>(
        &mut self,
        path: &[&str],
        wanted: impl FnOnce(&Json) -> Option<T>,
    ) -> Option<T> {
        let found = wanted(self.get(path)?)?;
        remove(&mut self.0, path);
        Some(found)
    }

    /// The keys of the record at `path`.
    pub(crate) fn keys(&self, path: &[&str]) -> Vec<String> {
        let fields = self.get(path).and_then(Json::as_object);
        fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    }

    /// Takes a text, as a literal.
    pub(crate) fn text(&mut self, path: &[&str]) -> Option<String> {
        self.take(path, |json| json.as_str().map(literal::text))
    }

    /// Takes a truth value.
    pub(crate) fn bool(&mut self, path: &[&str]) -> Option<String> {
        self.take(path, |json| json.as_bool().map(|value| value.to_string()))
    }

    /// Takes `true`, and leaves `false`.
    pub(crate) fn yes(&mut self, path: &[&str]) -> bool {
        self.take(path, |json| (*json == Json::Bool(true)).then_some(())).is_some()
    }

    /// Takes an integer that `T` holds.
    pub(crate) fn integer<T: TryFrom<i64>>(&mut self, path: &[&str]) -> Option<T> {
        self.take(path, |json| T::try_from(json.as_i64()?).ok())
    }

    /// Takes a list of texts that is not empty.
    pub(crate) fn texts(&mut self, path: &[&str]) -> Option<Argument> {
        self.take(path, |json| {
            let items = json.as_array().filter(|items| !items.is_empty())?;
            items.iter().all(Json::is_string).then(|| Argument::List(literal::items(items)))
        })
    }

    /// Takes the record at `path`, whatever is in it.
    pub(crate) fn part(&mut self, path: &[&str]) -> Option<Self> {
        self.take(path, |json| json.as_object().cloned().map(Self))
    }

    /// Puts back what was not taken of the record at `path`.
    pub(crate) fn put_back(&mut self, path: &[&str], rest: Self) {
        let Some((last, above)) = path.split_last() else { return };
        if rest.is_empty() {
            return;
        }
        let mut at = &mut self.0;
        for name in above {
            let entry = at.entry((*name).to_owned()).or_insert_with(|| Json::Object(Map::new()));
            let Json::Object(fields) = entry else { return };
            at = fields;
        }
        at.insert((*last).to_owned(), Json::Object(rest.0));
    }

    /// Says the rest by paths.
    pub(crate) fn set_rest(self, setter: &'static str, chain: &mut Chain) {
        for (fields, value) in leaves(self.0) {
            chain
                .call(setter, vec![plain(literal::text(&literal::path(&fields))), argument(value)]);
        }
    }
}

/// An argument as it is.
pub(crate) fn plain(text: impl Into<String>) -> Argument {
    Argument::Plain(text.into())
}

/// What a setter takes for the leaf `json`.
fn argument(json: Json) -> Argument {
    match json {
        Json::Object(_) => plain("Value::Object"),
        Json::Array(items) if literal::is_uniform(&items) => Argument::List(literal::items(&items)),
        Json::Array(_) => Argument::Json(json),
        scalar => plain(literal::json(&scalar, 0)),
    }
}

/// The leaves and empty objects of a record, in order. It is as deep as a path at most.
fn leaves(fields: Map<String, Json>) -> Vec<(Vec<String>, Json)> {
    let mut open: Vec<(Vec<String>, Json)> =
        fields.into_iter().rev().map(|(name, json)| (vec![name], json)).collect();
    let mut leaves = Vec::new();
    while let Some((at, json)) = open.pop() {
        match json {
            Json::Object(fields) if !fields.is_empty() => {
                let below = fields.into_iter().rev();
                open.extend(below.map(|(name, json)| ([at.clone(), vec![name]].concat(), json)));
            }
            leaf => leaves.push((at, leaf)),
        }
    }
    leaves
}

fn remove(fields: &mut Map<String, Json>, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            fields.remove(*last);
        }
        [first, rest @ ..] => {
            let Some(Json::Object(below)) = fields.get_mut(*first) else { return };
            remove(below, rest);
            if below.is_empty() {
                fields.remove(*first);
            }
        }
    }
}
