//! Chains of calls, laid out over lines.

use std::collections::BTreeSet;

/// The longest line.
const WIDTH: usize = 100;
/// The longest chain, and the longest list of arguments, that stands in one line.
const SHORT: usize = 60;

/// One call in a chain: `.name(arguments)`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// As it is.
    Plain(String),
    /// A value of JSON.
    Json(serde_json::Value),
    /// A reference to a value of JSON.
    JsonRef(serde_json::Value),
    /// An array.
    List(Vec<String>),
    /// A chain of its own.
    Chain(Chain),
}

/// A value and the calls on it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) head: String,
    pub(crate) calls: Vec<Call>,
}

impl Chain {
    pub(crate) fn new(head: impl Into<String>) -> Self {
        Self { head: head.into(), calls: Vec::new() }
    }

    /// One more call.
    pub(crate) fn call(&mut self, name: &'static str, arguments: Vec<Argument>) {
        self.calls.push(Call { name, arguments });
    }

    /// The chain, where it begins at column `indent` of a line that `before` characters stand in.
    pub(crate) fn lay_out(&self, indent: usize, before: usize) -> String {
        let flat = self.flat();
        // One call stays with its value as long as the line is not full.
        let fits = flat.len() <= SHORT || self.calls.len() <= 1;
        if fits && !flat.contains('\n') && before + flat.len() <= WIDTH {
            return flat;
        }
        let pad = " ".repeat(indent + 4);
        let calls = self.calls.iter().map(|call| format!("\n{pad}{}", call.lay_out(indent + 4)));
        format!("{}{}", self.head, calls.collect::<String>())
    }

    /// The words that code of this chain begins with: names of types and functions, and others.
    pub(crate) fn names<'c>(&'c self, names: &mut BTreeSet<&'c str>) {
        names.insert(word(&self.head));
        if self.head.contains("(&json!(") {
            names.insert("json");
        }
        for argument in self.calls.iter().flat_map(|call| &call.arguments) {
            match argument {
                Argument::Plain(text) => _ = names.insert(word(text)),
                Argument::Json(_) | Argument::JsonRef(_) => _ = names.insert("json"),
                Argument::List(items) => names.extend(items.iter().map(|item| word(item))),
                Argument::Chain(chain) => chain.names(names),
            }
        }
    }

    fn flat(&self) -> String {
        let calls = self.calls.iter().map(Call::flat);
        format!("{}{}", self.head, calls.collect::<String>())
    }
}

/// The word that `code` begins with; empty for a literal of a text.
fn word(code: &str) -> &str {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
    &code[..end]
}

impl Call {
    fn flat(&self) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(Argument::flat).collect();
        format!(".{}({})", self.name, arguments.join(", "))
    }

    fn lay_out(&self, indent: usize) -> String {
        let flat = self.flat();
        let arguments = flat.len() - self.name.len() - 3;
        if arguments <= SHORT && indent + flat.len() < WIDTH && !flat.contains('\n') {
            return flat;
        }
        // What has several lines anyway may begin on the line of the call, if it is the last.
        if let Some((last, before)) = self.arguments.split_last()
            && before.iter().all(|argument| matches!(argument, Argument::Plain(_)))
            && (before.is_empty() || last.lay_out(indent).contains('\n'))
            && !matches!(last, Argument::Chain(_))
        {
            let before: String = before.iter().map(|a| format!("{}, ", a.flat())).collect();
            return format!(".{}({before}{})", self.name, last.lay_out(indent));
        }
        let pad = " ".repeat(indent + 4);
        let arguments = self.arguments.iter();
        let arguments = arguments.map(|a| format!("{pad}{},\n", a.lay_out(indent + 4)));
        format!(".{}(\n{}{})", self.name, arguments.collect::<String>(), " ".repeat(indent))
    }
}

impl Argument {
    fn flat(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Json(_) | Self::JsonRef(_) => self.lay_out(0),
            Self::List(items) => format!("[{}]", items.join(", ")),
            Self::Chain(chain) => chain.flat(),
        }
    }

    fn lay_out(&self, indent: usize) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Json(json) => format!("json!({})", super::literal::json(json, indent)),
            Self::JsonRef(json) => format!("&json!({})", super::literal::json(json, indent)),
            Self::Chain(chain) => chain.lay_out(indent, indent),
            Self::List(items) => {
                let flat = self.flat();
                if !flat.contains('\n') && flat.len() <= SHORT && indent + flat.len() < WIDTH {
                    return flat;
                }
                let pad = " ".repeat(indent + 4);
                let items = items.iter().map(|item| format!("{pad}{item},\n"));
                format!("[\n{}{}]", items.collect::<String>(), " ".repeat(indent))
            }
        }
    }
}
