//! The table of selectors: each different one once, parts before what uses them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::encode::place_text;
use super::error::EncodeError;
use super::form::SelectorForm;
use super::json::{Json, line};
use super::table::Table;
use crate::names::{DeviceId, LabelKey};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::selector::{Selector, Test, View};

/// A selector of at most this many nodes is written as its text.
const TEXT_SIZE: u64 = 64;
/// A text of more bytes than this is written as a structure, where there is one.
const TEXT_BYTES: usize = 1 << 16;

/// The table being written.
pub(super) struct SelectorTable {
    origins: bool,
    by_address: HashMap<usize, usize>,
    by_line: HashMap<String, usize>,
    pub(super) entries: Vec<SelectorForm>,
}

impl SelectorTable {
    pub(super) fn new(origins: bool) -> Self {
        Self { origins, by_address: HashMap::new(), by_line: HashMap::new(), entries: Vec::new() }
    }

    /// The position of `selector`, which is written if it was not. Does not recurse.
    pub(super) fn position(&mut self, selector: &Selector) -> Result<usize, EncodeError> {
        let mut open = vec![(selector, false)];
        while let Some((node, parts_done)) = open.pop() {
            if self.by_address.contains_key(&node.address()) {
                continue;
            }
            let form = match text_of(node) {
                Some(text) => SelectorForm::Text(text),
                None if parts_done => self.form(node)?,
                None => {
                    open.push((node, true));
                    open.extend(node.view().children().iter().rev().map(|part| (part, false)));
                    continue;
                }
            };
            let at = self.intern(form)?;
            self.by_address.insert(node.address(), at);
        }
        Ok(self.by_address.get(&selector.address()).copied().unwrap_or_default())
    }

    /// The position of `form`, whose references are absolute.
    fn intern(&mut self, mut form: SelectorForm) -> Result<usize, EncodeError> {
        let at = self.entries.len();
        match self.by_line.entry(line(&form)?) {
            Entry::Occupied(known) => return Ok(*known.get()),
            Entry::Vacant(slot) => slot.insert(at),
        };
        let here = i64::try_from(at).unwrap_or(i64::MAX);
        match &mut form {
            SelectorForm::All { all: parts } | SelectorForm::Any { any: parts } => {
                parts.iter_mut().for_each(|part| *part -= here);
            }
            SelectorForm::Not { not } => *not -= here,
            _ => {}
        }
        self.entries.push(form);
        Ok(at)
    }

    fn form(&self, node: &Selector) -> Result<SelectorForm, EncodeError> {
        let part = |s: &Selector| {
            let at = self.by_address.get(&s.address()).copied().unwrap_or_default();
            i64::try_from(at).unwrap_or(i64::MAX)
        };
        let texts = |set: &[std::sync::Arc<str>]| set.iter().map(ToString::to_string).collect();
        Ok(match node.view() {
            View::And(parts) => SelectorForm::All { all: parts.iter().map(part).collect() },
            View::Or(parts) => SelectorForm::Any { any: parts.iter().map(part).collect() },
            View::Not(inner) => SelectorForm::Not { not: part(inner) },
            View::Invalid(problem) => SelectorForm::Invalid {
                invalid: problem.message().to_owned(),
                at: place_text(problem.origin()).filter(|_| self.origins),
            },
            View::Test(Test::Id(ids)) => {
                SelectorForm::Id { id: ids.iter().map(ToString::to_string).collect() }
            }
            View::Test(Test::In { key, values }) => {
                SelectorForm::In { label: key.to_string(), values: texts(values) }
            }
            View::All | View::None | View::Test(_) => {
                return Err(EncodeError::new("a test of a selector has no text of at most 1 MiB"));
            }
        })
    }
}

/// The text of `selector`, if it is small and reads back as the same shape.
fn text_of(selector: &Selector) -> Option<String> {
    if selector.tree_size() > TEXT_SIZE || selector.has_problem() {
        return None;
    }
    let text = selector.to_string();
    let is_set = matches!(selector.view(), View::Test(Test::Id(_) | Test::In { .. }));
    let is_atom = selector.tree_size() == 1 && !is_set;
    if text.len() > TEXT_BYTES && !is_atom {
        return None;
    }
    Selector::parse(&text).is_ok_and(|read| read.same_shape(selector)).then_some(text)
}

/// The selector of the entry `json`, after the entries `before`.
pub(super) fn read(json: Json, before: &mut Table<Selector>) -> Result<Selector, String> {
    let mut fields = match json {
        Json::Text(text) => {
            return Selector::parse(&text).map_err(|e| format!("{e} in `{}`", cut(&text)));
        }
        Json::Object(fields) => fields,
        other => return Err(format!("{} is no selector", other.kind())),
    };
    let names: Vec<String> = fields.keys().take(3).cloned().collect();
    let mut names = names.iter().map(String::as_str);
    let shape = (names.next(), names.next(), names.next());
    let mut take = |key: &str| fields.remove(key).unwrap_or(Json::Null);
    match shape {
        (Some("all"), None, _) => {
            let parts = parts(&take("all"), before)?;
            checked(Selector::all_of(parts.clone()), &parts)
        }
        (Some("any"), None, _) => {
            let parts = parts(&take("any"), before)?;
            checked(Selector::any_of(parts.clone()), &parts)
        }
        (Some("not"), None, _) => Ok(!before.refer(&take("not"))?),
        (Some("id"), None, _) => {
            let ids = texts(take("id"))?;
            let ids: Result<Vec<DeviceId>, _> = ids.iter().map(|id| DeviceId::parse(id)).collect();
            let mut ids = ids.map_err(|e| e.to_string())?;
            ids.sort_unstable();
            ids.dedup();
            non_empty(ids.len())?;
            Ok(Selector::test(Test::Id(ids.into())))
        }
        (Some("in"), Some("label"), None) => {
            let mut values: Vec<std::sync::Arc<str>> =
                texts(take("in"))?.into_iter().map(Into::into).collect();
            values.sort_unstable();
            values.dedup();
            non_empty(values.len())?;
            let Json::Text(key) = take("label") else { return Err("`label` is no text".into()) };
            let key = LabelKey::parse(&key).map_err(|e| e.to_string())?;
            Ok(Selector::test(Test::In { key, values: values.into() }))
        }
        (Some("invalid"), None, _) | (Some("at"), Some("invalid"), None) => {
            let Json::Text(message) = take("invalid") else {
                return Err("`invalid` is no text".to_owned());
            };
            let origin = match take("at") {
                Json::Null => Origin::nowhere(),
                at => super::decode::origin(&at)?,
            };
            Ok(Selector::invalid(Problem::new(&message, origin)))
        }
        _ => Err("a selector is a text or has one of `all`, `any`, `not`, `id`, `in`".to_owned()),
    }
}

/// What was made of `parts`, unless some were left out: that is not what was written.
fn checked(made: Selector, parts: &[Selector]) -> Result<Selector, String> {
    if made.view().children().len() == parts.len() && parts.len() > 1 {
        return Ok(made);
    }
    Err("`all` and `any` hold at least two parts, none of them `all()` or `none()`".to_owned())
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn non_empty(n: usize) -> Result<(), String> {
    if n == 0 { Err("a set of values must not be empty".to_owned()) } else { Ok(()) }
}

fn texts(json: Json) -> Result<Vec<String>, String> {
    let Json::List(items) = json else { return Err(format!("{} is no list", json.kind())) };
    let items = items.into_iter().map(|item| match item {
        Json::Text(text) => Ok(text),
        other => Err(format!("{} stands where a text should", other.kind())),
    });
    items.collect()
}

fn parts(json: &Json, before: &mut Table<Selector>) -> Result<Vec<Selector>, String> {
    let Json::List(parts) = json else { return Err(format!("{} is no list", json.kind())) };
    parts.iter().map(|json| before.refer(json)).collect()
}
