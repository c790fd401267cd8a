//! Rendered resources as JSON texts, without a tree of JSON.

use std::fmt::Write;

use crate::configuration::ResourceState;
use crate::names::Field;
use crate::value::Value;

impl ResourceState {
    /// This state as a JSON text: `to_text() = to_json().to_string()`. Costs O(length).
    ///
    /// ```
    /// use escadre_algebra::ResourceState;
    /// let state = ResourceState::from_slice(br#"{"a": {"b": 1, "c": {}}, "d": ["x"]}"#)?;
    /// assert_eq!(state.to_text(), r#"{"a":{"b":1,"c":{}},"d":["x"]}"#);
    /// # Ok::<(), escadre_algebra::StateError>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // The fields of the leaf before: its objects, all but the last, are open.
        let mut before: Option<&[Field]> = None;
        for (fields, value) in self.leaves() {
            let open = before.map_or(0, |before| {
                let n_same = before.iter().zip(&**fields).take_while(|(a, b)| a == b).count();
                text.extend(std::iter::repeat_n('}', before.len().saturating_sub(1 + n_same)));
                text.push(',');
                n_same
            });
            for (depth, field) in fields.iter().enumerate().skip(open) {
                if depth > open || before.is_none() {
                    text.push('{');
                }
                push_quoted(&mut text, field.as_str());
                text.push(':');
            }
            push(&mut text, value);
            before = Some(fields);
        }
        text.extend(std::iter::repeat_n('}', before.map_or(0, <[Field]>::len)));
        text
    }
}

fn push(text: &mut String, value: &Value) {
    match value {
        Value::Object => text.push_str("{}"),
        Value::Text(word) => match word.as_literal() {
            Some(literal) => push_quoted(text, literal),
            None => push_quoted(text, &word.to_string()),
        },
        // Writing to a text never fails.
        Value::Integer(n) => {
            let _ = write!(text, "{n}");
        }
        other => {
            let _ = write!(text, "{}", other.to_json());
        }
    }
}

/// Adds `word` as JSON spells it.
fn push_quoted(text: &mut String, word: &str) {
    // What is neither a quote, a backslash nor a control character is spelled as it is.
    if word.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(word);
        text.push('"');
    } else {
        let _ = write!(text, "{}", serde_json::Value::from(word));
    }
}
