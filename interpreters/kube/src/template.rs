//! What differs on each device, apart from what does not. Pure.
//!
//! A resource that mentions the device's id is a *template*, in which [`ID`] and numbered words
//! stand for the id and for the values of labels, and of each device these values.
//! `fill(of(r), id, values) = r` on the device of that id and those values.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{
    Attestation, DeviceId, Digester, Facts, Knowledge, Label, LabelKey, Part, ResourceState, Value,
    Word,
};
use escadre_interpreter::named_content;
use serde_json::{Value as Json, json};

use crate::error::LowerErrorKind;
use crate::pod::ID;

/// How every word begins that stands for something of a device; it ends with `)`.
const MARK: &str = "$(ESCADRE_";
/// What follows in the word for the id, and for a label.
const OF_ID: &str = "DEVICE_ID";
const OF_LABEL: &str = "LABEL_";

/// What devices have in common of a resource that differs on each.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The resource, with words in place of the id and the values of `labels`.
    pub(crate) state: Arc<ResourceState>,
    labels: Box<[LabelKey]>,
}

/// The values of a template's labels on one device, in their order.
pub(crate) type Values = Box<[Arc<str>]>;

/// Of the devices of one shard: the entry that a pod is shown, and what fills in the template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    /// What the file is called where it is mounted.
    pub(crate) entry: Arc<str>,
    pub(crate) devices: BTreeMap<DeviceId, Values>,
}

/// Whether `written` mentions the device's id.
pub(crate) fn is_per_device(written: &ResourceState) -> bool {
    let words = written.leaves().iter().flat_map(|(_, value)| value.words());
    { words }.any(mentions_id)
}

fn mentions_id(word: &Word) -> bool {
    word.parts().contains(&Part::DeviceId)
}

impl Template {
    /// The template of `written`, which is no pod.
    ///
    /// # Errors
    /// It mentions the id where a file is the same on all devices, or spells such a word itself.
    pub(crate) fn of(written: &ResourceState) -> Result<Self, LowerErrorKind> {
        if let Some(field) = fixed_field(written) {
            return Err(LowerErrorKind::PerDevice { field });
        }
        let words = written.leaves().iter().flat_map(|(_, value)| value.words());
        let is_spelled = |part: &Part| matches!(part, Part::Literal(text) if text.contains(MARK));
        if { words }.any(|word| word.parts().iter().any(is_spelled)) {
            return Err(LowerErrorKind::Placeholder);
        }
        let labels: Box<[LabelKey]> = written.labels().into_iter().cloned().collect();
        let named = labels.iter().enumerate().map(|(i, key)| Label {
            key: key.clone(),
            value: Some(format!("{MARK}{OF_LABEL}{i})").into()),
            attestation: Attestation::Asserted,
        });
        let id = DeviceId::parse(ID).map_err(|_| LowerErrorKind::Placeholder)?;
        let state = written.instantiate(&Facts::from_labels(id, named.collect()));
        Ok(Self { state: Arc::new(state), labels })
    }

    /// What fills it in on the device of `facts`; `None` where a label is not known.
    pub(crate) fn values(&self, facts: &Facts) -> Option<Values> {
        let value = |key: &LabelKey| match facts.label(key.as_str()) {
            Knowledge::Known(value) => Some(Arc::from(value)),
            _ => None,
        };
        self.labels.iter().map(value).collect()
    }
}

/// The field of `written` that mentions the id, if it is one that all devices have in common: the
/// path of a file, or the digest by which content is named.
fn fixed_field(written: &ResourceState) -> Option<String> {
    let at = |fields: &[&str]| matches!(written.get(fields), Some(Value::Text(word)) if mentions_id(word));
    if named_content(written).is_some() {
        let is_own = |value: &Value| value.words().into_iter().any(mentions_id);
        let found = written.leaves().iter().find(|(_, value)| is_own(value));
        return found.map(|(field, _)| crate::data::field_name(field));
    }
    let is_file = written.get(&["kind"]) == Some(&Value::text("ConfigFile"));
    (is_file && at(&["path"])).then(|| "path".to_owned())
}

/// The state that `template` is on the device `id`; `None` where it is no template of that many values.
pub(crate) fn fill(
    template: &ResourceState,
    id: &DeviceId,
    values: &Values,
) -> Option<ResourceState> {
    let mut json = template.to_json();
    let mut waiting = vec![&mut json];
    while let Some(value) = waiting.pop() {
        match value {
            Json::String(text) if text.contains(MARK) => *text = fill_text(text, id, values)?,
            Json::Array(list) => waiting.extend(list.iter_mut()),
            Json::Object(fields) => waiting.extend(fields.values_mut()),
            _ => {}
        }
    }
    ResourceState::from_json(&json).ok()
}

/// What is filled in is not looked at again: it may spell such a word.
fn fill_text(text: &str, id: &DeviceId, values: &Values) -> Option<String> {
    let mut pieces = text.split(MARK);
    let mut filled = pieces.next()?.to_owned();
    for piece in pieces {
        let (word, rest) = piece.split_once(')')?;
        filled.push_str(match word.strip_prefix(OF_LABEL) {
            Some(number) => values.get(number.parse::<usize>().ok()?)?,
            None if word == OF_ID => id.as_str(),
            None => return None,
        });
        filled.push_str(rest);
    }
    Some(filled)
}

impl Entries {
    /// As an object says it of itself.
    pub(crate) fn to_json(&self) -> Json {
        let devices = self.devices.iter();
        let devices: serde_json::Map<String, Json> =
            devices.map(|(id, values)| (id.to_string(), described(values))).collect();
        json!({"entry": &*self.entry, "devices": devices})
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Said {
            entry: String,
            devices: BTreeMap<String, Vec<String>>,
        }
        let said: Said = serde_json::from_str(text).ok()?;
        let device = |(id, values): (String, Vec<String>)| {
            Some((DeviceId::parse(&id).ok()?, values.into_iter().map(Arc::from).collect()))
        };
        let devices: Option<_> = said.devices.into_iter().map(device).collect();
        Some(Self { entry: said.entry.into(), devices: devices? })
    }

    /// Adds all that it says to a digest.
    pub(crate) fn digest_into(&self, digester: &mut Digester) {
        digester.add(self.entry.as_bytes());
        for (id, values) in &self.devices {
            digester.add(id.as_str().as_bytes());
            digester.add(&(values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| digester.add(value.as_bytes()));
        }
    }
}

/// The values of one device, as its shard says them.
pub(crate) fn described(values: &Values) -> Json {
    values.iter().map(|value| Json::from(&**value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use escadre_algebra::Field;
    use proptest::prelude::*;

    /// The state of the one field `text`, which is `parts`.
    fn text(parts: Vec<Part>) -> Option<ResourceState> {
        let field = Field::parse("text").ok()?;
        ResourceState::from_leaves([(vec![field], Value::Text(Word::from_parts(parts)))])
    }

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let literal = prop_oneof!["[$(ESCADR_LB0)a]{0,9}", Just("$(ESCADRE".to_owned()), ".{0,4}"];
        let label = prop::sample::select(vec!["site", "serial"]);
        let label = label.prop_filter_map("a key", |key| Some(Part::Label(key.try_into().ok()?)));
        let part = prop_oneof![
            literal.prop_map(|text| Part::Literal(text.into())),
            label,
            Just(Part::DeviceId),
        ];
        prop::collection::vec(part, 0..8)
    }

    proptest! {
        #[test]
        fn a_template_that_is_filled_in_is_what_the_device_has(
            parts in parts(),
            site in "[$(ESCADR_LB0)]{0,12}",
            serial in prop_oneof![Just("$(ESCADRE_DEVICE_ID)".to_owned()), ".{0,6}"],
        ) {
            let Some(written) = text(parts) else { return Ok(()) };
            let facts = Facts::of("n1", [("site", site.as_str()), ("serial", serial.as_str())]);
            let (Ok(facts), Ok(template)) = (facts, Template::of(&written)) else {
                return Ok(());
            };
            let values = template.values(&facts);
            let filled = values.and_then(|values| fill(&template.state, facts.id(), &values));
            prop_assert_eq!(filled, Some(written.instantiate(&facts)));
        }

        #[test]
        fn what_devices_a_shard_has_is_read_as_it_was_written(
            entry in ".{0,9}",
            devices in prop::collection::btree_map("[a-z.]{1,9}", prop::collection::vec(".{0,5}", 0..3), 0..5),
        ) {
            let device = |(id, values): (String, Vec<String>)| {
                Some((DeviceId::parse(&id).ok()?, values.into_iter().map(Arc::from).collect()))
            };
            let devices = devices.into_iter().filter_map(device).collect();
            let entries = Entries { entry: entry.into(), devices };
            prop_assert_eq!(Entries::from_json(&entries.to_json().to_string()), Some(entries));
        }
    }
}
