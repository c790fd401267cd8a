//! JSON Lines: one device a line.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use escadre_algebra::Coverage;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::collect::{Collector, Entry};
use super::error::{BadLine, Wrong};
use super::flat::Flat;
use super::lines::{Line, Lines};
use super::text::{Text, all, json_mistake, span_of, span_or_all};

/// Reads devices into `collector`; the number of lines.
pub(super) fn read(reader: impl Read, collector: &mut Collector) -> io::Result<u64> {
    let mut flat = Flat::new();
    read_unless(reader, collector, |line, collector| flat.read(line, collector))
}

/// Reads the lines that are not `done`; see Note [Flat lines].
fn read_unless(
    reader: impl Read,
    collector: &mut Collector,
    mut done: impl FnMut(&Line<'_>, &mut Collector) -> bool,
) -> io::Result<u64> {
    let mut lines = Lines::new(reader);
    while let Some(line) = lines.next()? {
        match line {
            Err(bad) => collector.bad(|| bad),
            Ok(line) if done(&line, collector) => {}
            Ok(line) if line.text.trim_ascii().is_empty() => {}
            Ok(line) => {
                if let Err(wrong) = read_line(&line, collector) {
                    collector.bad(|| BadLine::within(line.text, line.number, wrong));
                }
            }
        }
    }
    Ok(lines.n_lines())
}

fn read_line(line: &Line<'_>, collector: &mut Collector) -> Result<(), Wrong> {
    let text = line.text;
    if !text.trim_ascii_start().starts_with('{') {
        let message = "expected an object with `id` and `labels`";
        return Err(Wrong::at(all(text), message));
    }
    let record: Record<'_> = serde_json::from_str(text).map_err(|e| mistake(line, &e))?;
    if let Some(Text(word)) = &record.coverage {
        if record.id.is_some() || record.labels.is_some() {
            return Err(Wrong::at(all(text), "`coverage` stands on a line of its own"));
        }
        let coverage = match &**word {
            "complete" => Coverage::Complete,
            "partial" => Coverage::Partial,
            _ => {
                let message = "`coverage` is `\"complete\"` or `\"partial\"`";
                return Err(Wrong::at(span_or_all(text, word), message));
            }
        };
        collector.state_coverage(coverage);
        return Ok(());
    }
    let Some(Text(id)) = &record.id else {
        return Err(Wrong::at(all(text), "the line has no `id`"));
    };
    let unlisted_unknown = match &record.unlisted {
        None => false,
        Some(Text(word)) if word == "unknown" => true,
        Some(Text(word)) if word == "absent" => false,
        Some(Text(word)) => {
            let message = "`unlisted` is `\"unknown\"` or `\"absent\"`";
            return Err(Wrong::at(span_or_all(text, word), message));
        }
    };
    let mut labels = Vec::with_capacity(record.labels.as_ref().map_or(0, |l| l.0.len()));
    for (key, value) in record.labels.map_or_else(Vec::new, |l| l.0) {
        let value = value.text(text, &key)?;
        labels.push(Entry { key, value, reported: false });
    }
    mark_reported(text, &mut labels, &record.reported.unwrap_or_default())?;
    collector.add_with(text, line.number, id, &mut labels, unlisted_unknown)
}

/// Marks the labels that `reported` names.
fn mark_reported(text: &str, labels: &mut [Entry<'_>], reported: &[Text<'_>]) -> Result<(), Wrong> {
    if reported.is_empty() {
        return Ok(());
    }
    labels.sort_by(|a, b| a.key.cmp(&b.key));
    for Text(key) in reported {
        let Ok(at) = labels.binary_search_by(|l| l.key.cmp(key)) else {
            let message = format!("`reported` names `{key}`, which is no label of this line");
            return Err(Wrong::at(span_or_all(text, key), message));
        };
        labels[at].reported = true;
    }
    Ok(())
}

fn mistake(line: &Line<'_>, error: &serde_json::Error) -> Wrong {
    let (span, message) = json_mistake(line.text, error);
    let message = match error.classify() {
        Category::Eof if line.ended => format!("the line ends too early: {message}"),
        Category::Eof => format!("the last line is cut off: {message}"),
        Category::Syntax => format!("the line is not JSON: {message}"),
        _ => message,
    };
    Wrong::at(span, message)
}

/// One line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `id` and `labels`")]
struct Record<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    labels: Option<Labels<'a>>,
    #[serde(borrow, default)]
    reported: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    unlisted: Option<Text<'a>>,
    #[serde(borrow, default)]
    coverage: Option<Text<'a>>,
}

/// The labels of one line, in its order.
struct Labels<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

/// The value of a label, as JSON has it.
enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Spelled(String),
    Float(f64),
    Other(&'static str),
}

impl<'a> Value<'a> {
    /// The text of this value of the label `key`; `None` for null.
    fn text(self, line: &str, key: &str) -> Result<Option<Cow<'a, str>>, Wrong> {
        let wrong = |message: String| Err(Wrong::at(span_or_all(line, key), message));
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::Spelled(text) => Ok(Some(Cow::Owned(text))),
            Self::Float(number) => {
                let text = number.to_string();
                if number_after(line, key) == Some(text.as_str()) {
                    return Ok(Some(Cow::Owned(text)));
                }
                wrong(format!(
                    "the label `{key}` is a number whose spelling would be lost: write it as a string"
                ))
            }
            Self::Other(what) => wrong(format!(
                "the label `{key}` is {what}: expected a string, an integer, a boolean or null"
            )),
        }
    }
}

/// The number that follows the key `key` of `line`, as it is spelled there.
fn number_after<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let after = line[span_of(line, key)?.end..].strip_prefix('"')?.trim_start();
    let number = after.strip_prefix(':')?.trim_start();
    let end = number.find([',', '}', ' ', '\t', '\r']).unwrap_or(number.len());
    Some(&number[..end])
}

impl<'de: 'a, 'a> Deserialize<'de> for Labels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Labels<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of labels")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels<'de>, A::Error> {
                let mut labels = Vec::with_capacity(16);
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, Value<'de>>()? {
                    labels.push((key, value));
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = Value<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, an integer, a boolean or null")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Value<'de>, E> {
                Ok(Value::Null)
            }
            fn visit_borrowed_str<E: de::Error>(self, s: &'de str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Borrowed(s)))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Owned(s.to_owned())))
            }
            fn visit_bool<E: de::Error>(self, b: bool) -> Result<Value<'de>, E> {
                Ok(Value::Spelled(b.to_string()))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Value<'de>, E> {
                Ok(Value::Spelled(n.to_string()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Value<'de>, E> {
                Ok(Value::Spelled(n.to_string()))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Value<'de>, E> {
                Ok(Value::Float(n))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other("an array"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other("an object"))
            }
        }
        deserializer.deserialize_any(Values)
    }
}

#[cfg(test)]
mod tests {
    use escadre_algebra::Facts;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::format::Format;
    use super::*;

    /// What is read of `text`, or the whole error, and the number of lines.
    fn outcome(text: &[u8], is_flat: bool) -> (Result<(Vec<Facts>, Coverage), String>, u64) {
        let mut collector = Collector::new(Coverage::Complete);
        let n_lines = match is_flat {
            true => read(text, &mut collector),
            false => read_unless(text, &mut collector, |_, _| false),
        };
        let found = collector.finish("x.jsonl", Format::JsonLines);
        let found = found.map(|found| (found.devices().to_vec(), found.coverage()));
        (found.map_err(|error| format!("{error:?}")), n_lines.unwrap_or_default())
    }

    /// A value of a label, of every kind and some that are none.
    const VALUES: [&str; 26] = [
        "\"camera\"",
        "\"\"",
        "\"a long value, longer than sixteen bytes\"",
        "\"é😀\"",
        "\"a\\\"b\"",
        "\"a\tb\"",
        "\"\u{7f}\"",
        "\"{\"",
        "null",
        "true",
        "false",
        "tru",
        "nul",
        "0",
        "-0",
        "-7",
        "07",
        "+1",
        "123456789012345678",
        "18446744073709551615",
        "2.5",
        "1e3",
        "[1]",
        "{}",
        "",
        "\"open",
    ];
    const KEYS: [&str; 9] =
        ["role", "site", "gpu", "a/b", "key-of-more-than-16-bytes", "é", "r\\u006fle", "", "ro le"];
    const IDS: [&str; 8] = ["a", "b", "cam-1", "cam-2", "é", "two words", "", "x\\n"];
    const SPACES: [&str; 5] = ["", "", " ", "\t", " \r"];
    const ENDS: [&str; 6] =
        ["", ", \"reported\": []", ",\"unlisted\":\"unknown\"", " }", ", \"id\": \"z\"", " x"];

    fn line() -> impl Strategy<Value = String> {
        let space = || select(&SPACES[..]);
        let label = (select(&KEYS[..]), select(&VALUES[..]), space());
        let rest = (select(&ENDS[..]), prop_oneof![8 => Just(0), 1 => Just(1_usize)]);
        (select(&IDS[..]), vec(label, 0..4), space(), space(), rest).prop_map(
            |(id, labels, before, between, (end, n_ends))| {
                let label = |(key, value, space): (&str, &str, &str)| {
                    format!("{before}\"{key}\"{space}:{between}{value}{space}")
                };
                let labels: Vec<String> = labels.into_iter().map(label).collect();
                let labels = labels.join(",");
                let end = end.repeat(n_ends);
                format!("{before}{{\"id\":{between}\"{id}\",{between}\"labels\":{{{labels}}}{end}}}{before}")
            },
        )
    }

    /// A line that is most often right: different ids, and labels in one order, as exports have.
    fn usual_line(at: usize) -> impl Strategy<Value = String> {
        let value = select(&["\"x\"", "\"yy\"", "3", "null", "\"\\u0061\""][..]);
        vec(prop::option::of(value), 4).prop_map(move |values| {
            let labels = KEYS.iter().zip(values);
            let labels = labels.filter_map(|(key, value)| Some(format!("\"{key}\":{}", value?)));
            let labels: Vec<String> = labels.collect();
            format!("{{\"id\":\"d-{}\",\"labels\":{{{}}}}}", at * 7 % 10, labels.join(","))
        })
    }

    proptest! {
        #[test]
        fn flat_lines_are_read_as_all_lines_are(
            lines in vec(line(), 0..5), at in 0..200_usize, odd in any::<u8>(), end in select(&["\n", "\r\n"][..])
        ) {
            let text = lines.join(end).into_bytes();
            prop_assert_eq!(outcome(&text, true), outcome(&text, false));
            let mut damaged = text.clone();
            if let Some(byte) = damaged.get_mut(at) {
                *byte = odd;
            }
            prop_assert_eq!(outcome(&damaged, true), outcome(&damaged, false));
            let cut = &text[..at.min(text.len())];
            prop_assert_eq!(outcome(cut, true), outcome(cut, false));
        }

        #[test]
        fn usual_lines_are_read_as_all_lines_are(
            lines in (0..10_usize).prop_map(|n| (0..n).map(usual_line).collect::<Vec<_>>()).prop_flat_map(|lines| lines)
        ) {
            let text = lines.join("\n").into_bytes();
            let read = outcome(&text, true);
            prop_assert!(lines.is_empty() || read.0.is_ok());
            prop_assert_eq!(read, outcome(&text, false));
        }
    }
}
